/* drone.proto <-> the core's messages. The envelope is scanned by hand; hot
 * bodies go to hot_codec, all others through protobuf-c into an arena. Every
 * string is checked (UTF-8, no NUL), every enum known, every float finite,
 * before anything of a message is used. The gateway refuses an enum value that it
 * does not know, a drone takes it for zero. */
#ifndef UAV_WIRE_DRONE_CODEC_H
#define UAV_WIRE_DRONE_CODEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/message.h"
#include "wire/hot_codec.h" /* EVENT_MAX_ENTRIES, EVENT_MAX_HOPS */

enum codec_status {
	CODEC_OK,
	CODEC_BAD, /* malformed; *why says it in words. The connection cannot go on. */
};

/* --- the gateway's side --- */

/* Reads the body of one frame (a ToGateway). CODEC_OK: *request is it; its
 * slices stand in `frame` or in `arena`. What is well formed but not allowed
 * (an unknown body, enum value, a string that is not UTF-8, a number that is not
 * finite) is CODEC_OK with kind REQUEST_REFUSED and the ref kept. CODEC_BAD:
 * cannot be parsed, two bodies, or over the arena's cap. */
enum codec_status drone_read_request(struct slice frame, struct arena *arena,
				     struct request *request, const char **why);

/* Appends the event as one frame, or a list as as many frames as needed, each of
 * at most `max_frame` bytes (prefix not counted; at least FRAME_LEAST_BYTES). Fields
 * are cut to their documented lengths.
 * 0, or -1 when memory is out (nothing appended).
 * Not for EVENT_DELIVERY and EVENT_SEND_REPORT: hot_codec writes those. */
int drone_write_event(struct buf *out, const struct event *event, uint32_t max_frame)
	__attribute__((warn_unused_result));

/* --- the drone's side --- */

/* Reads the body of one frame (a FromGateway), hot bodies included; everything
 * it needs (lists, hops) is taken from `arena`. event->kind is EVENT_COUNT when the
 * frame holds no body that this version knows: to be ignored. CODEC_BAD: cannot be
 * parsed, or a gateway may not send it (two bodies, a string or number that is not
 * allowed, more entries or hops than EVENT_MAX_ENTRIES and EVENT_MAX_HOPS, over the
 * arena's cap). */
enum codec_status drone_read_event(struct slice frame, struct arena *arena, struct event *event,
				   const char **why);

/* Appends the request as one frame, hot bodies included. 0, or -1 when memory is out
 * (nothing appended) or the kind is not one that a drone sends. */
int drone_write_request(struct buf *out, const struct request *request)
	__attribute__((warn_unused_result));

#endif
