/* When the faults of a timeline begin and end, one after the other, for whoever watches the
 * clock. */
#ifndef SIM_FAULTS_AGENDA_H
#define SIM_FAULTS_AGENDA_H

#include "faults/file.h"

/* What is next of one fault. */
struct agenda_entry {
	uint64_t due_us; /* FAULT_FOREVER: nothing more */
	bool ends;	 /* else it begins */
};

struct agenda {
	const struct fault_list *faults;
	struct agenda_entry *next; /* of each fault */
};

/* The list must outlive it. 0, or -1 when memory is out. */
int agenda_init(struct agenda *agenda, const struct fault_list *faults)
	__attribute__((warn_unused_result));
void agenda_fini(struct agenda *agenda);

/* When the next begins or ends; FAULT_FOREVER: none ever. */
uint64_t agenda_due_us(const struct agenda *agenda);

/* Takes the earliest of what has come by `now_us`; *ends: it is over, else it begins. Of those of
 * the same time what ends goes first, then in the order of the file. NULL: there is none. Of a
 * fault that has come again and again meanwhile only the last time is told. */
const struct fault *agenda_take(struct agenda *agenda, uint64_t now_us, bool *ends);

#endif
