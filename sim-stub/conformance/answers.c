#include "conformance/answers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "conformance/link_check.h"

bool answers_init(struct answers *answers, struct blemishes *blemishes, uint64_t first_id,
		  size_t transmits, size_t receivers)
{
	*answers = (struct answers){
		.asked = calloc(transmits, sizeof(*answers->asked)),
		.cap = transmits,
		.fates = calloc(receivers, sizeof(*answers->fates)),
		.fate_cap = receivers,
		.first_id = first_id,
		.blemishes = blemishes,
	};
	return answers->asked && answers->fates;
}

void answers_fini(struct answers *answers)
{
	free(answers->asked);
	free(answers->fates);
	*answers = (struct answers){0};
}

void answers_expect(struct answers *answers, size_t key, struct sim_transmit *transmit,
		    bool unknown)
{
	struct transmit_asked *asked = &answers->asked[key];

	if (key >= answers->cap ||
	    answers->fate_count + transmit->receiver_count > answers->fate_cap) {
		abort(); /* a check that asks for more than it has made room for */
	}
	transmit->id = answers->first_id + key;
	*asked = (struct transmit_asked){
		.payload = transmit->payload,
		.first = answers->fate_count,
		.count = transmit->receiver_count,
		.place = answers->asked_count++,
		.asked = true,
	};
	for (size_t i = 0; i < transmit->receiver_count; i++) {
		answers->fates[answers->fate_count++] =
			(struct fate){.receiver = transmit->receivers[i], .unknown = unknown};
	}
}

/* Looked for from where the last one was found on: answers mostly have the order that was asked
 * for. */
static struct fate *find_fate(struct answers *answers, struct transmit_asked *asked,
			      uint32_t receiver)
{
	for (size_t i = 0; i < asked->count; i++) {
		size_t at = (asked->next + i) % asked->count;
		struct fate *fate = &answers->fates[asked->first + at];

		if (fate->receiver == receiver) {
			asked->next = (at + 1) % asked->count;
			return fate;
		}
	}
	return NULL;
}

void answers_excuse(struct answers *answers, size_t key, uint32_t receiver)
{
	struct fate *fate = find_fate(answers, &answers->asked[key], receiver);

	if (fate) {
		fate->unknown = true;
	}
}

/* ---------------------------------------------------------------- taking */

static uint64_t digest(struct slice bytes)
{
	static const struct hash_key key = {1, 2};

	return hash_bytes(&key, bytes);
}

static void keep(struct fate *fate, const struct reception *reception)
{
	fate->outcome = reception->outcome;
	fate->reason = reception->reason;
	fate->valid_for_us = reception->valid_for_us;
	fate->has_link = reception->link.data != NULL;
	fate->link_size = (uint8_t)(reception->link.size < sizeof(fate->link) ? reception->link.size
									      : sizeof(fate->link));
	if (reception->link.data) {
		memcpy(fate->link, reception->link.data, fate->link_size);
	}
	fate->payload_size = reception->payload.size;
	fate->payload_digest = digest(reception->payload);
}

static bool take_reception(struct answers *answers, struct transmit_asked *asked,
			   const struct reception *reception, char *fault, size_t size)
{
	struct fate *fate = find_fate(answers, asked, reception->receiver);

	if (!fate) {
		snprintf(fault, size,
			 "a result about node %" PRIu32 ", which that transmit was not to",
			 reception->receiver);
		return false;
	}
	if (fate->times++ > 0) {
		snprintf(fault, size, "node %" PRIu32 " answered for twice in the result of one id",
			 reception->receiver);
		return false;
	}
	keep(fate, reception);
	link_check_reception(answers->blemishes, reception, asked->payload, &fate->numbers);
	return true;
}

static bool finish(struct answers *answers, struct transmit_asked *asked, char *fault, size_t size)
{
	asked->done = true;
	answers->out_of_order += asked->place != answers->done_count;
	answers->done_count++;
	for (size_t i = 0; i < asked->count; i++) {
		const struct fate *fate = &answers->fates[asked->first + i];

		if (fate->times == 0 && !fate->unknown) {
			snprintf(fault, size,
				 "the result of transmit %zu without node %" PRIu32
				 ", which is known and was asked for",
				 asked->place + 1, fate->receiver);
			return false;
		}
	}
	return true;
}

static bool take_receptions(struct answers *answers, struct transmit_asked *asked,
			    struct hot_result *result, char *fault, size_t size)
{
	struct reception reception;
	size_t count = 0;
	int got;

	while ((got = hot_result_next(result, &reception)) == 1) {
		count++;
		if (!take_reception(answers, asked, &reception, fault, size)) {
			return false;
		}
	}
	answers->frames++;
	answers->longest = count > answers->longest ? count : answers->longest;
	if (got < 0) {
		snprintf(fault, size, "a reception that is not protobuf");
		return false;
	}
	return result->more || finish(answers, asked, fault, size);
}

bool answers_take(struct answers *answers, struct slice body, char *fault, size_t size)
{
	struct hot_result result;
	struct transmit_asked *asked;
	uint64_t key;

	if (hot_result_begin(body, &result) != HOT_OK) {
		snprintf(fault, size, "a result that is not protobuf");
		return false;
	}
	key = result.id - answers->first_id;
	asked = key < answers->cap ? &answers->asked[key] : NULL;
	if (!asked || !asked->asked) {
		snprintf(fault, size, "a result with id %" PRIu64 ", which nothing asked for",
			 result.id);
		return false;
	}
	if (asked->done) {
		snprintf(fault, size, "a second result for transmit %zu, whose answer was complete",
			 asked->place + 1);
		return false;
	}
	return take_receptions(answers, asked, &result, fault, size);
}

size_t answers_missing(const struct answers *answers)
{
	size_t missing = SIZE_MAX;

	for (size_t key = 0; key < answers->cap; key++) {
		const struct transmit_asked *asked = &answers->asked[key];

		if (asked->asked && !asked->done && asked->place < missing) {
			missing = asked->place;
		}
	}
	return missing;
}

/* ------------------------------------------------------------- comparing */

bool fate_same(const struct fate *a, const struct fate *b, char *how, size_t size)
{
	if (a->times != b->times) {
		snprintf(how, size, "%s, then %s", a->times ? "answered" : "left out",
			 b->times ? "answered" : "left out");
		return false;
	}
	if (a->outcome != b->outcome || a->reason != b->reason) {
		snprintf(how, size, "%s %s, then %s %s", outcome_name((enum outcome)a->outcome),
			 reason_name((enum reason)a->reason),
			 outcome_name((enum outcome)b->outcome),
			 reason_name((enum reason)b->reason));
		return false;
	}
	if (a->has_link != b->has_link || a->link_size != b->link_size ||
	    memcmp(a->link, b->link, a->link_size) != 0) {
		link_check_difference(slice_of(a->link, a->link_size),
				      slice_of(b->link, b->link_size), how, size);
		return false;
	}
	if (a->payload_size != b->payload_size || a->payload_digest != b->payload_digest) {
		snprintf(how, size, "altered in one way, then in another");
		return false;
	}
	if (a->valid_for_us != b->valid_for_us) {
		snprintf(how, size, "valid_for_us %" PRIu32 ", then %" PRIu32, a->valid_for_us,
			 b->valid_for_us);
		return false;
	}
	return true;
}
