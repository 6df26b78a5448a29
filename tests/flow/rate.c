/* How much a drone may send in a second, and what becomes of more. */
#include "world.h"

enum { A_SECOND_US = 1000000, LEAST_PAUSE_US = 10000 };

#define A_SECOND_NS 1000000000ull

/* ------------------------------------------------------------------ what is left */

/* Of messages, of bytes: the time that what was sent takes at its rate, counted from now. */
static uint64_t owed_ns(const struct conn *conn, unsigned kind)
{
	uint64_t now_ns = conn->world->now.mono_us * 1000;

	return conn->paid_ns[kind] > now_ns ? conn->paid_ns[kind] - now_ns : 0;
}

static uint64_t message_ns(const struct world *world)
{
	return world->limits.rate_messages ? A_SECOND_NS / world->limits.rate_messages : 0;
}

static void owe(struct conn *conn, unsigned kind, uint64_t cost_ns)
{
	conn->paid_ns[kind] = conn->world->now.mono_us * 1000 + owed_ns(conn, kind) + cost_ns;
}

bool rate_beyond(const struct conn *conn)
{
	return owed_ns(conn, 0) + message_ns(conn->world) > A_SECOND_NS ||
	       owed_ns(conn, 1) > A_SECOND_NS;
}

void rate_count(struct conn *conn, const struct request *request)
{
	const struct limits *limits = &conn->world->limits;

	if (limits->rate_messages || limits->rate_bytes) {
		owe(conn, 0, message_ns(conn->world));
		owe(conn, 1,
		    limits->rate_bytes ? request->size * A_SECOND_NS / limits->rate_bytes : 0);
	}
}

/* When it may go on, if it is held now. */
static uint64_t until_us(const struct conn *conn)
{
	uint64_t cost = message_ns(conn->world);
	uint64_t messages = conn->paid_ns[0] + cost, bytes = conn->paid_ns[1];
	uint64_t later = messages > bytes ? messages : bytes;
	uint64_t ready = later > A_SECOND_NS ? (later - A_SECOND_NS + 999) / 1000 : 0;
	uint64_t soonest = conn->world->now.mono_us + LEAST_PAUSE_US;

	return ready > soonest ? ready : soonest;
}

/* ------------------------------------------------------------------- what follows */

static void foresee_refused(struct conn *conn, const struct request *request)
{
	struct world *world = conn->world;
	uint32_t most = world->limits.rate_messages ? 10 * world->limits.rate_messages : 1000;

	if (world->now.mono_us - conn->refused_us >= A_SECOND_US) {
		conn->refused_us = world->now.mono_us;
		conn->refusals = 0;
	}
	if (++conn->refusals > most) {
		conn->tell_rate = true;
	} else {
		expect_error(conn, request->ref, ERROR_RATE_LIMITED);
		world_happens(world, HAPPENS_RATE_REFUSED);
	}
}

enum held_why foresee_rate(struct conn *conn, const struct request *request, bool *refused)
{
	struct world *world = conn->world;

	*refused = false;
	if (!rate_beyond(conn)) {
		return HELD_NOT;
	}
	if (!world->limits.rate_refuse) {
		conn->rate_until_us = until_us(conn);
		world_happens(world, HAPPENS_RATE_HELD);
		return HELD_RATE;
	}
	if (request->kind != REQUEST_PONG && request->kind != REQUEST_LEAVE) {
		foresee_refused(conn, request);
		*refused = true;
	}
	return HELD_NOT;
}

/* Other rates: everyone begins anew. */
void rates_changed(struct world *world)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		if (conn && conn->state == CONN_ACTIVE) {
			memset(conn->paid_ns, 0, sizeof(conn->paid_ns));
			conn->refused_us = 0;
			conn->refusals = 0;
			conn->rate_until_us = 0;
		}
	}
}

uint64_t rate_due(const struct world *world)
{
	uint64_t due = UINT64_MAX;

	for (unsigned i = 0; i < world->drone_count; i++) {
		const struct conn *conn = world->drones[i].conn;

		if (conn && conn->held == HELD_RATE && conn->rate_until_us < due) {
			due = conn->rate_until_us;
		}
	}
	return due;
}
