#include "core/deadline.h"

#include "core/admission.h"
#include "core/rate.h"
#include "core/state.h"

uint64_t deadline_of_frame(const struct core *core, const struct session *session)
{
	return session->frame_since_us + core->limits.frame_timeout_ms * 1000ull;
}

void deadline_by(struct core *core, struct session *session, uint64_t due_us)
{
	if (session->state != SESSION_ENDED && due_us < session->deadline.due_us) {
		/* cannot fail: it is in the heap */
		(void)!heap_set(&core->deadlines, &session->deadline, due_us);
	}
}

static bool over(const struct core *core, uint64_t since_us, uint32_t allowed_ms)
{
	return core->now.mono_us >= since_us + allowed_ms * 1000ull;
}

/* Since when it has neither spoken nor been pinged. */
static uint64_t quiet_since(const struct session *session)
{
	return session->heard_us > session->pinged_us ? session->heard_us : session->pinged_us;
}

/* When something may next be due for an active session. */
static uint64_t active_due(const struct core *core, const struct session *session)
{
	const struct limits *limits = &core->limits;
	struct patience patience = session_patience(core, session);
	uint64_t now = core->now.mono_us;
	uint64_t due =
		(session->hold ? now : session->heard_us) + patience.idle_timeout_ms * 1000ull;

	if (patience.ping_interval_ms) {
		uint64_t quiet = quiet_since(session);

		due = earliest(due, quiet + patience.ping_interval_ms * 1000ull);
	}
	if (session->partial && !session->hold) {
		due = earliest(due, deadline_of_frame(core, session));
	}
	if (session->slow_since_us) {
		due = earliest(due, session->slow_since_us + limits->output_soft_ms * 1000ull);
	}
	if (session->hold & HOLD_RATE) {
		due = earliest(due, rate_until(session));
	}
	return due > now ? due : now + 1000;
}

/* When a newcomer is sent away. */
static uint64_t new_due(const struct core *core, const struct session *session)
{
	uint64_t due = session->connected_us + core->limits.register_timeout_ms * 1000ull;

	return session->partial && !session->hold ? earliest(due, deadline_of_frame(core, session))
						  : due;
}

/* A holder that the gateway itself does not read may stay silent for long: nobody waits
 * for it longer than for a registration. */
static uint64_t asking_limit(const struct core *core, const struct session *session)
{
	uint32_t longest = core->limits.register_timeout_ms > core->limits.takeover_ms
				   ? core->limits.register_timeout_ms
				   : core->limits.takeover_ms;

	return session->since_us + longest * 1000ull;
}

/* When one who asks for an id gets it. The holder's silence counts while it is read. */
static uint64_t asking_due(const struct core *core, const struct session *session)
{
	const struct session *holder = session->rival;
	uint64_t heard = holder->hold ? core->now.mono_us : holder->heard_us;
	uint64_t since = heard > session->since_us ? heard : session->since_us;
	uint64_t due;

	due = since + core->limits.takeover_ms * 1000ull;
	return holder->hold ? earliest(due, asking_limit(core, session)) : due;
}

uint64_t deadline_of(const struct core *core, const struct session *session)
{
	switch (session->state) {
	case SESSION_NEW:
	case SESSION_PROVING:
		return new_due(core, session);
	case SESSION_DENIED:
		return session->since_us + core->limits.auth_delay_ms * 1000ull;
	case SESSION_ASKING:
		return asking_due(core, session);
	case SESSION_ACTIVE:
		return active_due(core, session);
	case SESSION_ENDED:
		break;
	}
	return UINT64_MAX;
}

static void active_check(struct core *core, struct session *session)
{
	const struct limits *limits = &core->limits;
	struct patience patience = session_patience(core, session);
	bool quiet;

	if ((session->hold & HOLD_RATE) && core->now.mono_us >= rate_until(session)) {
		session_release(core, session, HOLD_RATE);
	}
	quiet = patience.ping_interval_ms &&
		over(core, quiet_since(session), patience.ping_interval_ms);
	session_caught_up(core, session);
	if (session->slow_since_us && over(core, session->slow_since_us, limits->output_soft_ms)) {
		session_end(core, session, GOODBYE_TOO_SLOW, 0, "output is not being read");
	} else if (!session->hold && session->partial &&
		   over(core, session->frame_since_us, limits->frame_timeout_ms)) {
		session_end(core, session, GOODBYE_PROTOCOL_ERROR, 0, "a frame took too long");
	} else if (!session->hold && over(core, session->heard_us, patience.idle_timeout_ms)) {
		session_end(core, session, GOODBYE_IDLE_TIMEOUT, 0, "nothing was heard");
	} else if (quiet) {
		/* One that is held cannot answer, but TCP finds out whether it is there. */
		session_ping(core, session);
	}
}

void deadline_come(struct core *core, struct session *session)
{
	/* It may have been set for a reason that has passed. */
	bool due = deadline_of(core, session) <= core->now.mono_us;

	if (session->state == SESSION_ACTIVE) {
		active_check(core, session);
	} else if ((session->state == SESSION_NEW || session->state == SESSION_PROVING) && due) {
		session_end(core, session, GOODBYE_PROTOCOL_ERROR, 0,
			    over(core, session->connected_us, core->limits.register_timeout_ms)
				    ? "no registration within the time allowed"
				    : "a frame took too long");
	} else if (session->state == SESSION_DENIED && due) {
		admission_tell_denied(core, session);
	} else if (session->state == SESSION_ASKING && due && session->rival->hold) {
		admission_refuse_rival(core, session->rival, "this id is in use");
	} else if (session->state == SESSION_ASKING && due) {
		/* The holder has been silent: its end activates this one. */
		session_end(core, session->rival, GOODBYE_TAKEN_OVER, 0,
			    "another connection registered this id");
	}
	if (session->state != SESSION_ENDED) {
		(void)!heap_set(&core->deadlines, &session->deadline, deadline_of(core, session));
	}
}
