#include "net/busy_poll.h"

static const uint64_t depth_ns = (uint64_t)BUSY_POLL_MOST_US * 1000 * BUSY_POLL_PART;

uint64_t busy_poll_wake_us(const struct busy_poll *busy, uint64_t due_us, uint64_t now_us)
{
	if (due_us == UINT64_MAX || due_us < BUSY_POLL_US ||
	    !bucket_has(&busy->spent, now_us, depth_ns, 0)) {
		return due_us;
	}
	return due_us - BUSY_POLL_US;
}

void busy_poll_begin(struct busy_poll *busy, uint64_t now_us)
{
	busy->since_us = now_us;
}

void busy_poll_end(struct busy_poll *busy, uint64_t now_us)
{
	if (busy->since_us) {
		uint64_t us = now_us - busy->since_us;

		if (us > BUSY_POLL_CHARGED_US) {
			us = BUSY_POLL_CHARGED_US;
		}
		bucket_take(&busy->spent, now_us, us * 1000 * BUSY_POLL_PART);
		busy->since_us = 0;
	}
}
