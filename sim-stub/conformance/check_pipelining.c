/* Many requests at once, and the order in which they are taken and answered. */
#include <stdio.h>

#include "conformance/checks.h"

enum { MANY = 500, PINGS = 50, ORDERED = 300, WORLD_TRANSMITS = 100, ALL_OTHERS = 5 };

/* Everyone to one, or to all others, in turns, with payloads of several lengths. */
static void say_many(struct bench *bench, struct caller *caller, const struct cast *cast,
		     size_t count)
{
	static const size_t sizes[] = {0, 1, 20, 300, 1400};

	for (size_t key = 0; key < count; key++) {
		uint32_t from = (uint32_t)(key % cast->count), to[ALL_OTHERS];

		for (uint32_t i = 0; i < ALL_OTHERS; i++) {
			to[i] = (from + 1 + i) % cast->count;
		}
		bench_say_transmit(bench, caller, cast,
				   &(struct question){.key = key,
						      .from = from,
						      .origin = from,
						      .to = to,
						      .to_count = key % 3 ? 1 : ALL_OTHERS,
						      .sequence = 1 + key / cast->count,
						      .payload_size = sizes[key % 5]});
	}
}

static void many_transmits(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct caller *caller = bench_play(bench, &cast, MANY, MANY * ALL_OTHERS);

	if (!caller) {
		return;
	}
	say_many(bench, caller, &cast, MANY);
	bench_await_all(bench, caller);
}

static void pings_between(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct caller *caller = bench_play(bench, &cast, PINGS, PINGS * ALL_OTHERS);

	if (!caller) {
		return;
	}
	say_many(bench, caller, &cast, PINGS);
	for (unsigned i = 0; i < PINGS; i++) {
		caller_say_ping(caller);
	}
	bench_await_all(bench, caller);
}

static void scenarios_between(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct caller *caller = bench_play(bench, &cast, PINGS, PINGS * ALL_OTHERS);

	if (!caller) {
		return;
	}
	say_many(bench, caller, &cast, PINGS);
	bench_say_scenario(bench, caller, 2, "second");
	bench_say_scenario(bench, caller, 3, "third");
	bench_await_all(bench, caller);
}

/* A node that relays for another; and for one that has left since. */
static void relayed(struct bench *bench)
{
	const struct cast cast = cast_usual();
	const uint32_t hub = 1, last = 2;
	struct caller *caller = bench_play(bench, &cast, 2, 2);

	if (!caller) {
		return;
	}
	for (size_t key = 0; key < 2; key++) {
		bench_say_transmit(bench, caller, &cast,
				   &(struct question){.key = key,
						      .from = key ? hub : 0,
						      .to = key ? &last : &hub,
						      .to_count = 1,
						      .sequence = 1,
						      .payload_size = 40});
	}
	bench_await_all(bench, caller);
}

/* The same numbers, but in another world, from which node 2 has gone. */
static void two_at_once(struct bench *bench)
{
	const struct cast cast = cast_usual();
	const struct to_sim removal = {.kind = TO_SIM_REMOVE_NODE,
				       .remove_node = {cast.scenario, cast_number(&cast, 2)}};
	const uint32_t to[] = {1, 2, 3};
	struct caller *one = bench_call(bench), *two = one ? bench_call(bench) : NULL;
	struct answers *of_two;

	if (!two || !bench_stage(bench, one, &cast) || !bench_send(bench, one) ||
	    !bench_stage(bench, two, &cast)) {
		return;
	}
	caller_say(two, &removal);
	caller_say_ping(two);
	if (!bench_await(bench, two) ||
	    !bench_ask(bench, one, WORLD_TRANSMITS, 3 * WORLD_TRANSMITS)) {
		return;
	}
	of_two = bench_ask(bench, two, WORLD_TRANSMITS, 3 * WORLD_TRANSMITS);
	if (!of_two) {
		return;
	}
	for (size_t key = 0; key < WORLD_TRANSMITS; key++) {
		const struct question question = {
			.key = key, .to = to, .to_count = 3, .sequence = key + 1};

		bench_say_transmit(bench, one, &cast, &question);
		bench_say_transmit(bench, two, &cast, &question);
		answers_excuse(of_two, key, cast_number(&cast, 2));
	}
	if (!bench_send(bench, one) || !bench_send(bench, two) || !bench_await_all(bench, two) ||
	    !bench_await_all(bench, one)) {
		return;
	}
	for (size_t key = 0; key < WORLD_TRANSMITS; key++) {
		if (answers_fate(of_two, key, 1)->times) {
			bench_fail(bench,
				   "expected a node removed on this connection to be left out; "
				   "came a reception of it: it is known of another connection");
		}
	}
}

