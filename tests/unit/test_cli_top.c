/* What `top` makes of two lists of drones, and how it is printed. */
#include "cli/top_print.h"
#include "cli/top_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct top_table table;

static int set_up(void **state)
{
	(void)state;
	top_table_init(&table);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	top_table_fini(&table);
	return 0;
}

/* Online for so long, in stay 1 of the field, having sent nothing. */
static struct drone_entry member(const char *id, uint64_t online_ms)
{
	return (struct drone_entry){
		.drone_id = slice_str(id),
		.callsign = slice_str(id),
		.scenario = slice_str("field"),
		.online_ms = online_ms,
		.has_traffic = true,
		.stay = 1,
	};
}

static void list(const struct drone_entry *drones, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(top_table_add(&table, &drones[i]), 0);
	}
	top_table_complete(&table);
}

static void list_one(const struct drone_entry *drone)
{
	list(drone, 1);
}

static const struct top_row *row_of(const char *id)
{
	for (size_t i = 0; i < table.shown.count; i++) {
		if (slice_equal(table.shown.rows[i].drone.drone_id, slice_str(id))) {
			return &table.shown.rows[i];
		}
	}
	fail_msg("%s is not shown", id);
	return NULL;
}

static void near(double is, double wanted)
{
	if (is < wanted - 1e-9 || is > wanted + 1e-9) {
		fail_msg("%.12g is not %.12g", is, wanted);
	}
}

static void order_is(const char *ids)
{
	char is[256] = "";

	for (size_t i = 0; i < table.shown.count; i++) {
		(void)snprintf(is + strlen(is), sizeof(is) - strlen(is), "%s%.*s", i ? " " : "",
			       SLICE_ARG(table.shown.rows[i].drone.drone_id));
	}
	assert_string_equal(is, ids);
}

/* ------------------------------------------------------------------------- rates */

static void the_first_list_has_no_rates(void **state)
{
	struct drone_entry one = member("uav1", 5000);

	(void)state;
	one.traffic.targets = 10;
	one.traffic.delivered = 9;
	list_one(&one);
	assert_false(row_of("uav1")->change.known);
	assert_false(table.sums.change.known);
	assert_int_equal(table.sums.drones, 1);
	assert_int_equal(table.sums.targets, 10);
	assert_int_equal(table.sums.delivered, 9);
}

static void rates_are_by_the_gateways_clock(void **state)
{
	struct drone_entry one = member("uav1", 5000);
	const struct top_change *change;
	double ratio;

	(void)state;
	one.traffic = (struct drone_traffic){.sent = 100, .targets = 400, .delivered = 100};
	list_one(&one);
	one.online_ms += 2500;
	one.traffic.sent += 10;
	one.traffic.received += 5;
	one.traffic.targets += 40;
	one.traffic.delivered += 30;
	list_one(&one);
	change = &row_of("uav1")->change;
	assert_true(change->known);
	near(change->sent_hz, 4);
	near(change->received_hz, 2);
	assert_int_equal(change->targets, 40);
	assert_int_equal(change->delivered, 30);
	assert_true(top_value(row_of("uav1"), TOP_DELIVERED, &ratio));
	near(ratio, 0.75);
	assert_true(top_value(row_of("uav1"), TOP_ALL, &ratio));
	near(ratio, 130.0 / 440);
}

static void nothing_decided_is_no_ratio(void **state)
{
	struct drone_entry one = member("uav1", 5000);
	double value;

	(void)state;
	list_one(&one);
	one.online_ms += 1000;
	list_one(&one);
	assert_true(row_of("uav1")->change.known);
	assert_false(top_value(row_of("uav1"), TOP_DELIVERED, &value));
	assert_false(top_value(row_of("uav1"), TOP_ALL, &value));
	assert_false(top_value(row_of("uav1"), TOP_SNR, &value));
}

static void who_is_in_no_scenario_has_no_numbers(void **state)
{
	struct drone_entry one = member("uav1", 5000);
	double value;

	(void)state;
	one.scenario = slice_str("");
	one.has_traffic = false;
	list_one(&one);
	one.online_ms += 1000;
	list_one(&one);
	assert_false(row_of("uav1")->change.known);
	assert_false(top_value(row_of("uav1"), TOP_ALL, &value));
	assert_int_equal(table.sums.in_scenario, 0);
	assert_int_equal(table.sums.drones, 1);
}

