#include "cli/fleet_events.h"

#include "cli/dialogue.h"

#include <stdarg.h>

enum { TOLD_MAX = 5 }; /* the table counts the rest */

void fleet_cannot_fly(struct fleet *fleet, enum cli_exit status, const char *format, ...)
{
	char why[1024];
	va_list args;

	if (fleet->status == CLI_DONE && !fleet->ending) {
		va_start(args, format);
		(void)vsnprintf(why, sizeof(why), format, args);
		va_end(args);
		(void)dialogue_trouble("%s", why);
		fleet->status = status;
	}
}

/* Whether there is still something to say: a thousand drones say the same. */
static bool may_tell(struct fleet *fleet)
{
	return !fleet->ending && fleet->told++ < TOLD_MAX;
}

/* --------------------------------------------------------------------- who is lost */

static void give_up(struct fleet *fleet, struct swarm_drone *drone)
{
	fleet->tally->unanswered += drone->pending_count;
	fleet->pending -= drone->pending_count;
	drone->pending_count = 0;
	fleet->answers -= drone->answer_ref != 0;
	drone->answer_ref = 0;
	fleet->heard++;
}

void fleet_lost(struct fleet *fleet, size_t number, const char *why)
{
	struct swarm_drone *drone = &fleet->drones[number];
	const char *id = fleet->flight->ids[number];
	bool member = drone->state == SWARM_DRONE_MEMBER || drone->state == SWARM_DRONE_LEAVING;

	if (drone->state == SWARM_DRONE_GONE) {
		return;
	}
	if (!fleet->flying) {
		fleet_cannot_fly(fleet, CLI_UNCONNECTED,
				 stream_ready(&drone->stream) ? "%s: connection to %s lost: %s"
							      : "%s: cannot connect to %s: %s",
				 id, fleet->options->gateway, why);
	} else if (!fleet->ending) {
		fleet->tally->disconnected++;
		if (may_tell(fleet)) {
			(void)dialogue_trouble("%s: connection lost: %s", id, why);
		}
	}
	give_up(fleet, drone);
	stream_close(&drone->stream);
	drone->state = SWARM_DRONE_GONE;
	fleet->members -= member;
	fleet->gone += member;
}

/* ------------------------------------------------------------------------- boarding */

static void take_scenario(struct fleet *fleet, size_t number, const struct scenario_entry *entry)
{
	struct swarm_drone *drone = &fleet->drones[number];

	if (entry) {
		fleet->topology = entry->topology;
		(void)snprintf(fleet->hub, sizeof(fleet->hub), "%.*s", SLICE_ARG(entry->hub));
	}
	if (drone->state == SWARM_DRONE_REGISTERING && entry) {
		drone->state = SWARM_DRONE_MEMBER;
		fleet->opening--;
		fleet->members++;
	} else if (!entry && drone->state == SWARM_DRONE_MEMBER && may_tell(fleet)) {
		(void)dialogue_trouble("%s: the scenario was removed", fleet->flight->ids[number]);
	}
}

/* -------------------------------------------------------------------------- answers */

static void take_answer(struct fleet *fleet, struct swarm_drone *drone, uint32_t ref)
{
	fleet->heard++;
	if (ref && ref == drone->answer_ref) {
		drone->answer_ref = 0;
		fleet->answers--;
	}
}

/* The message has all the answer that it gets. */
static void end_message(struct fleet *fleet, struct swarm_drone *drone,
			struct swarm_pending *pending)
{
	swarm_drone_forget(drone, pending);
	fleet->pending--;
}

static void take_report(struct fleet *fleet, size_t number, uint32_t ref,
			const struct event_send_report *report)
{
	struct swarm_drone *drone = &fleet->drones[number];
	struct swarm_pending *pending = swarm_drone_find(drone, ref);

	fleet->heard++;
	if (!pending) {
		return;
	}
	for (size_t i = 0; i < report->count; i++) {
		struct fate fate = {.time_us = pending->time_us,
				    .round = pending->round,
				    .number = pending->number,
				    .sender = (uint32_t)number,
				    .size = (uint32_t)fleet->options->swarm.size_bytes};

		fate_read(&fate, &report->outcomes[i]);
		fleet->take_fate(fleet->ctx, &fate);
	}
	pending->targets += (uint32_t)report->count;
	if (!report->more) {
		fleet->tally->odd +=
			fleet->options->swarm.to != SWARM_TO_EVERYONE && pending->targets != 1;
		end_message(fleet, drone, pending);
	}
}

static void take_error(struct fleet *fleet, size_t number, const struct event *event)
{
	struct swarm_drone *drone = &fleet->drones[number];
	struct swarm_pending *pending = swarm_drone_find(drone, event->ref);

	if (!fleet->flying) {
		if (fleet->status == CLI_DONE) {
			fleet->status = dialogue_refused(fleet->flight->ids[number], &event->error);
		}
		return;
	}
	fleet->tally->errors[event->error.code]++;
	if (may_tell(fleet)) {
		(void)dialogue_refused(fleet->flight->ids[number], &event->error);
	}
	if (pending) {
		fleet->tally->refused++;
		end_message(fleet, drone, pending);
	}
	take_answer(fleet, drone, event->ref);
}

static void take_goodbye(struct fleet *fleet, size_t number, const struct event_goodbye *goodbye)
{
	char why[256];

	(void)snprintf(why, sizeof(why), "told goodbye: %s", goodbye_name(goodbye->reason));
	if (!fleet->flying && fleet->status == CLI_DONE && !fleet->ending) {
		fleet_cannot_fly(fleet, CLI_REFUSED, "%s: %s", fleet->flight->ids[number], why);
	}
	fleet_lost(fleet, number, why);
}

/* The answer goes out with what else waits when all that came has been read. */
static void prove(struct fleet *fleet, struct swarm_drone *drone, struct slice nonce)
{
	char why[CREDENTIALS_WHY_BYTES];

	if (credentials_prove(&fleet->credentials, &drone->stream.client, nonce, NULL, why) < 0) {
		fleet_cannot_fly(fleet, CLI_REFUSED, "%s", why);
	}
}

void fleet_take_event(struct fleet *fleet, size_t number, const struct event *event)
{
	struct swarm_drone *drone = &fleet->drones[number];

	switch (event->kind) {
	case EVENT_WELCOME:
		fleet->max_payload_bytes = event->welcome.max_payload_bytes;
		fleet->heard++;
		break;
	case EVENT_CHALLENGE:
		fleet->heard++;
		prove(fleet, drone, event->nonce);
		break;
	case EVENT_SCENARIO_CHOSEN:
		fleet->heard++;
		take_scenario(fleet, number, event->chosen);
		break;
	case EVENT_DELIVERY:
		tally_received(fleet->tally, number);
		break;
	case EVENT_SEND_REPORT:
		take_report(fleet, number, event->ref, &event->report);
		break;
	case EVENT_DONE:
	case EVENT_PONG:
		take_answer(fleet, drone, event->ref);
		break;
	case EVENT_ERROR:
		take_error(fleet, number, event);
		break;
	case EVENT_GOODBYE:
		take_goodbye(fleet, number, &event->goodbye);
		break;
	default:
		break;
	}
}
