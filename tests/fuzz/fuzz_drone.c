/* A drone's bytes through the front end into a real core, by the state of its session.
 *
 * Byte 0: the state (new, registered, in a scenario, held, with messages in flight, a star's spoke
 * or hub, with deliveries that wait for their time, with the simulator away and messages
 * that wait for it or go past it, asking for an id that another has, at a gateway that drains,
 * challenged to prove its id). Byte 1: how the stream is cut into reads. Byte 2, bits: the
 * simulator answers between reads; the drone does not read; it takes small frames alone; time
 * passes; answers have a delay; they alter payloads; the link comes and goes; the configuration
 * changes. The rest is the stream. All that the core says goes through the front end's writer, and
 * what it writes must be readable and within the drone's largest frame. */
#include <stdio.h>
#include <stdlib.h>

#include "core/state.h"
#include "front/front.h"
#include "lib/fake_ports.h"
#include "wire/drone_codec.h"
#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 3, ARENA = 1024 * 1024, STREAM_MAX = 64 * 1024, SMALL_FRAME = 768 };
enum {
	FLAG_ANSWER = 1,
	FLAG_DEAF = 2,
	FLAG_SMALL = 4,
	FLAG_TIME = 8,
	FLAG_DELAY = 16,
	FLAG_ALTER = 32,
	FLAG_LINK = 64,
	FLAG_RELOAD = 128
};
enum {
	STATE_NEW,
	STATE_REGISTERED,
	STATE_MEMBER,
	STATE_HELD,
	STATE_IN_FLIGHT,
	STATE_SPOKE,
	STATE_HUB,
	STATE_WAITING,
	STATE_QUEUED,
	STATE_BYPASS,
	STATE_ASKING,
	STATE_DRAINING,
	STATE_PROVING,
	STATES
};

/* Where the drone is, and the others with it. */
static const char *const places[STATES] = {"alpha", NULL,    "alpha", "alpha", "alpha",
					   "star",  "star",  "slow",  "later", "past",
					   "alpha", "alpha", "alpha"};

static struct fake_gateway gateway;
static struct fake_drone drone, other, hub;
static uint32_t answered; /* transmits that the simulator need not look at any more */
static bool up;		  /* the link */
static bool challenged;	  /* all that the drone registers for must be proved */
static bool proved;	  /* and was */
static bool held;	  /* what was presented waits ... */
static uint32_t held_at;  /* ... until there have been more resumes */
static struct parameter seed = {.key = {(const uint8_t *)"seed", 4}};
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
	must(front_protobuf.write(&out, event, max_frame, NULL) == 0, "an event cannot be written");
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

/* ------------------------------------------------------------------- who gets in */

static bool give_nonce(void *ctx, uint8_t nonce[AUTH_NONCE_BYTES])
{
	(void)ctx;
	memset(nonce, 'n', AUTH_NONCE_BYTES);
	return true;
}

/* The proof is the nonce, for ids that have a secret. */
static enum proof_verdict proves(void *ctx, struct slice id, const uint8_t nonce[AUTH_NONCE_BYTES],
				 const uint8_t *proof)
{
	(void)ctx;
	must(challenged && !proved, "a proof that nobody asked for");
	proved = !slice_equal(id, slice_str("stranger")) &&
		 memcmp(nonce, proof, AUTH_NONCE_BYTES) == 0;
	return proved ? PROOF_RIGHT : PROOF_WRONG;
}

static bool allows(void *ctx, struct slice id, struct slice scenario)
{
	(void)ctx;
	return !challenged || !slice_equal(id, slice_str("fuzzed")) ||
	       !slice_equal(scenario, slice_str("beta"));
}

static bool is_withdrawn(void *ctx, struct slice id)
{
	(void)ctx;
	return challenged && slice_equal(id, slice_str("fuzzed"));
}

static const struct access_ops access_ops = {
	.nonce = give_nonce, .proves = proves, .allows = allows, .withdrawn = is_withdrawn};

/* ---------------------------------------------------------------------- its state */

static void fill_window(void)
{
	while (drone.session && fake_send(&drone, "other", "full", REPORT_WISH_ALL) == CORE_TAKEN) {
	}
}

static void go_down(void)
{
	fake_sim_down(&gateway);
	answered = gateway.sim.count;
	up = false;
}

static void go_up(void)
{
	fake_sim_up(&gateway);
	up = true;
}

