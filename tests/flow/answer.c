/* What the fake simulators answer: late, in any order, wrongly, by the wrong lane, or
 * never; and what must follow from it. */
#include "world.h"

enum { MAX_RECEPTIONS = 3 * FLOW_MAX_DRONES, LINK_MOST = 128, ALTERED_BYTES = 2000 };

struct answer {
	struct reception receptions[MAX_RECEPTIONS];
	uint8_t links[MAX_RECEPTIONS][FLOW_LINK_BYTES];
	uint8_t payloads[MAX_RECEPTIONS][ALTERED_BYTES];
	size_t count;
};

/* ---------------------------------------------------------------- to be made up */

/* Of the payload that this hop was given. */
static size_t size_sent(const struct parcel *message)
{
	return message->second && message->left.data ? message->left.size : message->payload_size;
}

static void alter(struct world *world, struct answer *answer, const struct parcel *message,
		  struct reception *reception)
{
	uint8_t *bytes = answer->payloads[answer->count];
	size_t size = world_below(world, world_chance(world, 25) ? 64 : ALTERED_BYTES);

	if (size > size_sent(message) && world_chance(world, 70)) {
		size = size_sent(message);
	}
	memset(bytes, message->second ? 0x5a : 0xa5, size);
	reception->altered = true;
	reception->payload = slice_of(bytes, size);
}

/* Often the same, so that times meet. */
static uint32_t some_delay(struct world *world)
{
	switch (world_below(world, 6)) {
	case 0:
		return 0;
	case 1:
		return world_below(world, 3000);
	case 2:
		return world_below(world, 300000);
	case 3:
		return world_chance(world, 10) ? UINT32_MAX - world_below(world, 10) : 20000;
	default:
		return 1000 * world_below(world, 4);
	}
}

/* An outcome, and now and then something that no simulator may say. */
static void add_reception(struct world *world, struct answer *answer, const struct parcel *message,
			  uint32_t node)
{
	struct reception *reception = &answer->receptions[answer->count];
	uint8_t *link = answer->links[answer->count];
	size_t link_size = world_below(world, 12);

	for (size_t i = 0; i < link_size; i++) {
		link[i] = (uint8_t)rng_next(&world->rng);
	}
	*reception = (struct reception){
		.receiver = node,
		.outcome = OUTCOME_DELIVERED,
		.link_ok = true,
		.link = slice_of(link, link_size),
		.delay_us = some_delay(world),
		.snr_db = (float)world_below(world, 100) - 50,
		.packet_error_rate = world_chance(world, 50) ? 0 : (float)world_below(world, 5) / 4,
		.valid_for_us = world_chance(world, 20)	  ? 0
				: world_chance(world, 20) ? UINT32_MAX
							  : world_below(world, 3000000),
	};
	reception->bit_errors = world_chance(world, 3);
	switch (world_below(world, 24)) {
	case 0:
	case 1:
	case 2:
		reception->outcome = OUTCOME_LOST;
		reception->reason = world_below(world, REASON_COUNT);
		reception->packet_error_rate =
			world_chance(world, 60) ? 1 : reception->packet_error_rate;
		break;
	case 3:
		reception->outcome = OUTCOME_CORRUPTED;
		break;
	case 4:
	case 5:
		alter(world, answer, message, reception);
		break;
	case 6:
		reception->link = slice_of(NULL, 0);
		reception->delay_us = 0;
		break;
	case 7:
		reception->link = slice_of(link, LINK_MOST + world_below(world, 2));
		break;
	case 8:
		reception->link_ok = world_chance(world, 50);
		reception->outcome =
			world_chance(world, 50) ? OUTCOME_DELIVERED : world_below(world, 100);
		break;
	case 9:
		reception->reason = world_below(world, REASON_COUNT + 2);
		break;
	default:
		break;
	}
	answer->count++;
}

/* ------------------------------------------------------------------ to be foreseen */

