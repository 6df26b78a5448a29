/* A timeline of faults: its lines, its times, what it makes of packets and answers. */
#include "unit/test_sim_simulator.h"

#include <stdlib.h>

#include "faults/agenda.h"
#include "faults/jammer.h"
#include "faults/parse.h"

#define S UINT64_C(1000000)
#define START UINT64_C(1763768000000000) /* Unix time of the first transmit */

/* ------------------------------------------------------------------ lines */

static struct fault parsed(const char *line)
{
	struct fault fault;
	char why[PARSE_WHY_CAP];

	if (parse_line(slice_str(line), &fault, why) != PARSE_FAULT) {
		fail_msg("%s: %s", line, why);
	}
	return fault;
}

static void test_links(void **state)
{
	struct fault fault = parsed("at 30s link uav1 uav2 loss 100% for 3s");

	(void)state;
	assert_int_equal(fault.deed, FAULT_LOSS);
	assert_true(fault.at_us == 30 * S && fault.for_us == 3 * S && fault.every_us == 0);
	assert_string_equal(fault.one, "uav1");
	assert_string_equal(fault.other, "uav2");
	assert_string_equal(fault.scenario, "");
	assert_false(fault.one_way);
	assert_true(fault.probability == 1.0);
	assert_string_equal(fault.text, "link uav1 uav2 loss 100%");
	fault = parsed("\tat 1.5min link a -> uav[1-3]* latency +0.25ms scenario f* # why");
	assert_int_equal(fault.deed, FAULT_LATENCY);
	assert_true(fault.at_us == 90 * S && fault.for_us == FAULT_FOREVER);
	assert_true(fault.time_us == 250 && fault.one_way);
	assert_string_equal(fault.other, "uav[1-3]*");
	assert_string_equal(fault.scenario, "f*");
	fault = parsed("at 0s link * * corrupt 2.5% bits 7 every 1h for 1us");
	assert_int_equal(fault.deed, FAULT_CORRUPT);
	assert_true(fabs(fault.probability - 0.025) < 1e-12 && fault.count == 7);
	assert_true(fault.for_us == 1 && fault.every_us == 3600 * S);
	assert_int_equal(parsed("at 0s link a b corrupt 1%").count, 1);
}

static void test_jammers_and_nodes(void **state)
{
	struct fault fault = parsed("at 1h jammer at -1 2.5 3e1 power 30dBm for 4s to 1 2 3 "
				    "frequency 2.41GHz bandwidth 500kHz");

	(void)state;
	assert_int_equal(fault.deed, FAULT_JAMMER);
	assert_true(fault.jammer.from.east == -1.0f && fault.jammer.from.north == 2.5f &&
		    fault.jammer.from.up == 30.0f && fault.jammer.to.up == 3.0f);
	assert_true(fault.jammer.power_dbm == 30.0 && fault.jammer.frequency_hz == 2.41e9 &&
		    fault.jammer.bandwidth_hz == 5e5);
	assert_string_equal(fault.text, "jammer at -1 2.5 3e1 power 30dBm");
	fault = parsed("at 1h jammer at 1 2 3 power -3.5dBm");
	assert_true(fault.jammer.to.east == 1.0f && fault.jammer.to.up == 3.0f);
	fault = parsed("at 0ms node uav? freeze for 1h");
	assert_int_equal(fault.deed, FAULT_FREEZE);
	assert_string_equal(fault.one, "uav?");
}

static void test_simulators(void **state)
{
	struct fault fault = parsed("at 1s simulator stall");

	(void)state;
	assert_int_equal(fault.deed, FAULT_STALL);
	assert_true(fault.for_us == FAULT_FOREVER);
	fault = parsed("at 1s simulator late 300ms for 5s");
	assert_true(fault.deed == FAULT_LATE && fault.time_us == 300000);
	fault = parsed("at 1s simulator reorder 20 for 5s");
	assert_true(fault.deed == FAULT_REORDER && fault.count == 20);
	fault = parsed("at 1s simulator duplicate 10%");
	assert_true(fault.deed == FAULT_DUPLICATE && fault.probability == 0.1);
	fault = parsed("at 1s simulator lie nan");
	assert_true(fault.deed == FAULT_LIE && fault.lie == LIE_NAN && fault.probability == 1.0);
	fault = parsed("at 1s simulator lie garbage 50% scenario x");
	assert_true(fault.lie == LIE_GARBAGE && fault.probability == 0.5);
	fault = parsed("at 1s simulator close every 2s");
	assert_true(fault.deed == FAULT_CLOSE && fault.for_us == 0);
	assert_int_equal(parsed("at 1s simulator die").count, 1);
	assert_int_equal(parsed("at 1s simulator die exit 255").count, 255);
}

/* Why a line is refused begins and ends like that. */
static void assert_refused(const char *line, const char *why)
{
	struct fault fault;
	char told[PARSE_WHY_CAP];

	assert_int_equal(parse_line(slice_str(line), &fault, told), PARSE_WRONG);
	assert_string_equal(told, why);
}