/* The others, one of whom is the star's hub if the drone is not that itself. */
static void join_others(unsigned state)
{
	const char *place = places[state] ? places[state] : "alpha";

	fake_join(&gateway, &other, "other", place);
	fake_join(&gateway, &hub, state == STATE_HUB ? "third" : "hub", place);
	other.watch = encode;
	hub.watch = encode;
	fake_ask(&other, REQUEST_JOIN_GROUP, "wing");
	fake_ask(&hub, REQUEST_JOIN_GROUP, "wing");
}

static void send_some(const char *name)
{
	fake_send(&drone, "other", "one", REPORT_WISH_FAILURES);
	if (drone.session) {
		fake_send(&drone, NULL, "all", REPORT_WISH_ALL);
	}
	if (drone.session) {
		fake_send_group(&drone, "wing", "group", REPORT_WISH_ALL);
	}
	if (other.session) {
		fake_send(&other, name, "to the fuzzed", REPORT_WISH_ALL);
	}
}

static void answer(uint8_t flags);

/* What others do while the drone is in its state. */
static void stir(unsigned state)
{
	if (state == STATE_WAITING) {
		answer(FLAG_DELAY);
	} else if (state == STATE_DRAINING) {
		core_drain(gateway.core);
	}
}

static void reach(unsigned state, uint8_t flags)
{
	struct request_registration registration =
		fake_registration(state == STATE_HUB	  ? "hub"
				  : state == STATE_ASKING ? "other"
							  : "fuzzed");

	go_up();
	join_others(state);
	/* from another host an id is not taken over at once */
	fake_attach(&gateway, &drone,
		    state == STATE_ASKING || (state == STATE_NEW && (flags & FLAG_SMALL)) ? 2 : 1);
	drone.watch = encode;
	if (flags & FLAG_DEAF) {
		drone.event_bytes = 500;
	}
	if (state == STATE_NEW) {
		return;
	}
	registration.max_frame_bytes = flags & FLAG_SMALL ? SMALL_FRAME : 0;
	registration.scenario = slice_str(places[state]);
	registration.id_proof = challenged ? ID_SECRET : ID_FREE;
	fake_register(&drone, &registration);
	if (state == STATE_QUEUED || state == STATE_BYPASS) {
		go_down();
	}
	if (state == STATE_HELD) {
		fill_window();
	} else if (state >= STATE_IN_FLIGHT && drone.session &&
		   drone.session->state == SESSION_ACTIVE) {
		send_some(state == STATE_HUB ? "hub" : "fuzzed");
	}
	stir(state);
}

/* --------------------------------------------------------------------- the others */

/* Everything that has been sent since, as long as anything is. */
static void answer(uint8_t flags)
{
	struct reception receptions[FAKE_ITEMS];

	while (up && answered < gateway.sim.count) {
		uint32_t back = gateway.sim.count - ++answered;
		const struct fake_transmit *transmit = fake_transmit(&gateway, back);
		size_t count = 0;

		if (!transmit) {
			continue; /* so long ago that it is not kept: it has no answer */
		}
		while (count < transmit->count && count < FAKE_ITEMS) {
			struct reception *reception = &receptions[count];

			*reception =
				fake_reception(transmit->receivers[count], OUTCOME_DELIVERED, "");
			reception->delay_us = flags & FLAG_DELAY ? 15000 : 0;
			reception->altered = (flags & FLAG_ALTER) && transmit->payload_size;
			reception->payload = slice_of("X", reception->altered);
			count++;
		}
		fake_result(&gateway, back, receptions, count, false);
	}
}

/* Another channel for one, other rules for another, one that comes and goes. */
static void change(void)
{
	static const char digits[] = "0123456789";
	static const char hubs[2][8] = {"hub", "other"};
	struct scenario_config *scenarios = gateway.scenarios;

	seed.value = slice_of(digits + gateway.sim.order_count % 10, 1);
	scenarios[FAKE_ALPHA].parameters = &seed;
	scenarios[FAKE_ALPHA].parameter_count = 1;
	scenarios[FAKE_STAR].spoke_to_spoke ^= SPOKES_DENY;
	scenarios[FAKE_STAR].has_origin = !scenarios[FAKE_STAR].has_origin;
	scenarios[FAKE_STAR].on_simulator_down ^= DOWN_BYPASS;
	memcpy(scenarios[FAKE_STAR].hub, hubs[answered % 4 == 3], sizeof(hubs[0]));
	scenarios[FAKE_SLOW].delay_real = !scenarios[FAKE_SLOW].delay_real;
	gateway.config.scenario_count ^= FAKE_SCENARIOS ^ FAKE_LATER;
	gateway.config.limits.max_in_flight_per_drone ^= 1;
	fake_reload(&gateway);
	if (up) {
		fake_accept(&gateway, 0);
		core_sim_status(gateway.core, 0, gateway.core->scenarios[FAKE_BETA]->number, false,
				slice_str("no such model"));
	}
}

