/* The bytes of a simulator with two connections into a real core that has messages in flight,
 * read as the links read them.
 *
 * Byte 0, bits: a target has left; another came with its id; a sender has left; the window
 * of strays is small; the configuration has changed; the hub has left; time passes between the
 * frames; scenario 7 has not been accepted. Byte 1: how many receptions go to the core at once.
 * Byte 2, bits: the lane of each frame, the first one's lowest, over and over. The rest is the
 * stream. What is in flight, its id being 1:n:
 *
 *   0 one to two          scenario 1 "alpha", lane 0; nodes one 1, two 2, three 3
 *   1 one to everyone
 *   2 two to everyone, larger
 *   3 three to one
 *   4 four to five        scenario 4 "star", lane 1; nodes hub 4, four 5, five 6
 *   5 five to everyone
 *   6 six to seven        scenario 6 "slow" (delay real), lane 1; nodes six 7, seven 8
 *   7 eight to nine       scenario 7 "later", lane 0; nodes eight 9, nine 10 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/fake_ports.h"
#include "wire/channel_codec.h"
#include "wire/frame.h"
#include "wire/hot_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 3, ARENA = 1024 * 1024, STREAM_MAX = 64 * 1024, BATCH_MAX = 64 };
enum {
	FLAG_TARGET_LEFT = 1,
	FLAG_CAME_AGAIN = 2,
	FLAG_SENDER_LEFT = 4,
	FLAG_STRICT = 8,
	FLAG_RELOAD = 16,
	FLAG_HUB_LEFT = 32,
	FLAG_TIME = 64,
	FLAG_QUEUED = 128
};
enum { ONE, TWO, THREE, HUB, FOUR, FIVE, SIX, SEVEN, EIGHT, NINE, DRONES };

static struct fake_gateway gateway;
static struct fake_drone drones[DRONES], again;
static struct arena arena;
static struct parameter seed = {{(const uint8_t *)"seed", 4}, {(const uint8_t *)"2", 1}};

static const struct {
	const char *id, *scenario;
} crew[DRONES] = {
	{"one", "alpha"},   {"two", "alpha"},  {"three", "alpha"}, {"hub", "star"},
	{"four", "star"},   {"five", "star"},  {"six", "slow"},	   {"seven", "slow"},
	{"eight", "later"}, {"nine", "later"},
};

/* What is in flight, by its place. */
static const struct {
	const char *sender;
	uint64_t sequence;
	size_t payload_size;
} sent[] = {{"one", 1, 6},  {"one", 2, 11},  {"two", 1, 300}, {"three", 1, 6},
	    {"four", 1, 5}, {"five", 1, 11}, {"six", 1, 7},   {"eight", 1, 7}};
enum { SENT = sizeof(sent) / sizeof(sent[0]) };
static bool delivered[SENT][DRONES];

static void must(bool ok, const char *what)
{
	if (!ok) {
		(void)fprintf(stderr, "simulator: %s\n", what);
		abort();
	}
}

static size_t place_of(const struct event_delivery *delivery)
{
	for (size_t i = 0; i < SENT; i++) {
		if (slice_equal(delivery->sender, slice_str(sent[i].sender)) &&
		    delivery->sequence == sent[i].sequence) {
			return i;
		}
	}
	must(false, "a message that nobody sent");
	return 0;
}

static bool is_spoke(size_t place)
{
	return place == FOUR || place == FIVE;
}

static void must_be_hop(const struct hop *hop)
{
	must(hop->outcome == OUTCOME_DELIVERED || hop->outcome == OUTCOME_CORRUPTED,
	     "delivered, but lost");
	must(hop->source == SOURCE_LIVE || (hop->source == SOURCE_CACHED && hop->link.data),
	     "delivered without the channel");
	if (hop->link.data) {
		must(link_read(hop->link, NULL) == HOT_OK, "numbers that are none are passed on");
	}
}

/* Every delivery is of a message that was sent, no longer than that, the first, and by the hops
 * that its scenario has. */
