#include "cli/console.h"
#include "cli/console_print.h"
#include "cli/escape.h"

#include <inttypes.h>

enum { UNDELIVERED_TOLD_MAX = 10 }; /* targets of one message, a line each */

static bool is_json(const struct console *console)
{
	return console->dialogue.options->json;
}

static struct slice own_id(const struct console *console)
{
	return slice_str(console->dialogue.options->id);
}

/* ------------------------------------------------------------------- place */

static void keep_place(struct console *console, const struct scenario_entry *entry)
{
	console->placed = entry != NULL;
	if (entry) {
		standing_take(&console->standing, entry);
		console_words_add(&console->directory.scenarios, entry->name);
	}
}

void console_tell_place(struct console *console, const struct scenario_entry *entry)
{
	FILE *out = console_out(console);

	if (!is_json(console)) {
		console_print_place(out, entry);
	} else if (entry) {
		console->dialogue.printer->joined(out, own_id(console), entry);
	}
	keep_place(console, entry);
}

/* What was not asked for: the operator has changed something, or the simulator. */
static void tell_change(struct console *console, const struct scenario_entry *now)
{
	bool same =
		console->placed && (!now || slice_equal(now->name, console->standing.entry.name));

	if (!same) {
		console_tell_place(console, now);
		return;
	}
	console->dialogue.printer->changed(console_out(console), own_id(console),
					   &console->standing, now);
	keep_place(console, now);
}

/* ----------------------------------------------------------------- presence */

static void note_presence(struct console *console, const struct presence_entry *entry)
{
	if (entry->what == PRESENCE_WHAT_OFFLINE) {
		console_directory_remove(&console->directory, entry->drone_id);
		console_forget_sender(console, entry->drone_id);
	} else {
		console_directory_put(&console->directory, entry->drone_id, entry->callsign);
	}
}

static void tell_missed(struct console *console, uint32_t count)
{
	const struct event_presence missed = {.missed = count};
	FILE *out = console_out(console);

	if (is_json(console)) {
		console->dialogue.printer->presence(out, &missed);
	} else {
		(void)fprintf(out,
			      "* missed %" PRIu32 " of those who came and went: who lists them\n",
			      count);
	}
}

static void tell_presence(struct console *console, const struct event_presence *presence)
{
	for (size_t i = 0; i < presence->count; i++) {
		const struct event_presence one = {.entries = &presence->entries[i], .count = 1};
		bool own = slice_equal(one.entries->drone_id, own_id(console));

		if (!own && is_json(console)) {
			console->dialogue.printer->presence(console_out(console), &one);
		} else if (!own) {
			console_print_presence(console_out(console), &console->directory,
					       one.entries);
		}
		note_presence(console, one.entries);
	}
	if (presence->missed) {
		tell_missed(console, presence->missed);
		console_refresh(console, CONSOLE_WHO);
	}
}

/* ------------------------------------------------------------------ messages */

static void tell_delivery(struct console *console, const struct event_delivery *delivery)
{
	console_words_add(&console->directory.groups, delivery->to);
	if (is_json(console)) {
		console->dialogue.printer->delivery(console_out(console), delivery);
	}
	if (!console_take_file(console, delivery) && !is_json(console)) {
		console_print_delivery(console_out(console), &console->directory, delivery);
	}
}

static void count_outcome(struct console *console, struct console_request *request,
			  const struct target_outcome *outcome)
{
	bool delivered = outcome->outcome == OUTCOME_DELIVERED;

	if (outcome->outcome < OUTCOME_COUNT) {
		request->counts[outcome->outcome]++;
	}
	request->targets++;
	request->undelivered += !delivered;
	console->undelivered |= !delivered;
}

/* "= 48 DELIVERED, 2 LOST" */
static void tell_sum(struct console *console, const struct console_request *request)
{
	FILE *out = console_out(console);
	const char *parting = "= ";

	if (request->targets == 0) {
		(void)fputs("= nobody else is there\n", out);
		return;
	}
	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		if (request->counts[i]) {
			(void)fprintf(out, "%s%" PRIu32 " %s", parting, request->counts[i],
				      outcome_name((enum outcome)i));
			parting = ", ";
		}
	}
	(void)fputc('\n', out);
}

static void tell_report(struct console *console, struct console_request *request,
			const struct event_send_report *report)
{
	bool alone = !request->begun && report->count == 1 && !report->more;

	request->begun = true;
	for (size_t i = 0; i < report->count; i++) {
		const struct target_outcome *outcome = &report->outcomes[i];

		count_outcome(console, request, outcome);
		if (is_json(console)) {
			console->dialogue.printer->outcome(console_out(console), request->message,
							   outcome);
		} else if (alone || (outcome->outcome != OUTCOME_DELIVERED &&
				     request->undelivered <= UNDELIVERED_TOLD_MAX)) {
			console_print_outcome(console_out(console), &console->directory, outcome);
		}
	}
	if (!report->more) {
		console->undelivered |= request->targets == 0;
		if (!alone && !is_json(console)) {
			tell_sum(console, request);
		}
	}
}

/* --------------------------------------------------------------------- lists */

static void tell_drones(struct console *console, struct console_request *request,
			const struct event_drones *drones)
{
	const struct printer *printer = console->dialogue.printer;
	bool whole = request->name[0] == '\0'; /* everyone, not a scenario's members */

	if (whole && !request->begun) {
		console_directory_clear(&console->directory);
	}
	if (!request->begun && !request->quiet) {
		printer->drones_begin(&request->table);
	}
	request->begun = true;
	for (size_t i = 0; i < drones->count; i++) {
		const struct drone_entry *drone = &drones->entries[i];

		console_directory_put(&console->directory, drone->drone_id, drone->callsign);
		if (!request->quiet) {
			printer->drone(console_out(console), &request->table, drone);
		}
	}
	if (!drones->more && !request->quiet) {
		printer->list_end(console_out(console), &request->table);
	}
}

