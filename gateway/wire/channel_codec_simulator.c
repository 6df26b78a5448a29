/* The simulator's side: ToSimulator read, FromSimulator written. */
#include "channel.pb-c.h"
#include "wire/channel_codec.h"
#include "wire/cold.h"
#include "wire/envelope.h"
#include "wire/schema.h"

#define TO(name) UAV__CHANNEL__V1__TO_SIMULATOR__BODY_##name
#define FROM(name) UAV__CHANNEL__V1__FROM_SIMULATOR__BODY_##name

/* ----------------------------------------------------------------- reading */

/* The message given is of the row's descriptor. False: the arena is out. */

static bool take_hello(const void *unpacked, struct arena *arena, struct to_sim *message)
{
	const Uav__Channel__V1__Hello *body = unpacked;

	(void)arena;
	message->hello = (struct channel_hello){
		.protocol = body->protocol,
		.gateway = slice_str(body->gateway),
		.software = slice_str(body->software),
	};
	return true;
}

static bool take_set_scenario(const void *unpacked, struct arena *arena, struct to_sim *message)
{
	const Uav__Channel__V1__SetScenario *body = unpacked;
	struct parameter *parameters = arena_take(arena, body->n_parameters * sizeof(*parameters));

	if (!parameters) {
		return false;
	}
	for (size_t i = 0; i < body->n_parameters; i++) {
		parameters[i] = (struct parameter){
			.key = slice_str(body->parameters[i]->key),
			.value = slice_str(body->parameters[i]->value),
		};
	}
	message->set_scenario = (struct sim_scenario){
		.scenario = body->scenario,
		.name = slice_str(body->name),
		.parameters = parameters,
		.parameter_count = body->n_parameters,
	};
	return true;
}

static bool take_remove_scenario(const void *unpacked, struct arena *arena, struct to_sim *message)
{
	const Uav__Channel__V1__RemoveScenario *body = unpacked;

	(void)arena;
	message->remove_scenario = body->scenario;
	return true;
}

static void take_position(const Uav__Channel__V1__Local *position, struct sim_node *node)
{
	node->has_position = true;
	node->position = (struct vector){
		.east = position->east_m,
		.north = position->north_m,
		.up = position->up_m,
	};
}

static void take_velocity(const Uav__Channel__V1__Velocity *velocity, struct sim_node *node)
{
	node->has_velocity = true;
	node->velocity = (struct vector){
		.east = velocity->east_mps,
		.north = velocity->north_mps,
		.up = velocity->up_mps,
	};
}

static void take_attitude(const Uav__Channel__V1__Attitude *attitude, struct sim_node *node)
{
	node->has_attitude = true;
	node->attitude = (struct attitude){
		.roll_deg = attitude->roll_deg,
		.pitch_deg = attitude->pitch_deg,
		.yaw_deg = attitude->yaw_deg,
	};
}

static void take_radio(const Uav__Channel__V1__Radio *radio, struct sim_node *node)
{
	node->has_radio = true;
	node->radio = (struct radio){
		.tx_power_dbm = radio->tx_power_dbm,
		.antenna_gain_dbi = radio->antenna_gain_dbi,
		.noise_figure_db = radio->noise_figure_db,
	};
}

static bool take_set_node(const void *unpacked, struct arena *arena, struct to_sim *message)
{
	const Uav__Channel__V1__SetNode *body = unpacked;
	struct sim_node *node = &message->set_node;

	(void)arena;
	*node = (struct sim_node){
		.scenario = body->scenario,
		.node = body->node,
		.name = slice_str(body->name),
		.at_us = body->at_us,
	};
	if (body->position) {
		take_position(body->position, node);
	}
	if (body->velocity) {
		take_velocity(body->velocity, node);
	}
	if (body->attitude) {
		take_attitude(body->attitude, node);
	}
	if (body->radio) {
		take_radio(body->radio, node);
	}
	return true;
}

static bool take_remove_node(const void *unpacked, struct arena *arena, struct to_sim *message)
{
	const Uav__Channel__V1__RemoveNode *body = unpacked;

	(void)arena;
	message->remove_node = (struct channel_remove_node){body->scenario, body->node};
	return true;
}

static bool take_ping(const void *unpacked, struct arena *arena, struct to_sim *message)
{
	const Uav__Channel__V1__Ping *body = unpacked;

	(void)arena;
	message->ping = body->nonce;
	return true;
}

/* How one body becomes a message: by protobuf-c and `take`, or as it stands where
 * there is no descriptor (transmit). */
struct to_sim_row {
	enum to_sim_kind kind;
	const ProtobufCMessageDescriptor *descriptor;
	bool (*take)(const void *unpacked, struct arena *arena, struct to_sim *message);
};

