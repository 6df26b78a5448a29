/* Who comes and goes, as lines: made once for all who read them. */
#include "front/text_parts.h"

#include <inttypes.h>

static void write_renamed(struct text *text, const struct presence_entry *entry)
{
	text_words(text, "* ");
	text_name(text, entry->drone_id);
	text_words(text, " is ");
	text_name(text, entry->callsign);
	text_words(text, slice_equal(entry->drone_id, entry->callsign) ? " again\n" : " now\n");
}

static void write_moved(struct text *text, const struct presence_entry *entry)
{
	text_words(text, "* ");
	text_name(text, entry->callsign);
	if (entry->scenario.size) {
		text_words(text, " entered ");
		text_name(text, entry->scenario);
		text_words(text, "\n");
	} else {
		text_words(text, " is in no scenario\n");
	}
}

static void write_hub(struct text *text, const struct presence_entry *entry)
{
	text_words(text, "* ");
	text_name(text, entry->callsign);
	text_words(text, ", the hub of ");
	text_name(text, entry->scenario);
	text_words(text, entry->what == PRESENCE_WHAT_HUB_UP ? ", is up\n" : ", is down\n");
}

static void write_entry(struct text *text, const struct presence_entry *entry)
{
	switch (entry->what) {
	case PRESENCE_WHAT_ONLINE:
		text_words(text, "* ");
		text_name(text, entry->callsign);
		text_words(text, " is here\n");
		break;
	case PRESENCE_WHAT_OFFLINE:
		text_words(text, "* ");
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
	const struct presence_entry *entries = presence->entries - presence->before;
	struct encoded *room = front_room(event->encoded, &front_text);
	struct slice lines;

	if (!front_has_kept(room, &front_text, EVENT_PRESENCE)) {
		struct buf out = front_lend_room(room);
		struct text all = {.out = &out};

		for (size_t i = 0; i < presence->before + presence->count; i++) {
			write_entry(&all, &entries[i]);
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

void text_presence(struct text *text, const struct event *event)
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
