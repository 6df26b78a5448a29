#include "front/front.h"

static const struct front *const fronts[] = {
	&front_protobuf,
	&front_text,
};

struct encoded *front_room(struct encoded *encoded, const struct front *front)
{
	struct encoded *room = encoded;

	while (room->owner != front && room->other) {
		room = room->other;
	}
	for (; room->owner != front && encoded; encoded = encoded->other) {
		if (!encoded->owner) {
			return encoded;
		}
	}
	return room;
}

bool front_has_kept(const struct encoded *room, const struct front *front, enum event_kind kind)
{
	return room->size > 0 && room->owner == front && room->kind == (int)kind;
}

struct buf front_lend_room(const struct encoded *room)
{
	return (struct buf){.data = room->data, .cap = room->cap};
}

void front_take_back(struct encoded *room, const struct front *front, enum event_kind kind,
		     const struct buf *buf)
{
	room->owner = front;
	room->kind = (int)kind;
	room->data = buf->data;
	room->size = buf_size(buf);
	room->cap = buf->cap;
}

const struct front *front_find(const char *name)
{
	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
		if (strcmp(fronts[i]->name, name) == 0) {
			return fronts[i];
		}
	}
	return NULL;
}
