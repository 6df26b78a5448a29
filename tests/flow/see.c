/* What drones see: every event is held against what the model awaits. */
#include "world.h"

static struct reply *need_reply(struct conn *conn, enum reply_kind kind, uint32_t ref)
{
	struct reply *reply = conn_find_reply(conn, kind, ref);

	FLOW_HOLDS(conn->world, reply, "%.*s: nothing asks for this reply (kind %d, ref %u)",
		   SLICE_ARG(text_slice(&conn->id)), (int)kind, ref);
	return reply;
}

/* ----------------------------------------------------------------- goodbye */

/* Somebody registers this conn's id from the same address, in this call. */
static bool taken_from_same_address(const struct conn *conn)
{
	const struct world *world = conn->world;

	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *other = world->drones[i].conn;

		if (other && other != conn && other->will_register &&
		    slice_equal(text_slice(&other->wanted_id), text_slice(&conn->id)) &&
		    memcmp(other->endpoint.address, conn->endpoint.address,
			   ENDPOINT_ADDRESS_BYTES) == 0) {
			return true;
		}
	}
	return false;
}

static bool taken_by_asker(const struct conn *conn)
{
	uint64_t since;

	if (!conn->rival || !conn->world->ticking || conn_silenced(conn)) {
		return false;
	}
	since = conn->rival->asked_us > conn->heard_us ? conn->rival->asked_us : conn->heard_us;
	return conn_passed(conn, since, conn->world->limits.takeover_ms);
}

static bool goodbye_allowed(const struct conn *conn, const struct event *event)
{
	const struct world *world = conn->world;
	const struct limits *limits = &world->limits;

	switch (event->goodbye.reason) {
	case GOODBYE_LEFT:
		return conn_find_reply((struct conn *)conn, REPLY_GOODBYE, event->ref) != NULL;
	case GOODBYE_IDLE_TIMEOUT:
		return world->ticking && conn->state == CONN_ACTIVE && !conn_silenced(conn) &&
		       conn_passed(conn, conn->heard_us, limits->idle_timeout_ms);
	case GOODBYE_TAKEN_OVER:
		return conn->state == CONN_ACTIVE &&
		       (taken_from_same_address(conn) || taken_by_asker(conn));
	case GOODBYE_KICKED:
		return conn->refused;
	case GOODBYE_PROTOCOL_ERROR:
		return conn->tell_over ||
		       (world->ticking && conn->state == CONN_NEW &&
			conn_passed(conn, conn->connected_us, limits->register_timeout_ms)) ||
		       (world->ticking && conn->partial && !conn_silenced(conn) &&
			conn_passed(conn, conn->partial_us, limits->frame_timeout_ms));
	case GOODBYE_TOO_SLOW:
		return conn->queue > conn_bound(conn) ||
		       (world->ticking && conn->no_room_since_us &&
			conn_passed(conn, conn->no_room_since_us, limits->output_soft_ms));
	case GOODBYE_SHUTTING_DOWN:
		return world->down || (world->draining && !conn->session);
	case GOODBYE_SERVER_FULL:
		return !conn->session && !world->draining &&
		       (world_connected(world) >= limits->max_drones ||
			world_connected(world) - world_online(world) >= limits->max_unregistered);
	default:
		return false;
	}
}

static void see_goodbye(struct conn *conn, const struct event *event)
{
	FLOW_HOLDS(conn->world, goodbye_allowed(conn, event), "%.*s: goodbye %s without cause",
		   SLICE_ARG(text_slice(&conn->id)), goodbye_name(event->goodbye.reason));
	conn_over(conn, event->goodbye.reason);
}

/* -------------------------------------------------------------- registration */

