/* What becomes of a message, to one and to many, for each thing a simulator may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/delivery.h"
#include "core/state.h"
#include "lib/fake_ports.h"

#define PAYLOAD "hello"

static struct fake_gateway gateway;
static struct fake_drone one, two, three;

static int setup(void **state)
{
	struct limits limits = fake_limits();

	(void)state;
	fake_open(&gateway, &limits);
	fake_sim_up(&gateway);
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	fake_join(&gateway, &three, "uav3", "alpha");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_close(&gateway);
	return 0;
}

static void answer(const struct reception *receptions, size_t count, bool more)
{
	core_sim_result(gateway.core, 0, fake_transmit(&gateway, 0)->id, receptions, count, more);
}

/* Nothing is open, and each target that was accepted is in one account. */
static void expect_closed(void)
{
	assert_true(fake_accounts_close(&gateway));
	assert_int_equal(core_stats(gateway.core)->pending, 0);
	assert_int_equal(gateway.core->inflight.count, 0);
	assert_int_equal(gateway.core->fanout_bytes, 0);
}

static const struct fake_item *item_of(const struct fake_event *report, const char *id)
{
	for (size_t i = 0; i < report->count && i < FAKE_ITEMS; i++) {
		if (strcmp(report->items[i].id, id) == 0) {
			return &report->items[i];
		}
	}
	fail_msg("%s is not in the report", id);
	return NULL;
}

/* The sender's last request has a report, with this fate for this drone. */
static const struct fake_item *expect_fate(const char *id, enum outcome outcome)
{
	const struct fake_event *report = fake_find(&one, EVENT_SEND_REPORT);
	const struct fake_item *item;

	assert_non_null(report);
	item = item_of(report, id);
	assert_int_equal(report->ref, one.refs);
	assert_int_equal(item->what, outcome);
	return item;
}

/* ---------------------------------------------------------- the channel's word */

struct word {
	struct reception reception; /* but for the receiver */
	enum outcome fate;
	enum reason reason;
	const char *delivered; /* the payload; NULL: not handed over */
};

static const uint8_t long_link[HOP_LINK_MAX_BYTES + 1];

#define LINK .link_ok = true, .link = {(const uint8_t *)"numbers", 7}
#define PAYLOAD_OF(text, bytes) .altered = true, .payload = {(const uint8_t *)(text), bytes}

static const struct word words[] = {
	{{.outcome = OUTCOME_DELIVERED, LINK}, OUTCOME_DELIVERED, REASON_NONE, PAYLOAD},
	{{.outcome = OUTCOME_CORRUPTED, LINK}, OUTCOME_CORRUPTED, REASON_NONE, PAYLOAD},
	{{.outcome = OUTCOME_LOST, LINK}, OUTCOME_LOST, REASON_NONE, NULL},
	{{.outcome = OUTCOME_LOST, .reason = REASON_BLOCKED, LINK},
	 OUTCOME_LOST,
	 REASON_BLOCKED,
	 NULL},
	{{.outcome = OUTCOME_LOST, .reason = REASON_FAULT_INJECTED, LINK},
	 OUTCOME_LOST,
	 REASON_FAULT_INJECTED,
	 NULL},
	/* only what is lost has a reason */
	{{.outcome = OUTCOME_DELIVERED, .reason = REASON_BLOCKED, LINK},
	 OUTCOME_DELIVERED,
	 REASON_NONE,
	 PAYLOAD},
	/* an altered payload is corrupted, whatever it is called; and may be cut */
	{{.outcome = OUTCOME_DELIVERED, PAYLOAD_OF("jello", 5), LINK},
	 OUTCOME_CORRUPTED,
	 REASON_NONE,
	 "jello"},
	{{.outcome = OUTCOME_CORRUPTED, PAYLOAD_OF("he", 2), LINK},
	 OUTCOME_CORRUPTED,
	 REASON_NONE,
	 "he"},
	{{.outcome = OUTCOME_CORRUPTED, PAYLOAD_OF("", 0), LINK},
	 OUTCOME_CORRUPTED,
	 REASON_NONE,
	 ""},
	{{.outcome = OUTCOME_CORRUPTED, PAYLOAD_OF("hello!", 6), LINK},
	 OUTCOME_SIMULATOR_ERROR,
	 REASON_NONE,
	 NULL},
	/* the link may be absent, but not bad and not endless */
	{{.outcome = OUTCOME_DELIVERED}, OUTCOME_DELIVERED, REASON_NONE, PAYLOAD},
	{{.outcome = OUTCOME_DELIVERED, .link = {long_link, 1}},
	 OUTCOME_SIMULATOR_ERROR,
	 REASON_NONE,
	 NULL},
	{{.outcome = OUTCOME_DELIVERED, .link_ok = true, .link = {long_link, HOP_LINK_MAX_BYTES}},
	 OUTCOME_DELIVERED,
	 REASON_NONE,
	 PAYLOAD},
	{{.outcome = OUTCOME_DELIVERED, .link_ok = true, .link = {long_link, sizeof(long_link)}},
	 OUTCOME_SIMULATOR_ERROR,
	 REASON_NONE,
	 NULL},
	/* what the channel does not decide */
	{{.outcome = OUTCOME_UNSPECIFIED, LINK}, OUTCOME_SIMULATOR_ERROR, REASON_NONE, NULL},
	{{.outcome = OUTCOME_NO_ROUTE, LINK}, OUTCOME_SIMULATOR_ERROR, REASON_NONE, NULL},
	{{.outcome = 4711, LINK}, OUTCOME_SIMULATOR_ERROR, REASON_NONE, NULL},
	{{.outcome = OUTCOME_LOST, .reason = REASON_COUNT, LINK},
	 OUTCOME_SIMULATOR_ERROR,
	 REASON_NONE,
	 NULL},
};

