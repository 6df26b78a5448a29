/* Mistakes on their way to the caller of settings_load. */
#ifndef UAV_SETTINGS_REPORT_H
#define UAV_SETTINGS_REPORT_H

#include "settings/settings.h"

struct report {
	const char *file;
	settings_complain_fn complain;
	void *ctx;
	size_t count; /* told so far */
};

/* Room for a piece of the operator's text in a sentence. */
struct quoted {
	char text[80];
};

/* One mistake; line 0 when no line is to blame. */
void report_mistake(struct report *report, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* `text` in quotation marks, cut when it is long, without what could drive a
 * terminal. */
struct quoted quote(const char *text);

#endif
