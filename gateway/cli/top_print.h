/* The table of `top`, as text or as JSON. Nothing from outside reaches a terminal unescaped. */
#ifndef UAV_CLI_TOP_PRINT_H
#define UAV_CLI_TOP_PRINT_H

#include "cli/top_table.h"

#include <stdio.h>

/* How wide the columns of texts are. */
struct top_widths {
	size_t drone, scenario;
};

/* For the first `count` rows. */
struct top_widths top_print_widths(const struct top_list *list, size_t count);

/* One line each. */
void top_print_sums(FILE *file, const struct top_sums *sums);
void top_print_head(FILE *file, const struct top_widths *widths);
void top_print_row(FILE *file, const struct top_row *row, const struct top_widths *widths);

/* The whole table as text, and an empty line behind it. */
void top_print_text(FILE *file, const struct top_table *table);
/* The whole table as one JSON object. */
void top_print_json(FILE *file, const struct top_table *table);

#endif
