#include "app/reload.h"

#include "app/core_settings.h"
#include "app/descriptors.h"

/* --- what is told --- */

struct tally {
	struct log *log;
	uint32_t count;
};

static void on_mistake(void *ctx, const char *file, int line, const char *message)
{
	struct tally *mistakes = ctx;

	mistakes->count++;
	if (line) {
		LOG(mistakes->log, LOG_LEVEL_ERROR, "reload_mistake", log_str("file", file),
		    log_num("line", line), log_str("why", message));
	} else {
		LOG(mistakes->log, LOG_LEVEL_ERROR, "reload_mistake", log_str("file", file),
		    log_str("why", message));
	}
}

/* "old" or "new" is left out where there is none: a channel.* key that is new or gone. */
static void on_change(void *ctx, const char *section, const char *key, const char *before,
		      const char *after)
{
	struct tally *changes = ctx;
	struct log_field fields[4] = {log_str("section", section)};
	size_t count = 1;

	changes->count++;
	if (!key) {
		fields[count++] = log_str("change", before ? "removed" : "added");
	} else {
		fields[count++] = log_str("key", key);
		if (before) {
			fields[count++] = log_str("old", before);
		}
		if (after) {
			fields[count++] = log_str("new", after);
		}
	}
	log_write(changes->log, LOG_LEVEL_INFO, "config_changed", fields, count);
}

/* Lines that either level lets through are written. */
static void tell_changes(struct log *log, const struct in_force *running,
			 const struct in_force *next)
{
	const struct settings *before = running->settings, *after = next->settings;
	struct tally changes = {.log = log};

	log_set_format(log, after->log_format);
	log_set_level(log,
		      before->log_level < after->log_level ? before->log_level : after->log_level);
	settings_diff(before, after, on_change, &changes);
	in_force_tell(next, log);
	LOG(log, LOG_LEVEL_INFO, "reloaded", log_num("changes", changes.count),
	    log_num("scenarios", (int64_t)after->scenario_count));
	log_set_level(log, after->log_level);
}

static void refuse(struct log *log, const char *file, uint32_t mistakes, const char *why)
{
	LOG(log, LOG_LEVEL_ERROR, "reload_refused", log_str("file", file),
	    log_num("mistakes", mistakes), log_str("why", why));
}

/* --- what is done --- */

static void swap(struct in_force *one, struct in_force *other)
{
	struct in_force moved = *one;

	*one = *other;
	*other = moved;
}

/* Whether a listener's drones may be silent for less time than before. */
static bool less_patient(const struct settings *before, const struct settings *after)
{
	for (size_t i = 0; i < after->listener_count; i++) {
		if (after->listeners[i].idle_timeout_ms < before->listeners[i].idle_timeout_ms) {
			return true;
		}
	}
	return false;
}

/* 0, and the two are swapped. The core asks the keeper meanwhile, who goes by what is in force. */
static int take_in(const struct reload *reload, struct in_force *next)
{
	struct core_settings core;
	int status;

	core_settings_init(&core, next->settings, reload->log);
	core.config.less_patient = less_patient(reload->in_force->settings, next->settings);
	swap(reload->in_force, next);
	*reload->in_use = reload->in_force->settings;
	reload->keeper->before = next->access;
	status = core_reload(reload->core, &core.config);
	reload->keeper->before = NULL;
	if (status < 0) {
		swap(reload->in_force, next);
		*reload->in_use = reload->in_force->settings;
	}
	return status;
}

int reload_perform(const struct reload *reload, struct in_force *before)
{
	struct tally mistakes = {.log = reload->log};
	const struct settings *running = reload->in_force->settings;
	struct in_force next;

	if (in_force_load(&next, reload->source, running, on_mistake, &mistakes) < 0) {
		refuse(reload->log, reload->source->file, mistakes.count,
		       "there are mistakes; the running configuration stays as it is");
		return -1;
	}
	descriptors_fit(next.settings, reload->links, reload->log);
	if (take_in(reload, &next) < 0) {
		refuse(reload->log, reload->source->file, 0,
		       "out of memory; the running configuration stays as it is");
		in_force_free(&next);
		return -1;
	}
	*before = next;
	tell_changes(reload->log, before, reload->in_force);
	return 0;
}
