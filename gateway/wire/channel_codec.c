/* The gateway's side: ToSimulator written, FromSimulator read. */
#include "wire/channel_codec.h"

#include "channel.pb-c.h"
#include "wire/cold.h"
#include "wire/envelope.h"
#include "wire/schema.h"

/* The core's enumerators are the protocol's. */
#define SAME(ours, theirs)                                                                         \
	_Static_assert((int)(ours) == (int)UAV__CHANNEL__V1__##theirs##__##ours,                   \
		       #ours " is as in channel.proto")

SAME(OUTCOME_UNSPECIFIED, OUTCOME);
SAME(OUTCOME_DELIVERED, OUTCOME);
SAME(OUTCOME_CORRUPTED, OUTCOME);
SAME(OUTCOME_LOST, OUTCOME);
SAME(REASON_NONE, REASON);
SAME(REASON_BELOW_SENSITIVITY, REASON);
SAME(REASON_PACKET_ERROR, REASON);
SAME(REASON_INTERFERENCE, REASON);
SAME(REASON_OUT_OF_RANGE, REASON);
SAME(REASON_BLOCKED, REASON);
SAME(REASON_QUEUE_OVERFLOW, REASON);
SAME(REASON_FAULT_INJECTED, REASON);
SAME(LINE_OF_SIGHT_UNSPECIFIED, LINE_OF_SIGHT);
SAME(LINE_OF_SIGHT_LOS, LINE_OF_SIGHT);
SAME(LINE_OF_SIGHT_NLOS, LINE_OF_SIGHT);

#define TO(name) UAV__CHANNEL__V1__TO_SIMULATOR__BODY_##name
#define FROM(name) UAV__CHANNEL__V1__FROM_SIMULATOR__BODY_##name

/* ----------------------------------------------------------------- writing */

static int write_hello(struct buf *out, const struct channel_hello *hello)
{
	char gateway[CONTENT_TYPE_MAX_BYTES + 1], software[CONTENT_TYPE_MAX_BYTES + 1];
	Uav__Channel__V1__Hello body = UAV__CHANNEL__V1__HELLO__INIT;

	body.protocol = hello->protocol;
	body.gateway = cold_cut_text(gateway, sizeof(gateway), hello->gateway);
	body.software = cold_cut_text(software, sizeof(software), hello->software);
	return cold_write(out, 0, TO(HELLO), &body.base);
}

/* A string for as long as the arena lives, or NULL. */
static char *keep_text(struct arena *arena, struct slice text)
{
	char *room = arena_take(arena, text.size + 1);

	return room ? cold_cut_text(room, text.size + 1, text) : NULL;
}

static bool fill_parameters(Uav__Channel__V1__SetScenario *body,
			    const struct sim_scenario *scenario, struct arena *arena)
{
	Uav__Channel__V1__Parameter *all;

	all = arena_take(arena, scenario->parameter_count * sizeof(*all));
	body->parameters = arena_take(arena, scenario->parameter_count * sizeof(void *));
	if (!all || !body->parameters) {
		return false;
	}
	for (size_t i = 0; i < scenario->parameter_count; i++) {
		uav__channel__v1__parameter__init(&all[i]);
		all[i].key = keep_text(arena, scenario->parameters[i].key);
		all[i].value = keep_text(arena, scenario->parameters[i].value);
		if (!all[i].key || !all[i].value) {
			return false;
		}
		body->parameters[i] = &all[i];
	}
	body->n_parameters = scenario->parameter_count;
	return true;
}

/* Parameters are the operator's and of any length: their copies need memory. */
static int write_set_scenario(struct buf *out, const struct sim_scenario *scenario)
{
	Uav__Channel__V1__SetScenario body = UAV__CHANNEL__V1__SET_SCENARIO__INIT;
	char name[NAME_MAX_BYTES + 1];
	struct arena arena;
	int result = -1;

	arena_init(&arena, SIZE_MAX);
	body.scenario = scenario->scenario;
	body.name = cold_cut_text(name, sizeof(name), scenario->name);
	if (fill_parameters(&body, scenario, &arena)) {
		result = cold_write(out, 0, TO(SET_SCENARIO), &body.base);
	}
	arena_fini(&arena);
	return result;
}

static int write_remove_scenario(struct buf *out, uint32_t scenario)
{
	Uav__Channel__V1__RemoveScenario body = UAV__CHANNEL__V1__REMOVE_SCENARIO__INIT;

	body.scenario = scenario;
	return cold_write(out, 0, TO(REMOVE_SCENARIO), &body.base);
}

static Uav__Channel__V1__Local *fill_position(Uav__Channel__V1__Local *message,
					      const struct sim_node *node)
{
	uav__channel__v1__local__init(message);
	message->east_m = node->position.east;
	message->north_m = node->position.north;
	message->up_m = node->position.up;
	return node->has_position ? message : NULL;
}

static Uav__Channel__V1__Velocity *fill_velocity(Uav__Channel__V1__Velocity *message,
						 const struct sim_node *node)
{
	uav__channel__v1__velocity__init(message);
	message->east_mps = node->velocity.east;
	message->north_mps = node->velocity.north;
	message->up_mps = node->velocity.up;
	return node->has_velocity ? message : NULL;
}

static Uav__Channel__V1__Attitude *fill_attitude(Uav__Channel__V1__Attitude *message,
						 const struct sim_node *node)
{
	uav__channel__v1__attitude__init(message);
	message->roll_deg = node->attitude.roll_deg;
	message->pitch_deg = node->attitude.pitch_deg;
	message->yaw_deg = node->attitude.yaw_deg;
	return node->has_attitude ? message : NULL;
}

static Uav__Channel__V1__Radio *fill_radio(Uav__Channel__V1__Radio *message,
					   const struct sim_node *node)
{
	uav__channel__v1__radio__init(message);
	message->tx_power_dbm = node->radio.tx_power_dbm;
	message->antenna_gain_dbi = node->radio.antenna_gain_dbi;
	message->noise_figure_db = node->radio.noise_figure_db;
	return node->has_radio ? message : NULL;
}

static int write_set_node(struct buf *out, const struct sim_node *node)
{
	Uav__Channel__V1__SetNode body = UAV__CHANNEL__V1__SET_NODE__INIT;
	char name[NAME_MAX_BYTES + 1];
	Uav__Channel__V1__Local position;
	Uav__Channel__V1__Velocity velocity;
	Uav__Channel__V1__Attitude attitude;
	Uav__Channel__V1__Radio radio;

	body.scenario = node->scenario;
	body.node = node->node;
	body.name = cold_cut_text(name, sizeof(name), node->name);
	body.position = fill_position(&position, node);
	body.velocity = fill_velocity(&velocity, node);
	body.attitude = fill_attitude(&attitude, node);
	body.radio = fill_radio(&radio, node);
	body.at_us = node->at_us;
	return cold_write(out, 0, TO(SET_NODE), &body.base);
}

static int write_remove_node(struct buf *out, const struct channel_remove_node *remove)
{
	Uav__Channel__V1__RemoveNode body = UAV__CHANNEL__V1__REMOVE_NODE__INIT;

	body.scenario = remove->scenario;
	body.node = remove->node;
	return cold_write(out, 0, TO(REMOVE_NODE), &body.base);
}

static int write_ping(struct buf *out, uint64_t nonce)
{
	Uav__Channel__V1__Ping body = UAV__CHANNEL__V1__PING__INIT;

	body.nonce = nonce;
	return cold_write(out, 0, TO(PING), &body.base);
}

int channel_write_to_sim(struct buf *out, const struct to_sim *message)
{
	switch (message->kind) {
	case TO_SIM_HELLO:
		return write_hello(out, &message->hello);
	case TO_SIM_SET_SCENARIO:
		return write_set_scenario(out, &message->set_scenario);
	case TO_SIM_REMOVE_SCENARIO:
		return write_remove_scenario(out, message->remove_scenario);
	case TO_SIM_SET_NODE:
		return write_set_node(out, &message->set_node);
	case TO_SIM_REMOVE_NODE:
		return write_remove_node(out, &message->remove_node);
	case TO_SIM_PING:
		return write_ping(out, message->ping);
	case TO_SIM_TRANSMIT:
	case TO_SIM_UNKNOWN:
		break;
	}
	return -1;
}

/* ----------------------------------------------------------------- reading */

/* Each takes its body; CODEC_BAD comes with *why. */

static enum codec_status read_hello_ack(struct slice body, struct arena *arena,
					struct from_sim *message, const char **why)
{
	const Uav__Channel__V1__HelloAck *ack;
	ProtobufCMessage *unpacked;
	struct slice *models;

	if (schema_unpack(&uav__channel__v1__hello_ack__descriptor, body, arena, &unpacked, why) !=
	    SCHEMA_OK) {
		return CODEC_BAD;
	}
	ack = (const Uav__Channel__V1__HelloAck *)unpacked;
	models = arena_take(arena, ack->n_models * sizeof(*models));
	if (!models) {
		*why = "message too complex";
		return CODEC_BAD;
	}
	for (size_t i = 0; i < ack->n_models; i++) {
		models[i] = slice_str(ack->models[i]);
	}
	message->kind = FROM_SIM_HELLO_ACK;
	message->hello_ack = (struct channel_hello_ack){
		.protocol = ack->protocol,
		.simulator = slice_str(ack->simulator),
		.version = slice_str(ack->version),
		.models = models,
		.model_count = ack->n_models,
		.has_draws = ack->draws != NULL,
		.draw_seed = ack->draws ? ack->draws->seed : 0,
	};
	return CODEC_OK;
}

static enum codec_status read_status(struct slice body, struct arena *arena,
				     struct from_sim *message, const char **why)
{
	const Uav__Channel__V1__ScenarioStatus *status;
	ProtobufCMessage *unpacked;

	if (schema_unpack(&uav__channel__v1__scenario_status__descriptor, body, arena, &unpacked,
			  why) != SCHEMA_OK) {
		return CODEC_BAD;
	}
	status = (const Uav__Channel__V1__ScenarioStatus *)unpacked;
	message->kind = FROM_SIM_SCENARIO_STATUS;
	message->status = (struct channel_status){
		.scenario = status->scenario,
		.ok = status->ok,
		.message = slice_str(status->message),
	};
	return CODEC_OK;
}

static enum codec_status read_result(struct slice body, struct arena *arena,
				     struct from_sim *message, const char **why)
{
	(void)arena;
	(void)why;
	message->kind = FROM_SIM_RESULT;
	message->result = body;
	return CODEC_OK;
}

static enum codec_status read_pong(struct slice body, struct arena *arena, struct from_sim *message,
				   const char **why)
{
	ProtobufCMessage *unpacked;

	if (schema_unpack(&uav__channel__v1__pong__descriptor, body, arena, &unpacked, why) !=
	    SCHEMA_OK) {
		return CODEC_BAD;
	}
	message->kind = FROM_SIM_PONG;
	message->pong = ((const Uav__Channel__V1__Pong *)unpacked)->nonce;
	return CODEC_OK;
}

enum codec_status channel_read_from_sim(struct slice frame, struct arena *arena,
					struct from_sim *message, const char **why)
{
	static enum codec_status (*const readers[])(struct slice, struct arena *, struct from_sim *,
						    const char **) = {
		[FROM(RESULT)] = read_result,
		[FROM(SCENARIO_STATUS)] = read_status,
		[FROM(PONG)] = read_pong,
		[FROM(HELLO_ACK)] = read_hello_ack,
	};
	static const struct envelope_form form = {
		.first_body = FROM(RESULT),
		.last_body = FROM(HELLO_ACK),
	};
	struct envelope envelope;

	if (envelope_read(frame, &form, &envelope, why) < 0) {
		return CODEC_BAD;
	}
	if (!envelope.number) {
		message->kind = FROM_SIM_UNKNOWN;
		return CODEC_OK;
	}
	return readers[envelope.number](envelope.body, arena, message, why);
}
