/* What the gateway writes: events as lines. The first sign of a line tells what it is. */
#include "front/text_parts.h"

#include <inttypes.h>

/* ------------------------------------------------------------------ to be let in */

static void write_challenge(struct text *text, const struct event *event)
{
	if (!event->nonce.size) {
		text_words(text, "? who are you? register|ID\n");
		return;
	}
	text_words(text, "? challenge ");
	for (size_t i = 0; i < event->nonce.size; i++) {
		text_print(text, "%02x", event->nonce.data[i]);
	}
	text_words(text, "\n");
}

static void write_welcome(struct text *text, const struct event *event)
{
	const struct event_welcome *welcome = &event->welcome;

	text_words(text, "* welcome ");
	text_name(text, welcome->drone_id);
	text_print(text, " (online: %" PRIu32 ", say something every %.0f s, help tells more)\n",
		   welcome->online, welcome->idle_timeout_ms / 1000.0);
}

/* -------------------------------------------------------------------- scenarios */

static void write_chosen(struct text *text, const struct event *event)
{
	const struct scenario_entry *chosen = event->chosen;

	if (!chosen) {
		text_words(text, "* you are in no scenario\n");
		return;
	}
	text_words(text, "* you are in ");
	text_name(text, chosen->name);
	text_print(text, " (%s, drones: %" PRIu32 ")", topology_name(chosen->topology),
		   chosen->drones);
	if (!chosen->available) {
		text_words(text, ", not available: ");
		text_text(text, chosen->message, SIZE_MAX);
	}
	text_words(text, "\n");
}

static void write_scenario(struct text *text, const struct scenario_entry *entry)
{
	text_words(text, "- ");
	text_name(text, entry->name);
	text_print(text, " %s %" PRIu32 "/%" PRIu32 " ", topology_name(entry->topology),
		   entry->drones, entry->max_drones);
	if (entry->available) {
		text_words(text, "available");
	} else {
		text_words(text, "unavailable (");
		text_text(text, entry->message, SIZE_MAX);
		text_words(text, ")");
	}
	if (entry->description.size) {
		text_words(text, " ");
		text_text(text, entry->description, SIZE_MAX);
	}
	text_words(text, "\n");
}

static void write_scenarios(struct text *text, const struct event *event)
{
	for (size_t i = 0; i < event->scenarios.count; i++) {
		write_scenario(text, &event->scenarios.entries[i]);
	}
	if (!event->scenarios.more) {
		text_words(text, "- .\n");
	}
}

/* ----------------------------------------------------------------------- drones */

static void put_position(struct text *text, const struct position *position)
{
	const struct geodetic *at = &position->geodetic;

	switch (position->frame) {
	case POSITION_UNKNOWN:
		text_words(text, "-");
		break;
	case POSITION_LOCAL:
		text_print(text, "%.1f %.1f %.1f", (double)position->local.east,
			   (double)position->local.north, (double)position->local.up);
		break;
	case POSITION_GEODETIC:
		text_print(text, "%.7f%c %.7f%c %.1fm",
			   (at->latitude_e7 < 0 ? -1e-7 : 1e-7) * at->latitude_e7,
			   at->latitude_e7 < 0 ? 'S' : 'N',
			   (at->longitude_e7 < 0 ? -1e-7 : 1e-7) * at->longitude_e7,
			   at->longitude_e7 < 0 ? 'W' : 'E', at->altitude_mm / 1000.0);
		break;
	}
}

static void write_drone(struct text *text, const struct drone_entry *entry)
{
	text_words(text, "- ");
	text_name(text, entry->drone_id);
	text_words(text, " ");
	text_name(text, entry->callsign);
	text_words(text, " ");
	text_name(text, entry->scenario.size ? entry->scenario : slice_str("-"));
	text_print(text, " %" PRIu64 " %" PRIu64 " ", entry->online_ms / 1000,
		   entry->idle_ms / 1000);
	put_position(text, &entry->position);
	text_words(text, "\n");
}

static void write_drones(struct text *text, const struct event *event)
{
	for (size_t i = 0; i < event->drones.count; i++) {
		write_drone(text, &event->drones.entries[i]);
	}
	if (!event->drones.more) {
		text_words(text, "- .\n");
	}
}

