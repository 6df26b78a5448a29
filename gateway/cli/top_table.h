/* What `top` shows: a list of drones, and what changed since the list before it. Nothing here
 * reads a clock or a connection. */
#ifndef UAV_CLI_TOP_TABLE_H
#define UAV_CLI_TOP_TABLE_H

#include "base/arena.h"
#include "core/message.h"

enum top_column {
	TOP_DRONE,
	TOP_SENT,      /* messages a second */
	TOP_RECEIVED,  /* messages a second */
	TOP_DELIVERED, /* of the targets decided since the list before */
	TOP_ALL,       /* of the targets decided since it entered */
	TOP_SNR,
	TOP_IDLE,
	TOP_ONLINE,
	TOP_SCENARIO,
	TOP_COLUMNS
};

/* As --sort takes them, in the order of the columns; NULL at the end. */
extern const char *const top_column_names[TOP_COLUMNS + 1];

/* Between two lists. */
struct top_change {
	bool known; /* it was there in both, in the same stay in a scenario */
	double sent_hz, received_hz;
	uint64_t targets, delivered;
};

struct top_row {
	struct drone_entry drone;
	struct top_change change;
	size_t order; /* in which it was listed */
};

struct top_sums {
	size_t drones, in_scenario;
	struct top_change change; /* of all that have one; known: any has */
	uint64_t targets, delivered;
};

struct top_list {
	struct top_row *rows;
	size_t count, room;
	struct arena texts; /* of its rows */
};

struct top_table {
	struct top_list shown; /* the last whole list */
	struct top_list coming;
	struct top_sums sums;
	size_t lists; /* whole ones so far */
};

void top_table_init(struct top_table *table);
void top_table_fini(struct top_table *table);

/* One more entry of the list that is coming, copied. 0, or -1 when memory is out. */
int top_table_add(struct top_table *table, const struct drone_entry *drone)
	__attribute__((warn_unused_result));
/* The list is whole: it is the one shown from now on, by the drones' ids. A drone that stands in
 * it twice, which happens in long lists, is in it once, as it was listed last. */
void top_table_complete(struct top_table *table);
/* The least first for texts, the largest for numbers; `reverse`: the other way round. What is
 * unknown is last in both. */
void top_table_sort(struct top_table *table, enum top_column column, bool reverse);

/* What that column has for the row. False: it is unknown, or a text. */
bool top_value(const struct top_row *row, enum top_column column, double *value);

#endif
