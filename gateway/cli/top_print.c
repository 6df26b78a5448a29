#include "cli/top_print.h"

#include "cli/duration.h"
#include "cli/json_drone.h"
#include "cli/table.h"
#include "cli/terminal_size.h"

#include <inttypes.h>
#include <math.h>

enum { NUMBER_BYTES = 32 };

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
	(void)fprintf(file, "%zu drone%s  %s/s sent  %s/s heard  delivered %s %% now %s %% in all",
		      sums->drones, sums->drones == 1 ? "" : "s", sent, received, now, all);
	if (sums->in_scenario != sums->drones) {
		(void)fprintf(file, "  %zu in a scenario", sums->in_scenario);
	}
	(void)fputc('\n', file);
}

static void put_row(struct table *table, const struct top_row *row)
{
	const struct drone_entry *drone = &row->drone;
	char text[DURATION_TEXT_BYTES], number[NUMBER_BYTES];

	table_cell(table, drone->drone_id);
	for (int column = TOP_SENT; column <= TOP_SNR; column++) {
		column_text(number, row, (enum top_column)column);
		table_cell_str(table, number);
	}
	duration_text(text, drone->idle_ms);
	table_cell_str(table, text);
	duration_text(text, drone->online_ms);
	table_cell_str(table, text);
	table_cell(table, drone->scenario.size ? drone->scenario : slice_str("-"));
	table_cell(table,
		   slice_equal(drone->callsign, drone->drone_id) ? slice_str("") : drone->callsign);
}

void top_print_rows(FILE *file, const struct top_list *list, size_t count, size_t columns)
{
	static const struct table_column heads[] = {
		{.head = "DRONE", .cut = 10},
		{.head = "SENT/S", .least = 7, .right = true},
		{.head = "RECV/S", .least = 7, .right = true},
		{.head = "DELIV%", .least = 6, .right = true},
		{.head = "ALL%", .least = 5, .right = true},
		{.head = "SNR", .least = 5, .right = true},
		{.head = "IDLE", .least = 6, .right = true},
		{.head = "ONLINE", .least = 6, .right = true},
		{.head = "SCENARIO", .cut = 8},
		{.head = "CALLSIGN", .cut = 8},
	};
	struct table table;

	table_begin(&table, heads, sizeof(heads) / sizeof(*heads));
	for (size_t i = 0; i < count; i++) {
		put_row(&table, &list->rows[i]);
	}
	table_print(&table, file, columns);
	table_fini(&table);
}

void top_print_text(FILE *file, const struct top_table *table)
{
	top_print_sums(file, &table->sums);
	top_print_rows(file, &table->shown, table->shown.count, terminal_size_columns(file));
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
