#include "core/expiry.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/inflight.h"

struct expiry_class {
	struct expiry_class *next;
	struct list messages; /* earliest first: all wait equally long */
	uint32_t after_ms;
	bool reserved;
};

static struct expiry_class *find(const struct expiry *expiry, uint32_t after_ms)
{
	struct expiry_class *class = expiry->classes;

	while (class && class->after_ms != after_ms) {
		class = class->next;
	}
	return class;
}

void expiry_fini(struct expiry *expiry)
{
	while (expiry->classes) {
		struct expiry_class *next = expiry->classes->next;

		free(expiry->classes);
		expiry->classes = next;
	}
}

int expiry_reserve(struct expiry *expiry, uint32_t after_ms)
{
	struct expiry_class *class = find(expiry, after_ms);

	if (!class) {
		class = calloc(1, sizeof(*class));
		if (!class) {
			return -1;
		}
		class->after_ms = after_ms;
		list_init(&class->messages);
		class->next = expiry->classes;
		expiry->classes = class;
	}
	class->reserved = true;
	return 0;
}

void expiry_sweep(struct expiry *expiry)
{
	struct expiry_class **at = &expiry->classes;

	while (*at) {
		struct expiry_class *class = *at;

		if (!class->reserved && list_empty(&class->messages)) {
			*at = class->next;
			free(class);
			continue;
		}
		class->reserved = false;
		at = &class->next;
	}
}

void expiry_add(struct expiry *expiry, struct message *message, uint64_t now_us, uint32_t after_ms)
{
	list_remove(&message->deadline);
	message->deadline_us = now_us + after_ms * 1000ull;
	list_push_back(&find(expiry, after_ms)->messages, &message->deadline);
}

struct message *expiry_first(const struct expiry *expiry)
{
	struct message *first = NULL;

	for (const struct expiry_class *class = expiry->classes; class; class = class->next) {
		struct list *link = list_first(&class->messages);
		struct message *message = link ? LIST_ENTRY(link, struct message, deadline) : NULL;

		if (message && (!first || message->deadline_us < first->deadline_us)) {
			first = message;
		}
	}
	return first;
}
