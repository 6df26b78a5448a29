#include "cli/fate_log.h"
#include "cli/swarm_notes.h"
#include "cli/traffic.h"

#include "wire/hot_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

/* -------------------------------------------------------------------------- samples */

static void percentiles_are_nearest_ranks(void **state)
{
	static const double values[] = {40, 15, 50, 20, 35};
	struct samples samples = {0};

	(void)state;
	assert_true(samples_percentile(&samples, 50) == 0);
	for (size_t i = 0; i < 5; i++) {
		samples_add(&samples, values[i]);
	}
	assert_true(samples_percentile(&samples, 0) == 15);
	assert_true(samples_percentile(&samples, 5) == 15);
	assert_true(samples_percentile(&samples, 20) == 15);
	assert_true(samples_percentile(&samples, 30) == 20);
	assert_true(samples_percentile(&samples, 40) == 20);
	assert_true(samples_percentile(&samples, 50) == 35);
	assert_true(samples_percentile(&samples, 80) == 40);
	assert_true(samples_percentile(&samples, 81) == 50);
	assert_true(samples_percentile(&samples, 100) == 50);
	samples_add(&samples, 1); /* after a question */
	assert_true(samples_percentile(&samples, 0) == 1);
	samples_fini(&samples);
}

static void many_samples_are_sorted(void **state)
{
	struct samples samples = {0};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		samples_add(&samples, (double)(i * 7 % 1000));
	}
	assert_true(samples_percentile(&samples, 50) == 499);
	assert_true(samples_percentile(&samples, 99) == 989);
	assert_false(samples.full);
	samples_fini(&samples);
}

/* ---------------------------------------------------------------------------- fates */

struct way {
	uint8_t link[2][LINK_MAX_BYTES];
	struct hop hops[2];
	struct target_outcome outcome;
};

/* Two hops of 1000 and 234 us; the last one's SNR is 12.5 dB. */
static void make_way(struct way *way)
{
	const struct link_numbers first = {.delay_us = 1000, .snr_db = 30.0f};
	const struct link_numbers last = {
		.delay_us = 234, .snr_db = 12.5f, .path_loss_db = 90.25f, .distance_m = 512.0f};

	way->hops[0] =
		(struct hop){.source = SOURCE_LIVE,
			     .late_by_us = 9,
			     .link = slice_of(way->link[0], link_write(way->link[0], &first))};
	way->hops[1] =
		(struct hop){.source = SOURCE_LIVE,
			     .late_by_us = 42,
			     .link = slice_of(way->link[1], link_write(way->link[1], &last))};
	way->outcome = (struct target_outcome){.drone_id = slice_str("uav2"),
					       .outcome = OUTCOME_DELIVERED,
					       .hops = way->hops,
					       .hop_count = 2};
}

static void a_fate_sums_the_hops_and_keeps_the_last(void **state)
{
	struct way way = {0};
	struct fate fate = {0};

	(void)state;
	make_way(&way);
	fate_read(&fate, &way.outcome);
	assert_string_equal(fate.target, "uav2");
	assert_int_equal(fate.hops, 2);
	assert_true(fate.has_delay && fate.has_link);
	assert_int_equal(fate.delay_us, 1234);
	assert_true(fate.snr_db == 12.5f && fate.path_loss_db == 90.25f && fate.distance_m == 512);
	assert_int_equal(fate.late_by_us, 42);
	assert_int_equal(fate.source, SOURCE_LIVE);
}

static void a_hop_without_numbers_leaves_them_out(void **state)
{
	struct way way = {0};
	struct fate fate = {0};

	(void)state;
	make_way(&way);
	way.hops[1].link = slice_of(NULL, 0);
	way.hops[1].source = SOURCE_BYPASSED;
	way.outcome.drone_id = slice_str("a,b\n\"c");
	fate_read(&fate, &way.outcome);
	assert_false(fate.has_delay || fate.has_link);
	assert_int_equal(fate.source, SOURCE_BYPASSED);
	assert_string_equal(fate.target, "a_b__c");
	way.outcome.hop_count = 0;
	fate = (struct fate){0};
	fate_read(&fate, &way.outcome);
	assert_false(fate.has_delay || fate.has_link);
}

static void log_line_is(const struct fate *fate, bool lockstep, const char *wanted)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	fate_log_line(file, lockstep, "uav1", fate);
	(void)fclose(file);
	assert_string_equal(text, wanted);
	free(text);
}

