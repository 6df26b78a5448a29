#include "wire/envelope.h"

int envelope_read(struct slice frame, const struct envelope_form *form, struct envelope *envelope,
		  const char **why)
{
	struct wire_reader reader = wire_reader_of(frame);
	struct wire_field field;
	int next;

	*envelope = (struct envelope){0};
	while ((next = wire_next(&reader, &field)) > 0) {
		bool body = field.number >= form->first_body && field.number <= form->last_body;
		bool ref = form->ref && field.number == form->ref;

		if ((body && field.type != WIRE_BYTES) || (ref && field.type != WIRE_VARINT)) {
			*why = "a field of the envelope has the wrong type";
			return -1;
		}
		if (body && envelope->number) {
			*why = "two bodies in one frame";
			return -1;
		}
		if (body) {
			envelope->number = field.number;
			envelope->body = field.bytes;
		} else if (ref) {
			envelope->ref = (uint32_t)field.value;
		}
	}
	if (next < 0) {
		*why = "a frame that is not a Protocol Buffers message";
		return -1;
	}
	return 0;
}
