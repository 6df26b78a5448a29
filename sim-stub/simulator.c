#include "simulator.h"

#include <stdio.h>
#include <stdlib.h>

#include "identity.h"
#include "reply.h"
#include "wire/frame.h"

static const char out_of_memory[] = "out of memory";

void simulator_init(struct simulator *simulator, uint64_t seed, struct log *log)
{
	memset(simulator, 0, sizeof(*simulator));
	simulator->log = log;
	simulator->seed = seed;
	simulator->draw_key = draw_key(seed);
	arena_init(&simulator->arena, SIMULATOR_ARENA_MAX);
	buf_init(&simulator->altered);
}

void simulator_fini(struct simulator *simulator)
{
	arena_fini(&simulator->arena);
	buf_fini(&simulator->altered);
	free(simulator->receivers);
}

void simulator_guest_init(struct simulator_guest *guest, struct simulator *simulator)
{
	memset(guest, 0, sizeof(*guest));
	guest->simulator = simulator;
	world_init(&guest->world);
	buf_init(&guest->in);
	buf_init(&guest->out);
	hold_init(&guest->hold);
}

void simulator_guest_fini(struct simulator_guest *guest)
{
	world_fini(&guest->world);
	buf_fini(&guest->in);
	buf_fini(&guest->out);
	hold_fini(&guest->hold);
}

static int answer(struct simulator_guest *guest, const struct from_sim *message, const char **why)
{
	if (channel_write_from_sim(&guest->out, message) < 0) {
		*why = out_of_memory;
		return -1;
	}
	return 0;
}

/* ----------------------------------------------------- hello, ping, world */

static int read_hello(struct simulator_guest *guest, const struct to_sim *message, const char **why)
{
	const struct channel_hello *hello = &message->hello;
	struct slice models[16];
	struct from_sim ack = {.kind = FROM_SIM_HELLO_ACK};
	size_t count = 0;

	if (hello->protocol == 0) {
		*why = "hello offers no protocol version";
		return -1;
	}
	world_clear(&guest->world);
	guest->greeted = true;
	guest->name_size = hello->gateway.size < sizeof(guest->name) ? hello->gateway.size
								     : sizeof(guest->name);
	if (guest->name_size) {
		memcpy(guest->name, hello->gateway.data, guest->name_size);
	}
	for (; count < sizeof(models) / sizeof(models[0]) && model_at(count); count++) {
		models[count] = slice_str(model_at(count)->name);
	}
	ack.hello_ack = (struct channel_hello_ack){
		.protocol = hello->protocol < PROTOCOL_VERSION ? hello->protocol : PROTOCOL_VERSION,
		.simulator = slice_str(this_simulator.name),
		.version = slice_str(this_simulator.version),
		.models = models,
		.model_count = count,
		.has_draws = true,
		.draw_seed = guest->simulator->seed,
	};
	LOG(guest->simulator->log, LOG_LEVEL_INFO, "gateway_connected",
	    log_text("gateway", simulator_guest_name(guest)), log_text("software", hello->software),
	    log_num("protocol", ack.hello_ack.protocol));
	return answer(guest, &ack, why);
}

static int read_ping(struct simulator_guest *guest, const struct to_sim *message, const char **why)
{
	const struct from_sim pong = {.kind = FROM_SIM_PONG, .pong = message->ping};

	return answer(guest, &pong, why);
}

/* The formulas go on beyond what they were published for; whoever asks for it should know. */
static void tell_frequency(struct log *log, struct slice name, const struct channel *channel)
{
	const struct model *model = channel->model;
	double frequency_hz = channel->settings.frequency_hz;
	char why[128];

	if (model->published_max_hz <= 0.0 ||
	    (frequency_hz >= model->published_min_hz && frequency_hz <= model->published_max_hz)) {
		return;
	}
	(void)snprintf(why, sizeof(why), "%s is published for %g to %g GHz, frequency_hz is %.12g",
		       model->name, model->published_min_hz / 1e9, model->published_max_hz / 1e9,
		       frequency_hz);
	LOG(log, LOG_LEVEL_WARNING, "scenario_out_of_range", log_text("name", name),
	    log_str("why", why));
}

static int read_set_scenario(struct simulator_guest *guest, const struct to_sim *message,
			     const char **why)
{
	const struct sim_scenario *told = &message->set_scenario;
	struct simulator *simulator = guest->simulator;
	struct refusal refusal = {{0}};
	struct from_sim status = {.kind = FROM_SIM_SCENARIO_STATUS};
	bool ok = world_set_scenario(&guest->world, told, &refusal) == 0;

	status.status = (struct channel_status){
		.scenario = told->scenario, .ok = ok, .message = slice_str(refusal.text)};
	if (ok) {
		const struct channel *channel =
			&world_scenario(&guest->world, told->scenario)->channel;

		simulator->accounts.scenarios++;
		LOG(simulator->log, LOG_LEVEL_INFO, "scenario_accepted",
		    log_text("name", told->name), log_str("model", channel->model->name),
		    log_text("gateway", simulator_guest_name(guest)));
		tell_frequency(simulator->log, told->name, channel);
	} else {
		LOG(simulator->log, LOG_LEVEL_WARNING, "scenario_refused",
		    log_text("name", told->name), log_str("why", refusal.text),
		    log_text("gateway", simulator_guest_name(guest)));
	}
	return answer(guest, &status, why);
}

