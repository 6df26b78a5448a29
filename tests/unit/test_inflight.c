/* The slab of messages between acceptance and outcome. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/inflight.h"

static struct message *take(struct inflight *inflight, const char *payload)
{
	struct message *message = inflight_take(inflight, slice_str(payload), slice_of(NULL, 0));

	assert_non_null(message);
	return message;
}

static enum inflight_lookup look(const struct inflight *inflight, uint64_t id)
{
	enum inflight_lookup found = INFLIGHT_FOUND;
	struct message *message = inflight_find(inflight, id, &found);

	assert_int_equal(message != NULL, found == INFLIGHT_FOUND);
	return found;
}

/* Through the channel and out of it; how the answer came is noted. */
static uint64_t use(struct inflight *inflight, bool answered)
{
	struct message *message = take(inflight, "x");
	uint64_t id = message->id;

	inflight_enter_channel(inflight, message);
	assert_int_equal(look(inflight, id), INFLIGHT_FOUND);
	message->answered = answered;
	inflight_leave_channel(inflight, message);
	inflight_release(inflight, message);
	return id;
}

static void test_ids(void **state)
{
	struct inflight inflight;
	uint64_t first, second, third;

	(void)state;
	inflight_init(&inflight);
	assert_int_equal(look(&inflight, 0), INFLIGHT_FORGED);
	assert_int_equal(look(&inflight, 1ull << 32), INFLIGHT_FORGED);
	first = use(&inflight, true);
	assert_int_not_equal(first, 0);
	assert_int_equal(look(&inflight, first), INFLIGHT_REPEATED);
	second = use(&inflight, false);
	/* last in, first out: the same slot, another id */
	assert_int_equal((uint32_t)first, (uint32_t)second);
	assert_int_not_equal(first, second);
	assert_int_equal(look(&inflight, first), INFLIGHT_LATE);
	assert_int_equal(look(&inflight, second), INFLIGHT_LATE);
	third = use(&inflight, true);
	assert_int_equal(look(&inflight, second), INFLIGHT_LATE);
	assert_int_equal(look(&inflight, third), INFLIGHT_REPEATED);
	assert_int_equal(look(&inflight, third + (1ull << 32)), INFLIGHT_FORGED);
	assert_int_equal(look(&inflight, (uint32_t)third), INFLIGHT_FORGED);
	assert_int_equal(look(&inflight, third | 0xffffff), INFLIGHT_FORGED);
	assert_int_equal(look(&inflight, (1ull << 32) + 7), INFLIGHT_FORGED);
	inflight_fini(&inflight);
}

/* A slot that is taken but not in the channel is nobody's to answer. */
static void test_not_in_channel(void **state)
{
	struct inflight inflight;
	struct message *message;

	(void)state;
	inflight_init(&inflight);
	message = take(&inflight, "x");
	assert_int_equal(look(&inflight, message->id), INFLIGHT_LATE);
	inflight_release(&inflight, message);
	inflight_fini(&inflight);
}

static void test_payload(void **state)
{
	static const struct {
		size_t payload, content_type;
		bool outside;
	} rows[] = {
		{0, 0, false},	 {1, 0, false},	    {0, 64, false},
		{160, 0, false}, {96, 64, false},   {161, 0, true},
		{97, 64, true},	 {65000, 64, true}, {64512, 0, true},
	};
	static uint8_t bytes[70000];
	struct inflight inflight;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(i * 7 + 1);
	}
	inflight_init(&inflight);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice payload = slice_of(bytes, rows[i].payload);
		struct slice content_type = slice_of(bytes + 3, rows[i].content_type);
		struct message *message = inflight_take(&inflight, payload, content_type);

		assert_non_null(message);
		assert_true(slice_equal(message_payload(message), payload));
		assert_true(slice_equal(message_content_type(message), content_type));
		assert_ptr_not_equal(message_payload(message).data, payload.data);
		assert_int_equal(inflight.outside_bytes,
				 rows[i].outside ? payload.size + content_type.size : 0);
		inflight_release(&inflight, message);
		assert_int_equal(inflight.outside_bytes, 0);
	}
	inflight_fini(&inflight);
}

/* Over several blocks: slots do not move, ids differ, all is found and given back. */
static void test_many(void **state)
{
	enum { MANY = 1000 };
	static struct message *messages[MANY];
	struct inflight inflight;

	(void)state;
	inflight_init(&inflight);
	for (uint32_t i = 0; i < MANY; i++) {
		messages[i] = take(&inflight, "message");
		inflight_enter_channel(&inflight, messages[i]);
	}
	assert_int_equal(inflight.count, MANY);
	assert_int_equal(inflight.in_channel, MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		enum inflight_lookup found;

		assert_ptr_equal(inflight_find(&inflight, messages[i]->id, &found), messages[i]);
		assert_true(slice_equal(message_payload(messages[i]), slice_str("message")));
	}
	for (uint32_t i = 0; i < MANY; i++) {
		inflight_leave_channel(&inflight, messages[i]);
		inflight_release(&inflight, messages[i]);
	}
	assert_int_equal(inflight.count, 0);
	assert_int_equal(inflight.in_channel, 0);
	inflight_fini(&inflight);
}