/* What makes two entries of one id those of different stays. */
static void another_stay_has_no_rates(void **state)
{
	const struct drone_entry before = {
		.drone_id = slice_str("uav1"),
		.online_ms = 5000,
		.has_traffic = true,
		.stay = 1,
		.traffic = {.sent = 10, .targets = 10, .delivered = 10, .received = 10},
	};
	struct drone_entry after[8];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		after[i] = before;
		after[i].online_ms += 1000;
	}
	after[0].stay = 2;
	after[0].traffic.sent = 50; /* more than before, and nevertheless anew */
	after[1].has_traffic = false;
	after[2].online_ms = 10;
	after[3].online_ms = before.online_ms;
	after[4].traffic.sent = 9;
	after[5].traffic.targets = 9;
	after[6].traffic.delivered = 9;
	after[7].traffic.received = 9;
	for (size_t i = 0; i < 8; i++) {
		list_one(&before);
		list_one(&after[i]);
		assert_false(row_of("uav1")->change.known);
		near(table.sums.change.sent_hz, 0);
		near(table.sums.change.received_hz, 0);
	}
}

static void who_goes_and_who_comes(void **state)
{
	struct drone_entry drones[] = {member("b", 1000), member("c", 1000), member("e", 1000)};

	(void)state;
	list(drones, 3);
	drones[0] = member("a", 10); /* b has left; a and d have come */
	drones[1] = member("d", 10);
	drones[2].online_ms = 2000;
	list(drones, 3);
	order_is("a d e");
	assert_false(row_of("a")->change.known);
	assert_false(row_of("d")->change.known);
	assert_true(row_of("e")->change.known);
	list(NULL, 0);
	order_is("");
	assert_int_equal(table.sums.drones, 0);
	list(drones, 3);
	assert_false(row_of("e")->change.known); /* it was away */
}

static void who_stands_twice_in_a_list_is_shown_once(void **state)
{
	struct drone_entry drones[] = {member("b", 1000), member("a", 1000), member("b", 1001)};

	(void)state;
	list(drones, 3);
	order_is("a b");
	assert_int_equal(row_of("b")->drone.online_ms, 1001);
	assert_int_equal(table.sums.drones, 2);
}

static void sums_are_of_those_that_have_rates(void **state)
{
	struct drone_entry drones[] = {member("a", 1000), member("b", 1000), member("c", 1000)};

	(void)state;
	list(drones, 2);
	for (size_t i = 0; i < 3; i++) {
		drones[i].online_ms += 500;
		drones[i].traffic = (struct drone_traffic){
			.sent = 10 + i, .received = 20, .targets = 10, .delivered = 5};
	}
	list(drones, 3);
	assert_true(table.sums.change.known);
	near(table.sums.change.sent_hz, 42);
	near(table.sums.change.received_hz, 80);
	assert_int_equal(table.sums.change.targets, 20);
	assert_int_equal(table.sums.change.delivered, 10);
	assert_int_equal(table.sums.targets, 30);
	assert_int_equal(table.sums.delivered, 15);
}

/* The texts of an event are gone with it. */
static void texts_are_kept(void **state)
{
	char id[] = "uav1", callsign[] = "Falke", scenario[] = "field";
	struct drone_entry one = member(id, 1);

	(void)state;
	one.callsign = slice_str(callsign);
	one.scenario = slice_str(scenario);
	assert_int_equal(top_table_add(&table, &one), 0);
	memset(id, 'x', sizeof(id) - 1);
	memset(callsign, 'x', sizeof(callsign) - 1);
	memset(scenario, 'x', sizeof(scenario) - 1);
	top_table_complete(&table);
	assert_true(slice_equal(row_of("uav1")->drone.callsign, slice_str("Falke")));
	assert_true(slice_equal(row_of("uav1")->drone.scenario, slice_str("field")));
}

/* Whatever a gateway sends that does not keep to the protocol. */
static void longer_texts_than_there_are_names_are_cut(void **state)
{
	static char text[60001];
	struct drone_entry drone;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	drone = member(text, 100);
	drone.scenario = slice_str(text);
	list_one(&drone);
	assert_int_equal(table.shown.rows[0].drone.drone_id.size, NAME_MAX_BYTES);
	assert_int_equal(table.shown.rows[0].drone.callsign.size, CALLSIGN_MAX_BYTES);
	assert_int_equal(table.shown.rows[0].drone.scenario.size, NAME_MAX_BYTES);
}

