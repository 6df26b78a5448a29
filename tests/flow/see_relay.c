/* What drones see of messages: deliveries and reports. */
#include "world.h"

static void see_hop(const struct world *world, const struct leg *leg, const struct hop *hop)
{
	FLOW_HOLDS(world,
		   slice_equal(hop->transmitter, leg->transmitter) &&
			   slice_equal(hop->receiver, leg->receiver),
		   "the hop names other drones: %.*s to %.*s", SLICE_ARG(hop->transmitter),
		   SLICE_ARG(hop->receiver));
	FLOW_HOLDS(world,
		   hop->outcome == leg->outcome && hop->reason == leg->reason &&
			   hop->source == leg->source,
		   "the hop is not the simulator's: %s %s %s, expected %s %s %s",
		   outcome_name(hop->outcome), reason_name(hop->reason), source_name(hop->source),
		   outcome_name(leg->outcome), reason_name(leg->reason), source_name(leg->source));
	FLOW_HOLDS(world, hop->late_by_us == leg->late_by_us, "late by %u us, expected %u",
		   hop->late_by_us, leg->late_by_us);
	FLOW_HOLDS(world,
		   (hop->link.data != NULL) == leg->has_link &&
			   (!leg->has_link ||
			    slice_equal(hop->link, slice_of(leg->link, leg->link_size))),
		   "the hop's numbers are not the simulator's");
}

static void see_hops(const struct world *world, const struct target *target, const struct hop *hops,
		     size_t count)
{
	FLOW_HOLDS(world, count == target->leg_count, "%.*s: %u hops, expected %u",
		   SLICE_ARG(target->id), (unsigned)count, target->leg_count);
	for (size_t i = 0; i < count; i++) {
		see_hop(world, &target->legs[i], &hops[i]);
	}
}

/* As far as names and numbers are concerned, without any tag. */
static size_t least_size(const struct event_delivery *delivery)
{
	size_t size = delivery->payload.size + delivery->content_type.size + delivery->to.size +
		      delivery->sender.size + 20;

	for (size_t i = 0; i < delivery->hop_count; i++) {
		const struct hop *hop = &delivery->hops[i];

		size += hop->transmitter.size + hop->receiver.size + hop->link.size + 10;
	}
	return size;
}

static void check_header(const struct world *world, const struct parcel *message,
			 const struct event *event)
{
	const struct event_delivery *delivery = &event->delivery;

	FLOW_HOLDS(world,
		   event->ref == 0 && slice_equal(delivery->to, message->to) &&
			   slice_equal(delivery->sender, text_slice(&message->sender->id)) &&
			   delivery->sequence == message->sequence &&
			   delivery->sent_at_us == message->sent_at_us &&
			   slice_equal(delivery->content_type, message->content_type),
		   "the delivery's header is not the sender's");
}

static void count_delivery(struct world *world, const struct parcel *message,
			   const struct target *target)
{
	world_happens(world, HAPPENS_DELIVERY);
	if (target->leg_count == 2 && !message->bypassed) {
		if (target->legs[0].outcome == OUTCOME_CORRUPTED) {
			world_happens(world, HAPPENS_RELAY_CORRUPTED_FIRST);
		}
		if (target->legs[1].outcome == OUTCOME_CORRUPTED) {
			world_happens(world, HAPPENS_RELAY_CORRUPTED_SECOND);
		}
	}
}

/* The model decides such a target OVERLOADED until then. */
static void count_received(const struct parcel *message, const struct target *target)
{
	const struct leg *last = &target->legs[target->leg_count - 1];

	message->from->delivered += target_through(target) == OUTCOME_DELIVERED;
	target->stay->received++;
	if (last->has_link) {
		target->stay->heard = true;
		target->stay->snr_db = last->snr_db;
	}
}

void see_delivery(struct conn *conn, const struct event *event, bool taken)
{
	struct world *world = conn->world;
	const struct event_delivery *delivery = &event->delivery;
	struct coming *coming = hand_over_find(world, conn);
	struct parcel *message = coming->message;
	struct target *target = coming->target;

	FLOW_HOLDS(world, conn->state == CONN_ACTIVE && !target->stay->over,
		   "%u: a delivery for an earlier stay", conn->slot);
	FLOW_HOLDS(world, conn != message->sender, "the sender got its own message");
	check_header(world, message, event);
	FLOW_HOLDS(world, parcel_payload_is(world, message, target->payload, delivery->payload),
		   "not the payload that the channel left");
	see_hops(world, target, delivery->hops, delivery->hop_count);
	FLOW_HOLDS(world, least_size(delivery) <= conn->max_frame,
		   "a delivery larger than the drone's largest frame");
	target->attempted = true;
	if (taken) {
		count_received(message, target);
		target->delivered = true;
		world->want.outcomes[target->outcome]--;
		target->outcome = target_through(target);
		world->want.outcomes[target->outcome]++;
		count_delivery(world, message, target);
	}
}

