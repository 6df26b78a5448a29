/* The same requests give the same results, whatever else is different: three senders, each with
 * messages to the same receivers, on links that lose some, asked for again and again. */
#include <stdio.h>

#include "conformance/checks.h"
#include "conformance/survey.h"

enum {
	MESSAGES = 100, /* of each sender */
	TRANSMITS = SURVEY_SENDERS * MESSAGES,
	PIECE = 1021, /* not a divisor of anything */
	OTHER_TRAFFIC_EVERY = 7,
};

/* To whom: those that lose some packets; else whoever is near. */
struct receivers {
	uint32_t to[LOSSY_MAX];
	size_t count, payload_size;
};

static struct receivers receivers_of(const struct bench *bench)
{
	struct receivers receivers = {.count = bench->lossy.count,
				      .payload_size = bench->lossy.payload_size};

	memcpy(receivers.to, bench->lossy.receivers, sizeof(receivers.to));
	if (receivers.count == 0) {
		receivers = (struct receivers){
			.to = {SURVEY_SENDERS, SURVEY_SENDERS + 60, SURVEY_SENDERS + 120},
			.count = 3,
			.payload_size = 100};
	}
	return receivers;
}

/* The senders and those receivers alone. */
static void say_cast(struct bench *bench, struct caller *caller, const struct cast *cast)
{
	const struct receivers receivers = receivers_of(bench);

	for (uint32_t i = 0; i < SURVEY_SENDERS + receivers.count; i++) {
		uint32_t place =
			cast->downwards ? (uint32_t)(SURVEY_SENDERS + receivers.count - 1 - i) : i;
		uint32_t index =
			place < SURVEY_SENDERS ? place : receivers.to[place - SURVEY_SENDERS];

		bench_say_node(bench, caller, cast, index, cast->place(index));
	}
}

static void say_message(struct bench *bench, struct caller *caller, const struct cast *cast,
			uint32_t sender, uint32_t message)
{
	const struct receivers receivers = receivers_of(bench);

	bench_say_transmit(bench, caller, cast,
			   &(struct question){.key = sender * MESSAGES + message,
					      .from = sender,
					      .origin = sender,
					      .to = receivers.to,
					      .to_count = receivers.count,
					      .sequence = message + 1,
					      .payload_size = receivers.payload_size});
}

static void say_by_sender(struct bench *bench, struct caller *caller, const struct cast *cast)
{
	for (uint32_t sender = 0; sender < SURVEY_SENDERS; sender++) {
		for (uint32_t message = 0; message < MESSAGES; message++) {
			say_message(bench, caller, cast, sender, message);
		}
	}
}

static void say_in_turns(struct bench *bench, struct caller *caller, const struct cast *cast)
{
	for (uint32_t message = 0; message < MESSAGES; message++) {
		for (uint32_t sender = SURVEY_SENDERS; sender-- > 0;) {
			say_message(bench, caller, cast, sender, message);
		}
	}
}

/* A caller on whose stage the cast stands, and from whom answers are expected. NULL: failed. */
static struct caller *prepare(struct bench *bench, const struct cast *cast)
{
	struct cast empty = *cast;
	struct caller *caller = bench_call(bench);

	empty.count = 0;
	if (!caller || !bench_stage(bench, caller, &empty) ||
	    !bench_ask(bench, caller, TRANSMITS + 1, (TRANSMITS + 1) * LOSSY_MAX)) {
		return NULL;
	}
	say_cast(bench, caller, cast);
	return caller;
}

/* ----------------------------------------------------------- comparison */

/* One message as it was answered to both. False: it differs, and the check has failed. */
static bool compare_message(struct bench *bench, const struct answers *answers, size_t key)
{
	const struct cast cast = survey_cast();
	const struct receivers receivers = receivers_of(bench);
	char how[200], from[CAST_NAME_BYTES], to[CAST_NAME_BYTES];

	for (size_t i = 0; i < receivers.count; i++) {
		if (!fate_same(answers_fate(&bench->baseline, key, i),
			       answers_fate(answers, key, i), how, sizeof(how))) {
			cast_name(&cast, (uint32_t)(key / MESSAGES), from);
			cast_name(&cast, receivers.to[i], to);
			return bench_fail(
				bench,
				"expected the same results; came, for message %zu of %s to "
				"%s: %s",
				key % MESSAGES + 1, from, to, how);
		}
	}
	return true;
}

