/* Rules that no single row can tell. */
#include "settings/draft.h"

#include "base/suggest.h"
#include "settings/value.h"
#include "settings/view.h"

#include <inttypes.h>
#include <stdio.h>

/* The first key must be `factor` times the second or more; more than it, when
 * strict. */
struct rule {
	const char *section, *key;
	const char *other_section, *other_key;
	uint64_t factor;
	bool strict;
};

static const struct rule rules[] = {
	{"sessions", "idle_timeout_ms", "sessions", "ping_interval_ms", 1, true},
	{"listen", "idle_timeout_ms", "listen", "ping_interval_ms", 1, true},
	{"simulator", "idle_timeout_ms", "simulator", "ping_interval_ms", 1, true},
	{"simulator", "backoff_max_ms", "simulator", "backoff_min_ms", 1, false},
	{"simulator", "max_frame_bytes", "limits", "max_frame_bytes", 1, false},
	{"simulator", "max_queued_bytes", "limits", "max_frame_bytes", 1, false},
	{"limits", "max_frame_bytes", "limits", "max_frame_bytes_unregistered", 1, false},
	{"limits", "output_hard_bytes", "limits", "output_soft_bytes", 1, true},
	{"limits", "output_hard_bytes", "limits", "max_frame_bytes", 2, false},
	{"limits", "max_output_bytes", "limits", "output_hard_bytes", 1, false},
	{"limits", "decode_arena_bytes", "limits", "max_frame_bytes", 2, false},
	{"limits", "max_in_flight", "limits", "max_in_flight_per_drone", 1, false},
	{"limits", "max_in_flight_bytes", "limits", "max_frame_bytes", 1, false},
};

/* ------------------------------------------------------- pairs of numbers */

/* A key: its value, where it was given, if it was (else it is at its default), and whether the
 * value was refused. */
struct known {
	uint64_t value;
	struct place place;
	bool given;
	bool bad;
	bool open;	/* a file that was not read may hold its section */
	bool inherited; /* another rule looks at it where it is given */
	char title[VIEW_TITLE_BYTES];
};

static struct known look_up(const struct draft *draft, const char *section_name, const char *key,
			    size_t number)
{
	const struct section *section = table_find_section(section_name);
	size_t index = section->target == TARGET_SETTINGS ? 0 : number;
	const struct row *row = table_find_row(section_name, key);
	const struct part *part = draft_find_giving(draft, section, index, row);
	struct known known = {
		.value = value_number(row, view_target(draft->settings, section->target, index)),
		.place = {.file = draft->report.file},
		.open = draft->incomplete && !part,
		.inherited = view_inherited(draft->settings, row, index),
	};

	view_title(section, view_name(draft->settings, section, index), known.title,
		   sizeof(known.title));
	if (part) {
		known.place = part_row_place(part, table_row_index(row));
		known.given = part->lines[table_row_index(row)] != 0;
		known.bad = part->bad[table_row_index(row)];
	}
	return known;
}

static void check_rule(struct draft *draft, const struct rule *rule, size_t number)
{
	struct known a = look_up(draft, rule->section, rule->key, number);
	struct known b = look_up(draft, rule->other_section, rule->other_key, number);
	char factor[32] = "";

	if (a.bad || b.bad || a.open || b.open || (a.inherited && b.inherited) ||
	    (rule->strict ? a.value > b.value : a.value >= b.value * rule->factor)) {
		return;
	}
	if (rule->factor > 1) {
		(void)snprintf(factor, sizeof(factor), "%" PRIu64 " times ", rule->factor);
	}
	report_mistake_at(&draft->report, a.given ? a.place : b.place,
			  "[%s] %s = %" PRIu64 " must be %s %s[%s] %s = %" PRIu64, a.title,
			  rule->key, a.value, rule->strict ? "more than" : "at least", factor,
			  b.title, rule->other_key, b.value);
}

/* Once for the gateway, or once for each listener or simulator. */
static void check_rules(struct draft *draft)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		size_t count = view_count(draft->settings, table_find_section(rules[i].section));

		for (size_t j = 0; j < count; j++) {
			check_rule(draft, &rules[i], j);
		}
	}
}

