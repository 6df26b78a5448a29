/* What the program tells on its standard output, as lines for people or as one
 * JSON object a line. Nothing from outside reaches a terminal unescaped. */
#ifndef UAV_CLI_PRINTER_H
#define UAV_CLI_PRINTER_H

#include "cli/standing.h"
#include "cli/table.h"

#include <stdio.h>

struct printer {
	/* who: a list begins, an entry, and the end, before which it need not be printed. The
	 * table is the caller's, from the beginning to the end, and to table_fini. */
	void (*drones_begin)(struct table *table);
	void (*drone)(FILE *file, struct table *table, const struct drone_entry *drone);
	/* scenarios */
	void (*scenarios_begin)(struct table *table);
	void (*scenario)(FILE *file, struct table *table, const struct scenario_entry *scenario);
	/* of both */
	void (*list_end)(FILE *file, const struct table *table);
	/* send: what became of the `message`th message (from 1) at one target */
	void (*outcome)(FILE *file, uint64_t message, const struct target_outcome *outcome);
	/* listen */
	void (*joined)(FILE *file, struct slice id, const struct scenario_entry *scenario);
	/* `now`: NULL if it was removed. */
	void (*changed)(FILE *file, struct slice id, const struct standing *before,
			const struct scenario_entry *now);
	void (*delivery)(FILE *file, const struct event_delivery *delivery);
	void (*presence)(FILE *file, const struct event_presence *presence);
	void (*goodbye)(FILE *file, const struct event_goodbye *goodbye);
};

/* Lines for people. */
extern const struct printer printer_text;
/* Objects with the names of drone.proto; enumerators without their prefix; floats
 * with nine significant digits, so that they read back the same; plain ASCII. */
extern const struct printer printer_json;

#endif
