/* Stays and the numbers of their nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/member.h"
#include "core/session.h"

static struct session session;

static struct member *enter(struct members *members)
{
	struct member *member = member_new(members, &session, NULL);

	assert_non_null(member);
	return member;
}

static void test_numbers(void **state)
{
	struct members members = {0};
	struct member *one, *two;
	uint32_t stay;

	(void)state;
	assert_null(member_at(&members, 0));
	assert_null(member_at(&members, 1));
	one = enter(&members);
	two = enter(&members);
	assert_int_equal(one->node, 1);
	assert_int_equal(two->node, 2);
	assert_int_not_equal(one->stay, two->stay);
	assert_ptr_equal(member_at(&members, 1), one);
	assert_ptr_equal(member_at(&members, 2), two);
	assert_null(member_at(&members, 0));
	assert_null(member_at(&members, 3));
	/* the number that was freed last is used again first, by another stay */
	stay = one->stay;
	member_free(&members, two);
	member_free(&members, one);
	assert_null(member_at(&members, 1));
	one = enter(&members);
	assert_int_equal(one->node, 1);
	assert_int_not_equal(one->stay, stay);
	assert_int_equal(enter(&members)->node, 2);
	assert_int_equal(enter(&members)->node, 3);
	members_fini(&members);
}

static void test_present(void **state)
{
	struct members members = {0};
	struct member *member;
	uint32_t stay;

	(void)state;
	member = enter(&members);
	stay = member->stay;
	assert_ptr_equal(member_present(&members, 1, stay), member);
	assert_null(member_present(&members, 1, stay + 1));
	assert_null(member_present(&members, 2, stay));
	member->session = NULL; /* it has left, its node is still needed */
	assert_null(member_present(&members, 1, stay));
	assert_ptr_equal(member_at(&members, 1), member);
	member_free(&members, member);
	assert_int_equal(enter(&members)->node, 1);
	assert_null(member_present(&members, 1, stay));
	members_fini(&members);
}

/* What stands in a list of those that linger is taken out of it with its end. */
static void test_lingering(void **state)
{
	struct members members = {0};
	struct list lingering;
	struct member *member;

	(void)state;
	list_init(&lingering);
	member = enter(&members);
	list_push_back(&lingering, &member->lingering);
	member_free(&members, member);
	assert_true(list_empty(&lingering));
	members_fini(&members);
}

static void test_many(void **state)
{
	enum { MANY = 300 };
	static struct member *taken[MANY];
	struct members members = {0};

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		taken[i] = enter(&members);
		assert_int_equal(taken[i]->node, i + 1);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		assert_ptr_equal(member_present(&members, i + 1, taken[i]->stay), taken[i]);
		member_free(&members, taken[i]);
	}
	assert_int_equal(members.table.free_count, MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		enter(&members);
	}
	assert_int_equal(members.table.high, MANY);
	members_fini(&members); /* frees those that are left (seen by the leak checker) */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_present),
		cmocka_unit_test(test_lingering),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("member", tests, NULL, NULL);
}
