/* Whether what is said of receptions can be true: of all of them, those of the other checks too. */
#include <math.h>

#include "conformance/checks.h"
#include "conformance/survey.h"

enum { DRAWS = 1500, SIGMAS = 5 };

static void say_blemish(struct bench *bench, enum blemish kind, const char *wanted)
{
	const struct blemishes *blemishes = &bench->blemishes;

	if (blemishes->receptions == 0) {
		bench_skip(bench, "no reception has come");
	} else if (blemishes->count[kind]) {
		bench_fail(bench, "expected %s; came: %s (in %llu of %llu receptions)", wanted,
			   blemishes->first[kind], (unsigned long long)blemishes->count[kind],
			   (unsigned long long)blemishes->receptions);
	}
}

static void note_blemish(struct bench *bench, enum blemish kind, const char *what)
{
	const struct blemishes *blemishes = &bench->blemishes;

	if (blemishes->count[kind]) {
		bench_note(bench, "%llu of %llu receptions %s: %s",
			   (unsigned long long)blemishes->count[kind],
			   (unsigned long long)blemishes->receptions, what, blemishes->first[kind]);
	}
}

static void are_finite(struct bench *bench)
{
	say_blemish(bench, BLEMISH_NOT_FINITE, "finite numbers alone");
	note_blemish(bench, BLEMISH_NO_LINK, "have no numbers, so that nobody learns any");
}

static void rates_fit(struct bench *bench)
{
	say_blemish(bench, BLEMISH_ERROR_RATE, "a packet_error_rate from 0 to 1");
}

static void enums_are_known(struct bench *bench)
{
	say_blemish(bench, BLEMISH_ENUM, "enum values that protocol 1 has");
}

static void links_are_short(struct bench *bench)
{
	say_blemish(bench, BLEMISH_LINK, "links that are protobuf of at most 128 bytes");
}

static void times_add_up(struct bench *bench)
{
	say_blemish(bench, BLEMISH_DELAY, "a delay_us that has propagation and airtime in it");
}

static void distances_are_least(struct bench *bench)
{
	say_blemish(bench, BLEMISH_DISTANCE, "a distance_m of at least 1");
}

static void outcomes_fit(struct bench *bench)
{
	say_blemish(bench, BLEMISH_OUTCOME, "DELIVERED, CORRUPTED or LOST");
	note_blemish(bench, BLEMISH_REASON, "have a reason that is of LOST alone");
}

static void payloads_fit(struct bench *bench)
{
	say_blemish(bench, BLEMISH_PAYLOAD, "an altered payload to be no longer than the one sent");
	say_blemish(bench, BLEMISH_PLAIN_CORRUPTED, "CORRUPTED with a payload that was altered");
	note_blemish(bench, BLEMISH_ALTERED, "make a delivered message a corrupted one");
}

/* --------------------------------------------------------------- chance */

/* Of all draws that were made: what came, and what their rates promised. */
struct tally {
	double draws, lost, expected, variance;
};

static void count_draw(struct tally *tally, const struct fate *fate)
{
	double rate = (double)fate->numbers.packet_error_rate;

	if (fate->outcome == OUTCOME_LOST && fate->reason != REASON_PACKET_ERROR &&
	    fate->reason != REASON_NONE) {
		return; /* something else decided */
	}
	tally->draws++;
	tally->lost += fate->outcome != OUTCOME_DELIVERED;
	tally->expected += rate;
	tally->variance += rate * (1 - rate);
}

static void compare_tally(struct bench *bench, const struct tally *tally)
{
	double off = fabs(tally->lost - tally->expected);

	if (off > SIGMAS * sqrt(tally->variance) + 1) {
		bench_fail(
			bench,
			"expected %.0f of %.0f packets to be lost or damaged, by the "
			"packet_error_rate told for each; came %.0f, %.1f standard deviations off",
			tally->expected, tally->draws, tally->lost, off / sqrt(tally->variance));
	}
}

static void say_draws(struct bench *bench, struct caller *caller, const struct cast *cast)
{
	const struct lossy *lossy = &bench->lossy;

	bench_say_node(bench, caller, cast, 0, cast->place(0));
	for (size_t i = 0; i < lossy->count; i++) {
		bench_say_node(bench, caller, cast, lossy->receivers[i],
			       cast->place(lossy->receivers[i]));
	}
	for (size_t key = 0; key < DRAWS; key++) {
		bench_say_transmit(bench, caller, cast,
				   &(struct question){.key = key,
						      .to = lossy->receivers,
						      .to_count = lossy->count,
						      .sequence = 1000 + key,
						      .payload_size = lossy->payload_size});
	}
}

static void lost_as_often(struct bench *bench)
{
	struct cast cast = survey_cast(), empty = cast;
	struct tally tally = {0};
	struct caller *caller;
	const struct answers *answers;

	if (!survey_look(bench)) {
		return;
	}
	if (bench->lossy.count == 0) {
		bench_skip(bench,
			   "model %s loses no packet at times between 10 m and 1000 km; choose one "
			   "that does by --model and --parameter",
			   bench->model);
		return;
	}
	bench_end(bench);
	empty.count = 0;
	caller = bench_call(bench);
	if (!caller || !bench_stage(bench, caller, &empty)) {
		return;
	}
	answers = bench_ask(bench, caller, DRAWS, DRAWS * LOSSY_MAX);
	if (!answers) {
		return;
	}
	say_draws(bench, caller, &cast);
	if (!bench_await_all(bench, caller)) {
		return;
	}
	for (size_t i = 0; i < answers->fate_count; i++) {
		count_draw(&tally, &answers->fates[i]);
	}
	compare_tally(bench, &tally);
}

const struct check checks_numbers[] = {
	{"numbers", "packets are lost as often as packet_error_rate says", "Parts", NEEDS_SCENARIO,
	 2, lost_as_often},
	{"numbers", "all are finite", WHERE_RULES, NEEDS_SCENARIO, 1, are_finite},
	{"numbers", "packet_error_rate is from 0 to 1", WHERE_RULES, NEEDS_SCENARIO, 1, rates_fit},
	{"numbers", "enum values are known", WHERE_RULES, NEEDS_SCENARIO, 1, enums_are_known},
	{"numbers", "links take at most 128 bytes", "Sizes", NEEDS_SCENARIO, 1, links_are_short},
	{"numbers", "delay_us covers propagation and airtime", "Parts", NEEDS_SCENARIO, 1,
	 times_add_up},
	{"numbers", "distances are at least 1 m", WHERE_RULES, NEEDS_SCENARIO, 1,
	 distances_are_least},
	{"numbers", "outcomes are DELIVERED, CORRUPTED or LOST", WHERE_ANSWERS, NEEDS_SCENARIO, 1,
	 outcomes_fit},
	{"numbers", "CORRUPTED comes with an altered payload, which is no longer", WHERE_ANSWERS,
	 NEEDS_SCENARIO, 1, payloads_fit},
	{0},
};
