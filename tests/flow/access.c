/* Who may go by an id, and enter what: the drones' credentials, as the gateway knows them. */
#include "world.h"

/* ------------------------------------------------------------------- credentials */

void access_proof(const struct world *world, unsigned slot, const uint8_t nonce[AUTH_NONCE_BYTES],
		  uint8_t proof[AUTH_PROOF_BYTES])
{
	uint64_t part = world->credentials[slot].version + 1ull;

	for (size_t i = 0; i < AUTH_PROOF_BYTES; i++) {
		part = rng_mix(part ^ nonce[i] ^ slot);
		proof[i] = (uint8_t)part;
	}
}

static bool on_nonce(void *ctx, uint8_t nonce[AUTH_NONCE_BYTES])
{
	struct world *world = ctx;

	world_port(world, true);
	world->nonces++;
	for (size_t i = 0; i < AUTH_NONCE_BYTES; i++) {
		nonce[i] = (uint8_t)rng_mix(world->nonces * AUTH_NONCE_BYTES + i);
	}
	world_port(world, false);
	return true;
}

static enum proof_verdict on_proves(void *ctx, struct slice id,
				    const uint8_t nonce[AUTH_NONCE_BYTES], const uint8_t *proof)
{
	struct world *world = ctx;
	unsigned slot = world_slot_named(world, id);
	uint8_t right[AUTH_PROOF_BYTES];

	world_port(world, true);
	FLOW_HOLDS(world, slot < world->drone_count, "a proof of an id that nobody can have");
	access_proof(world, slot, nonce, right);
	world_port(world, false);
	return !world->credentials[slot].gone && memcmp(right, proof, sizeof(right)) == 0
		       ? PROOF_RIGHT
		       : PROOF_WRONG;
}

/* What the credential says, if there are any. */
static bool barred(const struct world *world, unsigned slot, uint32_t place)
{
	return world->proofs == PROOFS_SECRET && place && world->credentials[slot].barred == place;
}

static bool on_allows(void *ctx, struct slice id, struct slice scenario)
{
	const struct world *world = ctx;

	return !barred(world, world_slot_named(world, id), place_named(world, scenario));
}

static bool on_withdrawn(void *ctx, struct slice id)
{
	const struct world *world = ctx;

	FLOW_HOLDS(world, world->reloading, "credentials are compared outside of a reload");
	return world->credentials[world_slot_named(world, id)].withdrawn;
}

const struct access_ops flow_access_ops = {
	.nonce = on_nonce,
	.proves = on_proves,
	.allows = on_allows,
	.withdrawn = on_withdrawn,
};

void access_setup(struct world *world)
{
	static const enum proofs kinds[] = {PROOFS_NONE, PROOFS_NONE, PROOFS_SECRET, PROOFS_SECRET,
					    PROOFS_CERTIFICATE};

	world->proofs = kinds[world_below(world, 5)];
	for (unsigned i = 0; i < FLOW_MAX_DRONES; i++) {
		world->credentials[i].barred =
			world_chance(world, 10) ? world_between(world, 1, FLOW_USUAL_PLACES) : 0;
		world->credentials[i].gone = world_chance(world, 2);
	}
}

/* The operator gives a drone another secret, or takes it away, or gives it back. */
void access_change(struct world *world)
{
	unsigned slot = world_below(world, world->drone_count);
	struct credential *credential = &world->credentials[slot];

	credential->withdrawn = !credential->gone;
	if (credential->gone || world_chance(world, 40)) {
		credential->gone = !credential->gone;
	} else {
		credential->version++;
	}
}

/* After the reload: whose credential went is gone. */
void access_changed(struct world *world)
{
	for (unsigned i = 0; i < world->drone_count; i++) {
		struct conn *conn = world->drones[i].conn;

		FLOW_HOLDS(
			world,
			!conn || conn->state != CONN_ACTIVE ||
				!world->credentials[world_slot_named(world, text_slice(&conn->id))]
					 .withdrawn,
			"%u: stays without its credential", conn->slot);
	}
	for (unsigned i = 0; i < FLOW_MAX_DRONES; i++) {
		world->credentials[i].withdrawn = false;
	}
}

/* ------------------------------------------------------------- who may enter what */

/* What operators write, and whom it lets in. */
static const char *const allow_lists[] = {"", "uav[0-4], uav7", "uav?", "uav*"};

void access_draw_allow(struct world *world, char *allow)
{
	const char *list = world_chance(world, 15) ? allow_lists[world_below(world, 4)] : "";

	memset(allow, 0, ALLOW_MAX_BYTES + 1);
	memcpy(allow, list, strlen(list));
}

