/* A drone's bytes through the front end into a real core, by the state of its session.
 *
 * Byte 0: the state (new, registered, in a scenario, held, with messages in flight).
 * Byte 1: how the stream is cut into reads. Byte 2, bits: the simulator answers between
 * reads; the drone does not read; it takes small frames alone; time passes. The rest is
 * the stream. All that the core says goes through the front end's writer, and what
 * it writes must be readable and within the drone's largest frame. */
#include <stdio.h>
#include <stdlib.h>

#include "front/front.h"
#include "lib/fake_ports.h"
#include "wire/drone_codec.h"
#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 3, ARENA = 1024 * 1024, STREAM_MAX = 64 * 1024, SMALL_FRAME = 768 };
enum { FLAG_ANSWER = 1, FLAG_DEAF = 2, FLAG_SMALL = 4, FLAG_TIME = 8 };
enum { STATE_NEW, STATE_REGISTERED, STATE_MEMBER, STATE_HELD, STATE_IN_FLIGHT, STATES };

static struct fake_gateway gateway;
static struct fake_drone drone, other;
static struct arena arena;
static struct buf out;

static void must(bool ok, const char *what)
{
	if (!ok) {
		(void)fprintf(stderr, "drone: %s\n", what);
		abort();
	}
}

/* ------------------------------------------------------------------- what it hears */

static bool encode(struct fake_drone *reader, const struct event *event, uint32_t max_frame)
{
	struct slice rest, body;
	const char *why = NULL;
	size_t used;

	(void)reader;
	buf_clear(&out);
	must(front_protobuf.write(&out, event, max_frame) == 0, "an event cannot be written");
	rest = buf_slice(&out);
	must(rest.size > 0, "an event is written as nothing");
	while (rest.size) {
		struct arena reading;
		struct event back;

		must(frame_read(rest, max_frame, &body, &used, &why) == FRAME_OK,
		     "what is written is no frame, or too large a one");
		arena_init(&reading, ARENA);
		must(drone_read_event(body, &reading, &back, &why) == CODEC_OK,
		     "what is written cannot be read");
		arena_fini(&reading);
		rest = slice_of(rest.data + used, rest.size - used);
	}
	return true;
}

/* ---------------------------------------------------------------------- its state */

static void fill_window(void)
{
	while (drone.session && fake_send(&drone, "other", "full", REPORT_WISH_ALL) == CORE_TAKEN) {
	}
}

static void reach(unsigned state, uint8_t flags)
{
	struct request_registration registration = fake_registration("fuzzed");

	fake_sim_up(&gateway);
	fake_join(&gateway, &other, "other", "alpha");
	fake_attach(&gateway, &drone, 1);
	drone.watch = encode;
	other.watch = encode;
	if (flags & FLAG_DEAF) {
		drone.event_bytes = 500;
	}
	if (state == STATE_NEW) {
		return;
	}
	registration.max_frame_bytes = flags & FLAG_SMALL ? SMALL_FRAME : 0;
	registration.scenario = slice_str(state == STATE_REGISTERED ? "" : "alpha");
	fake_register(&drone, &registration);
	if (state == STATE_HELD) {
		fill_window();
	} else if (state == STATE_IN_FLIGHT && drone.session) {
		fake_send(&drone, "other", "one", REPORT_WISH_FAILURES);
		fake_send(&drone, NULL, "all", REPORT_WISH_ALL);
		fake_send(&other, "fuzzed", "to the fuzzed", REPORT_WISH_ALL);
	}
}

/* ------------------------------------------------------------------------- reading */

/* The bytes of one read behind what was left of the one before, as a peer reads them. True: go
 * on. */
static bool present(struct buf *in)
{
	while (drone.session && buf_size(in)) {
		uint32_t resumes = drone.resumes;
		struct request request;
		const char *why = NULL;
		size_t used;

		arena_reset(&arena);
		switch (front_protobuf.read(buf_slice(in),
					    core_frame_limit(gateway.core, drone.session), &arena,
					    &request, &used, &why)) {
		case FRONT_MORE:
			core_partial(gateway.core, drone.session, true);
			return true;
		case FRONT_BAD:
			must(why != NULL, "no word on what is wrong");
			core_malformed(gateway.core, drone.session, why);
			must(drone.session == NULL, "a bad frame is forgiven");
			return false;
		case FRONT_OK:
			break;
		}
		if (core_request(gateway.core, drone.session, &request) == CORE_HOLD) {
			must(drone.resumes == resumes, "resumed before it is held");
			return true;
		}
		buf_consume(in, used);
	}
	if (drone.session) {
		core_partial(gateway.core, drone.session, false);
	}
	return drone.session != NULL;
}

static void between(uint8_t flags)
{
	if (flags & FLAG_ANSWER) {
		fake_answer(&gateway);
	}
	if (flags & FLAG_TIME) {
		fake_pass(&gateway, 20000);
	}
	if (!(flags & FLAG_DEAF)) {
		fake_drain(&drone);
	}
}

static void play(struct slice stream, uint8_t cut, uint8_t flags)
{
	struct buf in;
	bool on = drone.session != NULL;

	buf_init(&in);
	while (on && stream.size) {
		size_t size = cut % 64 ? cut % 64u : stream.size;

		size = size < stream.size ? size : stream.size;
		must(buf_append(&in, stream.data, size) == 0, "memory is out");
		stream = slice_of(stream.data + size, stream.size - size);
		cut = (uint8_t)(cut * 5 + 1);
		on = present(&in);
		between(flags);
	}
	buf_fini(&in);
}

/* Everything is decided, everyone goes, nothing is left. */
static void end(void)
{
	fake_pass(&gateway, 100000);
	must(core_next_deadline(gateway.core) > gateway.now.mono_us, "something is overdue");
	must(core_stats(gateway.core)->pending == 0, "something is undecided");
	must(fake_accounts_close(&gateway), "the accounts do not close");
	core_shutdown(gateway.core);
	must(drone.session == NULL && other.session == NULL, "a session is left");
	must(core_sessions(gateway.core) == 0 && core_in_flight(gateway.core) == 0,
	     "something is left");
	fake_close(&gateway);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limits limits = fake_limits();

	if (size < HEAD || size > STREAM_MAX) {
		return 0;
	}
	limits.max_in_flight_per_drone = 3;
	limits.presence_backlog = 32;
	fake_open(&gateway, &limits);
	arena_init(&arena, ARENA);
	buf_init(&out);
	reach(data[0] % STATES, data[2]);
	play(slice_of(data + HEAD, size - HEAD), data[1], data[2]);
	must(fake_accounts_close(&gateway), "the accounts do not close");
	end();
	buf_fini(&out);
	arena_fini(&arena);
	return 0;
}