enum { WORDS = sizeof(words) / sizeof(words[0]) };

/* As the word has it: with uav2, which heard `before` deliveries before. */
static void expect_word(const struct word *word, uint32_t before, uint64_t counted)
{
	const struct fake_item *item = expect_fate("uav2", word->fate);
	const struct stats *stats = core_stats(gateway.core);
	bool usable = word->fate != OUTCOME_SIMULATOR_ERROR;

	assert_int_equal(item->reason, word->reason);
	assert_int_equal(item->hop_count, 1);
	assert_int_equal(item->hops[0].outcome, word->fate);
	if (!usable || !word->reception.link.data) {
		assert_string_equal(item->hops[0].link, "");
	} else if (word->reception.link.size == 7) {
		assert_string_equal(item->hops[0].link, "numbers");
	}
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), before + (word->delivered != NULL));
	if (word->delivered) {
		assert_int_equal(fake_last(&two, 0)->kind, EVENT_DELIVERY);
		assert_string_equal(fake_last(&two, 0)->text, word->delivered);
		assert_string_equal(fake_last(&two, 0)->items[0].id, "uav1");
		assert_int_equal(fake_last(&two, 0)->items[0].hops[0].outcome, word->fate);
	}
	assert_int_equal(stats->outcomes[word->fate], counted + 1);
	expect_closed();
}

static void test_words_for_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORDS; i++) {
		struct reception reception = words[i].reception;
		uint32_t before = fake_count(&two, EVENT_DELIVERY);
		uint64_t counted = core_stats(gateway.core)->outcomes[words[i].fate];
		uint64_t reasons = core_stats(gateway.core)->reasons[words[i].reason];

		reception.receiver = fake_node(&two);
		assert_int_equal(fake_send(&one, "uav2", PAYLOAD, REPORT_WISH_ALL), CORE_TAKEN);
		assert_int_equal(core_stats(gateway.core)->pending, 1);
		answer(&reception, 1, false);
		expect_word(&words[i], before, counted);
		assert_int_equal(core_stats(gateway.core)->reasons[words[i].reason],
				 reasons + (words[i].fate == OUTCOME_LOST));
	}
}

