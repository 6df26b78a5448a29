/* Who is told what of the others, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/state.h"
#include "front/front.h"
#include "lib/fake_ports.h"
#include "wire/drone_codec.h"
#include "wire/frame.h"

#include <stdio.h>
#include <stdlib.h>

static struct fake_gateway gateway;
static struct fake_drone reader, other, third;

static void open_with(uint32_t backlog)
{
	struct limits limits = fake_limits();

	limits.presence_backlog = backlog;
	limits.output_soft_bytes = 1000;
	fake_open(&gateway, &limits);
}

static void join_wishing(struct fake_drone *drone, const char *id, enum presence_wish wish,
			 const char *scenario)
{
	struct request_registration registration = fake_registration(id);

	registration.presence = wish;
	registration.scenario = slice_str(scenario);
	fake_attach(&gateway, drone, 1);
	fake_register(drone, &registration);
}

static void expect(const struct fake_event *event, size_t place, const char *id, int what,
		   int reason, const char *scenario)
{
	assert_non_null(event);
	assert_int_equal(event->kind, EVENT_PRESENCE);
	assert_true(place < event->count);
	assert_string_equal(event->items[place].id, id);
	assert_int_equal(event->items[place].what, what);
	assert_int_equal(event->items[place].reason, reason);
	assert_string_equal(event->items[place].scenario, scenario);
}

static void test_gathered(void **state)
{
	const struct fake_event *told;

	(void)state;
	open_with(100);
	fake_join(&gateway, &reader, "uav1", NULL);
	fake_join(&gateway, &other, "uav2", "alpha");
	fake_ask(&other, REQUEST_LEAVE, NULL);
	assert_int_equal(core_next_deadline(gateway.core), gateway.now.mono_us + 10000);
	fake_pass(&gateway, 9999);
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 0);
	fake_pass(&gateway, 1);
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 1);
	told = fake_last(&reader, 0);
	assert_int_equal(told->count, 3);
	expect(told, 0, "uav2", PRESENCE_WHAT_ONLINE, 0, "");
	expect(told, 1, "uav2", PRESENCE_WHAT_SCENARIO, 0, "alpha");
	expect(told, 2, "uav2", PRESENCE_WHAT_OFFLINE, GOODBYE_LEFT, "alpha");
	fake_pass(&gateway, 100000);
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 1);
	fake_close(&gateway);
}

static void test_wishes(void **state)
{
	(void)state;
	open_with(100);
	join_wishing(&reader, "none", PRESENCE_WISH_NONE, "alpha");
	join_wishing(&other, "own", PRESENCE_WISH_SCENARIO, "alpha");
	fake_pass(&gateway, 20000);
	fake_join(&gateway, &third, "uav3", "beta");
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 0);
	assert_int_equal(fake_find(&other, EVENT_PRESENCE)->count, 1); /* its own coming */
	assert_int_equal(fake_count(&other, EVENT_PRESENCE), 1);
	/* coming in and going out again both touch its scenario */
	fake_ask(&third, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_pass(&gateway, 20000);
	expect(fake_last(&other, 0), 0, "uav3", PRESENCE_WHAT_SCENARIO, 0, "alpha");
	fake_ask(&third, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_pass(&gateway, 20000);
	expect(fake_last(&other, 0), 0, "uav3", PRESENCE_WHAT_SCENARIO, 0, "beta");
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 0);
	fake_close(&gateway);
}

/* A drone that changes its mind in one gathering is told of once, with where it is in the
 * end; but what somebody may have seen stays. */
static void test_coalesced(void **state)
{
	(void)state;
	open_with(100);
	fake_join(&gateway, &reader, "uav1", NULL);
	fake_join(&gateway, &other, "uav2", NULL);
	fake_pass(&gateway, 20000);
	for (int i = 0; i < 1000; i++) {
		fake_ask(&other, REQUEST_CHOOSE_SCENARIO, i % 2 ? "beta" : "alpha");
	}
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 1);
	expect(fake_last(&reader, 0), 0, "uav2", PRESENCE_WHAT_SCENARIO, 0, "beta");
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_join(&gateway, &third, "uav3", NULL);
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 3);
	expect(fake_last(&reader, 0), 0, "uav2", PRESENCE_WHAT_SCENARIO, 0, "alpha");
	expect(fake_last(&reader, 0), 2, "uav2", PRESENCE_WHAT_SCENARIO, 0, "beta");
	assert_int_equal(fake_last(&third, 0)->count, 1);
	expect(fake_last(&third, 0), 0, "uav2", PRESENCE_WHAT_SCENARIO, 0, "beta");
	fake_close(&gateway);
}

