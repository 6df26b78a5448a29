#include "cli/swarm_table.h"

#include <inttypes.h>

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_head(FILE *file, const struct swarm_table *table)
{
	const struct swarm_options *swarm = &table->options->swarm;

	(void)fprintf(file, "%zu drones in %s (%s), ", table->flight->count,
		      table->options->scenario, topology_name(table->topology));
	if (swarm->track) {
		(void)fprintf(file, "by flight logs");
	} else {
		(void)fprintf(file, "pattern %s, radius %g m, height %g m, speed %g m/s",
			      pattern_name(swarm->shape.kind), swarm->shape.radius_m,
			      swarm->shape.height_m, swarm->shape.speed_mps);
	}
	(void)fprintf(file, "; %g messages/s of %" PRIu64 " bytes each, seed %" PRIu64 "\n",
		      swarm->rate_hz, swarm->size_bytes, swarm->shape.seed);
	(void)fprintf(file, "flown %.1f s", table->flown_s);
	if (swarm->lockstep) {
		(void)fprintf(file, " in %" PRIu64 " rounds, in lockstep", table->rounds);
	} else {
		(void)fprintf(file, " in %.1f s", table->real_s);
	}
	(void)fprintf(file, "%s\n\n", table->interrupted ? "; interrupted" : "");
}

static void print_row(FILE *file, const char *name, const struct tally_row *row)
{
	uint64_t other = row->targets - row->outcomes[OUTCOME_DELIVERED] -
			 row->outcomes[OUTCOME_CORRUPTED] - row->outcomes[OUTCOME_LOST];

	(void)fprintf(file,
		      "%-32s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64
		      " %9" PRIu64 " %7.3f%% %9" PRIu64 "\n",
		      name, row->sent, row->targets, row->outcomes[OUTCOME_DELIVERED],
		      row->outcomes[OUTCOME_CORRUPTED], row->outcomes[OUTCOME_LOST], other,
		      percent(row->outcomes[OUTCOME_DELIVERED], row->targets), row->received);
}

static void print_rows(FILE *file, const struct swarm_table *table)
{
	const struct tally *tally = table->tally;

	(void)fprintf(file, "%-32s %9s %9s %9s %9s %9s %9s %8s %9s\n", "DRONE", "SENT", "TARGETS",
		      "DELIVERED", "CORRUPTED", "LOST", "OTHER", "RATIO", "RECEIVED");
	for (size_t i = 0; i < tally->count && tally->count <= SWARM_TABLE_ROWS_MAX; i++) {
		print_row(file, table->flight->ids[i], &tally->rows[i]);
	}
	print_row(file, "total", &tally->total);
}

static void print_outcomes(FILE *file, const struct tally *tally)
{
	const struct tally_row *total = &tally->total;

	(void)fputs("\noutcomes\n", file);
	for (int i = 1; i < OUTCOME_COUNT; i++) {
		if (i != OUTCOME_LOST && total->outcomes[i]) {
			(void)fprintf(file, "  %-30s %9" PRIu64 " %7.3f%%\n",
				      outcome_name((enum outcome)i), total->outcomes[i],
				      percent(total->outcomes[i], total->targets));
		}
	}
	for (int i = 0; i < REASON_COUNT; i++) {
		if (tally->reasons[i]) {
			char name[64];

			(void)snprintf(name, sizeof(name), "LOST (%s)",
				       reason_name((enum reason)i));
			(void)fprintf(file, "  %-30s %9" PRIu64 " %7.3f%%\n", name,
				      tally->reasons[i],
				      percent(tally->reasons[i], total->targets));
		}
	}
}

static void print_full(FILE *file, const struct samples *samples)
{
	(void)fprintf(file, "  (of %s%zu)\n", samples->full ? "the first " : "", samples->count);
}

/* Microseconds as milliseconds. */
static void print_ms(FILE *file, const char *name, struct samples *samples)
{
	(void)fprintf(file, "%-10s", name);
	if (samples->count == 0) {
		(void)fputs("-\n", file);
		return;
	}
	(void)fprintf(file, "p50 %.3f ms  p95 %.3f ms  p99 %.3f ms  max %.3f ms",
		      samples_percentile(samples, 50) / 1e3, samples_percentile(samples, 95) / 1e3,
		      samples_percentile(samples, 99) / 1e3,
		      samples_percentile(samples, 100) / 1e3);
	print_full(file, samples);
}

static void print_snr(FILE *file, struct samples *samples)
{
	(void)fprintf(file, "%-10s", "SNR");
	if (samples->count == 0) {
		(void)fputs("-\n", file);
		return;
	}
	(void)fprintf(file, "min %.2f dB  p5 %.2f dB  p50 %.2f dB  p95 %.2f dB",
		      samples_percentile(samples, 0), samples_percentile(samples, 5),
		      samples_percentile(samples, 50), samples_percentile(samples, 95));
	print_full(file, samples);
}

static void print_numbers(FILE *file, const struct swarm_table *table)
{
	struct tally *tally = table->tally;

	(void)fputc('\n', file);
	print_ms(file, "delay", &tally->delay_us);
	print_snr(file, &tally->snr_db);
	if (!table->options->swarm.lockstep) {
		print_ms(file, "late by", &tally->late_us);
	}
	(void)fprintf(file,
		      "%-10snone %" PRIu64 ", one %" PRIu64 ", two %" PRIu64 "; cached %" PRIu64
		      ", bypassed %" PRIu64 "\n",
		      "hops", tally->hops[0], tally->hops[1], tally->hops[2], tally->cached,
		      tally->bypassed);
}

static void print_accounts(FILE *file, const struct tally *tally)
{
	(void)fprintf(file, "%-10s", "errors");
	for (int i = 0; i < ERROR_COUNT; i++) {
		if (tally->errors[i]) {
			(void)fprintf(file, "%s %" PRIu64 ", ", error_name((enum error_code)i),
				      tally->errors[i]);
		}
	}
	(void)fprintf(file, "drones disconnected %" PRIu64 ", messages held back %" PRIu64 "\n",
		      tally->disconnected, tally->held_back);
	(void)fprintf(file, "%-10s%s: %" PRIu64 " sent, ", "accounts",
		      tally_closes(tally) ? "closed" : "NOT CLOSED", tally->total.sent);
	(void)fprintf(file,
		      "%" PRIu64 " refused, %" PRIu64 " unanswered, %" PRIu64 " oddly reported\n",
		      tally->refused, tally->unanswered, tally->odd);
}

void swarm_table_text(FILE *file, const struct swarm_table *table)
{
	print_head(file, table);
	print_rows(file, table);
	print_outcomes(file, table->tally);
	print_numbers(file, table);
	print_accounts(file, table->tally);
}
