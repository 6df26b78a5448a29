#include "core/guest.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/state.h"

const char guest_names_taken[] = "this name is, or was, of a guest of the gateway";

static const char prefix[] = "guest-";

struct slice guest_id(struct core *core, char id[NAME_MAX_BYTES + 1])
{
	struct slice name;

	do {
		int size = snprintf(id, NAME_MAX_BYTES + 1, "%s%" PRIu64, prefix, ++core->guests);

		name = slice_of(id, (size_t)size);
	} while (core_id(core, name).data);
	return name;
}

bool guest_had(const struct core *core, struct slice name)
{
	const size_t start = sizeof(prefix) - 1;
	uint64_t number = 0;

	if (name.size <= start || memcmp(name.data, prefix, start) != 0 ||
	    name.data[start] == '0') {
		return false;
	}
	for (size_t i = start; i < name.size && number <= core->guests; i++) {
		if (name.data[i] < '0' || name.data[i] > '9') {
			return false;
		}
		number = number * 10 + (uint64_t)(name.data[i] - '0');
	}
	return number <= core->guests;
}
