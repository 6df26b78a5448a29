/* The hot codec held to protobuf-c. One body is read by both; they must agree on
 * whether it may be used and on every field; then what our writer makes of it
 * is read by both again.
 *
 * An enum value that the schema does not know: zero in what a drone reads, refused in a
 * send. Where they may differ, both ways: a packet error rate outside 0..1 is not allowed
 * for us, fine for the schema. In a result an unknown outcome or reason and a bad Link
 * are told per reception and refuse nothing; each Link is then compared by itself. */
#ifndef UAV_TESTS_HOT_DIFFERENTIAL_H
#define UAV_TESTS_HOT_DIFFERENTIAL_H

#include "channel.pb-c.h"
#include "drone.pb-c.h"
#include "wire/frame.h"
#include "wire/hot_codec.h"
#include "wire/schema.h"

enum hot_kind { HOT_SEND, HOT_DELIVERY, HOT_REPORT, HOT_TRANSMIT, HOT_RESULT, HOT_KINDS };

/* Bounds: no body that the tests bring is larger. */
enum { DIFF_BODY_MAX = 4096, DIFF_HOPS_MAX = DIFF_BODY_MAX / 2, DIFF_ENTRIES_MAX = 64 };

/* One body as we read it, with the arrays that it points to. */
struct hot_ours {
	struct request_send send;
	struct event_delivery delivery;
	struct event_send_report report;
	struct sim_transmit transmit;
	struct hot_result result;
	struct reception receptions[DIFF_ENTRIES_MAX];
	struct target_outcome outcomes[DIFF_ENTRIES_MAX];
	size_t count;
	bool too_many; /* entries for these arrays: comparison is given up */
	struct hop hops[DIFF_HOPS_MAX];
	uint32_t receivers[DIFF_BODY_MAX];
};

static const ProtobufCMessageDescriptor *const hot_descriptors[HOT_KINDS] = {
	[HOT_SEND] = &uav__relay__v1__send__descriptor,
	[HOT_DELIVERY] = &uav__relay__v1__delivery__descriptor,
	[HOT_REPORT] = &uav__relay__v1__send_report__descriptor,
	[HOT_TRANSMIT] = &uav__channel__v1__transmit__descriptor,
	[HOT_RESULT] = &uav__channel__v1__result__descriptor,
};

/* ----------------------------------------------------------------- our side */

static enum hot_status diff_read_report(struct slice body, struct hot_ours *ours)
{
	struct hot_report report;
	size_t used = 0;
	int next;

	ours->count = 0;
	if (hot_report_begin(body, &report) != HOT_OK) {
		return HOT_BAD;
	}
	for (;;) {
		struct target_outcome outcome;

		next = hot_report_next(&report, &outcome, ours->hops + used, DIFF_HOPS_MAX - used);
		if (next <= 0) {
			break;
		}
		if (ours->count == DIFF_ENTRIES_MAX) {
			ours->too_many = true;
			break;
		}
		used += outcome.hop_count;
		ours->outcomes[ours->count++] = outcome;
	}
	ours->report = (struct event_send_report){
		.outcomes = ours->outcomes, .count = ours->count, .more = report.more};
	return next < 0 ? HOT_BAD : HOT_OK;
}

static enum hot_status diff_read_result(struct slice body, struct hot_ours *ours)
{
	struct hot_result result;
	int next;

	ours->count = 0;
	if (hot_result_begin(body, &ours->result) != HOT_OK) {
		return HOT_BAD;
	}
	result = ours->result;
	for (;;) {
		struct reception reception;

		next = hot_result_next(&result, &reception);
		if (next <= 0) {
			break;
		}
		if (ours->count == DIFF_ENTRIES_MAX) {
			ours->too_many = true;
			break;
		}
		ours->receptions[ours->count++] = reception;
	}
	return next < 0 ? HOT_BAD : HOT_OK;
}

