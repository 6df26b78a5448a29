#include "cli/flight.h"

#include "cli/escape.h"

#include <stdlib.h>

enum { COUNT_DEFAULT = 10, LENGTH_S = 10 };

static void take_hub(struct flight *flight, const struct options *options)
{
	flight->hub = options->position;
	if (flight->hub.frame == POSITION_UNKNOWN) {
		flight->hub = (struct position){.frame = POSITION_LOCAL};
	}
	(void)snprintf(flight->ids[0], sizeof(*flight->ids), "%s", options->swarm.hub);
}

/* --------------------------------------------------------------------------- pattern */

/* At least three digits, and as many for each. */
static void number_ids(struct flight *flight, const char *prefix)
{
	size_t first = flight->has_hub, drones = flight->count - first;
	int digits = 3;

	for (size_t most = 1000; most <= drones; most *= 10) {
		digits++;
	}
	for (size_t i = first; i < flight->count; i++) {
		(void)snprintf(flight->ids[i], sizeof(*flight->ids), "%s-%0*zu", prefix, digits,
			       i - first + 1);
	}
}

/* ----------------------------------------------------------------------------- track */

/* What may not stand in an id becomes an underscore; what is too long is cut. The prefix leaves
 * room. */
static void id_of_name(char id[NAME_MAX_BYTES + 1], const char *prefix, const char *name)
{
	size_t used = strlen(prefix) + 1, room = NAME_MAX_BYTES - used, size = strlen(name);

	(void)snprintf(id, NAME_MAX_BYTES + 1, "%s-", prefix);
	memcpy(id + used, name, size < room ? size : room);
	id[used + (size < room ? size : room)] = '\0';
	escape_to_id(id);
}

static void name_ids(struct flight *flight, const char *prefix)
{
	size_t first = flight->has_hub;

	for (size_t i = first; i < flight->count; i++) {
		id_of_name(flight->ids[i], prefix, flight->track.drones[i - first].name);
	}
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Of two with the same, the second would take the first one's session over. */
static int check_ids(const struct flight *flight, char *why, size_t size)
{
	const char **sorted = malloc(flight->count * sizeof(*sorted));
	int status = 0;

	if (!sorted) {
		(void)snprintf(why, size, "out of memory");
		return -1;
	}
	for (size_t i = 0; i < flight->count; i++) {
		sorted[i] = flight->ids[i];
	}
	qsort(sorted, flight->count, sizeof(*sorted), compare_ids);
	for (size_t i = 1; i < flight->count && status == 0; i++) {
		if (strcmp(sorted[i - 1], sorted[i]) == 0) {
			(void)snprintf(why, size,
				       "two drones of the swarm would have the id %s; give another "
				       "--prefix or --hub, or change the names in the log",
				       sorted[i]);
			status = -1;
		}
	}
	free(sorted);
	return status;
}

/* ---------------------------------------------------------------------------- flight */

static int plan(struct flight *flight, const struct options *options, char *why, size_t size)
{
	const struct swarm_options *swarm = &options->swarm;
	size_t drones = options->count ? options->count : COUNT_DEFAULT;

	if (flight->by_track) {
		if (track_read(swarm->track, &swarm->columns, &flight->track, why, size) < 0) {
			return -1;
		}
		drones = flight->track.count;
		flight->length_s = flight->track.length_s;
	} else if (pattern_init(&flight->pattern, &swarm->shape, drones) < 0) {
		(void)snprintf(why, size, "out of memory");
		return -1;
	}
	flight->count = drones + flight->has_hub;
	return 0;
}

int flight_init(struct flight *flight, const struct options *options, char *why, size_t size)
{
	const struct swarm_options *swarm = &options->swarm;

	*flight = (struct flight){.has_hub = swarm->hub != NULL,
				  .by_track = swarm->track != NULL,
				  .length_s = LENGTH_S};
	if (plan(flight, options, why, size) < 0) {
		return -1;
	}
	flight->ids = calloc(flight->count, sizeof(*flight->ids));
	if (!flight->ids) {
		(void)snprintf(why, size, "out of memory");
		return -1;
	}
	if (flight->has_hub) {
		take_hub(flight, options);
	}
	if (flight->by_track) {
		name_ids(flight, swarm->prefix);
	} else {
		number_ids(flight, swarm->prefix);
	}
	return check_ids(flight, why, size);
}

void flight_fini(struct flight *flight)
{
	free(flight->ids);
	flight->ids = NULL;
	pattern_fini(&flight->pattern);
	track_fini(&flight->track);
}

void flight_at(struct flight *flight, size_t number, double time_s, struct state *state)
{
	*state = (struct state){.has_velocity = true};
	if (flight->has_hub && number == 0) {
		state->position = flight->hub;
		return;
	}
	number -= flight->has_hub;
	if (flight->by_track) {
		track_at(&flight->track.drones[number], time_s, state);
		return;
	}
	state->position.frame = POSITION_LOCAL;
	pattern_at(&flight->pattern, number, time_s, &state->position.local, &state->velocity);
}

bool flight_flies(const struct flight *flight, size_t number, double time_s)
{
	if (!flight->by_track || (flight->has_hub && number == 0)) {
		return true;
	}
	return track_flies(&flight->track.drones[number - flight->has_hub], time_s);
}
