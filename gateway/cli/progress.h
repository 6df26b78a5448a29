/* How far a swarm has come, on the standard error while it flies. */
#ifndef UAV_CLI_PROGRESS_H
#define UAV_CLI_PROGRESS_H

#include "cli/tally.h"

struct progress {
	bool terminal; /* one line, written over; else a line every few seconds */
	bool open;     /* that line has been begun */
	double whole_s;
	uint64_t due_us, shown_us, shown_sent;
};

/* `whole_s`: how long the flight is to be. */
void progress_begin(struct progress *progress, double whole_s, uint64_t now_us);
/* Shows it when it is time to. By connection_clock; `flown_s` is flight time. */
void progress_show(struct progress *progress, uint64_t now_us, double flown_s,
		   const struct tally *tally);
/* The line is done with. */
void progress_end(struct progress *progress);

#endif