static int read_remove_scenario(struct simulator_guest *guest, const struct to_sim *message,
				const char **why)
{
	(void)why;
	world_remove_scenario(&guest->world, message->remove_scenario);
	return 0;
}

static int read_set_node(struct simulator_guest *guest, const struct to_sim *message,
			 const char **why)
{
	bool added;

	if (world_set_node(&guest->world, &message->set_node, &added, why) < 0) {
		return -1;
	}
	guest->simulator->accounts.nodes += added;
	return 0;
}

static int read_remove_node(struct simulator_guest *guest, const struct to_sim *message,
			    const char **why)
{
	(void)why;
	world_remove_node(&guest->world, message->remove_node.scenario, message->remove_node.node);
	return 0;
}

/* -------------------------------------------------------------- transmit */

/* A receiver takes at least one byte of the body. The room only ever grows. */
static int make_room_for_receivers(struct simulator *simulator, size_t body_size)
{
	size_t wanted = body_size < SIMULATOR_RECEIVERS_MAX ? body_size : SIMULATOR_RECEIVERS_MAX;
	uint32_t *receivers;

	if (wanted <= simulator->receivers_cap) {
		return 0;
	}
	receivers = reallocarray(simulator->receivers, wanted, sizeof(*receivers));
	if (!receivers) {
		return -1;
	}
	simulator->receivers = receivers;
	simulator->receivers_cap = wanted;
	return 0;
}

static int read_transmit(struct simulator_guest *guest, const struct to_sim *message,
			 const char **why)
{
	struct simulator *simulator = guest->simulator;
	struct sim_transmit transmit;

	if (make_room_for_receivers(simulator, message->transmit.size) < 0) {
		*why = out_of_memory;
		return -1;
	}
	if (hot_read_transmit(message->transmit, &transmit, simulator->receivers,
			      simulator->receivers_cap) != HOT_OK) {
		*why = "malformed transmit";
		return -1;
	}
	simulator->accounts.transmits++;
	if (reply_to_transmit(guest, &transmit) < 0) {
		*why = out_of_memory;
		return -1;
	}
	return 0;
}

/* ---------------------------------------------------------------- frames */

static int read_unknown(struct simulator_guest *guest, const struct to_sim *message,
			const char **why)
{
	(void)guest;
	(void)message;
	(void)why;
	return 0;
}

static int (*const readers[])(struct simulator_guest *guest, const struct to_sim *message,
			      const char **why) = {
	[TO_SIM_UNKNOWN] = read_unknown,	   [TO_SIM_HELLO] = read_hello,
	[TO_SIM_SET_SCENARIO] = read_set_scenario, [TO_SIM_REMOVE_SCENARIO] = read_remove_scenario,
	[TO_SIM_SET_NODE] = read_set_node,	   [TO_SIM_REMOVE_NODE] = read_remove_node,
	[TO_SIM_TRANSMIT] = read_transmit,	   [TO_SIM_PING] = read_ping,
};

static int read_frame(struct simulator_guest *guest, struct slice frame, const char **why)
{
	struct to_sim message;

	guest->frames++;
	arena_reset(&guest->simulator->arena);
	if (channel_read_to_sim(frame, &guest->simulator->arena, &message, why) != CODEC_OK) {
		return -1;
	}
	if (!guest->greeted && message.kind != TO_SIM_HELLO) {
		*why = "the first message was not hello";
		return -1;
	}
	return readers[message.kind](guest, &message, why);
}

/* Reads whole frames off the front of *bytes. */
static int read_frames(struct simulator_guest *guest, struct slice *bytes, const char **why)
{
	for (;;) {
		struct slice frame;
		size_t used;

		switch (frame_read(*bytes, SIMULATOR_FRAME_MAX, &frame, &used, why)) {
		case FRAME_MORE:
			return 0;
		case FRAME_BAD:
			return -1;
		case FRAME_OK:
			break;
		}
		if (read_frame(guest, frame, why) < 0) {
			return -1;
		}
		*bytes = slice_of(bytes->data + used, bytes->size - used);
	}
}

static int keep(struct simulator_guest *guest, struct slice bytes, const char **why)
{
	if (bytes.size > 0 && buf_append(&guest->in, bytes.data, bytes.size) < 0) {
		*why = out_of_memory;
		return -1;
	}
	return 0;
}

bool simulator_sweep(struct simulator_guest *guest, const char **why)
{
	bool owes = !guest->greeted || buf_size(&guest->in) > 0;

	if (!owes || guest->frames != guest->frames_swept) {
		guest->frames_swept = guest->frames;
		guest->sweeps = 0;
		return true;
	}
	*why = guest->greeted ? "the rest of a frame did not come" : "no hello came";
	return ++guest->sweeps <= SIMULATOR_PATIENCE_S;
}

/* Frames are read where they arrived; only an unfinished tail is copied. */
int simulator_read(struct simulator_guest *guest, struct slice bytes, const char **why)
{
	struct slice waiting;

	if (buf_size(&guest->in) == 0) {
		if (read_frames(guest, &bytes, why) < 0) {
			return -1;
		}
		return keep(guest, bytes, why);
	}
	if (keep(guest, bytes, why) < 0) {
		return -1;
	}
	waiting = buf_slice(&guest->in);
	if (read_frames(guest, &waiting, why) < 0) {
		return -1;
	}
	buf_consume(&guest->in, buf_size(&guest->in) - waiting.size);
	return 0;
}
