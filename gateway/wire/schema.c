#include "wire/schema.h"

#include "wire/frame.h"

static const char wrong_type[] = "a field of the wrong type";
static const char malformed[] = "a message that is malformed";
static const char twice[] = "a part that can stand once stands twice";
static const char bad_text[] = "a text that is not UTF-8";
static const char bad_enum[] = "an unknown enum value";
static const char bad_number[] = "a number that is not finite";
static const char too_complex[] = "message too complex";

/* The worse of two findings, with its words. */
static void add(enum schema_status *status, const char **why, enum schema_status one,
		const char *words)
{
	if (one > *status) {
		*status = one;
		*why = words;
	}
}

static enum schema_status say(enum schema_status status, const char *what, const char **why)
{
	*why = what;
	return status;
}

static enum wire_type wire_type_of(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return WIRE_FIXED32;
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return WIRE_FIXED64;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return WIRE_BYTES;
	default:
		return WIRE_VARINT;
	}
}

/* Finite: the exponent is not all ones (IEEE 754). */
static bool is_finite(ProtobufCType type, uint64_t bits)
{
	const uint64_t exponent32 = 0x7f800000u, exponent64 = 0x7ff0000000000000u;

	if (type == PROTOBUF_C_TYPE_FLOAT) {
		return (bits & exponent32) != exponent32;
	}
	return type != PROTOBUF_C_TYPE_DOUBLE || (bits & exponent64) != exponent64;
}

static enum schema_status check_scalar(const ProtobufCFieldDescriptor *type, uint64_t value,
				       const char **why)
{
	if (type->type == PROTOBUF_C_TYPE_ENUM &&
	    !protobuf_c_enum_descriptor_get_value(type->descriptor, (int32_t)(uint32_t)value)) {
		return say(SCHEMA_NEWER, bad_enum, why);
	}
	if (!is_finite(type->type, value)) {
		return say(SCHEMA_REFUSED, bad_number, why);
	}
	return SCHEMA_OK;
}

/* One value without its tag, as a packed field holds many. */
static bool take_scalar(struct wire_reader *reader, enum wire_type type, uint64_t *value)
{
	uint32_t narrow;

	switch (type) {
	case WIRE_FIXED32:
		if (!wire_take_fixed32(reader, &narrow)) {
			return false;
		}
		*value = narrow;
		return true;
	case WIRE_FIXED64:
		return wire_take_fixed64(reader, value);
	default:
		return wire_take_varint(reader, value);
	}
}

static enum schema_status check_packed(const ProtobufCFieldDescriptor *type, struct slice bytes,
				       const char **why)
{
	struct wire_reader reader = wire_reader_of(bytes);
	enum schema_status status = SCHEMA_OK, one;
	const char *words = NULL;
	uint64_t value;

	while (reader.at != reader.end) {
		if (!take_scalar(&reader, wire_type_of(type->type), &value)) {
			return say(SCHEMA_BAD, malformed, why);
		}
		one = check_scalar(type, value, &words);
		add(&status, why, one, words);
	}
	return status;
}

/* Recursion ends: no message of the protocols contains itself. */
static enum schema_status check_bytes(const ProtobufCFieldDescriptor *type, struct slice bytes,
				      const char **why)
{
	switch (type->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		return schema_check(type->descriptor, bytes, why);
	case PROTOBUF_C_TYPE_STRING:
		return utf8_valid(bytes) ? SCHEMA_OK : say(SCHEMA_REFUSED, bad_text, why);
	default:
		return SCHEMA_OK;
	}
}

static enum schema_status check_field(const ProtobufCFieldDescriptor *type,
				      const struct wire_field *field, const char **why)
{
	enum wire_type expected = wire_type_of(type->type);

	if (wire_type(field) == WIRE_BYTES && expected != WIRE_BYTES &&
	    type->label == PROTOBUF_C_LABEL_REPEATED) {
		return check_packed(type, field->bytes, why);
	}
	if (wire_type(field) != expected) {
		return say(SCHEMA_BAD, wrong_type, why);
	}
	return expected == WIRE_BYTES ? check_bytes(type, field->bytes, why)
				      : check_scalar(type, field->value, why);
}

/* Whether this is a singular sub-message that has been seen before. Numbers of 64
 * and up are not watched: the protocols have none. */
static bool is_repetition(const ProtobufCFieldDescriptor *type, uint64_t *seen)
{
	uint64_t bit = type->id < 64 ? (uint64_t)1 << type->id : 0;
	bool before = (*seen & bit) != 0;

	if (type->type != PROTOBUF_C_TYPE_MESSAGE || type->label == PROTOBUF_C_LABEL_REPEATED) {
		return false;
	}
	*seen |= bit;
	return before;
}

enum schema_status schema_check(const ProtobufCMessageDescriptor *descriptor, struct slice bytes,
				const char **why)
{
	struct wire_reader reader = wire_reader_of(bytes);
	enum schema_status status = SCHEMA_OK, one;
	const char *words = NULL;
	struct wire_field field = {0};
	uint64_t seen = 0;
	int next;

	while ((next = wire_next(&reader, &field)) > 0) {
		const ProtobufCFieldDescriptor *type =
			protobuf_c_message_descriptor_get_field(descriptor, wire_number(&field));

		if (!type) {
			continue;
		}
		if (is_repetition(type, &seen)) {
			return say(SCHEMA_BAD, twice, why);
		}
		one = check_field(type, &field, &words);
		add(&status, why, one, words);
		if (status == SCHEMA_BAD) {
			return status;
		}
	}
	return next < 0 ? say(SCHEMA_BAD, malformed, why) : status;
}

static void *take(void *arena, size_t size)
{
	return arena_take(arena, size);
}

/* The arena gives everything back in one stroke. */
static void give_back(void *arena, void *piece)
{
	(void)arena;
	(void)piece;
}

enum schema_status schema_unpack(const ProtobufCMessageDescriptor *descriptor, struct slice bytes,
				 struct arena *arena, ProtobufCMessage **message, const char **why)
{
	enum schema_status status = schema_check(descriptor, bytes, why);
	ProtobufCAllocator allocator = {.alloc = take, .free = give_back, .allocator_data = arena};

	if (status > SCHEMA_NEWER) {
		return status;
	}
	*message = protobuf_c_message_unpack(descriptor, &allocator, bytes.size, bytes.data);
	return *message ? status : say(SCHEMA_BAD, too_complex, why);
}