#define COLD(name) &uav__channel__v1__##name##__descriptor, take_##name

static const struct to_sim_row rows[] = {
	[TO(TRANSMIT)] = {TO_SIM_TRANSMIT, NULL, NULL},
	[TO(SET_NODE)] = {TO_SIM_SET_NODE, COLD(set_node)},
	[TO(REMOVE_NODE)] = {TO_SIM_REMOVE_NODE, COLD(remove_node)},
	[TO(SET_SCENARIO)] = {TO_SIM_SET_SCENARIO, COLD(set_scenario)},
	[TO(REMOVE_SCENARIO)] = {TO_SIM_REMOVE_SCENARIO, COLD(remove_scenario)},
	[TO(PING)] = {TO_SIM_PING, COLD(ping)},
	[TO(HELLO)] = {TO_SIM_HELLO, COLD(hello)},
};

static enum codec_status read_cold(const struct to_sim_row *row, struct slice body,
				   struct arena *arena, struct to_sim *message, const char **why)
{
	ProtobufCMessage *unpacked;

	if (schema_unpack(row->descriptor, body, arena, &unpacked, why) != SCHEMA_OK) {
		return CODEC_BAD;
	}
	if (!row->take(unpacked, arena, message)) {
		*why = "message too complex";
		return CODEC_BAD;
	}
	return CODEC_OK;
}

enum codec_status channel_read_to_sim(struct slice frame, struct arena *arena,
				      struct to_sim *message, const char **why)
{
	static const struct envelope_form form = {
		.first_body = TO(TRANSMIT),
		.last_body = TO(HELLO),
	};
	const struct to_sim_row *row;
	struct envelope envelope;

	if (envelope_read(frame, &form, &envelope, why) < 0) {
		return CODEC_BAD;
	}
	if (!envelope.number) {
		message->kind = TO_SIM_UNKNOWN;
		return CODEC_OK;
	}
	row = &rows[envelope.number];
	message->kind = row->kind;
	if (!row->descriptor) {
		message->transmit = envelope.body;
		return CODEC_OK;
	}
	return read_cold(row, envelope.body, arena, message, why);
}

/* ----------------------------------------------------------------- writing */

/* Models are the simulator's own, and few. */
enum { MODELS_MAX = 64 };

static int write_hello_ack(struct buf *out, const struct channel_hello_ack *ack)
{
	char simulator[CONTENT_TYPE_MAX_BYTES + 1], version[CONTENT_TYPE_MAX_BYTES + 1];
	char names[MODELS_MAX][CONTENT_TYPE_MAX_BYTES + 1];
	char *models[MODELS_MAX];
	Uav__Channel__V1__HelloAck body = UAV__CHANNEL__V1__HELLO_ACK__INIT;
	Uav__Channel__V1__Draws draws = UAV__CHANNEL__V1__DRAWS__INIT;

	if (ack->model_count > MODELS_MAX) {
		return -1;
	}
	for (size_t i = 0; i < ack->model_count; i++) {
		models[i] = cold_cut_text(names[i], sizeof(names[i]), ack->models[i]);
	}
	body.protocol = ack->protocol;
	body.simulator = cold_cut_text(simulator, sizeof(simulator), ack->simulator);
	body.version = cold_cut_text(version, sizeof(version), ack->version);
	body.models = models;
	body.n_models = ack->model_count;
	draws.seed = ack->draw_seed;
	body.draws = ack->has_draws ? &draws : NULL;
	return cold_write(out, 0, FROM(HELLO_ACK), &body.base);
}

static int write_status(struct buf *out, const struct channel_status *status)
{
	char message[DESCRIPTION_MAX_BYTES + 1];
	Uav__Channel__V1__ScenarioStatus body = UAV__CHANNEL__V1__SCENARIO_STATUS__INIT;

	body.scenario = status->scenario;
	body.ok = status->ok;
	body.message = cold_cut_text(message, sizeof(message), status->message);
	return cold_write(out, 0, FROM(SCENARIO_STATUS), &body.base);
}

static int write_pong(struct buf *out, uint64_t nonce)
{
	Uav__Channel__V1__Pong body = UAV__CHANNEL__V1__PONG__INIT;

	body.nonce = nonce;
	return cold_write(out, 0, FROM(PONG), &body.base);
}

int channel_write_from_sim(struct buf *out, const struct from_sim *message)
{
	switch (message->kind) {
	case FROM_SIM_HELLO_ACK:
		return write_hello_ack(out, &message->hello_ack);
	case FROM_SIM_SCENARIO_STATUS:
		return write_status(out, &message->status);
	case FROM_SIM_PONG:
		return write_pong(out, message->pong);
	case FROM_SIM_RESULT:
	case FROM_SIM_UNKNOWN:
		break;
	}
	return -1;
}