static bool usable(const struct parcel *message, const struct reception *reception)
{
	return (!reception->link.data ||
		(reception->link_ok && reception->link.size <= LINK_MOST)) &&
	       reception->outcome >= OUTCOME_DELIVERED && reception->outcome <= OUTCOME_LOST &&
	       reception->reason < REASON_COUNT &&
	       (!reception->altered || reception->payload.size <= size_sent(message));
}

/* What the simulator said of this hop. */
static struct leg leg_of(const struct parcel *message, struct slice transmitter,
			 struct slice receiver, const struct reception *reception)
{
	struct leg leg = {.transmitter = transmitter, .receiver = receiver};
	bool lost = reception->outcome == OUTCOME_LOST;

	if (!usable(message, reception)) {
		leg.outcome = OUTCOME_SIMULATOR_ERROR;
		return leg;
	}
	leg.outcome =
		reception->altered && !lost ? OUTCOME_CORRUPTED : (enum outcome)reception->outcome;
	leg.reason = lost ? (enum reason)reception->reason : REASON_NONE;
	leg.source = SOURCE_LIVE;
	leg.has_link = reception->link.data != NULL;
	leg.link_size = reception->link.size;
	if (leg.has_link) {
		memcpy(leg.link, reception->link.data, reception->link.size);
		leg.snr_db = reception->snr_db;
	}
	return leg;
}

static void foresee_fate(struct world *world, struct parcel *message, struct target *target,
			 const struct reception *reception)
{
	struct slice transmitter = message->second ? text_slice(&message->hub->conn->id)
						   : text_slice(&message->sender->id);
	struct leg *leg = &target->legs[target->leg_count++];
	uint64_t delay_us = message->first_delay_us + reception->delay_us;

	*leg = leg_of(message, transmitter, target->id, reception);
	world->want.results++;
	recall_told(world, message, message->second ? message->hub : message->from, target->stay,
		    reception);
	if (leg->outcome == OUTCOME_SIMULATOR_ERROR) {
		parcel_decide(world, message, target, OUTCOME_SIMULATOR_ERROR, REASON_NONE);
	} else if (leg->outcome == OUTCOME_LOST) {
		if (message->second) {
			world_happens(world, HAPPENS_RELAY_LOST_SECOND);
		}
		parcel_decide(world, message, target, OUTCOME_LOST, leg->reason);
	} else {
		target->payload =
			reception->altered ? world_keep(world, reception->payload) : message->left;
		/* what is left of it on the first of two hops is the message's from then on */
		target->altered = reception->altered && (message->second || !message->relayed);
		hand_over(world, message, target, delay_us);
	}
}

static struct target *answered_target(struct parcel *message, uint32_t node)
{
	for (uint32_t i = 0; i < message->count; i++) {
		if (node && message->targets[i].node == node) {
			return &message->targets[i];
		}
	}
	return NULL;
}

/* One hop, the last to this target, of which nobody is asked. */
static void foresee_known(struct world *world, struct parcel *message, struct target *target,
			  const struct leg *leg, uint32_t delay_us)
{
	target->legs[target->leg_count++] = *leg;
	if (leg->outcome == OUTCOME_LOST) {
		parcel_decide(world, message, target, OUTCOME_LOST, leg->reason);
	} else {
		target->payload = message->left;
		hand_over(world, message, target, message->first_delay_us + delay_us);
	}
}

/* What is to be told comes to the hub first, and may be its end. */
static bool hub_ends(struct parcel *message)
{
	const struct target *target = parcel_target(message, text_slice(&message->hub->conn->id));
	const struct conn *hub = message->hub->conn;

	return target && target->coming && (hub->refuse || hub->queue > conn_bound(hub));
}