/* One of two hears the word; the other one's fate is its own. */
static void test_words_for_many(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORDS; i++) {
		struct reception receptions[2] = {
			words[i].reception,
			fake_reception(fake_node(&three), OUTCOME_LOST, "three"),
		};
		uint32_t before = fake_count(&two, EVENT_DELIVERY);
		uint64_t counted;

		receptions[0].receiver = fake_node(&two);
		fake_send(&one, NULL, PAYLOAD, REPORT_WISH_ALL);
		assert_int_equal(core_stats(gateway.core)->pending, 2);
		answer(&receptions[1], 1, true);
		assert_int_equal(core_stats(gateway.core)->pending, 1);
		counted = core_stats(gateway.core)->outcomes[words[i].fate];
		answer(&receptions[0], 1, false);
		expect_word(&words[i], before, counted);
		assert_string_equal(expect_fate("uav3", OUTCOME_LOST)->hops[0].link, "three");
	}
	assert_int_equal(fake_count(&three, EVENT_DELIVERY), 0);
}

/* ------------------------------------------------------------ faulty answers */

static void test_missing_receiver(void **state)
{
	struct reception delivered = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "");

	(void)state;
	fake_send(&one, "uav2", PAYLOAD, REPORT_WISH_ALL);
	answer(NULL, 0, true);
	assert_int_equal(core_stats(gateway.core)->pending, 1); /* it may still come */
	answer(NULL, 0, false);
	assert_int_equal(expect_fate("uav2", OUTCOME_SIMULATOR_ERROR)->hop_count, 1);
	expect_closed();
	fake_send(&one, NULL, PAYLOAD, REPORT_WISH_ALL);
	answer(&delivered, 1, false);
	expect_fate("uav2", OUTCOME_DELIVERED);
	expect_fate("uav3", OUTCOME_SIMULATOR_ERROR);
	expect_closed();
	fake_send(&one, NULL, PAYLOAD, REPORT_WISH_ALL);
	answer(&delivered, 1, true);
	fake_pass(&gateway, 100000);
	expect_fate("uav2", OUTCOME_DELIVERED);
	expect_fate("uav3", OUTCOME_SIMULATOR_TIMEOUT);
	expect_closed();
}

static void test_repeated_and_foreign(void **state)
{
	struct reception receptions[] = {
		fake_reception(fake_node(&three), OUTCOME_DELIVERED, "foreign"),
		fake_reception(fake_node(&two), OUTCOME_DELIVERED, "first"),
		fake_reception(fake_node(&two), OUTCOME_LOST, "second"),
		fake_reception(fake_node(&one), OUTCOME_DELIVERED, "sender"),
	};
	const struct stats *stats = core_stats(gateway.core);

	(void)state;
	fake_send(&one, "uav2", PAYLOAD, REPORT_WISH_ALL);
	answer(receptions, 4, false);
	assert_string_equal(expect_fate("uav2", OUTCOME_DELIVERED)->hops[0].link, "first");
	assert_int_equal(fake_count(&one, EVENT_SEND_REPORT), 1);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 1);
	assert_int_equal(fake_count(&three, EVENT_DELIVERY), 0);
	assert_int_equal(stats->results, 1);
	assert_int_equal(stats->results_unknown, 2);
	assert_int_equal(stats->results_repeated, 1);
	expect_closed();
	answer(&receptions[1], 1, false); /* and once more, after the end */
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 1);
	assert_int_equal(stats->results_repeated, 2);
	expect_closed();
}

/* ------------------------------------------------- targets that cannot take it */

static void test_left_target(void **state)
{
	struct reception receptions[2];

	(void)state;
	receptions[0] = fake_reception(fake_node(&two), OUTCOME_DELIVERED, "");
	receptions[1] = fake_reception(fake_node(&three), OUTCOME_LOST, "");
	fake_send(&one, "uav2", PAYLOAD, REPORT_WISH_ALL);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, NULL);
	answer(receptions, 1, false);
	assert_int_equal(expect_fate("uav2", OUTCOME_TARGET_LEFT)->hops[0].outcome,
			 OUTCOME_DELIVERED);
	assert_null(fake_find(&two, EVENT_DELIVERY));
	expect_closed();
	/* it left and came again: not the one that was meant */
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_send(&one, NULL, PAYLOAD, REPORT_WISH_ALL);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_ask(&two, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, NULL);
	answer(receptions, 2, false);
	expect_fate("uav2", OUTCOME_TARGET_LEFT);
	expect_fate("uav3", OUTCOME_LOST); /* it would not have heard it anyway */
	assert_null(fake_find(&two, EVENT_DELIVERY));
	expect_closed();
}

