/* A simulator's bytes into a real core that has messages in flight, read as the link reads
 * them.
 *
 * Byte 0, bits: a target has left; another came with its id; a sender has left; the window
 * of strays is small. Byte 1: how many receptions go to the core at once. The rest is the
 * stream. Messages are in flight from "one" to "two" (id 1:0), from "one" to everyone
 * (1:1), from "two" to everyone, larger (1:2), and from "three" to "one" (1:3); nodes are
 * 1, 2 and 3. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/fake_ports.h"
#include "wire/channel_codec.h"
#include "wire/frame.h"
#include "wire/hot_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 2, ARENA = 1024 * 1024, STREAM_MAX = 64 * 1024, BATCH_MAX = 64 };
enum { FLAG_TARGET_LEFT = 1, FLAG_CAME_AGAIN = 2, FLAG_SENDER_LEFT = 4, FLAG_STRICT = 8 };

static struct fake_gateway gateway;
static struct fake_drone one, two, three, again;
static struct arena arena;

/* What is in flight, by its place. */
static const struct {
	const char *sender;
	uint64_t sequence;
	size_t payload_size;
} sent[] = {{"one", 1, 6}, {"one", 2, 11}, {"two", 1, 300}, {"three", 1, 6}};
enum { SENT = sizeof(sent) / sizeof(sent[0]) };
static bool delivered[SENT][3]; /* to one, two, three */

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

/* Every delivery is of a message that was sent, no longer than that, and the first. */
static bool watch(struct fake_drone *drone, const struct event *event, uint32_t max_frame)
{
	const struct event_delivery *delivery = &event->delivery;
	size_t place, reader;

	if (event->kind != EVENT_DELIVERY) {
		return true;
	}
	must(drone != &again, "a message for the one before");
	must(delivery->hop_count == 1, "a delivery without its hop");
	must(delivery->hops[0].outcome == OUTCOME_DELIVERED ||
		     delivery->hops[0].outcome == OUTCOME_CORRUPTED,
	     "delivered, but lost");
	place = place_of(delivery);
	must(delivery->payload.size <= sent[place].payload_size, "a payload that has grown");
	reader = drone == &one ? 0 : drone == &two ? 1 : 2;
	must(!delivered[place][reader], "delivered twice");
	delivered[place][reader] = true;
	must(delivery->payload.size + delivery->hops[0].link.size < max_frame,
	     "a delivery larger than the drone takes");
	if (delivery->hops[0].link.data) {
		must(link_read(delivery->hops[0].link, NULL) == HOT_OK,
		     "numbers that are none are passed on");
	}
	return true;
}

static void send_all(void)
{
	static const char large[301] = {0};
	struct request request = {
		.kind = REQUEST_SEND,
		.ref = ++two.refs,
		.send = {.to = SEND_TO_EVERYONE,
			 .payload = slice_of(large, 300),
			 .report = REPORT_WISH_ALL},
	};

	fake_send(&one, "two", "to two", REPORT_WISH_ALL);
	fake_send(&one, NULL, "to everyone", REPORT_WISH_FAILURES);
	core_request(gateway.core, two.session, &request);
	fake_send(&three, "one", "to one", REPORT_WISH_NONE);
}

static void reach(uint8_t flags)
{
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "one", "alpha");
	fake_join(&gateway, &two, "two", "alpha");
	fake_join(&gateway, &three, "three", "alpha");
	one.watch = two.watch = three.watch = watch;
	send_all();
	must(gateway.sim.count == 4 && fake_transmit(&gateway, 0)->id == (1ull << 32) + 3,
	     "the messages in flight have other ids");
	if (flags & (FLAG_TARGET_LEFT | FLAG_CAME_AGAIN)) {
		core_detach(gateway.core, two.session);
		two.session = NULL;
		fake_pass(&gateway, 1);
	}
	if (flags & FLAG_CAME_AGAIN) {
		fake_join(&gateway, &again, "two", "alpha");
		again.watch = watch;
	}
	if (flags & FLAG_SENDER_LEFT) {
		core_detach(gateway.core, one.session);
		one.session = NULL;
	}
}

/* ------------------------------------------------------------------------ the link */

/* False: the link breaks. */
static bool take_result(struct slice body, size_t batch_size)
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
			core_sim_result(gateway.core, 0, result.id, batch, count, true);
			count = 0;
		}
		batch[count++] = ahead;
	}
	if (got == 0) {
		core_sim_result(gateway.core, 0, result.id, batch, count, result.more);
	}
	return got == 0;
}

static bool take_frame(struct slice *stream, size_t batch_size)
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
		core_sim_status(gateway.core, 0, message.status.scenario, message.status.ok,
				message.status.message);
		return true;
	case FROM_SIM_RESULT:
		return take_result(message.result, batch_size);
	case FROM_SIM_HELLO_ACK:
		return false;
	default:
		return true;
	}
}

static void check(void)
{
	must(fake_accounts_close(&gateway), "the accounts do not close");
	must(core_in_flight(gateway.core) <= 4, "more in flight than was sent");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limits limits = fake_limits();
	struct slice stream;

	if (size < HEAD || size > STREAM_MAX) {
		return 0;
	}
	limits.presence_backlog = 32;
	limits.max_stray_results = data[0] & FLAG_STRICT ? 2 : 100;
	memset(delivered, 0, sizeof(delivered));
	fake_open(&gateway, &limits);
	arena_init(&arena, ARENA);
	reach(data[0]);
	stream = slice_of(data + HEAD, size - HEAD);
	while (stream.size && !gateway.sim.resets && take_frame(&stream, 1 + data[1] % BATCH_MAX)) {
		check();
	}
	check();
	if (stream.size) {
		core_sim_down(gateway.core, 0, "broken");
	} else {
		fake_pass(&gateway, 100000);
	}
	must(core_stats(gateway.core)->pending == 0 && core_in_flight(gateway.core) == 0,
	     "something is undecided");
	check();
	core_shutdown(gateway.core);
	must(core_sessions(gateway.core) == 0, "a session is left");
	fake_close(&gateway);
	arena_fini(&arena);
	return 0;
}