/* The n-th of the targets as the gateway takes them. */
static struct target *target_ranked(struct parcel *message, uint32_t n)
{
	for (uint32_t i = 0; i < message->count; i++) {
		struct target *target = &message->targets[i];
		uint32_t before = 0;

		for (uint32_t j = 0; j < message->count; j++) {
			before += message->targets[j].rank < target->rank;
		}
		if (before == n) {
			return target;
		}
	}
	return NULL;
}

/* Who of those behind the hub is still there gets the second hop. */
static void recall_second(struct world *world, struct parcel *message, struct target *target,
			  const struct known *known)
{
	uint32_t delay_us;
	struct leg leg = recall_leg(world, message, known, &delay_us);

	world_happens(world, message->first.source == SOURCE_CACHED ? HAPPENS_RECALLED_BOTH
								    : HAPPENS_RECALLED_SECOND);
	foresee_known(world, message, target, &leg, delay_us);
}

static void foresee_second(struct world *world, struct parcel *message)
{
	bool any = false, ends = hub_ends(message);

	for (uint32_t i = 0; i < message->count; i++) {
		struct target *target = target_ranked(message, i);
		const struct known *known;

		if (target->decided || target->waiting || !target->behind) {
			continue;
		}
		target->legs[target->leg_count++] = message->first;
		if (message->first.outcome == OUTCOME_SIMULATOR_ERROR) {
			parcel_decide(world, message, target, OUTCOME_SIMULATOR_ERROR, REASON_NONE);
		} else if (message->first.outcome == OUTCOME_LOST) {
			world_happens(world, HAPPENS_RELAY_LOST_FIRST);
			parcel_decide(world, message, target, OUTCOME_LOST, message->first.reason);
		} else if (message->hub->over) {
			world_happens(world, HAPPENS_RELAY_HUB_GONE);
			parcel_decide(world, message, target, OUTCOME_NO_ROUTE, REASON_NONE);
		} else if (target->stay->over) {
			world_happens(world, HAPPENS_RELAY_TARGET_GONE);
			target->between = true;
			parcel_decide(world, message, target, OUTCOME_TARGET_LEFT, REASON_NONE);
		} else {
			known = ends ? NULL
				     : recall_find(world, message, message->hub, target->stay);
			if (known) {
				recall_second(world, message, target, known);
				continue;
			}
			target->due = true;
			any = true;
		}
	}
	message->relay_due = any;
	if (!any) {
		parcel_end(world, message, OUTCOME_SIMULATOR_ERROR);
	}
}

static void foresee_first(struct world *world, struct parcel *message,
			  const struct reception *reception)
{
	struct slice hub = text_slice(&message->hub->conn->id);
	struct target *target = parcel_target(message, hub);
	bool ok;

	message->first = leg_of(message, text_slice(&message->sender->id), hub, reception);
	ok = message->first.outcome == OUTCOME_DELIVERED ||
	     message->first.outcome == OUTCOME_CORRUPTED;
	if (target && !target->decided) {
		world_happens(world, HAPPENS_HUB_TARGET);
		foresee_fate(world, message, target, reception);
	} else {
		world->want.results++;
		recall_told(world, message, message->from, message->hub, reception);
	}
	message->first_delay_us = ok ? reception->delay_us : 0;
	if (ok && reception->altered) {
		message->left = world_keep(world, reception->payload);
	}
	foresee_second(world, message);
}

/* The way to the hub is known: it goes on from there at once. */
static void recall_first(struct world *world, struct parcel *message, const struct known *known)
{
	struct target *target = parcel_target(message, text_slice(&message->hub->conn->id));
	uint32_t delay_us;

	for (uint32_t i = 0; i < message->count; i++) {
		message->targets[i].due = false;
	}
	parcel_enter_channel(world, message);
	message->first = recall_leg(world, message, known, &delay_us);
	if (target && !target->decided) {
		foresee_known(world, message, target, &message->first, delay_us);
	}
	message->first_delay_us = message->first.outcome == OUTCOME_DELIVERED ? delay_us : 0;
	world_happens(world, HAPPENS_RECALLED_FIRST);
	foresee_second(world, message);
}

