/* What the gateway itself spends on a message, without its sockets: the real front end, core
 * and codecs over bytes in memory, with a simulator that answers everything as delivered.
 * Timed are the two halves of the way, each for all messages in flight at a time:
 *
 *   accept   frames of `send` to frames of `transmit`
 *   deliver  frames of `result` to frames of `delivery`
 *
 * and not what the other sides do in between. Prints nanoseconds per message, the best of
 * several rounds; tells nothing of pass or fail. */
#include <string.h>

#include "core/core.h"
#include "cost.h"
#include "front/front.h"
#include "wire/channel_codec.h"
#include "wire/frame.h"
#include "wire/hot_codec.h"

enum {
	ROUNDS = 400 /* unless the first argument says so */,
	MOST_DRONES = 2000,
	PAYLOAD_BYTES = 128,
	RESULT_BATCH = 64
};

struct drone {
	struct session *session;
	struct buf sends; /* its messages of one round, as they come from the network */
	struct buf out;
};

struct pending {
	uint64_t id;
	uint32_t receiver;
};

struct bench {
	struct core *core;
	struct instant now;
	struct arena arena;
	struct drone drones[MOST_DRONES];
	uint32_t drone_count, window;
	struct buf transmits, results;
	struct pending *pending;
	uint32_t pending_count;
	uint64_t delivered;
	uint8_t link[LINK_MAX_BYTES];
	size_t link_size;
};

static struct bench bench;

/* ------------------------------------------------------------------ the ports */

static bool on_emit(void *ctx, const struct event *event, uint32_t max_frame)
{
	struct drone *drone = ctx;

	bench.delivered += event->kind == EVENT_DELIVERY;
	return front_protobuf.write(&drone->out, event, max_frame, NULL) == 0;
}

static size_t on_queued(const void *ctx)
{
	return buf_size(&((const struct drone *)ctx)->out);
}

static void on_resume(void *ctx)
{
	(void)ctx;
	must(0);
}

static const struct endpoint_ops endpoint_ops = {
	.emit = on_emit, .queued = on_queued, .resume = on_resume, .close = on_resume};

static void on_set_scenario(void *ctx, const struct sim_scenario *scenario)
{
	(void)ctx, (void)scenario;
}

static void on_remove_scenario(void *ctx, uint32_t scenario)
{
	(void)ctx, (void)scenario;
}

static void on_set_node(void *ctx, const struct sim_node *node)
{
	(void)ctx, (void)node;
}

static void on_remove_node(void *ctx, uint32_t scenario, uint32_t node)
{
	(void)ctx, (void)scenario, (void)node;
}

static void on_transmit(void *ctx, const struct sim_transmit *transmit)
{
	(void)ctx;
	must(hot_write_transmit(&bench.transmits, transmit) == 0);
	bench.pending[bench.pending_count++] =
		(struct pending){.id = transmit->id, .receiver = transmit->receivers[0]};
}

static bool on_full(const void *ctx)
{
	(void)ctx;
	return false;
}

static void on_reset(void *ctx, const char *why)
{
	(void)ctx, (void)why;
	must(0);
}

static const struct sim_ops sim_ops = {
	.set_scenario = on_set_scenario,
	.remove_scenario = on_remove_scenario,
	.set_node = on_set_node,
	.remove_node = on_remove_node,
	.transmit = on_transmit,
	.full = on_full,
	.reset = on_reset,
};

/* ------------------------------------------------------------------- the drones */

static void write_sends(struct drone *drone, uint32_t target)
{
	static const uint8_t payload[PAYLOAD_BYTES];
	char name[NAME_MAX_BYTES + 1];
	struct request_send send = {
		.to = SEND_TO_DRONE,
		.payload = slice_of(payload, sizeof(payload)),
	};

	snprintf(name, sizeof(name), "d%05u", target);
	send.name = slice_str(name);
	for (uint32_t i = 0; i < bench.window; i++) {
		must(hot_write_send(&drone->sends, 0, &send) == 0);
	}
}

static void drone_comes(uint32_t number)
{
	struct drone *drone = &bench.drones[number];
	struct endpoint endpoint = {.ops = &endpoint_ops, .ctx = drone};
	struct request request = {.kind = REQUEST_REGISTRATION};
	char name[NAME_MAX_BYTES + 1];

	snprintf(name, sizeof(name), "d%05u", number);
	request.registration = (struct request_registration){
		.protocol = PROTOCOL_VERSION,
		.drone_id = slice_str(name),
		.scenario = slice_str("bench"),
		.presence = PRESENCE_WISH_NONE,
	};
	buf_init(&drone->sends);
	buf_init(&drone->out);
	drone->session = core_attach(bench.core, &endpoint);
	must(drone->session != NULL);
	must(core_request(bench.core, drone->session, &request) == CORE_TAKEN);
	write_sends(drone, number ^ 1);
}

