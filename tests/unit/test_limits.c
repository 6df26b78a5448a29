/* The defaults, and what the largest payload leaves room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/limits.h"
#include "core/message.h"

static void test_payload(void **state)
{
	/* names, content type and two hops with their longest links, and tags */
	const uint32_t around = 6 * NAME_MAX_BYTES + CONTENT_TYPE_MAX_BYTES + 2 * 128 + 128;

	(void)state;
	assert_int_equal(limits_max_payload(64 * 1024), 64 * 1024 - 1024);
	for (uint32_t frame = 1024; frame <= 1024 * 1024; frame += 512) {
		uint32_t payload = limits_max_payload(frame);

		assert_true(payload > 0 && payload < frame);
		assert_true(frame < 2048 || frame - payload >= around);
		/* a larger frame never takes less */
		assert_true(payload <= limits_max_payload(frame + 1));
	}
}

/* What the defaults must be to each other. */
static void test_defaults(void **state)
{
	struct limits limits = limits_default();

	(void)state;
	assert_int_equal(limits.max_frame_bytes, 65536);
	assert_int_equal(limits.max_frame_bytes_unregistered, 4096);
	assert_int_equal(limits.idle_timeout_ms, 30000);
	assert_int_equal(limits.max_in_flight_per_drone, 64);
	assert_true(limits.ping_interval_ms < limits.idle_timeout_ms);
	assert_true(limits.takeover_ms < limits.register_timeout_ms);
	assert_true(limits.output_soft_bytes < limits.output_hard_bytes);
	assert_true(limits.max_unregistered <= limits.max_drones);
	assert_true(limits.max_frame_bytes <= limits.output_hard_bytes);
	assert_true(limits.presence_backlog > 0 && limits.presence_interval_ms > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_defaults),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
