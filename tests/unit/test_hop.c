/* What became of a message on one hop, and what is kept of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/hop.h"

static struct reception received(uint32_t outcome, const char *link)
{
	return (struct reception){
		.outcome = outcome,
		.reason = REASON_BLOCKED,
		.link_ok = true,
		.link = slice_str(link),
		.delay_us = 1200,
	};
}

static void test_as_answered(void **state)
{
	struct reception reception = received(OUTCOME_DELIVERED, "numbers");
	struct leg leg = leg_of(&reception, 5);

	(void)state;
	assert_int_equal(leg.outcome, OUTCOME_DELIVERED);
	assert_int_equal(leg.reason, REASON_NONE); /* only what is lost has one */
	assert_int_equal(leg.source, SOURCE_LIVE);
	assert_int_equal(leg.delay_us, 1200);
	assert_true(slice_equal(leg_link(&leg), slice_str("numbers")));
	assert_true(leg_arrived(&leg));
	reception.outcome = OUTCOME_LOST;
	leg = leg_of(&reception, 5);
	assert_int_equal(leg.outcome, OUTCOME_LOST);
	assert_int_equal(leg.reason, REASON_BLOCKED);
	assert_false(leg_arrived(&leg));
}

/* Without a link there is no delay, whatever the answer has there. */
static void test_no_link(void **state)
{
	struct reception reception = received(OUTCOME_CORRUPTED, NULL);
	struct leg leg;

	(void)state;
	reception.link_ok = false;
	leg = leg_of(&reception, 5);
	assert_int_equal(leg.outcome, OUTCOME_CORRUPTED);
	assert_int_equal(leg.delay_us, 0);
	assert_null(leg.link);
	assert_true(leg_arrived(&leg));
}

/* The bound of the payload is what went out on this hop: the first may have cut it. */
static void test_altered(void **state)
{
	struct reception reception = received(OUTCOME_DELIVERED, "");
	struct leg leg;

	(void)state;
	reception.altered = true;
	reception.payload = slice_str("abcd");
	leg = leg_of(&reception, 4);
	assert_int_equal(leg.outcome, OUTCOME_CORRUPTED);
	leg = leg_of(&reception, 3);
	assert_int_equal(leg.outcome, OUTCOME_SIMULATOR_ERROR);
	assert_int_equal(leg.source, SOURCE_UNSPECIFIED);
	assert_int_equal(leg.delay_us, 0);
	assert_null(leg.link);
	assert_false(leg_arrived(&leg));
}

static void test_kept(void **state)
{
	uint8_t link[] = "numbers";
	struct leg leg = {.outcome = OUTCOME_LOST, .delay_us = 7, .link = link, .link_size = 7};
	struct kept_leg kept;

	(void)state;
	leg_keep(&kept, &leg);
	link[0] = 'x';
	assert_true(slice_equal(leg_link(&kept.leg), slice_str("numbers")));
	assert_int_equal(kept.leg.outcome, OUTCOME_LOST);
	assert_int_equal(kept.leg.delay_us, 7);
	/* over itself, absent, and present but empty */
	leg_keep(&kept, &kept.leg);
	assert_true(slice_equal(leg_link(&kept.leg), slice_str("numbers")));
	leg.link_size = 0;
	leg_keep(&kept, &leg);
	assert_non_null(kept.leg.link);
	leg = leg_without_link(OUTCOME_DELIVERED, SOURCE_BYPASSED);
	leg_keep(&kept, &leg);
	assert_null(kept.leg.link);
	assert_int_equal(kept.leg.source, SOURCE_BYPASSED);
	assert_true(leg_arrived(&kept.leg));
}

/* A copy stands on its own bytes. */
static void test_via_copy(void **state)
{
	struct via from = {.hop = 2, .decided = true, .node = 3, .stay = 4}, to;
	struct leg leg = {
		.outcome = OUTCOME_DELIVERED, .link = (const uint8_t *)"first", .link_size = 5};

	(void)state;
	from.hub = name_of(slice_str("hub"));
	leg_keep(&from.first, &leg);
	via_copy(&to, &from);
	memset(&from, 0, sizeof(from));
	assert_int_equal(to.hop, 2);
	assert_true(to.decided);
	assert_int_equal(to.node, 3);
	assert_int_equal(to.stay, 4);
	assert_true(slice_equal(name_slice(&to.hub), slice_str("hub")));
	assert_true(slice_equal(leg_link(&to.first.leg), slice_str("first")));
}

static void test_as_told(void **state)
{
	struct name from = name_of(slice_str("uav1")), to = name_of(slice_str("hub"));
	struct leg leg = {.outcome = OUTCOME_LOST,
			  .reason = REASON_OUT_OF_RANGE,
			  .source = SOURCE_LIVE,
			  .link = (const uint8_t *)"numbers",
			  .link_size = 7};
	struct hop hop;

	(void)state;
	hop_set(&hop, &from, &to, &leg);
	assert_true(slice_equal(hop.transmitter, slice_str("uav1")));
	assert_true(slice_equal(hop.receiver, slice_str("hub")));
	assert_int_equal(hop.outcome, OUTCOME_LOST);
	assert_int_equal(hop.reason, REASON_OUT_OF_RANGE);
	assert_int_equal(hop.source, SOURCE_LIVE);
	assert_int_equal(hop.late_by_us, 0);
	assert_true(slice_equal(hop.link, slice_str("numbers")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_answered), cmocka_unit_test(test_no_link),
		cmocka_unit_test(test_altered),	    cmocka_unit_test(test_kept),
		cmocka_unit_test(test_via_copy),    cmocka_unit_test(test_as_told),
	};

	return cmocka_run_group_tests_name("hop", tests, NULL, NULL);
}