static bool listed(const char *allow, unsigned slot)
{
	if (strcmp(allow, allow_lists[1]) == 0) {
		return slot <= 4 || slot == 7;
	}
	return strcmp(allow, allow_lists[2]) != 0 || slot < 10;
}

bool access_may_enter(const struct world *world, const struct conn *conn, uint32_t place)
{
	unsigned slot = world_slot_named(world, text_slice(&conn->id));

	return listed(place_config(world, place)->allow, slot) && !barred(world, slot, place);
}

/* ------------------------------------------------------------------- failed tries */

static struct flapper *failures_of(struct world *world, const struct conn *conn, struct slice id)
{
	return &world->failures[world_slot_named(world, id)][conn->endpoint.address[15]];
}

uint64_t access_banned_us(struct world *world, const struct conn *conn, struct slice id)
{
	const struct flapper *failures = failures_of(world, conn, id);

	return failures->banned_until_us > world->now.mono_us
		       ? failures->banned_until_us - world->now.mono_us
		       : 0;
}

/* So many within the length of a ban ban the id for this host. */
static void note_failure(struct world *world, const struct conn *conn, struct slice id)
{
	struct flapper *failures = failures_of(world, conn, id);
	const struct limits *limits = &world->limits;
	uint64_t now = world->now.mono_us;

	world->want.auth_failures++;
	if (!limits->auth_max_failures || failures->banned_until_us > now) {
		return;
	}
	if (failures->banned_until_us) {
		*failures = (struct flapper){0};
		world_happens(world, HAPPENS_AUTH_BAN_OVER);
	}
	if (!failures->takeovers || now - failures->window_us >= limits->auth_ban_ms * 1000ull) {
		failures->window_us = now;
		failures->takeovers = 0;
	}
	if (++failures->takeovers >= limits->auth_max_failures) {
		failures->banned_until_us = now + limits->auth_ban_ms * 1000ull;
		world_happens(world, HAPPENS_AUTH_BAN);
	}
}

/* It is told later, and so is everyone who tries. */
static void deny(struct conn *conn, uint32_t ref)
{
	note_failure(conn->world, conn, text_slice(&conn->wanted_id));
	conn->state = CONN_DENIED;
	conn->denied_us = conn->world->now.mono_us;
	conn->denied_ref = ref;
}

void foresee_proof(struct world *world, struct conn *conn, enum id_proof proof, uint32_t ref)
{
	switch (proof) {
	case ID_SECRET:
		conn->state = CONN_PROVING;
		conn_expect(conn, REPLY_CHALLENGE, ref);
		world_happens(world, HAPPENS_CHALLENGED);
		break;
	case ID_DISPROVED:
		deny(conn, ref);
		break;
	case ID_PROVED:
		conn->proved = true;
		foresee_admission(world, conn);
		break;
	case ID_FREE:
		foresee_admission(world, conn);
		break;
	}
}

void foresee_authenticate(struct world *world, struct conn *conn, const struct request *request)
{
	unsigned slot = world_slot_named(world, text_slice(&conn->wanted_id));
	uint8_t right[AUTH_PROOF_BYTES];

	if (conn->state == CONN_ACTIVE) {
		expect_error(conn, request->ref, ERROR_ALREADY_REGISTERED);
		return;
	}
	conn->state = CONN_NEW;
	if (access_banned_us(world, conn, text_slice(&conn->wanted_id))) {
		foresee_ban(conn, request->ref,
			    access_banned_us(world, conn, text_slice(&conn->wanted_id)));
		world_happens(world, HAPPENS_BANNED_MEANWHILE);
		return;
	}
	access_proof(world, slot, conn->nonce, right);
	if (world->credentials[slot].gone ||
	    !slice_equal(request->proof, slice_of(right, sizeof(right)))) {
		deny(conn, request->ref);
		world_happens(world, HAPPENS_PROOF_WRONG);
		return;
	}
	conn->wanted_ref = request->ref;
	conn->proved = true;
	world_happens(world, HAPPENS_PROVED);
	foresee_admission(world, conn);
}

void see_challenge(struct conn *conn, const struct event *event)
{
	struct reply *reply = need_reply(conn, REPLY_CHALLENGE, event->ref);

	FLOW_HOLDS(conn->world,
		   conn->state == CONN_PROVING && event->nonce.size == AUTH_NONCE_BYTES,
		   "%u: a challenge out of place", conn->slot);
	memcpy(conn->nonce, event->nonce.data, AUTH_NONCE_BYTES);
	conn_drop_reply(conn, reply);
}

bool access_denial_due(const struct conn *conn)
{
	return conn->world->ticking && conn->state == CONN_DENIED &&
	       conn_passed(conn, conn->denied_us, conn->world->limits.auth_delay_ms);
}