/* A name that changes all the time is told of once, and only when it changes. */
static void test_renamed(void **state)
{
	(void)state;
	open_with(100);
	fake_join(&gateway, &reader, "uav1", NULL);
	fake_join(&gateway, &other, "uav2", "alpha");
	fake_pass(&gateway, 20000);
	for (int i = 0; i < 1000; i++) {
		fake_ask(&other, REQUEST_RENAME, i % 2 ? "Red" : "Blue");
	}
	fake_pass(&gateway, 20000);
	fake_ask(&other, REQUEST_RENAME, "Red"); /* no change: no news */
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 2);
	assert_int_equal(fake_last(&reader, 0)->count, 1);
	expect(fake_last(&reader, 0), 0, "uav2", PRESENCE_WHAT_RENAMED, 0, "alpha");
	assert_string_equal(fake_last(&reader, 0)->items[0].callsign, "Red");
	/* whatever else it does in between */
	for (int i = 0; i < 10; i++) {
		fake_ask(&other, REQUEST_RENAME, "Green");
		fake_ask(&other, REQUEST_CHOOSE_SCENARIO, i % 2 ? "alpha" : "beta");
		fake_ask(&other, REQUEST_RENAME, NULL);
	}
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 2);
	expect(fake_last(&reader, 0), 0, "uav2", PRESENCE_WHAT_RENAMED, 0, "alpha");
	assert_string_equal(fake_last(&reader, 0)->items[0].callsign, "uav2");
	expect(fake_last(&reader, 0), 1, "uav2", PRESENCE_WHAT_SCENARIO, 0, "alpha");
	fake_close(&gateway);
}

/* Behind what it did itself; into its star and out of it, by choice or by its end. */
static void test_hub(void **state)
{
	(void)state;
	open_with(100);
	join_wishing(&reader, "uav1", PRESENCE_WISH_SCENARIO, "star");
	join_wishing(&third, "uav3", PRESENCE_WISH_SCENARIO, "deny"); /* has the same hub's name */
	fake_pass(&gateway, 20000);
	fake_join(&gateway, &other, "hub", "star");
	fake_ask(&other, REQUEST_RENAME, "Ground");
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 3);
	expect(fake_last(&reader, 0), 0, "hub", PRESENCE_WHAT_SCENARIO, 0, "star");
	expect(fake_last(&reader, 0), 1, "hub", PRESENCE_WHAT_HUB_UP, 0, "star");
	assert_string_equal(fake_last(&reader, 0)->items[1].callsign, "hub");
	expect(fake_last(&reader, 0), 2, "hub", PRESENCE_WHAT_RENAMED, 0, "star");
	assert_int_equal(fake_count(&third, EVENT_PRESENCE), 1); /* its own coming */
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "deny");
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 2);
	expect(fake_last(&reader, 0), 0, "hub", PRESENCE_WHAT_SCENARIO, 0, "deny");
	expect(fake_last(&reader, 0), 1, "hub", PRESENCE_WHAT_HUB_DOWN, 0, "star");
	assert_string_equal(fake_last(&reader, 0)->items[1].callsign, "Ground");
	assert_int_equal(fake_last(&third, 0)->count, 2);
	expect(fake_last(&third, 0), 1, "hub", PRESENCE_WHAT_HUB_UP, 0, "deny");
	fake_ask(&other, REQUEST_LEAVE, NULL);
	fake_pass(&gateway, 20000);
	expect(fake_last(&third, 0), 0, "hub", PRESENCE_WHAT_OFFLINE, GOODBYE_LEFT, "deny");
	expect(fake_last(&third, 0), 1, "hub", PRESENCE_WHAT_HUB_DOWN, 0, "deny");
	fake_close(&gateway);
}

