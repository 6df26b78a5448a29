/* What a drone sends: its bytes until they are requests, and these to the core. */
#include "net/peer_parts.h"

enum {
	PEER_REQUESTS = 256, /* most that are taken of one drone at a time */
	/* Targets that may be settled by the requests of one turn, all drones' together: by what is
	 * known of their links, or past the channel. 256 requests to 800 drones each took most of a
	 * second. What then waits for its time is as much as a tick hands over (core/waiting.c). */
	PEER_SETTLED = 4096,
};

/* --- a request --- */

/* Where it is put that names no scenario: as its listener has it now. */
static struct slice peer_placement(const struct peer *peer)
{
	return slice_str(peer->net->settings->listeners[peer->listener].scenario);
}

/* A certificate is not read for who has an id already, which the core refuses. */
static enum id_proof peer_proof(struct peer *peer, struct slice id)
{
	if (core_is_registered(peer->session)) {
		return ID_DISPROVED;
	}
	switch (peer->net->settings->auth_mode) {
	case AUTH_NONE:
		return ID_FREE;
	case AUTH_SECRET:
		return ID_SECRET;
	case AUTH_TLS:
		break;
	}
	return peer_transport(peer)->ops->names(peer_transport(peer), id) ? ID_PROVED
									  : ID_DISPROVED;
}

/* What the front does not know of a request. */
static void peer_complete(struct peer *peer, struct request *request, size_t size)
{
	request->size = (uint32_t)size;
	if (request->kind == REQUEST_REGISTRATION) {
		request->registration.placement = peer_placement(peer);
		request->registration.id_proof = peer_proof(peer, request->registration.drone_id);
	}
}

void peer_greet(struct peer *peer)
{
	const struct request_registration *guest = peer_front(peer)->guest;
	struct request request = {.kind = REQUEST_REGISTRATION};

	if (guest && peer->session) {
		request.registration = *guest;
		peer_complete(peer, &request, 0);
		core_greet(peer->net->core, peer->session, &request.registration);
	}
}

/* Hands the first request in `bytes`, of which `looked` were no whole one, to the core. True: it
 * was taken, *used is its size; there may be another. */
static bool peer_present(struct peer *peer, struct slice bytes, size_t looked, size_t *used)
{
	struct net *net = peer->net;
	const struct names names = peer_names(peer);
	struct request request;
	const char *why = NULL;
	enum core_verdict verdict = CORE_TAKEN;

	arena_reset(&net->arena);
	switch (peer_front(peer)->read(bytes, looked, core_frame_limit(net->core, peer->session),
				       &names, &net->arena, &request, used, &why)) {
	case FRONT_SKIP:
		request = (struct request){.kind = REQUEST_NOTHING};
		/* fall through */
	case FRONT_OK:
		peer_complete(peer, &request, *used);
		verdict = core_request(net->core, peer->session, &request);
		break;
	case FRONT_MORE:
		return false;
	case FRONT_BAD:
		core_malformed(net->core, peer->session, why);
		return false;
	}
	if (verdict == CORE_HOLD) {
		peer_set(peer, PEER_HELD);
		peer_transport(peer)->ops->read_stop(peer_transport(peer));
	}
	return verdict == CORE_TAKEN;
}

/* What a drone sends may be handed over at once, without a simulator's answer: then those whom it
 * was too much for are given time as by an answer (net/backlog.h), and those who send have the next
 * turn. */
static bool peer_must_wait(const struct peer *peer)
{
	struct net *net = peer->net;

	net->handed_over = net->handed_over && net_rests(net);
	return net->handed_over || net->settled >= PEER_SETTLED;
}

/* It has had its share of the turn, or others have had all of it: 16 KiB of the cheapest requests
 * are thousands, and each may be answered by much more than it takes (make bench ARGS="--rows
 * flood"). What waits is taken up again in the next; `served`: after those who have had nothing. */
static void peer_rest(struct peer *peer, bool served)
{
	peer_set(peer, PEER_HELD);
	peer_transport(peer)->ops->read_stop(peer_transport(peer));
	if (served) {
		net_resume_last(peer->net, &peer->box->later.task);
	} else {
		net_resume_next(peer->net, &peer->box->later.task);
	}
}

/* Targets whose fate is known, even if they hear of it later. */
static uint64_t settled(const struct stats *stats)
{
	return stats->accepted - stats->pending + stats->waiting;
}

/* Hands over what is whole in `bytes`; what is left of it. `more`: it has had its share of the
 * turn, or others are given time. */
