/* Ids that change hands all the time: two drones that carry the same id by mistake take
 * it from each other for ever, each time at the cost of a connection and of presence for
 * all. Such an id is banned for a while.
 *
 * The rule, for each id by itself:
 * - The first takeover opens a window of FLAPPING_WINDOW_US. Takeovers less than that
 *   after the window's opening count with it; the first one at its end or later opens the
 *   next window, and is the first of that.
 * - The takeover that makes them more than `max_per_minute` in one window bans the id,
 *   from that moment on and for `ban_ms`, whatever is set later.
 * - A takeover that is told of during a ban changes nothing about it.
 * - When the ban is over nothing is left of it: the next takeover is the first of a new
 *   window.
 *
 * At most `cap` ids are remembered. One more, and one is forgotten: whose ban is over; else, of
 * those that are not banned, whose last takeover is the longest ago; else who was banned first.
 * When memory is out a new id is not remembered. */
#ifndef UAV_CORE_FLAPPING_H
#define UAV_CORE_FLAPPING_H

#include "base/hash.h"
#include "base/list.h"
#include "core/name.h"

#define FLAPPING_WINDOW_US (60u * 1000000u)

struct flapping_entry;

/* Must not move once it is initialised. */
struct flapping {
	struct flapping_entry *entries; /* `cap` of them, NULL before the first takeover */
	uint32_t used, cap;
	struct hash ids;
	struct list recency; /* least recently taken over first */
	struct list banned;  /* in the order of the bans */
};

/* Allocates nothing yet. */
void flapping_init(struct flapping *flapping, struct hash_key key, uint32_t cap);
void flapping_fini(struct flapping *flapping);

/* One takeover of `id`, at `now_us` on a clock that does not go back. With
 * max_per_minute 0 nothing is noted; a ban that there is goes on. */
void flapping_takeover(struct flapping *flapping, const struct name *id, uint64_t now_us,
		       uint32_t max_per_minute, uint32_t ban_ms);

/* How long `id` is banned yet; 0: it is not. */
uint64_t flapping_banned_us(const struct flapping *flapping, struct slice id, uint64_t now_us);

#endif