const struct check checks_pipelining[] = {
	{"pipelining",
	 "500 transmits sent without waiting are each answered once, for all receivers",
	 WHERE_RULES, NEEDS_SCENARIO, 1, many_transmits},
	{"pipelining", "pings are answered while transmits are under way", WHERE_BODIES,
	 NEEDS_SCENARIO, 1, pings_between},
	{"pipelining", "scenarios are taken while transmits are under way", WHERE_BODIES,
	 NEEDS_SCENARIO, 1, scenarios_between},
	{"pipelining", "both hops of a relayed message are answered", WHERE_BODIES, NEEDS_SCENARIO,
	 1, relayed},
	{"pipelining", "two connections at a time have worlds of their own", WHERE_BODIES,
	 NEEDS_SCENARIO, 1, two_at_once},
	{0},
};

/* --------------------------------------------------------------- order */

/* Whether they are told of different places. */
static bool elsewhere(const struct fate *a, const struct fate *b)
{
	char how[200];

	if (a->numbers.distance_m > 0 && b->numbers.distance_m > 0) {
		return a->numbers.distance_m < b->numbers.distance_m ||
		       a->numbers.distance_m > b->numbers.distance_m;
	}
	return !fate_same(a, b, how, sizeof(how));
}

/* Transmit, move, transmit, move back, transmit: the same message three times. */
static void requests_in_order(struct bench *bench)
{
	const struct cast cast = cast_usual();
	const uint32_t to = 1;
	struct question question = {.to = &to, .to_count = 1, .sequence = 1, .payload_size = 100};
	struct caller *caller = bench_play(bench, &cast, 3, 3);
	const struct answers *answers;

	if (!caller) {
		return;
	}
	answers = caller->answers;
	for (; question.key < 3; question.key++) {
		bench_say_node(bench, caller, &cast, 1,
			       question.key == 1 ? (struct vector){1700, 800, 90} : cast_place(1));
		bench_say_transmit(bench, caller, &cast, &question);
	}
	if (!bench_await_all(bench, caller)) {
		return;
	}
	if (elsewhere(answers_fate(answers, 0, 0), answers_fate(answers, 2, 0))) {
		bench_fail(bench,
			   "expected the numbers of the place from which the node was moved, "
			   "and to which it came back; came others");
	} else if (!elsewhere(answers_fate(answers, 0, 0), answers_fate(answers, 1, 0))) {
		bench_fail(bench,
			   "expected other numbers after the node was moved 1500 m away; came "
			   "the same: a transmit meets the nodes as they were set before it");
	}
}

static void answers_in_order(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct caller *caller = bench_play(bench, &cast, ORDERED, ORDERED * ALL_OTHERS);
	const struct answers *answers;

	if (!caller) {
		return;
	}
	answers = caller->answers;
	say_many(bench, caller, &cast, ORDERED);
	if (bench_await_all(bench, caller) && answers->out_of_order) {
		bench_note(
			bench,
			"they do not, which is allowed; the gateway hands over in the order of the "
			"answers (%zu of %d were not in their place)",
			answers->out_of_order, ORDERED);
	}
}

const struct check checks_order[] = {
	{"order", "a transmit meets the nodes as they were set before it", WHERE_RULES,
	 NEEDS_SCENARIO, 1, requests_in_order},
	{"order", "answers come in the order of the requests", WHERE_RULES, NEEDS_SCENARIO, 1,
	 answers_in_order},
	{0},
};
