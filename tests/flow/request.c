/* What drones ask for. */
#include <stdio.h>

#include "world.h"

static struct slice put_text(struct drone *drone, unsigned place, const char *format,
			     unsigned number)
{
	struct text *text = &drone->texts[place];
	int size = snprintf(text->bytes, sizeof(text->bytes), format, number);

	text->size = (uint8_t)size;
	return slice_of(text->bytes, text->size);
}

static struct slice put_id(struct world *world, struct drone *drone, unsigned place,
			   unsigned own_percent)
{
	unsigned slot = (unsigned)(drone - world->drones);

	if (!world_chance(world, own_percent)) {
		slot = world_below(world, world->drone_count);
	}
	return put_text(drone, place, "uav%u", slot);
}

static struct slice put_bad_name(struct world *world, struct drone *drone, unsigned place)
{
	static const char *const names[] = {
		"", "no spaces", "exclaim!", "123456789012345678901234567890123", "caf\xc3\xa9",
	};

	return put_text(drone, place, names[world_below(world, 5)], 0);
}

static struct slice put_callsign(struct world *world, struct drone *drone)
{
	switch (world_below(world, 20)) {
	case 0:
		return put_text(drone, 1, world_chance(world, 50) ? "\001 bell" : "%040u", 7);
	case 1:
		/* 32 code points are not 32 bytes */
		return put_text(drone, 1,
				"\xe9\xb7\xb9\xe9\xb7\xb9\xe9\xb7\xb9\xe9\xb7\xb9"
				"\xd0\xa1\xd0\xbe\xd0\xba\xd0\xbe\xd0\xbb %09u xyz",
				world_below(world, 3));
	case 2:
	case 3:
		return put_id(world, drone, 1, 30);
	case 4:
	case 5:
	case 6:
	case 7:
		return put_text(drone, 1, "call %u", world_below(world, FLOW_CALLSIGNS));
	default:
		return slice_of(NULL, 0);
	}
}

/* The star whose hub this drone is; 0: none. */
static unsigned own_star(const struct world *world, const struct drone *drone)
{
	char id[16];

	snprintf(id, sizeof(id), "uav%u", (unsigned)(drone - world->drones));
	for (uint32_t i = 1; i <= FLOW_PLACES; i++) {
		if (world->places[i].grid && strcmp(place_config(world, i)->hub, id) == 0) {
			return i;
		}
	}
	return 0;
}

static struct slice put_scenario(struct world *world, struct drone *drone, unsigned place)
{
	unsigned star = own_star(world, drone);

	if (star && world_chance(world, 60)) {
		return put_text(drone, place, "scenario%u", star);
	}
	if (world_chance(world, 5)) {
		return put_text(drone, place, "nowhere%u", 1);
	}
	/* the first two have most of the traffic */
	return put_text(drone, place, "scenario%u",
			world_chance(world, 60) ? world_between(world, 1, 2)
						: world_between(world, 1, FLOW_USUAL_PLACES));
}

static enum id_proof id_proof(struct world *world)
{
	switch (world->proofs) {
	case PROOFS_SECRET:
		return ID_SECRET;
	case PROOFS_CERTIFICATE:
		return world_chance(world, 85) ? ID_PROVED : ID_DISPROVED;
	case PROOFS_NONE:
		break;
	}
	return ID_FREE;
}

static void make_registration(struct world *world, struct drone *drone)
{
	struct request_registration *registration = &drone->request.registration;

	drone->request.kind = REQUEST_REGISTRATION;
	*registration = (struct request_registration){
		.protocol = world_chance(world, 97) ? 1 + world_below(world, 3) : 0,
		.drone_id = world_chance(world, 95) ? put_id(world, drone, 0, 80)
						    : put_bad_name(world, drone, 0),
		.callsign = put_callsign(world, drone),
		.software =
			world_chance(world, 98) ? slice_str("flow") : slice_of(drone->payload, 65),
		.kind = (enum drone_kind)world_below(world, 2),
		.presence = world_chance(world, 60) ? PRESENCE_WISH_ALL
						    : (enum presence_wish)world_below(world, 3),
		.max_frame_bytes = world_chance(world, 70) ? 0 : 700 + world_below(world, 3000),
		.id_proof = id_proof(world),
	};
	if (world_chance(world, 60)) {
		registration->scenario = put_scenario(world, drone, 2);
	}
	if (world_chance(world, 20)) {
		registration->placement = put_scenario(world, drone, 3);
	}
}

/* As a rule the right answer to the challenge. */
static void make_proof(struct world *world, struct drone *drone)
{
	struct conn *conn = drone->conn;
	unsigned slot = world_slot_named(world, text_slice(&conn->wanted_id));
	uint8_t *proof = (uint8_t *)drone->texts[0].bytes;
	size_t size = AUTH_PROOF_BYTES;

	drone->request.kind = REQUEST_AUTHENTICATE;
	if (slot >= world->drone_count) {
		slot = 0; /* it was never challenged */
	}
	access_proof(world, slot, conn->nonce, proof);
	if (world_chance(world, 20)) {
		proof[world_below(world, AUTH_PROOF_BYTES)] ^= 1;
	} else if (world_chance(world, 3)) {
		size = world_below(world, AUTH_PROOF_BYTES);
	}
	drone->request.proof = slice_of(proof, size);
}

static size_t payload_size(struct world *world)
{
	uint32_t most = limits_max_payload(world->limits.max_frame_bytes);

	switch (world_below(world, 20)) {
	case 0:
		return 0;
	case 1:
		return world_below(world, 8);
	case 2:
		return most + world_below(world, 3);
	case 3:
	case 4:
		return world_below(world, most < 4000 ? most : 4000);
	default:
		return world_chance(world, 70) ? 40 : 8 + world_below(world, 200);
	}
}

