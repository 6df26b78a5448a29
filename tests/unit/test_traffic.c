/* What a list of drones tells of each one's messages since it entered its scenario. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/state.h"
#include "lib/fake_ports.h"

static struct fake_gateway gateway;
static struct fake_drone hub, one, two, three, watcher;
static struct drone_entry seen[FAKE_ITEMS];
static char seen_ids[FAKE_ITEMS][NAME_MAX_BYTES + 1];
static size_t seen_count;

static bool note_list(struct fake_drone *drone, const struct event *event, uint32_t max_frame)
{
	(void)drone;
	(void)max_frame;
	for (size_t i = 0; event->kind == EVENT_DRONES && i < event->drones.count; i++) {
		const struct drone_entry *entry = &event->drones.entries[i];

		assert_true(seen_count < FAKE_ITEMS);
		memcpy(seen_ids[seen_count], entry->drone_id.data, entry->drone_id.size);
		seen_ids[seen_count][entry->drone_id.size] = '\0';
		seen[seen_count++] = *entry;
	}
	return true;
}

static int setup(void **state)
{
	struct limits limits = fake_limits();

	(void)state;
	fake_open(&gateway, &limits);
	fake_sim_up(&gateway);
	fake_join(&gateway, &watcher, "watcher", NULL);
	watcher.watch = note_list;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_close(&gateway);
	return 0;
}

/* What everybody can ask for about this drone. */
static struct drone_entry entry_of(const char *id)
{
	seen_count = 0;
	assert_int_equal(fake_ask(&watcher, REQUEST_LIST_DRONES, ""), CORE_TAKEN);
	for (size_t i = 0; i < seen_count; i++) {
		if (strcmp(seen_ids[i], id) == 0) {
			return seen[i];
		}
	}
	fail_msg("%s is not listed", id);
	return (struct drone_entry){0};
}

static void expect_sent(const char *id, uint64_t sent, uint64_t targets, uint64_t delivered)
{
	struct drone_entry entry = entry_of(id);

	assert_true(entry.has_traffic);
	assert_int_equal(entry.traffic.sent, sent);
	assert_int_equal(entry.traffic.targets, targets);
	assert_int_equal(entry.traffic.delivered, delivered);
}

static void expect_received(const char *id, uint64_t received)
{
	struct drone_entry entry = entry_of(id);

	assert_true(entry.has_traffic);
	assert_int_equal(entry.traffic.received, received);
}

static void expect_heard(const char *id, float snr_db)
{
	struct drone_entry entry = entry_of(id);

	assert_true(entry.traffic.heard);
	assert_memory_equal(&entry.traffic.snr_db, &snr_db, sizeof(snr_db));
}

static void expect_nothing(const char *id)
{
	expect_sent(id, 0, 0, 0);
	expect_received(id, 0);
	assert_false(entry_of(id).traffic.heard);
}

static void send_to(struct fake_drone *from, const char *to)
{
	assert_int_equal(fake_send(from, to, "hello", REPORT_WISH_NONE), CORE_TAKEN);
}

static struct reception heard_at(const struct fake_drone *drone, enum outcome outcome, float snr_db)
{
	struct reception reception = fake_reception(fake_node(drone), outcome, "numbers");

	reception.snr_db = snr_db;
	return reception;
}

static void answer_at(const struct fake_drone *drone, enum outcome outcome, float snr_db)
{
	struct reception reception = heard_at(drone, outcome, snr_db);

	fake_result(&gateway, 0, &reception, 1, false);
}

static void join_alpha(void)
{
	fake_join(&gateway, &one, "uav1", "alpha");
	fake_join(&gateway, &two, "uav2", "alpha");
	fake_join(&gateway, &three, "uav3", "alpha");
}

/* ------------------------------------------------------------------------- counts */

static void test_who_is_in_no_scenario_has_none(void **state)
{
	(void)state;
	join_alpha();
	assert_false(entry_of("watcher").has_traffic);
	assert_true(entry_of("uav1").stay);
	assert_int_not_equal(entry_of("uav1").stay, entry_of("uav2").stay);
	expect_nothing("uav1");
}

static void test_delivered(void **state)
{
	(void)state;
	join_alpha();
	send_to(&one, "uav2");
	expect_sent("uav1", 1, 0, 0); /* on its way */
	answer_at(&two, OUTCOME_DELIVERED, 12.5f);
	expect_sent("uav1", 1, 1, 1);
	expect_received("uav1", 0);
	expect_received("uav2", 1);
	expect_heard("uav2", 12.5f);
	assert_false(entry_of("uav1").traffic.heard);
	expect_sent("uav2", 0, 0, 0);
	expect_nothing("uav3");
}

static void test_corrupted_is_received_but_not_delivered(void **state)
{
	(void)state;
	join_alpha();
	send_to(&one, "uav2");
	answer_at(&two, OUTCOME_CORRUPTED, 3.0f);
	expect_sent("uav1", 1, 1, 0);
	expect_received("uav2", 1);
	expect_heard("uav2", 3.0f);
}