static void test_mistakes(void **state)
{
	static const char time[] = "; allowed: a time of up to 1000h, as in 500us, 200ms, 2.5s, "
				   "3min, 1h";
	static const char *const times[] = {"3",	  "s",	   "-3s",   "1.s",
					    "1.1234567s", "1e3s",  "1001h", "99999999999999999999h",
					    "3 s",	  "1..2s", "0x3s"};
	char line[128], why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		snprintf(line, sizeof(line), "at %s simulator die", times[i]);
		snprintf(why, sizeof(why), "at \"%.*s\"%s", (int)strcspn(times[i], " "), times[i],
			 time);
		assert_refused(line, why);
	}
	snprintf(why, sizeof(why), "at without a value%s", time);
	assert_refused("at", why);
	assert_refused("in 3s link a b loss 1%", "unknown word at the start \"in\"; known: at");
	assert_refused("at 3s", "a missing subject; known: link, jammer, node, simulator");
	assert_refused("at 3s lnk a b", "unknown subject \"lnk\"; nearest known: link");
	assert_refused("at 3s link a b los 1%", "unknown word \"los\"; nearest known: loss");
	assert_refused("at 3s link a b", "a missing word; known: loss, latency, corrupt");
	assert_refused("at 3s link a b loss", "loss without a value; allowed: 0% to 100%");
	assert_refused("at 3s link a b loss 101%", "loss \"101%\"; allowed: 0% to 100%");
	assert_refused("at 3s link a b loss nan%", "loss \"nan%\"; allowed: 0% to 100%");
	assert_refused("at 3s link a b loss 1% fr 2s", "unknown word \"fr\"; nearest known: for");
	assert_refused("at 3s link a b loss 1% for 2s for 2s", "for given twice");
	assert_refused("at 3s link a b latency 20ms",
		       "latency \"20ms\"; allowed: a time of up to 1h behind a +, as in +200ms");
	assert_refused("at 3s link a b latency +61min",
		       "latency \"+61min\"; allowed: a time of up to 1h behind a +, as in +200ms");
	assert_refused("at 3s link a,c b loss 1%",
		       "link \"a,c\"; allowed: a name of letters, digits and . _ -, or a pattern "
		       "as in *, uav*, uav[1-3]");
	assert_refused("at 3s link a b corrupt 1% bits 0",
		       "bits \"0\"; allowed: a whole number from 1 to 1000");
	assert_refused("at 3s jammer at 1 2 power 3dBm",
		       "at \"power\"; allowed: three numbers from -10000000 to 10000000: metres "
		       "east, north and up of the scenario's origin");
	assert_refused("at 3s jammer at 1 2 3", "jammer needs power");
	assert_refused("at 3s jammer at 1 2 3 power 1W",
		       "power \"1W\"; allowed: -100dBm to 100dBm");
	assert_refused("at 3s jammer at 1 2 3 power 1dBm to 3 4 5",
		       "a jammer that moves to another place needs for: the time that it takes");
	assert_refused("at 3s node a freeze", "freeze needs for");
	assert_refused("at 3s node a freeze for 61min",
		       "freeze is for 1h or less: a delay has 32 bits of microseconds");
	assert_refused("at 3s simulator stall 3s", "unknown word \"3s\"; known: for, every");
	assert_refused("at 3s simulator reorder 1001 for 1s",
		       "reorder \"1001\"; allowed: a whole number from 2 to 1000: so many answers "
		       "are mixed");
	assert_refused("at 3s simulator lie gnarl 5%",
		       "unknown lie \"gnarl\"; known: nan, rate, outcome, receiver, missing, "
		       "payload, id, garbage");
	assert_refused("at 3s simulator die exit 256",
		       "exit \"256\"; allowed: an exit code from 0 to 255");
	assert_refused("at 3s link a b loss 1% for 0s", "for is 0; allowed: a time of 1us or more");
	assert_refused("at 3s link a b loss 1% for 3s every 3s",
		       "every must be longer than for: it cannot begin again before it has ended");
	assert_refused("at 3s link a b loss 1% every 3s",
		       "loss without for never ends, so that every says nothing; add for");
	assert_refused("at 3s link a b loss 1% for 1ms every 99ms", "every is less than 100ms");
	assert_refused("a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a "
		       "a a a a a a",
		       "more than 40 words");
}

static void test_no_faults(void **state)
{
	struct fault fault;
	char why[PARSE_WHY_CAP];

	(void)state;
	assert_int_equal(parse_line(slice_str(""), &fault, why), PARSE_NOTHING);
	assert_int_equal(parse_line(slice_str(" \t "), &fault, why), PARSE_NOTHING);
	assert_int_equal(parse_line(slice_str(" # at 3s"), &fault, why), PARSE_NOTHING);
}

/* ------------------------------------------------------------------ times */

static void assert_phase(const struct fault *fault, uint64_t now_us, bool active, uint64_t next_us)
{
	struct fault_phase phase = fault_phase_at(fault, now_us);

	assert_int_equal(phase.active, active);
	assert_true(phase.next_us == next_us);
}

static void test_phases(void **state)
{
	struct fault once = {.at_us = 10, .for_us = 5};
	struct fault again = {.at_us = 10, .for_us = 5, .every_us = 20};
	struct fault forever = {.at_us = 10, .for_us = FAULT_FOREVER};
	struct fault moment = {.at_us = 10, .every_us = 20};

	(void)state;
	assert_phase(&once, 9, false, 10);
	assert_phase(&once, 10, true, 15);
	assert_phase(&once, 14, true, 15);
	assert_phase(&once, 15, false, FAULT_FOREVER);
	assert_phase(&again, 15, false, 30);
	assert_phase(&again, 30, true, 35);
	assert_phase(&again, 1010 + 4, true, 1015);
	assert_phase(&again, 1010 + 5, false, 1030);
	assert_phase(&forever, 9, false, 10);
	assert_phase(&forever, UINT64_MAX - 1, true, FAULT_FOREVER);
	assert_phase(&moment, 10, false, 30);
}

