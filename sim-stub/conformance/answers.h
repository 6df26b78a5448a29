/* What was asked about transmits, and what the simulator says to it: whether each id is answered
 * once and about the receivers that were asked for, and whether what is said can be true. */
#ifndef SIM_CONFORMANCE_ANSWERS_H
#define SIM_CONFORMANCE_ANSWERS_H

#include "base/slice.h"
#include "core/message.h"
#include "wire/hot_codec.h"

/* Of a `link`, proto/README.md, "Sizes". */
#define ANSWERS_LINK_MAX 128

/* What can be wrong with what is said of one receiver, or worth a word. */
enum blemish {
	BLEMISH_NOT_FINITE,
	BLEMISH_ERROR_RATE,
	BLEMISH_ENUM,
	BLEMISH_LINK,
	BLEMISH_DELAY,
	BLEMISH_DISTANCE,
	BLEMISH_OUTCOME,
	BLEMISH_PAYLOAD,
	BLEMISH_PLAIN_CORRUPTED, /* CORRUPTED, and the payload is the one that was sent */
	BLEMISH_REASON,		 /* of what is not LOST */
	BLEMISH_ALTERED,	 /* DELIVERED with another payload */
	BLEMISH_NO_LINK,
	BLEMISH_COUNT
};

/* Of all that has been said since the beginning. */
struct blemishes {
	uint64_t receptions;
	uint64_t count[BLEMISH_COUNT];
	char first[BLEMISH_COUNT][200]; /* the first of a kind */
};

/* What becomes of one transmit at one receiver. */
struct fate {
	uint32_t receiver;
	bool unknown; /* nobody has told of this receiver, or of the transmitter: need not be here
		       */
	unsigned times;
	uint32_t outcome, reason, valid_for_us;
	bool has_link;
	uint8_t link_size;
	uint8_t link[ANSWERS_LINK_MAX];
	struct link_numbers numbers; /* zeros where there are none that can be read */
	size_t payload_size;	     /* 0: not altered */
	uint64_t payload_digest;
};

struct transmit_asked {
	struct slice payload;
	size_t first, count; /* of the fates */
	size_t next;	     /* where the next reception is looked for first */
	size_t place;	     /* the how manieth to be asked for */
	bool asked, done;
};

struct answers {
	struct transmit_asked *asked;
	size_t cap; /* transmits there may be */
	struct fate *fates;
	size_t fate_count, fate_cap;
	uint64_t first_id;
	size_t asked_count, done_count;
	size_t out_of_order;	/* answered before one that was asked for earlier */
	size_t frames, longest; /* of results; receptions in one of them */
	struct blemishes *blemishes;
};

/* Room for so many transmits, with so many receivers in all. False: memory is out. Ids are those
 * from `first_id` on. */
bool answers_init(struct answers *answers, struct blemishes *blemishes, uint64_t first_id,
		  size_t transmits, size_t receivers) __attribute__((warn_unused_result));
void answers_fini(struct answers *answers);

/* The transmit whose number is `key` (from 0) is going to be asked for; gives it its id. Its
 * payload must stay where it is. `unknown`: there is no such transmitter, or scenario. */
void answers_expect(struct answers *answers, size_t key, struct sim_transmit *transmit,
		    bool unknown);
/* This receiver of it is not known to the simulator. */
void answers_excuse(struct answers *answers, size_t key, uint32_t receiver);

/* Takes the body of a result. False, and `fault` as a sentence without a stop, when it answers what
 * was not asked. */
bool answers_take(struct answers *answers, struct slice body, char *fault, size_t size)
	__attribute__((warn_unused_result));

static inline bool answers_complete(const struct answers *answers)
{
	return answers->done_count == answers->asked_count;
}

/* The first transmit that is not answered, by its number; SIZE_MAX: none. */
size_t answers_missing(const struct answers *answers);

/* The fate at the receiver that was asked for as number `at` (from 0). */
static inline const struct fate *answers_fate(const struct answers *answers, size_t key, size_t at)
{
	return &answers->fates[answers->asked[key].first + at];
}

/* Whether both are the same to the last bit; else `how` is a sentence: "snr_db 3.5, then 3.25". */
bool fate_same(const struct fate *a, const struct fate *b, char *how, size_t size);

#endif