static void the_log_has_a_line_for_each_fate(void **state)
{
	struct way way = {0};
	struct fate fate = {.time_us = 1500000, .round = 16, .number = 7, .size = 100};

	(void)state;
	make_way(&way);
	way.outcome.outcome = OUTCOME_LOST;
	way.outcome.reason = REASON_PACKET_ERROR;
	fate_read(&fate, &way.outcome);
	log_line_is(&fate, false,
		    "1500000,16,uav1,uav2,7,100,LOST,PACKET_ERROR,2,LIVE,1234,12.5,90.25,512,42\n");
	log_line_is(&fate, true,
		    "1500000,16,uav1,uav2,7,100,LOST,PACKET_ERROR,2,LIVE,1234,12.5,90.25,512\n");
	way.outcome = (struct target_outcome){.drone_id = slice_str("uav2"),
					      .outcome = OUTCOME_TARGET_OFFLINE};
	fate = (struct fate){.number = 8};
	fate_read(&fate, &way.outcome);
	log_line_is(&fate, false, "0,0,uav1,uav2,8,0,TARGET_OFFLINE,NONE,0,,,,,,0\n");
}

/* ---------------------------------------------------------------------------- tally */

static void count(struct tally *tally, uint32_t sender, enum outcome outcome, enum reason reason,
		  uint64_t delay_us)
{
	const struct fate fate = {.sender = sender,
				  .outcome = outcome,
				  .reason = reason,
				  .hops = 1,
				  .source = delay_us == 2000 ? SOURCE_CACHED : SOURCE_LIVE,
				  .has_delay = true,
				  .delay_us = delay_us,
				  .has_link = true,
				  .snr_db = (float)delay_us / 100,
				  .late_by_us = 5};

	tally_sent(tally, sender);
	tally_fate(tally, &fate);
}

static void make_tally(struct tally *tally)
{
	assert_int_equal(tally_init(tally, 2), 0);
	count(tally, 0, OUTCOME_DELIVERED, REASON_NONE, 1000);
	count(tally, 0, OUTCOME_DELIVERED, REASON_NONE, 2000);
	count(tally, 0, OUTCOME_LOST, REASON_PACKET_ERROR, 9000);
	count(tally, 1, OUTCOME_CORRUPTED, REASON_NONE, 3000);
	count(tally, 1, OUTCOME_LOST, REASON_BELOW_SENSITIVITY, 8000);
	count(tally, 1, OUTCOME_NO_ROUTE, REASON_NONE, 0);
	tally_received(tally, 1);
	tally_received(tally, 1);
	tally_received(tally, 0);
}

static void outcomes_are_counted_by_drone_and_in_all(void **state)
{
	struct tally tally;

	(void)state;
	make_tally(&tally);
	assert_int_equal(tally.total.sent, 6);
	assert_int_equal(tally.total.targets, 6);
	assert_int_equal(tally.total.outcomes[OUTCOME_DELIVERED], 2);
	assert_int_equal(tally.total.outcomes[OUTCOME_LOST], 2);
	assert_int_equal(tally.total.received, 3);
	assert_int_equal(tally.rows[0].outcomes[OUTCOME_LOST], 1);
	assert_int_equal(tally.rows[1].outcomes[OUTCOME_CORRUPTED], 1);
	assert_int_equal(tally.rows[1].received, 2);
	assert_int_equal(tally.reasons[REASON_PACKET_ERROR], 1);
	assert_int_equal(tally.reasons[REASON_NONE], 0);
	assert_int_equal(tally.hops[1], 6);
	assert_int_equal(tally.cached, 1);
	assert_int_equal(tally.bypassed, 0);
	/* what was lost has no delay to speak of, but an SNR that says why */
	assert_int_equal(tally.delay_us.count, 3);
	assert_true(samples_percentile(&tally.delay_us, 100) == 3000);
	assert_int_equal(tally.snr_db.count, 6);
	assert_true(tally_closes(&tally));
	tally.unanswered = 1;
	assert_false(tally_closes(&tally));
	tally.unanswered = 0;
	tally.odd = 1;
	assert_false(tally_closes(&tally));
	tally.odd = 0;
	tally.refused = 1;
	assert_false(tally_closes(&tally));
	tally_fini(&tally);
}

/* ---------------------------------------------------------------------------- table */

