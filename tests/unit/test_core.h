/* What the tests of the core's dialogues share: a gateway whose simulator is away, three
 * drones, and what they are told. */
#ifndef UAV_TESTS_UNIT_TEST_CORE_H
#define UAV_TESTS_UNIT_TEST_CORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/state.h"
#include "lib/fake_ports.h"

static struct fake_gateway gateway;
static struct fake_drone one, two, three;

static inline int setup(void **state)
{
	struct limits limits = fake_limits();

	(void)state;
	fake_open(&gateway, &limits);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	fake_close(&gateway);
	return 0;
}

static inline void expect_goodbye(const struct fake_drone *drone, enum goodbye_reason reason)
{
	const struct fake_event *event = fake_last(drone, 0);

	assert_non_null(event);
	assert_int_equal(event->kind, EVENT_GOODBYE);
	assert_int_equal(event->code, reason);
	assert_true(event->text[0]);
	assert_int_equal(drone->closes, 1);
}

static inline void expect_error(const struct fake_drone *drone, enum error_code code)
{
	const struct fake_event *event = fake_find(drone, EVENT_ERROR);

	assert_non_null(event);
	assert_int_equal(event->code, code);
	assert_int_equal(event->ref, drone->refs);
	assert_true(event->text[0]);
}

/* Connects from that host and registers. */
static inline void register_from(struct fake_drone *drone, const char *id, uint8_t host)
{
	struct request_registration registration = fake_registration(id);

	fake_attach(&gateway, drone, host);
	assert_int_equal(fake_register(drone, &registration), CORE_TAKEN);
}

#endif
