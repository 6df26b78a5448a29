#include "conformance/survey.h"

#include <math.h>

enum { DISTANCES = 200 };
/* Of a link that is of use to see chance at work. */
static const float least_rate = 0.1f, most_rate = 0.9f;

static struct vector survey_place(uint32_t index)
{
	if (index < SURVEY_SENDERS) {
		return (struct vector){0, 3 * (float)index, 50};
	}
	/* 5 decades */
	return (struct vector){(float)pow(10, 1 + 5.0 * (index - SURVEY_SENDERS) / (DISTANCES - 1)),
			       0, 50};
}

struct cast survey_cast(void)
{
	struct cast cast = cast_usual();

	cast.count = SURVEY_SENDERS + DISTANCES;
	cast.place = survey_place;
	return cast;
}

static bool is_lossy(const struct fate *fate)
{
	return fate->numbers.packet_error_rate >= least_rate &&
	       fate->numbers.packet_error_rate <= most_rate &&
	       (fate->outcome != OUTCOME_LOST || fate->reason == REASON_PACKET_ERROR ||
		fate->reason == REASON_NONE);
}

static void keep(struct lossy *lossy, const struct answers *answers, size_t key,
		 size_t payload_size)
{
	lossy->payload_size = payload_size;
	for (uint32_t i = 0; i < DISTANCES && lossy->count < LOSSY_MAX; i++) {
		if (is_lossy(answers_fate(answers, key, i))) {
			lossy->receivers[lossy->count++] = SURVEY_SENDERS + i;
		}
	}
}

/* A longer packet is lost nearer by. */
static const size_t sizes[] = {100, 1400, 1};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static struct answers *ask_all(struct bench *bench, const struct cast *cast)
{
	struct caller *caller = bench_call(bench);
	struct answers *answers;
	uint32_t to[DISTANCES];

	if (!caller || !bench_stage(bench, caller, cast)) {
		return NULL;
	}
	answers = bench_ask(bench, caller, SIZES, SIZES * DISTANCES);
	if (!answers) {
		return NULL;
	}
	for (uint32_t i = 0; i < DISTANCES; i++) {
		to[i] = SURVEY_SENDERS + i;
	}
	for (size_t key = 0; key < SIZES; key++) {
		bench_say_transmit(bench, caller, cast,
				   &(struct question){.key = key,
						      .to = to,
						      .to_count = DISTANCES,
						      .sequence = 1,
						      .payload_size = sizes[key]});
	}
	return bench_await_all(bench, caller) ? answers : NULL;
}

bool survey_look(struct bench *bench)
{
	const struct cast cast = survey_cast();
	const struct answers *answers;

	if (bench->lossy.looked) {
		return true;
	}
	answers = ask_all(bench, &cast);
	if (!answers) {
		return false;
	}
	for (size_t key = 0; key < SIZES && bench->lossy.count == 0; key++) {
		keep(&bench->lossy, answers, key, sizes[key]);
	}
	bench->lossy.looked = true;
	return true;
}