/* True: some are left to be asked about. */
static bool recall_direct(struct world *world, struct parcel *message)
{
	uint32_t found = 0, asked = 0;

	for (uint32_t i = 0; i < message->count; i++) {
		struct target *target = target_ranked(message, i);
		const struct known *known =
			target->due ? recall_find(world, message, message->from, target->stay)
				    : NULL;
		uint32_t delay_us;
		struct leg leg;

		asked += target->due && !known;
		if (known) {
			found++;
			target->due = false;
			parcel_take_bytes(world, message);
			leg = recall_leg(world, message, known, &delay_us);
			foresee_known(world, message, target, &leg, delay_us);
		}
	}
	if (found && message->many) {
		world_happens(world, asked ? HAPPENS_RECALLED_SOME : HAPPENS_RECALLED_ALL);
	}
	return asked;
}

bool foresee_recalled(struct world *world, struct parcel *message)
{
	const struct known *known;

	message->sequence = message->from->sequence + 1;
	if (!message->relayed) {
		if (recall_direct(world, message)) {
			return true;
		}
		message->from->sequence++;
		parcel_settle(world, message);
		return false;
	}
	known = recall_find(world, message, message->from, message->hub);
	if (!known) {
		return true;
	}
	message->from->sequence++;
	recall_first(world, message, known);
	return false;
}

/* The first hop of a message that goes on through the hub. */
static void foresee_relay(struct world *world, struct lane *lane, struct parcel *message,
			  const struct answer *answer, bool more)
{
	bool answered = false;

	for (size_t i = 0; i < answer->count; i++) {
		if (answered || answer->receptions[i].receiver != message->hub->node) {
			stray(lane, 1);
		} else {
			answered = true;
			foresee_first(world, message, &answer->receptions[i]);
		}
	}
	if (!answered && !more) {
		parcel_end(world, message, OUTCOME_SIMULATOR_ERROR);
	}
}

/* What the answer must lead to. */
static void foresee_answer(struct world *world, struct lane *lane, struct parcel *message,
			   const struct answer *answer, bool more)
{
	bool closed = false;

	if (message->relayed && !message->second) {
		foresee_relay(world, lane, message, answer, more);
		return;
	}
	for (size_t i = 0; i < answer->count; i++) {
		struct target *target = answered_target(message, answer->receptions[i].receiver);

		if (!target || target->decided || target->waiting) {
			stray(lane, 1);
		} else {
			foresee_fate(world, message, target, &answer->receptions[i]);
		}
		closed = closed || (!message->many && message->undecided == message->waiting);
	}
	if (!more || closed) {
		parcel_end(world, message, OUTCOME_SIMULATOR_ERROR);
	}
}

static void answer_message(struct lane *lane, struct parcel *message, const struct answer *answer,
			   bool more)
{
	struct world *world = lane->world;
	uint64_t id = message->id;

	world_trace(world, "lane %u: answers %u receivers of %llx%s", lane->index,
		    (unsigned)answer->count, (unsigned long long)id, more ? ", more follow" : "");
	foresee_answer(world, lane, message, answer, more);
	world->closing = message;
	world_enter(world);
	core_sim_result(world->core, lane->index, id, answer->receptions, answer->count, more);
	world_leave(world);
	FLOW_HOLDS(world, !message->relay_due, "the second hop does not leave");
}

/* ----------------------------------------------------------------------- answers */

/* Faults around the reception of one receiver. False: it is left out. */
static bool add_faults(struct world *world, struct answer *answer, const struct parcel *message,
		       uint32_t node, unsigned faulty_percent)
{
	if (!world_chance(world, faulty_percent)) {
		return true;
	}
	switch (world_below(world, 4)) {
	case 0: /* missing */
		return false;
	case 1: /* twice */
		add_reception(world, answer, message, node);
		break;
	case 2: /* nobody, or anybody */
		add_reception(world, answer, message, world_below(world, FLOW_NODES));
		break;
	default: /* the sender */
		add_reception(world, answer, message, message->from->node);
		break;
	}
	return true;
}