static enum hot_status diff_read(enum hot_kind kind, struct slice body, struct hot_ours *ours)
{
	switch (kind) {
	case HOT_SEND:
		return hot_read_send(body, &ours->send);
	case HOT_DELIVERY:
		return hot_read_delivery(body, &ours->delivery, ours->hops, DIFF_HOPS_MAX);
	case HOT_REPORT:
		return diff_read_report(body, ours);
	case HOT_TRANSMIT:
		return hot_read_transmit(body, &ours->transmit, ours->receivers, DIFF_BODY_MAX);
	default:
		return diff_read_result(body, ours);
	}
}

/* Writes it again, as one frame. */
static int diff_write(enum hot_kind kind, const struct hot_ours *ours, struct buf *out)
{
	size_t taken;

	switch (kind) {
	case HOT_SEND:
		return hot_write_send(out, 0, &ours->send);
	case HOT_DELIVERY:
		return hot_write_whole_delivery(out, 0, &ours->delivery);
	case HOT_REPORT:
		return hot_write_send_report(out, 0, &ours->report, 4 * DIFF_BODY_MAX, &taken);
	case HOT_TRANSMIT:
		return hot_write_transmit(out, &ours->transmit);
	default:
		return hot_write_result(out, ours->result.id, ours->receptions, ours->count,
					ours->result.more);
	}
}

/* ------------------------------------------------------------------ the same */

static bool same_text(struct slice ours, const char *theirs)
{
	return slice_equal(ours, slice_str(theirs));
}

static bool same_bytes(struct slice ours, ProtobufCBinaryData theirs)
{
	return slice_equal(ours, slice_of(theirs.data, theirs.len));
}

/* Theirs is as it came, ours zero where this version does not know it. */
static bool same_value(unsigned ours, int theirs, unsigned count)
{
	return ours == wire_known_value((uint32_t)theirs, count);
}

/* To the bit: -0 is not 0. */
static bool same_float(float ours, float theirs)
{
	uint32_t a, b;

	memcpy(&a, &ours, sizeof(a));
	memcpy(&b, &theirs, sizeof(b));
	return a == b;
}

static bool same_link(const struct link_numbers *ours, const Uav__Relay__V1__Link *theirs)
{
	return ours->delay_us == theirs->delay_us &&
	       ours->propagation_ns == theirs->propagation_ns &&
	       ours->airtime_us == theirs->airtime_us &&
	       same_float(ours->tx_power_dbm, theirs->tx_power_dbm) &&
	       same_float(ours->rx_power_dbm, theirs->rx_power_dbm) &&
	       same_float(ours->path_loss_db, theirs->path_loss_db) &&
	       same_float(ours->snr_db, theirs->snr_db) &&
	       same_float(ours->sinr_db, theirs->sinr_db) &&
	       same_float(ours->packet_error_rate, theirs->packet_error_rate) &&
	       same_float(ours->doppler_hz, theirs->doppler_hz) &&
	       same_float(ours->distance_m, theirs->distance_m) &&
	       same_value(ours->line_of_sight, (int)theirs->line_of_sight,
			  LINE_OF_SIGHT_NLOS + 1) &&
	       ours->bit_errors == theirs->bit_errors;
}

static bool same_hop(const struct hop *ours, const Uav__Relay__V1__Hop *theirs)
{
	struct link_numbers numbers;

	if ((ours->link.data != NULL) != (theirs->link != NULL)) {
		return false;
	}
	if (theirs->link &&
	    (link_read(ours->link, &numbers) != HOT_OK || !same_link(&numbers, theirs->link))) {
		return false;
	}
	return same_text(ours->transmitter, theirs->transmitter) &&
	       same_text(ours->receiver, theirs->receiver) &&
	       same_value(ours->outcome, (int)theirs->outcome, OUTCOME_COUNT) &&
	       same_value(ours->reason, (int)theirs->reason, REASON_COUNT) &&
	       same_value(ours->source, (int)theirs->source, SOURCE_COUNT) &&
	       ours->late_by_us == theirs->late_by_us;
}