static char ids[2][NAME_MAX_BYTES + 1] = {"s-001", "s-002"};
static const struct flight two = {.count = 2, .ids = ids};

static const struct options flown = {
	.scenario = "field",
	.swarm = {.rate_hz = 2, .size_bytes = 50, .shape = {.kind = PATTERN_LINE, .seed = 9}},
};

static char *table_of(void (*print)(FILE *file, const struct swarm_table *table), bool lockstep)
{
	struct options options = flown;
	struct tally tally;
	const struct swarm_table table = {.options = &options,
					  .flight = &two,
					  .tally = &tally,
					  .topology = TOPOLOGY_MESH,
					  .flown_s = 3,
					  .real_s = 1.25,
					  .rounds = 6};
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	options.swarm.lockstep = lockstep;
	make_tally(&tally);
	print(file, &table);
	tally_fini(&tally);
	(void)fclose(file);
	return text;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part)) {
		fail_msg("\"%s\" is not in:\n%s", part, text);
	}
}

static void the_table_tells_it_all(void **state)
{
	char *text = table_of(swarm_table_text, false);

	(void)state;
	has(text, "2 drones in field (MESH), pattern line");
	has(text, "flown 3.0 s in 1.2 s\n");
	has(text,
	    "s-001                                    3         3         2         0         "
	    "1         0  66.667%         1\n");
	has(text,
	    "total                                    6         6         2         1         "
	    "2         1  33.333%         3\n");
	has(text, "  NO_ROUTE                               1  16.667%\n");
	has(text, "  LOST (PACKET_ERROR)                    1  16.667%\n");
	has(text, "delay     p50 2.000 ms  p95 3.000 ms  p99 3.000 ms  max 3.000 ms  (of 3)\n");
	has(text, "SNR       min 0.00 dB  p5 0.00 dB  p50 20.00 dB  p95 90.00 dB  (of 6)\n");
	has(text, "late by   p50 0.005 ms");
	has(text, "accounts  closed: 6 sent, 0 refused, 0 unanswered, 0 oddly reported\n");
	free(text);
	text = table_of(swarm_table_text, true);
	has(text, "flown 3.0 s in 6 rounds, in lockstep\n");
	assert_null(strstr(text, "late by"));
	free(text);
}

static void the_object_has_the_same(void **state)
{
	char *text = table_of(swarm_table_json, false);
	json_error_t error;
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	const json_t *drones;

	(void)state;
	assert_non_null(object);
	assert_int_equal(json_integer_value(json_object_get(object, "sent")), 6);
	assert_int_equal(json_integer_value(
				 json_object_get(json_object_get(object, "outcomes"), "NO_ROUTE")),
			 1);
	assert_int_equal(json_integer_value(
				 json_object_get(json_object_get(object, "lost"), "PACKET_ERROR")),
			 1);
	assert_true(json_real_value(json_object_get(json_object_get(object, "delay_us"), "p50")) ==
		    2000);
	assert_true(json_real_value(json_object_get(json_object_get(object, "snr_db"), "p95")) ==
		    90);
	assert_true(json_is_true(json_object_get(object, "accounts_close")));
	drones = json_object_get(object, "drones");
	assert_int_equal(json_array_size(drones), 2);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(drones, 1), "drone_id")), "s-002");
	json_decref(object);
	free(text);
	text = table_of(swarm_table_json, true);
	assert_null(strstr(text, "late_by_us"));
	assert_null(strstr(text, "real_s"));
	has(text, "\"rounds\":6");
	free(text);
}

/* What is noted of three messages, `lost` of which were lost over that distance. */
static void notes_are(struct options options, size_t lost, float distance_m, const char *wanted)
{
	const struct flight flight = {.count = 2, .ids = ids, .has_hub = options.swarm.hub};
	struct tally tally;
	const struct swarm_table table = {
		.options = &options, .flight = &flight, .tally = &tally, .topology = TOPOLOGY_STAR};
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	assert_int_equal(tally_init(&tally, 2), 0);
	for (size_t i = 0; i < 3; i++) {
		const struct fate fate = {.outcome = i < lost ? OUTCOME_LOST : OUTCOME_NO_ROUTE,
					  .has_link = i < lost,
					  .distance_m = distance_m};

		tally_fate(&tally, &fate);
	}
	swarm_notes(file, &table, "gs");
	tally_fini(&tally);
	(void)fclose(file);
	if (*wanted) {
		has(text, wanted);
	} else {
		assert_string_equal(text, "");
	}
	free(text);
}

