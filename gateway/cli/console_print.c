#include "cli/console_print.h"

#include "cli/escape.h"
#include "wire/hot_codec.h"

#include <inttypes.h>

void console_print_label(FILE *file, struct slice label)
{
	static const char parting[] = " <>|\"=*\\";
	bool quoted = label.size == 0;

	for (size_t i = 0; i < label.size; i++) {
		quoted |= label.data[i] && strchr(parting, label.data[i]) != NULL;
	}
	if (!quoted) {
		(void)escape_print(file, label);
		return;
	}
	(void)fputc('"', file);
	while (label.size) {
		const uint8_t *quote = memchr(label.data, '"', label.size);
		size_t size = quote ? (size_t)(quote - label.data) : label.size;

		(void)escape_print(file, slice_of(label.data, size));
		if (quote) {
			(void)fputs("\\\"", file);
			size++;
		}
		label = slice_of(label.data + size, label.size - size);
	}
	(void)fputc('"', file);
}

void console_print_name(FILE *file, const struct console_directory *directory, struct slice id)
{
	console_print_label(file, console_directory_label(directory, id));
}

/* ------------------------------------------------------------------ numbers */

static void print_hop(FILE *file, const struct hop *hop)
{
	struct link_numbers numbers;

	if (hop->outcome == OUTCOME_CORRUPTED) {
		(void)fputs("CORRUPTED ", file);
	}
	if (hop->source == SOURCE_BYPASSED) {
		(void)fputs("BYPASSED", file);
	} else if (!hop->link.data || link_read(hop->link, &numbers) != HOT_OK) {
		(void)fputc('-', file);
	} else {
		(void)fprintf(file, "%.2f dB %.3f ms", (double)numbers.snr_db,
			      numbers.delay_us / 1000.0);
	}
	if (hop->late_by_us) {
		(void)fprintf(file, " late by %.3f ms", hop->late_by_us / 1000.0);
	}
}

static void print_hops(FILE *file, const struct hop *hops, size_t count)
{
	if (count == 0) {
		return;
	}
	(void)fputs(" [", file);
	for (size_t i = 0; i < count; i++) {
		if (i) {
			(void)fputs(", ", file);
		}
		print_hop(file, &hops[i]);
	}
	(void)fputc(']', file);
}

/* ------------------------------------------------------------------- messages */

void console_print_sender(FILE *file, const struct console_directory *directory,
			  const struct event_delivery *delivery)
{
	(void)fputc('<', file);
	console_print_name(file, directory, delivery->sender);
	if (delivery->to.size) {
		(void)fputc('|', file);
		console_print_label(file, delivery->to);
	}
	(void)fputc('>', file);
	print_hops(file, delivery->hops, delivery->hop_count);
	(void)fputc(' ', file);
}

void console_print_delivery(FILE *file, const struct console_directory *directory,
			    const struct event_delivery *delivery)
{
	console_print_sender(file, directory, delivery);
	if (escape_is_text(delivery->payload)) {
		(void)escape_print(file, delivery->payload);
	} else {
		(void)fprintf(file, "(%zu bytes", delivery->payload.size);
		if (delivery->content_type.size) {
			(void)fputs(" of ", file);
			(void)escape_print(file, delivery->content_type);
		}
		(void)fputc(')', file);
	}
	(void)fputc('\n', file);
}

void console_print_outcome(FILE *file, const struct console_directory *directory,
			   const struct target_outcome *outcome)
{
	(void)fputs("= ", file);
	console_print_name(file, directory, outcome->drone_id);
	(void)fprintf(file, " %s", outcome_name(outcome->outcome));
	if (outcome->reason != REASON_NONE) {
		(void)fprintf(file, " (%s)", reason_name(outcome->reason));
	}
	print_hops(file, outcome->hops, outcome->hop_count);
	(void)fputc('\n', file);
}

/* ------------------------------------------------------------- coming and going */

static void print_renamed(FILE *file, const struct console_directory *directory,
			  const struct presence_entry *entry)
{
	bool own = entry->callsign.size == 0 || slice_equal(entry->callsign, entry->drone_id);

	console_print_name(file, directory, entry->drone_id);
	(void)fputs(" is ", file);
	console_print_label(file, own ? entry->drone_id : entry->callsign);
	(void)fputs(own ? " again" : " now", file);
}

static void print_scenario(FILE *file, struct slice scenario)
{
	if (scenario.size) {
		(void)fputs(" entered ", file);
		console_print_label(file, scenario);
	} else {
		(void)fputs(" is in no scenario", file);
	}
}

static void print_what(FILE *file, const struct presence_entry *entry)
{
	switch (entry->what) {
	case PRESENCE_WHAT_ONLINE:
		(void)fputs(" is here", file);
		break;
	case PRESENCE_WHAT_OFFLINE:
		(void)fprintf(file, " is gone (%s)", goodbye_name(entry->reason));
		break;
	case PRESENCE_WHAT_SCENARIO:
		print_scenario(file, entry->scenario);
		break;
	case PRESENCE_WHAT_HUB_UP:
	case PRESENCE_WHAT_HUB_DOWN:
		(void)fputs(", the hub of ", file);
		console_print_label(file, entry->scenario);
		(void)fputs(entry->what == PRESENCE_WHAT_HUB_UP ? ", is up" : ", is down", file);
		break;
	default:
		(void)fprintf(file, " %s", presence_what_name(entry->what));
		break;
	}
}

void console_print_presence(FILE *file, const struct console_directory *directory,
			    const struct presence_entry *entry)
{
	(void)fputs("* ", file);
	if (entry->what == PRESENCE_WHAT_RENAMED) {
		print_renamed(file, directory, entry);
	} else {
		console_print_label(file, entry->callsign.size ? entry->callsign : entry->drone_id);
		print_what(file, entry);
	}
	(void)fputc('\n', file);
}

void console_print_place(FILE *file, const struct scenario_entry *entry)
{
	if (!entry) {
		(void)fputs("* you are in no scenario\n", file);
		return;
	}
	(void)fputs("* you are in ", file);
	console_print_label(file, entry->name);
	(void)fprintf(file, " (%s, drones: %" PRIu32 ")", topology_name(entry->topology),
		      entry->drones);
	if (!entry->available) {
		(void)fputs(", not available: ", file);
		(void)escape_print(file, entry->message);
	}
	(void)fputc('\n', file);
}
