/* The bytes of a gateway into sim-stub. Bytes 0 to 3: how the stream is cut into reads, again and
 * again; the rest is the stream. The same answers and the same end must come out as when it is read
 * in one piece, and all that is answered must be what a gateway takes: whole frames of at most
 * 64 KiB, numbers that are some, known outcomes, words that can be shown. All of it again with
 * faults on links, in which no less holds. */
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "faults/parse.h"
#include "simulator.h"
#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 4, STREAM_MAX = 16 * 1024, ANSWER_MAX = 64 * 1024, SEED = 1 };

static const char *const lines[] = {
	"at 0s link * * loss 20% for 3s every 7s",
	"at 0s link * * corrupt 50% bits 9",
	"at 1ms link * * latency +1h for 1s every 2s",
	"at 0s node * freeze for 1h every 2h",
	"at 0s jammer at -100 0 0 to 1000 5 5 power 20dBm for 1s every 3s",
	"at 0s simulator reorder 3 for 1h every 2h",
};
enum { LINES = sizeof(lines) / sizeof(lines[0]) };
static struct fault faults[LINES];
static struct fault_list list = {faults, LINES};

/* What a stream came to. */
struct ending {
	struct buf answers;
	const char *why; /* NULL: it goes on */
	struct simulator_accounts accounts;
};

static void must(bool ok, const char *what)
{
	if (!ok) {
		(void)fprintf(stderr, "stub: %s\n", what);
		abort();
	}
}

static uint64_t no_clock(void)
{
	return 0;
}

static void read_lines(void)
{
	char why[PARSE_WHY_CAP];

	for (size_t i = 0; i < LINES; i++) {
		must(parse_line(slice_str(lines[i]), &faults[i], why) == PARSE_FAULT, why);
	}
}

/* `cuts` NULL: in one piece. */
static void play(struct slice stream, const uint8_t *cuts, bool faulty, struct ending *ending)
{
	static struct simulator simulator;
	struct timeline timeline;
	struct simulator_guest guest;
	size_t at = 0;

	simulator_init(&simulator, SEED, NULL);
	simulator_guest_init(&guest, &simulator);
	timeline_init(&timeline, &list, &simulator.draw_key, no_clock);
	simulator.timeline = faulty ? &timeline : NULL;
	ending->why = NULL;
	for (size_t i = 0; at < stream.size && !ending->why; i++) {
		size_t left = stream.size - at, cut = cuts ? cuts[i % HEAD] + 1u : left;
		const char *why = NULL;

		cut = cut < left ? cut : left;
		if (simulator_read(&guest, slice_of(stream.data + at, cut), &why) < 0) {
			must(why != NULL, "no word on what is wrong");
			ending->why = why;
		}
		at += cut;
	}
	must(ending->why || !guest.greeted || simulator_sweep(&guest, &ending->why),
	     "out of patience at once");
	must(hold_release(&guest.hold, UINT64_MAX, &guest.out) == 0, "memory is out");
	must(buf_append(&ending->answers, buf_slice(&guest.out).data, buf_size(&guest.out)) == 0,
	     "memory is out");
	ending->accounts = simulator.accounts;
	simulator_guest_fini(&guest);
	simulator_fini(&simulator);
}

/* -------------------------------------------------------------------- the answers */

static void check_reception(const struct reception *reception)
{
	struct reception heard;

	must(reception->receiver != 0, "a receiver without a number");
	must(link_check(reception->link, &heard) == HOT_OK, "numbers that are none");
	must(reception->outcome >= OUTCOME_DELIVERED && reception->outcome <= OUTCOME_LOST,
	     "an outcome that it has no rule for");
	must((reception->reason == REASON_NONE) == (reception->outcome != OUTCOME_LOST),
	     "lost for no reason, or delivered for one");
	must(reception->altered == (reception->outcome == OUTCOME_CORRUPTED),
	     "corrupted and unharmed, or the other way round");
}

static uint64_t check_result(struct slice body)
{
	struct reception reception;
	struct hot_result result;
	uint64_t count = 0;
	int next;

	must(hot_result_begin(body, &result) == HOT_OK, "a malformed result");
	while ((next = hot_result_next(&result, &reception)) > 0) {
		check_reception(&reception);
		count++;
	}
	must(next == 0, "a malformed reception");
	return count;
}

static void check_answers(const struct ending *ending)
{
	struct slice rest = buf_slice(&ending->answers), body;
	struct from_sim message;
	struct arena arena;
	const char *why;
	uint64_t receptions = 0;
	size_t used;

	arena_init(&arena, SIMULATOR_ARENA_MAX);
	while (rest.size) {
		must(frame_read(rest, ANSWER_MAX, &body, &used, &why) == FRAME_OK,
		     "an answer that is no frame, or too large a one");
		rest = slice_of(rest.data + used, rest.size - used);
		arena_reset(&arena);
		must(channel_read_from_sim(body, &arena, &message, &why) == CODEC_OK,
		     "an answer that cannot be read");
		if (message.kind == FROM_SIM_RESULT) {
			receptions += check_result(message.result);
		} else if (message.kind == FROM_SIM_SCENARIO_STATUS) {
			must(message.status.ok == (message.status.message.size == 0) &&
				     utf8_is_printable(message.status.message) &&
				     message.status.message.size <= DESCRIPTION_MAX_BYTES,
			     "refused without a sentence, or accepted with one");
		}
	}
	arena_fini(&arena);
	must(receptions == ending->accounts.receptions &&
		     receptions == ending->accounts.delivered + ending->accounts.corrupted +
					   ending->accounts.lost,
	     "the accounts do not close");
}

static void compare(struct slice stream, const uint8_t *cuts, bool faulty)
{
	struct ending whole, cut;

	buf_init(&whole.answers);
	buf_init(&cut.answers);
	play(stream, NULL, faulty, &whole);
	play(stream, cuts, faulty, &cut);
	must(slice_equal(buf_slice(&whole.answers), buf_slice(&cut.answers)),
	     "cuts change the answers");
	must((whole.why == NULL) == (cut.why == NULL) &&
		     (!whole.why || strcmp(whole.why, cut.why) == 0),
	     "cuts change the end");
	must(memcmp(&whole.accounts, &cut.accounts, sizeof(whole.accounts)) == 0,
	     "cuts change the accounts");
	check_answers(&whole);
	buf_fini(&whole.answers);
	buf_fini(&cut.answers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice stream;

	if (size < HEAD || size - HEAD > STREAM_MAX) {
		return 0;
	}
	read_lines();
	stream = slice_of(data + HEAD, size - HEAD);
	compare(stream, data, false);
	compare(stream, data, true);
	return 0;
}