static void test_agenda(void **state)
{
	struct fault faults[] = {{.at_us = 15, .for_us = FAULT_FOREVER},
				 {.at_us = 15, .for_us = 0},
				 {.at_us = 10, .for_us = 5, .every_us = 20}};
	struct fault_list list = {faults, 3}, none = {0};
	static const struct {
		size_t fault;
		bool ends;
	} wanted[] = {{2, false}, {2, true}, {0, false}, {1, false}, {2, false}};
	struct agenda agenda;
	bool ends;

	(void)state;
	assert_int_equal(agenda_init(&agenda, &list), 0);
	assert_true(agenda_due_us(&agenda) == 10);
	assert_null(agenda_take(&agenda, 9, &ends));
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		assert_ptr_equal(agenda_take(&agenda, 34, &ends), &faults[wanted[i].fault]);
		assert_int_equal(ends, wanted[i].ends);
	}
	assert_null(agenda_take(&agenda, 34, &ends));
	assert_true(agenda_due_us(&agenda) == 35);
	/* a thousand times later it is told of the last alone */
	assert_ptr_equal(agenda_take(&agenda, 20012, &ends), &faults[2]);
	assert_true(ends);
	assert_ptr_equal(agenda_take(&agenda, 20012, &ends), &faults[2]);
	assert_false(ends);
	assert_null(agenda_take(&agenda, 20012, &ends));
	assert_true(agenda_due_us(&agenda) == 20015);
	agenda_fini(&agenda);
	assert_int_equal(agenda_init(&agenda, &none), 0);
	assert_true(agenda_due_us(&agenda) == FAULT_FOREVER);
	assert_null(agenda_take(&agenda, UINT64_MAX, &ends));
	agenda_fini(&agenda);
}

/* ---------------------------------------------------------------- packets */

static uint64_t fake_us;

static uint64_t fake_clock_us(void)
{
	return fake_us;
}

enum { LINES_MAX = 8 };

/* A simulator with a timeline of these lines, up to a NULL; uav1 to uav3 stand 100 m apart in
 * "meadow", where nothing is lost. */
struct flight {
	struct fault faults[LINES_MAX];
	struct fault_list list;
	struct timeline timeline;
};

static struct flight flight; /* and `bench` */

static void take_off(const char *const *lines)
{
	flight.list = (struct fault_list){.at = flight.faults};
	while (lines[flight.list.count]) {
		flight.faults[flight.list.count] = parsed(lines[flight.list.count]);
		flight.list.count++;
	}
	fake_us = 5 * S;
	start(&bench, 1);
	timeline_init(&flight.timeline, &flight.list, &bench.simulator.draw_key, fake_clock_us);
	bench.simulator.timeline = &flight.timeline;
	put_hello(&bench);
	put_free_space(&bench, 1, "meadow", "20");
	put_node(&bench, 1, 1, "uav1", 0.0f);
	put_node(&bench, 1, 2, "uav2", 100.0f);
	put_node(&bench, 1, 3, "uav3", 200.0f);
	put_transmit(&bench, (struct sim_transmit){.id = 1,
						   .scenario = 1,
						   .transmitter = 1,
						   .receivers = (const uint32_t[]){2},
						   .receiver_count = 1,
						   .sent_at_us = START});
	assert_int_equal(deliver(&bench), 0);
	take_result(&bench);
}

/* One packet, its answer in bench.answer. `at_us` after the first one. */
static void fly(uint32_t from, uint32_t to, uint64_t sequence, uint64_t at_us)
{
	struct sim_transmit transmit = transmit_of(7, from, &to, 1, sequence);

	transmit.sent_at_us = START + at_us;
	put_transmit(&bench, transmit);
	assert_int_equal(deliver(&bench), 0);
	take_result(&bench);
	assert_int_equal(bench.answer.count, 1);
}

static void assert_fate(uint32_t from, uint32_t to, uint64_t at_us, uint32_t outcome)
{
	fly(from, to, 1, at_us);
	assert_int_equal(bench.answer.receptions[0].outcome, outcome);
	assert_int_equal(bench.answer.receptions[0].reason,
			 outcome == OUTCOME_LOST ? REASON_FAULT_INJECTED : REASON_NONE);
	assert_true(bench.answer.receptions[0].link.snr_db > 30.0f);
}

static void test_a_lost_link(void **state)
{
	(void)state;
	take_off((const char *[]){"at 10s link uav1 uav2 loss 100% for 3s",
				  "at 20s link uav1 -> uav2 loss 100% for 5s",
				  "at 30s link uav* uav3 loss 100% for 5s scenario other",
				  "at 40s link * uav3 loss 100% for 1s every 10s",
				  "at 0s link uav2 uav3 loss 100% for 1ms", NULL});
	assert_fate(1, 2, 10 * S - 1, OUTCOME_DELIVERED);
	assert_fate(1, 2, 10 * S, OUTCOME_LOST);
	assert_fate(2, 1, 13 * S - 1, OUTCOME_LOST);
	assert_fate(1, 3, 11 * S, OUTCOME_DELIVERED);
	assert_fate(1, 2, 13 * S, OUTCOME_DELIVERED);
	assert_fate(1, 2, 22 * S, OUTCOME_LOST);
	assert_fate(2, 1, 22 * S, OUTCOME_DELIVERED);
	assert_fate(1, 3, 32 * S, OUTCOME_DELIVERED);
	assert_fate(3, 2, 40 * S, OUTCOME_LOST);
	assert_fate(3, 2, 41 * S, OUTCOME_DELIVERED);
	assert_fate(1, 3, 990 * S, OUTCOME_LOST);
	/* sent before the first one: as if with it */
	put_transmit(&bench, (struct sim_transmit){.id = 1,
						   .scenario = 1,
						   .transmitter = 2,
						   .receivers = (const uint32_t[]){3},
						   .receiver_count = 1,
						   .sent_at_us = START - 50 * S});
	assert_int_equal(deliver(&bench), 0);
	assert_int_equal(take_result(&bench)->receptions[0].outcome, OUTCOME_LOST);
	assert_int_equal(bench.simulator.accounts.lost, 6);
	stop(&bench);
}

