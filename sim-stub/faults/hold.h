/* Answers to one gateway that are held back: until a time, or until there are so many that they
 * can be mixed; or until there is no room for more of them. */
#ifndef SIM_FAULTS_HOLD_H
#define SIM_FAULTS_HOLD_H

#include "base/buf.h"

#define HOLD_BYTES_MAX (16u << 20) /* of what is held, what keeps it included */

struct held;

/* Answers in the order in which they go out. */
struct held_list {
	struct held *first, *last; /* NULL: empty */
};

struct hold {
	/* Private. */
	struct held_list late;	/* by their time */
	struct held_list mixed; /* by rank */
	size_t mixed_count;
	uint64_t mixed_due_us; /* of the first that came; 0: the window is full */
	size_t bytes;	       /* of memory, of all that is held */
};

void hold_init(struct hold *hold);
void hold_fini(struct hold *hold);

/* Holds a copy back until `due_us`. 0, or -1 when memory is out. */
int hold_late(struct hold *hold, struct slice answer, uint64_t due_us)
	__attribute__((warn_unused_result));
/* Holds a copy back until there are `window` of them, or until `due_us`; then all are due, the one
 * of the least rank first. 0, or -1 when memory is out. */
int hold_mix(struct hold *hold, struct slice answer, uint32_t rank, size_t window, uint64_t due_us)
	__attribute__((warn_unused_result));

/* Appends what is due to `out`; and, when more than HOLD_BYTES_MAX is held, those that are mixed,
 * and of those that are late the first ones, up to that. So who releases after each answer that it
 * holds back never has to wait for room. 0, or -1 when memory is out. */
int hold_release(struct hold *hold, uint64_t now_us, struct buf *out)
	__attribute__((warn_unused_result));
/* When something is due next; UINT64_MAX: nothing is held. */
uint64_t hold_due_us(const struct hold *hold);

static inline size_t hold_bytes(const struct hold *hold)
{
	return hold->bytes;
}

#endif
