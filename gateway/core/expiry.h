/* Deadlines of messages: one queue for each length of time there is, so that a message goes to
 * the end of one and comes from its head. There are as many lengths as the
 * configuration names, a handful. */
#ifndef UAV_CORE_EXPIRY_H
#define UAV_CORE_EXPIRY_H

#include "base/list.h"

#include <stdint.h>

struct message;
struct expiry_class;

struct expiry {
	struct expiry_class *classes;
};

void expiry_fini(struct expiry *expiry);

/* Makes sure that expiry_add with this length works. 0, or -1 when memory is out. */
int expiry_reserve(struct expiry *expiry, uint32_t after_ms) __attribute__((warn_unused_result));
/* Drops the lengths that no message has and that were not reserved since the last call. */
void expiry_sweep(struct expiry *expiry);

/* The message's deadline is `after_ms` from now; that length was reserved. A message that has
 * one gets a new one. */
void expiry_add(struct expiry *expiry, struct message *message, uint64_t now_us, uint32_t after_ms);

/* The message with the earliest deadline, or NULL. Taken out by list_remove of its
 * `deadline`. */
struct message *expiry_first(const struct expiry *expiry);

#endif