static void see_welcome(struct conn *conn, const struct event *event, bool taken)
{
	struct world *world = conn->world;
	const struct event_welcome *welcome = &event->welcome;
	struct reply *reply = conn_find_reply(conn, REPLY_WELCOME, event->ref);

	FLOW_HOLDS(world, conn->freed || (conn->will_register && reply),
		   "%u: a welcome that nothing asks for", conn->slot);
	FLOW_HOLDS(world, event->ref == conn->wanted_ref, "a welcome with another ref");
	FLOW_HOLDS(world, !world_by_id(world, text_slice(&conn->wanted_id)),
		   "welcome, but the id is in use");
	FLOW_HOLDS(world,
		   !world_callsign_taken(world, text_slice(&conn->wanted_callsign),
					 text_slice(&conn->wanted_id), NULL),
		   "welcome, but the callsign is in use");
	FLOW_HOLDS(world, slice_equal(welcome->drone_id, text_slice(&conn->wanted_id)),
		   "welcome under another id");
	FLOW_HOLDS(world,
		   slice_equal(welcome->callsign, conn->wanted_callsign.size
							  ? text_slice(&conn->wanted_callsign)
							  : text_slice(&conn->wanted_id)),
		   "welcome under another callsign");
	FLOW_HOLDS(world,
		   welcome->online == world_online(world) + 1 && welcome->protocol == 1 &&
			   welcome->idle_timeout_ms == world->limits.idle_timeout_ms &&
			   welcome->max_frame_bytes == world->limits.max_frame_bytes &&
			   welcome->time_us == world->now.unix_us,
		   "the welcome tells wrong numbers");
	if (reply) {
		conn_drop_reply(conn, reply);
	}
	conn->freed = false;
	conn->state = CONN_ACTIVE;
	conn->id = conn->wanted_id;
	conn->callsign = text_of(welcome->callsign);
	conn->presence = conn->wanted_presence;
	conn->active_us = conn->heard_us = world->now.mono_us;
	conn->active_since = world->moment;
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *other = world->drones[i].conn;

		if (other && other != conn && other->state == CONN_ACTIVE &&
		    slice_equal(text_slice(&other->callsign), text_slice(&conn->id))) {
			other->callsign = other->id;
			world_note(world, other, PRESENCE_WHAT_RENAMED, GOODBYE_UNSPECIFIED,
				   other->scenario, other->scenario);
		}
	}
	world_note(world, conn, PRESENCE_WHAT_ONLINE, GOODBYE_UNSPECIFIED, 0, 0);
	conn->seen = world->journal_end;
	if (taken && conn->wanted_scenario.size) {
		foresee_entering(conn, text_slice(&conn->wanted_scenario), conn->wanted_ref, true);
	}
}

/* An asker is sent away when the holder has been held, and not heard, for long. */
static bool waited_long_enough(const struct conn *conn, const struct event *event)
{
	return conn->world->ticking && conn->state == CONN_ASKING &&
	       event->error.code == ERROR_NAME_TAKEN && event->ref == conn->wanted_ref &&
	       conn_silenced(conn->rival) &&
	       conn_passed(conn, conn->asked_us, world_asking_ms(conn->world));
}

static void see_error(struct conn *conn, const struct event *event)
{
	struct world *world = conn->world;
	struct reply *reply;

	world->want.errors[event->error.code]++;
	if (conn->freed) {
		FLOW_HOLDS(world,
			   event->error.code == ERROR_NAME_TAKEN &&
				   event->ref == conn->wanted_ref &&
				   world_callsign_taken(world, text_slice(&conn->wanted_callsign),
							text_slice(&conn->wanted_id), NULL),
			   "who asked for an id that has become free is refused");
		conn->freed = false;
		return;
	}
	if (waited_long_enough(conn, event)) {
		conn->rival->rival = NULL;
		conn->rival = NULL;
		conn->state = CONN_NEW;
		conn->partial_us = world->now.mono_us;
		return;
	}
	reply = need_reply(conn, REPLY_ERROR, event->ref);
	FLOW_HOLDS(world, reply->code == event->error.code, "%u: error %s, expected %s", conn->slot,
		   error_name(event->error.code), error_name(reply->code));
	FLOW_HOLDS(world,
		   event->error.message.size > 0 &&
			   event->error.message.size <= DESCRIPTION_MAX_BYTES,
		   "an error without words");
	conn_drop_reply(conn, reply);
}

/* ------------------------------------------------------------------- replies */

