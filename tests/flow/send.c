/* What a send must lead to: errors, holds, the way of each target, the channel. */
#include "world.h"

/* ------------------------------------------------------------ the simulators' windows */

uint32_t lane_woken(const struct world *world, uint32_t lane)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *conn = world->drones[i].conn;

		count += conn && conn->woken && conn->held_lane == lane;
	}
	return count;
}

bool window_full(const struct world *world, const struct lane *lane)
{
	return lane->channel.count + lane_woken(world, lane->index) >=
		       peek_window(world->core, lane->index) ||
	       (lane->up && lane->full);
}

/* Others have been let in, and there is not plenty of room. */
bool turns_are_taken(const struct world *world, const struct lane *lane)
{
	uint32_t woken = lane_woken(world, lane->index);

	return woken && lane->channel.count + woken >= peek_window(world->core, lane->index) / 2;
}

bool held_for_lane(const struct world *world, uint32_t lane)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *conn = world->drones[i].conn;

		if (conn && conn->held == HELD_SIMULATOR && conn->held_lane == lane) {
			return true;
		}
	}
	return false;
}

bool conn_report_waits(const struct conn *conn)
{
	for (uint32_t i = 0; i < conn->reply_count; i++) {
		const struct reply *reply = &conn->replies[i];

		if (reply->kind == REPLY_SEND && reply->message->many &&
		    reply->message->way == WAY_OUT && !reply->message->undecided) {
			return true;
		}
	}
	return false;
}

/* ------------------------------------------------------------------- refusals */

static enum error_code send_error(const struct conn *conn, const struct request_send *send)
{
	if (send->to == SEND_TO_NOBODY || send->content_type.size > CONTENT_TYPE_MAX_BYTES) {
		return ERROR_BAD_REQUEST;
	}
	if (send->to == SEND_TO_GROUP && !name_could_be(send->name)) {
		return ERROR_BAD_NAME;
	}
	if (send->payload.size > limits_max_payload(conn_frame_limit(conn))) {
		return ERROR_PAYLOAD_TOO_LARGE;
	}
	if (!conn->stay) {
		return ERROR_NO_SCENARIO;
	}
	if (conn->stay->grid->status == STATUS_REFUSED) {
		return ERROR_SCENARIO_UNAVAILABLE;
	}
	return ERROR_UNSPECIFIED;
}

/* --------------------------------------------------------------------- targets */

static void count_route(struct world *world, const struct route *route, const struct conn *sender,
			const struct conn *target)
{
	if (!target || !target->stay || target == sender || target->place != sender->place) {
		return;
	}
	if (route->fate == OUTCOME_NO_ROUTE) {
		world_happens(world, HAPPENS_NO_HUB);
	} else if (route->fate == OUTCOME_NOT_ALLOWED) {
		world_happens(world, HAPPENS_DENIED);
	}
}

static void add_target(struct world *world, struct parcel *message, struct conn *target,
		       struct slice id, struct route route)
{
	struct target *added = parcel_add(world, message, target, id);

	count_route(world, &route, message->sender, target);
	added->behind = route.behind;
	if (message->many) {
		added->rank = peek_rank(world->core, target->session, message->to);
	}
	if (route.fate == OUTCOME_UNSPECIFIED &&
	    delivery_bound(message, added) > target->max_frame) {
		route.fate = OUTCOME_TOO_LARGE;
	}
	if (route.fate != OUTCOME_UNSPECIFIED) {
		parcel_decide(world, message, added, route.fate, REASON_NONE);
	}
}

static struct parcel *to_one(struct world *world, struct conn *conn, const struct request *request)
{
	const struct request_send *send = &request->send;
	struct conn *target = world_by_id(world, send->name);
	struct parcel *message = parcel_new(world, conn, request, 1);
	struct slice id =
		name_could_be(send->name) ? world_keep(world, send->name) : slice_of(NULL, 0);

	add_target(world, message, target, id, route_to_drone(world, conn, target));
	return message;
}

static struct parcel *to_many(struct world *world, struct conn *conn, const struct request *request)
{
	const struct request_send *send = &request->send;
	struct parcel *message = parcel_new(world, conn, request, world->drone_count);

	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *member = world->drones[i].conn;

		if (member && member != conn && member->stay && member->place == conn->place &&
		    (send->to == SEND_TO_EVERYONE || stay_in_group(member->stay, send->name))) {
			add_target(world, message, member, text_slice(&member->id),
				   route_to_member(world, conn->stay, member->stay));
		}
	}
	if (send->to == SEND_TO_GROUP && message->count) {
		world_happens(world, HAPPENS_TO_GROUP);
	}
	return message;
}

/* ------------------------------------------------------------------- the channel */

static bool overloaded(const struct world *world)
{
	return parcels_in_channel(world) + world->queue.count >= world->limits.max_in_flight ||
	       world->outside_bytes + peek_fanout_bytes(world->core) >=
		       world->limits.max_in_flight_bytes;
}

static void to_channel(struct world *world, struct parcel *message)
{
	enum channel_state state = channel_state(world, message->grid);

	if (!message->undecided) {
		return;
	}
	if (state == CHANNEL_DOWN) {
		parcel_decide_rest(world, message, OUTCOME_SIMULATOR_DOWN);
	} else if (overloaded(world)) {
		parcel_decide_rest(world, message, OUTCOME_OVERLOADED);
	} else if (state == CHANNEL_BYPASSED) {
		parcel_bypass(world, message);
	} else if (state == CHANNEL_OPEN) {
		message->expect_transmit =
			parcel_aim(world, message) && foresee_recalled(world, message);
	} else if (world->queue.count >= world->limits.max_queued) {
		world_happens(world, HAPPENS_QUEUED_FULL);
		parcel_decide_rest(world, message, OUTCOME_OVERLOADED);
	} else {
		queued_add(world, message);
	}
}

enum held_why foresee_send(struct world *world, struct conn *conn, const struct request *request)
{
	enum error_code code = send_error(conn, &request->send);
	struct parcel *message;
	uint32_t lane;

	if (code != ERROR_UNSPECIFIED) {
		expect_error(conn, request->ref, code);
		return HELD_NOT;
	}
	if (conn->in_flight >= world->limits.max_in_flight_per_drone || conn_report_waits(conn)) {
		return HELD_WINDOW;
	}
	lane = conn->stay->grid->lane;
	if (!(conn->woken && conn->held_lane == lane) &&
	    channel_state(world, conn->stay->grid) == CHANNEL_OPEN &&
	    (window_full(world, &world->lanes[lane]) || held_for_lane(world, lane) ||
	     turns_are_taken(world, &world->lanes[lane]))) {
		conn->held_lane = lane;
		return HELD_SIMULATOR;
	}
	world->want.sends++;
	message = request->send.to == SEND_TO_DRONE ? to_one(world, conn, request)
						    : to_many(world, conn, request);
	to_channel(world, message);
	world->sending = message;
	if (message->wish != REPORT_WISH_NONE) {
		conn_expect(conn, REPLY_SEND, request->ref)->message = message;
	}
	message->in_window = message->expect_transmit || message->way != WAY_OUT;
	conn->in_flight += message->in_window;
	return HELD_NOT;
}