static void test_target_that_takes_nothing(void **state)
{
	(void)state;
	fake_send(&one, "uav2", PAYLOAD, REPORT_WISH_ALL);
	two.refuse = true;
	fake_answer(&gateway);
	assert_int_equal(expect_fate("uav2", OUTCOME_OVERLOADED)->hops[0].outcome,
			 OUTCOME_DELIVERED);
	expect_closed();
}

/* A payload that just fits the smallest frame a drone may ask for, and one byte more. */
static void test_too_large(void **state)
{
	enum { FITS = FRAME_LEAST_BYTES - 64 - 3 * 4 - HOP_LINK_MAX_BYTES };
	struct request_registration registration = fake_registration("uav4");
	struct fake_drone small;
	char payload[FITS + 2];

	(void)state;
	registration.max_frame_bytes = FRAME_LEAST_BYTES;
	registration.scenario = slice_str("alpha");
	fake_attach(&gateway, &small, 1);
	fake_register(&small, &registration);
	memset(payload, 'x', sizeof(payload));
	payload[FITS] = '\0';
	fake_send(&one, "uav4", payload, REPORT_WISH_ALL);
	fake_answer(&gateway);
	expect_fate("uav4", OUTCOME_DELIVERED);
	payload[FITS] = 'x';
	payload[FITS + 1] = '\0';
	fake_send(&one, "uav4", payload, REPORT_WISH_ALL);
	assert_int_equal(expect_fate("uav4", OUTCOME_TOO_LARGE)->hop_count, 0);
	assert_int_equal(gateway.sim.count, 1);
	expect_closed();
	fake_send(&one, NULL, payload, REPORT_WISH_ALL);
	assert_int_equal(fake_transmit(&gateway, 0)->count, 2); /* without it */
	fake_answer(&gateway);
	expect_fate("uav2", OUTCOME_DELIVERED);
	expect_fate("uav3", OUTCOME_DELIVERED);
	assert_int_equal(expect_fate("uav4", OUTCOME_TOO_LARGE)->hop_count, 0);
	assert_int_equal(fake_count(&small, EVENT_DELIVERY), 1);
	expect_closed();
}

static void expect_no_channel(const char *to, enum outcome outcome)
{
	fake_send(&one, to, PAYLOAD, REPORT_WISH_ALL);
	assert_int_equal(expect_fate(to ? to : "uav2", outcome)->hop_count, 0);
	expect_closed();
}

static void test_without_the_channel(void **state)
{
	(void)state;
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, "beta");
	expect_no_channel("uav9", OUTCOME_TARGET_OFFLINE);
	expect_no_channel("uav1", OUTCOME_NOT_ALLOWED);
	expect_no_channel("uav3", OUTCOME_NO_ROUTE);
	fake_send(&one, "no id", PAYLOAD, REPORT_WISH_ALL);
	expect_fate("", OUTCOME_TARGET_OFFLINE); /* what cannot be an id is not repeated */
	assert_int_equal(gateway.sim.count, 0);
	/* the simulator goes with the message, and is gone for the next */
	fake_send(&one, "uav2", PAYLOAD, REPORT_WISH_ALL);
	core_sim_down(gateway.core, 0, "gone");
	assert_int_equal(expect_fate("uav2", OUTCOME_SIMULATOR_DOWN)->hop_count, 1);
	expect_no_channel("uav2", OUTCOME_SIMULATOR_DOWN);
	expect_no_channel(NULL, OUTCOME_SIMULATOR_DOWN);
	assert_int_equal(gateway.sim.count, 1);
}

/* ------------------------------------------------------------ numbers, reports */

static void send_and_answer(const char *to, uint64_t sequence)
{
	fake_send(&one, to, PAYLOAD, REPORT_WISH_NONE);
	assert_int_equal(fake_transmit(&gateway, 0)->sequence, sequence);
	fake_answer(&gateway);
	assert_int_equal(fake_find(&two, EVENT_DELIVERY)->number, sequence);
}

