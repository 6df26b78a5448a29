/* Messages and what became of them, as lines. */
#include "front/text_parts.h"

#include <inttypes.h>
#include <strings.h>

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
		text_words(text, " of ");
		text_name(text, delivery->content_type);
	}
	text_words(text, ")");
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

void text_delivery(struct text *text, const struct event *event, uint32_t max_line)
{
	const struct event_delivery *delivery = &event->delivery;

	text_words(text, "<");
	text_drone(text, delivery->sender);
	if (delivery->to.size) {
		text_words(text, "|");
		text_name(text, delivery->to);
	}
	text_words(text, "> ");
	text_hops(text, delivery->hops, delivery->hop_count);
	text_words(text, " ");
	put_payload(text, event, max_line);
	text_words(text, "\n");
}

static void write_outcome(struct text *text, const struct target_outcome *outcome)
{
	text_words(text, "= ");
	text_drone(text, outcome->drone_id);
	text_print(text, " %s", outcome_name(outcome->outcome));
	if (outcome->outcome == OUTCOME_LOST) {
		text_print(text, " (%s)", reason_name(outcome->reason));
	}
	if (outcome->hop_count) {
		text_words(text, " ");
		text_hops(text, outcome->hops, outcome->hop_count);
	}
	text_words(text, "\n");
}

/* To many: those whom it did not reach, and last how many have it. */
void text_report(struct text *text, const struct event *event)
{
	const struct event_send_report *report = &event->report;

	for (size_t i = 0; i < report->count; i++) {
		if (!report->to_many || report->outcomes[i].outcome != OUTCOME_DELIVERED) {
			write_outcome(text, &report->outcomes[i]);
		}
	}
	if (report->to_many && !report->more && !report->count && !report->delivered) {
		text_words(text, "= nobody else is there\n");
	} else if (report->to_many && !report->more) {
		text_print(text, "= %" PRIu32 " DELIVERED\n", report->delivered);
	}
}