/* Numbers stand with the targets from the transmit on: drones come and go. */
static void fill_answer(struct world *world, struct answer *answer, const struct parcel *message,
			unsigned faulty_percent, uint32_t most)
{
	uint32_t start = world_chance(world, 70) ? 0 : world_below(world, message->count);

	answer->count = 0;
	if (message->relayed && !message->second) {
		uint32_t node = message->hub->node;

		if (add_faults(world, answer, message, node, faulty_percent)) {
			add_reception(world, answer, message, node);
		}
		return;
	}
	for (uint32_t i = 0; i < message->count && answer->count < most; i++) {
		const struct target *target = &message->targets[(start + i) % message->count];

		if (!target->decided && !target->waiting && target->node &&
		    add_faults(world, answer, message, target->node, faulty_percent)) {
			add_reception(world, answer, message, target->node);
		}
	}
}

/* Another lane answers: nothing follows but a mark against that lane. */
static void answer_by_another(struct lane *lane, const struct parcel *message,
			      const struct answer *answer)
{
	struct world *world = lane->world;
	struct lane *other = &world->lanes[world_below(world, world->lane_count)];

	if (other == lane || !other->up) {
		return;
	}
	stray(other, answer->count ? answer->count : 1);
	world_happens(world, HAPPENS_WRONG_LANE);
	world_enter(world);
	core_sim_result(world->core, other->index, message->id, answer->receptions, answer->count,
			world_chance(world, 50));
	world_leave(world);
}

void answer_some(struct lane *lane)
{
	static struct answer answer;
	struct world *world = lane->world;
	struct parcels *channel = &lane->channel;
	struct parcel *message =
		channel->at[world_chance(world, 60) ? 0 : world_below(world, channel->count)];
	bool more = world_chance(world, 15);

	fill_answer(world, &answer, message, 8, more ? 1 + world_below(world, 4) : FLOW_MAX_DRONES);
	if (world_chance(world, 3)) {
		answer_by_another(lane, message, &answer);
	} else {
		answer_message(lane, message, &answer, more);
	}
}

void answer_well(struct lane *lane, struct parcel *message)
{
	static struct answer answer;

	fill_answer(lane->world, &answer, message, 0, FLOW_MAX_DRONES);
	answer_message(lane, message, &answer, false);
}

static bool id_in_use(const struct world *world, uint64_t id)
{
	for (uint32_t i = 0; i < world->lane_count; i++) {
		const struct parcels *channel = &world->lanes[i].channel;

		for (uint32_t j = 0; j < channel->count; j++) {
			if (channel->at[j]->id == id) {
				return true;
			}
		}
	}
	return false;
}

/* An answer to nothing. */
void answer_stray(struct lane *lane)
{
	static struct answer answer;
	static const struct parcel empty;
	struct world *world = lane->world;
	uint64_t id = lane->old_ids[world_below(world, FLOW_OLD_IDS)];
	size_t times = world_chance(world, 3) ? world_below(world, 30) : 1;

	if (world_chance(world, 30)) {
		id = rng_next(&world->rng);
	} else if (world_chance(world, 20)) {
		id = world_below(world, 300);
	}
	if (id_in_use(world, id)) {
		return;
	}
	answer.count = 0;
	for (uint32_t i = world_below(world, 3); i > 0; i--) {
		add_reception(world, &answer, &empty, world_below(world, 12));
	}
	while (times-- > 0) {
		stray(lane, answer.count ? answer.count : 1);
		world_enter(world);
		core_sim_result(world->core, lane->index, id, answer.receptions, answer.count,
				world_chance(world, 10));
		world_leave(world);
	}
}
