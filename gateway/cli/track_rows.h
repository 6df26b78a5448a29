/* The rows of a CSV file (RFC 4180), one after another, strictly: fields parted by commas,
 * quoted or not, a quote in a quoted field doubled; rows end in LF or CRLF. A byte order
 * mark at the start and empty lines are passed over. */
#ifndef UAV_CLI_TRACK_ROWS_H
#define UAV_CLI_TRACK_ROWS_H

#include "base/slice.h"

#include <stdio.h>

enum { TRACK_ROWS_FIELDS_MAX = 256, TRACK_ROWS_BYTES_MAX = 64 * 1024 };

struct track_rows {
	FILE *file;
	unsigned long line; /* on which the present row begins, from 1 */
	size_t count;	    /* its fields; each ends in a NUL behind its last byte */
	struct slice fields[TRACK_ROWS_FIELDS_MAX];
	const char *why; /* what is wrong with it; static */

	/* Private. */
	unsigned long read; /* lines read */
	size_t size;
	char text[TRACK_ROWS_BYTES_MAX];
};

/* The file stays the caller's. */
void track_rows_init(struct track_rows *rows, FILE *file);

/* 1: the next row; its fields live until the next call. 0: there is none, or the file
 * cannot be read (see ferror). -1: it is malformed, `line` and `why` say how. */
int track_rows_next(struct track_rows *rows) __attribute__((warn_unused_result));

#endif
