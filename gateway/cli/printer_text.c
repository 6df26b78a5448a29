#include "cli/duration.h"
#include "cli/escape.h"
#include "cli/printer.h"
#include "cli/terminal_size.h"

#include "wire/hot_codec.h"

#include <inttypes.h>
#include <time.h>

static struct slice or_dash(struct slice text)
{
	return text.size ? text : slice_str("-");
}

static void put_duration(struct table *table, uint64_t ms)
{
	char text[DURATION_TEXT_BYTES];

	duration_text(text, ms);
	table_cell_str(table, text);
}

static void put_position(struct table *table, const struct position *position)
{
	char text[128] = "-";

	switch (position->frame) {
	case POSITION_UNKNOWN:
		break;
	case POSITION_GEODETIC:
		(void)snprintf(text, sizeof(text), "%.7f,%.7f,%.3f",
			       position->geodetic.latitude_e7 * 1e-7,
			       position->geodetic.longitude_e7 * 1e-7,
			       position->geodetic.altitude_mm * 1e-3);
		break;
	case POSITION_LOCAL:
		(void)snprintf(text, sizeof(text), "%.2f E %.2f N %.2f U",
			       (double)position->local.east, (double)position->local.north,
			       (double)position->local.up);
		break;
	}
	table_cell_str(table, text);
}

static void text_drones_begin(struct table *table)
{
	static const struct table_column columns[] = {
		{.head = "ID"},
		{.head = "CALLSIGN", .cut = 10},
		{.head = "KIND"},
		{.head = "SCENARIO", .cut = 10},
		{.head = "ONLINE"},
		{.head = "IDLE"},
		{.head = "POSITION", .cut = 10},
	};

	table_begin(table, columns, sizeof(columns) / sizeof(*columns));
}

static void text_drone(FILE *file, struct table *table, const struct drone_entry *drone)
{
	(void)file;
	table_cell(table, drone->drone_id);
	table_cell(table, drone->callsign);
	table_cell_str(table, drone_kind_name(drone->kind));
	table_cell(table, or_dash(drone->scenario));
	put_duration(table, drone->online_ms);
	put_duration(table, drone->idle_ms);
	put_position(table, &drone->position);
}

static void text_scenarios_begin(struct table *table)
{
	static const struct table_column columns[] = {
		{.head = "SCENARIO"},	{.head = "TOPOLOGY"},  {.head = "HUB", .cut = 10},
		{.head = "DRONES/MAX"}, {.head = "AVAILABLE"}, {.head = "DESCRIPTION", .cut = 11},
	};

	table_begin(table, columns, sizeof(columns) / sizeof(*columns));
}

static void text_scenario(FILE *file, struct table *table, const struct scenario_entry *scenario)
{
	char drones[32];

	(void)file;
	(void)snprintf(drones, sizeof(drones), "%" PRIu32 "/%" PRIu32, scenario->drones,
		       scenario->max_drones);
	table_cell(table, scenario->name);
	table_cell_str(table, topology_name(scenario->topology));
	table_cell(table, or_dash(scenario->hub));
	table_cell_str(table, drones);
	table_cell_str(table, scenario->available ? "yes" : "no");
	table_cell(table, or_dash(scenario->description));
	if (!scenario->available) {
		table_note(table, "    not available: ",
			   scenario->message.size ? scenario->message
						  : slice_str("the gateway does not say why"));
	}
}

static void text_list_end(FILE *file, const struct table *table)
{
	table_print(table, file, terminal_size_columns(file));
}

static void print_fate(FILE *file, enum outcome outcome, enum reason reason)
{
	(void)fputs(outcome_name(outcome), file);
	if (reason != REASON_NONE) {
		(void)fprintf(file, " (%s)", reason_name(reason));
	}
}

/* By others, as far as is shown. A simulator need not tell the SINR: then it is 0. */
static bool is_disturbed(const struct link_numbers *numbers)
{
	return numbers->sinr_db != 0 && numbers->snr_db - numbers->sinr_db >= 0.05f;
}

