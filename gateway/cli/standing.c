#include "cli/standing.h"

#include "base/utf8.h"

static struct slice keep(char *room, size_t size, struct slice text)
{
	text = utf8_cut(text, size);
	if (text.size) {
		memcpy(room, text.data, text.size);
	}
	return slice_of(room, text.size);
}

void standing_take(struct standing *standing, const struct scenario_entry *entry)
{
	struct scenario_entry *own = &standing->entry;

	*own = *entry;
	own->name = keep(standing->name, sizeof(standing->name), entry->name);
	own->hub = keep(standing->hub, sizeof(standing->hub), entry->hub);
	own->description =
		keep(standing->description, sizeof(standing->description), entry->description);
	own->message = keep(standing->message, sizeof(standing->message), entry->message);
}

enum scenario_change standing_change(const struct standing *standing,
				     const struct scenario_entry *now)
{
	const struct scenario_entry *before = &standing->entry;

	if (!now) {
		return SCENARIO_REMOVED;
	}
	if (now->available != before->available) {
		return now->available ? SCENARIO_AVAILABLE : SCENARIO_UNAVAILABLE;
	}
	if (!now->available && !slice_equal(now->message, before->message)) {
		return SCENARIO_UNAVAILABLE;
	}
	return SCENARIO_CHANGED;
}