static void what_was_not_meant_is_noted(void **state)
{
	struct options options = flown;

	(void)state;
	options.swarm.track = "flights.csv";
	notes_are(options, 2, 99e3f, "");
	notes_are(options, 2, 150e3f,
		  "half of the links were 150 km long or longer: is the origin "
		  "of field where the flights are? Local positions");
	notes_are(options, 1, 150e3f, "its hub gs was not there; --hub gs adds it");
	options.swarm.hub = "gs";
	notes_are(options, 1, 150e3f, "");
	notes_are(options, 2, 150e3f, "The hub stands there; --position LAT,LON,ALT puts it");
	options.swarm.track = NULL;
	notes_are(options, 3, 150e3f, "");
}

/* ---------------------------------------------------------------------------- flight */

static struct options swarm_of(uint64_t drones, const char *hub)
{
	return (struct options){
		.scenario = "field",
		.count = drones,
		.swarm = {.prefix = "s",
			  .hub = hub,
			  .size_bytes = 13,
			  .shape = {.kind = PATTERN_LINE, .radius_m = 10, .seed = 1}}};
}

static void takes_wing(struct flight *flight, const struct options *options)
{
	char why[256] = "";

	assert_int_equal(flight_init(flight, options, why, sizeof(why)), 0);
	assert_string_equal(why, "");
}

static void ids_have_digits_enough_and_the_hub_its_own(void **state)
{
	struct options options = swarm_of(1000, NULL);
	struct flight flight;
	struct state where;
	char why[256];

	(void)state;
	takes_wing(&flight, &options);
	assert_int_equal(flight.count, 1000);
	assert_string_equal(flight.ids[0], "s-0001");
	assert_string_equal(flight.ids[999], "s-1000");
	flight_fini(&flight);
	options = swarm_of(999, "gs");
	takes_wing(&flight, &options);
	assert_int_equal(flight.count, 1000);
	assert_string_equal(flight.ids[0], "gs");
	assert_string_equal(flight.ids[1], "s-001");
	flight_at(&flight, 0, 5, &where);
	assert_int_equal(where.position.frame, POSITION_LOCAL);
	assert_true(where.position.local.east == 0 && where.velocity.north == 0);
	flight_at(&flight, 1, 0, &where);
	assert_true(where.position.local.east == -10);
	assert_true(flight_flies(&flight, 1, 1e9));
	flight_fini(&flight);
	options.swarm.hub = "s-007";
	assert_int_equal(flight_init(&flight, &options, why, sizeof(why)), -1);
	has(why, "s-007");
	flight_fini(&flight);
}

/* --------------------------------------------------------------------------- traffic */

static void opens(struct traffic *traffic, const struct options *options,
		  const struct flight *flight, const char *hub)
{
	char why[256] = "";

	assert_int_equal(traffic_init(traffic, options, flight, hub, why, sizeof(why)), 0);
	assert_string_equal(why, "");
}

static void complains(const struct options *options, const struct flight *flight, const char *hub,
		      const char *about)
{
	struct traffic traffic;
	char why[256] = "";

	assert_int_equal(traffic_init(&traffic, options, flight, hub, why, sizeof(why)), -1);
	has(why, about);
	traffic_fini(&traffic);
}

static void goes_to(struct traffic *traffic, size_t number, const char *target)
{
	struct request_send send;

	assert_true(traffic_message(traffic, number, 5, &send));
	assert_int_equal(send.to, SEND_TO_DRONE);
	assert_int_equal(send.report, REPORT_WISH_ALL);
	assert_true(slice_equal(send.name, slice_str(target)));
}

static void a_random_target_is_any_other(void **state)
{
	struct options options = swarm_of(4, NULL);
	struct flight flight;
	struct traffic traffic;
	unsigned seen[4] = {0};

	(void)state;
	takes_wing(&flight, &options);
	opens(&traffic, &options, &flight, "");
	for (uint64_t message = 0; message < 3000; message++) {
		struct request_send send;

		assert_true(traffic_message(&traffic, 2, message, &send));
		for (size_t i = 0; i < 4; i++) {
			seen[i] += slice_equal(send.name, slice_str(flight.ids[i]));
		}
	}
	assert_int_equal(seen[2], 0);
	assert_int_equal(seen[0] + seen[1] + seen[3], 3000);
	assert_in_range(seen[0], 900, 1100);
	assert_in_range(seen[1], 900, 1100);
	traffic_fini(&traffic);
	flight_fini(&flight);
}

