#include "base/list.h"
#include "cli/connection.h"
#include "cli/dialogue.h"
#include "cli/swarm_parts.h"

#include <math.h>

/* Of the timetable at once, so that the sockets get their turn. */
enum { DUE_MAX = 256 };

/* When a slot is due, in flight time: the drones take turns. */
static double slot_s(const struct swarm *swarm, const struct swarm_due *due, double rate_hz)
{
	return ((double)due->slot + (double)due->drone / (double)swarm->flight.count) / rate_hz;
}

static double flown_s(const struct swarm *swarm, uint64_t now_us)
{
	return (double)(now_us - swarm->start_us) / 1e6 * swarm->options->swarm.speed_up;
}

static bool flies_on(const struct swarm *swarm, const struct swarm_due *due)
{
	return swarm->fleet.drones[due->drone].state == SWARM_DRONE_MEMBER;
}

/* Room was reserved. */
static void plan(struct swarm *swarm, struct swarm_due *due, double rate_hz)
{
	double wait_s = slot_s(swarm, due, rate_hz) / swarm->options->swarm.speed_up;

	(void)!heap_set(&swarm->timetable, &due->entry,
			swarm->start_us + (uint64_t)llround(wait_s * 1e6));
}

static void do_message(struct swarm *swarm, struct swarm_due *due, uint64_t now_us)
{
	double rate_hz = swarm->options->swarm.rate_hz;

	swarm_send(swarm, due->drone, due->slot, slot_s(swarm, due, rate_hz),
		   now_us - swarm->start_us, 0);
	if (++due->slot < swarm->messages && flies_on(swarm, due)) {
		plan(swarm, due, rate_hz);
		return;
	}
	heap_remove(&swarm->timetable, &due->entry);
	swarm->sending--;
}

static void do_position(struct swarm *swarm, struct swarm_due *due, uint64_t now_us)
{
	swarm_tell_state(swarm, due->drone, flown_s(swarm, now_us), false);
	due->slot++;
	if (flies_on(swarm, due)) {
		plan(swarm, due, swarm->options->swarm.state_rate_hz);
	} else {
		heap_remove(&swarm->timetable, &due->entry);
	}
}

static void do_due(struct swarm *swarm)
{
	for (int i = 0; i < DUE_MAX; i++) {
		struct heap_entry *entry = heap_first(&swarm->timetable);
		uint64_t now_us = connection_clock();
		struct swarm_due *due;

		if (!entry || entry->due_us > now_us) {
			return;
		}
		due = LIST_ENTRY(entry, struct swarm_due, entry);
		if (due == &swarm->fleet.drones[due->drone].message) {
			do_message(swarm, due, now_us);
		} else {
			do_position(swarm, due, now_us);
		}
	}
}

/* The states at slot 0 were told before. */
static int plan_all(struct swarm *swarm)
{
	if (heap_reserve(&swarm->timetable, 2 * (uint32_t)swarm->fleet.count) < 0) {
		return -1;
	}
	for (size_t i = 0; i < swarm->fleet.count; i++) {
		struct swarm_drone *drone = &swarm->fleet.drones[i];

		drone->message.drone = drone->position.drone = (uint32_t)i;
		plan(swarm, &drone->message, swarm->options->swarm.rate_hz);
		if (swarm->options->swarm.state_rate_hz > 0) {
			drone->position.slot = 1;
			plan(swarm, &drone->position, swarm->options->swarm.state_rate_hz);
		}
	}
	swarm->sending = swarm->fleet.count;
	return 0;
}

enum cli_exit swarm_fly_timed(struct swarm *swarm)
{
	enum cli_exit status = CLI_DONE;
	uint64_t now_us;

	heap_init(&swarm->timetable);
	swarm->start_us = connection_clock();
	if (plan_all(swarm) < 0) {
		status = dialogue_trouble("out of memory");
	}
	while (status == CLI_DONE && swarm->sending && swarm_goes_on(swarm)) {
		uint64_t due_us = heap_first(&swarm->timetable)->due_us;

		status = fleet_turn(&swarm->fleet, due_us < swarm->progress.due_us
							   ? due_us
							   : swarm->progress.due_us);
		do_due(swarm);
		now_us = connection_clock();
		progress_show(&swarm->progress, now_us, flown_s(swarm, now_us), &swarm->tally);
	}
	now_us = connection_clock();
	swarm->flown_s = flown_s(swarm, now_us);
	swarm->real_s = (double)(now_us - swarm->start_us) / 1e6;
	heap_fini(&swarm->timetable);
	return status;
}