/* Which of the first thousand messages are lost, as bits. */
static unsigned losses(uint64_t at_us, uint8_t lost[125])
{
	unsigned count = 0;

	memset(lost, 0, 125);
	for (uint64_t i = 0; i < 1000; i++) {
		fly(1, 2, i, at_us + i);
		if (bench.answer.receptions[0].outcome == OUTCOME_LOST) {
			lost[i / 8] |= (uint8_t)(1u << i % 8);
			count++;
		}
	}
	return count;
}

/* 30% of a thousand, within five standard deviations, the same each time and by names alone; two
 * faults of 50% lose three quarters. */
static void test_some_are_lost(void **state)
{
	uint8_t first[125], again[125];
	unsigned count;

	(void)state;
	take_off((const char *[]){"at 1s link uav1 uav2 loss 30% for 3s",
				  "at 9s link uav1 * loss 50%", "at 9s link uav2 * loss 50%",
				  NULL});
	count = losses(1 * S, first);
	assert_in_range(count, 300 - 73, 300 + 73);
	assert_int_equal(losses(2 * S, again), count);
	assert_memory_equal(first, again, sizeof(first));
	assert_in_range(losses(9 * S, again), 750 - 69, 750 + 69);
	stop(&bench);
}

static uint32_t delay_of(uint32_t from, uint32_t to, uint64_t at_us)
{
	fly(from, to, 1, at_us);
	assert_int_equal(bench.answer.receptions[0].outcome, OUTCOME_DELIVERED);
	return bench.answer.receptions[0].link.delay_us;
}

static void test_latency_steps(void **state)
{
	uint32_t plain;

	(void)state;
	take_off((const char *[]){"at 10s link uav2 * latency +50ms for 10s",
				  "at 20s link uav2 * latency +200ms for 10s",
				  "at 25s link uav2 -> * latency +1h", NULL});
	plain = delay_of(1, 2, 9 * S);
	assert_in_range(plain, 800, 802);
	assert_int_equal(delay_of(1, 2, 10 * S), plain + 50000);
	assert_int_equal(delay_of(2, 3, 20 * S), plain + 200000);
	assert_int_equal(delay_of(1, 3, 20 * S), plain);
	assert_int_equal(delay_of(1, 2, 25 * S), plain + 200000);
	assert_true(delay_of(2, 1, 25 * S) == plain + 200000 + UINT32_C(3600000000));
	stop(&bench);
}

/* What uav2 sends and hears from 10 s to 12 s arrives at 12 s, and not
 * before. */
static void test_freeze_and_flush(void **state)
{
	uint32_t plain;

	(void)state;
	take_off((const char *[]){"at 10s node uav2 freeze for 2s", "at 20s node * freeze for 1h",
				  NULL});
	plain = delay_of(1, 2, 9 * S);
	assert_int_equal(delay_of(1, 2, 10 * S - plain - 1), plain);
	assert_int_equal(delay_of(1, 2, 10 * S - 100), 2 * S + 100); /* was on its way */
	assert_int_equal(delay_of(2, 1, 10 * S - 100), plain);
	assert_int_equal(delay_of(1, 2, 10 * S), 2 * S);
	assert_int_equal(delay_of(2, 3, 11 * S), 1 * S + 1000); /* in order: a thousandth later */
	assert_int_equal(delay_of(2, 3, 12 * S - 1), 1 + 1999);
	assert_int_equal(delay_of(1, 3, 11 * S), delay_of(1, 3, 9 * S));
	assert_int_equal(delay_of(1, 2, 12 * S), plain);
	assert_true(delay_of(1, 2, 20 * S) == 3600 * S);
	stop(&bench);
}

/* What it sends at 3.4 s leaves uav1 at 4.5 s, and meets uav2 standing still until 5 s. */
static void assert_both_freezes(const char *const *lines)
{
	take_off(lines);
	assert_int_equal(delay_of(1, 2, 34 * S / 10), 1600000 + 500);
	assert_int_equal(delay_of(1, 2, 44 * S / 10), 600000 + 501);
	assert_int_equal(delay_of(1, 3, 34 * S / 10), 1100000 + 400);
	stop(&bench);
}

static void test_freezes_of_both(void **state)
{
	static const char sender[] = "at 3s node uav1 freeze for 1500ms";
	static const char receiver[] = "at 4s node uav2 freeze for 1s";
	static const char again[] = "at 1s node uav2 freeze for 1s every 3s";

	(void)state;
	assert_both_freezes((const char *[]){sender, receiver, NULL});
	assert_both_freezes((const char *[]){receiver, sender, NULL});
	assert_both_freezes((const char *[]){again, sender, NULL});
	assert_both_freezes((const char *[]){sender, again, NULL});
	assert_both_freezes((const char *[]){again, receiver, sender, receiver, NULL});
}

/* Freezes of one node that overlap are one: nothing arrives inside of any, and all in order. */
static void assert_one_freeze(const char *const *lines)
{
	take_off(lines);
	for (uint32_t from = 1; from <= 2; from++) {
		uint64_t last_us = 0;

		for (uint64_t at_us = 10 * S; at_us < 14 * S; at_us += S / 4) {
			uint64_t wanted_us = 14 * S + (at_us - 10 * S) / 1000;
			uint64_t came_us = at_us + delay_of(from, 3 - from, at_us);

			/* to uav2 it takes 801 us: a thousandth of it */
			assert_in_range(came_us, wanted_us, wanted_us + 1);
			assert_true(came_us > last_us);
			last_us = came_us;
		}
	}
	stop(&bench);
}