static void see_entry(const struct world *world, const struct scenario_entry *entry,
		      uint32_t number)
{
	const struct scenario_model *scenario = &world->sim.scenarios[number];
	const struct scenario_config *config = &world->configs[number - 1];

	FLOW_HOLDS(world, slice_equal(entry->name, slice_str(scenario->name)),
		   "an entry of another scenario");
	FLOW_HOLDS(world, entry->available == (scenario->status == MODEL_ACCEPTED),
		   "%s: availability is not the simulator's", scenario->name);
	FLOW_HOLDS(world, entry->drones == world_members(world, number),
		   "%s: %u drones told, %u are in it", scenario->name, entry->drones,
		   world_members(world, number));
	FLOW_HOLDS(world,
		   entry->max_drones == config->max_drones && entry->topology == config->topology,
		   "%s: entry differs from the configuration", scenario->name);
	if (scenario->status == MODEL_REFUSED) {
		FLOW_HOLDS(world, slice_equal(entry->message, slice_str(scenario->message)),
			   "%s: not the simulator's words", scenario->name);
	}
	FLOW_HOLDS(world, entry->available == (entry->message.size == 0),
		   "%s: unavailable without words, or words without need", scenario->name);
}

static void see_chosen(struct conn *conn, const struct event *event)
{
	struct world *world = conn->world;
	struct reply *reply = conn_find_reply(conn, REPLY_CHOSEN, event->ref);

	if (reply) {
		conn_drop_reply(conn, reply);
	} else {
		FLOW_HOLDS(world, event->ref == 0 && world->status_changes,
			   "%u: scenario_chosen out of the blue", conn->slot);
		conn->pushes -= conn->pushes > 0;
	}
	FLOW_HOLDS(world, (event->chosen != NULL) == (conn->scenario != 0),
		   "%u: told a scenario that it is not in", conn->slot);
	if (event->chosen) {
		see_entry(world, event->chosen, conn->scenario);
	}
}

static void see_scenarios(struct conn *conn, const struct event *event)
{
	struct reply *reply = need_reply(conn, REPLY_SCENARIOS, event->ref);
	const struct event_scenarios *list = &event->scenarios;

	for (size_t i = 0; i < list->count; i++) {
		FLOW_HOLDS(conn->world, reply->entries < FLOW_SCENARIOS, "too many scenarios");
		see_entry(conn->world, &list->entries[i], ++reply->entries);
	}
	if (!list->more) {
		FLOW_HOLDS(conn->world, reply->entries == FLOW_SCENARIOS, "scenarios are missing");
		conn_drop_reply(conn, reply);
	}
}

static void see_drone(struct conn *conn, const struct reply *reply, const struct drone_entry *entry)
{
	struct world *world = conn->world;
	struct conn *other = world_by_id(world, entry->drone_id);
	uint64_t now = world->now.mono_us;

	FLOW_HOLDS(world, other, "list_drones shows %.*s, who is not online",
		   SLICE_ARG(entry->drone_id));
	FLOW_HOLDS(world, !reply->scenario || other->scenario == reply->scenario,
		   "list_drones shows a drone of another scenario");
	/* the last of a scenario takes the place of one that leaves while it is listed */
	FLOW_HOLDS(world, reply->scenario || conn->listed[other->slot] != other,
		   "list_drones shows %.*s twice", SLICE_ARG(entry->drone_id));
	FLOW_HOLDS(world,
		   slice_equal(entry->callsign, text_slice(&other->callsign)) &&
			   slice_equal(entry->scenario,
				       slice_str(world->sim.scenarios[other->scenario].name)) &&
			   entry->online_ms == (now - other->active_us) / 1000 &&
			   entry->idle_ms == (now - other->heard_us) / 1000,
		   "list_drones tells wrong things of %.*s", SLICE_ARG(entry->drone_id));
	conn->listed[other->slot] = other;
}

/* Whoever was there all the time must have been shown. */
static void list_complete(const struct conn *conn, const struct reply *reply)
{
	const struct world *world = conn->world;

	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *other = world->drones[i].conn;

		if (other && other->state == CONN_ACTIVE && other->active_since < reply->since &&
		    (!reply->scenario ||
		     (other->scenario == reply->scenario && other->member_since < reply->since))) {
			FLOW_HOLDS(world, conn->listed[i] == other, "list_drones leaves %.*s out",
				   SLICE_ARG(text_slice(&other->id)));
		}
	}
}

