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
	/* the bound of a delivery to a group over two hops, all names as long as they may be: see
	 * proto/README.md, "Sizes" */
	const uint32_t around = 64 + 3 * NAME_MAX_BYTES + 128 + CONTENT_TYPE_MAX_BYTES + 24 +
				2 * NAME_MAX_BYTES + 128 + 2 + NAME_MAX_BYTES;

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
	assert_int_equal(limits.max_groups_per_drone, 16);
	assert_true(limits.max_queued <= limits.max_in_flight);
	assert_true(limits.max_waiting > 0 && limits.queue_ms > 0);
	/* who loses its id to a copy of itself now and then is not banned at once */
	assert_true(limits.max_takeovers_per_minute > 1);
	assert_true(limits.takeover_ban_ms > limits.takeover_ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_defaults),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