static void ten_thousand_drones(void **state)
{
	enum { DRONES = 10000 };
	char id[NAME_MAX_BYTES + 1];

	(void)state;
	for (uint64_t round = 1; round <= 3; round++) {
		for (unsigned i = 0; i < DRONES; i++) {
			/* in another order each time, as after others have left */
			unsigned number = (i * 7919u + (unsigned)round) % DRONES;
			struct drone_entry one;

			(void)snprintf(id, sizeof(id), "uav%05u", number);
			one = member(id, 1000 * round);
			one.traffic.sent = number * round;
			one.traffic.targets = 10 * round;
			one.traffic.delivered = 9 * round;
			assert_int_equal(top_table_add(&table, &one), 0);
		}
		top_table_complete(&table);
	}
	assert_int_equal(table.shown.count, DRONES);
	for (unsigned i = 0; i < DRONES; i++) {
		near(table.shown.rows[i].change.sent_hz, i);
	}
	assert_int_equal(table.sums.change.delivered, 9 * DRONES);
	top_table_sort(&table, TOP_SENT, false);
	near(table.shown.rows[0].change.sent_hz, DRONES - 1);
}

/* ------------------------------------------------------------------------- order */

static void numbers_go_down_and_unknown_ones_last(void **state)
{
	struct drone_entry drones[] = {member("a", 40), member("b", 10), member("c", 30),
				       member("d", 20)};

	(void)state;
	drones[0].traffic = (struct drone_traffic){.heard = true, .snr_db = -3};
	drones[1].traffic = (struct drone_traffic){.heard = true, .snr_db = 9};
	drones[3].traffic = (struct drone_traffic){.heard = true, .snr_db = 0};
	drones[2].scenario = slice_str("");
	drones[1].scenario = slice_str("alps");
	list(drones, 4);
	order_is("a b c d");
	top_table_sort(&table, TOP_SNR, false);
	order_is("b d a c");
	top_table_sort(&table, TOP_SNR, true);
	order_is("a d b c");
	top_table_sort(&table, TOP_ONLINE, false);
	order_is("a c d b");
	top_table_sort(&table, TOP_DRONE, true);
	order_is("d c b a");
	top_table_sort(&table, TOP_SCENARIO, false);
	order_is("b a d c");
	top_table_sort(&table, TOP_SENT, false); /* all unknown: by id */
	order_is("a b c d");
}

static void sorting_does_not_disturb_the_next_rates(void **state)
{
	struct drone_entry drones[] = {member("a", 1000), member("b", 1000), member("c", 1000)};

	(void)state;
	drones[1].idle_ms = 9;
	list(drones, 3);
	top_table_sort(&table, TOP_IDLE, false);
	order_is("b a c");
	for (size_t i = 0; i < 3; i++) {
		drones[i].online_ms += 1000;
		drones[i].traffic.sent = i + 1;
	}
	list(drones, 3);
	near(row_of("a")->change.sent_hz, 1);
	near(row_of("b")->change.sent_hz, 2);
	near(row_of("c")->change.sent_hz, 3);
}

/* ---------------------------------------------------------------------- printing */

static void text_is(const char *wanted)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	top_print_text(file, &table);
	(void)fclose(file);
	assert_string_equal(text, wanted);
	free(text);
}

static void text_of_a_table(void **state)
{
	struct drone_entry drones[] = {member("uav1", 61000), member("uav2", 1000),
				       member("ground-station", 7200000)};

	(void)state;
	drones[2].scenario = slice_str("");
	drones[2].has_traffic = false;
	drones[1].callsign = slice_str("x\n\x1b[2J\xe2\x80\xae");
	list(drones, 3);
	text_is("3 drones  -/s sent  -/s heard  delivered - % now - % in all  2 in a scenario\n"
		"DRONE           SENT/S  RECV/S DELIV%  ALL%   SNR   IDLE ONLINE SCENARIO "
		"CALLSIGN\n"
		"ground-station       -       -      -     -     -  0.0 s  2h00m -\n"
		"uav1                 -       -      -     -     -  0.0 s  1m01s field\n"
		"uav2                 -       -      -     -     -  0.0 s  1.0 s field    "
		"x\\n\\x1b[2J\\u202e\n\n");
	drones[0].online_ms += 1000;
	drones[0].traffic = (struct drone_traffic){
		.sent = 1500, .targets = 3000, .delivered = 2999, .heard = true, .snr_db = -2.25f};
	list(drones, 1);
	text_is("1 drone  1500.0/s sent  0.0/s heard  delivered 99.9 % now 99.9 % in all\n"
		"DRONE  SENT/S  RECV/S DELIV%  ALL%   SNR   IDLE ONLINE SCENARIO CALLSIGN\n"
		"uav1   1500.0     0.0   99.9  99.9  -2.2  0.0 s  1m02s field\n\n");
}