static void see_drones(struct conn *conn, const struct event *event)
{
	struct reply *reply = need_reply(conn, REPLY_DRONES, event->ref);

	for (size_t i = 0; i < event->drones.count; i++) {
		see_drone(conn, reply, &event->drones.entries[i]);
	}
	if (!event->drones.more) {
		list_complete(conn, reply);
		conn_drop_reply(conn, reply);
	}
}

static void see_done(struct conn *conn, const struct event *event)
{
	struct world *world = conn->world;
	struct reply *reply = conn_find_reply(conn, REPLY_DONE, event->ref);
	struct parcel *message;

	FLOW_HOLDS(world, event->ref, "done without ref");
	if (reply) {
		conn_drop_reply(conn, reply);
		return;
	}
	reply = need_reply(conn, REPLY_SEND, event->ref);
	message = reply->message;
	FLOW_HOLDS(world, message->wish == REPORT_WISH_FAILURES && !message->undecided,
		   "done for a send that is not");
	for (uint32_t i = 0; i < message->count; i++) {
		FLOW_HOLDS(world, message->targets[i].outcome == OUTCOME_DELIVERED,
			   "done, but %.*s was not reached", SLICE_ARG(message->targets[i].id));
	}
	conn_drop_reply(conn, reply);
	if (message->many) {
		parcel_reported(message);
	}
}

static void see_pong(struct conn *conn, const struct event *event)
{
	struct reply *reply = need_reply(conn, REPLY_PONG, event->ref);

	FLOW_HOLDS(conn->world,
		   event->ping.nonce == event->ref + 7ull &&
			   event->ping.time_us == conn->world->now.unix_us,
		   "pong with other contents");
	conn_drop_reply(conn, reply);
}

static bool asked_for_id(const struct conn *conn)
{
	const struct world *world = conn->world;

	if (conn->rival && conn->rival->calling) {
		return true;
	}
	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *other = world->drones[i].conn;

		if (other && other->calling && other->may_ask &&
		    slice_equal(text_slice(&other->wanted_id), text_slice(&conn->id))) {
			return true;
		}
	}
	return false;
}

static void see_ping(struct conn *conn)
{
	struct world *world = conn->world;
	uint64_t quiet = conn->heard_us > conn->pinged_us ? conn->heard_us : conn->pinged_us;

	if (asked_for_id(conn)) {
		conn->pinged_us = world->now.mono_us;
		return;
	}
	FLOW_HOLDS(world,
		   world->ticking && conn->state == CONN_ACTIVE && world->limits.ping_interval_ms &&
			   conn_passed(conn, quiet, world->limits.ping_interval_ms),
		   "%u: a ping out of time", conn->slot);
	conn->pinged_us = world->now.mono_us;
}

/* ------------------------------------------------------------------- the relay */

static void see_hop(const struct conn *conn, const struct parcel *message,
		    const struct target *target, const struct hop *hop)
{
	const struct world *world = conn->world;

	FLOW_HOLDS(world,
		   slice_equal(hop->transmitter, text_slice(&message->sender->id)) &&
			   slice_equal(hop->receiver, target->id),
		   "the hop names other drones");
	FLOW_HOLDS(world,
		   hop->outcome == target->hop_outcome && hop->reason == target->hop_reason &&
			   hop->source == target->source && hop->late_by_us == 0,
		   "the hop is not the simulator's: outcome %s, expected %s",
		   outcome_name(hop->outcome), outcome_name(target->hop_outcome));
	FLOW_HOLDS(world,
		   (hop->link.data != NULL) == target->has_link &&
			   (!target->has_link ||
			    slice_equal(hop->link, slice_of(target->link, target->link_size))),
		   "the hop's numbers are not the simulator's");
}

static struct target *target_here(const struct conn *conn, struct parcel *message)
{
	for (uint32_t i = 0; i < message->count; i++) {
		if (message->targets[i].conn == conn) {
			return &message->targets[i];
		}
	}
	return NULL;
}