static bool same_hops(const struct hop *ours, size_t count, Uav__Relay__V1__Hop *const *theirs,
		      size_t their_count)
{
	if (count != their_count) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!same_hop(&ours[i], theirs[i])) {
			return false;
		}
	}
	return true;
}

static bool same_send(const struct request_send *ours, const Uav__Relay__V1__Send *theirs)
{
	bool to = false;

	switch (theirs->to_case) {
	case UAV__RELAY__V1__SEND__TO_DRONE:
		to = ours->to == SEND_TO_DRONE && same_text(ours->name, theirs->drone);
		break;
	case UAV__RELAY__V1__SEND__TO_GROUP:
		to = ours->to == SEND_TO_GROUP && same_text(ours->name, theirs->group);
		break;
	case UAV__RELAY__V1__SEND__TO_EVERYONE:
		to = ours->to == SEND_TO_EVERYONE;
		break;
	default:
		to = ours->to == SEND_TO_NOBODY;
		break;
	}
	return to && same_bytes(ours->payload, theirs->payload) &&
	       same_text(ours->content_type, theirs->content_type) &&
	       (int)ours->report == (int)theirs->report;
}

static bool same_delivery(const struct event_delivery *ours, const Uav__Relay__V1__Delivery *theirs)
{
	return same_text(ours->sender, theirs->sender) && same_text(ours->to, theirs->to) &&
	       ours->sequence == theirs->sequence && same_bytes(ours->payload, theirs->payload) &&
	       same_text(ours->content_type, theirs->content_type) &&
	       ours->sent_at_us == theirs->sent_at_us &&
	       same_hops(ours->hops, ours->hop_count, theirs->hops, theirs->n_hops);
}

static bool same_report(const struct event_send_report *ours,
			const Uav__Relay__V1__SendReport *theirs)
{
	if (ours->count != theirs->n_outcomes || ours->more != theirs->more) {
		return false;
	}
	for (size_t i = 0; i < ours->count; i++) {
		const struct target_outcome *a = &ours->outcomes[i];
		const Uav__Relay__V1__TargetOutcome *b = theirs->outcomes[i];

		if (!same_text(a->drone_id, b->drone_id) ||
		    !same_value(a->outcome, (int)b->outcome, OUTCOME_COUNT) ||
		    !same_value(a->reason, (int)b->reason, REASON_COUNT) ||
		    !same_hops(a->hops, a->hop_count, b->hops, b->n_hops)) {
			return false;
		}
	}
	return true;
}

static bool same_transmit(const struct sim_transmit *ours, const Uav__Channel__V1__Transmit *theirs)
{
	if (ours->receiver_count != theirs->n_receivers) {
		return false;
	}
	for (size_t i = 0; i < ours->receiver_count; i++) {
		if (ours->receivers[i] != theirs->receivers[i]) {
			return false;
		}
	}
	return ours->id == theirs->id && ours->scenario == theirs->scenario &&
	       ours->transmitter == theirs->transmitter && ours->origin == theirs->origin &&
	       ours->sequence == theirs->sequence && same_bytes(ours->payload, theirs->payload) &&
	       ours->sent_at_us == theirs->sent_at_us;
}

static bool same_reception(const struct reception *ours, const Uav__Channel__V1__Reception *theirs)
{
	if ((ours->link.data != NULL) != (theirs->link != NULL)) {
		return false;
	}
	if (ours->link_ok && ours->delay_us != theirs->link->delay_us) {
		return false;
	}
	return ours->receiver == theirs->receiver && ours->outcome == (uint32_t)theirs->outcome &&
	       ours->reason == (uint32_t)theirs->reason &&
	       ours->valid_for_us == theirs->valid_for_us &&
	       ours->altered == (theirs->payload.len > 0) &&
	       same_bytes(ours->payload, theirs->payload);
}

static bool same_result(const struct hot_ours *ours, const Uav__Channel__V1__Result *theirs)
{
	if (ours->result.id != theirs->id || ours->result.more != theirs->more ||
	    ours->count != theirs->n_receptions) {
		return false;
	}
	for (size_t i = 0; i < ours->count; i++) {
		if (!same_reception(&ours->receptions[i], theirs->receptions[i])) {
			return false;
		}
	}
	return true;
}

