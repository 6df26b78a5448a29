#include "cli/top_print.h"

#include "cli/duration.h"
#include "cli/escape.h"
#include "cli/json_drone.h"

#include <inttypes.h>
#include <math.h>

enum { NUMBER_BYTES = 32 };

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

struct top_widths top_print_widths(const struct top_list *list, size_t count)
{
	struct top_widths widths = {sizeof("DRONE") - 1, sizeof("SCENARIO") - 1};

	for (size_t i = 0; i < count && i < list->count; i++) {
		widths.drone = larger(widths.drone, list->rows[i].drone.drone_id.size);
		widths.scenario = larger(widths.scenario, list->rows[i].drone.scenario.size);
	}
	return widths;
}

/* ------------------------------------------------------------------------ numbers */

static void rate_text(char text[NUMBER_BYTES], double hz)
{
	(void)snprintf(text, NUMBER_BYTES, hz < 99999 ? "%.1f" : "%.0f", hz);
}

/* Cut, not rounded: 100.0 stands for all of them alone. */
static void percent_text(char text[NUMBER_BYTES], double ratio)
{
	/* what the division leaves below a whole thousandth is given back */
	(void)snprintf(text, NUMBER_BYTES, "%.1f", floor(ratio * 1000 + 1e-9) / 10);
}

static void ratio_text(char text[NUMBER_BYTES], uint64_t part, uint64_t whole)
{
	(void)snprintf(text, NUMBER_BYTES, "-");
	if (whole) {
		percent_text(text, (double)part / (double)whole);
	}
}

static void column_text(char text[NUMBER_BYTES], const struct top_row *row, enum top_column column)
{
	double value;

	if (!top_value(row, column, &value)) {
		(void)snprintf(text, NUMBER_BYTES, "-");
	} else if (column == TOP_SENT || column == TOP_RECEIVED) {
		rate_text(text, value);
	} else if (column == TOP_SNR) {
		(void)snprintf(text, NUMBER_BYTES, "%.1f", value);
	} else {
		percent_text(text, value);
	}
}

/* -------------------------------------------------------------------------- text */

void top_print_sums(FILE *file, const struct top_sums *sums)
{
	const struct top_change *change = &sums->change;
	char sent[NUMBER_BYTES] = "-", received[NUMBER_BYTES] = "-";
	char now[NUMBER_BYTES], all[NUMBER_BYTES];

	if (change->known) {
		rate_text(sent, change->sent_hz);
		rate_text(received, change->received_hz);
	}
	ratio_text(now, change->delivered, change->targets);
	ratio_text(all, sums->delivered, sums->targets);
	(void)fprintf(
		file,
		"%zu drone%s, %zu in a scenario; messages/s: %s sent, %s received; delivered: "
		"%s %% now, %s %% in all\n",
		sums->drones, sums->drones == 1 ? "" : "s", sums->in_scenario, sent, received, now,
		all);
}

void top_print_head(FILE *file, const struct top_widths *widths)
{
	(void)fprintf(file, "%-*s %8s %8s %6s %6s %6s %9s %9s  %-*s %s\n", (int)widths->drone,
		      "DRONE", "SENT/S", "RECV/S", "DELIV%", "ALL%", "SNR", "IDLE", "ONLINE",
		      (int)widths->scenario, "SCENARIO", "CALLSIGN");
}

void top_print_row(FILE *file, const struct top_row *row, const struct top_widths *widths)
{
	const struct drone_entry *drone = &row->drone;
	struct slice scenario = drone->scenario.size ? drone->scenario : slice_str("-");
	char numbers[TOP_SNR + 1][NUMBER_BYTES];
	char idle[DURATION_TEXT_BYTES], online[DURATION_TEXT_BYTES];

	for (int column = TOP_SENT; column <= TOP_SNR; column++) {
		column_text(numbers[column], row, (enum top_column)column);
	}
	duration_text(idle, drone->idle_ms);
	duration_text(online, drone->online_ms);
	escape_column(file, drone->drone_id, widths->drone);
	(void)fprintf(file, "%8s %8s %6s %6s %6s %9s %9s  ", numbers[TOP_SENT],
		      numbers[TOP_RECEIVED], numbers[TOP_DELIVERED], numbers[TOP_ALL],
		      numbers[TOP_SNR], idle, online);
	if (slice_equal(drone->callsign, drone->drone_id)) {
		(void)escape_print(file, scenario);
	} else {
		escape_column(file, scenario, widths->scenario);
		(void)escape_print(file, drone->callsign);
	}
	(void)fputc('\n', file);
}

void top_print_text(FILE *file, const struct top_table *table)
{
	struct top_widths widths = top_print_widths(&table->shown, table->shown.count);

	top_print_sums(file, &table->sums);
	top_print_head(file, &widths);
	for (size_t i = 0; i < table->shown.count; i++) {
		top_print_row(file, &table->shown.rows[i], &widths);
	}
	(void)fputc('\n', file);
}

/* -------------------------------------------------------------------------- JSON */

static json_t *change_object(const struct top_change *change)
{
	json_t *object = json_object();

	json_set(object, "sent_hz", json_real(change->sent_hz));
	json_set(object, "received_hz", json_real(change->received_hz));
	json_set_integer(object, "targets", change->targets);
	json_set_integer(object, "delivered", change->delivered);
	return object;
}

static json_t *row_object(const struct top_row *row)
{
	json_t *object = json_drone_object(&row->drone);

	if (row->change.known) {
		json_set(object, "change", change_object(&row->change));
	}
	return object;
}

void top_print_json(FILE *file, const struct top_table *table)
{
	const struct top_sums *sums = &table->sums;
	json_t *object = json_object(), *drones = json_array();

	json_set_name(object, "event", "top");
	json_set_integer(object, "online", sums->drones);
	json_set_integer(object, "in_scenario", sums->in_scenario);
	json_set_integer(object, "targets", sums->targets);
	json_set_integer(object, "delivered", sums->delivered);
	if (sums->change.known) {
		json_set(object, "change", change_object(&sums->change));
	}
	for (size_t i = 0; i < table->shown.count; i++) {
		(void)json_array_append_new(drones, row_object(&table->shown.rows[i]));
	}
	json_set(object, "drones", drones);
	json_write_line(file, object);
}
