/* The hot messages: cases one by one, and a seeded differential against protobuf-c
 * over random messages and their mutations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../fuzz/hot_differential.h"
#include "../fuzz/random_message.h"
#include "core/inflight.h"

#define BYTES(literal) slice_of(literal, sizeof(literal) - 1)

enum { RANDOM_MESSAGES = 20000, MUTATIONS = 4 };

/* The body of the one frame in `out`, whose envelope must be `ref` and field `number`. */
static struct slice frame_body(const struct buf *out, uint32_t ref, uint32_t number)
{
	struct wire_field field = {0};
	struct wire_reader reader;
	struct slice frame;
	const char *why;
	size_t used;

	assert_int_equal(frame_read(buf_slice(out), UINT32_MAX, &frame, &used, &why), FRAME_OK);
	assert_int_equal(used, buf_size(out));
	reader = wire_reader_of(frame);
	assert_int_equal(wire_next(&reader, &field), 1);
	if (ref) {
		assert_int_equal(field.tag, WIRE_TAG(1, WIRE_VARINT));
		assert_true(field.value == ref);
		assert_int_equal(wire_next(&reader, &field), 1);
	}
	assert_int_equal(field.tag, WIRE_TAG(number, WIRE_BYTES));
	assert_ptr_equal(reader.at, reader.end);
	return field.bytes;
}

/* ------------------------------------------------------------- differential */

static void compare(enum hot_kind kind, struct slice body, size_t *taken, uint64_t seed)
{
	bool usable;
	const char *fault = hot_differential(kind, body, &usable);

	if (fault) {
		fail_msg("message %d of seed %llu: %s", (int)kind, (unsigned long long)seed, fault);
	}
	*taken += usable;
}

/* Cut off at every place, in memory that ends there. */
static void compare_cuts(enum hot_kind kind, struct slice body, uint64_t seed)
{
	for (size_t cut = 0; cut < body.size; cut++) {
		uint8_t *bytes = malloc(cut + 1);
		size_t taken = 0;

		assert_non_null(bytes);
		/* behind a byte of no use: memory of no bytes may be NULL */
		memcpy(bytes + 1, body.data, cut);
		compare(kind, slice_of(bytes + 1, cut), &taken, seed);
		free(bytes);
	}
}

static void agrees_with_protobuf_c(void **state)
{
	size_t taken[HOT_KINDS] = {0}, mutants_taken = 0;
	uint8_t mutant[DIFF_BODY_MAX + MUTATIONS];
	struct buf body;

	(void)state;
	buf_init(&body);
	for (uint64_t seed = 1; seed <= RANDOM_MESSAGES; seed++) {
		enum hot_kind kind = (enum hot_kind)(seed % HOT_KINDS);
		struct rng rng;
		size_t size;

		rng_seed(&rng, seed);
		buf_clear(&body);
		random_message(&rng, hot_descriptors[kind], &body);
		size = buf_size(&body);
		if (size > DIFF_BODY_MAX) {
			continue;
		}
		compare(kind, buf_slice(&body), &taken[kind], seed);
		if (seed % 50 < HOT_KINDS) {
			compare_cuts(kind, buf_slice(&body), seed);
		}
		memcpy(mutant, buf_slice(&body).data, size);
		for (int i = 0; i < MUTATIONS && size <= DIFF_BODY_MAX; i++) {
			random_mutate(&rng, mutant, &size);
			compare(kind, slice_of(mutant, size), &mutants_taken, seed);
		}
	}
	buf_fini(&body);
	/* A differential that only ever refuses would compare nothing. */
	for (int kind = 0; kind < HOT_KINDS; kind++) {
		assert_true(taken[kind] > RANDOM_MESSAGES / HOT_KINDS / 4);
	}
	assert_true(mutants_taken > RANDOM_MESSAGES / 4);
}

/* --------------------------------------------------------------------- send */

