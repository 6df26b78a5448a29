/* A CSV file line by line (RFC 4180, but no line break within quotes). Nobody vouches for it: lines
 * and cells are bounded, and whatever stands in them is kept as bytes. */
#ifndef SIM_FIT_CELLS_H
#define SIM_FIT_CELLS_H

#include <stdio.h>

#include "base/slice.h"

enum {
	CELLS_MAX = 256,
	CELLS_LINE_BYTES = 16 * 1024,
	CELLS_ENDLESS_BYTES = 1 << 20, /* from which on a line is not looked for the end of */
	CELLS_FILE_BYTES = 1 << 30,
};

/* One line in its cells, without spaces and quotes around them. */
struct cells {
	char line[CELLS_LINE_BYTES]; /* what the cells point into */
	struct slice at[CELLS_MAX];
	size_t count;	     /* columns behind the last are passed over */
	size_t number;	     /* of the line, from 1 */
	size_t size, bytes;  /* of the line, as far as it is kept; of all so far */
	const char *wrong;   /* with the line, which has no cells then; or NULL */
	const char *endless; /* why it is not read on from there; or NULL */
};

/* Before the first line. */
void cells_begin(struct cells *cells);

/* The next line that is not empty. False at the end of the file, or when it cannot be read
 * (ferror), or goes on for too long (`endless`). */
bool cells_next(struct cells *cells, FILE *file) __attribute__((warn_unused_result));

/* A decimal number, all of the cell, that is finite. */
bool cells_number(struct slice cell, double *number) __attribute__((warn_unused_result));

#endif