static void compare(struct bench *bench, const struct answers *answers)
{
	for (size_t key = 0; key < TRANSMITS; key++) {
		if (answers->asked[key].asked && !compare_message(bench, answers, key)) {
			return;
		}
	}
	if (bench->lossy.count == 0) {
		bench_note(bench,
			   "the numbers are; model %s loses no packet at times, so that chance "
			   "was not seen at work",
			   bench->model);
	}
}

static bool has_baseline(struct bench *bench)
{
	if (!bench->baseline.asked) {
		bench_skip(bench, "there is nothing to compare to");
	}
	return bench->baseline.asked != NULL;
}

/* --------------------------------------------------------------- checks */

static void on_another_connection(struct bench *bench)
{
	const struct cast cast = survey_cast();
	struct caller *caller;

	if (!survey_look(bench)) {
		return;
	}
	bench_end(bench); /* its connection */
	caller = prepare(bench, &cast);
	if (!caller) {
		return;
	}
	say_by_sender(bench, caller, &cast);
	if (!bench_await_all(bench, caller)) {
		return;
	}
	bench->baseline = *caller->answers;
	bench->answers_used = 0; /* it is kept */
	caller->answers = NULL;
	caller = prepare(bench, &cast);
	if (!caller) {
		return;
	}
	say_by_sender(bench, caller, &cast);
	if (bench_await_all(bench, caller)) {
		compare(bench, caller->answers);
	}
}

static void under_other_numbers(struct bench *bench)
{
	struct cast cast = survey_cast();
	struct caller *caller;

	cast.scenario = 7;
	cast.first_node = 401;
	cast.downwards = true;
	caller = has_baseline(bench) ? prepare(bench, &cast) : NULL;
	if (!caller) {
		return;
	}
	say_by_sender(bench, caller, &cast);
	if (bench_await_all(bench, caller)) {
		compare(bench, caller->answers);
	}
}

static void interleaved(struct bench *bench)
{
	const struct cast cast = survey_cast();
	struct caller *caller = has_baseline(bench) ? prepare(bench, &cast) : NULL;

	if (!caller) {
		return;
	}
	say_in_turns(bench, caller, &cast);
	if (bench_send_cut(bench, caller, PIECE) && bench_await_all(bench, caller)) {
		compare(bench, caller->answers);
	}
}

/* The first sender on one of them, the others on the other. */
static void over_two_connections(struct bench *bench)
{
	const struct cast cast = survey_cast();
	struct caller *callers[2] = {NULL, NULL};

	if (!has_baseline(bench)) {
		return;
	}
	for (int i = 0; i < 2; i++) {
		callers[i] = prepare(bench, &cast);
		if (!callers[i]) {
			return;
		}
	}
	for (uint32_t message = 0; message < MESSAGES; message++) {
		for (uint32_t sender = 0; sender < SURVEY_SENDERS; sender++) {
			say_message(bench, callers[sender > 0], &cast, sender, message);
		}
	}
	if (bench_send(bench, callers[1]) && bench_await_all(bench, callers[0]) &&
	    bench_await_all(bench, callers[1])) {
		compare(bench, callers[0]->answers);
		compare(bench, callers[1]->answers);
	}
}