/* Out and in again: one record about the scenario's hub, with the last word; what somebody may have
 * seen stays. A hub is one in its own star alone. */
static void test_hub_coalesced(void **state)
{
	(void)state;
	open_with(100);
	fake_join(&gateway, &reader, "uav1", NULL);
	fake_join(&gateway, &other, "hub", "star");
	fake_pass(&gateway, 20000);
	expect(fake_last(&reader, 0), 2, "hub", PRESENCE_WHAT_HUB_UP, 0, "star");
	for (int i = 0; i < 100; i++) {
		fake_ask(&other, REQUEST_CHOOSE_SCENARIO, i % 2 ? "star" : NULL);
	}
	fake_pass(&gateway, 20000);
	/* its first change, then what became of the hub */
	assert_int_equal(fake_last(&reader, 0)->count, 2);
	expect(fake_last(&reader, 0), 1, "hub", PRESENCE_WHAT_HUB_UP, 0, "star");
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_join(&gateway, &third, "uav3", NULL); /* sees what comes from now on */
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "star");
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 5);
	expect(fake_last(&reader, 0), 1, "hub", PRESENCE_WHAT_HUB_DOWN, 0, "star");
	expect(fake_last(&reader, 0), 4, "hub", PRESENCE_WHAT_HUB_UP, 0, "star");
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_pass(&gateway, 20000);
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_pass(&gateway, 20000);
	assert_int_equal(fake_last(&reader, 0)->count, 1);
	fake_close(&gateway);
}

/* Who does not read is told later, and how much it missed. */
static void test_missed(void **state)
{
	(void)state;
	open_with(4);
	fake_join(&gateway, &reader, "uav1", NULL);
	reader.queued = 600; /* over half of the soft bound */
	fake_join(&gateway, &other, "uav2", NULL);
	for (int i = 0; i < 3; i++) {
		fake_ask(&other, REQUEST_CHOOSE_SCENARIO, i % 2 ? "beta" : "alpha");
		fake_pass(&gateway, 20000);
	}
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 0);
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, NULL);
	fake_pass(&gateway, 20000);
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "beta");
	fake_pass(&gateway, 20000);
	fake_drain(&reader);
	assert_int_equal(fake_last(&reader, 0)->missed, 2);
	assert_int_equal(fake_last(&reader, 0)->count, 4);
	expect(fake_last(&reader, 0), 3, "uav2", PRESENCE_WHAT_SCENARIO, 0, "beta");
	assert_int_equal(core_stats(gateway.core)->presence_missed, 2);
	fake_close(&gateway);
}

/* With a journal of one place, a reader that turns out too slow while the page is being
 * written takes that place: the others miss an event, they are not told another. */
static void test_overrun_while_written(void **state)
{
	(void)state;
	open_with(1);
	fake_join(&gateway, &third, "uav3", NULL);
	fake_join(&gateway, &reader, "uav1", NULL);
	fake_join(&gateway, &other, "uav2", NULL);
	fake_pass(&gateway, 20000);
	third.refuse = true;
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_pass(&gateway, 10000);
	assert_null(third.session);
	assert_int_equal(fake_last(&reader, 0)->missed, 1);
	assert_int_equal(fake_last(&reader, 0)->count, 0);
	fake_pass(&gateway, 10000);
	expect(fake_last(&reader, 0), 0, "uav3", PRESENCE_WHAT_OFFLINE, GOODBYE_KICKED, "");
	fake_close(&gateway);
}

/* ------------------------------------------------------- many events, many readers */

enum { LOG_MAX = 6000, SCENARIO_EVERY = 10, ARENA_CAP = 4 * 1024 * 1024 };

/* What happened, and what a reader that keeps one is told: read back from what the front makes of
 * it for this reader. */
struct seen {
	char id[24], scenario[12];
	int what;
};

struct log {
	struct seen entries[LOG_MAX];
	size_t count;
	uint32_t missed, events, frames, lent;
	size_t gap_at; /* so many had been told when some were missed */
};

static struct log happened;

struct keeper {
	struct fake_drone drone;
	struct log log;
	size_t from; /* of what happened, it is told what comes from here on */
};

