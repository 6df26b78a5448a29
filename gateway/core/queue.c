#include "core/queue.h"

#include "core/relay.h"
#include "core/state.h"

bool queue_has_room(const struct core *core)
{
	return core->stats.queued < core->limits.max_queued;
}

static void enqueue(struct scenario *scenario, struct message *message)
{
	if (list_empty(&scenario->queue)) {
		list_push_back(&scenario->lane->queues, &scenario->queues);
	}
	list_push_back(&scenario->queue, &message->queued);
}

static void dequeue(struct scenario *scenario, struct message *message)
{
	list_remove(&message->queued);
	if (list_empty(&scenario->queue)) {
		list_remove(&scenario->queues);
	}
}

void queue_push(struct core *core, struct message *message)
{
	message->stage = MESSAGE_QUEUED;
	enqueue(message->scenario, message);
	expiry_add(&core->queue_expiry, message, core->now.mono_us, core->limits.queue_ms);
	core->stats.queued++;
	relay_enter_window(core, message);
}

static void take_out(struct core *core, struct message *message)
{
	message->stage = MESSAGE_OUTSIDE;
	dequeue(message->scenario, message);
	list_remove(&message->deadline);
	core->stats.queued--;
}

static struct message *first_of(const struct scenario *scenario)
{
	struct list *link = list_first(&scenario->queue);

	return link ? LIST_ENTRY(link, struct message, queued) : NULL;
}

/* The next in any queue of this lane that may go. */
static struct message *next_ready(const struct lane *lane)
{
	struct message *first = NULL;

	for (const struct list *link = lane->queues.next; link != &lane->queues;
	     link = link->next) {
		const struct scenario *scenario = LIST_ENTRY(link, struct scenario, queues);
		struct message *message =
			scenario->status == SCENARIO_ACCEPTED ? first_of(scenario) : NULL;

		if (message && (!first || (int32_t)(message->order - first->order) < 0)) {
			first = message;
		}
	}
	return first;
}

void queue_pump(struct core *core, struct lane *lane)
{
	struct message *message;

	while (lane->up && !list_empty(&lane->queues) && !lane_full(lane) &&
	       (message = next_ready(lane))) {
		take_out(core, message);
		relay_go_on(core, message);
	}
}

void queue_move(struct scenario *from, struct scenario *to)
{
	struct message *message;

	while ((message = first_of(from))) {
		dequeue(from, message);
		enqueue(to, message);
		message->scenario = to;
	}
}

static void decide(struct core *core, struct message *message, enum outcome outcome)
{
	take_out(core, message);
	relay_give_up(core, message, outcome);
}

void queue_decide(struct core *core, struct scenario *scenario, enum outcome outcome)
{
	struct message *message;

	while ((message = first_of(scenario))) {
		decide(core, message, outcome);
	}
}

void queue_link_down(struct core *core, struct scenario *scenario)
{
	struct message *message;

	if (scenario->config.on_simulator_down == DOWN_FAIL) {
		queue_decide(core, scenario, OUTCOME_SIMULATOR_DOWN);
	}
	while (scenario->config.on_simulator_down == DOWN_BYPASS &&
	       (message = first_of(scenario))) {
		take_out(core, message);
		relay_go_on(core, message);
	}
}

void queue_expire(struct core *core)
{
	struct message *message;

	while ((message = expiry_first(&core->queue_expiry)) &&
	       message->deadline_us <= core->now.mono_us) {
		decide(core, message, OUTCOME_SIMULATOR_DOWN);
	}
}