static void test_freezes_that_overlap(void **state)
{
	(void)state;
	assert_one_freeze((const char *[]){"at 10s node uav2 freeze for 2s",
					   "at 11s node ?av2 freeze for 2s scenario meadow",
					   "at 13s node uav2 freeze for 1s", NULL});
	assert_one_freeze((const char *[]){"at 13s node uav2 freeze for 1s",
					   "at 11s node ?av2 freeze for 2s scenario meadow",
					   "at 10s node uav2 freeze for 2s", NULL});
	/* two that leave no gap, for ever: there is an end to the waiting */
	take_off((const char *[]){"at 0s node uav2 freeze for 1s every 2s",
				  "at 1s node uav2 freeze for 1s every 2s", NULL});
	assert_true(delay_of(1, 2, 10 * S) > 50 * S);
	stop(&bench);
}

/* ---------------------------------------------------------------- jammers */

static struct fault_jammer jammer_of(double frequency_hz, double bandwidth_hz)
{
	return (struct fault_jammer){.frequency_hz = frequency_hz, .bandwidth_hz = bandwidth_hz};
}

static void assert_overlap(double frequency_hz, double bandwidth_hz, double wanted)
{
	struct model_settings settings = {.frequency_hz = 2.4e9, .bandwidth_hz = 1e6};
	struct fault_jammer jammer = jammer_of(frequency_hz, bandwidth_hz);

	assert_true(fabs(jammer_overlap(&jammer, &settings) - wanted) < 1e-9);
}

static void test_the_part_in_the_band(void **state)
{
	(void)state;
	assert_overlap(0.0, 0.0, 1.0);
	assert_overlap(2.4e9, 1e5, 1.0);
	assert_overlap(0.0, 20e6, 0.05);
	assert_overlap(2.405e9, 20e6, 0.05);
	assert_overlap(2.395e9, 20e6, 0.05);
	assert_overlap(2.4005e9, 0.0, 0.5);
	assert_overlap(2.4105e9, 20e6, 0.0);
	assert_overlap(2.41e9, 20e6, 0.025);
	assert_overlap(5.8e9, 20e6, 0.0);
}

/* Free space: 10 dBm at 1 km and 2.4 GHz are 100.05 dB less (ITU-R P.525). */
static void test_the_power_of_a_jammer(void **state)
{
	struct parameter model = {slice_str("model"), slice_str("free-space")};
	struct fault fault = parsed("at 0s jammer at -2000 0 0 to 0 0 0 power 10dBm for 4s");
	struct sim_node receiver = {
		.has_position = true, .has_radio = true, .radio = {.antenna_gain_dbi = 3.0f}};
	struct refusal refusal;
	struct channel channel;
	struct vector place = jammer_place(&fault, 1 * S);

	(void)state;
	assert_true(place.east == -1500.0f && place.north == 0.0f);
	assert_int_equal(parameters_read(&model, 1, &channel, &refusal), 0);
	assert_true(fabs(10.0 * log10(jammer_power_mw(&fault, 2 * S, &channel, &receiver)) -
			 (10.0 + 3.0 - 100.053)) < 0.001);
	model.value = slice_str("ideal");
	assert_int_equal(parameters_read(&model, 1, &channel, &refusal), 0);
	assert_true(jammer_power_mw(&fault, 2 * S, &channel, &receiver) == 0.0);
}

static void test_a_jammer_flies_by(void **state)
{
	struct link_numbers before, far, near;

	(void)state;
	take_off((const char *[]){"at 10s jammer at -5000 50 0 to 5100 50 0 power 20dBm for 101s",
				  NULL});
	fly(1, 2, 1, 9 * S);
	before = bench.answer.receptions[0].link;
	assert_true(before.sinr_db == before.snr_db);
	fly(1, 2, 1, 10 * S);
	far = bench.answer.receptions[0].link;
	assert_int_equal(bench.answer.receptions[0].outcome, OUTCOME_DELIVERED);
	fly(1, 2, 1, 61 * S); /* 50 m from uav2 */
	near = bench.answer.receptions[0].link;
	assert_int_equal(bench.answer.receptions[0].outcome, OUTCOME_LOST);
	assert_int_equal(bench.answer.receptions[0].reason, REASON_INTERFERENCE);
	assert_true(far.snr_db == before.snr_db && near.snr_db == before.snr_db);
	/* 100 m against 50 m, with the same power */
	assert_true(fabsf(near.sinr_db + 6.02f) < 0.01f);
	/* 5100 m: 20 log10(51), less 0.18 dB for the noise under an interference of -94.2 dBm */
	assert_true(fabsf(far.sinr_db - 33.97f) < 0.01f);
	assert_true(near.packet_error_rate > 0.99f);
	fly(1, 2, 1, 111 * S);
	assert_true(bench.answer.receptions[0].link.sinr_db == before.sinr_db);
	stop(&bench);
}

/* ---------------------------------------------------------------- answers */

/* Reads the next result of one reception as it stands. */
static struct hot_result next_result(struct reception *reception, int *found)
{
	struct hot_result result = {0};
	struct from_sim message;
	struct arena arena;
	struct slice frame;
	const char *why;
	size_t used;

	assert_int_equal(frame_read(buf_slice(&bench.guest.out), 70000, &frame, &used, &why),
			 FRAME_OK);
	arena_init(&arena, 65536);
	assert_int_equal(channel_read_from_sim(frame, &arena, &message, &why), CODEC_OK);
	assert_int_equal(message.kind, FROM_SIM_RESULT);
	assert_int_equal(hot_result_begin(message.result, &result), HOT_OK);
	*found = hot_result_next(&result, reception);
	arena_fini(&arena);
	buf_consume(&bench.guest.out, used);
	return result;
}

static void ask(uint64_t id, uint64_t sequence, uint64_t at_us, const uint32_t *receivers,
		size_t count)
{
	struct sim_transmit transmit = transmit_of(id, 1, receivers, count, sequence);

	transmit.sent_at_us = START + at_us;
	put_transmit(&bench, transmit);
	assert_int_equal(deliver(&bench), 0);
}