/* The answer that counts is the first that names the target. */
static const struct reception *answer_for(const struct world *world, const struct target *target)
{
	const struct simulator *sim = &world->sim;

	for (size_t i = 0; i < sim->reception_count; i++) {
		if (sim->receptions[i].receiver == target->node) {
			return &sim->receptions[i];
		}
	}
	world_fail(world, "a delivery that no answer names");
}

static void see_delivery(struct conn *conn, const struct event *event, bool taken)
{
	struct world *world = conn->world;
	const struct event_delivery *delivery = &event->delivery;
	struct parcel *message = world->sim.answering;
	struct target *target = message ? target_here(conn, message) : NULL;
	const struct reception *answer;

	FLOW_HOLDS(world, message, "%u: a delivery that no answer brings", conn->slot);
	FLOW_HOLDS(world, target, "%.*s: a delivery that was not for it",
		   SLICE_ARG(text_slice(&conn->id)));
	FLOW_HOLDS(world, conn->state == CONN_ACTIVE && conn->membership == target->membership,
		   "%u: a delivery for an earlier stay", conn->slot);
	FLOW_HOLDS(world, !target->delivered, "delivered twice");
	FLOW_HOLDS(world, target->coming, "delivered, but not come through the channel");
	FLOW_HOLDS(world, conn->scenario == message->scenario, "delivered across scenarios");
	FLOW_HOLDS(world, conn != message->sender, "the sender got its own message");
	FLOW_HOLDS(world,
		   event->ref == 0 && delivery->to.size == 0 &&
			   slice_equal(delivery->sender, text_slice(&message->sender->id)) &&
			   delivery->sequence == message->sequence &&
			   delivery->sent_at_us == message->sent_at_us &&
			   slice_equal(delivery->content_type, message->content_type),
		   "the delivery's header is not the sender's");
	answer = answer_for(world, target);
	if (answer->altered) {
		FLOW_HOLDS(world, slice_equal(delivery->payload, answer->payload),
			   "not the payload that the channel left");
	} else {
		FLOW_HOLDS(world, parcel_payload_equal(world, message, delivery->payload),
			   "not the payload that was sent");
	}
	FLOW_HOLDS(world, delivery->hop_count == 1, "a mesh has one hop");
	see_hop(conn, message, target, &delivery->hops[0]);
	FLOW_HOLDS(world,
		   delivery->payload.size + delivery->content_type.size +
				   delivery->sender.size * 2 + target->id.size +
				   delivery->hops[0].link.size + 40 <=
			   conn->max_frame,
		   "a delivery larger than the drone's largest frame");
	if (taken) {
		target->delivered = true;
		world->want.outcomes[target->outcome]--;
		target->outcome = target->hop_outcome;
		world->want.outcomes[target->outcome]++;
		world->tally->deliveries++;
	}
}

static void see_report(struct conn *conn, const struct event *event)
{
	struct world *world = conn->world;
	struct reply *reply = need_reply(conn, REPLY_SEND, event->ref);
	struct parcel *message = reply->message;

	FLOW_HOLDS(world, message->undecided == 0, "a report of what is undecided");
	FLOW_HOLDS(world, message->wish != REPORT_WISH_NONE, "a report that nobody wished");
	for (size_t i = 0; i < event->report.count; i++) {
		const struct target_outcome *outcome = &event->report.outcomes[i];
		struct target *target = parcel_target(message, outcome->drone_id);

		FLOW_HOLDS(world, target, "the report names %.*s, who was no target",
			   SLICE_ARG(outcome->drone_id));
		FLOW_HOLDS(world, !target->reported, "%.*s is reported twice",
			   SLICE_ARG(target->id));
		target->reported = true;
		FLOW_HOLDS(world,
			   outcome->outcome == target->outcome && outcome->reason == target->reason,
			   "%.*s is reported %s %s, but was %s %s", SLICE_ARG(target->id),
			   outcome_name(outcome->outcome), reason_name(outcome->reason),
			   outcome_name(target->outcome), reason_name(target->reason));
		FLOW_HOLDS(world, outcome->hop_count == target->has_hop, "wrong number of hops");
		if (target->has_hop) {
			see_hop(conn, message, target, &outcome->hops[0]);
		}
	}
	if (event->report.more) {
		world->tally->pages++;
		return;
	}
	for (uint32_t i = 0; i < message->count; i++) {
		const struct target *target = &message->targets[i];
		bool wanted =
			message->wish == REPORT_WISH_ALL || target->outcome != OUTCOME_DELIVERED;

		FLOW_HOLDS(world, target->reported == wanted, "%.*s: in the report or not, wrongly",
			   SLICE_ARG(target->id));
	}
	conn_drop_reply(conn, reply);
	if (message->many) {
		parcel_reported(message);
	}
}

