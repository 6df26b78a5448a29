/* gateway.ini, line by line. inih splits keys from values; what it would pass over
 * in silence or misread (long lines, NUL bytes, indented lines, directories) is
 * looked at before it sees it. */
#ifndef UAV_SETTINGS_READER_H
#define UAV_SETTINGS_READER_H

#include "settings/report.h"

#include <stdio.h>

/* Longest line without its line end, which covers the longest key with the longest
 * value. */
#define READER_LINE_BYTES 1000
/* Largest file: thousands of scenarios. What is larger is another file by mistake. */
#define READER_FILE_BYTES (16 * 1024 * 1024)

/* What is about to be read. Only a start has the time to wait for a pipe's writer. */
enum reader_source {
	READER_FIRST,	 /* a regular file, or a pipe that is read to its end */
	READER_AGAIN,	 /* the same, of a gateway that runs: a regular file */
	READER_INCLUDED, /* a regular file */
};

struct reader_ops {
	/* "[section]", or "[section:name]" with everything between the brackets. */
	void (*section)(void *ctx, int line, char *section);
	void (*value)(void *ctx, int line, const char *key, const char *value);
};

/* NULL when there is nothing that may be read (told). Never waits, but for a pipe's
 * writer where a pipe may be read. */
FILE *reader_open(const char *file, enum reader_source source, struct report *report);

/* Reads all of report->file, and closes it; mistakes of form go to the report. 0, or -1
 * when it could not be read to its end (told as well). */
int reader_run(FILE *file, struct report *report, const struct reader_ops *ops, void *ctx)
	__attribute__((warn_unused_result));

#endif
