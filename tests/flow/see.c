/* What drones see: every event is held against what the model awaits. */
#include "world.h"

struct reply *need_reply(struct conn *conn, enum reply_kind kind, uint32_t ref)
{
	struct reply *reply = conn_find_reply(conn, kind, ref);

	FLOW_HOLDS(conn->world, reply, "%.*s: nothing asks for this reply (kind %d, ref %u)",
		   SLICE_ARG(text_slice(&conn->id)), (int)kind, ref);
	return reply;
}

/* ----------------------------------------------------------------- goodbye */

/* Somebody registers this conn's id from the same address, or with proof, in this call. */
static bool taken_at_once(const struct conn *conn)
{
	const struct world *world = conn->world;

	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *other = world->drones[i].conn;

		if (other && other != conn && other->will_register &&
		    slice_equal(text_slice(&other->wanted_id), text_slice(&conn->id)) &&
		    (other->proved || memcmp(other->endpoint.address, conn->endpoint.address,
					     ENDPOINT_ADDRESS_BYTES) == 0)) {
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

static bool withdrawn(const struct conn *conn)
{
	const struct world *world = conn->world;

	return world->reloading && conn->state == CONN_ACTIVE &&
	       world->credentials[world_slot_named(world, text_slice(&conn->id))].withdrawn;
}

/* All queues together are too long, and its is the longest of those that are left. */
static bool crowds(const struct conn *conn)
{
	const struct world *world = conn->world;

	if (!world->crowding || !world->crowd_left || !conn->queue) {
		return false;
	}
	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *other = world->drones[i].conn;

		if (other && other->queue_before > conn->queue_before + CROWD_SLACK) {
			return false;
		}
	}
	return true;
}

/* Not all at the same time, but none much later than the rest. */
static bool comes_again_in_time(const struct world *world, const struct event *event)
{
	uint32_t after_ms = event->goodbye.retry_after_ms;

	return after_ms >= 100 && after_ms < 100 + world->limits.retry_spread_ms + 1;
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
		return conn->state == CONN_ACTIVE && (taken_at_once(conn) || taken_by_asker(conn));
	case GOODBYE_BANNED:
		return conn->tell_banned && event->goodbye.retry_after_ms == conn->banned_for_ms;
	case GOODBYE_AUTH_FAILED:
		return conn->denied_told;
	case GOODBYE_RATE_LIMITED:
		return conn->tell_rate && event->goodbye.retry_after_ms > 0;
	case GOODBYE_KICKED:
		return conn->refused || withdrawn(conn);
	case GOODBYE_PROTOCOL_ERROR:
		return conn->tell_over ||
		       (world->ticking &&
			(conn->state == CONN_NEW || conn->state == CONN_PROVING) &&
			conn_passed(conn, conn->connected_us, limits->register_timeout_ms)) ||
		       (world->ticking && conn->partial && !conn_silenced(conn) &&
			conn_passed(conn, conn->partial_us, limits->frame_timeout_ms));
	case GOODBYE_TOO_SLOW:
		return conn->queue > conn_bound(conn) || crowds(conn) ||
		       (world->ticking && conn->no_room_since_us &&
			conn_passed(conn, conn->no_room_since_us, limits->output_soft_ms));
	case GOODBYE_SHUTTING_DOWN:
		return (world->down && comes_again_in_time(world, event)) ||
		       (world->draining && !conn->session);
	case GOODBYE_SERVER_FULL:
		return conn == world->displaced || (!conn->session && !world->draining &&
						    world_connected(world) >= limits->max_drones);
	default:
		return false;
	}
}

static void see_goodbye(struct conn *conn, const struct event *event)
{
	FLOW_HOLDS(conn->world, goodbye_allowed(conn, event), "%.*s: goodbye %s without cause",
		   SLICE_ARG(text_slice(&conn->id)), goodbye_name(event->goodbye.reason));
	if (withdrawn(conn)) {
		world_happens(conn->world, HAPPENS_WITHDRAWN);
	}
	if (conn->world->crowding) {
		conn->world->crowd_left -= conn->queue < conn->world->crowd_left
						   ? conn->queue
						   : conn->world->crowd_left;
		world_happens(conn->world, HAPPENS_CROWDED);
	}
	conn_over(conn, event->goodbye.reason);
}

/* -------------------------------------------------------------- registration */

