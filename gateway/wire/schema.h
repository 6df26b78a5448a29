/* Generated messages from bytes that nobody vouches for. protobuf-c by itself lets
 * pass what the protocols do not allow and allocates as much as it is told to, so
 * each message is walked by its descriptor first and then unpacked into an arena
 * with a hard cap. */
#ifndef UAV_WIRE_SCHEMA_H
#define UAV_WIRE_SCHEMA_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/slice.h"

enum schema_status {
	SCHEMA_OK,
	SCHEMA_NEWER,	/* allowed, but for an enum value that only a later version knows */
	SCHEMA_REFUSED, /* well formed, but not allowed; *why says it in words */
	SCHEMA_BAD,	/* malformed or too complex; *why says it in words */
};

/* Walks the message and all within it; allocates nothing. NEWER: an enum value that the
 * .proto does not know. REFUSED: a string that is not UTF-8 or has a NUL, a number
 * that is not finite. BAD: not well formed (see wire_next), a known field of the wrong
 * wire type, a singular sub-message twice. The last of these counts. Unknown fields
 * are skipped. *why is set for all but OK. */
enum schema_status schema_check(const ProtobufCMessageDescriptor *descriptor, struct slice bytes,
				const char **why);

/* Checks, then unpacks into the arena. *message is there on SCHEMA_OK and SCHEMA_NEWER
 * (unknown enum values as they came), valid as long as the arena's pieces. */
enum schema_status schema_unpack(const ProtobufCMessageDescriptor *descriptor, struct slice bytes,
				 struct arena *arena, ProtobufCMessage **message, const char **why);

#endif