/* ---------------------------------------------------------------- about the talk */

static const char help[] =
	"who, who|SCENARIO            who is online\n"
	"scenarios                    where one can be\n"
	"scenario|NAME                go there; scenario| leaves\n"
	"rename|NAME                  be called so; rename| takes it back\n"
	"to|NAME|TEXT                 to one drone\n"
	"all|TEXT                     to everyone in the scenario, as a line without a command\n"
	"join|GROUP, leave|GROUP      be in a group or not\n"
	"group|NAME|TEXT              to a group\n"
	"move|EAST|NORTH|UP           where you are: metres from the scenario's origin\n"
	"ping, an empty line          show that you are there\n"
	"register|ID, proof|HEX       who you are, where that is asked\n"
	"quit                         goodbye";

/* Line by line. */
static void write_help(struct text *text)
{
	for (const char *line = help; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		text_words(text, "* ");
		text_put(text, slice_of(line, strcspn(line, "\n")));
		text_words(text, "\n");
	}
}

/* IAC WONT TIMING-MARK (RFC 860): whether it will or not, telnet shows again what comes. */
static void write_mark(struct text *text)
{
	text_words(text, "\xff\xfc\x06");
}

static void write_aside(struct text *text, enum text_aside aside)
{
	switch (aside) {
	case TEXT_HELP:
		write_help(text);
		break;
	case TEXT_MARK:
		write_mark(text);
		break;
	case TEXT_INTERRUPTED:
		write_mark(text);
		text_words(text,
			   "! BAD_REQUEST a line with Ctrl-C in it, or with a letter that telnet "
			   "takes for one: nothing of it is done\n");
		break;
	}
}

/* Where a command helps. */
static const char *remedy(enum error_code code)
{
	switch (code) {
	case ERROR_NO_SCENARIO:
		return ": scenario|NAME";
	case ERROR_NO_SUCH_SCENARIO:
		return ": scenarios lists them";
	default:
		return "";
	}
}

static void write_error(struct text *text, const struct event *event)
{
	text_print(text, "! %s ", error_name(event->error.code));
	text_text(text, event->error.message, SIZE_MAX);
	text_words(text, remedy(event->error.code));
	text_words(text, "\n");
}

static void write_goodbye(struct text *text, const struct event *event)
{
	text_print(text, "* goodbye %s ", goodbye_name(event->goodbye.reason));
	text_text(text, event->goodbye.message, SIZE_MAX);
	if (event->goodbye.retry_after_ms) {
		text_print(text, "; come again in %" PRIu32 " ms", event->goodbye.retry_after_ms);
	}
	text_words(text, "\n");
}

static void write_event(struct text *text, const struct event *event, uint32_t max_line)
{
	switch (event->kind) {
	case EVENT_CHALLENGE:
		write_challenge(text, event);
		break;
	case EVENT_WELCOME:
		write_welcome(text, event);
		break;
	case EVENT_SCENARIOS:
		write_scenarios(text, event);
		break;
	case EVENT_SCENARIO_CHOSEN:
		write_chosen(text, event);
		break;
	case EVENT_DRONES:
		write_drones(text, event);
		break;
	case EVENT_DONE:
		text_words(text, "* done\n");
		break;
	case EVENT_PRESENCE:
		text_presence(text, event);
		break;
	case EVENT_DELIVERY:
		text_delivery(text, event, max_line);
		break;
	case EVENT_SEND_REPORT:
		text_report(text, event);
		break;
	case EVENT_ERROR:
		write_error(text, event);
		break;
	case EVENT_GOODBYE:
		write_goodbye(text, event);
		break;
	case EVENT_PING:
		text_words(text, "? still there? any line answers, an empty one too\n");
		break;
	case EVENT_PONG:
		text_words(text, "* pong\n");
		break;
	case EVENT_ASIDE:
		write_aside(text, (enum text_aside)event->aside);
		break;
	case EVENT_COUNT:
		break;
	}
}

int text_write(struct buf *out, const struct event *event, uint32_t max_line,
	       const struct names *names)
{
	struct text text = {.out = out, .names = names};
	size_t before = buf_size(out);

	write_event(&text, event, max_line);
	if (text.failed) {
		buf_truncate(out, before);
		return -1;
	}
	return 0;
}
