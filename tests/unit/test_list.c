#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct item {
	int number;
	struct list link;
};

static int first_number(const struct list *head)
{
	struct list *link = list_first(head);

	return link ? LIST_ENTRY(link, struct item, link)->number : -1;
}

static void is_first_in_first_out(void **state)
{
	struct item items[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
	struct list head;

	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	assert_null(list_first(&head));
	for (int i = 0; i < 3; i++) {
		list_push_back(&head, &items[i].link);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(first_number(&head), i);
		list_remove(list_first(&head));
	}
	assert_true(list_empty(&head));
}

static void removes_from_the_middle_and_twice(void **state)
{
	struct item items[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
	struct list head;

	(void)state;
	list_init(&head);
	for (int i = 0; i < 3; i++) {
		list_push_back(&head, &items[i].link);
	}
	list_remove(&items[1].link);
	list_remove(&items[1].link);
	assert_true(list_empty(&items[1].link));
	list_remove(&items[0].link);
	assert_int_equal(first_number(&head), 2);
	list_push_back(&head, &items[0].link); /* to the end */
	assert_int_equal(first_number(&head), 2);
	assert_ptr_equal(head.prev, &items[0].link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_first_in_first_out),
		cmocka_unit_test(removes_from_the_middle_and_twice),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