static bool diff_same(enum hot_kind kind, const struct hot_ours *ours,
		      const ProtobufCMessage *theirs)
{
	const void *message = theirs;

	switch (kind) {
	case HOT_SEND:
		return same_send(&ours->send, message);
	case HOT_DELIVERY:
		return same_delivery(&ours->delivery, message);
	case HOT_REPORT:
		return same_report(&ours->report, message);
	case HOT_TRANSMIT:
		return same_transmit(&ours->transmit, message);
	default:
		return same_result(ours, message);
	}
}

/* -------------------------------------------------------------- their verdict */

static bool rate_allowed(const Uav__Relay__V1__Link *link)
{
	return !link || (link->packet_error_rate >= 0 && link->packet_error_rate <= 1);
}

static bool rates_allowed(Uav__Relay__V1__Hop *const *hops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!rate_allowed(hops[i]->link)) {
			return false;
		}
	}
	return true;
}

/* Whether every packet error rate in a message that the schema allows is one. */
static bool diff_rates_allowed(enum hot_kind kind, const ProtobufCMessage *theirs)
{
	if (kind == HOT_DELIVERY) {
		const Uav__Relay__V1__Delivery *delivery = (const void *)theirs;

		return rates_allowed(delivery->hops, delivery->n_hops);
	}
	if (kind == HOT_REPORT) {
		const Uav__Relay__V1__SendReport *report = (const void *)theirs;

		for (size_t i = 0; i < report->n_outcomes; i++) {
			if (!rates_allowed(report->outcomes[i]->hops,
					   report->outcomes[i]->n_hops)) {
				return false;
			}
		}
	}
	return true;
}

/* Whether the check of one Link says what the schema does, and its numbers are those of
 * protobuf-c. */
static bool diff_link_agrees(const struct reception *reception)
{
	const struct slice link = reception->link;
	struct link_numbers numbers;
	Uav__Relay__V1__Link *theirs;
	const char *why;
	enum schema_status schema = schema_check(&uav__relay__v1__link__descriptor, link, &why);
	bool read = link_read(link, &numbers) == HOT_OK, agrees;

	if (schema != SCHEMA_OK && schema != SCHEMA_NEWER) {
		return !reception->link_ok && !read;
	}
	theirs = uav__relay__v1__link__unpack(NULL, link.size, link.data);
	if (!theirs) {
		return false;
	}
	agrees = read == rate_allowed(theirs) && (!read || same_link(&numbers, theirs)) &&
		 reception->link_ok == (read && schema == SCHEMA_OK) &&
		 (!reception->link_ok || reception->delay_us == theirs->delay_us);
	uav__relay__v1__link__free_unpacked(theirs, NULL);
	return agrees;
}

static bool diff_links_agree(const struct hot_ours *ours)
{
	for (size_t i = 0; i < ours->count; i++) {
		if (ours->receptions[i].link.data && !diff_link_agrees(&ours->receptions[i])) {
			return false;
		}
	}
	return true;
}

/* Whether we may take a result that the schema does not: unknown numbers are told per
 * reception, and so is a Link that is malformed. */
static bool diff_told_per_reception(const struct hot_ours *ours, enum schema_status schema)
{
	for (size_t i = 0; schema == SCHEMA_BAD && i < ours->count; i++) {
		if (ours->receptions[i].link.data && !ours->receptions[i].link_ok) {
			return true;
		}
	}
	return schema == SCHEMA_REFUSED;
}

/* A drone takes what a later version adds. */
static enum schema_status diff_check(enum hot_kind kind, struct slice body)
{
	const char *why;
	enum schema_status status = schema_check(hot_descriptors[kind], body, &why);

	if (status == SCHEMA_NEWER) {
		return kind == HOT_DELIVERY || kind == HOT_REPORT ? SCHEMA_OK : SCHEMA_REFUSED;
	}
	return status;
}

