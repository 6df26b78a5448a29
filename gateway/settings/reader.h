/* gateway.ini, line by line. inih splits keys from values; what it would pass over
 * in silence or misread (long lines, NUL bytes, indented lines, directories) is
 * looked at before it sees it. */
#ifndef UAV_SETTINGS_READER_H
#define UAV_SETTINGS_READER_H

#include "settings/report.h"

/* Longest line without its line end, which covers the longest key with the longest
 * value. */
#define READER_LINE_BYTES 1000

struct reader_ops {
	/* "[section]", or "[section:name]" with everything between the brackets. */
	void (*section)(void *ctx, int line, char *section);
	void (*value)(void *ctx, int line, const char *key, const char *value);
};

/* Reads it all; mistakes of form go to the report. 0, or -1 when the file could not
 * be read to its end (told as well). */
int reader_run(const char *file, struct report *report, const struct reader_ops *ops, void *ctx)
	__attribute__((warn_unused_result));

#endif
