/* Who offends too often is banned for a while. Two kinds of offence are counted so: an id that
 * changes hands all the time (two drones that carry the same id by mistake take it from each
 * other for ever, each time at the cost of a connection and of presence for all), and tries to
 * go by an id that fail.
 *
 * The rule, for each key by itself:
 * - The first offence opens a window. Offences that come less than its length after its opening
 *   count with it; the first one at its end or later opens the next window, and is the
 *   first of that.
 * - The offence that makes them `limit` in one window bans the key, from that moment on and for
 *   `ban_us`, whatever is set later.
 * - An offence that is told of during a ban changes nothing about it.
 * - When the ban is over nothing is left of it: the next offence is the first of a new
 *   window.
 *
 * At most `cap` keys are remembered. One more, and one is forgotten: whose ban is over; else, of
 * those that are not banned, whose last offence is the longest ago; else who was banned first.
 * When memory is out a new key is not remembered. */
#ifndef UAV_CORE_BANS_H
#define UAV_CORE_BANS_H

#include "base/hash.h"
#include "base/list.h"

#define BANS_KEY_BYTES 64

struct ban_rule {
	uint32_t limit; /* offences; 0: nothing is noted, a ban that there is goes on */
	uint64_t window_us, ban_us;
};

struct ban;

/* Must not move once it is initialised. */
struct bans {
	struct ban *entries; /* `cap` of them, NULL before the first offence */
	uint32_t used, cap;
	struct hash keys;
	struct list recency; /* not banned; the one that offended longest ago first */
	struct list banned;  /* in the order of the bans */
};

/* Allocates nothing yet. */
void bans_init(struct bans *bans, struct hash_key key, uint32_t cap);
void bans_fini(struct bans *bans);

/* One offence by `key`, of at most BANS_KEY_BYTES, at `now_us` on a clock that does not go
 * back. True: it has begun a ban. */
bool bans_note(struct bans *bans, struct slice key, uint64_t now_us, const struct ban_rule *rule);

/* How long `key` is banned yet; 0: it is not. */
uint64_t bans_left_us(const struct bans *bans, struct slice key, uint64_t now_us);

#endif