static void start(uint32_t pairs, uint32_t window)
{
	struct scenario_config scenario = {
		.name = "bench",
		.topology = TOPOLOGY_MESH,
		.max_drones = MOST_DRONES,
		.timeout_ms = 1000,
	};
	struct simulator_config simulator = {
		.connections = 1, .max_in_flight = UINT32_MAX, .window_fixed = true};
	struct core_config config = {
		.limits = limits_default(),
		.key = {1, 2},
		.first_session = 1,
		.simulators = &simulator,
		.simulator_count = 1,
		.scenarios = &scenario,
		.scenario_count = 1,
	};
	struct sim_port port = {.ops = &sim_ops};

	bench = (struct bench){.drone_count = 2 * pairs, .window = window};
	config.limits.max_in_flight = UINT32_MAX;
	config.limits.max_in_flight_per_drone = window;
	config.limits.max_drones = MOST_DRONES;
	config.limits.max_unregistered = MOST_DRONES;
	bench.now = (struct instant){.mono_us = 1000000, .unix_us = 1700000000000000u};
	bench.core = core_new(&config, &port, bench.now);
	bench.pending = calloc((size_t)bench.drone_count * window, sizeof(*bench.pending));
	must(bench.core && bench.pending);
	arena_init(&bench.arena, 1 << 20);
	bench.link_size = link_write(bench.link, &cost_numbers);
	core_sim_up(bench.core, 0);
	core_sim_status(bench.core, 0, 1, true, slice_of(NULL, 0));
	for (uint32_t i = 0; i < bench.drone_count; i++) {
		drone_comes(i);
	}
}

static void stop(void)
{
	core_free(bench.core);
	for (uint32_t i = 0; i < bench.drone_count; i++) {
		buf_fini(&bench.drones[i].sends);
		buf_fini(&bench.drones[i].out);
	}
	buf_fini(&bench.transmits);
	buf_fini(&bench.results);
	arena_fini(&bench.arena);
	free(bench.pending);
}

/* -------------------------------------------------------------------- a round */

static void accept_all(struct drone *drone)
{
	struct slice rest = buf_slice(&drone->sends);

	while (rest.size) {
		uint32_t most = core_frame_limit(bench.core, drone->session);
		struct request request;
		const char *why;
		size_t used;

		arena_reset(&bench.arena);
		must(front_protobuf.read(rest, 0, most, NULL, &bench.arena, &request, &used,
					 &why) == FRONT_OK);
		must(core_request(bench.core, drone->session, &request) == CORE_TAKEN);
		rest = slice_of(rest.data + used, rest.size - used);
	}
}

static void simulate(void)
{
	buf_clear(&bench.results);
	for (uint32_t i = 0; i < bench.pending_count; i++) {
		struct reception reception = {
			.receiver = bench.pending[i].receiver,
			.outcome = OUTCOME_DELIVERED,
			.link = slice_of(bench.link, bench.link_size),
		};

		must(hot_write_result(&bench.results, bench.pending[i].id, &reception, 1, false) ==
		     0);
	}
	bench.pending_count = 0;
	buf_clear(&bench.transmits);
}

/* As simlink_input does, of a result for one receiver. */
static void take_result(struct slice frame)
{
	struct reception batch[RESULT_BATCH];
	struct from_sim message;
	struct hot_result result;
	const char *why;
	size_t count = 0;

	must(channel_read_from_sim(frame, &bench.arena, &message, &why) == CODEC_OK);
	must(hot_result_begin(message.result, &result) == HOT_OK);
	while (hot_result_next(&result, &batch[count]) == 1) {
		count++;
	}
	core_sim_result(bench.core, 0, result.id, batch, count, result.more);
}

static void deliver_all(void)
{
	struct slice rest = buf_slice(&bench.results);

	while (rest.size) {
		struct slice frame;
		const char *why;
		size_t used;

		must(frame_read(rest, UINT32_MAX, &frame, &used, &why) == FRAME_OK);
		take_result(frame);
		rest = slice_of(rest.data + used, rest.size - used);
	}
}

static void run(const char *what, uint32_t pairs, uint32_t window, int rounds)
{
	double best_accept = 1e30, best_deliver = 1e30;
	double messages = (double)pairs * window;

	start(pairs, window);
	for (int round = 0; round < rounds; round++) {
		double at = now_ns(), accepted, answered;

		bench.now.mono_us += 100;
		bench.now.unix_us += 100;
		core_now(bench.core, bench.now);
		for (uint32_t i = 0; i < bench.drone_count; i += 2) {
			accept_all(&bench.drones[i]);
		}
		accepted = now_ns() - at;
		simulate();
		at = now_ns();
		deliver_all();
		answered = now_ns() - at;
		for (uint32_t i = 0; i < bench.drone_count; i++) {
			buf_clear(&bench.drones[i].out);
		}
		best_accept = accepted < best_accept ? accepted : best_accept;
		best_deliver = answered < best_deliver ? answered : best_deliver;
	}
	must(bench.delivered == (uint64_t)messages * (uint64_t)rounds);
	printf("%-34s %8.1f %8.1f %8.1f\n", what, best_accept / messages, best_deliver / messages,
	       (best_accept + best_deliver) / messages);
	stop();
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;

	printf("%-34s %8s %8s %8s   ns per message, %d-byte payload\n", "without sockets", "accept",
	       "deliver", "both", PAYLOAD_BYTES);
	run("100 pairs, 64 messages at a time", 100, 64, rounds);
	run("1000 pairs, 1 message at a time", 1000, 1, rounds);
	return 0;
}