static bool watch(struct fake_drone *drone, const struct event *event, uint32_t max_frame)
{
	const struct event_delivery *delivery = &event->delivery;
	size_t place, reader = (size_t)(drone - drones), around = 0;

	if (event->kind != EVENT_DELIVERY) {
		return true;
	}
	must(drone != &again, "a message for the one before");
	must(delivery->hop_count == (is_spoke(reader) ? 2 : 1), "a delivery without its hops");
	for (size_t i = 0; i < delivery->hop_count; i++) {
		must_be_hop(&delivery->hops[i]);
		around += delivery->hops[i].link.size;
	}
	place = place_of(delivery);
	must(delivery->payload.size <= sent[place].payload_size, "a payload that has grown");
	must(!delivered[place][reader], "delivered twice");
	delivered[place][reader] = true;
	must(delivery->payload.size + around < max_frame, "a delivery larger than the drone takes");
	return true;
}

static void send_all(void)
{
	static const char large[301] = {0};
	struct fake_drone *two = &drones[TWO];
	struct request request = {
		.kind = REQUEST_SEND,
		.ref = ++two->refs,
		.send = {.to = SEND_TO_EVERYONE,
			 .payload = slice_of(large, 300),
			 .report = REPORT_WISH_ALL},
	};

	fake_send(&drones[ONE], "two", "to two", REPORT_WISH_ALL);
	fake_send(&drones[ONE], NULL, "to everyone", REPORT_WISH_FAILURES);
	core_request(gateway.core, two->session, &request);
	fake_send(&drones[THREE], "one", "to one", REPORT_WISH_NONE);
	fake_send(&drones[FOUR], "five", "relay", REPORT_WISH_ALL);
	fake_send(&drones[FIVE], NULL, "to everyone", REPORT_WISH_ALL);
	fake_send(&drones[SIX], "seven", "in time", REPORT_WISH_ALL);
	fake_send(&drones[EIGHT], "nine", "in time", REPORT_WISH_ALL);
}

/* Both lanes come, and all scenarios are accepted but perhaps one. */
static void come_up(bool all)
{
	core_sim_up(gateway.core, 0);
	core_sim_up(gateway.core, 1);
	gateway.lanes[0].known[FAKE_LATER + 1] = all;
	fake_accept(&gateway, 0);
	fake_accept(&gateway, 1);
	gateway.lanes[0].known[FAKE_LATER + 1] = true;
}

/* Everything that is in flight is in numbers that are retired then. */
static void change(void)
{
	for (size_t i = 0; i < FAKE_SCENARIOS; i++) {
		gateway.scenarios[i].parameters = &seed;
		gateway.scenarios[i].parameter_count = 1;
	}
	gateway.config.scenario_count = FAKE_SLOW; /* and some are gone */
	fake_reload(&gateway);
}

static void reach(uint8_t flags)
{
	come_up(!(flags & FLAG_QUEUED));
	for (size_t i = 0; i < DRONES; i++) {
		fake_join(&gateway, &drones[i], crew[i].id, crew[i].scenario);
		drones[i].watch = watch;
		must(fake_node(&drones[i]) == i + 1, "the nodes have other numbers");
	}
	send_all();
	must(gateway.sim.count == (flags & FLAG_QUEUED ? SENT - 1u : SENT) &&
		     fake_transmit(&gateway, 0)->id == (1ull << 32) + gateway.sim.count - 1,
	     "the messages in flight have other ids");
	if (flags & FLAG_RELOAD) {
		change();
	}
	if (flags & (FLAG_TARGET_LEFT | FLAG_CAME_AGAIN)) {
		fake_detach(&drones[TWO]);
		fake_pass(&gateway, 1);
	}
	if (flags & FLAG_CAME_AGAIN) {
		fake_join(&gateway, &again, "two", "alpha");
		again.watch = watch;
	}
	if (flags & FLAG_SENDER_LEFT) {
		fake_detach(&drones[ONE]);
		fake_detach(&drones[FOUR]);
	}
	if (flags & FLAG_HUB_LEFT) {
		fake_ask(&drones[HUB], REQUEST_CHOOSE_SCENARIO, NULL);
	}
}

