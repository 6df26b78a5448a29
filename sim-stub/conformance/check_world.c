/* Scenarios and nodes. */
#include <math.h>
#include <stdio.h>

#include "conformance/checks.h"

enum { LONG_VALUE = 200 };

/* ----------------------------------------------------------- scenarios */

static void is_accepted(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct caller *caller = bench_call(bench);

	if (!caller) {
		return;
	}
	bench_say_scenario(bench, caller, cast.scenario, cast.scenario_name);
	if (!bench_await(bench, caller)) {
		return;
	}
	if (!caller->status.ok) {
		bench_fail(bench,
			   "expected model %s to be taken; refused: %s (choose what it takes by "
			   "--model NAME and --parameter KEY=VALUE)",
			   bench->model, caller->status.message);
		return;
	}
	if (caller->status.scenario != cast.scenario) {
		bench_fail(bench, "expected scenario_status %u; came that of scenario %u",
			   (unsigned)cast.scenario, (unsigned)caller->status.scenario);
		return;
	}
	bench->accepted = true;
}

/* With these parameters alone. */
static bool set_other(struct bench *bench, struct caller *caller, uint32_t number,
		      const struct parameter *parameters, size_t count)
{
	const struct to_sim told = {
		.kind = TO_SIM_SET_SCENARIO,
		.set_scenario = {.scenario = number,
				 .name = slice_str("other"),
				 .parameters = parameters,
				 .parameter_count = count},
	};

	caller_say(caller, &told);
	return bench_await(bench, caller);
}

static bool check_refusal(struct bench *bench, const struct caller_status *status, uint32_t number)
{
	if (status->ok || status->scenario != number) {
		return bench_fail(bench, "expected scenario_status %u (refused); came %u (%s)",
				  (unsigned)number, (unsigned)status->scenario,
				  status->ok ? "ok" : "refused");
	}
	if (status->message_size == 0 || status->message_size > DESCRIPTION_MAX_BYTES) {
		return bench_fail(bench,
				  "expected a message of 1 to 200 bytes for the operator; came one "
				  "of %zu",
				  status->message_size);
	}
	return status->message_is_text ||
	       bench_fail(bench, "expected a message that can be shown in a log; came \"%s\"",
			  status->message);
}

static void unknown_model_is_refused(struct bench *bench)
{
	char name[LONG_VALUE + 1];
	const struct parameter parameters[] = {{slice_str("model"), slice_of(name, LONG_VALUE)}};
	struct caller *caller = bench_call(bench);

	memset(name, 'x', sizeof(name));
	memcpy(name, "no-such-model-", 14);
	if (!caller || !set_other(bench, caller, 3, parameters, 1) ||
	    !check_refusal(bench, &caller->status, 3)) {
		return;
	}
	caller_say_ping(caller); /* and the connection stays */
	bench_await_all(bench, caller);
}

static void unknown_parameter_is_refused(struct bench *bench)
{
	struct parameter parameters[PLAN_PARAMETERS_MAX + 1];
	size_t count = bench->plan->parameter_count;
	struct caller *caller = bench_call(bench);

	memcpy(parameters, bench->parameters, count * sizeof(parameters[0]));
	parameters[count] = (struct parameter){slice_str("no_such_parameter"), slice_str("1")};
	if (!caller || !set_other(bench, caller, 3, parameters, count + 1)) {
		return;
	}
	if (caller->status.ok) {
		bench_note(bench,
			   "a parameter that it cannot know is taken: nobody will be told of a "
			   "mistyped key");
	} else {
		check_refusal(bench, &caller->status, 3);
	}
}

static void refused_is_answered(struct bench *bench)
{
	const struct parameter parameters[] = {{slice_str("model"), slice_str("no-such-model")}};
	struct cast cast = cast_usual();
	struct caller *caller = bench_call(bench);
	struct answers *answers;

	if (!caller || !set_other(bench, caller, cast.scenario, parameters, 1)) {
		return;
	}
	answers = bench_ask(bench, caller, 1, 1);
	if (!answers) {
		return;
	}
	bench_say_nodes(bench, caller, &cast);
	bench_say_unknown(bench, caller, &cast, 0);
	if (bench_await_all(bench, caller)) {
		check_nobody(bench, answers, 0, "a node of a scenario that was refused");
	}
}