/* Others talk in a scenario of their own in between, and in this one too. */
static void amid_other_traffic(struct bench *bench)
{
	const struct cast cast = survey_cast();
	struct cast others = cast_usual();
	struct caller *caller = has_baseline(bench) ? prepare(bench, &cast) : NULL;
	struct caller *beside;

	others.scenario_name = "others";
	others.scenario = 2;
	beside = caller ? bench_call(bench) : NULL;
	if (!beside || !bench_stage(bench, beside, &others) ||
	    !bench_ask(bench, beside, TRANSMITS, TRANSMITS)) {
		return;
	}
	for (uint32_t message = 0; message < MESSAGES; message++) {
		for (uint32_t sender = 0; sender < SURVEY_SENDERS; sender++) {
			bench_say_one(bench, beside, &others, sender * MESSAGES + message, sender,
				      sender + 1);
			say_message(bench, caller, &cast, sender, message);
		}
		if (message % OTHER_TRAFFIC_EVERY == 0) {
			caller_say_ping(caller);
			if (!bench_send(bench, beside) || !bench_send(bench, caller)) {
				return;
			}
		}
	}
	if (bench_await_all(bench, caller) && bench_await_all(bench, beside)) {
		compare(bench, caller->answers);
	}
}

/* ------------------------------------------------------ draws of their own */

/* Whether chance decided about this pair every time: on a link as on another, by the rates told. */
static bool is_open(const struct bench *bench, size_t sender, size_t at)
{
	for (size_t message = 0; message < MESSAGES; message++) {
		float rate = answers_fate(&bench->baseline, sender * MESSAGES + message, at)
				     ->numbers.packet_error_rate;

		if (!(rate >= 0.1f && rate <= 0.9f)) {
			return false;
		}
	}
	return true;
}

/* How many of the messages met the same fate over both hops. */
static size_t shared_fates(const struct bench *bench, size_t one, size_t at, size_t two,
			   size_t and_at)
{
	size_t shared = 0;

	for (size_t message = 0; message < MESSAGES; message++) {
		shared += answers_fate(&bench->baseline, one * MESSAGES + message, at)->outcome ==
			  answers_fate(&bench->baseline, two * MESSAGES + message, and_at)->outcome;
	}
	return shared;
}

/* Two hops of one sender or of two: with rates from 0.1 to 0.9, draws of their own agree about a
 * hundred messages with a chance of less than (0.9 * 0.9 + 0.1 * 0.1)^100 = 2.5e-9. */
static bool compare_hops(struct bench *bench, const size_t one[2], const size_t two[2],
			 const char *which)
{
	if (!is_open(bench, one[0], one[1]) || !is_open(bench, two[0], two[1])) {
		return false;
	}
	if (shared_fates(bench, one[0], one[1], two[0], two[1]) == MESSAGES) {
		bench_fail(bench,
			   "expected a draw of its own for each hop; all %d messages met the same "
			   "fate "
			   "at %s",
			   MESSAGES, which);
	}
	return true;
}

static void hops_draw_alone(struct bench *bench)
{
	bool compared = false;

	if (!has_baseline(bench)) {
		return;
	}
	for (size_t at = 0; at < bench->lossy.count; at++) {
		for (size_t next = at + 1; next < bench->lossy.count; next++) {
			compared |= compare_hops(bench, (size_t[]){0, at}, (size_t[]){0, next},
						 "two receivers of one sender");
		}
		compared |= compare_hops(bench, (size_t[]){0, at}, (size_t[]){1, at},
					 "one receiver of two senders");
	}
	if (!compared) {
		bench_skip(bench, "model %s has no two links that lose some packets at times",
			   bench->model);
	}
}

const struct check checks_repeatability[] = {
	{"repeatability", "the same requests give the same results on another connection",
	 WHERE_RULES, NEEDS_SCENARIO, 2, on_another_connection},
	{"repeatability", "under other numbers of scenario, nodes and ids", WHERE_RULES,
	 NEEDS_SCENARIO, 1, under_other_numbers},
	{"repeatability", "however senders interleave, and however frames are cut", WHERE_RULES,
	 NEEDS_SCENARIO, 1, interleaved},
	{"repeatability", "spread over two connections", WHERE_RULES, NEEDS_SCENARIO, 1,
	 over_two_connections},
	{"repeatability", "amid the traffic of another gateway", WHERE_RULES, NEEDS_SCENARIO, 1,
	 amid_other_traffic},
	{"repeatability", "each hop has a draw of its own", WHERE_RULES, NEEDS_SCENARIO, 1,
	 hops_draw_alone},
	{0},
};
