/* Rules that no single row can tell. */
#include "settings/draft.h"
#include "settings/value.h"

#include <inttypes.h>

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
	{"simulator", "idle_timeout_ms", "simulator", "ping_interval_ms", 1, true},
	{"simulator", "backoff_max_ms", "simulator", "backoff_min_ms", 1, false},
	{"simulator", "max_frame_bytes", "limits", "max_frame_bytes", 1, false},
	{"simulator", "max_queued_bytes", "limits", "max_frame_bytes", 1, false},
	{"limits", "max_frame_bytes", "limits", "max_frame_bytes_unregistered", 1, false},
	{"limits", "output_hard_bytes", "limits", "output_soft_bytes", 1, true},
	{"limits", "output_hard_bytes", "limits", "max_frame_bytes", 2, false},
	{"limits", "decode_arena_bytes", "limits", "max_frame_bytes", 2, false},
	{"limits", "max_in_flight", "limits", "max_in_flight_per_drone", 1, false},
	{"limits", "max_in_flight_bytes", "limits", "max_frame_bytes", 1, false},
};

/* A key of an unnamed section: its value, its line (0: left at its default), and
 * whether the value was refused. */
struct known {
	uint64_t value;
	int line;
	bool bad;
};

static struct known look_up(const struct draft *draft, const char *section, const char *key)
{
	const struct part *part = draft_find(draft, section);
	const struct row *row = table_find_row(section, key);
	bool simulator = strcmp(section, "simulator") == 0;
	const void *target = simulator ? (const void *)&draft->settings->simulators[0]
				       : (const void *)draft->settings;
	struct known known = {.value = value_number(row, target)};

	if (part) {
		known.line = part->lines[table_row_index(row)];
		known.bad = part->bad[table_row_index(row)];
	}
	return known;
}

static void check_rule(struct draft *draft, const struct rule *rule)
{
	struct known a = look_up(draft, rule->section, rule->key);
	struct known b = look_up(draft, rule->other_section, rule->other_key);
	char factor[32] = "";

	if (a.bad || b.bad ||
	    (rule->strict ? a.value > b.value : a.value >= b.value * rule->factor)) {
		return;
	}
	if (rule->factor > 1) {
		(void)snprintf(factor, sizeof(factor), "%" PRIu64 " times ", rule->factor);
	}
	report_mistake(&draft->report, a.line ? a.line : b.line,
		       "[%s] %s = %" PRIu64 " must be %s %s[%s] %s = %" PRIu64, rule->section,
		       rule->key, a.value, rule->strict ? "more than" : "at least", factor,
		       rule->other_section, rule->other_key, b.value);
}

static void check_simulator_port(struct draft *draft)
{
	const struct part *part = draft_find(draft, "simulator");
	const struct row *row = table_find_row("simulator", "address");
	int line = part ? part->lines[table_row_index(row)] : 0;

	if (line && !part->bad[table_row_index(row)] &&
	    !draft->settings->simulators[0].address.port) {
		report_mistake(&draft->report, line,
			       "[simulator] address: nobody listens on port 0; give the port that "
			       "the simulator listens on");
	}
}

static void check_required(struct draft *draft, const struct part *part)
{
	for (size_t i = 0; i < table_row_count; i++) {
		const struct row *row = &table_rows[i];

		if (row->required && !part->lines[i] &&
		    strcmp(row->section, part->section->name) == 0) {
			report_mistake(&draft->report, part->line,
				       "[%s:%s] has no %s; for example: %s = %s", row->section,
				       part->name, row->key, row->key, row->example);
		}
	}
}

/* Two listeners on one port, unless the system chooses it. */
static void check_same_address(struct draft *draft, size_t index)
{
	size_t row = table_row_index(table_find_row("listen", "address"));
	const struct part *part = &draft->parts[index];
	const struct listener_settings *mine = draft_target(draft, part);

	for (size_t i = 0; i < index; i++) {
		const struct part *other = &draft->parts[i];
		const struct listener_settings *theirs = draft_target(draft, other);

		if (other->section == part->section && part->lines[row] && other->lines[row] &&
		    !part->bad[row] && !other->bad[row] && mine->address.port &&
		    mine->address.port == theirs->address.port &&
		    strcmp(mine->address.host, theirs->address.host) == 0) {
			report_mistake(&draft->report, part->lines[row],
				       "the address is that of [listen:%s] on line %d already",
				       other->name, other->lines[row]);
			return;
		}
	}
}

void draft_check(struct draft *draft)
{
	bool listens = false;

	for (size_t i = 0; i < draft->part_count; i++) {
		check_required(draft, &draft->parts[i]);
		if (draft->parts[i].section->target == TARGET_LISTENER) {
			listens = true;
			check_same_address(draft, i);
		}
	}
	if (!listens) {
		report_mistake(&draft->report, 0, "no [listen:NAME] section: nobody could connect");
	}
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		check_rule(draft, &rules[i]);
	}
	check_simulator_port(draft);
}