static void test_lost_is_not_heard(void **state)
{
	(void)state;
	join_alpha();
	send_to(&one, "uav2");
	answer_at(&two, OUTCOME_LOST, -3.0f);
	expect_sent("uav1", 1, 1, 0);
	expect_nothing("uav2");
}

static void test_a_hop_without_numbers_leaves_the_last_ones(void **state)
{
	struct reception bare;

	(void)state;
	join_alpha();
	send_to(&one, "uav2");
	answer_at(&two, OUTCOME_DELIVERED, 9.0f);
	send_to(&one, "uav2");
	bare = heard_at(&two, OUTCOME_DELIVERED, 1.0f);
	bare.link = slice_of(NULL, 0);
	fake_result(&gateway, 0, &bare, 1, false);
	expect_received("uav2", 2);
	expect_heard("uav2", 9.0f);
}

static void test_to_everyone_each_target_counts(void **state)
{
	struct reception receptions[2];

	(void)state;
	join_alpha();
	send_to(&one, NULL);
	receptions[0] = heard_at(&two, OUTCOME_DELIVERED, 1.0f);
	receptions[1] = heard_at(&three, OUTCOME_LOST, 2.0f);
	fake_result(&gateway, 0, receptions, 2, false);
	expect_sent("uav1", 1, 2, 1);
	expect_received("uav2", 1);
	expect_nothing("uav3");
}

static void test_what_never_reaches_the_channel_is_decided(void **state)
{
	(void)state;
	join_alpha();
	send_to(&one, "nobody");
	expect_sent("uav1", 0, 1, 0);
	send_to(&one, "uav1");
	expect_sent("uav1", 0, 2, 0);
	fake_sim_down(&gateway);
	send_to(&one, NULL);
	expect_sent("uav1", 0, 4, 0);
}

static void test_past_the_simulator_nothing_is_heard(void **state)
{
	(void)state;
	fake_sim_down(&gateway);
	fake_join(&gateway, &one, "uav1", "past");
	fake_join(&gateway, &two, "uav2", "past");
	send_to(&one, "uav2");
	expect_sent("uav1", 1, 1, 1);
	expect_received("uav2", 1);
	assert_false(entry_of("uav2").traffic.heard);
}

static void test_what_waits_is_decided_when_it_is_handed_over(void **state)
{
	struct reception reception;

	(void)state;
	fake_join(&gateway, &one, "uav1", "slow");
	fake_join(&gateway, &two, "uav2", "slow");
	send_to(&one, "uav2");
	reception = heard_at(&two, OUTCOME_DELIVERED, 6.0f);
	reception.delay_us = 5000;
	fake_result(&gateway, 0, &reception, 1, false);
	expect_sent("uav1", 1, 0, 0);
	expect_nothing("uav2");
	fake_pass(&gateway, 5000);
	expect_sent("uav1", 1, 1, 1);
	expect_received("uav2", 1);
	expect_heard("uav2", 6.0f);
}

static void test_who_takes_nothing_received_nothing(void **state)
{
	(void)state;
	join_alpha();
	send_to(&one, "uav2");
	two.refuse = true;
	answer_at(&two, OUTCOME_DELIVERED, 12.5f);
	expect_sent("uav1", 1, 1, 0);
}

/* ------------------------------------------------------------------------- large numbers */

static void test_counts_go_past_32_bits(void **state)
{
	struct traffic traffic;

	(void)state;
	traffic_init(&traffic);
	for (enum traffic_count count = 0; count < TRAFFIC_COUNTS; count++) {
		traffic.low[count] = UINT32_MAX - count;
		for (enum traffic_count times = 0; times <= count; times++) {
			assert_true(traffic_add(&traffic, count) ==
				    (uint64_t)UINT32_MAX - count + times + 1);
		}
		assert_true(traffic_get(&traffic, count) == 1ull << 32);
	}
	assert_true(traffic_told(&traffic).received == 1ull << 32);
	assert_false(traffic_told(&traffic).heard);
}

/* --------------------------------------------------------------------- through a hub */

static void join_star(void)
{
	fake_join(&gateway, &hub, "hub", "star");
	fake_join(&gateway, &one, "uav1", "star");
	fake_join(&gateway, &two, "uav2", "star");
}

static void test_relayed_counts_once_and_for_the_origin(void **state)
{
	(void)state;
	join_star();
	send_to(&one, "uav2");
	answer_at(&hub, OUTCOME_DELIVERED, 20.0f);
	expect_sent("uav1", 1, 0, 0);
	answer_at(&two, OUTCOME_DELIVERED, 7.0f);
	expect_sent("uav1", 1, 1, 1);
	expect_nothing("hub");
	expect_received("uav2", 1);
	expect_heard("uav2", 7.0f);
}

static void test_lost_on_the_way_to_the_hub(void **state)
{
	(void)state;
	join_star();
	send_to(&one, "uav2");
	answer_at(&hub, OUTCOME_LOST, 20.0f);
	expect_sent("uav1", 1, 1, 0);
	expect_nothing("hub");
	expect_nothing("uav2");
}