static void see_outcome(struct conn *conn, struct parcel *message,
			const struct target_outcome *outcome)
{
	struct world *world = conn->world;
	struct target *target = parcel_target(message, outcome->drone_id);

	FLOW_HOLDS(world, target, "the report names %.*s, who was no target",
		   SLICE_ARG(outcome->drone_id));
	FLOW_HOLDS(world, !target->reported, "%.*s is reported twice", SLICE_ARG(target->id));
	target->reported = true;
	hand_over_told(world, target, outcome->outcome);
	FLOW_HOLDS(world, outcome->outcome == target->outcome && outcome->reason == target->reason,
		   "%.*s is reported %s %s, but was %s %s", SLICE_ARG(target->id),
		   outcome_name(outcome->outcome), reason_name(outcome->reason),
		   outcome_name(target->outcome), reason_name(target->reason));
	see_hops(world, target, outcome->hops, outcome->hop_count);
}

static void check_complete(const struct world *world, const struct parcel *message)
{
	for (uint32_t i = 0; i < message->count; i++) {
		const struct target *target = &message->targets[i];
		bool wanted =
			message->wish == REPORT_WISH_ALL || target->outcome != OUTCOME_DELIVERED;

		FLOW_HOLDS(world, target->reported == wanted, "%.*s: in the report or not, wrongly",
			   SLICE_ARG(target->id));
	}
}

static bool tells_down(const struct event *event)
{
	for (size_t i = 0; i < event->report.count; i++) {
		if (event->report.outcomes[i].outcome == OUTCOME_SIMULATOR_DOWN) {
			return true;
		}
	}
	return false;
}

void see_refused(struct conn *conn, const struct event *event)
{
	const struct reply *reply = event->kind == EVENT_SEND_REPORT || event->kind == EVENT_DONE
					    ? conn_find_reply(conn, REPLY_SEND, event->ref)
					    : NULL;

	if (reply) {
		queued_told(conn->world, reply->message,
			    event->kind == EVENT_SEND_REPORT && tells_down(event));
	}
}

void see_report(struct conn *conn, const struct event *event)
{
	struct world *world = conn->world;
	struct reply *reply = need_reply(conn, REPLY_SEND, event->ref);
	struct parcel *message = reply->message;

	/* what was down may stand on a later page */
	queued_told(world, message, event->report.more || tells_down(event));
	FLOW_HOLDS(world, message->undecided == 0 && message->way == WAY_OUT,
		   "%u: a report of what is undecided (ref %u, %u undecided, way %d, %s)",
		   conn->slot, event->ref, message->undecided, (int)message->way,
		   event->report.count ? outcome_name(event->report.outcomes[0].outcome) : "-");
	FLOW_HOLDS(world, message->wish != REPORT_WISH_NONE, "a report that nobody wished");
	for (size_t i = 0; i < event->report.count; i++) {
		see_outcome(conn, message, &event->report.outcomes[i]);
	}
	if (event->report.more) {
		world_happens(world, HAPPENS_PAGES);
		return;
	}
	check_complete(world, message);
	conn_drop_reply(conn, reply);
}

void see_sent(struct conn *conn, const struct event *event)
{
	struct world *world = conn->world;
	struct reply *reply = need_reply(conn, REPLY_SEND, event->ref);
	struct parcel *message = reply->message;

	queued_told(world, message, false);
	FLOW_HOLDS(world,
		   message->wish == REPORT_WISH_FAILURES && !message->undecided &&
			   message->way == WAY_OUT,
		   "done for a send that is not");
	for (uint32_t i = 0; i < message->count; i++) {
		FLOW_HOLDS(world, message->targets[i].outcome == OUTCOME_DELIVERED,
			   "done, but %.*s was not reached", SLICE_ARG(message->targets[i].id));
	}
	conn_drop_reply(conn, reply);
}