static const uint32_t to_uav2[] = {2}, to_both[] = {2, 3};

/* What each lie leaves of the answer to a packet that arrives. */
static void test_lies(void **state)
{
	struct reception reception = {0};
	struct hot_result result;
	int found;

	(void)state;
	take_off((const char *[]){
		"at 10s simulator lie nan for 1s", "at 20s simulator lie outcome for 1s",
		"at 30s simulator lie receiver for 1s", "at 40s simulator lie missing for 1s",
		"at 50s simulator lie payload for 1s", "at 60s simulator lie id for 1s",
		"at 70s simulator lie rate", NULL});
	for (uint64_t at = 10; at <= 70; at += 10) {
		ask(at, 1, at * S, to_uav2, 1);
		result = next_result(&reception, &found);
		assert_int_equal(buf_size(&bench.guest.out), 0);
		assert_int_equal(found, at == 40 ? 0 : 1);
		assert_int_equal(result.id == at, at != 60);
		if (!found) {
			continue;
		}
		assert_int_equal(reception.link_ok, at != 10 && at != 70);
		assert_int_equal(reception.outcome == OUTCOME_DELIVERED, at != 20);
		assert_int_equal(reception.receiver == 2, at != 30);
		assert_int_equal(reception.altered ? reception.payload.size : 0,
				 at == 50 ? sizeof(payload) + 1 : 0);
	}
	assert_int_equal(bench.simulator.accounts.delivered, 8); /* what was decided */
	stop(&bench);
}

static void test_garbage(void **state)
{
	struct from_sim message;
	struct arena arena;
	struct slice frame;
	const char *why;
	size_t used;

	(void)state;
	take_off((const char *[]){"at 10s simulator lie garbage", NULL});
	ask(1, 1, 10 * S, to_uav2, 1);
	assert_int_equal(frame_read(buf_slice(&bench.guest.out), 65536, &frame, &used, &why),
			 FRAME_OK);
	arena_init(&arena, 65536);
	assert_int_equal(channel_read_from_sim(frame, &arena, &message, &why), CODEC_BAD);
	arena_fini(&arena);
	stop(&bench);
}

static unsigned bits_between(struct slice altered)
{
	unsigned count = 0;

	for (size_t i = 0; i < altered.size; i++) {
		for (unsigned bits = altered.data[i] ^ payload[i]; bits; bits &= bits - 1) {
			count++;
		}
	}
	return count;
}

/* Each altered payload comes in a frame of its own, with as many bits turned as are told. */
static void test_corrupted(void **state)
{
	struct reception reception = {0};
	struct link_numbers numbers;
	uint8_t first[sizeof(payload)] = {0};
	int found;

	(void)state;
	take_off((const char *[]){"at 10s link * * corrupt 100% bits 12 for 1s", NULL});
	ask(1, 1, 10 * S, to_both, 2);
	for (uint32_t receiver = 2; receiver <= 3; receiver++) {
		struct hot_result result = next_result(&reception, &found);

		assert_int_equal(result.more, receiver == 2);
		assert_int_equal(reception.receiver, receiver);
		assert_int_equal(reception.outcome, OUTCOME_CORRUPTED);
		assert_true(reception.altered && reception.payload.size == sizeof(payload));
		assert_int_equal(bits_between(reception.payload), 12);
		assert_memory_not_equal(reception.payload.data, first, sizeof(first));
		memcpy(first, reception.payload.data, sizeof(first));
		assert_int_equal(link_read(reception.link, &numbers), HOT_OK);
		assert_int_equal(numbers.bit_errors, 12);
	}
	assert_int_equal(bench.simulator.accounts.corrupted, 2);
	/* an empty payload has no bits */
	put_transmit(&bench, (struct sim_transmit){.id = 1,
						   .scenario = 1,
						   .transmitter = 1,
						   .receivers = to_uav2,
						   .receiver_count = 1,
						   .sent_at_us = START + 10 * S});
	assert_int_equal(deliver(&bench), 0);
	assert_int_equal(take_result(&bench)->receptions[0].outcome, OUTCOME_DELIVERED);
	stop(&bench);
}

static void test_twice(void **state)
{
	(void)state;
	take_off((const char *[]){"at 10s simulator duplicate 100% for 1s", NULL});
	ask(44, 1, 10 * S, to_both, 2);
	for (int i = 0; i < 2; i++) {
		assert_true(take_result(&bench)->id == 44);
		assert_int_equal(bench.answer.count, 2);
	}
	assert_int_equal(buf_size(&bench.guest.out), 0);
	ask(45, 2, 11 * S, to_both, 2);
	assert_true(take_result(&bench)->id == 45);
	assert_int_equal(buf_size(&bench.guest.out), 0);
	stop(&bench);
}

static void release(void)
{
	assert_int_equal(hold_release(&bench.guest.hold, timeline_now_us(&flight.timeline),
				      &bench.guest.out),
			 0);
}

static void test_late(void **state)
{
	(void)state;
	take_off((const char *[]){"at 10s simulator late 300ms for 1s", NULL});
	fake_us += 10 * S;
	ask(1, 1, 10 * S, to_uav2, 1);
	fake_us += 1000;
	ask(2, 2, 10 * S, to_uav2, 1);
	ask(3, 3, 11 * S, to_uav2, 1);
	assert_true(take_result(&bench)->id == 3);
	assert_int_equal(buf_size(&bench.guest.out), 0);
	assert_true(hold_due_us(&bench.guest.hold) == 10 * S + 300000);
	fake_us += 298999;
	release();
	assert_int_equal(buf_size(&bench.guest.out), 0);
	fake_us += 1;
	release();
	assert_true(take_result(&bench)->id == 1);
	assert_int_equal(buf_size(&bench.guest.out), 0);
	fake_us += 1000;
	release();
	assert_true(take_result(&bench)->id == 2);
	assert_true(hold_due_us(&bench.guest.hold) == UINT64_MAX);
	assert_int_equal(hold_bytes(&bench.guest.hold), 0);
	ask(4, 4, 10 * S, to_uav2, 1); /* freed with the guest */
	stop(&bench);
}

