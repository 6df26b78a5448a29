/* What is told of a swarm's flight when it is over. */
#ifndef UAV_CLI_SWARM_TABLE_H
#define UAV_CLI_SWARM_TABLE_H

#include "cli/flight.h"
#include "cli/tally.h"

struct swarm_table {
	const struct options *options;
	const struct flight *flight;
	struct tally *tally; /* its samples get sorted */
	enum topology_kind topology;
	double flown_s;	 /* flight time */
	double real_s;	 /* not told in lockstep */
	uint64_t rounds; /* in lockstep */
	bool interrupted;
};

/* Rows for single drones are printed for as many. */
enum { SWARM_TABLE_ROWS_MAX = 20 };

void swarm_table_text(FILE *file, const struct swarm_table *table);
/* One object; it has all drones. */
void swarm_table_json(FILE *file, const struct swarm_table *table);

#endif
