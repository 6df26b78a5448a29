#include "core/rate.h"

#include "base/bucket.h"
#include "core/deadline.h"
#include "core/state.h"

#include <stdlib.h>

enum {
	PAUSE_US = 10000,	  /* held at least that long: not woken for each request */
	REFUSALS_A_SECOND = 1000, /* borne where rate_messages is none; else ten times that */
	RETRY_MS = 1000,
};

struct allowance {
	struct bucket messages, bytes;
	uint64_t until_us;	   /* while it is held */
	uint64_t refused_since_us; /* the second in which it is counted */
	uint32_t refused;
};

static uint64_t message_cost(const struct core *core)
{
	return bucket_cost_ns(core->limits.rate_messages);
}

static uint64_t bytes_cost(const struct core *core, uint32_t size)
{
	return core->limits.rate_bytes ? size * BUCKET_SECOND_NS / core->limits.rate_bytes : 0;
}

/* A frame may be larger than a second's worth: what it takes too much is paid before the
 * next. */
static bool is_beyond(const struct core *core, const struct allowance *allowance)
{
	return !bucket_has(&allowance->messages, core->now.mono_us, BUCKET_SECOND_NS,
			   message_cost(core)) ||
	       !bucket_has(&allowance->bytes, core->now.mono_us, BUCKET_SECOND_NS, 0);
}

static uint64_t ready_us(const struct core *core, const struct allowance *allowance)
{
	uint64_t messages =
		bucket_ready_us(&allowance->messages, BUCKET_SECOND_NS, message_cost(core));
	uint64_t bytes = bucket_ready_us(&allowance->bytes, BUCKET_SECOND_NS, 0);
	uint64_t ready = messages > bytes ? messages : bytes;
	uint64_t soonest = core->now.mono_us + PAUSE_US;

	return ready > soonest ? ready : soonest;
}

static enum rate_verdict hold(struct core *core, struct session *session)
{
	session_hold(session, HOLD_RATE);
	session->allowance->until_us = ready_us(core, session->allowance);
	deadline_by(core, session, session->allowance->until_us);
	return RATE_HOLD;
}

static uint32_t most_refusals(const struct core *core)
{
	uint64_t ten_times = core->limits.rate_messages * 10ull;

	return ten_times == 0		? REFUSALS_A_SECOND
	       : ten_times < UINT32_MAX ? (uint32_t)ten_times
					: UINT32_MAX;
}

static enum rate_verdict refuse(struct core *core, struct session *session, uint32_t ref)
{
	struct allowance *allowance = session->allowance;

	if (core->now.mono_us - allowance->refused_since_us >= 1000000) {
		allowance->refused_since_us = core->now.mono_us;
		allowance->refused = 0;
	}
	if (++allowance->refused > most_refusals(core)) {
		session_end_for(core, session, GOODBYE_RATE_LIMITED, 0,
				"far more than it may send, and it did not stop", RETRY_MS);
		return RATE_END;
	}
	session_error(core, session, ref, ERROR_RATE_LIMITED,
		      "more than this gateway takes from one drone in a second; not taken");
	return session->state == SESSION_ENDED ? RATE_END : RATE_REFUSE;
}

enum rate_verdict rate_check(struct core *core, struct session *session,
			     const struct request *request)
{
	if (!session->allowance || !is_beyond(core, session->allowance)) {
		return RATE_PASS;
	}
	/* An aside has no answer but its own, however long it takes; nothing has none. */
	if (!core->limits.rate_refuse || request->kind == REQUEST_ASIDE ||
	    request->kind == REQUEST_NOTHING) {
		return hold(core, session);
	}
	/* An answer that was asked for, and the end, are never too much. */
	if (request->kind == REQUEST_PONG || request->kind == REQUEST_LEAVE) {
		return RATE_PASS;
	}
	return refuse(core, session, request->ref);
}

void rate_charge(const struct core *core, struct session *session, const struct request *request)
{
	struct allowance *allowance = session->allowance;

	if (!core->limits.rate_messages && !core->limits.rate_bytes) {
		return;
	}
	if (!allowance) {
		allowance = calloc(1, sizeof(*allowance));
		session->allowance = allowance;
	}
	if (allowance) {
		bucket_take(&allowance->messages, core->now.mono_us, message_cost(core));
		bucket_take(&allowance->bytes, core->now.mono_us, bytes_cost(core, request->size));
	}
}

uint64_t rate_until(const struct session *session)
{
	return session->allowance->until_us;
}

void rate_forget(struct core *core, struct session *session)
{
	free(session->allowance);
	session->allowance = NULL;
	session_release(core, session, HOLD_RATE);
}