/* -------------------------------------------------------------------- presence */

static bool same_record(const struct world *world, const struct record *record,
			const struct presence_entry *entry)
{
	uint32_t shown = record->what == PRESENCE_WHAT_OFFLINE ? record->from : record->into;

	return slice_equal(entry->drone_id, text_slice(&record->id)) &&
	       slice_equal(entry->callsign, text_slice(&record->callsign)) &&
	       slice_equal(entry->scenario, slice_str(world->sim.scenarios[shown].name)) &&
	       entry->what == record->what && entry->reason == record->reason;
}

static bool concerns(const struct conn *conn, const struct record *record)
{
	return conn->scenario && (record->from == conn->scenario || record->into == conn->scenario);
}

static void see_presence(struct conn *conn, const struct event *event)
{
	struct world *world = conn->world;
	const struct event_presence *presence = &event->presence;

	FLOW_HOLDS(world, conn->presence != PRESENCE_WISH_NONE, "presence that nobody wished");
	FLOW_HOLDS(world, presence->count || presence->missed, "an empty presence frame");
	if (presence->missed) {
		uint64_t oldest = world->journal_end - world->limits.presence_backlog;

		/* who wishes its scenario's alone may have passed over others' events */
		FLOW_HOLDS(world,
			   world->journal_end > world->limits.presence_backlog &&
				   (conn->presence == PRESENCE_WISH_ALL
					    ? conn->seen + presence->missed == oldest
					    : conn->seen + presence->missed <= oldest),
			   "missed %u, which is not so", presence->missed);
		conn->seen = oldest;
		world->tally->missed += presence->missed;
	}
	for (size_t i = 0; i < presence->count; i++) {
		const struct presence_entry *entry = &presence->entries[i];

		while (conn->presence == PRESENCE_WISH_SCENARIO &&
		       conn->seen < world->journal_end &&
		       !(same_record(world, &world->journal[conn->seen], entry) &&
			 concerns(conn, &world->journal[conn->seen]))) {
			conn->seen++;
		}
		FLOW_HOLDS(world,
			   conn->seen < world->journal_end &&
				   same_record(world, &world->journal[conn->seen], entry),
			   "%u: presence of %.*s (%s) is not what happened", conn->slot,
			   SLICE_ARG(entry->drone_id), presence_what_name(entry->what));
		conn->seen++;
		world->tally->presence[entry->what]++;
	}
}

/* ---------------------------------------------------------------- every event */

void see(struct conn *conn, const struct event *event, bool taken)
{
	switch (event->kind) {
	case EVENT_WELCOME:
		see_welcome(conn, event, taken);
		return;
	case EVENT_ERROR:
		see_error(conn, event);
		return;
	case EVENT_DELIVERY:
		see_delivery(conn, event, taken);
		return;
	case EVENT_GOODBYE:
		see_goodbye(conn, event);
		return;
	default:
		break;
	}
	if (!taken) {
		return; /* the session ends, and what it was told with it */
	}
	switch (event->kind) {
	case EVENT_SCENARIOS:
		see_scenarios(conn, event);
		break;
	case EVENT_SCENARIO_CHOSEN:
		see_chosen(conn, event);
		break;
	case EVENT_DRONES:
		see_drones(conn, event);
		break;
	case EVENT_DONE:
		see_done(conn, event);
		break;
	case EVENT_PRESENCE:
		see_presence(conn, event);
		break;
	case EVENT_SEND_REPORT:
		see_report(conn, event);
		break;
	case EVENT_PING:
		see_ping(conn);
		break;
	case EVENT_PONG:
		see_pong(conn, event);
		break;
	default:
		world_fail(conn->world, "an event of kind %d", (int)event->kind);
	}
}
