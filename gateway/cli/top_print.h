/* The table of `top`, as text or as JSON. Nothing from outside reaches a terminal unescaped. */
#ifndef UAV_CLI_TOP_PRINT_H
#define UAV_CLI_TOP_PRINT_H

#include "cli/top_table.h"

#include <stdio.h>

/* A line. */
void top_print_sums(FILE *file, const struct top_sums *sums);
/* Head and the first `count` rows, a line each, of at most `columns` characters; 0: as long as they
 * are. */
void top_print_rows(FILE *file, const struct top_list *list, size_t count, size_t columns);

/* The whole table as text, and an empty line behind it. */
void top_print_text(FILE *file, const struct top_table *table);
/* The whole table as one JSON object. */
void top_print_json(FILE *file, const struct top_table *table);

#endif