/* ------------------------------------------------------------------------ the link */

/* False: the link breaks. */
static bool take_result(uint32_t lane, struct slice body, size_t batch_size)
{
	struct reception batch[BATCH_MAX], ahead;
	struct hot_result result;
	size_t count = 0;
	int got;

	if (hot_result_begin(body, &result) != HOT_OK) {
		return false;
	}
	while ((got = hot_result_next(&result, &ahead)) == 1) {
		if (count == batch_size) {
			core_sim_result(gateway.core, lane, result.id, batch, count, true);
			count = 0;
		}
		batch[count++] = ahead;
	}
	if (got == 0) {
		core_sim_result(gateway.core, lane, result.id, batch, count, result.more);
	}
	return got == 0;
}

static bool take_frame(uint32_t lane, struct slice *stream, size_t batch_size)
{
	struct from_sim message;
	const char *why = NULL;
	struct slice body;
	size_t used;

	if (frame_read(*stream, 4 * 1024 * 1024, &body, &used, &why) != FRAME_OK) {
		return false;
	}
	*stream = slice_of(stream->data + used, stream->size - used);
	arena_reset(&arena);
	if (channel_read_from_sim(body, &arena, &message, &why) == CODEC_BAD) {
		must(why != NULL, "no word on what is wrong");
		return false;
	}
	switch (message.kind) {
	case FROM_SIM_SCENARIO_STATUS:
		core_sim_status(gateway.core, lane, message.status.scenario, message.status.ok,
				message.status.message);
		return true;
	case FROM_SIM_RESULT:
		return take_result(lane, message.result, batch_size);
	case FROM_SIM_HELLO_ACK:
		return false;
	default:
		return true;
	}
}

static void check(void)
{
	must(fake_accounts_close(&gateway), "the accounts do not close");
	must(core_in_flight(gateway.core) <= SENT, "more in flight than was sent");
}

/* False: the link has broken, or has been dropped. */
static bool play(struct slice stream, uint8_t flags, size_t batch_size, uint8_t lanes)
{
	bool whole = true;

	for (uint32_t i = 0; whole && stream.size && !gateway.sim.resets; i++) {
		uint32_t lane = lanes >> i % 8 & 1;

		whole = take_frame(lane, &stream, batch_size);
		if (!whole) {
			fake_lane_down(&gateway, lane);
		}
		if (flags & FLAG_TIME) {
			fake_pass(&gateway, 1000);
		}
		check();
	}
	return whole && !gateway.sim.resets;
}

/* Whatever the simulator has said: everything is decided in the end. */
static void end(bool whole)
{
	enum { HOP_US = 100000 };
	const uint64_t longest_us = 2ull * UINT32_MAX; /* two hops' delay */

	if (!whole) {
		fake_sim_down(&gateway);
	}
	for (int i = 0; i < 3; i++) {
		fake_pass(&gateway, HOP_US);
	}
	must(core_stats(gateway.core)->pending == core_stats(gateway.core)->waiting,
	     "something is undecided");
	fake_pass(&gateway, longest_us);
	must(fake_all_is_over(&gateway), "something is kept");
	core_shutdown(gateway.core);
	must(core_sessions(gateway.core) == 0, "a session is left");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limits limits = fake_limits();

	if (size < HEAD || size > STREAM_MAX) {
		return 0;
	}
	limits.presence_backlog = 32;
	limits.queue_ms = 50;
	limits.max_stray_results = data[0] & FLAG_STRICT ? 2 : 100;
	memset(delivered, 0, sizeof(delivered));
	fake_configure(&gateway, &limits);
	gateway.scenarios[FAKE_STAR].link_cache = true;
	gateway.simulators[0].connections = 2;
	fake_start(&gateway);
	arena_init(&arena, ARENA);
	reach(data[0]);
	end(play(slice_of(data + HEAD, size - HEAD), data[0], 1 + data[1] % BATCH_MAX, data[2]));
	fake_close(&gateway);
	arena_fini(&arena);
	return 0;
}