/* Ids and callsigns of ten characters; what is longer is cut, the longest first. */
static void all_of_it_in_80_columns(void **state)
{
	struct drone_entry drones[] = {member("drone-0010", 61000),
				       member("drone-0011", 359999000)};
	char *text = NULL;
	size_t size = 0;
	FILE *file;

	(void)state;
	drones[0].callsign = slice_str("Rote Eins!");
	for (int i = 0; i < 2; i++) {
		drones[i].idle_ms = 3599000;
		drones[i].traffic = (struct drone_traffic){.sent = 99999 * (unsigned)i,
							   .targets = 3,
							   .delivered = 3,
							   .heard = true,
							   .snr_db = -10.5f};
		drones[i].online_ms += 1000 * (unsigned)i;
		list(drones, 2);
	}
	for (int i = 0; i < 2; i++) {
		file = open_memstream(&text, &size);
		assert_non_null(file);
		top_print_sums(file, &table.sums);
		top_print_rows(file, &table.shown, 2, 80);
		(void)fclose(file);
		for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
			if (strcspn(line, "\n") > 80 + 4) { /* bytes: of two that are cut */
				fail_msg("%s", text);
			}
		}
		assert_non_null(strstr(text, i ? "Rote Eins \xe2\x80\xa6\n" : "Rote Eins!\n"));
		assert_non_null(strstr(text, "drone-0010 "));
		free(text);
		drones[0].callsign = slice_str("Rote Eins Rote Eins");
		list(drones, 2);
	}
}

/* Only all of them are 100 %, and only what is exactly so is a round number. */
static void percentages_are_cut(void **state)
{
	static const struct {
		uint64_t delivered, targets;
		const char *text;
	} rows[] = {{1000, 1000, " 100.0 "},
		    {9999999, 10000000, " 99.9 "},
		    {0, 7, " 0.0 "},
		    {29, 100, " 29.0 "},
		    {57, 100, " 57.0 "},
		    {1, 3, " 33.3 "},
		    {UINT64_MAX, UINT64_MAX, " 100.0 "}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct drone_entry one = member("uav1", 1000);
		char *text = NULL;
		size_t size = 0;
		FILE *file = open_memstream(&text, &size);

		assert_non_null(file);
		one.traffic.targets = rows[i].targets;
		one.traffic.delivered = rows[i].delivered;
		list_one(&one);
		top_print_rows(file, &table.shown, 1, 0);
		(void)fclose(file);
		if (!strstr(text, rows[i].text)) {
			fail_msg("%s: not %s", text, rows[i].text);
		}
		free(text);
	}
}

static void no_line_for_a_list_of_nobody(void **state)
{
	(void)state;
	list(NULL, 0);
	text_is("0 drones  -/s sent  -/s heard  delivered - % now - % in all\n"
		"DRONE  SENT/S  RECV/S DELIV%  ALL%   SNR   IDLE ONLINE SCENARIO CALLSIGN\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(the_first_list_has_no_rates),
		TEST(rates_are_by_the_gateways_clock),
		TEST(nothing_decided_is_no_ratio),
		TEST(who_is_in_no_scenario_has_no_numbers),
		TEST(another_stay_has_no_rates),
		TEST(who_goes_and_who_comes),
		TEST(who_stands_twice_in_a_list_is_shown_once),
		TEST(sums_are_of_those_that_have_rates),
		TEST(texts_are_kept),
		TEST(longer_texts_than_there_are_names_are_cut),
		TEST(ten_thousand_drones),
		TEST(numbers_go_down_and_unknown_ones_last),
		TEST(sorting_does_not_disturb_the_next_rates),
		TEST(text_of_a_table),
		TEST(all_of_it_in_80_columns),
		TEST(percentages_are_cut),
		TEST(no_line_for_a_list_of_nobody),
	};

	return cmocka_run_group_tests_name("cli_top", tests, NULL, NULL);
}