static void print_link(FILE *file, struct slice link)
{
	struct link_numbers numbers;

	if (link_read(link, &numbers) != HOT_OK) {
		(void)fputs(", numbers unreadable", file);
		return;
	}
	(void)fprintf(file, ", delay %.3f ms, SNR %.1f dB", numbers.delay_us / 1000.0,
		      (double)numbers.snr_db);
	if (is_disturbed(&numbers)) {
		(void)fprintf(file, ", SINR %.1f dB", (double)numbers.sinr_db);
	}
	(void)fprintf(file, ", path loss %.1f dB, distance %.1f m", (double)numbers.path_loss_db,
		      (double)numbers.distance_m);
	if (numbers.bit_errors) {
		(void)fprintf(file, ", bit errors %" PRIu32, numbers.bit_errors);
	}
}

static void print_hop(FILE *file, const struct hop *hop)
{
	(void)fputs("    ", file);
	(void)escape_print(file, hop->transmitter);
	(void)fputs(" -> ", file);
	(void)escape_print(file, hop->receiver);
	(void)fputs(": ", file);
	print_fate(file, hop->outcome, hop->reason);
	if (hop->link.data) {
		print_link(file, hop->link);
	}
	if (hop->late_by_us) {
		(void)fprintf(file, ", late by %.3f ms", hop->late_by_us / 1000.0);
	}
	if (hop->source != SOURCE_UNSPECIFIED) {
		(void)fprintf(file, ", %s", source_name(hop->source));
	}
	(void)fputc('\n', file);
}

static void print_hops(FILE *file, const struct hop *hops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		print_hop(file, &hops[i]);
	}
}

static void text_outcome(FILE *file, uint64_t message, const struct target_outcome *outcome)
{
	(void)fprintf(file, "message %" PRIu64 " to ", message);
	(void)escape_print(file, outcome->drone_id);
	(void)fputs(": ", file);
	print_fate(file, outcome->outcome, outcome->reason);
	(void)fputc('\n', file);
	print_hops(file, outcome->hops, outcome->hop_count);
}

static void print_why(FILE *file, const struct scenario_entry *scenario)
{
	(void)fputs("not available", file);
	if (scenario->message.size) {
		(void)fputs(": ", file);
		(void)escape_print(file, scenario->message);
	}
}

static void text_joined(FILE *file, struct slice id, const struct scenario_entry *scenario)
{
	(void)fputs("listening as ", file);
	(void)escape_print(file, id);
	(void)fputs(" in ", file);
	(void)escape_print(file, scenario->name);
	(void)fprintf(file, " (%s, drones: %" PRIu32 ")", topology_name(scenario->topology),
		      scenario->drones);
	if (!scenario->available) {
		(void)fputs(", ", file);
		print_why(file, scenario);
	}
	(void)fputc('\n', file);
}

static void print_difference(FILE *file, const char *what, struct slice before, struct slice now)
{
	if (!slice_equal(before, now)) {
		(void)fprintf(file, "; %s ", what);
		(void)escape_print(file, or_dash(before));
		(void)fputs(" -> ", file);
		(void)escape_print(file, or_dash(now));
	}
}

/* As far as drones are told. */
static void print_differences(FILE *file, const struct scenario_entry *before,
			      const struct scenario_entry *now)
{
	print_difference(file, "topology", slice_str(topology_name(before->topology)),
			 slice_str(topology_name(now->topology)));
	print_difference(file, "hub", before->hub, now->hub);
	if (before->max_drones != now->max_drones) {
		(void)fprintf(file, "; max_drones %" PRIu32 " -> %" PRIu32, before->max_drones,
			      now->max_drones);
	}
	print_difference(file, "description", before->description, now->description);
}

static void text_changed(FILE *file, struct slice id, const struct standing *before,
			 const struct scenario_entry *now)
{
	(void)fputs("* scenario ", file);
	(void)escape_print(file, before->entry.name);
	switch (standing_change(before, now)) {
	case SCENARIO_AVAILABLE:
		(void)fputs(" is available now", file);
		break;
	case SCENARIO_UNAVAILABLE:
		(void)fputs(" is ", file);
		print_why(file, now);
		break;
	case SCENARIO_CHANGED:
		(void)fputs(" was changed", file);
		break;
	case SCENARIO_REMOVED:
		(void)fputs(" was removed: ", file);
		(void)escape_print(file, id);
		(void)fputs(" is in none now", file);
		break;
	}
	if (now) {
		print_differences(file, &before->entry, now);
	}
	(void)fputc('\n', file);
}

