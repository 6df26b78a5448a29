#include "net/backlog.h"

static bool awaits(const struct backlog *backlog)
{
	return backlog->full > backlog->given_up;
}

static void count(struct backlog *backlog, struct outbox *outbox, size_t queued)
{
	uint32_t now = queued < UINT32_MAX ? (uint32_t)queued : UINT32_MAX;

	backlog->bytes = backlog->bytes - outbox->counted + now;
	outbox->counted = now;
}

static void made_way(struct backlog *backlog, struct outbox *outbox)
{
	if (outbox->full) {
		outbox->full = false;
		backlog->full--;
		if (backlog->given_up > backlog->full) {
			backlog->given_up = backlog->full;
		}
	}
}

static bool may_rest(const struct backlog *backlog, uint64_t now_us)
{
	return bucket_has(&backlog->rested, now_us,
			  BACKLOG_REST_MOST_US * 1000ull * BACKLOG_REST_PART, 0);
}

void backlog_gathered(struct backlog *backlog, struct outbox *outbox, const struct limits *limits,
		      uint64_t now_us)
{
	if (outbox->full || outbox_queued(outbox) <= limits->output_hard_bytes / 2) {
		return;
	}
	outbox->full = true;
	if (!awaits(backlog) && may_rest(backlog, now_us)) {
		backlog->rest_end_us = now_us + BACKLOG_REST_US;
		backlog->rest_us = backlog->rest_us ? backlog->rest_us : now_us;
	} else if (!awaits(backlog)) {
		backlog->given_up++;
	}
	backlog->full++;
}

void backlog_flushed(struct backlog *backlog, struct outbox *outbox, const struct limits *limits)
{
	size_t queued = outbox_queued(outbox);

	count(backlog, outbox, queued);
	if (queued <= limits->output_hard_bytes / 4) {
		made_way(backlog, outbox);
	}
}

void backlog_ended(struct backlog *backlog, struct outbox *outbox)
{
	count(backlog, outbox, 0);
	made_way(backlog, outbox);
}

static void end_rest(struct backlog *backlog, uint64_t now_us)
{
	bucket_take(&backlog->rested, now_us,
		    (now_us - backlog->rest_us) * 1000 * BACKLOG_REST_PART);
	backlog->rest_us = 0;
}

bool backlog_rests(struct backlog *backlog, uint64_t now_us)
{
	if (awaits(backlog) && now_us >= backlog->rest_end_us) {
		backlog->given_up = backlog->full;
	}
	if (backlog->rest_us && !awaits(backlog)) {
		end_rest(backlog, now_us);
	}
	return awaits(backlog);
}

uint64_t backlog_rest_end_us(const struct backlog *backlog)
{
	return awaits(backlog) ? backlog->rest_end_us : UINT64_MAX;
}