/* ------------------------------------------------------------------------- reading */

/* The bytes of one read behind what was left of the one before, as a peer reads them. True: go
 * on. */
static bool present(struct buf *in)
{
	while (drone.session && buf_size(in) && !(held && drone.resumes == held_at)) {
		uint32_t resumes = drone.resumes;
		struct request request;
		const char *why = NULL;
		size_t used;

		arena_reset(&arena);
		switch (front_protobuf.read(buf_slice(in), 0,
					    core_frame_limit(gateway.core, drone.session), NULL,
					    &arena, &request, &used, &why)) {
		case FRONT_SKIP:
			must(false, "frames pass over nothing");
			return false;
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
		if (request.kind == REQUEST_REGISTRATION && challenged) {
			request.registration.id_proof = ID_SECRET; /* as its listener says */
		}
		if (core_request(gateway.core, drone.session, &request) == CORE_HOLD) {
			must(drone.resumes == resumes, "resumed before it is held");
			held = true;
			held_at = resumes;
			return true;
		}
		buf_consume(in, used);
	}
	if (drone.session && !buf_size(in)) {
		core_partial(gateway.core, drone.session, false);
	}
	return drone.session != NULL;
}

static void between(uint8_t flags)
{
	if (flags & FLAG_ANSWER) {
		answer(flags);
		if (drone.session && drone.session->state == SESSION_ASKING && other.session) {
			fake_ask(&other, REQUEST_PONG, NULL); /* it is there */
		}
	}
	if (flags & FLAG_TIME) {
		fake_pass(&gateway, 20000);
	}
	if (flags & FLAG_LINK) {
		if (up) {
			go_down();
		} else {
			go_up();
		}
	}
	if (flags & FLAG_RELOAD) {
		change();
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
		must(!challenged || proved || !drone.session ||
			     drone.session->state != SESSION_ACTIVE,
		     "let in without a proof");
		between(flags);
	}
	buf_fini(&in);
}

/* Everything is decided, everyone goes, nothing is left. */
static void end(uint8_t flags)
{
	/* a queue's time, then one for each hop; or it ends as it stands */
	for (int i = 0; i < 3 && !(flags & FLAG_ALTER); i++) {
		fake_pass(&gateway, 100000);
		must(core_next_deadline(gateway.core) > gateway.now.mono_us,
		     "something is overdue");
	}
	must((flags & FLAG_ALTER) || core_stats(gateway.core)->pending == 0,
	     "something is undecided");
	must((flags & FLAG_ALTER) || fake_all_is_over(&gateway) ||
		     (drone.session && !list_empty(&drone.session->reports)),
	     "something is kept");
	core_shutdown(gateway.core);
	must(drone.session == NULL && other.session == NULL && hub.session == NULL,
	     "a session is left");
	must(core_sessions(gateway.core) == 0 && fake_all_is_over(&gateway), "something is left");
	fake_close(&gateway);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limits limits = fake_limits();

	if (size < HEAD || size > STREAM_MAX) {
		return 0;
	}
	limits.max_in_flight_per_drone = 3;
	limits.max_groups_per_drone = 2;
	limits.max_waiting = 8;
	limits.max_queued = 4;
	limits.queue_ms = 50;
	limits.takeover_ms = 50;
	limits.auth_delay_ms = 30;
	limits.auth_max_failures = 1;
	limits.auth_ban_ms = 200;
	limits.presence_backlog = 32;
	answered = 0;
	held = false;
	proved = false;
	challenged = data[0] % STATES == STATE_PROVING;
	fake_configure(&gateway, &limits);
	gateway.config.access = (struct access_port){.ops = &access_ops};
	gateway.simulators[0].max_in_flight = 5;
	fake_start(&gateway);
	arena_init(&arena, ARENA);
	buf_init(&out);
	reach(data[0] % STATES, data[2]);
	play(slice_of(data + HEAD, size - HEAD), data[1], data[2]);
	must(fake_accounts_close(&gateway), "the accounts do not close");
	end(data[2]);
	buf_fini(&out);
	arena_fini(&arena);
	return 0;
}
