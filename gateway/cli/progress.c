#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { TERMINAL_US = 250000, LINES_US = 5000000 };

static uint64_t interval(const struct progress *progress)
{
	return progress->terminal ? TERMINAL_US : LINES_US;
}

void progress_begin(struct progress *progress, double whole_s, uint64_t now_us)
{
	*progress = (struct progress){
		.terminal = isatty(STDERR_FILENO) == 1, .whole_s = whole_s, .shown_us = now_us};
	progress->due_us = now_us + interval(progress);
}

void progress_show(struct progress *progress, uint64_t now_us, double flown_s,
		   const struct tally *tally)
{
	const uint64_t *outcomes = tally->total.outcomes;
	double seconds = (double)(now_us - progress->shown_us) / 1e6;

	if (now_us < progress->due_us) {
		return;
	}
	(void)fprintf(stderr,
		      "%s%.1f of %.1f s: sent %" PRIu64 ", delivered %" PRIu64 ", lost %" PRIu64
		      ", %.0f messages/s%s",
		      progress->terminal ? "\r" : "", flown_s, progress->whole_s, tally->total.sent,
		      outcomes[OUTCOME_DELIVERED] + outcomes[OUTCOME_CORRUPTED],
		      outcomes[OUTCOME_LOST],
		      (double)(tally->total.sent - progress->shown_sent) / seconds,
		      progress->terminal ? "\x1b[K" : "\n");
	(void)fflush(stderr);
	progress->open = progress->terminal;
	progress->shown_us = now_us;
	progress->shown_sent = tally->total.sent;
	progress->due_us = now_us + interval(progress);
}

void progress_end(struct progress *progress)
{
	if (progress->open) {
		(void)fputc('\n', stderr);
	}
	progress->open = false;
}
