#include "fault_clock.h"

#include <unistd.h>

/* How long a reader of the log may keep us from dying. */
enum { LOG_PATIENCE_MS = 1000 };

uint64_t fault_clock_us(void)
{
	return uv_hrtime() / 1000;
}

/* As a crash: what is held or unsent is lost, nothing is put in order. */
static void die(struct fault_clock *clock, int code)
{
	log_close(clock->log, LOG_PATIENCE_MS);
	_exit(code);
}

static void begin(struct fault_clock *clock, const struct fault *fault)
{
	LOG(clock->log, LOG_LEVEL_INFO, "fault_began", log_num("line", fault->line),
	    log_str("fault", fault->text));
	switch (fault->deed) {
	case FAULT_STALL:
		clock->stalls++;
		peers_stall(clock->peers);
		break;
	case FAULT_CLOSE:
		clock->closes += fault->for_us > 0;
		clock->peers->closed = clock->closes > 0;
		peers_close(clock->peers, "a fault closes it");
		break;
	case FAULT_DIE:
		die(clock, (int)fault->count);
		break;
	default:
		break;
	}
}

static void end(struct fault_clock *clock, const struct fault *fault)
{
	if (fault_can_be_met(fault)) {
		LOG(clock->log, LOG_LEVEL_INFO, "fault_ended", log_num("line", fault->line),
		    log_str("fault", fault->text), log_num("packets", (int64_t)fault->packets));
	} else {
		LOG(clock->log, LOG_LEVEL_INFO, "fault_ended", log_num("line", fault->line),
		    log_str("fault", fault->text));
	}
	if (fault->deed == FAULT_STALL && --clock->stalls == 0) {
		peers_resume(clock->peers);
	} else if (fault->deed == FAULT_CLOSE) {
		clock->peers->closed = --clock->closes > 0;
	}
}

/* It only ends the waiting of the loop; all is done in the turn. */
static void on_timer(uv_timer_t *timer)
{
	(void)timer;
}

/* Has the loop turn when something is due next. */
static void arm(struct fault_clock *clock, uint64_t now_us)
{
	uint64_t due_us = agenda_due_us(&clock->agenda);
	uint64_t held_us = clock->stalls ? FAULT_FOREVER : peers_due_us(clock->peers);

	due_us = held_us < due_us ? held_us : due_us;
	if (due_us == FAULT_FOREVER) {
		uv_timer_stop(&clock->timer);
		return;
	}
	uv_timer_start(&clock->timer, on_timer, due_us > now_us ? (due_us - now_us) / 1000 + 1 : 0,
		       0);
}

/* At the end of each turn of the loop, before answers are sent. */
static void on_turn(void *ctx)
{
	struct fault_clock *clock = ctx;
	const struct fault *fault;
	uint64_t now_us;
	bool ends;

	if (!clock->timeline->begun) {
		return;
	}
	if (!clock->told) {
		clock->told = true;
		LOG(clock->log, LOG_LEVEL_INFO, "timeline_began",
		    log_num("faults", (int64_t)clock->timeline->faults->count),
		    log_num("sent_at_us", (int64_t)clock->timeline->zero_us));
	}
	now_us = timeline_now_us(clock->timeline);
	while ((fault = agenda_take(&clock->agenda, now_us, &ends))) {
		(ends ? end : begin)(clock, fault);
	}
	if (!clock->stalls) {
		peers_release(clock->peers, now_us);
	}
	arm(clock, now_us);
}

int fault_clock_start(struct fault_clock *clock)
{
	if (agenda_init(&clock->agenda, clock->timeline->faults) < 0) {
		return -1;
	}
	uv_timer_init(clock->peers->loop, &clock->timer);
	clock->peers->on_turn = on_turn;
	clock->peers->on_turn_ctx = clock;
	return 0;
}

static void tell_unmet(const struct fault_clock *clock)
{
	const struct fault *fault;
	size_t next = 0;

	while ((fault = timeline_unmet(clock->timeline, &next))) {
		LOG(clock->log, LOG_LEVEL_WARNING, "fault_met_nothing",
		    log_num("line", fault->line), log_str("fault", fault->text));
	}
}

void fault_clock_stop(struct fault_clock *clock)
{
	tell_unmet(clock);
	clock->peers->on_turn = NULL;
	uv_close((uv_handle_t *)&clock->timer, NULL);
	agenda_fini(&clock->agenda);
}