/* For its second hop a message has another id: answers to the first are late by then. */
static void test_renewed(void **state)
{
	struct inflight inflight;
	struct message *message;
	uint64_t first, second;

	(void)state;
	inflight_init(&inflight);
	message = take(&inflight, "x");
	inflight_enter_channel(&inflight, message);
	first = message->id;
	message->answered = true;
	inflight_renew(message);
	second = message->id;
	assert_int_equal((uint32_t)first, (uint32_t)second);
	assert_int_equal(look(&inflight, first), INFLIGHT_LATE);
	assert_int_equal(look(&inflight, second), INFLIGHT_FOUND);
	assert_int_equal(look(&inflight, second + (1ull << 32)), INFLIGHT_FORGED);
	assert_int_equal(inflight.in_channel, 1);
	inflight_leave_channel(&inflight, message);
	assert_int_equal(look(&inflight, second), INFLIGHT_LATE); /* it had no answer */
	inflight_release(&inflight, message);
	assert_int_not_equal(use(&inflight, true), second);
	inflight_fini(&inflight);
}

/* The number of a slot's uses wraps around; 0 is left out, so that no id is 0. */
static void test_generations_wrap(void **state)
{
	struct inflight inflight;
	struct message *message;
	uint64_t last;

	(void)state;
	inflight_init(&inflight);
	message = take(&inflight, "x");
	inflight_enter_channel(&inflight, message);
	message->id |= 0xffffffffull << 32;
	last = message->id;
	inflight_renew(message);
	assert_int_equal(message->id >> 32, 1);
	assert_int_equal(look(&inflight, last), INFLIGHT_LATE);
	assert_int_equal(look(&inflight, message->id), INFLIGHT_FOUND);
	inflight_leave_channel(&inflight, message);
	inflight_release(&inflight, message);
	inflight_fini(&inflight);
}

/* What a hop leaves of the payload, inside and outside the slot; the content type stays. */
static void test_altered(void **state)
{
	static const size_t sizes[] = {5, 100, 161, 1000};
	static uint8_t bytes[1000];
	struct inflight inflight;

	(void)state;
	inflight_init(&inflight);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct message *message = inflight_take(&inflight, slice_of(bytes, sizes[i]),
							slice_str("text/plain"));
		uint64_t outside = inflight.outside_bytes;

		assert_non_null(message);
		message_alter(message, slice_str("abcd"));
		assert_true(slice_equal(message_payload(message), slice_str("abcd")));
		assert_true(slice_equal(message_content_type(message), slice_str("text/plain")));
		message_alter(message, slice_str("efgh")); /* as long as it was */
		assert_true(slice_equal(message_payload(message), slice_str("efgh")));
		assert_true(slice_equal(message_content_type(message), slice_str("text/plain")));
		message_alter(message, slice_of(NULL, 0));
		assert_int_equal(message_payload(message).size, 0);
		assert_true(slice_equal(message_content_type(message), slice_str("text/plain")));
		/* the memory it takes is the same until it goes */
		assert_int_equal(inflight.outside_bytes, outside);
		inflight_release(&inflight, message);
		assert_int_equal(inflight.outside_bytes, 0);
	}
	inflight_fini(&inflight);
}

/* Each has the next number of acceptance, and nothing of the slot's use before. */
static void test_taken_anew(void **state)
{
	struct inflight inflight;
	struct message *message;
	uint32_t order;

	(void)state;
	inflight_init(&inflight);
	message = take(&inflight, "x");
	order = message->order;
	message->via.hop = 2;
	message->via.decided = true;
	message->in_window = true;
	inflight_release(&inflight, message);
	message = take(&inflight, "y");
	assert_int_equal(message->order, order + 1);
	assert_int_equal(message->via.hop, 0);
	assert_false(message->via.decided || message->in_window);
	assert_int_equal(message->waiting, 0);
	assert_null(message->fanout);
	inflight_release(&inflight, message);
	inflight_fini(&inflight);
}

static void count_one(void *ctx, struct message *message)
{
	(void)message;
	++*(uint32_t *)ctx;
}

static void test_each(void **state)
{
	struct inflight inflight;
	struct message *queued, *waits;
	uint32_t count = 0;

	(void)state;
	inflight_init(&inflight);
	queued = take(&inflight, "queued");
	queued->stage = MESSAGE_QUEUED;
	waits = take(&inflight, "waits");
	waits->stage = MESSAGE_WAITING;
	inflight_enter_channel(&inflight, take(&inflight, "in the channel"));
	inflight_each(&inflight, count_one, &count);
	assert_int_equal(count, 3);
	assert_int_equal(look(&inflight, queued->id), INFLIGHT_LATE);
	assert_int_equal(look(&inflight, waits->id), INFLIGHT_LATE);
	inflight_release(&inflight, queued);
	count = 0;
	inflight_each(&inflight, count_one, &count);
	assert_int_equal(count, 2);
	inflight_fini(&inflight);
}

/* What is left is freed with the slab (seen by the leak checker). */
static void test_left_over(void **state)
{
	static const uint8_t bytes[1000];
	struct inflight inflight;

	(void)state;
	inflight_init(&inflight);
	assert_non_null(inflight_take(&inflight, slice_of(bytes, sizeof(bytes)), slice_str("a")));
	inflight_fini(&inflight);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),	cmocka_unit_test(test_not_in_channel),
		cmocka_unit_test(test_payload), cmocka_unit_test(test_many),
		cmocka_unit_test(test_renewed), cmocka_unit_test(test_generations_wrap),
		cmocka_unit_test(test_altered), cmocka_unit_test(test_taken_anew),
		cmocka_unit_test(test_each),	cmocka_unit_test(test_left_over),
	};

	return cmocka_run_group_tests_name("inflight", tests, NULL, NULL);
}
