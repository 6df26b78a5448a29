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
	LOG(mistakes->log, LOG_LEVEL_ERROR, "reload_mistake", log_str("file", file),
	    log_num("line", line), log_str("why", message));
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
static void tell_changes(struct log *log, const struct settings *before,
			 const struct settings *after)
{
	struct tally changes = {.log = log};

	log_set_format(log, after->log_format);
	log_set_level(log,
		      before->log_level < after->log_level ? before->log_level : after->log_level);
	settings_diff(before, after, on_change, &changes);
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

struct settings *reload_perform(const struct reload *reload, const struct settings *running)
{
	struct tally mistakes = {.log = reload->log};
	struct core_settings core;
	struct settings *next = settings_load_anew(reload->file, running, on_mistake, &mistakes);

	if (!next) {
		refuse(reload->log, reload->file, mistakes.count,
		       "there are mistakes; the running configuration stays as it is");
		return NULL;
	}
	descriptors_fit(next, reload->links, reload->log);
	core_settings_init(&core, next, reload->log);
	if (core_reload(reload->core, &core.config) < 0) {
		refuse(reload->log, reload->file, 0,
		       "out of memory; the running configuration stays as it is");
		settings_free(next);
		return NULL;
	}
	tell_changes(reload->log, running, next);
	return next;
}