static void is_set_again(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct caller *caller = bench_play(bench, &cast, 2, 2);
	struct answers *answers;

	if (!caller) {
		return;
	}
	answers = caller->answers;
	bench_say_scenario(bench, caller, cast.scenario, cast.scenario_name);
	bench_say_unknown(bench, caller, &cast, 0);
	if (!bench_await(bench, caller)) {
		return;
	}
	if (!caller->status.ok) {
		bench_fail(bench, "expected the same parameters to be taken again; refused: %s",
			   caller->status.message);
		return;
	}
	if (!answers_fate(answers, 0, 0)->times) {
		bench_note(bench,
			   "its nodes are forgotten then. This gateway gives changed scenarios "
			   "a new number and tells their nodes anew");
	}
	bench_say_nodes(bench, caller, &cast);
	bench_say_one(bench, caller, &cast, 1, 0, 1);
	bench_await_all(bench, caller);
}

static void nodes_go_with_it(struct bench *bench)
{
	const struct cast cast = cast_usual();
	const struct to_sim removal = {.kind = TO_SIM_REMOVE_SCENARIO,
				       .remove_scenario = cast.scenario};
	struct caller *caller = bench_play(bench, &cast, 3, 3);
	struct answers *answers;

	if (!caller) {
		return;
	}
	answers = caller->answers;
	caller_say(caller, &removal);
	bench_say_unknown(bench, caller, &cast, 0);
	bench_say_scenario(bench, caller, cast.scenario, "successor");
	bench_say_unknown(bench, caller, &cast, 1);
	bench_say_nodes(bench, caller, &cast);
	bench_say_one(bench, caller, &cast, 2, 0, 1);
	if (bench_await_all(bench, caller) &&
	    check_nobody(bench, answers, 0, "a node of a scenario that was removed")) {
		check_nobody(bench, answers, 1,
			     "a node of the removed scenario that had the number before");
	}
}

static void one_name_twice(struct bench *bench)
{
	const struct cast before = cast_usual();
	struct cast after = before;
	const struct to_sim removal = {.kind = TO_SIM_REMOVE_SCENARIO,
				       .remove_scenario = before.scenario};
	struct caller *caller = bench_call(bench);

	after.scenario = 2;
	if (!caller || !bench_stage(bench, caller, &before) || !bench_send(bench, caller) ||
	    !bench_stage(bench, caller, &after) || !bench_ask(bench, caller, 3, 3)) {
		return;
	}
	bench_say_one(bench, caller, &before, 0, 0, 1);
	bench_say_one(bench, caller, &after, 1, 1, 2);
	caller_say(caller, &removal);
	bench_say_one(bench, caller, &after, 2, 2, 0);
	bench_await_all(bench, caller);
}

const struct check checks_scenarios[] = {
	{"scenarios", "a scenario is taken", WHERE_BODIES, NEEDS_HELLO | NEEDED_BY_ALL, 1,
	 is_accepted},
	{"scenarios", "an unknown model is refused in at most 200 bytes, and the connection stays",
	 WHERE_ANSWERS, NEEDS_HELLO, 1, unknown_model_is_refused},
	{"scenarios", "an unknown parameter is refused", WHERE_ANSWERS, NEEDS_SCENARIO, 1,
	 unknown_parameter_is_refused},
	{"scenarios", "a transmit in a refused scenario has a result without receptions",
	 WHERE_RULES, NEEDS_SCENARIO, 1, refused_is_answered},
	{"scenarios", "a scenario is set again", WHERE_BODIES, NEEDS_SCENARIO, 1, is_set_again},
	{"scenarios", "a removed one takes its nodes along, and its number is free", WHERE_BODIES,
	 NEEDS_SCENARIO, 1, nodes_go_with_it},
	{"scenarios", "one name stands under two numbers while a scenario changes",
	 "A scenario changes", NEEDS_SCENARIO, 1, one_name_twice},
	{0},
};

/* --------------------------------------------------------------- nodes */

static void unknown_transmitter(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct caller *caller = bench_play(bench, &cast, 2, 2);
	struct answers *answers;
	uint32_t to = 1;

	if (!caller) {
		return;
	}
	answers = caller->answers;
	bench_say_transmit(
		bench, caller, &cast,
		&(struct question){
			.from = 77, .origin = 77, .to = &to, .to_count = 1, .unknown = true});
	bench_say_one(bench, caller, &cast, 1, 0, 1);
	if (bench_await_all(bench, caller)) {
		check_nobody(bench, answers, 0, "what a node that was never set has sent");
	}
}

