#include "faults/agenda.h"

#include <stdlib.h>

int agenda_init(struct agenda *agenda, const struct fault_list *faults)
{
	*agenda = (struct agenda){.faults = faults};
	if (faults->count == 0) {
		return 0;
	}
	agenda->next = calloc(faults->count, sizeof(*agenda->next));
	if (!agenda->next) {
		return -1;
	}
	for (size_t i = 0; i < faults->count; i++) {
		agenda->next[i].due_us = faults->at[i].at_us;
	}
	return 0;
}

void agenda_fini(struct agenda *agenda)
{
	free(agenda->next);
	*agenda = (struct agenda){0};
}

static bool comes_before(const struct agenda_entry *one, const struct agenda_entry *other)
{
	return one->due_us != other->due_us ? one->due_us < other->due_us
					    : one->ends && !other->ends;
}

/* The place of the earliest; of use when there are faults. */
static size_t earliest(const struct agenda *agenda)
{
	size_t best = 0;

	for (size_t i = 1; i < agenda->faults->count; i++) {
		if (comes_before(&agenda->next[i], &agenda->next[best])) {
			best = i;
		}
	}
	return best;
}

uint64_t agenda_due_us(const struct agenda *agenda)
{
	return agenda->next ? agenda->next[earliest(agenda)].due_us : FAULT_FOREVER;
}

/* When it begins again after it began at `began_us`. */
static uint64_t begins_again_us(const struct fault *fault, uint64_t began_us, uint64_t now_us)
{
	uint64_t next_us = began_us + fault->every_us;

	if (!fault->every_us) {
		return FAULT_FOREVER;
	}
	return next_us < now_us ? next_us + (now_us - next_us) / fault->every_us * fault->every_us
				: next_us;
}

static void advance(struct agenda_entry *next, const struct fault *fault, uint64_t now_us)
{
	if (next->ends) {
		next->due_us = begins_again_us(fault, next->due_us - fault->for_us, now_us);
		next->ends = false;
	} else if (fault->for_us == 0) {
		next->due_us = begins_again_us(fault, next->due_us, now_us);
	} else if (fault->for_us == FAULT_FOREVER) {
		next->due_us = FAULT_FOREVER;
	} else {
		next->due_us += fault->for_us;
		next->ends = true;
	}
}

const struct fault *agenda_take(struct agenda *agenda, uint64_t now_us, bool *ends)
{
	struct agenda_entry *next;
	size_t place;

	if (!agenda->next || agenda_due_us(agenda) > now_us) {
		return NULL;
	}
	place = earliest(agenda);
	next = &agenda->next[place];
	if (next->due_us == FAULT_FOREVER) {
		return NULL;
	}
	*ends = next->ends;
	advance(next, &agenda->faults->at[place], now_us);
	return &agenda->faults->at[place];
}