/* What the order of the answer to uav1's message is drawn as. */
static uint32_t rank_of(uint64_t sequence)
{
	struct draw_subject subject = {slice_str("meadow"), slice_str("uav1"), slice_str("uav1"),
				       slice_str(""), sequence};

	return draw_bits(&bench.simulator.draw_key, DRAW_FAULT_ORDER, &subject);
}

/* A full window goes at once, the rest when the fault ends; in which order is a matter of names. */
static void test_mixed(void **state)
{
	unsigned in_place = 0;

	(void)state;
	take_off((const char *[]){"at 10s simulator reorder 5 for 1s",
				  "at 20s simulator reorder 5 for 1s", NULL});
	for (uint64_t i = 0; i < 10; i++) {
		if (i < 5) {
			assert_int_equal(buf_size(&bench.guest.out), 0);
		}
		ask(i, i, 20 * S, to_uav2, 1);
	}
	for (uint64_t first = 0; first < 10; first += 5) {
		uint32_t rank = 0;

		for (uint64_t i = first; i < first + 5; i++) {
			uint64_t id = take_result(&bench)->id;

			assert_in_range(id, first, first + 4);
			assert_true(rank_of(id) >= rank);
			rank = rank_of(id);
			in_place += id == i;
		}
	}
	assert_in_range(in_place, 0, 8);
	assert_int_equal(buf_size(&bench.guest.out), 0);
	fake_us = 25 * S;
	ask(200, 9, 20 * S + 1, to_uav2, 1);
	assert_int_equal(buf_size(&bench.guest.out), 0);
	assert_true(hold_due_us(&bench.guest.hold) == 21 * S);
	fake_us = 26 * S;
	release();
	assert_true(take_result(&bench)->id == 200);
	/* told late of something sent then: nothing is left to wait for */
	ask(201, 10, 20 * S + 1, to_uav2, 1);
	assert_true(take_result(&bench)->id == 201);
	stop(&bench);
}

/* What is held has a bound. At it the mixed ones go, in their order, though there are too few of
 * them, and those that are late before their time; the youngest is still held. */
static void test_too_much_is_held(void **state)
{
	enum { SIZE = 1 << 20, BOUND = HOLD_BYTES_MAX / SIZE };
	char *answer = calloc(1, SIZE);
	struct buf out;
	struct hold hold;

	(void)state;
	assert_non_null(answer);
	buf_init(&out);
	hold_init(&hold);
	for (uint32_t i = 0; i < 3 * BOUND; i++) {
		answer[0] = (char)i;
		assert_int_equal(hold_late(&hold, slice_of(answer, SIZE), 60 * S + i), 0);
		assert_int_equal(hold_release(&hold, 1 * S, &out), 0);
		assert_true(hold_bytes(&hold) <= HOLD_BYTES_MAX);
	}
	assert_int_equal(buf_size(&out), (2 * BOUND + 1) * SIZE);
	for (size_t i = 0; i <= 2 * BOUND; i++) {
		assert_int_equal(buf_slice(&out).data[i * SIZE], i);
	}
	buf_clear(&out);
	answer[0] = 'm';
	for (uint32_t i = 0; i < 2; i++) {
		answer[1] = (char)(1 - i);
		assert_int_equal(hold_mix(&hold, slice_of(answer, SIZE), 1 - i, 1000, 60 * S), 0);
	}
	assert_int_equal(hold_due_us(&hold), 0);
	assert_int_equal(hold_release(&hold, 1 * S, &out), 0);
	assert_int_equal(buf_size(&out), 2 * SIZE);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(buf_slice(&out).data[i * SIZE], 'm');
		assert_int_equal(buf_slice(&out).data[i * SIZE + 1], i);
	}
	assert_int_equal(hold_due_us(&hold), 60 * S + 2 * BOUND + 1);
	/* small ones count with what keeps them */
	while (buf_size(&out) == 2 * SIZE) {
		assert_int_equal(hold_mix(&hold, slice_of(answer, 0), 1, 1u << 30, 60 * S), 0);
		assert_int_equal(hold_mix(&hold, slice_of(answer, 1), 1, 1u << 30, 60 * S), 0);
		assert_int_equal(hold_release(&hold, 1 * S, &out), 0);
	}
	hold_fini(&hold);
	assert_int_equal(hold_bytes(&hold), 0);
	buf_fini(&out);
	free(answer);
}

/* ------------------------------------------------------------------ counts */

static void assert_met(const unsigned *packets)
{
	for (size_t i = 0; i < flight.list.count; i++) {
		if (flight.faults[i].packets != packets[i]) {
			fail_msg("%s: %u packets", flight.faults[i].text,
				 (unsigned)flight.faults[i].packets);
		}
	}
}

