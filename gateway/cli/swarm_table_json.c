#include "cli/json.h"
#include "cli/swarm_table.h"

static void set_number(json_t *object, const char *key, double value)
{
	json_set(object, key, json_real(value));
}

/* By name, those that are not 0. */
static json_t *counts_object(const uint64_t *counts, size_t count, const char *(*name)(int))
{
	json_t *object = json_object();

	for (size_t i = 0; i < count; i++) {
		if (counts[i]) {
			json_set_integer(object, name((int)i), counts[i]);
		}
	}
	return object;
}

static const char *name_of_outcome(int number)
{
	return outcome_name((enum outcome)number);
}

static const char *name_of_reason(int number)
{
	return reason_name((enum reason)number);
}

static const char *name_of_error(int number)
{
	return error_name((enum error_code)number);
}

static void set_row(json_t *object, const struct tally_row *row)
{
	json_set_integer(object, "sent", row->sent);
	json_set_integer(object, "targets", row->targets);
	json_set(object, "outcomes", counts_object(row->outcomes, OUTCOME_COUNT, name_of_outcome));
	json_set_integer(object, "received", row->received);
	if (row->targets) {
		set_number(object, "delivery_ratio",
			   (double)row->outcomes[OUTCOME_DELIVERED] / (double)row->targets);
	}
}

static json_t *rows_array(const struct swarm_table *table)
{
	json_t *array = json_array();

	for (size_t i = 0; i < table->tally->count; i++) {
		json_t *object = json_object();

		json_set_name(object, "drone_id", table->flight->ids[i]);
		set_row(object, &table->tally->rows[i]);
		(void)json_array_append_new(array, object);
	}
	return array;
}

struct rank {
	const char *name;
	double percent;
};

/* `ranks` end with a NULL. */
static json_t *samples_object(struct samples *samples, const struct rank *ranks)
{
	json_t *object = json_object();

	json_set_integer(object, "samples", samples->count);
	json_set_bool(object, "cut", samples->full);
	for (; ranks->name && samples->count; ranks++) {
		set_number(object, ranks->name, samples_percentile(samples, ranks->percent));
	}
	return object;
}

static void set_flight(json_t *object, const struct swarm_table *table)
{
	const struct swarm_options *swarm = &table->options->swarm;

	json_set_name(object, "event", "swarm");
	json_set_name(object, "scenario", table->options->scenario);
	json_set_name(object, "topology", topology_name(table->topology));
	json_set_name(object, "pattern", swarm->track ? "track" : pattern_name(swarm->shape.kind));
	json_set_integer(object, "seed", swarm->shape.seed);
	set_number(object, "rate_hz", swarm->rate_hz);
	json_set_integer(object, "size_bytes", swarm->size_bytes);
	json_set_bool(object, "lockstep", swarm->lockstep);
	json_set_bool(object, "interrupted", table->interrupted);
	set_number(object, "flown_s", table->flown_s);
	if (swarm->lockstep) {
		json_set_integer(object, "rounds", table->rounds);
	} else {
		set_number(object, "real_s", table->real_s);
	}
}

static void set_numbers(json_t *object, const struct swarm_table *table)
{
	static const struct rank times[] = {
		{"p50", 50}, {"p95", 95}, {"p99", 99}, {"max", 100}, {0}};
	static const struct rank levels[] = {{"min", 0}, {"p5", 5}, {"p50", 50}, {"p95", 95}, {0}};
	struct tally *tally = table->tally;
	json_t *hops = json_array();

	json_set(object, "delay_us", samples_object(&tally->delay_us, times));
	json_set(object, "snr_db", samples_object(&tally->snr_db, levels));
	if (!table->options->swarm.lockstep) {
		json_set(object, "late_by_us", samples_object(&tally->late_us, times));
	}
	for (size_t i = 0; i <= TALLY_HOPS_MAX; i++) {
		(void)json_array_append_new(hops, json_integer((json_int_t)tally->hops[i]));
	}
	json_set(object, "targets_by_hops", hops);
	json_set_integer(object, "cached", tally->cached);
	json_set_integer(object, "bypassed", tally->bypassed);
}

static void set_accounts(json_t *object, const struct tally *tally)
{
	json_set(object, "errors", counts_object(tally->errors, ERROR_COUNT, name_of_error));
	json_set_integer(object, "disconnected", tally->disconnected);
	json_set_integer(object, "held_back", tally->held_back);
	json_set_integer(object, "refused", tally->refused);
	json_set_integer(object, "unanswered", tally->unanswered);
	json_set_integer(object, "oddly_reported", tally->odd);
	json_set_bool(object, "accounts_close", tally_closes(tally));
}

void swarm_table_json(FILE *file, const struct swarm_table *table)
{
	json_t *object = json_object();

	set_flight(object, table);
	set_row(object, &table->tally->total);
	json_set(object, "lost",
		 counts_object(table->tally->reasons, REASON_COUNT, name_of_reason));
	set_numbers(object, table);
	set_accounts(object, table->tally);
	json_set(object, "drones", rows_array(table));
	json_write_line(file, object);
}
