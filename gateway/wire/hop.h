/* Hop, the part that delivery and send_report share. */
#ifndef UAV_WIRE_HOP_H
#define UAV_WIRE_HOP_H

#include "wire/hot_codec.h"

#define HOPS_FIELD 15 /* number of `hops`, in both messages */

/* Hops as they are found in a message, in the caller's array. */
struct hop_list {
	struct hop *hops;
	size_t count, max;
};

/* Reads one Hop to the end of the list, as a drone does: enum values of a later version
 * are zero. HOT_BAD also when the list is full. */
enum hot_status hop_list_read(struct hop_list *list, struct slice bytes);

/* Bytes of the hops as fields of a message, tags and lengths included. */
size_t hops_size(const struct hop *hops, size_t count);
/* Not less than that, and quicker to tell. */
size_t hops_most(const struct hop *hops, size_t count);
uint8_t *hops_put(uint8_t *at, const struct hop *hops, size_t count);

#endif