static void send_is_read_and_refused_as_documented(void **state)
{
	const struct {
		const char *what;
		struct slice body;
		enum hot_status status;
		enum send_to to;
	} cases[] = {
		{"nothing", BYTES(""), HOT_OK, SEND_TO_NOBODY},
		{"to a drone",
		 BYTES("\x0a\x01"
		       "a"),
		 HOT_OK, SEND_TO_DRONE},
		{"to a drone without a name", BYTES("\x0a\x00"), HOT_OK, SEND_TO_DRONE},
		{"to a group",
		 BYTES("\x12\x01"
		       "g"),
		 HOT_OK, SEND_TO_GROUP},
		{"to everyone", BYTES("\x1a\x00"), HOT_OK, SEND_TO_EVERYONE},
		{"the last target counts",
		 BYTES("\x0a\x01"
		       "a\x1a\x00\x12\x01"
		       "g"),
		 HOT_OK, SEND_TO_GROUP},
		{"everyone twice", BYTES("\x1a\x00\x1a\x00"), HOT_BAD, 0},
		{"everyone malformed", BYTES("\x1a\x01\x08"), HOT_BAD, 0},
		{"everyone with unknown fields", BYTES("\x1a\x02\x08\x01"), HOT_OK,
		 SEND_TO_EVERYONE},
		{"unknown field", BYTES("\x38\x01\x1a\x00"), HOT_OK, SEND_TO_EVERYONE},
		{"payload as a number", BYTES("\x20\x01"), HOT_BAD, 0},
		{"name as a number", BYTES("\x08\x01"), HOT_BAD, 0},
		{"report as bytes", BYTES("\x32\x00"), HOT_BAD, 0},
		{"report 2", BYTES("\x30\x02"), HOT_OK, SEND_TO_NOBODY},
		{"report 3", BYTES("\x30\x03"), HOT_REFUSED, 0},
		{"report -1", BYTES("\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), HOT_REFUSED,
		 0},
		{"name not UTF-8", BYTES("\x0a\x01\xff"), HOT_REFUSED, 0},
		{"name with NUL",
		 BYTES("\x0a\x03"
		       "a\0b"),
		 HOT_REFUSED, 0},
		{"content type not UTF-8", BYTES("\x2a\x01\xff"), HOT_REFUSED, 0},
		{"payload of any bytes", BYTES("\x22\x03\xff\0\xfe"), HOT_OK, SEND_TO_NOBODY},
		{"malformed counts more than refused", BYTES("\x30\x03\x22\x05x"), HOT_BAD, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct request_send send = {0};
		enum hot_status status = hot_read_send(cases[i].body, &send);

		if (status != cases[i].status || (status == HOT_OK && send.to != cases[i].to)) {
			fail_msg("%s: status %d, to %d", cases[i].what, status, send.to);
		}
	}
}

static void send_is_read_in_place(void **state)
{
	static const uint8_t body[] = "\x0a\x04uav2\x22\x02hi\x2a\x01t\x30\x02";
	struct request_send send = {0};

	(void)state;
	assert_int_equal(hot_read_send(slice_of(body, sizeof(body) - 1), &send), HOT_OK);
	assert_ptr_equal(send.name.data, body + 2);
	assert_ptr_equal(send.payload.data, body + 8);
	assert_true(slice_equal(send.content_type, slice_str("t")));
	assert_int_equal(send.report, REPORT_WISH_ALL);
}

/* ----------------------------------------------------------------- delivery */

static const struct hop two_hops[] = {
	{.transmitter = {(const uint8_t *)"a", 1},
	 .receiver = {(const uint8_t *)"hub", 3},
	 .outcome = OUTCOME_DELIVERED,
	 .source = SOURCE_LIVE,
	 .link = {(const uint8_t *)"\x08\x07", 2}},
	{.transmitter = {(const uint8_t *)"hub", 3},
	 .receiver = {(const uint8_t *)"b", 1},
	 .outcome = OUTCOME_CORRUPTED,
	 .source = SOURCE_CACHED,
	 .late_by_us = 300,
	 .link = {(const uint8_t *)"", 0}},
};

static struct event_delivery some_delivery(void)
{
	return (struct event_delivery){
		.sender = slice_str("a"),
		.to = slice_str("g"),
		.sequence = 5,
		.payload = slice_str("payload"),
		.content_type = slice_str("text/plain"),
		.sent_at_us = 1700000000000000u,
		.hops = two_hops,
		.hop_count = 2,
	};
}

static void delivery_from_its_kept_body_is_the_same_frame(void **state)
{
	const struct event_delivery delivery = some_delivery();
	struct buf body, joined, whole;

	(void)state;
	buf_init(&body);
	buf_init(&joined);
	buf_init(&whole);
	assert_int_equal(hot_write_delivery_body(&body, &delivery), 0);
	assert_int_equal(hot_write_delivery(&joined, 0, buf_slice(&body), two_hops, 2), 0);
	assert_int_equal(hot_write_whole_delivery(&whole, 0, &delivery), 0);
	assert_true(slice_equal(buf_slice(&joined), buf_slice(&whole)));
	buf_fini(&body);
	buf_fini(&joined);
	buf_fini(&whole);
}

static void delivery_tells_an_empty_link_from_none(void **state)
{
	const struct event_delivery delivery = some_delivery();
	struct event_delivery back = {0};
	struct hop hops[2];
	struct buf out;

	(void)state;
	buf_init(&out);
	assert_int_equal(hot_write_whole_delivery(&out, 9, &delivery), 0);
	assert_int_equal(hot_read_delivery(frame_body(&out, 9, 2), &back, hops, 2), HOT_OK);
	assert_int_equal(back.hop_count, 2);
	assert_true(slice_equal(hops[0].link, two_hops[0].link));
	assert_non_null(hops[1].link.data);
	assert_int_equal(hops[1].link.size, 0);
	assert_int_equal(hops[1].late_by_us, 300);
	assert_int_equal(hot_read_delivery(frame_body(&out, 9, 2), &back, hops, 1), HOT_BAD);
	buf_fini(&out);
}

static void a_hop_is_checked(void **state)
{
	const struct {
		const char *what;
		struct slice body;
		enum hot_status status;
	} cases[] = {
		{"empty", BYTES("\x7a\x00"), HOT_OK},
		{"link absent", BYTES("\x7a\x02\x18\x01"), HOT_OK},
		{"link twice", BYTES("\x7a\x04\x3a\x00\x3a\x00"), HOT_BAD},
		{"link malformed", BYTES("\x7a\x03\x3a\x01\x08"), HOT_BAD},
		{"link not a number", BYTES("\x7a\x07\x3a\x05\x3d\x00\x00\xc0\x7f"), HOT_REFUSED},
		{"outcome 12", BYTES("\x7a\x02\x18\x0c"), HOT_OK},
		{"outcome 13", BYTES("\x7a\x02\x18\x0d"), HOT_OK},
		{"receiver not UTF-8", BYTES("\x7a\x03\x12\x01\xff"), HOT_REFUSED},
		{"as a number", BYTES("\x78\x00"), HOT_BAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event_delivery delivery = {0};
		struct hop hop;

		if (hot_read_delivery(cases[i].body, &delivery, &hop, 1) != cases[i].status) {
			fail_msg("%s: not %d", cases[i].what, cases[i].status);
		}
	}
}

/* -------------------------------------------------------------- send_report */

/* Reads the frame of a report: outcomes, `more`. */
static size_t read_report(struct slice body, bool *more, size_t *hops_seen)
{
	struct target_outcome outcome;
	struct hop hops[EVENT_MAX_HOPS];
	struct hot_report report;
	size_t count = 0;
	int next;

	assert_int_equal(hot_report_begin(body, &report), HOT_OK);
	while ((next = hot_report_next(&report, &outcome, hops, EVENT_MAX_HOPS)) > 0) {
		count++;
		*hops_seen += outcome.hop_count;
	}
	assert_int_equal(next, 0);
	*more = report.more;
	return count;
}

static void report_is_cut_into_frames(void **state)
{
	enum { OUTCOMES = 3000 };
	struct target_outcome *all = calloc(OUTCOMES, sizeof(*all));
	struct event_send_report rest = {.outcomes = all, .count = OUTCOMES};
	size_t hops_seen = 0, seen = 0;
	struct buf out;

	(void)state;
	assert_non_null(all);
	buf_init(&out);
	for (size_t i = 0; i < OUTCOMES; i++) {
		all[i] = (struct target_outcome){slice_str("drone"), OUTCOME_LOST,
						 REASON_PACKET_ERROR, two_hops, i % 3};
	}
	while (rest.count) {
		size_t taken;
		bool more;

		buf_clear(&out);
		assert_int_equal(hot_write_send_report(&out, 7, &rest, 300, &taken), 0);
		assert_true(taken > 0);
		assert_true(buf_size(&out) <= 300 + 2);
		rest.outcomes += taken;
		rest.count -= taken;
		assert_int_equal(read_report(frame_body(&out, 7, 3), &more, &hops_seen), taken);
		assert_int_equal(more, rest.count > 0);
		seen += taken;
	}
	assert_int_equal(seen, OUTCOMES);
	assert_int_equal(hops_seen, OUTCOMES);
	buf_fini(&out);
	free(all);
}

static void report_says_more_when_its_giver_does(void **state)
{
	const struct target_outcome one = {slice_str("b"), OUTCOME_DELIVERED, REASON_NONE, NULL, 0};
	const struct event_send_report report = {&one, 1, true, false, 0};
	size_t taken, hops = 0;
	struct buf out;
	bool more;

	(void)state;
	buf_init(&out);
	assert_int_equal(hot_write_send_report(&out, 7, &report, 4096, &taken), 0);
	assert_int_equal(read_report(frame_body(&out, 7, 3), &more, &hops), 1);
	assert_true(more);
	buf_fini(&out);
}

static void report_is_bounded_in_entries(void **state)
{
	struct target_outcome *all = calloc(EVENT_MAX_ENTRIES + 1, sizeof(*all));
	struct event_send_report report = {all, EVENT_MAX_ENTRIES + 1, false, false, 0};
	struct buf out;
	size_t taken;

	(void)state;
	assert_non_null(all);
	buf_init(&out);
	assert_int_equal(hot_write_send_report(&out, 7, &report, 1024 * 1024, &taken), 0);
	assert_int_equal(taken, EVENT_MAX_ENTRIES);
	buf_fini(&out);
	free(all);
}

static void outcome_too_large_for_a_frame_loses_its_hops(void **state)
{
	uint8_t link[200] = {0x72, 197, 1}; /* an unknown field in place of numbers */
	const struct hop hop = {.link = {link, sizeof(link)}};
	const struct hop hops[2] = {hop, hop};
	const struct target_outcome outcomes[] = {
		{slice_str("b"), OUTCOME_DELIVERED, REASON_NONE, hops, 2},
		{slice_str("c"), OUTCOME_DELIVERED, REASON_NONE, hops, 1},
	};
	const struct event_send_report report = {outcomes, 2, false, false, 0};
	size_t taken, hops_seen = 0;
	struct buf out;
	bool more;

	(void)state;
	buf_init(&out);
	assert_int_equal(hot_write_send_report(&out, 7, &report, 256, &taken), 0);
	assert_int_equal(taken, 2);
	assert_true(buf_size(&out) <= 256 + 2);
	assert_int_equal(read_report(frame_body(&out, 7, 3), &more, &hops_seen), 2);
	assert_int_equal(hops_seen, 1); /* the second's */
	assert_false(more);
	buf_fini(&out);
}

/* ---------------------------------------------------- transmit and result */

static void transmit_takes_packed_and_single_receivers(void **state)
{
	const struct slice body = BYTES("\x22\x04\x01\x02\x80\x01\x20\x07\x22\x00");
	static const uint32_t expected[] = {1, 2, 128, 7};
	struct sim_transmit transmit = {0};
	uint32_t receivers[4];

	(void)state;
	assert_int_equal(hot_read_transmit(body, &transmit, receivers, 4), HOT_OK);
	assert_int_equal(transmit.receiver_count, 4);
	assert_memory_equal(receivers, expected, sizeof(expected));
	assert_int_equal(hot_read_transmit(body, &transmit, receivers, 3), HOT_BAD);
	assert_int_equal(hot_read_transmit(BYTES("\x22\x02\x01\x80"), &transmit, receivers, 4),
			 HOT_BAD);
}

static void result_tells_bad_links_per_reception(void **state)
{
	const struct slice body =
		BYTES("\x12\x06\x08\x01\x22\x02\x08\x05"	       /* good */
		      "\x12\x05\x08\x02\x22\x01\x08"		       /* malformed */
		      "\x12\x07\x22\x05\x25\x00\x00\x80\x7f"	       /* infinite */
		      "\x12\x07\x22\x05\x4d\x00\x00\x00\x40"	       /* rate 2 */
		      "\x12\x04\x22\x02\x60\x03"		       /* line of sight 3 */
		      "\x12\x02\x10\x63"			       /* none */
		      "\x09\x01\x02\x03\x04\x05\x06\x07\x08\x18\x01"); /* id, more */
	static const bool ok[] = {true, false, false, false, false, false};
	struct reception reception = {0};
	struct hot_result result = {0};

	(void)state;
	assert_int_equal(hot_result_begin(body, &result), HOT_OK);
	assert_true(result.id == 0x0807060504030201u);
	assert_true(result.more);
	for (size_t i = 0; i < sizeof(ok) / sizeof(ok[0]); i++) {
		assert_int_equal(hot_result_next(&result, &reception), 1);
		assert_int_equal(reception.link_ok, ok[i]);
		if (i == 0) {
			assert_int_equal(reception.delay_us, 5);
		}
	}
	assert_int_equal(reception.outcome, 99);
	assert_null(reception.link.data);
	assert_int_equal(hot_result_next(&result, &reception), 0);
}

static void result_that_is_malformed_is_refused(void **state)
{
	struct hot_result result = {0};
	struct reception reception = {0};

	(void)state;
	assert_int_equal(hot_result_begin(BYTES("\x08\x01"), &result), HOT_BAD);
	assert_int_equal(hot_result_begin(BYTES("\x12\x05\x08"), &result), HOT_BAD);
	assert_int_equal(hot_result_begin(BYTES("\x12\x04\x22\x00\x22\x00"), &result), HOT_OK);
	assert_int_equal(hot_result_next(&result, &reception), -1);
	assert_int_equal(hot_result_begin(BYTES("\x12\x02\x0a\x00"), &result), HOT_OK);
	assert_int_equal(hot_result_next(&result, &reception), -1);
}

static void payload_of_a_result_counts_only_when_there_is_one(void **state)
{
	const struct reception receptions[] = {
		{.receiver = 1,
		 .outcome = OUTCOME_CORRUPTED,
		 .altered = true,
		 .payload = slice_str("x")},
		{.receiver = 2, .outcome = OUTCOME_DELIVERED, .payload = slice_str("unused")},
	};
	struct reception back = {0};
	struct hot_result result = {0};
	struct buf out;

	(void)state;
	buf_init(&out);
	assert_int_equal(hot_write_result(&out, 3, receptions, 2, false), 0);
	assert_int_equal(hot_result_begin(frame_body(&out, 0, 1), &result), HOT_OK);
	assert_true(result.id == 3 && !result.more);
	assert_int_equal(hot_result_next(&result, &back), 1);
	assert_true(back.altered && slice_equal(back.payload, slice_str("x")));
	assert_int_equal(hot_result_next(&result, &back), 1);
	assert_true(!back.altered && back.payload.size == 0);
	assert_int_equal(hot_result_next(&result, &back), 0);
	buf_fini(&out);
}

/* --------------------------------------------------------------------- hint */

/* From memory that ends with it. */
static uint64_t hint_of(struct slice bytes)
{
	uint8_t *copy = malloc(bytes.size ? bytes.size : 1);
	uint64_t id;

	assert_non_null(copy);
	if (bytes.size) {
		memcpy(copy, bytes.data, bytes.size);
	}
	id = hot_result_hint(slice_of(copy, bytes.size));
	free(copy);
	return id;
}

/* Lengths of one byte and of two, each: envelope and body need not have the same. */
static void hint_is_the_id_of_a_result(void **state)
{
	static uint8_t payload[20000];
	const uint64_t ids[] = {1, 0x12, 0x0102030405060708u, UINT64_MAX};

	(void)state;
	for (size_t size = 1; size < sizeof(payload); size += size < 300 ? 1 : 617) {
		const struct reception reception = {.altered = true,
						    .payload = slice_of(payload, size)};
		uint64_t id = ids[size % 4];
		bool long_length = false;
		struct buf out;

		buf_init(&out);
		assert_int_equal(hot_write_result(&out, id, &reception, 1, false), 0);
		long_length = buf_size(&out) > 16384;
		assert_true(hint_of(buf_slice(&out)) == (long_length ? 0 : id));
		/* as much of it as there is, or what stands behind it */
		for (size_t cut = 0; cut < 20 && cut < buf_size(&out); cut++) {
			uint64_t hint = hint_of(slice_of(buf_slice(&out).data, cut));

			assert_true(hint == 0 || (hint == id && cut >= 8));
		}
		assert_int_equal(buf_append(&out, "behind", 6), 0);
		assert_true(hint_of(buf_slice(&out)) == (long_length ? 0 : id));
		buf_fini(&out);
	}
}

static void hint_is_none_for_anything_else(void **state)
{
	const struct slice frames[] = {
		BYTES(""),
		/* id not first, no id, id as a varint */
		BYTES("\x10\x0a\x0e\x18\x01\x09\x01\x02\x03\x04\x05\x06\x07\x08"),
		BYTES("\x10\x0a\x0e\x12\x0c\x08\x01\x10\x01\x22\x06\x08\x01\x10\x01\x18\x01"),
		BYTES("\x10\x0a\x0e\x08\x01\x12\x0a\x08\x01\x10\x01\x22\x04\x08\x01\x10\x01"),
		/* scenario_status, pong */
		BYTES("\x10\x12\x0e\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"),
		BYTES("\x10\x22\x0e\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		if (hint_of(frames[i]) != 0) {
			fail_msg("frame %zu: a hint", i);
		}
	}
}

/* Of any bytes, of any number: nothing outside is read, and what is expected in vain is not
 * there afterwards. */
static void hint_may_be_wrong(void **state)
{
	struct inflight inflight;
	struct message *message;
	enum inflight_lookup found;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	inflight_init(&inflight);
	inflight_expect(&inflight, 0);
	inflight_expect(&inflight, UINT64_MAX);
	assert_int_equal(inflight.block_count, 0);
	message = inflight_take(&inflight, slice_str("payload"), slice_of(NULL, 0));
	assert_non_null(message);
	inflight_enter_channel(&inflight, message);
	for (int i = 0; i < 20000; i++) {
		uint8_t bytes[32];
		size_t size = (size_t)rng_below(&rng, sizeof(bytes));

		for (size_t j = 0; j < size; j++) {
			static const uint8_t likely[] = {0x0a, 0x09, 0x80, 0xff, 0x10, 0};

			bytes[j] = random_one_in(&rng, 2) ? likely[rng_below(&rng, 6)]
							  : (uint8_t)rng_next(&rng);
		}
		inflight_expect(&inflight, hint_of(slice_of(bytes, size)));
		inflight_expect(&inflight, random_number(&rng));
		inflight_expect(&inflight, message->id + (uint64_t)i);
	}
	assert_int_equal(inflight.count, 1);
	assert_ptr_equal(inflight_find(&inflight, message->id, &found), message);
	assert_true(slice_equal(message_payload(message), slice_str("payload")));
	inflight_leave_channel(&inflight, message);
	inflight_release(&inflight, message);
	inflight_fini(&inflight);
}

/* --------------------------------------------------------------------- link */

static void link_comes_back(void **state)
{
	const struct link_numbers numbers = {
		.delay_us = UINT32_MAX,
		.propagation_ns = UINT32_MAX,
		.airtime_us = UINT32_MAX,
		.tx_power_dbm = 20.5f,
		.rx_power_dbm = -71.25f,
		.path_loss_db = 91.75f,
		.snr_db = -3.5f,
		.sinr_db = -4.5f,
		.packet_error_rate = 1,
		.doppler_hz = -0.0f,
		.distance_m = 3e38f,
		.line_of_sight = LINE_OF_SIGHT_NLOS,
		.bit_errors = UINT32_MAX,
	};
	struct link_numbers back = {0};
	uint8_t bytes[LINK_MAX_BYTES];
	size_t size = link_write(bytes, &numbers);
	struct reception heard;

	(void)state;
	assert_true(size <= LINK_MAX_BYTES);
	assert_int_equal(link_read(slice_of(bytes, size), &back), HOT_OK);
	assert_memory_equal(&back, &numbers, sizeof(numbers));
	assert_int_equal(link_check(slice_of(bytes, size), &heard), HOT_OK);
	assert_true(heard.delay_us == UINT32_MAX);
	assert_memory_equal(&heard.snr_db, &numbers.snr_db, sizeof(float));
	for (size_t cut = 1; cut < size; cut++) {
		enum hot_status status = link_read(slice_of(bytes, cut), NULL);

		assert_true(status == HOT_OK || status == HOT_BAD);
	}
}

/* The run of floats is an optimisation: any order and any tag must give the same. */
static void link_is_read_in_any_order(void **state)
{
	const struct slice bytes =
		BYTES("\x5d\x00\x00\x80\x3f"	     /* distance_m 1 */
		      "\x25\x00\x00\x00\x40"	     /* tx_power_dbm 2 */
		      "\xbd\x80\x00\x00\x00\x40\x40" /* 7 in a long tag: snr_db 3 */
		      "\x08\x09"		     /* delay_us 9 */
		      "\x25\x00\x00\x80\x40");	     /* tx_power_dbm 4 */
	struct link_numbers numbers;

	(void)state;
	assert_int_equal(link_read(bytes, &numbers), HOT_OK);
	assert_true(numbers.distance_m == 1 && numbers.tx_power_dbm == 4);
	assert_true(numbers.snr_db == 3 && numbers.delay_us == 9);
}

static void link_is_refused_for_what_no_number_may_be(void **state)
{
	const struct {
		struct slice bytes;
		enum hot_status status;
	} cases[] = {
		{BYTES(""), HOT_OK},
		{BYTES("\x25\xff\xff\x7f\x7f"), HOT_OK},      /* the largest float */
		{BYTES("\x25\x00\x00\x80\x7f"), HOT_REFUSED}, /* infinite */
		{BYTES("\x5d\x01\x00\x80\xff"), HOT_REFUSED}, /* not a number */
		{BYTES("\xa5\x80\x00\x00\x00\x80\x7f"), HOT_REFUSED},
		{BYTES("\x25\x00\x00\x80\x7f\x25\x00\x00\x00\x00"), HOT_REFUSED},
		{BYTES("\x4d\x00\x00\x80\x3f"), HOT_OK},      /* rate 1 */
		{BYTES("\x4d\x01\x00\x80\x3f"), HOT_REFUSED}, /* just over it */
		{BYTES("\x4d\x00\x00\x80\xbf"), HOT_REFUSED}, /* rate -1 */
		{BYTES("\x60\x02"), HOT_OK},
		{BYTES("\x70\x03"), HOT_OK}, /* unknown field */
		{BYTES("\x20\x03"), HOT_BAD},
		{BYTES("\x0d\x00\x00\x00\x00"), HOT_BAD},
		{BYTES("\x25\x00\x00\x80"), HOT_BAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (link_read(cases[i].bytes, NULL) != cases[i].status) {
			fail_msg("link %zu: not %d", i, cases[i].status);
		}
	}
}

/* What a simulator says is checked strictly; a drone reads what a later version knows. */
static void line_of_sight_of_a_later_version(void **state)
{
	struct link_numbers numbers = {.line_of_sight = LINE_OF_SIGHT_NLOS};
	struct reception heard;

	(void)state;
	assert_int_equal(link_check(BYTES("\x60\x03"), &heard), HOT_REFUSED);
	assert_int_equal(link_check(BYTES("\x60\x03\x60\x02"), &heard), HOT_REFUSED);
	assert_int_equal(link_check(BYTES("\x60\x02"), &heard), HOT_OK);
	assert_int_equal(link_read(BYTES("\x60\x03"), &numbers), HOT_OK);
	assert_int_equal(numbers.line_of_sight, LINE_OF_SIGHT_UNSPECIFIED);
}

/* -------------------------------------------------------------------- memory */

static void nothing_is_appended_when_memory_is_out(void **state)
{
	const struct event_delivery delivery = some_delivery();
	const struct request_send send = {.payload = slice_str("payload")};
	const struct sim_transmit transmit = {.payload = slice_str("payload"), .id = 1};
	const struct reception reception = {.altered = true, .payload = slice_str("payload")};
	const struct target_outcome outcome = {.drone_id = slice_str("a-long-name")};
	const struct event_send_report report = {&outcome, 1, false, false, 0};
	uint8_t room[10];
	struct buf out;
	size_t taken;

	(void)state;
	buf_init_fixed(&out, room, sizeof(room));
	assert_int_equal(buf_append(&out, "ab", 2), 0);
	assert_int_equal(hot_write_send(&out, 1, &send), -1);
	assert_int_equal(hot_write_delivery_body(&out, &delivery), -1);
	assert_int_equal(hot_write_whole_delivery(&out, 1, &delivery), -1);
	assert_int_equal(hot_write_delivery(&out, 1, slice_str("0123456789"), NULL, 0), -1);
	assert_int_equal(hot_write_transmit(&out, &transmit), -1);
	assert_int_equal(hot_write_result(&out, 1, &reception, 1, false), -1);
	assert_int_equal(hot_write_send_report(&out, 1, &report, 256, &taken), -1);
	assert_true(slice_equal(buf_slice(&out), slice_str("ab")));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_protobuf_c),
		cmocka_unit_test(send_is_read_and_refused_as_documented),
		cmocka_unit_test(send_is_read_in_place),
		cmocka_unit_test(delivery_from_its_kept_body_is_the_same_frame),
		cmocka_unit_test(delivery_tells_an_empty_link_from_none),
		cmocka_unit_test(a_hop_is_checked),
		cmocka_unit_test(report_is_cut_into_frames),
		cmocka_unit_test(report_says_more_when_its_giver_does),
		cmocka_unit_test(report_is_bounded_in_entries),
		cmocka_unit_test(outcome_too_large_for_a_frame_loses_its_hops),
		cmocka_unit_test(transmit_takes_packed_and_single_receivers),
		cmocka_unit_test(result_tells_bad_links_per_reception),
		cmocka_unit_test(result_that_is_malformed_is_refused),
		cmocka_unit_test(payload_of_a_result_counts_only_when_there_is_one),
		cmocka_unit_test(hint_is_the_id_of_a_result),
		cmocka_unit_test(hint_is_none_for_anything_else),
		cmocka_unit_test(hint_may_be_wrong),
		cmocka_unit_test(link_comes_back),
		cmocka_unit_test(link_is_read_in_any_order),
		cmocka_unit_test(link_is_refused_for_what_no_number_may_be),
		cmocka_unit_test(line_of_sight_of_a_later_version),
		cmocka_unit_test(nothing_is_appended_when_memory_is_out),
	};

	return cmocka_run_group_tests_name("hot_codec", tests, NULL, NULL);
}