static void other_targets_are_as_asked(void **state)
{
	struct options options = swarm_of(3, "gs");
	struct flight flight;
	struct traffic traffic;
	struct request_send send;

	(void)state;
	takes_wing(&flight, &options);
	options.swarm.to = SWARM_TO_NEXT;
	opens(&traffic, &options, &flight, "gs");
	goes_to(&traffic, 0, "s-001");
	goes_to(&traffic, 3, "gs");
	traffic_fini(&traffic);
	options.swarm.to = SWARM_TO_HUB;
	opens(&traffic, &options, &flight, "");
	goes_to(&traffic, 2, "gs");
	assert_false(traffic_message(&traffic, 0, 1, &send));
	traffic_fini(&traffic);
	options.swarm.to = SWARM_TO_ID;
	options.to = "s-002";
	opens(&traffic, &options, &flight, "");
	goes_to(&traffic, 0, "s-002");
	assert_false(traffic_message(&traffic, 2, 1, &send));
	traffic_fini(&traffic);
	options.swarm.to = SWARM_TO_EVERYONE;
	opens(&traffic, &options, &flight, "");
	assert_true(traffic_message(&traffic, 2, 1, &send));
	assert_int_equal(send.to, SEND_TO_EVERYONE);
	traffic_fini(&traffic);
	complains(&options, &flight, "tower", "the hub of field is tower, not gs");
	flight_fini(&flight);
}

static void who_has_nobody_to_send_to_is_told(void **state)
{
	struct options options = swarm_of(1, NULL);
	struct flight flight;
	struct traffic traffic;

	(void)state;
	takes_wing(&flight, &options);
	complains(&options, &flight, "", "nobody");
	options.swarm.to = SWARM_TO_HUB;
	complains(&options, &flight, "", "no hub");
	opens(&traffic, &options, &flight, "tower"); /* the scenario's own */
	goes_to(&traffic, 0, "tower");
	traffic_fini(&traffic);
	flight_fini(&flight);
}

static void payloads_come_from_the_seed(void **state)
{
	struct options options = swarm_of(3, NULL), other = swarm_of(3, NULL);
	struct flight flight;
	struct traffic traffic[2];
	struct request_send send[2];

	(void)state;
	other.swarm.shape.seed = 2;
	takes_wing(&flight, &options);
	for (int same = 0; same < 2; same++) {
		opens(&traffic[0], &options, &flight, "");
		opens(&traffic[1], same ? &options : &other, &flight, "");
		assert_true(traffic_message(&traffic[0], 1, 4, &send[0]));
		assert_true(traffic_message(&traffic[1], 1, 4, &send[1]));
		assert_int_equal(send[0].payload.size, 13);
		assert_int_equal(slice_equal(send[0].payload, send[1].payload), same);
		assert_true(traffic_message(&traffic[1], 1, 5, &send[1]));
		assert_false(slice_equal(send[0].payload, send[1].payload));
		traffic_fini(&traffic[0]);
		traffic_fini(&traffic[1]);
	}
	flight_fini(&flight);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_are_nearest_ranks),
		cmocka_unit_test(many_samples_are_sorted),
		cmocka_unit_test(a_fate_sums_the_hops_and_keeps_the_last),
		cmocka_unit_test(a_hop_without_numbers_leaves_them_out),
		cmocka_unit_test(the_log_has_a_line_for_each_fate),
		cmocka_unit_test(outcomes_are_counted_by_drone_and_in_all),
		cmocka_unit_test(the_table_tells_it_all),
		cmocka_unit_test(the_object_has_the_same),
		cmocka_unit_test(what_was_not_meant_is_noted),
		cmocka_unit_test(ids_have_digits_enough_and_the_hub_its_own),
		cmocka_unit_test(a_random_target_is_any_other),
		cmocka_unit_test(other_targets_are_as_asked),
		cmocka_unit_test(who_has_nobody_to_send_to_is_told),
		cmocka_unit_test(payloads_come_from_the_seed),
	};

	return cmocka_run_group_tests_name("cli swarm", tests, NULL, NULL);
}
