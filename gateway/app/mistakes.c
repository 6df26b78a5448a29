#include "app/mistakes.h"

#include "base/array.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

struct mistake {
	char *file;
	char *message;
	int line;
};

enum { LINE_BYTES = 8192 };

void mistakes_note(void *ctx, const char *file, int line, const char *message)
{
	struct mistakes *mistakes = ctx;
	struct mistake noted = {.file = strdup(file), .message = strdup(message), .line = line};
	void *all = mistakes->all;

	if (!noted.file || !noted.message || array_grow(&all, mistakes->count, sizeof(noted)) < 0) {
		free(noted.file);
		free(noted.message);
		mistakes->lost++;
		return;
	}
	mistakes->all = all;
	mistakes->all[mistakes->count++] = noted;
}

static void print_json(FILE *out, const char *file, int line, const char *message)
{
	struct log_field fields[3] = {log_str("file", file)};
	char text[LINE_BYTES];
	size_t count = 1, size;

	if (line > 0) {
		fields[count++] = log_num("line", line);
	}
	fields[count++] = log_str("why", message);
	size = log_format_line(text, sizeof(text), LOG_FORMAT_JSON, clock_now().unix_us,
			       LOG_LEVEL_ERROR, "config_mistake", fields, count);
	(void)fwrite(text, 1, size, out);
}

void mistakes_tell(struct mistakes *mistakes, enum log_format format, FILE *out,
		   settings_complain_fn complain, void *ctx)
{
	if (mistakes->lost) {
		mistakes_note(mistakes, "uav-gateway", 0,
			      "out of memory; there are more mistakes than are told");
	}
	for (size_t i = 0; i < mistakes->count; i++) {
		struct mistake *told = &mistakes->all[i];

		if (format == LOG_FORMAT_JSON) {
			print_json(out, told->file, told->line, told->message);
		} else {
			complain(ctx, told->file, told->line, told->message);
		}
		free(told->file);
		free(told->message);
	}
	free(mistakes->all);
	*mistakes = (struct mistakes){0};
}