/* Each packet once a receiver, whatever chance makes of it; an answer once. */
static void test_packets_are_counted(void **state)
{
	const struct fault *unmet;
	size_t next = 0;

	(void)state;
	take_off((const char *[]){
		"at 10s link uav1 -> * loss 50%", "at 10s node uav2 freeze for 2s",
		"at 12s node * freeze for 1s", "at 10s jammer at 0 0 0 power 1dBm for 1s",
		"at 10s jammer at 0 0 0 power 1dBm frequency 5GHz", "at 10s simulator lie rate 1%",
		"at 10s simulator late 1ms scenario uav*", "at 10s simulator stall for 1s", NULL});
	assert_met((const unsigned[]){0, 0, 0, 0, 0, 0, 0, 0});
	ask(1, 1, 10 * S - 100, to_both, 2); /* under way, and at uav2 when it stands still */
	assert_met((const unsigned[]){0, 1, 1, 0, 0, 0, 0, 0});
	ask(1, 1, 10 * S, to_both, 2);
	assert_met((const unsigned[]){2, 2, 2, 2, 0, 1, 0, 0});
	ask(1, 1, 12 * S, to_both, 2);
	assert_met((const unsigned[]){4, 2, 4, 2, 0, 2, 0, 0});
	assert_null(timeline_unmet(&flight.timeline, &next));
	next = 0;
	fake_us += 10 * S;
	for (unsigned line = 4; line <= 6; line += 2) {
		unmet = timeline_unmet(&flight.timeline, &next);
		assert_ptr_equal(unmet, &flight.faults[line]);
	}
	assert_null(timeline_unmet(&flight.timeline, &next));
	stop(&bench);
}

/* ---------------------------------------------------------------- validity */

static uint32_t valid_for(uint32_t from, uint32_t to, uint64_t at_us, uint32_t valid_for_us)
{
	char names[2][8];
	struct draw_subject subject = {.scenario = slice_str("meadow")};

	snprintf(names[0], sizeof(names[0]), "uav%u", from);
	snprintf(names[1], sizeof(names[1]), "uav%u", to);
	subject.transmitter = slice_str(names[0]);
	subject.receiver = slice_str(names[1]);
	return timeline_judge(&flight.timeline, at_us, &subject, 100, 800, valid_for_us)
		.valid_for_us;
}

/* Numbers are promised up to the next change of their link, and not at all while it has a fault. */
static void test_validity(void **state)
{
	(void)state;
	take_off((const char *[]){"at 10s link uav1 -> uav2 loss 10% for 3s",
				  "at 20s node uav3 freeze for 1s",
				  "at 30s jammer at 0 0 0 power 1dBm for 1s scenario meadow",
				  "at 9s simulator lie nan for 1s", NULL});
	assert_int_equal(valid_for(1, 2, 9 * S, 5000), 5000);
	assert_int_equal(valid_for(1, 2, 10 * S - 100, 5000), 100);
	assert_int_equal(valid_for(1, 2, 11 * S, 5000), 0);
	assert_int_equal(valid_for(2, 1, 11 * S, 5000), 5000);
	assert_int_equal(valid_for(1, 2, 13 * S, 5000), 5000);
	assert_int_equal(valid_for(3, 2, 20 * S - 1, 5000), 1);
	/* to who stands still: by when it arrives, 800 us later */
	assert_int_equal(valid_for(1, 3, 20 * S - 801, 5000), 1);
	assert_int_equal(valid_for(1, 3, 20 * S - 800, 5000), 0);
	assert_int_equal(valid_for(1, 3, 21 * S - 801, 5000), 0);
	assert_int_equal(valid_for(1, 3, 21 * S - 800, 5000), 5000);
	assert_int_equal(valid_for(3, 2, 20 * S, 5000), 0);
	assert_int_equal(valid_for(1, 2, 20 * S, 5000), 5000);
	assert_int_equal(valid_for(1, 2, 30 * S - 1, 5000), 1);
	assert_int_equal(valid_for(1, 2, 30 * S, 5000), 0);
	assert_int_equal(valid_for(1, 2, 31 * S, 5000), 5000);
	stop(&bench);
}

/* Whoever uses an answer's numbers for as long as they are said to hold says what a new answer
 * would say. */
static void test_validity_is_kept(void **state)
{
	const uint64_t step_us = S / 20;

	(void)state;
	take_off((const char *[]){"at 2s node uav2 freeze for 2s", "at 7s node uav1 freeze for 1s",
				  "at 9s node uav2 freeze for 500ms every 2s", NULL});
	for (uint64_t at_us = 0; at_us < 15 * S; at_us += step_us) {
		struct fault_verdict verdict;
		struct draw_subject subject = {.scenario = slice_str("meadow"),
					       .transmitter = slice_str("uav1"),
					       .receiver = slice_str("uav2")};

		/* 125 bytes at 1000 bit/s */
		verdict = timeline_judge(&flight.timeline, at_us, &subject, 125, S, S);
		for (uint64_t later_us = 0; later_us < verdict.valid_for_us; later_us += step_us) {
			assert_int_equal(timeline_judge(&flight.timeline, at_us + later_us,
							&subject, 125, S, S)
						 .delay_us,
					 verdict.delay_us);
		}
		if (at_us == S / 2) {
			assert_int_equal(verdict.valid_for_us, S / 2);
		}
	}
	stop(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_jammers_and_nodes),
		cmocka_unit_test(test_simulators),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_no_faults),
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_agenda),
		cmocka_unit_test(test_a_lost_link),
		cmocka_unit_test(test_some_are_lost),
		cmocka_unit_test(test_latency_steps),
		cmocka_unit_test(test_freeze_and_flush),
		cmocka_unit_test(test_freezes_of_both),
		cmocka_unit_test(test_freezes_that_overlap),
		cmocka_unit_test(test_the_part_in_the_band),
		cmocka_unit_test(test_the_power_of_a_jammer),
		cmocka_unit_test(test_a_jammer_flies_by),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_corrupted),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_too_much_is_held),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_packets_are_counted),
		cmocka_unit_test(test_validity),
		cmocka_unit_test(test_validity_is_kept),
	};

	return cmocka_run_group_tests_name("sim_faults", tests, NULL, NULL);
}
