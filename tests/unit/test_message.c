#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/message.h"

/* Every enumerator below its _COUNT has a name of its own; what is above has none. */
#define ASSERT_NAMED(type, name_of, count)                                                         \
	do {                                                                                       \
		for (int i = 0; i < (count); i++) {                                                \
			assert_string_not_equal((name_of)((type)(i)), "?");                        \
		}                                                                                  \
		assert_string_equal((name_of)((type)(count)), "?");                                \
		assert_string_equal((name_of)((type)(UINT32_MAX)), "?");                           \
	} while (0)

static void every_enumerator_has_a_name(void **state)
{
	(void)state;
	ASSERT_NAMED(enum outcome, outcome_name, OUTCOME_COUNT);
	ASSERT_NAMED(enum reason, reason_name, REASON_COUNT);
	ASSERT_NAMED(enum source, source_name, SOURCE_COUNT);
	ASSERT_NAMED(enum presence_what, presence_what_name, PRESENCE_WHAT_COUNT);
	ASSERT_NAMED(enum goodbye_reason, goodbye_name, GOODBYE_COUNT);
	ASSERT_NAMED(enum error_code, error_name, ERROR_COUNT);
	ASSERT_NAMED(enum topology_kind, topology_name, TOPOLOGY_STAR + 1);
	ASSERT_NAMED(enum drone_kind, drone_kind_name, DRONE_KIND_GROUND_STATION + 1);
	ASSERT_NAMED(enum line_of_sight, line_of_sight_name, LINE_OF_SIGHT_NLOS + 1);
}

static void names_are_those_of_the_protocol(void **state)
{
	(void)state;
	assert_string_equal(outcome_name(OUTCOME_TARGET_OFFLINE), "TARGET_OFFLINE");
	assert_string_equal(reason_name(REASON_NONE), "NONE");
	assert_string_equal(goodbye_name(GOODBYE_CONNECTION_LOST), "CONNECTION_LOST");
	assert_string_equal(error_name(ERROR_INTERNAL), "INTERNAL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_enumerator_has_a_name),
		cmocka_unit_test(names_are_those_of_the_protocol),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
