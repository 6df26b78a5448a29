#include "core/callsign.h"

#include <stdlib.h>

const char callsign_bad[] = "callsign must be 1 to 32 code points without control characters";

struct callsign *callsign_new(struct slice text)
{
	struct callsign *callsign = malloc(sizeof(*callsign) + text.size);

	if (callsign) {
		callsign->holders = 1;
		callsign->size = (uint8_t)text.size;
		memcpy(callsign->bytes, text.data, text.size);
	}
	return callsign;
}

struct callsign *callsign_hold(struct callsign *callsign)
{
	if (callsign) {
		callsign->holders++;
	}
	return callsign;
}

void callsign_drop(struct callsign *callsign)
{
	if (callsign && --callsign->holders == 0) {
		free(callsign);
	}
}