/* What both make of the body. NULL: they agree; else what is wrong. *usable: we take
 * it, and `ours` is filled. */
static const char *diff_compare(enum hot_kind kind, struct slice body, struct hot_ours *ours,
				bool *usable)
{
	const char *fault = NULL;
	enum hot_status mine = diff_read(kind, body, ours);
	enum schema_status schema = diff_check(kind, body);
	ProtobufCMessage *theirs = NULL;

	*usable = mine == HOT_OK && !ours->too_many;
	if (ours->too_many) {
		return NULL;
	}
	if (kind == HOT_RESULT && mine == HOT_OK && !diff_links_agree(ours)) {
		return "a Link is not what the schema says";
	}
	if (schema != SCHEMA_OK) {
		if (mine == HOT_OK) {
			return kind == HOT_RESULT && diff_told_per_reception(ours, schema)
				       ? NULL
				       : "we take what the schema does not";
		}
		return kind != HOT_REPORT && (mine == HOT_REFUSED) != (schema == SCHEMA_REFUSED)
			       ? "refused by one, malformed for the other"
			       : NULL;
	}
	theirs = protobuf_c_message_unpack(hot_descriptors[kind], NULL, body.size, body.data);
	if (!theirs) {
		return "the schema takes what protobuf-c does not";
	}
	if (mine == HOT_OK && !diff_same(kind, ours, theirs)) {
		fault = "the fields differ";
	} else if (mine != HOT_OK && diff_rates_allowed(kind, theirs)) {
		fault = "we do not take what the schema takes";
	}
	protobuf_c_message_free_unpacked(theirs, NULL);
	return fault;
}

/* Our writer's frame of `ours` must give both the same again. */
static const char *diff_rewrite(enum hot_kind kind, const struct hot_ours *ours,
				struct hot_ours *again)
{
	const char *fault = "our own frame cannot be read", *why;
	ProtobufCMessage *theirs = NULL;
	struct wire_reader reader;
	struct wire_field field = {0};
	struct slice frame;
	struct buf out;
	bool usable;
	size_t used;

	buf_init(&out);
	if (diff_write(kind, ours, &out) < 0 ||
	    frame_read(buf_slice(&out), UINT32_MAX, &frame, &used, &why) != FRAME_OK ||
	    used != buf_size(&out)) {
		goto done;
	}
	reader = wire_reader_of(frame);
	if (wire_next(&reader, &field) != 1 || wire_type(&field) != WIRE_BYTES ||
	    reader.at != reader.end) {
		goto done;
	}
	fault = diff_compare(kind, field.bytes, again, &usable);
	if (fault) {
		goto done;
	}
	theirs = protobuf_c_message_unpack(hot_descriptors[kind], NULL, field.bytes.size,
					   field.bytes.data);
	if (theirs && (!usable || !diff_same(kind, ours, theirs))) {
		fault = "writing has changed the fields";
	}
done:
	if (theirs) {
		protobuf_c_message_free_unpacked(theirs, NULL);
	}
	buf_fini(&out);
	return fault;
}

/* The writer of reports leaves out the hops of an outcome that has too many. */
static bool diff_keeps_hops(enum hot_kind kind, const struct hot_ours *ours)
{
	for (size_t i = 0; kind == HOT_REPORT && i < ours->count; i++) {
		if (ours->outcomes[i].hop_count > EVENT_MAX_HOPS) {
			return false;
		}
	}
	return true;
}

/* `body` of at most DIFF_BODY_MAX bytes. NULL, or what is wrong. *usable tells whether
 * the body was one that we take. */
static const char *hot_differential(enum hot_kind kind, struct slice body, bool *usable)
{
	static struct hot_ours ours, again;
	const char *fault;

	ours.too_many = again.too_many = false;
	fault = diff_compare(kind, body, &ours, usable);
	if (fault || !*usable || !diff_keeps_hops(kind, &ours)) {
		return fault;
	}
	return diff_rewrite(kind, &ours, &again);
}

#endif
