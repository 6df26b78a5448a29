#include "cli/tally.h"

#include "cli/escape.h"
#include "wire/hot_codec.h"

#include <stdio.h>
#include <stdlib.h>

void fate_read(struct fate *fate, const struct target_outcome *outcome)
{
	(void)snprintf(fate->target, sizeof(fate->target), "%.*s", SLICE_ARG(outcome->drone_id));
	escape_to_id(fate->target);
	fate->outcome = outcome->outcome;
	fate->reason = outcome->reason;
	fate->hops = (uint32_t)outcome->hop_count;
	fate->has_delay = outcome->hop_count > 0;
	fate->has_link = false;
	for (size_t i = 0; i < outcome->hop_count; i++) {
		const struct hop *hop = &outcome->hops[i];
		struct link_numbers numbers = {0};

		fate->has_link = hop->link.data != NULL && link_read(hop->link, &numbers) == HOT_OK;
		fate->has_delay = fate->has_delay && fate->has_link;
		fate->delay_us += numbers.delay_us;
		fate->snr_db = numbers.snr_db;
		fate->path_loss_db = numbers.path_loss_db;
		fate->distance_m = numbers.distance_m;
		fate->late_by_us = hop->late_by_us;
		fate->source = hop->source;
	}
}

int tally_init(struct tally *tally, size_t count)
{
	*tally = (struct tally){.count = count};
	tally->rows = calloc(count, sizeof(*tally->rows));
	return tally->rows ? 0 : -1;
}

void tally_fini(struct tally *tally)
{
	free(tally->rows);
	samples_fini(&tally->delay_us);
	samples_fini(&tally->late_us);
	samples_fini(&tally->snr_db);
	samples_fini(&tally->distance_m);
	*tally = (struct tally){0};
}

void tally_sent(struct tally *tally, size_t sender)
{
	tally->total.sent++;
	tally->rows[sender].sent++;
}

void tally_received(struct tally *tally, size_t receiver)
{
	tally->total.received++;
	tally->rows[receiver].received++;
}

static void count_outcome(struct tally_row *row, const struct fate *fate)
{
	row->targets++;
	row->outcomes[fate->outcome]++;
}

void tally_fate(struct tally *tally, const struct fate *fate)
{
	count_outcome(&tally->total, fate);
	count_outcome(&tally->rows[fate->sender], fate);
	tally->hops[fate->hops < TALLY_HOPS_MAX ? fate->hops : TALLY_HOPS_MAX]++;
	tally->cached += fate->source == SOURCE_CACHED;
	tally->bypassed += fate->source == SOURCE_BYPASSED;
	if (fate->outcome == OUTCOME_LOST) {
		tally->reasons[fate->reason]++;
	}
	if (fate->outcome == OUTCOME_DELIVERED || fate->outcome == OUTCOME_CORRUPTED) {
		samples_add(&tally->late_us, fate->late_by_us);
		if (fate->has_delay) {
			samples_add(&tally->delay_us, (double)fate->delay_us);
		}
	}
	if (fate->has_link) {
		samples_add(&tally->snr_db, (double)fate->snr_db);
		samples_add(&tally->distance_m, (double)fate->distance_m);
	}
}

bool tally_closes(const struct tally *tally)
{
	return tally->unanswered == 0 && tally->refused == 0 && tally->odd == 0;
}