static struct keeper early, middle, late, own, none, slow;

static void append(struct log *log, struct slice id, int what, struct slice scenario)
{
	struct seen *at = &log->entries[log->count++];

	assert_true(log->count < LOG_MAX);
	(void)snprintf(at->id, sizeof(at->id), "%.*s", SLICE_ARG(id));
	(void)snprintf(at->scenario, sizeof(at->scenario), "%.*s", SLICE_ARG(scenario));
	at->what = what;
}

static void keep_frame(struct log *log, struct slice body, uint32_t *missed)
{
	struct arena arena;
	struct event back;
	const char *why;

	arena_init(&arena, ARENA_CAP);
	assert_int_equal(drone_read_event(body, &arena, &back, &why), CODEC_OK);
	assert_int_equal(back.kind, EVENT_PRESENCE);
	*missed += back.presence.missed;
	for (size_t i = 0; i < back.presence.count; i++) {
		const struct presence_entry *entry = &back.presence.entries[i];

		append(log, entry->drone_id, (int)entry->what, entry->scenario);
	}
	log->frames++;
	arena_fini(&arena);
}

static bool keep(struct fake_drone *drone, const struct event *event, uint32_t max_frame)
{
	struct log *log = &((struct keeper *)(void *)drone)->log;
	uint32_t missed = 0;
	struct slice rest;
	struct lent lent;
	struct buf out;

	if (event->kind != EVENT_PRESENCE) {
		return true;
	}
	if (event->presence.missed) {
		log->gap_at = log->count;
	}
	buf_init(&out);
	if (event->encoded && front_protobuf.lend(event, max_frame, &lent)) {
		log->lent++;
		assert_int_equal(buf_append(&out, lent.head, lent.head_size), 0);
		assert_int_equal(buf_append(&out, lent.tail.data, lent.tail.size), 0);
	} else {
		assert_int_equal(front_protobuf.write(&out, event, max_frame, NULL), 0);
	}
	for (rest = buf_slice(&out); rest.size;) {
		struct slice body;
		const char *why;
		size_t used;

		assert_int_equal(frame_read(rest, max_frame, &body, &used, &why), FRAME_OK);
		keep_frame(log, body, &missed);
		rest = slice_of(rest.data + used, rest.size - used);
	}
	assert_int_equal(missed, event->presence.missed);
	log->missed += missed;
	log->events++;
	buf_fini(&out);
	return true;
}

static void keeper_joins(struct keeper *keeper, const char *id, enum presence_wish wish,
			 const char *scenario, uint32_t max_frame)
{
	struct request_registration registration = fake_registration(id);

	registration.presence = wish;
	registration.max_frame_bytes = max_frame;
	keeper->log = (struct log){0};
	fake_attach(&gateway, &keeper->drone, 1);
	keeper->drone.watch = keep;
	fake_register(&keeper->drone, &registration);
	append(&happened, slice_str(id), PRESENCE_WHAT_ONLINE, slice_str(""));
	keeper->from = happened.count;
	if (scenario) {
		fake_ask(&keeper->drone, REQUEST_CHOOSE_SCENARIO, scenario);
		append(&happened, slice_str(id), PRESENCE_WHAT_SCENARIO, slice_str(scenario));
	}
}

/* One comes, sometimes into a scenario, and goes: 2 events, or 3. */
static void passes_through(unsigned number)
{
	const char *scenario = number % SCENARIO_EVERY	       ? ""
			       : number % (2 * SCENARIO_EVERY) ? "beta"
							       : "alpha";
	char id[24];

	(void)snprintf(id, sizeof(id), "uav%u", number);
	fake_join(&gateway, &other, id, scenario[0] ? scenario : NULL);
	fake_ask(&other, REQUEST_LEAVE, NULL);
	append(&happened, slice_str(id), PRESENCE_WHAT_ONLINE, slice_str(""));
	if (scenario[0]) {
		append(&happened, slice_str(id), PRESENCE_WHAT_SCENARIO, slice_str(scenario));
	}
	append(&happened, slice_str(id), PRESENCE_WHAT_OFFLINE, slice_str(scenario));
}

