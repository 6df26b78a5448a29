/* Mistakes on their way to the caller of settings_load. */
#ifndef UAV_SETTINGS_REPORT_H
#define UAV_SETTINGS_REPORT_H

#include "settings/settings.h"

struct report {
	const char *file; /* that is being read */
	settings_complain_fn complain;
	void *ctx;
	size_t most;  /* to be told; 0: all */
	size_t count; /* made so far */
};

/* Room for a piece of the operator's text, or for a place, in a sentence. */
struct quoted {
	char text[80];
};
struct placed {
	char text[300];
};

/* One mistake in the file that is being read; line 0 when no line is to blame. */
void report_mistake(struct report *report, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* One mistake anywhere. */
void report_mistake_at(struct report *report, struct place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* How many there are beyond those that were to be told, if any. */
void report_rest(struct report *report);

/* `text` in quotation marks, cut when it is long, without what could drive a
 * terminal. */
struct quoted quote(const char *text);

/* "on line 4", or "on line 4 of FILE" when it is not this file; "by --set SECTION.KEY". */
struct placed place_from(const char *file, struct place place);

#endif