static void print_payload(FILE *file, struct slice payload)
{
	if (escape_is_text(payload)) {
		(void)escape_print(file, payload);
		return;
	}
	(void)fputs("hex ", file);
	for (size_t i = 0; i < payload.size; i++) {
		(void)fprintf(file, "%02x", payload.data[i]);
	}
}

/* Time of day in UTC. */
static void print_time(FILE *file, uint64_t unix_us)
{
	time_t seconds = (time_t)(unix_us / 1000000);
	struct tm tm;

	if (gmtime_r(&seconds, &tm)) {
		(void)fprintf(file, "%02d:%02d:%02d.%03u ", tm.tm_hour, tm.tm_min, tm.tm_sec,
			      (unsigned)(unix_us / 1000 % 1000));
	}
}

static void text_delivery(FILE *file, const struct event_delivery *delivery)
{
	print_time(file, delivery->sent_at_us);
	(void)escape_print(file, delivery->sender);
	if (delivery->to.size) {
		(void)fputs(" to ", file);
		(void)escape_print(file, delivery->to);
	}
	(void)fprintf(file, " #%" PRIu64, delivery->sequence);
	if (delivery->content_type.size) {
		(void)fputs(" [", file);
		(void)escape_print(file, delivery->content_type);
		(void)fputs("]", file);
	}
	(void)fputs(": ", file);
	print_payload(file, delivery->payload);
	(void)fputc('\n', file);
	print_hops(file, delivery->hops, delivery->hop_count);
}

/* Drones move from one scenario to another, too. */
static void print_move(FILE *file, struct slice scenario)
{
	if (scenario.size) {
		(void)fputs(" entered ", file);
		(void)escape_print(file, scenario);
	} else {
		(void)fputs(" left its scenario", file);
	}
	(void)fputc('\n', file);
}

static void print_presence(FILE *file, const struct presence_entry *entry)
{
	(void)fputs("* ", file);
	(void)escape_print(file, entry->drone_id);
	if (entry->callsign.size && !slice_equal(entry->callsign, entry->drone_id)) {
		(void)fputs(" \"", file);
		(void)escape_print(file, entry->callsign);
		(void)fputs("\"", file);
	}
	if (entry->what == PRESENCE_WHAT_SCENARIO) {
		print_move(file, entry->scenario);
		return;
	}
	(void)fprintf(file, " %s", presence_what_name(entry->what));
	if (entry->reason != GOODBYE_UNSPECIFIED) {
		(void)fprintf(file, " (%s)", goodbye_name(entry->reason));
	}
	if (entry->scenario.size) {
		(void)fputs(" in ", file);
		(void)escape_print(file, entry->scenario);
	}
	(void)fputc('\n', file);
}

static void text_presence(FILE *file, const struct event_presence *presence)
{
	for (size_t i = 0; i < presence->count; i++) {
		print_presence(file, &presence->entries[i]);
	}
	if (presence->missed) {
		(void)fprintf(file, "* missed %" PRIu32 " changes: see uav-drone who\n",
			      presence->missed);
	}
}

static void text_goodbye(FILE *file, const struct event_goodbye *goodbye)
{
	(void)fprintf(file, "goodbye: %s", goodbye_name(goodbye->reason));
	if (goodbye->message.size) {
		(void)fputs(": ", file);
		(void)escape_print(file, goodbye->message);
	}
	if (goodbye->retry_after_ms) {
		(void)fprintf(file, " (try again after %.1f s)", goodbye->retry_after_ms / 1000.0);
	}
	(void)fputc('\n', file);
}

const struct printer printer_text = {
	.drones_begin = text_drones_begin,
	.drone = text_drone,
	.scenarios_begin = text_scenarios_begin,
	.scenario = text_scenario,
	.list_end = text_list_end,
	.outcome = text_outcome,
	.joined = text_joined,
	.changed = text_changed,
	.delivery = text_delivery,
	.presence = text_presence,
	.goodbye = text_goodbye,
};