static void test_corrupted_on_the_way_to_the_hub(void **state)
{
	(void)state;
	join_star();
	send_to(&one, "uav2");
	answer_at(&hub, OUTCOME_CORRUPTED, 20.0f);
	answer_at(&two, OUTCOME_DELIVERED, 7.0f);
	expect_sent("uav1", 1, 1, 0);
	expect_received("uav2", 1);
}

static void test_to_everyone_the_hub_is_a_target_itself(void **state)
{
	(void)state;
	join_star();
	send_to(&one, NULL);
	answer_at(&hub, OUTCOME_DELIVERED, 20.0f);
	expect_sent("uav1", 1, 1, 1);
	expect_received("hub", 1);
	expect_heard("hub", 20.0f);
	answer_at(&two, OUTCOME_DELIVERED, 7.0f);
	expect_sent("uav1", 1, 2, 2);
	expect_sent("hub", 0, 0, 0);
	expect_heard("uav2", 7.0f);
}

/* ----------------------------------------------------------------------------- stays */

static void test_another_stay_begins_anew(void **state)
{
	uint32_t stay;

	(void)state;
	join_alpha();
	send_to(&one, "uav2");
	answer_at(&two, OUTCOME_DELIVERED, 12.5f);
	send_to(&one, "uav2"); /* decided when its sender is somewhere else */
	stay = entry_of("uav1").stay;
	assert_int_equal(fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "beta"), CORE_TAKEN);
	expect_nothing("uav1");
	assert_int_not_equal(entry_of("uav1").stay, stay);
	assert_int_equal(fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "alpha"), CORE_TAKEN);
	answer_at(&two, OUTCOME_DELIVERED, 1.0f);
	expect_nothing("uav1");
	expect_received("uav2", 2);
	assert_int_equal(fake_ask(&one, REQUEST_CHOOSE_SCENARIO, ""), CORE_TAKEN);
	assert_false(entry_of("uav1").has_traffic);
}

static void test_choosing_the_same_scenario_changes_nothing(void **state)
{
	uint32_t stay;

	(void)state;
	join_alpha();
	send_to(&one, "uav2");
	stay = entry_of("uav1").stay;
	assert_int_equal(fake_ask(&one, REQUEST_CHOOSE_SCENARIO, "alpha"), CORE_TAKEN);
	expect_sent("uav1", 1, 0, 0);
	assert_int_equal(entry_of("uav1").stay, stay);
}

static void test_who_takes_an_id_over_begins_anew(void **state)
{
	static struct fake_drone again;
	uint32_t stay;

	(void)state;
	join_alpha();
	send_to(&one, "uav2");
	stay = entry_of("uav1").stay;
	fake_join(&gateway, &again, "uav1", "alpha");
	expect_nothing("uav1");
	assert_int_not_equal(entry_of("uav1").stay, stay);
	answer_at(&two, OUTCOME_DELIVERED, 1.0f);
	expect_nothing("uav1");
}

static void test_a_changed_scenario_keeps_the_counts(void **state)
{
	static struct parameter loss;
	uint32_t stay;

	(void)state;
	loss = (struct parameter){slice_str("loss"), slice_str("0.5")};
	join_alpha();
	send_to(&one, "uav2");
	stay = entry_of("uav1").stay;
	gateway.scenarios[FAKE_ALPHA].parameters = &loss;
	gateway.scenarios[FAKE_ALPHA].parameter_count = 1;
	fake_reload(&gateway);
	fake_accept(&gateway, 0);
	answer_at(&two, OUTCOME_DELIVERED, 5.0f);
	expect_sent("uav1", 1, 1, 1);
	expect_heard("uav2", 5.0f);
	assert_int_equal(entry_of("uav1").stay, stay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_who_is_in_no_scenario_has_none),
		TEST(test_delivered),
		TEST(test_corrupted_is_received_but_not_delivered),
		TEST(test_lost_is_not_heard),
		TEST(test_a_hop_without_numbers_leaves_the_last_ones),
		TEST(test_to_everyone_each_target_counts),
		TEST(test_what_never_reaches_the_channel_is_decided),
		TEST(test_past_the_simulator_nothing_is_heard),
		TEST(test_what_waits_is_decided_when_it_is_handed_over),
		TEST(test_who_takes_nothing_received_nothing),
		TEST(test_counts_go_past_32_bits),
		TEST(test_relayed_counts_once_and_for_the_origin),
		TEST(test_lost_on_the_way_to_the_hub),
		TEST(test_corrupted_on_the_way_to_the_hub),
		TEST(test_to_everyone_the_hub_is_a_target_itself),
		TEST(test_another_stay_begins_anew),
		TEST(test_choosing_the_same_scenario_changes_nothing),
		TEST(test_who_takes_an_id_over_begins_anew),
		TEST(test_a_changed_scenario_keeps_the_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