static void until_happened(size_t count)
{
	static unsigned number;

	while (happened.count < count) {
		passes_through(number++);
	}
}

static void expect_seen(const struct seen *is, const struct seen *expected)
{
	assert_string_equal(is->id, expected->id);
	assert_string_equal(is->scenario, expected->scenario);
	assert_int_equal(is->what, expected->what);
}

/* All from where it came, except that it may have missed some at one place. */
static void expect_all(const struct keeper *keeper)
{
	const struct log *log = &keeper->log;
	size_t at = keeper->from;

	assert_int_equal(log->count + log->missed, happened.count - keeper->from);
	for (size_t i = 0; i < log->count; i++) {
		if (i == log->gap_at) {
			at += log->missed;
		}
		expect_seen(&log->entries[i], &happened.entries[at++]);
	}
}

static void expect_own(const struct keeper *keeper, const char *scenario)
{
	size_t count = 0;

	for (size_t at = keeper->from; at < happened.count; at++) {
		if (strcmp(happened.entries[at].scenario, scenario) == 0) {
			assert_true(count < keeper->log.count);
			expect_seen(&keeper->log.entries[count++], &happened.entries[at]);
		}
	}
	assert_int_equal(keeper->log.count, count);
	assert_true(count > 50);
}

static void open_for_many(uint32_t backlog, uint32_t soft_bytes)
{
	struct limits limits = fake_limits();

	limits.presence_backlog = backlog;
	limits.output_soft_bytes = soft_bytes;
	limits.output_hard_bytes = 1024 * 1024;
	limits.presence_interval_ms = 100;
	happened.count = 0;
	fake_open(&gateway, &limits);
}

/* More than is told at once, in one gathering; who comes in the middle of it (of its first part,
 * of its second one, at its end) is told exactly what came after it. */
static void test_many_in_one_gathering(void **state)
{
	(void)state;
	open_for_many(4096, 1000);
	keeper_joins(&early, "early", PRESENCE_WISH_ALL, NULL, 0);
	keeper_joins(&own, "own", PRESENCE_WISH_SCENARIO, "alpha", 0);
	keeper_joins(&none, "none", PRESENCE_WISH_NONE, "alpha", 0);
	until_happened(700);
	keeper_joins(&middle, "middle", PRESENCE_WISH_ALL, NULL, 0);
	until_happened(1500);
	keeper_joins(&late, "late", PRESENCE_WISH_ALL, "beta", FRAME_LEAST_BYTES);
	until_happened(2500);
	keeper_joins(&slow, "last", PRESENCE_WISH_ALL, NULL, 0);
	assert_int_equal(early.log.events, 0);
	fake_pass(&gateway, 100000);
	expect_all(&early);
	expect_all(&middle);
	expect_all(&late);
	expect_own(&own, "alpha");
	assert_int_equal(none.log.events, 0);
	assert_int_equal(slow.log.events, 0);
	/* as few as there may be, of the same bytes; but for who takes small frames alone */
	assert_int_equal(early.log.events, 3);
	assert_int_equal(early.log.lent, 3);
	assert_int_equal(early.log.frames, 3);
	assert_int_equal(middle.log.events, 3);
	assert_int_equal(late.log.events, 2);
	assert_int_equal(late.log.lent, 0);
	assert_true(late.log.frames > 10);
	/* and so again: nobody is told anything twice */
	until_happened(2600);
	fake_pass(&gateway, 100000);
	expect_all(&early);
	expect_all(&middle);
	expect_all(&late);
	expect_all(&slow);
	expect_own(&own, "alpha");
	fake_pass(&gateway, 100000);
	assert_int_equal(early.log.events, 4);
	fake_close(&gateway);
}

/* One comes, or goes. */
static void step(unsigned number)
{
	char id[24];

	(void)snprintf(id, sizeof(id), "uav%u", number / 2);
	if (number % 2) {
		fake_ask(&other, REQUEST_LEAVE, NULL);
	} else {
		fake_join(&gateway, &other, id, NULL);
	}
	append(&happened, slice_str(id), number % 2 ? PRESENCE_WHAT_OFFLINE : PRESENCE_WHAT_ONLINE,
	       slice_str(""));
}

