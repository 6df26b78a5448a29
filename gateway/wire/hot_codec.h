/* The hot messages by hand: send, transmit, result, delivery, send_report, and presence that
 * goes to many.
 * Single pass, in place, without allocation: what is read are slices of the
 * bytes given; what is written goes straight behind buf_tail.
 *
 * Readers take the body of one message (without envelope) and return 0, or -1
 * for what a protobuf parser must refuse and for what only a hostile peer
 * writes: a singular sub-message (Link, Everyone) twice. Singular scalars given
 * twice: the last counts. Unknown fields are skipped. Strings are checked to
 * be UTF-8 without NUL. An enum value that this version does not know: what a drone
 * reads has zero instead; a send is HOT_REFUSED; in a result it comes back as it is.
 *
 * Writers append one whole frame with its length prefix (but where they say that it is a part)
 * and return 0, or -1
 * when memory is out (nothing appended then). */
#ifndef UAV_WIRE_HOT_CODEC_H
#define UAV_WIRE_HOT_CODEC_H

#include "base/buf.h"
#include "core/message.h"
#include "wire/frame.h"

#define EVENT_MAX_ENTRIES 1024 /* of a list, in one frame */
#define EVENT_MAX_HOPS 8       /* of one delivery or outcome */

enum hot_status {
	HOT_OK = 0,
	HOT_BAD = -1,	  /* malformed: the connection cannot go on */
	HOT_REFUSED = -2, /* well formed, but an enum value or a string is not allowed */
};

/* --- drone <-> gateway --- */

enum hot_status hot_read_send(struct slice body, struct request_send *send);
int hot_write_send(struct buf *out, uint32_t ref, const struct request_send *send)
	__attribute__((warn_unused_result));

/* `hops` takes up to `max_hops`; more than that is HOT_BAD. */
enum hot_status hot_read_delivery(struct slice body, struct event_delivery *delivery,
				  struct hop *hops, size_t max_hops);

/* The delivery up to its hops, as a message without prefix and envelope: the part
 * that is the same for every receiver. Appended to `out`. */
int hot_write_delivery_body(struct buf *out, const struct event_delivery *delivery)
	__attribute__((warn_unused_result));
/* The whole frame from that part and the hops. */
int hot_write_delivery(struct buf *out, uint32_t ref, struct slice body, const struct hop *hops,
		       size_t hop_count) __attribute__((warn_unused_result));

/* The whole frame at once, for a single receiver. */
int hot_write_whole_delivery(struct buf *out, uint32_t ref, const struct event_delivery *delivery)
	__attribute__((warn_unused_result));

/* Steps through a send_report: one outcome at a time, its hops in the caller's
 * array. hot_report_begin checks the whole outer message first, and says `more`. */
struct hot_report {
	struct wire_reader cursor;
	bool more;
};
enum hot_status hot_report_begin(struct slice body, struct hot_report *report);
/* 1: *outcome is the next one (its hops in `hops`); 0: no more; -1: malformed, more
 * hops than `max_hops`, or something in it is not allowed. */
int hot_report_next(struct hot_report *report, struct target_outcome *outcome, struct hop *hops,
		    size_t max_hops) __attribute__((warn_unused_result));

/* Writes outcomes from report->outcomes into one frame of at most `max_frame`
 * bytes (length prefix not counted). *taken is how many went in; the frame's
 * `more` is set when not all did, else it is report->more. At most
 * EVENT_MAX_ENTRIES go in. An outcome too large for a frame of its own, or with more
 * than EVENT_MAX_HOPS hops, goes in without them. */
int hot_write_send_report(struct buf *out, uint32_t ref, const struct event_send_report *report,
			  uint32_t max_frame, size_t *taken) __attribute__((warn_unused_result));

/* Presence for many readers: its entries, encoded once, of which each reader gets all from one
 * of them on. */
struct presence_bytes {
	const uint8_t *ends; /* of the entries: where each ends in `entries`, 4 bytes each */
	size_t count;
	struct slice entries;
};

/* Puts the entries into `room`, which is empty, in a form of their own: see
 * hot_presence_bytes. At least one. */
int hot_write_presence_entries(struct buf *room, const struct presence_entry *entries, size_t count)
	__attribute__((warn_unused_result));
/* What stands in that room. */
struct presence_bytes hot_presence_bytes(struct slice room, size_t count);
/* The body of a message of the entries from number `from` on. */
struct slice hot_presence_tail(const struct presence_bytes *bytes, size_t from);
/* What stands before that body when it makes one frame, of at most HOT_HEAD_MAX bytes; 0: the
 * frame would be larger than `max_frame`. */
#define HOT_HEAD_MAX 12
size_t hot_presence_head(uint8_t *head, size_t body_size, uint32_t max_frame);
/* The same in frames of at most `max_frame` bytes. */
int hot_write_presence(struct buf *out, const struct presence_bytes *bytes, size_t from,
		       uint32_t max_frame) __attribute__((warn_unused_result));

/* --- gateway <-> simulator --- */

/* `receivers` takes up to `max_receivers` (body.size is always enough). */
enum hot_status hot_read_transmit(struct slice body, struct sim_transmit *transmit,
				  uint32_t *receivers, size_t max_receivers);
int hot_write_transmit(struct buf *out, const struct sim_transmit *transmit)
	__attribute__((warn_unused_result));

/* The id of the result whose frame begins with `bytes`, as every known writer has it; 0 when it
 * does not look like one. A hint: nothing is checked. */
uint64_t hot_result_hint(struct slice bytes);

/* Steps through a result. hot_result_begin checks the whole outer message. */
struct hot_result {
	uint64_t id;
	bool more;
	struct wire_reader cursor;
};
enum hot_status hot_result_begin(struct slice body, struct hot_result *result);
/* 1: *reception is the next one; 0: no more; -1: malformed. */
int hot_result_next(struct hot_result *result, struct reception *reception)
	__attribute__((warn_unused_result));
/* The whole frame. A simulator cuts long answers itself, by `more`. */
int hot_write_result(struct buf *out, uint64_t id, const struct reception *receptions, size_t count,
		     bool more) __attribute__((warn_unused_result));

/* --- the numbers of a hop --- */

struct link_numbers {
	uint32_t delay_us, propagation_ns, airtime_us;
	float tx_power_dbm, rx_power_dbm, path_loss_db, snr_db, sinr_db, packet_error_rate,
		doppler_hz, distance_m;
	enum line_of_sight line_of_sight;
	uint32_t bit_errors;
};

/* As a drone reads it. HOT_OK, HOT_BAD (malformed), HOT_REFUSED (a number that is not
 * finite, a packet error rate outside 0..1). `numbers` may be NULL: check alone. */
enum hot_status link_read(struct slice bytes, struct link_numbers *numbers);
/* As the gateway checks what a simulator says: an unknown line_of_sight is HOT_REFUSED
 * too. And the numbers that the gateway itself needs, into the reception's: of use with HOT_OK
 * alone. */
enum hot_status link_check(struct slice bytes, struct reception *reception);
/* The message without tag and length, at most LINK_MAX_BYTES. Returns its size. */
#define LINK_MAX_BYTES 96
size_t link_write(uint8_t *at, const struct link_numbers *numbers);

#endif
