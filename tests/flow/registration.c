/* Who gets an id, who must wait for it, and ids that change hands too often. */
#include "world.h"

enum { A_MINUTE_US = 60000000 };

/* ------------------------------------------------------------------- flapping ids */

/* The fake drones' ids end in their slot's number. */
unsigned world_slot_named(const struct world *world, struct slice id)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		char name[16];
		size_t size = 3;

		memcpy(name, "uav", 3);
		if (i >= 10) {
			name[size++] = (char)('0' + i / 10);
		}
		name[size++] = (char)('0' + i % 10);
		if (slice_equal(id, slice_of(name, size))) {
			return i;
		}
	}
	return FLOW_MAX_DRONES;
}

static struct flapper *flapper_of(const struct world *world, struct slice id)
{
	unsigned slot = world_slot_named(world, id);

	return slot < FLOW_MAX_DRONES ? (struct flapper *)&world->flappers[slot] : NULL;
}

uint64_t banned_us(const struct world *world, struct slice id)
{
	const struct flapper *flapper = flapper_of(world, id);

	return flapper && flapper->banned_until_us > world->now.mono_us
		       ? flapper->banned_until_us - world->now.mono_us
		       : 0;
}

/* The first opens a window of a minute; one too many in it bans the id; when the ban is
 * over nothing is left of it. */
void note_takeover(struct world *world, const struct conn *conn)
{
	struct flapper *flapper = flapper_of(world, text_slice(&conn->id));
	uint64_t now = world->now.mono_us;

	if (!world->limits.max_takeovers_per_minute || flapper->banned_until_us > now) {
		return;
	}
	if (flapper->banned_until_us) {
		*flapper = (struct flapper){0};
		world_happens(world, HAPPENS_BAN_OVER);
	}
	if (!flapper->takeovers || now - flapper->window_us >= A_MINUTE_US) {
		flapper->window_us = now;
		flapper->takeovers = 0;
	}
	if (++flapper->takeovers > world->limits.max_takeovers_per_minute) {
		flapper->banned_until_us = now + world->limits.takeover_ban_ms * 1000ull;
	}
}

/* ------------------------------------------------------------------- registration */

uint32_t asking_longest_ms(const struct world *world)
{
	return world->limits.register_timeout_ms > world->limits.takeover_ms
		       ? world->limits.register_timeout_ms
		       : world->limits.takeover_ms;
}

static enum error_code registration_error(const struct request_registration *registration)
{
	if (!name_could_be(registration->drone_id)) {
		return ERROR_BAD_ID;
	}
	if (!callsign_could_be(registration->callsign)) {
		return ERROR_BAD_NAME;
	}
	if (registration->software.size > CONTENT_TYPE_MAX_BYTES ||
	    (registration->max_frame_bytes && registration->max_frame_bytes < FRAME_LEAST_BYTES)) {
		return ERROR_BAD_REQUEST;
	}
	return ERROR_UNSPECIFIED;
}

void foresee_ban(struct conn *conn, uint32_t ref, uint64_t left_us)
{
	conn->tell_banned = true;
	conn->banned_for_ms = (uint32_t)((left_us + 999) / 1000);
	expect_error(conn, ref, ERROR_BANNED);
}

static void want(struct conn *conn, const struct request *request)
{
	const struct request_registration *registration = &request->registration;

	conn->wanted_ref = request->ref;
	conn->wanted_id = text_of(registration->drone_id);
	conn->wanted_callsign = text_of(registration->callsign);
	conn->wanted_scenario = text_of(registration->scenario);
	conn->wanted_placement = text_of(registration->placement);
	conn->wanted_presence = registration->presence;
	conn->wanted_max_frame = registration->max_frame_bytes;
}

static bool same_host(const struct conn *a, const struct conn *b)
{
	return memcmp(a->endpoint.address, b->endpoint.address, ENDPOINT_ADDRESS_BYTES) == 0;
}

void foresee_admission(struct world *world, struct conn *conn)
{
	struct slice id = text_slice(&conn->wanted_id);
	struct conn *holder = world_by_id(world, id);
	bool at_once = holder && (conn->proved || same_host(conn, holder));

	if (banned_us(world, id)) {
		foresee_ban(conn, conn->wanted_ref, banned_us(world, id));
		world_happens(world, HAPPENS_BANNED);
		return;
	}
	if (world_callsign_taken(world, text_slice(&conn->wanted_callsign), id, holder) ||
	    (holder && !at_once && holder->rival)) {
		expect_error(conn, conn->wanted_ref, ERROR_NAME_TAKEN);
		return;
	}
	if (!holder || at_once) {
		conn->will_register = true;
		conn->may_ask = holder && holder->rival;
		conn_expect(conn, REPLY_WELCOME, conn->wanted_ref);
		if (holder && !same_host(conn, holder)) {
			world_happens(world, HAPPENS_TAKEN_BY_PROOF);
		}
		return;
	}
	conn->state = CONN_ASKING;
	conn->asked_us = world->now.mono_us;
	conn->rival = holder;
	holder->rival = conn;
}

