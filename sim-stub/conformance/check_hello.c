/* The greeting, and what it clears. */
#include <stdio.h>

#include "base/clock.h"
#include "conformance/checks.h"

bool check_nobody(struct bench *bench, const struct answers *answers, size_t key, const char *who)
{
	const struct transmit_asked *asked = &answers->asked[key];

	for (size_t i = 0; i < asked->count; i++) {
		if (answers_fate(answers, key, i)->times) {
			return bench_fail(bench,
					  "expected a result without receptions; came one about %s",
					  who);
		}
	}
	return true;
}

static void is_silent(struct bench *bench)
{
	struct caller *caller = bench_connect(bench);
	struct from_sim message;

	if (!caller) {
		return;
	}
	switch (line_next(&caller->line, &message, clock_mono_us() + BENCH_QUIET_US)) {
	case LINE_LATE:
		if (buf_size(&caller->line.in)) {
			bench_fail(bench, "expected nothing; came bytes that are not yet a frame");
		}
		break;
	case LINE_OVER:
		bench_fail(bench, "expected nothing; the simulator closed the connection");
		break;
	case LINE_MESSAGE:
		bench_fail(bench, "expected nothing; came a message");
		break;
	case LINE_BAD:
		bench_fail(bench, "expected nothing; came what cannot be read: %s",
			   caller->line.fault);
		break;
	}
}

/* free-space if it is there: everyone can check its numbers, and it loses packets. */
static void choose_model(struct bench *bench, const struct caller_ack *ack)
{
	const char *chosen = "free-space";
	bool there = false;

	if (bench->parameters[0].value.size) {
		caller_show(bench->parameters[0].value, bench->model, sizeof(bench->model));
		return;
	}
	for (size_t i = 0; i < ack->kept_models; i++) {
		there |= strcmp(ack->models[i], chosen) == 0;
	}
	if (!there && ack->kept_models) {
		chosen = ack->models[0];
	}
	snprintf(bench->model, sizeof(bench->model), "%s", chosen);
	bench->parameters[0].value = slice_str(bench->model);
}

static void is_answered(struct bench *bench)
{
	struct caller *caller = bench_call(bench);

	if (!caller) {
		return;
	}
	if (caller->ack.protocol != PROTOCOL_VERSION) {
		bench_fail(bench, "expected hello_ack with protocol 1; came protocol %u",
			   (unsigned)caller->ack.protocol);
		return;
	}
	bench->greeted = true;
	snprintf(bench->simulator, sizeof(bench->simulator), "%.80s %.64s", caller->ack.simulator,
		 caller->ack.version);
	choose_model(bench, &caller->ack);
}

static void names_fit(struct bench *bench)
{
	struct caller *caller = bench_call(bench);

	if (!caller) {
		return;
	}
	if (caller->ack.simulator_size > CONTENT_TYPE_MAX_BYTES ||
	    caller->ack.version_size > CONTENT_TYPE_MAX_BYTES) {
		bench_fail(
			bench,
			"expected names of up to 64 bytes; came a simulator of %zu and a version "
			"of %zu",
			caller->ack.simulator_size, caller->ack.version_size);
	} else if (!caller->ack.is_text) {
		bench_fail(bench,
			   "expected text that can be shown in a log; came \"%s\" and \"%s\"",
			   caller->ack.simulator, caller->ack.version);
	} else if (caller->ack.model_count == 0) {
		bench_note(bench,
			   "no models are listed: operators will not see what they can ask for");
	}
}

static void newer_is_answered(struct bench *bench)
{
	const uint32_t offered = PROTOCOL_VERSION + 6;
	struct caller *caller = bench_connect(bench);

	if (!caller) {
		return;
	}
	caller_say_hello(caller, offered);
	if (bench_await(bench, caller) &&
	    (caller->ack.protocol < PROTOCOL_VERSION || caller->ack.protocol > offered)) {
		bench_fail(bench, "expected a protocol from 1 to %u; came %u", (unsigned)offered,
			   (unsigned)caller->ack.protocol);
	}
}

static void second_clears(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct caller *caller = bench_call(bench);
	struct answers *answers;

	if (!caller || !bench_stage(bench, caller, &cast)) {
		return;
	}
	caller_say_hello(caller, PROTOCOL_VERSION);
	answers = bench_await(bench, caller) ? bench_ask(bench, caller, 1, 1) : NULL;
	if (!answers) {
		return;
	}
	bench_say_unknown(bench, caller, &cast, 0);
	if (bench_await_all(bench, caller)) {
		check_nobody(bench, answers, 0, "a node that was told before the second hello");
	}
}

static void connection_is_new(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct caller *first = bench_call(bench);
	struct caller *second;
	struct answers *answers;

	if (!first || !bench_stage(bench, first, &cast) || !bench_send(bench, first)) {
		return;
	}
	second = bench_call(bench);
	answers = second ? bench_ask(bench, second, 1, 1) : NULL;
	if (!answers) {
		return;
	}
	bench_say_unknown(bench, second, &cast, 0);
	if (bench_await_all(bench, second)) {
		check_nobody(bench, answers, 0, "a node that only another connection was told of");
	}
}

const struct check checks_hello[] = {
	{"hello", "nothing is said before hello", WHERE_ANSWERS, NEEDS_NOTHING, 1, is_silent},
	{"hello", "hello is answered by hello_ack with protocol 1", WHERE_ANSWERS, NEEDED_BY_ALL, 1,
	 is_answered},
	{"hello", "names are text of up to 64 bytes, models are listed", WHERE_ANSWERS, NEEDS_HELLO,
	 1, names_fit},
	{"hello", "a gateway that speaks later versions too is answered", "Compatibility",
	 NEEDS_HELLO, 1, newer_is_answered},
	{0},
};

const struct check checks_hello_again[] = {
	{"hello", "a second hello clears what the connection knew", WHERE_BODIES, NEEDS_SCENARIO, 1,
	 second_clears},
	{"hello", "a new connection begins with nothing", "Dialogues with a simulator",
	 NEEDS_SCENARIO, 1, connection_is_new},
	{0},
};