static struct slice peer_take(struct peer *peer, struct slice bytes, size_t looked, bool *more)
{
	const struct stats *stats = core_stats(peer->net->core);
	size_t used;

	*more = peer_must_wait(peer);
	for (int i = 0; !*more && peer->session && bytes.size; i++) {
		uint64_t before = stats->delivered_bytes;
		uint64_t settled_before = settled(stats);

		if (!peer_present(peer, bytes, looked, &used)) {
			break;
		}
		peer->net->handed_over |= stats->delivered_bytes != before;
		peer->net->settled += settled(stats) - settled_before;
		looked = 0;
		bytes = slice_of(bytes.data + used, bytes.size - used);
		*more = i + 1 == PEER_REQUESTS || peer_must_wait(peer);
	}
	*more = *more && bytes.size;
	return bytes;
}

/* Hands over what is whole in `bytes`, which is all that waits, and keeps the rest. `looked`: see
 * struct front. */
static void peer_consume(struct peer *peer, struct slice bytes, size_t looked)
{
	size_t before = bytes.size;
	bool has_more;
	struct slice rest = peer_take(peer, bytes, looked, &has_more);

	if (!peer->session) {
		rest = slice_of(NULL, 0);
	}
	if ((rest.size && !peer_open_box(peer)) ||
	    (peer->box && intake_keep(&peer->box->intake, &peer->net->chunks, rest) < 0)) {
		peer_lost(peer);
		return;
	}
	if (has_more && peer->session) {
		peer_rest(peer, rest.size < before);
	}
	peer_settle_box(peer);
	/* A held drone is not late; nor is who types, while it may be silent. */
	if (peer->session && !peer_front(peer)->typed) {
		core_partial(peer->net->core, peer->session,
			     rest.size > 0 && !(peer->flags & PEER_HELD));
	}
}

/* --- bytes --- */

/* Room to be made now: in the middle of a large message, of which some is there already, for
 * its rest, or for a chunk (payloads of 8 KiB: half the system calls; make bench
 * ARGS="--rows payload"). Small ones that follow it get no more than their share. */
static size_t peer_wants(const struct peer *peer)
{
	enum { LARGE = 4 * 1024 };
	struct slice waiting = intake_waiting(&peer->box->intake);
	size_t whole = waiting.size >= LARGE ? peer_front(peer)->size(waiting) : 0;
	size_t wanted = NET_CHUNK_BYTES;

	if (whole <= waiting.size) {
		return 0;
	}
	if (wanted < whole - waiting.size) {
		wanted = whole - waiting.size;
	}
	/* what is only announced takes no memory */
	return wanted < 3 * waiting.size ? wanted : 3 * waiting.size;
}

struct room peer_room(void *ctx)
{
	struct peer *peer = ctx;
	struct net *net = peer->net;
	struct room shared = {.data = net->shared, .size = NET_CHUNK_BYTES}, room;
	size_t limit;

	if (peer->read_turn == net->turn) {
		return (struct room){0};
	}
	if (!peer->box || !peer->session) {
		return shared;
	}
	limit = (size_t)core_frame_limit(net->core, peer->session) + FRONT_AROUND_MAX;
	room = intake_room(&peer->box->intake, shared, peer_wants(peer), limit);
	if (room.size == 0) {
		peer_set(peer, PEER_STUFFED);
		net_flush_later(net, &peer->flush);
	}
	return room;
}

void peer_read(void *ctx, const uint8_t *data, size_t size)
{
	struct peer *peer = ctx;
	size_t looked = 0;

	peer->read_turn = peer->net->turn;
	if (!peer->session) {
		return; /* lingering: nobody listens any more */
	}
	net_clock(peer->net);
	/* what waits was no whole request, unless it is kept for what it is */
	if (peer->box && !(peer->flags & PEER_HELD)) {
		looked = intake_waiting(&peer->box->intake).size;
	}
	peer_consume(peer,
		     peer->box ? intake_add(&peer->box->intake, data, size) : slice_of(data, size),
		     looked);
}

/* A drone that has finished its side cannot be told from one that is gone. */
void peer_ended(void *ctx, int status)
{
	struct peer *peer = ctx;

	(void)status;
	net_clock(peer->net);
	peer_lost(peer);
}

void peer_resume(struct peer *peer)
{
	peer->flags &= (uint8_t)~PEER_HELD;
	peer_consume(peer, intake_waiting(&peer->box->intake), 0);
	if (peer->open && !(peer->flags & PEER_HELD) &&
	    peer_transport(peer)->ops->read_start(peer_transport(peer)) < 0) {
		peer_lost(peer);
	}
}