static void unknown_receivers(struct bench *bench)
{
	const struct cast cast = cast_usual();
	const uint32_t to[] = {1, 77, 2, 78};
	struct caller *caller = bench_play(bench, &cast, 1, 4);
	struct answers *answers;

	if (!caller) {
		return;
	}
	answers = caller->answers;
	bench_say_transmit(bench, caller, &cast, &(struct question){.to = to, .to_count = 4});
	answers_excuse(answers, 0, cast_number(&cast, 77));
	answers_excuse(answers, 0, cast_number(&cast, 78));
	if (bench_await_all(bench, caller) &&
	    (answers_fate(answers, 0, 1)->times || answers_fate(answers, 0, 3)->times)) {
		bench_fail(bench,
			   "expected nodes that were never set to be left out of the result; "
			   "came one of them");
	}
}

static void removed_are_left_out(struct bench *bench)
{
	const struct cast cast = cast_usual();
	const uint32_t to[] = {1, 2};
	const struct to_sim removal = {.kind = TO_SIM_REMOVE_NODE,
				       .remove_node = {cast.scenario, cast_number(&cast, 1)}};
	struct caller *caller = bench_play(bench, &cast, 2, 4);
	struct answers *answers;

	if (!caller) {
		return;
	}
	answers = caller->answers;
	caller_say(caller, &removal);
	bench_say_transmit(bench, caller, &cast, &(struct question){.to = to, .to_count = 2});
	answers_excuse(answers, 0, cast_number(&cast, 1));
	bench_say_node(bench, caller, &cast, 1, cast_place(4));
	bench_say_transmit(bench, caller, &cast,
			   &(struct question){.key = 1, .to = to, .to_count = 2, .sequence = 2});
	if (bench_await_all(bench, caller) && answers_fate(answers, 0, 0)->times) {
		bench_fail(bench, "expected a removed node to be left out; came a reception of it");
	}
}

/* At one place, the least distance, and at a place that nobody knows. */
static void anywhere(struct bench *bench)
{
	const struct cast cast = cast_usual();
	const uint32_t to[] = {1, 2};
	struct to_sim nowhere = {
		.kind = TO_SIM_SET_NODE,
		.set_node = {.scenario = cast.scenario,
			     .node = cast_number(&cast, 2),
			     .name = slice_str("charlie")},
	};
	struct caller *caller = bench_play(bench, &cast, 1, 2);

	if (!caller) {
		return;
	}
	bench_say_node(bench, caller, &cast, 1, cast_place(0));
	caller_say(caller, &nowhere);
	bench_say_transmit(bench, caller, &cast, &(struct question){.to = to, .to_count = 2});
	bench_await_all(bench, caller);
}

/* Of a node that nothing was told of before: one that is not taken is missed. */
static void parts_are_taken(struct bench *bench)
{
	const struct cast cast = cast_usual();
	struct to_sim whole = {
		.kind = TO_SIM_SET_NODE,
		.set_node =
			{
				.scenario = cast.scenario,
				.node = cast_number(&cast, cast.count),
				/* 32 bytes, the most that a name has */
				.name = slice_str("b\xc3\xbb"
						  "cheron-bravo.uav_12345678-ABC"),
				.has_position = true,
				.position = {300, 0, 60},
				.has_velocity = true,
				.velocity = {-12.5f, 3, 0.5f},
				.has_attitude = true,
				.attitude = {2, -5, 270},
				.has_radio = true,
				.radio = {17, 2.15f, 5},
				.at_us = bench->started_unix_us,
			},
	};
	struct caller *caller = bench_play(bench, &cast, 2, 2);

	if (!caller) {
		return;
	}
	caller_say(caller, &whole);
	bench_say_one(bench, caller, &cast, 0, 0, cast.count);
	bench_say_one(bench, caller, &cast, 1, cast.count, 0);
	bench_await_all(bench, caller);
}

const struct check checks_nodes[] = {
	{"nodes", "a transmit from an unknown node has a result without receptions", WHERE_RULES,
	 NEEDS_SCENARIO, 1, unknown_transmitter},
	{"nodes", "receivers that were never set are left out, the others are there", WHERE_RULES,
	 NEEDS_SCENARIO, 1, unknown_receivers},
	{"nodes", "a removed node is left out, and its number is used again", WHERE_RULES,
	 NEEDS_SCENARIO, 1, removed_are_left_out},
	{"nodes", "two at one place, and one at an unknown one", WHERE_BODIES, NEEDS_SCENARIO, 1,
	 anywhere},
	{"nodes", "position, velocity, attitude, radio, and a name of 32 bytes", WHERE_BODIES,
	 NEEDS_SCENARIO, 1, parts_are_taken},
	{0},
};