/* From 1 in each scenario, for what goes to the channel. */
static void test_sequence(void **state)
{
	(void)state;
	send_and_answer("uav2", 1);
	send_and_answer(NULL, 2);
	fake_send(&one, "uav9", PAYLOAD, REPORT_WISH_NONE); /* nowhere: takes no number */
	send_and_answer("uav2", 3);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 3);
	fake_send(&two, "uav1", PAYLOAD, REPORT_WISH_NONE); /* each sender has its own */
	assert_int_equal(fake_transmit(&gateway, 0)->sequence, 1);
	fake_answer(&gateway);
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "alpha");
	send_and_answer("uav2", 1);
	expect_closed();
}

static void test_wishes(void **state)
{
	const struct {
		enum report_wish wish;
		enum outcome outcome;
		enum event_kind reply; /* EVENT_COUNT: none */
	} rows[] = {
		{REPORT_WISH_NONE, OUTCOME_DELIVERED, EVENT_COUNT},
		{REPORT_WISH_NONE, OUTCOME_LOST, EVENT_COUNT},
		{REPORT_WISH_FAILURES, OUTCOME_DELIVERED, EVENT_DONE},
		{REPORT_WISH_FAILURES, OUTCOME_CORRUPTED, EVENT_SEND_REPORT},
		{REPORT_WISH_FAILURES, OUTCOME_LOST, EVENT_SEND_REPORT},
		{REPORT_WISH_ALL, OUTCOME_DELIVERED, EVENT_SEND_REPORT},
		{REPORT_WISH_ALL, OUTCOME_LOST, EVENT_SEND_REPORT},
	};

	(void)state;
	fake_ask(&three, REQUEST_CHOOSE_SCENARIO, NULL); /* so that everyone is uav2 */
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		struct reception reception =
			fake_reception(fake_node(&two), rows[i / 2].outcome, "");
		uint32_t before = one.count;

		fake_send(&one, i % 2 ? NULL : "uav2", PAYLOAD, rows[i / 2].wish);
		assert_int_equal(one.count, before); /* not before it is decided */
		answer(&reception, 1, false);
		expect_closed();
		if (rows[i / 2].reply == EVENT_COUNT) {
			assert_int_equal(one.count, before);
			continue;
		}
		assert_int_equal(one.count, before + 1);
		assert_int_equal(fake_last(&one, 0)->kind, rows[i / 2].reply);
		assert_int_equal(fake_last(&one, 0)->ref, one.refs);
		if (rows[i / 2].reply == EVENT_SEND_REPORT) {
			assert_int_equal(fake_last(&one, 0)->count, 1);
			expect_fate("uav2", rows[i / 2].outcome);
		}
	}
}

/* Who gives no ref wants no reply, whatever it wishes. */
static void test_no_ref(void **state)
{
	struct request request = {
		.kind = REQUEST_SEND,
		.send =
			{
				.to = SEND_TO_EVERYONE,
				.payload = slice_str(PAYLOAD),
				.report = REPORT_WISH_ALL,
			},
	};
	uint32_t before = one.count;

	(void)state;
	assert_int_equal(core_request(gateway.core, one.session, &request), CORE_TAKEN);
	fake_answer(&gateway);
	request.send.to = SEND_TO_DRONE;
	request.send.name = slice_str("uav2");
	assert_int_equal(core_request(gateway.core, one.session, &request), CORE_TAKEN);
	fake_answer(&gateway);
	request.send.name = slice_str("uav9");
	assert_int_equal(core_request(gateway.core, one.session, &request), CORE_TAKEN);
	assert_int_equal(one.count, before);
	assert_int_equal(fake_count(&two, EVENT_DELIVERY), 2);
	assert_int_equal(core_stats(gateway.core)->accepted, 4);
	expect_closed();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_words_for_one),    TEST(test_words_for_many),
		TEST(test_missing_receiver), TEST(test_repeated_and_foreign),
		TEST(test_left_target),	     TEST(test_target_that_takes_nothing),
		TEST(test_too_large),	     TEST(test_without_the_channel),
		TEST(test_sequence),	     TEST(test_wishes),
		TEST(test_no_ref),
	};

	return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