/* ---------------------------------------------------------------- addresses */

static void check_simulator(struct draft *draft, const struct part *part)
{
	const struct simulator_settings *simulator = draft_target(draft, part);
	size_t row = table_row_index(table_find_row("simulator", "address"));

	if (*part->name && !part->lines[row]) {
		report_mistake_at(&draft->report, part->place,
				  "[simulator:%s] has no address; for example: address = "
				  "127.0.0.1:7701",
				  part->name);
	} else if (part_has(part, "address") && !simulator->address.is_path &&
		   simulator->address.port == 0) {
		report_mistake_at(&draft->report, part_place(part, "address"),
				  "[simulator] address: nobody listens on port 0; give the port "
				  "that the simulator listens on");
	}
}

static bool same_address(const struct address *a, const struct address *b)
{
	return a->is_path == b->is_path && a->port == b->port && strcmp(a->host, b->host) == 0 &&
	       (a->is_path || a->port);
}

/* Two listeners at one address, unless the system chooses the port. */
static void compare_with_listeners(struct draft *draft, const struct part *part)
{
	const struct listener_settings *mine = draft_target(draft, part);
	struct place place = part_place(part, "address");

	for (const struct part *other = draft->parts; other < part; other++) {
		const struct listener_settings *theirs = draft_target(draft, other);

		if (other->section == part->section && part_has(other, "address") &&
		    same_address(&mine->address, &theirs->address)) {
			report_mistake_at(
				&draft->report, place,
				"the address is that of [listen:%s] already, %s", other->name,
				place_from(place.file, part_place(other, "address")).text);
			return;
		}
	}
}

/* At a simulator's address, the gateway would connect to itself. */
static void compare_with_simulators(struct draft *draft, const struct part *part)
{
	const struct section *section = table_find_section("simulator");
	const struct listener_settings *mine = draft_target(draft, part);
	char title[VIEW_TITLE_BYTES];

	for (size_t i = 0; i < draft->settings->simulator_count; i++) {
		const struct simulator_settings *theirs = &draft->settings->simulators[i];
		const struct part *other = draft_find(draft, section, i);
		bool given = other && part_has(other, "address");
		/* a [simulator] that says nothing of it, or that is not there at all */
		bool preset =
			other ? !*other->name && !part_gives(other, "address") : !draft->incomplete;

		if ((given || preset) && same_address(&mine->address, &theirs->address)) {
			view_title(section, theirs->name, title, sizeof(title));
			report_mistake_at(
				&draft->report, part_place(part, "address"),
				"the address is that of [%s], where a simulator listens%s", title,
				given ? "" : " unless another is given");
			return;
		}
	}
}

static void check_listener(struct draft *draft, const struct part *part)
{
	if (part_has(part, "address")) {
		compare_with_listeners(draft, part);
		compare_with_simulators(draft, part);
	}
}

/* --------------------------------------------------------------- references */

void draft_name_known(const struct settings *settings, const struct section *section,
		      const char *wrong, char *text, size_t cap)
{
	size_t count = view_count(settings, section), at = 0, told = 0;
	struct suggestion best = {0};
	char known[512] = "", nearest[VIEW_TITLE_BYTES] = "";

	for (size_t i = 0; i < count; i++) {
		const char *name = view_name(settings, section, i);
		char title[VIEW_TITLE_BYTES];

		if (!*name) {
			continue;
		}
		suggest_consider(&best, slice_str(wrong), name);
		view_title(section, name, title, sizeof(title));
		if (at + strlen(title) + sizeof(", [], ...") < sizeof(known)) {
			at += (size_t)snprintf(known + at, sizeof(known) - at, "%s[%s]",
					       at ? ", " : "", title);
		} else if (at && known[at - 1] != '.') {
			at += (size_t)snprintf(known + at, sizeof(known) - at, ", ...");
		}
		told++;
	}
	if (best.name) {
		view_title(section, best.name, nearest, sizeof(nearest));
	}
	(void)snprintf(text, cap, "%s%s%s%s%s", best.name ? "; did you mean [" : "", nearest,
		       best.name ? "]?"
		       : told	 ? ";"
				 : "",
		       told == 0   ? ""
		       : told == 1 ? " there is "
				   : " there are ",
		       known);
}

