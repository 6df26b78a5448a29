#include "conformance/bench.h"

#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "identity.h"

enum { NODE_NAMES = 6, SEQUENCE_GAP_US = 100000 };

/* Wide, so that who keeps 32 bits of an id is found out. */
#define FIRST_ID 0xc0de000000000001u

/* --------------------------------------------------------------- life */

static bool find_address(struct bench *bench)
{
	const struct options *at = &bench->plan->at;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found;
	int error = getaddrinfo(at->host, at->port, &hints, &found);

	if (error != 0) {
		fprintf(stderr, "%s: --conformance %s: %s\n", this_simulator.name,
			bench->plan->target, gai_strerror(error));
		return false;
	}
	memcpy(&bench->address, found->ai_addr, found->ai_addrlen);
	bench->address_size = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

bool bench_init(struct bench *bench, const struct plan *plan)
{
	*bench = (struct bench){.plan = plan, .started_unix_us = clock_now().unix_us};
	memcpy(bench->parameters, plan->parameters, sizeof(bench->parameters));
	for (size_t i = 0; i < sizeof(bench->payload); i++) {
		bench->payload[i] = (uint8_t)(i * 7 + 1);
	}
	return find_address(bench);
}

void bench_fini(struct bench *bench)
{
	answers_fini(&bench->baseline);
}

void bench_begin(struct bench *bench, unsigned patience)
{
	bench->verdict = VERDICT_OK;
	bench->finding[0] = '\0';
	bench->patience_us = bench->plan->patience_us * patience;
	bench->deadline_us = clock_mono_us() + bench->patience_us;
}

void bench_end(struct bench *bench)
{
	while (bench->callers_used) {
		caller_fini(&bench->callers[--bench->callers_used]);
	}
	while (bench->answers_used) {
		answers_fini(&bench->answers[--bench->answers_used]);
	}
}

/* ------------------------------------------------------------ findings */

static void find(struct bench *bench, enum verdict verdict, const char *format, va_list values)
{
	if (verdict > bench->verdict) {
		bench->verdict = verdict;
		vsnprintf(bench->finding, sizeof(bench->finding), format, values);
	}
}

bool bench_fail(struct bench *bench, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	find(bench, VERDICT_FAIL, format, values);
	va_end(values);
	return false;
}

void bench_note(struct bench *bench, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	find(bench, VERDICT_NOTE, format, values);
	va_end(values);
}

void bench_skip(struct bench *bench, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	find(bench, VERDICT_SKIP, format, values);
	va_end(values);
}

/* --------------------------------------------------------- connections */

struct caller *bench_connect(struct bench *bench)
{
	struct caller *caller = &bench->callers[bench->callers_used++];
	int error;

	caller_init(caller);
	error = line_open(&caller->line, (const struct sockaddr *)&bench->address,
			  bench->address_size, bench->deadline_us);
	if (error < 0) {
		bench_fail(bench, "expected a connection; came: %s", strerror(-error));
		return NULL;
	}
	return caller;
}

static bool await_failed(struct bench *bench, const struct caller *caller,
			 enum caller_status_code status)
{
	char due[200];

	caller_due(caller, due, sizeof(due));
	switch (status) {
	case CALLER_LATE:
		return bench_fail(bench, "expected %s within %g s; nothing more came", due,
				  (double)bench->patience_us / 1e6);
	case CALLER_OVER:
		return bench_fail(bench, "expected %s; the simulator closed the connection", due);
	case CALLER_FAULT:
	case CALLER_HEARD:
		break;
	}
	return bench_fail(bench, "expected %s; came: %s", due, caller->fault);
}

bool bench_send_cut(struct bench *bench, struct caller *caller, size_t piece)
{
	return caller_send(caller, piece, bench->deadline_us) ||
	       await_failed(bench, caller, CALLER_FAULT);
}

bool bench_send(struct bench *bench, struct caller *caller)
{
	return bench_send_cut(bench, caller, 0);
}

bool bench_await(struct bench *bench, struct caller *caller)
{
	enum caller_status_code status;

	if (!bench_send(bench, caller)) {
		return false;
	}
	status = caller_listen(caller, bench->deadline_us);
	return status == CALLER_HEARD || await_failed(bench, caller, status);
}

bool bench_await_all(struct bench *bench, struct caller *caller)
{
	if (!bench_await(bench, caller)) {
		return false;
	}
	switch (caller_listen_on(caller, clock_mono_us() + BENCH_QUIET_US)) {
	case CALLER_HEARD:
	case CALLER_LATE:
		return true;
	case CALLER_OVER:
		return bench_fail(bench, "expected the connection to stay; the simulator closed it "
					 "after the last answer");
	case CALLER_FAULT:
		break;
	}
	return bench_fail(bench, "expected nothing after the last answer; came: %s", caller->fault);
}

struct caller *bench_call(struct bench *bench)
{
	struct caller *caller = bench_connect(bench);

	if (!caller) {
		return NULL;
	}
	caller_say_hello(caller, PROTOCOL_VERSION);
	return bench_await(bench, caller) ? caller : NULL;
}

/* --------------------------------------------------------------- scene */

struct vector cast_place(uint32_t index)
{
	static const struct vector places[NODE_NAMES] = {
		{0, 0, 50},	 {300, 0, 60},	   {0, 500, 40},
		{-900, 100, 80}, {400, -1200, 30}, {-700, -1500, 100},
	};

	return places[index % NODE_NAMES];
}

struct cast cast_usual(void)
{
	return (struct cast){
		.scenario_name = "conformance",
		.scenario = 1,
		.first_node = 1,
		.count = NODE_NAMES,
		.place = cast_place,
	};
}

uint32_t cast_number(const struct cast *cast, uint32_t index)
{
	return cast->first_node + (cast->downwards ? cast->count - 1 - index : index);
}

void cast_name(const struct cast *cast, uint32_t index, char name[CAST_NAME_BYTES])
{
	static const char *const usual[NODE_NAMES] = {"alpha", "bravo", "charlie",
						      "delta", "echo",	"foxtrot"};

	if (cast->prefix || index >= NODE_NAMES) {
		snprintf(name, CAST_NAME_BYTES, "%s%u", cast->prefix ? cast->prefix : "node",
			 (unsigned)index);
	} else {
		snprintf(name, CAST_NAME_BYTES, "%s", usual[index]);
	}
}

void bench_say_scenario(struct bench *bench, struct caller *caller, uint32_t number,
			const char *name)
{
	const struct to_sim told = {
		.kind = TO_SIM_SET_SCENARIO,
		.set_scenario = {.scenario = number,
				 .name = slice_str(name),
				 .parameters = bench->parameters,
				 .parameter_count = bench->plan->parameter_count},
	};

	caller_say(caller, &told);
}

void bench_say_node(struct bench *bench, struct caller *caller, const struct cast *cast,
		    uint32_t index, struct vector place)
{
	char name[CAST_NAME_BYTES];
	struct to_sim told = {
		.kind = TO_SIM_SET_NODE,
		.set_node = {.scenario = cast->scenario,
			     .node = cast_number(cast, index),
			     .has_position = true,
			     .position = place,
			     .at_us = bench->started_unix_us},
	};

	cast_name(cast, index, name);
	told.set_node.name = slice_str(name);
	caller_say(caller, &told);
}

void bench_say_nodes(struct bench *bench, struct caller *caller, const struct cast *cast)
{
	for (uint32_t i = 0; i < cast->count; i++) {
		uint32_t index = cast->downwards ? cast->count - 1 - i : i;

		bench_say_node(bench, caller, cast, index, cast->place(index));
	}
}

bool bench_stage(struct bench *bench, struct caller *caller, const struct cast *cast)
{
	bench_say_scenario(bench, caller, cast->scenario, cast->scenario_name);
	if (!bench_await(bench, caller)) {
		return false;
	}
	if (!caller->status.ok || caller->status.scenario != cast->scenario) {
		return bench_fail(bench,
				  "expected scenario_status %u (ok); came: scenario_status %u (%s: "
				  "%s)",
				  (unsigned)cast->scenario, (unsigned)caller->status.scenario,
				  caller->status.ok ? "ok" : "refused", caller->status.message);
	}
	bench_say_nodes(bench, caller, cast);
	return true;
}

/* ----------------------------------------------------------- transmits */

struct answers *bench_ask(struct bench *bench, struct caller *caller, size_t transmits,
			  size_t receivers)
{
	struct answers *answers = &bench->answers[bench->answers_used++];
	/* other ids each time */
	uint64_t first_id = FIRST_ID + ((uint64_t)++bench->asks << 32);

	if (!answers_init(answers, &bench->blemishes, first_id, transmits, receivers)) {
		bench_fail(bench, "out of memory here");
		return NULL;
	}
	caller->answers = answers;
	return answers;
}

struct caller *bench_play(struct bench *bench, const struct cast *cast, size_t transmits,
			  size_t receivers)
{
	struct caller *caller = bench_call(bench);

	if (!caller || !bench_stage(bench, caller, cast) ||
	    !bench_ask(bench, caller, transmits, receivers)) {
		return NULL;
	}
	return caller;
}

void bench_say_transmit(struct bench *bench, struct caller *caller, const struct cast *cast,
			const struct question *question)
{
	uint32_t few[64];
	uint32_t *numbers =
		question->to_count <= 64 ? few : malloc(question->to_count * sizeof(*numbers));
	struct sim_transmit transmit = {
		.scenario = cast->scenario,
		.transmitter = cast_number(cast, question->from),
		.origin = cast_number(cast, question->origin),
		.receivers = numbers,
		.receiver_count = question->to_count,
		.sequence = question->sequence,
		.payload = slice_of(bench->payload, question->payload_size),
		.sent_at_us = bench->started_unix_us + question->sequence * SEQUENCE_GAP_US,
	};

	if (!numbers) {
		caller->no_memory = true;
		return;
	}
	for (size_t i = 0; i < question->to_count; i++) {
		numbers[i] = cast_number(cast, question->to[i]);
	}
	answers_expect(caller->answers, question->key, &transmit, question->unknown);
	caller_say_transmit(caller, &transmit);
	if (numbers != few) {
		free(numbers);
	}
}

void bench_say_unknown(struct bench *bench, struct caller *caller, const struct cast *cast,
		       size_t key)
{
	const uint32_t to = 1;

	bench_say_transmit(
		bench, caller, cast,
		&(struct question){.key = key, .to = &to, .to_count = 1, .unknown = true});
}

void bench_say_one(struct bench *bench, struct caller *caller, const struct cast *cast, size_t key,
		   uint32_t from, uint32_t to)
{
	bench_say_transmit(bench, caller, cast,
			   &(struct question){.key = key,
					      .from = from,
					      .origin = from,
					      .to = &to,
					      .to_count = 1,
					      .sequence = key + 1,
					      .payload_size = 100});
}
