/* What the codecs of generated messages share: text in and out of them, and a frame
 * around them. */
#ifndef UAV_WIRE_COLD_H
#define UAV_WIRE_COLD_H

#include <protobuf-c/protobuf-c.h>

#include "base/buf.h"

/* Copies valid UTF-8 into `room` of `size` bytes, cut at a code point when it is
 * longer, with a NUL behind it. Returns `room`. */
char *cold_cut_text(char *room, size_t size, struct slice text);
/* The same for text that must not be cut: false when it does not fit, or is not
 * valid UTF-8 without NUL. */
bool cold_copy_text(char *room, size_t size, struct slice text);

/* Generated messages hold bytes without const; nothing writes to these. */
ProtobufCBinaryData cold_bytes(struct slice bytes);
struct slice cold_slice(ProtobufCBinaryData bytes);

/* Appends one frame: envelope, and `body` as its field `number`. 0, or -1 when memory is
 * out (nothing appended). */
int cold_write(struct buf *out, uint32_t ref, uint32_t number, const ProtobufCMessage *body)
	__attribute__((warn_unused_result));

#endif