static void tell_scenarios(struct console *console, struct console_request *request,
			   const struct event_scenarios *scenarios)
{
	const struct printer *printer = console->dialogue.printer;

	if (!request->begun) {
		console->directory.scenarios.count = 0;
	}
	if (!request->begun && !request->quiet) {
		printer->scenarios_begin(&request->table);
	}
	request->begun = true;
	for (size_t i = 0; i < scenarios->count; i++) {
		console_words_add(&console->directory.scenarios, scenarios->entries[i].name);
		if (!request->quiet) {
			printer->scenario(console_out(console), &request->table,
					  &scenarios->entries[i]);
		}
	}
	if (!scenarios->more && !request->quiet) {
		printer->list_end(console_out(console), &request->table);
	}
}

/* ------------------------------------------------------------------- answers */

static void tell_done(struct console *console, const struct console_request *request)
{
	struct slice name = slice_str(request->name);
	FILE *out = console_out(console);

	if (request->verb == CONSOLE_JOIN) {
		console_words_add(&console->directory.groups, name);
	}
	if (is_json(console)) {
		return;
	}
	(void)fputs("* ", out);
	switch (request->verb) {
	case CONSOLE_RENAME:
		(void)fputs("you are ", out);
		console_print_label(out, name.size ? name : own_id(console));
		(void)fputs(name.size ? " now" : " again", out);
		break;
	case CONSOLE_JOIN:
	case CONSOLE_LEAVE:
		(void)fputs(request->verb == CONSOLE_JOIN ? "you are in group "
							  : "you are no more in group ",
			    out);
		console_print_label(out, name);
		break;
	default:
		(void)fputs("done", out);
		break;
	}
	(void)fputc('\n', out);
}

static const char *doing(enum console_verb verb)
{
	static const char *const words[] = {
		[CONSOLE_WHO] = "who",
		[CONSOLE_SCENARIOS] = "scenarios",
		[CONSOLE_SCENARIO] = "scenario",
		[CONSOLE_RENAME] = "rename",
		[CONSOLE_TO] = "to",
		[CONSOLE_ALL] = "all",
		[CONSOLE_GROUP] = "group",
		[CONSOLE_JOIN] = "join",
		[CONSOLE_LEAVE] = "leave",
		[CONSOLE_MOVE] = "move",
		[CONSOLE_PING] = "ping",
		[CONSOLE_QUIT] = NULL,
	};

	return words[verb] ? words[verb] : "console";
}

/* What to type. What is wrong, the gateway says. */
static const char *advice(enum error_code code)
{
	switch (code) {
	case ERROR_NAME_TAKEN:
		return "; choose another name";
	case ERROR_NO_SUCH_SCENARIO:
	case ERROR_SCENARIO_UNAVAILABLE:
	case ERROR_SCENARIO_FULL:
		return "; scenarios lists them";
	case ERROR_NO_SCENARIO:
		return "; scenario NAME joins one, scenarios lists them";
	case ERROR_NO_ORIGIN:
		return "; move EAST NORTH UP is local";
	case ERROR_SCENARIO_NOT_ALLOWED:
		return "; choose another, or ask the operator for this one";
	default:
		return "";
	}
}

static void tell_error(struct console *console, const struct console_request *request,
		       const struct event_error *error)
{
	dialogue_print_error(console_err(console), request ? doing(request->verb) : "console",
			     error, advice(error->code));
	console->refused = true;
}

/* Whether more of the answer is to come. */
static bool tell_answer(struct console *console, struct console_request *request,
			const struct event *event)
{
	switch (event->kind) {
	case EVENT_DRONES:
		tell_drones(console, request, &event->drones);
		return event->drones.more;
	case EVENT_SCENARIOS:
		tell_scenarios(console, request, &event->scenarios);
		return event->scenarios.more;
	case EVENT_SEND_REPORT:
		tell_report(console, request, &event->report);
		return event->report.more;
	case EVENT_SCENARIO_CHOSEN:
		console_tell_place(console, event->chosen);
		break;
	case EVENT_ERROR:
		tell_error(console, request, &event->error);
		break;
	case EVENT_PONG:
		if (!is_json(console)) {
			(void)fputs("* pong\n", console_out(console));
		}
		break;
	default:
		tell_done(console, request);
		break;
	}
	return false;
}

static void take_answer(struct console *console, const struct event *event)
{
	struct console_request *request = console_requests_find(&console->requests, event->ref);

	if (request) {
		if (!tell_answer(console, request, event)) {
			console_requests_remove(&console->requests, request);
		}
	} else if (event->kind == EVENT_ERROR) {
		tell_error(console, NULL, &event->error);
	} else if (event->kind == EVENT_SEND_REPORT) {
		/* of a message that was given up */
		struct console_request late = {.ref = event->ref};

		tell_report(console, &late, &event->report);
	} else if (event->kind == EVENT_SCENARIO_CHOSEN) {
		tell_change(console, event->chosen);
	}
}

void console_take_event(struct console *console, const struct event *event)
{
	switch (event->kind) {
	case EVENT_DELIVERY:
		tell_delivery(console, &event->delivery);
		break;
	case EVENT_PRESENCE:
		tell_presence(console, &event->presence);
		break;
	case EVENT_COUNT: /* there is room, or a key */
		break;
	default:
		if (!console_file_answer(console, event)) {
			take_answer(console, event);
		}
		break;
	}
}
