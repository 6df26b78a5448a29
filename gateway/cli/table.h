/* Rows of texts in columns, each as wide as what stands in it. Where lines have no room for all
 * of it, long texts are cut. Nothing from outside reaches a terminal unescaped. */
#ifndef UAV_CLI_TABLE_H
#define UAV_CLI_TABLE_H

#include "base/buf.h"

#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 10, TABLE_BYTES_MAX = 64 << 20 };

struct table_column {
	const char *head;
	size_t least; /* characters, whatever stands in it; numbers that change do not move it */
	bool right;   /* numbers: aligned at their ends */
	size_t cut;   /* characters that are left at least where it is cut; 0: it never is */
};

/* An all-zero struct is empty, and has no columns. */
struct table {
	const struct table_column *columns;
	size_t count, at; /* of the columns; the next cell's */
	size_t widths[TABLE_COLUMNS_MAX];
	struct buf cells;
	bool failed; /* there was no memory for all of it, or it has more bytes than it may */
};

/* Of `count` columns, which must outlive it. */
void table_begin(struct table *table, const struct table_column *columns, size_t count);
/* Harmless with an empty one. */
void table_fini(struct table *table);

/* The next cell of the row; behind the last column another row begins. */
void table_cell(struct table *table, struct slice text);
void table_cell_str(struct table *table, const char *text);
/* A line below the row, which is never cut. */
void table_note(struct table *table, const char *what, struct slice text);

/* Head and rows, a line each, of at most `columns` characters; 0: as long as they are. */
void table_print(const struct table *table, FILE *file, size_t columns);

#endif