static struct slice put_group(struct world *world, struct drone *drone, unsigned place)
{
	return put_text(drone, place, "wing%u", world_below(world, FLOW_GROUPS));
}

static void make_send(struct world *world, struct drone *drone)
{
	struct request_send *send = &drone->request.send;
	uint64_t uid = ++world->uids;

	memcpy(drone->payload, &uid, sizeof(uid));
	drone->request.kind = REQUEST_SEND;
	*send = (struct request_send){
		.to = SEND_TO_DRONE,
		.payload = slice_of(drone->payload, payload_size(world)),
		.content_type =
			world_chance(world, 30) ? slice_str("text/plain") : slice_of(NULL, 0),
		.report = (enum report_wish)world_below(world, 3),
	};
	switch (world_below(world, 40)) {
	case 0:
		send->to = SEND_TO_NOBODY;
		break;
	case 1:
		send->to = SEND_TO_GROUP;
		send->name = put_bad_name(world, drone, 0);
		break;
	case 2:
		send->content_type = slice_of(drone->payload, 65);
		send->name = put_id(world, drone, 0, 0);
		break;
	case 3:
		send->name = world_chance(world, 50) ? put_text(drone, 0, "stranger%u", 1)
						     : put_bad_name(world, drone, 0);
		break;
	default:
		if (world_chance(world, 30)) {
			send->to = SEND_TO_EVERYONE;
		} else if (world_chance(world, 20)) {
			send->to = SEND_TO_GROUP;
			send->name = put_group(world, drone, 0);
		} else {
			send->name = put_id(world, drone, 0, 4);
		}
		break;
	}
}

static void make_state(struct world *world, struct drone *drone)
{
	struct state *state = &drone->request.state;

	drone->request.kind = REQUEST_UPDATE_STATE;
	*state = (struct state){
		.has_velocity = world_chance(world, 50),
		.has_radio = world_chance(world, 20),
	};
	state->velocity.east = (float)world_below(world, 30);
	state->radio.tx_power_dbm = (float)world_below(world, 30);
	switch (world_below(world, 4)) {
	case 0:
		state->position.frame = POSITION_GEODETIC;
		state->position.geodetic = (struct geodetic){
			.latitude_e7 = world_chance(world, 90) ? 473977000 : 900000001,
			.longitude_e7 = 85461000,
			.altitude_mm = (int32_t)world_below(world, 100000),
		};
		break;
	case 1:
	case 2:
		state->position.frame = POSITION_LOCAL;
		state->position.local = (struct vector){
			.east = (float)world_below(world, 1000),
			.up = (float)world_below(world, 100),
		};
		break;
	default:
		break;
	}
}

static void make_refused(struct world *world, struct drone *drone)
{
	static const enum error_code codes[] = {ERROR_UNKNOWN_REQUEST, ERROR_BAD_REQUEST};

	drone->request.kind = REQUEST_REFUSED;
	drone->request.refused = (struct request_refused){
		.code = codes[world_below(world, 2)],
		.message = "not one of this version",
	};
}

static void make_group(struct world *world, struct drone *drone)
{
	drone->request.kind = world_chance(world, 75) ? REQUEST_JOIN_GROUP : REQUEST_LEAVE_GROUP;
	drone->request.name = world_chance(world, 95) ? put_group(world, drone, 0)
						      : put_bad_name(world, drone, 0);
}

static void make_rename(struct world *world, struct drone *drone)
{
	drone->request.kind = REQUEST_RENAME;
	drone->request.name = put_callsign(world, drone);
}

static void make_list(struct world *world, struct drone *drone)
{
	drone->request.kind = REQUEST_LIST_DRONES;
	if (world_chance(world, 50)) {
		drone->request.name = put_scenario(world, drone, 0);
	}
}

static void make_choice(struct world *world, struct drone *drone)
{
	drone->request.kind = REQUEST_CHOOSE_SCENARIO;
	if (!world_chance(world, 10)) {
		drone->request.name = put_scenario(world, drone, 0);
	}
}

static void make_ping(struct world *world, struct drone *drone)
{
	drone->request.kind = world_chance(world, 50) ? REQUEST_PING : REQUEST_PONG;
	drone->request.ping.nonce = drone->request.ref + 7ull;
}

void request_make(struct world *world, struct drone *drone)
{
	struct conn *conn = drone->conn;
	uint32_t dice = world_below(world, 100);
	uint32_t ref = world_chance(world, 85) ? ++conn->last_ref : 0;

	drone->request = (struct request){.ref = ref, .size = 10 + world_below(world, 60)};
	if (conn->state == CONN_PROVING ? dice < 92 : dice == 98) {
		make_proof(world, drone);
	} else if (conn->state != CONN_ACTIVE ? dice < 96 : dice < 2) {
		make_registration(world, drone);
	} else if (dice < 10 || (!conn->place && dice < 60)) {
		make_choice(world, drone);
	} else if (dice < 67) {
		make_send(world, drone);
	} else if (dice < 73) {
		make_state(world, drone);
	} else if (dice < 76) {
		drone->request.kind = REQUEST_LIST_SCENARIOS;
	} else if (dice < 80) {
		make_list(world, drone);
	} else if (dice < 87) {
		make_group(world, drone);
	} else if (dice < 91) {
		make_rename(world, drone);
	} else if (dice < 96) {
		make_ping(world, drone);
	} else if (dice < 98) {
		make_refused(world, drone);
	} else {
		drone->request.kind = REQUEST_LEAVE;
	}
	if (drone->request.kind == REQUEST_SEND) {
		drone->request.size += (uint32_t)drone->request.send.payload.size;
	}
	drone_submit(world, drone);
}