static void check_reference(struct draft *draft, const struct part *part, const struct row *row)
{
	const struct section *section = table_find_section(row->refers);
	char name[VALUE_TEXT_BYTES], known[768];

	value_print(row, draft_target(draft, part), name, sizeof(name));
	if (view_find(draft->settings, section, name) == SIZE_MAX) {
		draft_name_known(draft->settings, section, name, known, sizeof(known));
		report_mistake_at(&draft->report, part_place(part, row->key),
				  "%s = %s: there is no [%s:%s]%s", row->key, quote(name).text,
				  section->name, name, known);
	}
}

/* ---------------------------------------------------------------- scenarios */

static void check_star(struct draft *draft, const struct part *part)
{
	size_t hub = table_row_index(table_find_row("scenario", "hub"));

	if (!part->lines[hub]) {
		report_mistake_at(&draft->report, part_place(part, "topology"),
				  "[scenario:%s] is a star and has no hub; give the drone_id of "
				  "its hub, for example: hub = %s",
				  part->name, table_rows[hub].example);
	}
}

static void check_mesh(struct draft *draft, const struct part *part)
{
	for (size_t i = 0; i < table_row_count; i++) {
		if (table_rows[i].star_only && part->lines[i]) {
			report_mistake_at(
				&draft->report, part_row_place(part, i),
				"%s is for a star, and [scenario:%s] is a mesh; write topology = "
				"star, or take %s out",
				table_rows[i].key, part->name, table_rows[i].key);
		}
	}
}

static void check_scenario(struct draft *draft, const struct part *part)
{
	const struct scenario_config *scenario = draft_target(draft, part);
	size_t topology = table_row_index(table_find_row("scenario", "topology"));
	size_t simulator = table_row_index(table_find_row("scenario", "simulator"));
	char known[768];

	if (part->bad[topology]) {
		/* what it was to be is not known */
	} else if (scenario->topology == TOPOLOGY_STAR) {
		check_star(draft, part);
	} else {
		check_mesh(draft, part);
	}
	if (!draft->incomplete && !part->lines[simulator] &&
	    view_find(draft->settings, table_find_section("simulator"), "") == SIZE_MAX) {
		draft_name_known(draft->settings, table_find_section("simulator"), "", known,
				 sizeof(known));
		report_mistake_at(&draft->report, part->place,
				  "[scenario:%s] names no simulator, and all have names here; "
				  "write simulator = NAME%s",
				  part->name, known);
	}
}

/* ---------------------------------------------------------------------- all */

static void check_rows(struct draft *draft, const struct part *part)
{
	for (size_t i = 0; i < table_row_count; i++) {
		const struct row *row = &table_rows[i];

		if (strcmp(row->section, part->section->name) != 0) {
			continue;
		}
		if (row->required && !part->lines[i]) {
			report_mistake_at(&draft->report, part->place,
					  "[%s:%s] has no %s; for example: %s = %s", row->section,
					  part->name, row->key, row->key, row->example);
		}
		if (row->refers && part->lines[i] && !part->bad[i] && !draft->incomplete) {
			check_reference(draft, part, row);
		}
	}
}

static void check_part(struct draft *draft, const struct part *part)
{
	check_rows(draft, part);
	switch (part->section->target) {
	case TARGET_LISTENER:
		check_listener(draft, part);
		break;
	case TARGET_SIMULATOR:
		check_simulator(draft, part);
		break;
	case TARGET_SCENARIO:
		check_scenario(draft, part);
		break;
	case TARGET_SETTINGS:
		break;
	}
}

void draft_check(struct draft *draft)
{
	bool listens = false;

	for (size_t i = 0; i < draft->part_count; i++) {
		check_part(draft, &draft->parts[i]);
		listens |= draft->parts[i].section->target == TARGET_LISTENER;
	}
	if (!listens && !draft->incomplete) {
		report_mistake(&draft->report, 0, "no [listen:NAME] section: nobody could connect");
	}
	check_rules(draft);
	draft_check_access(draft);
}