/* As many as are told at once, one fewer, one more; twice as many, and so on. To who comes exactly
 * between two such pages too. */
static void test_whole_pages(void **state)
{
	enum { PAGE = 1024 };

	(void)state;
	for (size_t count = PAGE - 1; count < 4 * PAGE; count += count % PAGE == 1 ? PAGE - 2 : 1) {
		open_for_many(4096, 1000);
		keeper_joins(&early, "early", PRESENCE_WISH_ALL, NULL, 0);
		for (unsigned i = 0; happened.count < count; i++) {
			if (happened.count == PAGE - 1) {
				keeper_joins(&middle, "middle", PRESENCE_WISH_ALL, NULL, 0);
			}
			if (happened.count < count) {
				step(i);
			}
		}
		fake_pass(&gateway, 100000);
		expect_all(&early);
		assert_int_equal(early.log.events, (count + PAGE - 1) / PAGE);
		if (count > PAGE) {
			expect_all(&middle);
			assert_int_equal(middle.log.events, (count - 1) / PAGE);
		}
		fake_close(&gateway);
	}
}

/* Who does not read is told the rest as it does, from where it was: in the middle of a gathering,
 * and of the ring's. */
static void test_catches_up(void **state)
{
	(void)state;
	open_for_many(3000, 1000);
	for (int round = 0; round < 4; round++) {
		size_t told;

		happened.count = 0;
		keeper_joins(&early, "early", PRESENCE_WISH_ALL, NULL, 0);
		keeper_joins(&slow, "slow", PRESENCE_WISH_ALL, NULL, 0);
		slow.drone.event_bytes = 600; /* one event, and it has no room */
		until_happened(1500);
		keeper_joins(&late, "late", PRESENCE_WISH_ALL, NULL, 0);
		late.drone.queued = 600;
		until_happened(2400);
		fake_pass(&gateway, 100000);
		expect_all(&early);
		assert_int_equal(slow.log.events, slow.drone.queued / 600);
		told = slow.log.count;
		assert_true(told < 1500 && late.log.count == 0);
		until_happened(2600); /* others go on */
		fake_pass(&gateway, 100000);
		expect_all(&early);
		assert_int_equal(slow.log.count, told);
		for (int i = 0; i < 40; i++) {
			fake_drain(&slow.drone);
			fake_drain(&late.drone);
		}
		expect_all(&slow);
		expect_all(&late);
		assert_int_equal(slow.log.missed + late.log.missed, 0);
		fake_detach(&early.drone);
		fake_detach(&slow.drone);
		fake_detach(&late.drone);
		fake_pass(&gateway, 100000);
	}
	fake_close(&gateway);
}

/* One gathering larger than the ring: each is told how many it missed, and the rest. */
static void test_ring_overrun_in_one_gathering(void **state)
{
	(void)state;
	for (uint32_t backlog = 1000; backlog <= 2000; backlog += 500) {
		open_for_many(backlog, 1000);
		keeper_joins(&early, "early", PRESENCE_WISH_ALL, NULL, 0);
		keeper_joins(&own, "own", PRESENCE_WISH_SCENARIO, "alpha", 0);
		until_happened(200);
		keeper_joins(&middle, "middle", PRESENCE_WISH_ALL, NULL, 0);
		until_happened(2500 - backlog / 2);
		keeper_joins(&late, "late", PRESENCE_WISH_ALL, NULL, 0);
		until_happened(2500);
		fake_pass(&gateway, 100000);
		expect_all(&early);
		expect_all(&middle);
		expect_all(&late);
		assert_int_equal(early.log.missed, happened.count - early.from - backlog);
		assert_int_equal(middle.log.missed, happened.count - middle.from - backlog);
		assert_int_equal(own.log.missed, happened.count - own.from + 0 - backlog);
		assert_int_equal(late.log.missed, 0);
		assert_true(late.log.lent > 0);
		until_happened(2600);
		fake_pass(&gateway, 100000);
		expect_all(&early);
		expect_all(&middle);
		expect_all(&late);
		fake_close(&gateway);
	}
}

/* --------------------------------------------------------------- names that are shared */

