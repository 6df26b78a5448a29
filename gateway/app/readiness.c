#include "app/readiness.h"

#include "net/host.h"

#include <stdio.h>
#include <stdlib.h>

static void tell_failed(const struct readiness *readiness, const char *why)
{
	LOG(readiness->log, LOG_LEVEL_ERROR, "ready_file_failed",
	    log_str("file", readiness->file->path), log_str("why", why));
}

static void print_lines(const struct readiness *readiness, FILE *out)
{
	const struct settings *settings = readiness->in_force->settings;
	char address[HOST_TEXT_BYTES];

	for (size_t i = 0; i < settings->listener_count; i++) {
		(void)fprintf(out, "listen:%s %s\n", settings->listeners[i].name,
			      listener_address(readiness->listeners[i], address));
	}
	for (size_t i = 0; i < settings->scenario_count; i++) {
		const char *name = settings->scenarios[i].name;

		(void)fprintf(out, "scenario:%s %s\n", name,
			      core_scenario_is_available(readiness->core, name) ? "available"
										: "refused");
	}
}

/* NULL when memory is out; free. */
static char *make_lines(const struct readiness *readiness)
{
	char *lines = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&lines, &size);
	bool failed;

	if (!out) {
		return NULL;
	}
	print_lines(readiness, out);
	failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed) {
		free(lines);
		return NULL;
	}
	return lines;
}

static void tell_ready(struct readiness *readiness, uint32_t refused)
{
	char why[READY_FILE_WHY_BYTES] = "out of memory";
	char *lines = make_lines(readiness);

	if (!lines || ready_file_write(readiness->file, lines, why) < 0) {
		tell_failed(readiness, why);
	} else {
		LOG(readiness->log, LOG_LEVEL_INFO, "ready", log_str("file", readiness->file->path),
		    log_num("scenarios", (int64_t)readiness->in_force->settings->scenario_count),
		    log_num("refused", refused));
	}
	free(lines);
}

static void on_look(uv_check_t *handle)
{
	struct readiness *readiness = handle->data;
	struct core_simulators found = core_simulators(readiness->core);

	if (found.lanes_down == 0 && found.scenarios_unanswered == 0) {
		readiness->told = true;
		uv_check_stop(handle);
		tell_ready(readiness, found.scenarios_refused);
	}
}

void readiness_init(struct readiness *readiness, uv_loop_t *loop, struct ready_file *file,
		    struct log *log)
{
	*readiness = (struct readiness){.file = file, .log = log};
	uv_check_init(loop, &readiness->look);
	readiness->look.data = readiness;
}

void readiness_watch(struct readiness *readiness, const struct in_force *in_force,
		     const struct core *core, struct listener *const *listeners)
{
	readiness->in_force = in_force;
	readiness->core = core;
	readiness->listeners = listeners;
	if (readiness->file->path) {
		uv_check_start(&readiness->look, on_look);
	}
}

void readiness_end(struct readiness *readiness)
{
	if (readiness->file->path && readiness->core && !readiness->told) {
		struct core_simulators found = core_simulators(readiness->core);

		LOG(readiness->log, LOG_LEVEL_WARNING, "never_ready",
		    log_str("file", readiness->file->path),
		    log_num("simulator_links_down", found.lanes_down),
		    log_num("scenarios_unanswered", found.scenarios_unanswered));
	}
	readiness->told = true;
	uv_check_stop(&readiness->look);
	ready_file_remove(readiness->file);
}

void readiness_close(struct readiness *readiness)
{
	uv_close((uv_handle_t *)&readiness->look, NULL);
}
