/* What the gateway writes: events as lines. The first sign of a line tells what it is. */
#include "front/text_parts.h"

#include "base/utf8.h"
#include "front/text_put.h"

#include <inttypes.h>
#include <strings.h>

static void put(struct text *text, const char *words)
{
	text_put(text, slice_str(words));
}

/* ------------------------------------------------------------------ to be let in */

static void write_challenge(struct text *text, const struct event *event)
{
	if (!event->nonce.size) {
		put(text, "? who are you? register|ID\n");
		return;
	}
	put(text, "? challenge ");
	for (size_t i = 0; i < event->nonce.size; i++) {
		text_print(text, "%02x", event->nonce.data[i]);
	}
	put(text, "\n");
}

static void write_welcome(struct text *text, const struct event *event)
{
	const struct event_welcome *welcome = &event->welcome;

	put(text, "* welcome ");
	text_name(text, welcome->drone_id);
	text_print(text, " (online: %" PRIu32 ", say something every %.0f s, help tells more)\n",
		   welcome->online, welcome->idle_timeout_ms / 1000.0);
}

/* -------------------------------------------------------------------- scenarios */

static void write_chosen(struct text *text, const struct event *event)
{
	const struct scenario_entry *chosen = event->chosen;

	if (!chosen) {
		put(text, "* you are in no scenario\n");
		return;
	}
	put(text, "* you are in ");
	text_name(text, chosen->name);
	text_print(text, " (%s, drones: %" PRIu32 ")", topology_name(chosen->topology),
		   chosen->drones);
	if (!chosen->available) {
		put(text, ", not available: ");
		text_text(text, chosen->message, SIZE_MAX);
	}
	put(text, "\n");
}

static void write_scenario(struct text *text, const struct scenario_entry *entry)
{
	put(text, "- ");
	text_name(text, entry->name);
	text_print(text, " %s %" PRIu32 "/%" PRIu32 " ", topology_name(entry->topology),
		   entry->drones, entry->max_drones);
	if (entry->available) {
		put(text, "available");
	} else {
		put(text, "unavailable (");
		text_text(text, entry->message, SIZE_MAX);
		put(text, ")");
	}
	if (entry->description.size) {
		put(text, " ");
		text_text(text, entry->description, SIZE_MAX);
	}
	put(text, "\n");
}

static void write_scenarios(struct text *text, const struct event *event)
{
	for (size_t i = 0; i < event->scenarios.count; i++) {
		write_scenario(text, &event->scenarios.entries[i]);
	}
	if (!event->scenarios.more) {
		put(text, "- .\n");
	}
}

/* ----------------------------------------------------------------------- drones */

