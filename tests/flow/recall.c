/* What the simulators have said of links that a gateway with link_cache = on may use again, and
 * what must follow from it: never longer than they said, and never after a change that they have
 * been told of since. */
#include "base/draw.h"
#include "world.h"

enum {
	LINK_MOST = 128,
	AHEAD_US = 1000000, /* what leaves later than that hinders none that leaves now */
};

struct known {
	struct known *next;
	const struct stay *from, *to;
	size_t size; /* of the payload */
	uint64_t unix_us, mono_us, change;
	uint32_t valid_for_us, delay_us;
	float rate;
	struct leg leg; /* its outcome: DELIVERED, and each is drawn; or LOST for that reason */
};

void recall_changes(struct grid *grid, struct world *world)
{
	grid->since = ++world->changes;
}

void recall_node_changes(struct stay *stay, struct world *world)
{
	stay->changed = ++world->changes;
}

static bool has_cache(const struct grid *grid)
{
	return grid->config.link_cache && !grid->retired;
}

static bool same_since(const struct grid *grid, const struct stay *from, const struct stay *to,
		       uint64_t change)
{
	return grid->since <= change && from->changed <= change && to->changed <= change;
}

static size_t size_now(const struct parcel *message)
{
	return message->left.data ? message->left.size : message->payload_size;
}

static struct known **link_to(struct grid *grid, const struct stay *from, const struct stay *to,
			      size_t size)
{
	struct known **at = &grid->known;

	while (*at && ((*at)->from != from || (*at)->to != to || (*at)->size != size)) {
		at = &(*at)->next;
	}
	return at;
}

/* Whether it says anything about the next message. */
static bool holds_on(const struct reception *reception)
{
	bool lost = reception->outcome == OUTCOME_LOST;
	bool drawn = reception->outcome == OUTCOME_DELIVERED ||
		     (lost && reception->reason == REASON_PACKET_ERROR);

	return reception->valid_for_us > 0 && reception->link.data && reception->link_ok &&
	       reception->link.size <= LINK_MOST && !reception->altered &&
	       reception->bit_errors == 0 && reception->reason < REASON_COUNT &&
	       reception->reason != REASON_FAULT_INJECTED &&
	       (drawn || (lost && reception->packet_error_rate >= 1));
}

static struct known *known_of(struct world *world, const struct reception *reception)
{
	struct known *known = world_take(world, sizeof(*known));
	bool drawn =
		reception->outcome == OUTCOME_DELIVERED || reception->reason == REASON_PACKET_ERROR;

	known->valid_for_us = reception->valid_for_us;
	known->delay_us = reception->delay_us;
	known->rate = reception->packet_error_rate;
	known->leg.outcome = drawn ? OUTCOME_DELIVERED : OUTCOME_LOST;
	known->leg.reason = drawn ? REASON_NONE : (enum reason)reception->reason;
	known->leg.source = SOURCE_CACHED;
	known->leg.has_link = true;
	known->leg.link_size = reception->link.size;
	memcpy(known->leg.link, reception->link.data, reception->link.size);
	known->leg.snr_db = reception->snr_db;
	return known;
}

void recall_told(struct world *world, const struct parcel *message, const struct stay *from,
		 const struct stay *to, const struct reception *reception)
{
	struct grid *grid = message->grid;
	struct known **at, *known;
	uint64_t mono_us = message->accepted_us + message->first_delay_us;

	if (!has_cache(grid) || !same_since(grid, from, to, message->told)) {
		return;
	}
	at = link_to(grid, from, to, size_now(message));
	if (*at && same_since(grid, from, to, (*at)->change) && (*at)->mono_us > mono_us &&
	    (*at)->mono_us - mono_us <= AHEAD_US) {
		return;
	}
	if (*at) {
		*at = (*at)->next;
	}
	if (!holds_on(reception)) {
		return;
	}
	known = known_of(world, reception);
	known->from = from;
	known->to = to;
	known->size = size_now(message);
	known->unix_us = message->sent_at_us + message->first_delay_us;
	known->mono_us = mono_us;
	known->change = message->told;
	known->next = grid->known;
	grid->known = known;
}

static bool in_time(const struct known *known, const struct parcel *message)
{
	uint64_t unix_us = message->sent_at_us + message->first_delay_us;
	uint64_t mono_us = message->accepted_us + message->first_delay_us;

	return unix_us >= known->unix_us && unix_us < known->unix_us + known->valid_for_us &&
	       mono_us >= known->mono_us && mono_us < known->mono_us + known->valid_for_us;
}

const struct known *recall_find(struct world *world, const struct parcel *message,
				const struct stay *from, const struct stay *to)
{
	const struct known *known;

	if (!has_cache(message->grid)) {
		return NULL;
	}
	known = *link_to(message->grid, from, to, size_now(message));
	if (!known) {
		return NULL;
	}
	if (!same_since(message->grid, from, to, known->change)) {
		world_happens(world, HAPPENS_RECALL_CHANGED);
		return NULL;
	}
	if (!in_time(known, message)) {
		world_happens(world, HAPPENS_RECALL_EXPIRED);
		return NULL;
	}
	return known;
}

struct leg recall_leg(struct world *world, const struct parcel *message, const struct known *known,
		      uint32_t *delay_us)
{
	const struct hash_key key = draw_key(world->lanes[message->grid->lane].seed);
	struct leg leg = known->leg;
	const struct draw_subject subject = {
		.scenario = slice_str(place_name(world, message->grid->place)),
		.origin = text_slice(&message->sender->id),
		.transmitter = text_slice(&known->from->conn->id),
		.receiver = text_slice(&known->to->conn->id),
		.sequence = message->sequence,
	};

	leg.transmitter = subject.transmitter;
	leg.receiver = subject.receiver;
	if (leg.outcome == OUTCOME_DELIVERED &&
	    draw_happens(draw_bits(&key, DRAW_PACKET_ERROR, &subject), (double)known->rate)) {
		leg.outcome = OUTCOME_LOST;
		leg.reason = REASON_PACKET_ERROR;
	}
	world->want.cached++;
	world_happens(world, leg.outcome != OUTCOME_LOST	 ? HAPPENS_RECALLED
			     : leg.reason == REASON_PACKET_ERROR ? HAPPENS_RECALLED_LOST
								 : HAPPENS_RECALLED_FOR_SURE);
	*delay_us = known->delay_us;
	return leg;
}
