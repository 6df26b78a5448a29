#include "cli/swarm_notes.h"

#include <inttypes.h>

/* No link of a drone is as long: half of the ways are only if the places are wrong. */
#define FAR_M 1e5

static bool is_most(uint64_t part, const struct tally *tally)
{
	return part > tally->total.targets / 2;
}

/* Flight logs are geodetic, and a hub stands at the scenario's origin, wherever that is. */
static void note_far(FILE *file, const struct swarm_table *table)
{
	struct tally *tally = table->tally;
	double distance_m = samples_percentile(&tally->distance_m, 50);

	if (!table->options->swarm.track || distance_m <= FAR_M ||
	    !is_most(tally->total.outcomes[OUTCOME_LOST], tally)) {
		return;
	}
	(void)fprintf(
		file,
		"uav-drone: note: most messages were lost, and half of the links were %.0f km "
		"long or longer: is the origin of %s where the flights are? ",
		distance_m / 1e3, table->options->scenario);
	(void)fputs(table->flight->has_hub && table->options->position.frame == POSITION_UNKNOWN
			    ? "The hub stands there; --position LAT,LON,ALT puts it elsewhere\n"
			    : "Local positions (--local, patterns) count from there\n",
		    file);
}

static void note_no_hub(FILE *file, const struct swarm_table *table, const char *hub)
{
	const struct tally *tally = table->tally;

	if (table->topology == TOPOLOGY_STAR && !table->flight->has_hub && *hub &&
	    is_most(tally->total.outcomes[OUTCOME_NO_ROUTE], tally)) {
		(void)fprintf(
			file,
			"uav-drone: note: %s is a star, and its hub %s was not there; --hub %s "
			"adds it to the swarm\n",
			table->options->scenario, hub, hub);
	}
}

void swarm_notes(FILE *file, const struct swarm_table *table, const char *hub)
{
	note_far(file, table);
	note_no_hub(file, table, hub);
}
