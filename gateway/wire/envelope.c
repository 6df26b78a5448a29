#include "wire/envelope.h"

static int fail(const char *what, const char **why)
{
	*why = what;
	return -1;
}

int envelope_read(struct slice frame, const struct envelope_form *form, struct envelope *envelope,
		  const char **why)
{
	const uint32_t first = form->first_body, last = form->last_body, ref = form->ref;
	struct wire_reader reader = wire_reader_of(frame);
	struct envelope found = {0};
	struct wire_field field = {0};
	int next;

	while ((next = wire_next(&reader, &field)) > 0) {
		if (wire_number(&field) >= first && wire_number(&field) <= last) {
			if (wire_type(&field) != WIRE_BYTES) {
				return fail("a body of the wrong type", why);
			}
			if (found.number) {
				return fail("two bodies in one frame", why);
			}
			found.number = wire_number(&field);
			found.body = field.bytes;
		} else if (wire_number(&field) == ref) {
			if (wire_type(&field) != WIRE_VARINT) {
				return fail("a ref of the wrong type", why);
			}
			found.ref = (uint32_t)field.value;
		}
	}
	if (next < 0) {
		return fail("a frame that is not a Protocol Buffers message", why);
	}
	*envelope = found;
	return 0;
}