void foresee_registration(struct world *world, struct conn *conn, const struct request *request)
{
	const struct request_registration *registration = &request->registration;
	enum error_code code = registration_error(registration);
	uint64_t banned;

	if (conn->state == CONN_ACTIVE) {
		code = ERROR_ALREADY_REGISTERED;
	} else if (registration->protocol == 0) {
		code = ERROR_UNSUPPORTED_PROTOCOL;
		conn->tell_over = true;
	}
	if (conn->state == CONN_PROVING) {
		conn->state = CONN_NEW;
	}
	if (code != ERROR_UNSPECIFIED) {
		expect_error(conn, request->ref, code);
		return;
	}
	banned = access_banned_us(world, conn, registration->drone_id);
	if (banned) {
		foresee_ban(conn, request->ref, banned);
		world_happens(world, HAPPENS_AUTH_BANNED);
		return;
	}
	want(conn, request);
	foresee_proof(world, conn, registration->id_proof, request->ref);
}

/* ------------------------------------------------------------------------ welcome */

static void check_welcome(const struct conn *conn, const struct event *event)
{
	const struct world *world = conn->world;
	const struct event_welcome *welcome = &event->welcome;
	struct slice id = text_slice(&conn->wanted_id),
		     callsign = text_slice(&conn->wanted_callsign);

	FLOW_HOLDS(world, event->ref == conn->wanted_ref, "a welcome with another ref");
	FLOW_HOLDS(world, !world_by_id(world, id), "welcome, but the id is in use");
	FLOW_HOLDS(world, !world_callsign_taken(world, callsign, id, NULL),
		   "welcome, but the callsign is in use");
	FLOW_HOLDS(world,
		   slice_equal(welcome->drone_id, id) &&
			   slice_equal(welcome->callsign, callsign.size ? callsign : id),
		   "welcome under another name");
	FLOW_HOLDS(world,
		   welcome->online == world_online(world) + 1 && welcome->protocol == 1 &&
			   welcome->idle_timeout_ms == world->limits.idle_timeout_ms &&
			   welcome->ping_interval_ms == world->limits.ping_interval_ms &&
			   welcome->max_frame_bytes == world->limits.max_frame_bytes &&
			   welcome->time_us == world->now.unix_us,
		   "the welcome tells wrong numbers");
}

/* An id beats a callsign. */
static void unseat_squatter(struct world *world, const struct conn *conn)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *other = world->drones[i].conn;

		if (other && other != conn && other->state == CONN_ACTIVE &&
		    slice_equal(text_slice(&other->callsign), text_slice(&conn->id))) {
			other->callsign = other->id;
			presence_change(world, other, PRESENCE_WHAT_RENAMED, other->place,
					other->place);
			world_happens(world, HAPPENS_SQUATTER);
		}
	}
}

/* Where it is put: as it says, as its listener says, or as the gateway says. */
static struct slice placement(struct conn *conn)
{
	struct world *world = conn->world;

	if (conn->wanted_scenario.size) {
		return text_slice(&conn->wanted_scenario);
	}
	if (conn->wanted_placement.size) {
		world_happens(world, HAPPENS_PLACED_LISTENER);
		return text_slice(&conn->wanted_placement);
	}
	if (world->default_place) {
		world_happens(world, HAPPENS_PLACED_DEFAULT);
	}
	return slice_str(place_name(world, world->default_place));
}

void see_welcome(struct conn *conn, const struct event *event, bool taken)
{
	struct world *world = conn->world;
	struct reply *reply = conn_find_reply(conn, REPLY_WELCOME, event->ref);
	struct slice scenario;

	FLOW_HOLDS(world, conn->freed || (conn->will_register && reply),
		   "%u: a welcome that nothing asks for", conn->slot);
	check_welcome(conn, event);
	if (reply) {
		conn_drop_reply(conn, reply);
	}
	conn->freed = false;
	conn->state = CONN_ACTIVE;
	conn->id = conn->wanted_id;
	conn->callsign = text_of(event->welcome.callsign);
	conn->presence = conn->wanted_presence;
	conn->active_us = conn->heard_us = world->now.mono_us;
	conn->active_since = world->moment;
	world->joining = true;
	unseat_squatter(world, conn);
	presence_new(world, conn, PRESENCE_WHAT_ONLINE, GOODBYE_UNSPECIFIED, 0, 0);
	world->joining = false;
	conn->seen = world->firm = world->journal_end;
	scenario = placement(conn);
	if (taken && scenario.size) {
		foresee_entering(conn, scenario, conn->wanted_ref, true);
	}
}