static void put_position(struct text *text, const struct position *position)
{
	const struct geodetic *at = &position->geodetic;

	switch (position->frame) {
	case POSITION_UNKNOWN:
		put(text, "-");
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
	put(text, "- ");
	text_name(text, entry->drone_id);
	put(text, " ");
	text_name(text, entry->callsign);
	put(text, " ");
	text_name(text, entry->scenario.size ? entry->scenario : slice_str("-"));
	text_print(text, " %" PRIu64 " %" PRIu64 " ", entry->online_ms / 1000,
		   entry->idle_ms / 1000);
	put_position(text, &entry->position);
	put(text, "\n");
}

static void write_drones(struct text *text, const struct event *event)
{
	for (size_t i = 0; i < event->drones.count; i++) {
		write_drone(text, &event->drones.entries[i]);
	}
	if (!event->drones.more) {
		put(text, "- .\n");
	}
}

/* --------------------------------------------------------------------- presence */

static void write_renamed(struct text *text, const struct presence_entry *entry)
{
	put(text, "* ");
	text_name(text, entry->drone_id);
	put(text, " is ");
	text_name(text, entry->callsign);
	put(text, slice_equal(entry->drone_id, entry->callsign) ? " again\n" : " now\n");
}

static void write_moved(struct text *text, const struct presence_entry *entry)
{
	put(text, "* ");
	text_name(text, entry->callsign);
	if (entry->scenario.size) {
		put(text, " entered ");
		text_name(text, entry->scenario);
		put(text, "\n");
	} else {
		put(text, " is in no scenario\n");
	}
}

static void write_hub(struct text *text, const struct presence_entry *entry)
{
	put(text, "* ");
	text_name(text, entry->callsign);
	put(text, ", the hub of ");
	text_name(text, entry->scenario);
	put(text, entry->what == PRESENCE_WHAT_HUB_UP ? ", is up\n" : ", is down\n");
}

static void write_entry(struct text *text, const struct presence_entry *entry)
{
	switch (entry->what) {
	case PRESENCE_WHAT_ONLINE:
		put(text, "* ");
		text_name(text, entry->callsign);
		put(text, " is here\n");
		break;
	case PRESENCE_WHAT_OFFLINE:
		put(text, "* ");
		text_name(text, entry->callsign);
		text_print(text, " is gone (%s)\n", goodbye_name(entry->reason));
		break;
	case PRESENCE_WHAT_RENAMED:
		write_renamed(text, entry);
		break;
	case PRESENCE_WHAT_SCENARIO:
		write_moved(text, entry);
		break;
	case PRESENCE_WHAT_HUB_UP:
	case PRESENCE_WHAT_HUB_DOWN:
		write_hub(text, entry);
		break;
	case PRESENCE_WHAT_UNSPECIFIED:
	case PRESENCE_WHAT_COUNT:
		break;
	}
}

/* The lines of what others are told as well, made once: all of them, but those of who came before
 * this reader. */
static struct slice presence_lines(struct text *text, const struct event *event)
{
	const struct event_presence *presence = &event->presence;
	struct encoded *room = front_room(event->encoded, &front_text);
	struct slice lines;

	if (!front_has_kept(room, &front_text, EVENT_PRESENCE)) {
		struct buf out = front_lend_room(room);
		struct text all = {.out = &out};

		for (size_t i = 0; i < presence->before + presence->count; i++) {
			write_entry(&all, &presence->entries[i - presence->before]);
		}
		front_take_back(room, &front_text, EVENT_PRESENCE, &out);
		if (all.failed) {
			room->size = 0;
			text->failed = true;
		}
	}
	lines = slice_of(room->data, room->size);
	for (size_t i = 0; i < presence->before && lines.size; i++) {
		const uint8_t *end = memchr(lines.data, '\n', lines.size);
		size_t size = (size_t)(end - lines.data) + 1;

		lines = slice_of(lines.data + size, lines.size - size);
	}
	return lines;
}

static void write_presence(struct text *text, const struct event *event)
{
	const struct event_presence *presence = &event->presence;

	if (presence->missed) {
		text_print(text,
			   "* missed %" PRIu32 " of those who came and went: who lists them\n",
			   presence->missed);
	}
	if (event->encoded) {
		text_put(text, presence_lines(text, event));
		return;
	}
	for (size_t i = 0; i < presence->count; i++) {
		write_entry(text, &presence->entries[i]);
	}
}

bool text_lend(const struct event *event, uint32_t max_line, struct lent *lent)
{
	struct text text = {0};

	(void)max_line; /* no line of these is long */
	if (event->kind != EVENT_PRESENCE || !event->encoded || event->presence.missed) {
		return false;
	}
	lent->head_size = 0;
	lent->tail = presence_lines(&text, event);
	return lent->tail.size > 0;
}

/* --------------------------------------------------------------------- messages */

static bool ends_in(struct slice text, const char *end)
{
	size_t size = strlen(end);

	return text.size >= size &&
	       strncasecmp((const char *)text.data + text.size - size, end, size) == 0;
}

/* Nothing said, text/..., and what is written as text: application/json, ...+xml. */
static bool says_text(struct slice type)
{
	return type.size == 0 ||
	       (type.size > 5 && strncasecmp((const char *)type.data, "text/", 5) == 0) ||
	       ends_in(type, "json") || ends_in(type, "xml");
}

/* A line is no longer than a message may be: what control characters would make longer is not
 * shown. In front of it stand names and numbers, never as much as this. */
enum { TEXT_AROUND_MAX = 1024 };

static void put_shown(struct text *text, const struct event_delivery *delivery, uint32_t max_line)
{
	size_t head = buf_size(text->out);
	size_t most = max_line > 2 * TEXT_AROUND_MAX ? max_line - TEXT_AROUND_MAX : max_line / 2;

	if (says_text(delivery->content_type)) {
		if (text_text(text, delivery->payload, most)) {
			return;
		}
		buf_truncate(text->out, head);
	}
	text_print(text, "(%zu bytes", delivery->payload.size);
	if (delivery->content_type.size) {
		put(text, " of ");
		text_name(text, delivery->content_type);
	}
	put(text, ")");
}

/* Of a message to many, made once: all who read text have lines of the same length. */
static void put_payload(struct text *text, const struct event *event, uint32_t max_line)
{
	struct encoded *room;

	if (!event->encoded) {
		put_shown(text, &event->delivery, max_line);
		return;
	}
	room = front_room(event->encoded, &front_text);
	if (!front_has_kept(room, &front_text, EVENT_DELIVERY)) {
		struct buf out = front_lend_room(room);
		struct text once = {.out = &out};

		put_shown(&once, &event->delivery, max_line);
		front_take_back(room, &front_text, EVENT_DELIVERY, &out);
		text->failed |= once.failed;
		room->size = once.failed ? 0 : room->size;
	}
	text_put(text, slice_of(room->data, room->size));
}

static void write_delivery(struct text *text, const struct event *event, uint32_t max_line)
{
	const struct event_delivery *delivery = &event->delivery;

	put(text, "<");
	text_drone(text, delivery->sender);
	if (delivery->to.size) {
		put(text, "|");
		text_name(text, delivery->to);
	}
	put(text, "> ");
	text_hops(text, delivery->hops, delivery->hop_count);
	put(text, " ");
	put_payload(text, event, max_line);
	put(text, "\n");
}

static void write_outcome(struct text *text, const struct target_outcome *outcome)
{
	put(text, "= ");
	text_drone(text, outcome->drone_id);
	text_print(text, " %s", outcome_name(outcome->outcome));
	if (outcome->outcome == OUTCOME_LOST) {
		text_print(text, " (%s)", reason_name(outcome->reason));
	}
	if (outcome->hop_count) {
		put(text, " ");
		text_hops(text, outcome->hops, outcome->hop_count);
	}
	put(text, "\n");
}

/* To many: those whom it did not reach, and last how many have it. */
static void write_report(struct text *text, const struct event *event)
{
	const struct event_send_report *report = &event->report;

	for (size_t i = 0; i < report->count; i++) {
		if (!report->to_many || report->outcomes[i].outcome != OUTCOME_DELIVERED) {
			write_outcome(text, &report->outcomes[i]);
		}
	}
	if (report->to_many && !report->more && !report->count && !report->delivered) {
		put(text, "= nobody else is there\n");
	} else if (report->to_many && !report->more) {
		text_print(text, "= %" PRIu32 " DELIVERED\n", report->delivered);
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
		put(text, "* ");
		text_put(text, slice_of(line, strcspn(line, "\n")));
		put(text, "\n");
	}
}

/* IAC WONT TIMING-MARK (RFC 860): whether it will or not, telnet shows again what comes. */
static void write_mark(struct text *text)
{
	put(text, "\xff\xfc\x06");
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
		put(text, "! BAD_REQUEST a line with Ctrl-C in it, or with a letter that telnet "
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
	put(text, remedy(event->error.code));
	put(text, "\n");
}

static void write_goodbye(struct text *text, const struct event *event)
{
	text_print(text, "* goodbye %s ", goodbye_name(event->goodbye.reason));
	text_text(text, event->goodbye.message, SIZE_MAX);
	if (event->goodbye.retry_after_ms) {
		text_print(text, "; come again in %" PRIu32 " ms", event->goodbye.retry_after_ms);
	}
	put(text, "\n");
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
		put(text, "* done\n");
		break;
	case EVENT_PRESENCE:
		write_presence(text, event);
		break;
	case EVENT_DELIVERY:
		write_delivery(text, event, max_line);
		break;
	case EVENT_SEND_REPORT:
		write_report(text, event);
		break;
	case EVENT_ERROR:
		write_error(text, event);
		break;
	case EVENT_GOODBYE:
		write_goodbye(text, event);
		break;
	case EVENT_PING:
		put(text, "? still there? any line answers, an empty one too\n");
		break;
	case EVENT_PONG:
		put(text, "* pong\n");
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