/* What has happened is told with the callsign of that gathering, however often it has changed
 * since, who else bears it now, and whether its drone is there at all. */
static void test_callsign_of_that_time(void **state)
{
	static const struct {
		const char *callsign, *id;
		int what;
	} told[] = {
		{"Red", "uav2", PRESENCE_WHAT_ONLINE},	  {"Green", "uav2", PRESENCE_WHAT_SCENARIO},
		{"Green", "uav2", PRESENCE_WHAT_RENAMED}, {"Green", "uav2", PRESENCE_WHAT_OFFLINE},
		{"Red", "uav3", PRESENCE_WHAT_ONLINE},	  {"uav3", "uav3", PRESENCE_WHAT_RENAMED},
		{"uav3", "uav3", PRESENCE_WHAT_OFFLINE},
	};
	struct request_registration registration = fake_registration("uav2");

	(void)state;
	open_with(100);
	fake_join(&gateway, &reader, "uav1", NULL);
	reader.queued = 600; /* is told later, when they are all gone */
	registration.callsign = slice_str("Red");
	fake_attach(&gateway, &other, 1);
	fake_register(&other, &registration);
	fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "alpha");
	fake_ask(&other, REQUEST_RENAME, "Blue");
	fake_ask(&other, REQUEST_RENAME, "Green"); /* of one and the same gathering */
	fake_ask(&other, REQUEST_LEAVE, NULL);
	fake_pass(&gateway, 20000);
	registration.drone_id = slice_str("uav3");
	fake_attach(&gateway, &third, 1);
	fake_register(&third, &registration);
	fake_pass(&gateway, 20000);
	fake_ask(&third, REQUEST_RENAME, NULL);
	fake_detach(&third);
	for (int i = 0; i < 5; i++) {
		fake_pass(&gateway, 20000);
	}
	assert_int_equal(fake_count(&reader, EVENT_PRESENCE), 0);
	fake_drain(&reader);
	assert_int_equal(fake_last(&reader, 0)->count, sizeof(told) / sizeof(told[0]));
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		const struct fake_item *item = &fake_last(&reader, 0)->items[i];

		assert_string_equal(item->callsign, told[i].callsign);
		assert_string_equal(item->id, told[i].id);
		assert_int_equal(item->what, told[i].what);
	}
	fake_close(&gateway);
}

/* The ring is written over many times by those that have callsigns and those that have none, and
 * the core ends with it full, not full, and with sessions left: nothing leaks. */
static void test_callsigns_are_let_go(void **state)
{
	(void)state;
	for (unsigned count = 0; count < 40; count += 3) {
		open_with(16);
		fake_join(&gateway, &reader, "uav1", NULL);
		for (unsigned i = 0; i < count; i++) {
			struct request_registration registration = fake_registration("uav2");
			char callsign[16];

			(void)snprintf(callsign, sizeof(callsign), "Call %u", i);
			registration.callsign = i % 3 ? slice_str(callsign) : slice_of(NULL, 0);
			fake_attach(&gateway, &other, 1);
			fake_register(&other, &registration);
			fake_ask(&other, REQUEST_CHOOSE_SCENARIO, "star");
			fake_ask(&other, REQUEST_RENAME, i % 2 ? "Another" : NULL);
			fake_pass(&gateway, i % 4 ? 20000 : 1);
			if (i + 1 < count) {
				fake_ask(&other, REQUEST_LEAVE, NULL);
			}
		}
		fake_close(&gateway);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gathered),
		cmocka_unit_test(test_wishes),
		cmocka_unit_test(test_coalesced),
		cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_hub),
		cmocka_unit_test(test_hub_coalesced),
		cmocka_unit_test(test_missed),
		cmocka_unit_test(test_overrun_while_written),
		cmocka_unit_test(test_many_in_one_gathering),
		cmocka_unit_test(test_whole_pages),
		cmocka_unit_test(test_catches_up),
		cmocka_unit_test(test_ring_overrun_in_one_gathering),
		cmocka_unit_test(test_callsign_of_that_time),
		cmocka_unit_test(test_callsigns_are_let_go),
	};

	return cmocka_run_group_tests_name("presence", tests, NULL, NULL);
}