/* An asker is sent away when the holder has been held, and not heard, for long. */
static bool waited_long_enough(const struct conn *conn, const struct event *event)
{
	return conn->world->ticking && conn->state == CONN_ASKING &&
	       event->error.code == ERROR_NAME_TAKEN && event->ref == conn->wanted_ref &&
	       conn_silenced(conn->rival) &&
	       conn_passed(conn, conn->asked_us, asking_longest_ms(conn->world));
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
	if (conn->state == CONN_DENIED) {
		FLOW_HOLDS(world,
			   access_denial_due(conn) && event->error.code == ERROR_AUTH_FAILED &&
				   event->ref == conn->denied_ref,
			   "%u: told too early, or wrongly, that it is not let in", conn->slot);
		conn->denied_told = true;
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
	const struct grid *grid = world->places[number].grid;
	const struct scenario_config *config = &grid->config;

	FLOW_HOLDS(world, slice_equal(entry->name, slice_str(config->name)),
		   "an entry of another scenario");
	FLOW_HOLDS(world, entry->available == (grid->status == STATUS_ACCEPTED),
		   "%s: availability is not the simulator's", config->name);
	FLOW_HOLDS(world, entry->drones == world_members(world, number),
		   "%s: %u drones told, %u are in it", config->name, entry->drones,
		   world_members(world, number));
	FLOW_HOLDS(world,
		   entry->max_drones == config->max_drones && entry->topology == config->topology &&
			   slice_equal(entry->description, slice_str(config->description)) &&
			   slice_equal(entry->hub, slice_str(config->hub)),
		   "%s: entry differs from the configuration", config->name);
	if (grid->status == STATUS_REFUSED) {
		FLOW_HOLDS(world, slice_equal(entry->message, slice_str(grid->message)),
			   "%s: not the simulator's words", config->name);
	}
	FLOW_HOLDS(world, entry->available == (entry->message.size == 0),
		   "%s: unavailable without words, or words without need", config->name);
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
	FLOW_HOLDS(world, (event->chosen != NULL) == (conn->place != 0),
		   "%u: told a scenario that it is not in", conn->slot);
	if (event->chosen) {
		see_entry(world, event->chosen, conn->place);
	}
}

static uint32_t place_behind(const struct world *world, uint32_t place)
{
	do {
		place++;
	} while (place <= FLOW_PLACES && !world->places[place].grid);
	return place;
}

static void see_scenarios(struct conn *conn, const struct event *event)
{
	struct world *world = conn->world;
	struct reply *reply = need_reply(conn, REPLY_SCENARIOS, event->ref);
	const struct event_scenarios *list = &event->scenarios;

	for (size_t i = 0; i < list->count; i++) {
		reply->entries = place_behind(world, reply->entries);
		FLOW_HOLDS(world, reply->entries <= FLOW_PLACES, "too many scenarios");
		see_entry(world, &list->entries[i], reply->entries);
	}
	if (!list->more) {
		FLOW_HOLDS(world, place_behind(world, reply->entries) > FLOW_PLACES,
			   "scenarios are missing");
		conn_drop_reply(conn, reply);
	} else {
		world_happens(world, HAPPENS_PAGES);
	}
}

/* After each step the model holds these numbers against its own. */
static void see_traffic(const struct world *world, struct conn *other,
			const struct drone_entry *entry)
{
	const struct drone_traffic now = peek_traffic(other->session);
	const struct drone_traffic *told = &entry->traffic;

	FLOW_HOLDS(world, entry->has_traffic == (other->place != 0),
		   "list_drones tells of the messages of %.*s, or does not, wrongly",
		   SLICE_ARG(entry->drone_id));
	if (!entry->has_traffic) {
		return;
	}
	FLOW_HOLDS(world,
		   told->sent == now.sent && told->targets == now.targets &&
			   told->delivered == now.delivered && told->received == now.received &&
			   told->heard == now.heard && !(told->snr_db < now.snr_db) &&
			   !(told->snr_db > now.snr_db),
		   "list_drones tells wrong numbers of %.*s", SLICE_ARG(entry->drone_id));
	FLOW_HOLDS(world, (other->numbered == other->stay) == (other->number == entry->stay),
		   "list_drones gives a stay of %.*s another number, or another stay the same one",
		   SLICE_ARG(entry->drone_id));
	other->numbered = other->stay;
	other->number = entry->stay;
}

static void see_drone(struct conn *conn, const struct reply *reply, const struct drone_entry *entry)
{
	struct world *world = conn->world;
	struct conn *other = world_by_id(world, entry->drone_id);
	uint64_t now = world->now.mono_us;

	FLOW_HOLDS(world, other, "list_drones shows %.*s, who is not online",
		   SLICE_ARG(entry->drone_id));
	FLOW_HOLDS(world, !reply->place || other->place == reply->place,
		   "list_drones shows a drone of another scenario");
	/* the last of a scenario takes the place of one that leaves while it is listed */
	FLOW_HOLDS(world, reply->place || conn->listed[other->slot] != other,
		   "list_drones shows %.*s twice", SLICE_ARG(entry->drone_id));
	FLOW_HOLDS(
		world,
		slice_equal(entry->callsign, text_slice(&other->callsign)) &&
			slice_equal(entry->scenario, slice_str(place_name(world, other->place))) &&
			entry->position.frame == other->position.frame &&
			entry->online_ms == (now - other->active_us) / 1000 &&
			entry->idle_ms == (now - other->heard_us) / 1000,
		"list_drones tells wrong things of %.*s", SLICE_ARG(entry->drone_id));
	see_traffic(world, other, entry);
	conn->listed[other->slot] = other;
}

/* Whoever was there all the time must have been shown. */
static void list_complete(const struct conn *conn, const struct reply *reply)
{
	const struct world *world = conn->world;

	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *other = world->drones[i].conn;

		if (other && other->state == CONN_ACTIVE && other->active_since < reply->since &&
		    (!reply->place ||
		     (other->place == reply->place && other->stay->since < reply->since))) {
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
		if (!reply->cut) {
			list_complete(conn, reply);
		}
		conn_drop_reply(conn, reply);
	}
}

static void see_done(struct conn *conn, const struct event *event)
{
	struct reply *reply = conn_find_reply(conn, REPLY_DONE, event->ref);

	FLOW_HOLDS(conn->world, event->ref, "done without ref");
	if (reply) {
		conn_drop_reply(conn, reply);
	} else {
		see_sent(conn, event);
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
		see_refused(conn, event);
		return; /* the session ends, and what it was told with it */
	}
	switch (event->kind) {
	case EVENT_CHALLENGE:
		see_challenge(conn, event);
		break;
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
