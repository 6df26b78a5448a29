#include "settings/value.h"

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void print_choice(const struct row *row, const void *target, char *text, size_t cap)
{
	const char *at = (const char *)target + row->offset;
	int value = 0;

	if (row->kind == VALUE_SWITCH) {
		value = *(const bool *)at;
	} else {
		memcpy(&value, at, sizeof(value));
	}
	for (const struct choice *c = row->choices; c->name; c++) {
		if (c->value == value) {
			(void)snprintf(text, cap, "%s", c->name);
			return;
		}
	}
}

/* With the fewest digits that give the same number again: %g leaves trailing zeros out,
 * and any decimal of 15 digits (DBL_DIG) comes back as it was. */
static size_t print_double(double value, char *text, size_t cap)
{
	int size = 0;

	for (int digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
		size = snprintf(text, cap, "%.*g", digits, value);
		if (strtod(text, NULL) == value) {
			break;
		}
	}
	return size > 0 ? (size_t)size : 0;
}

static void print_origin(const struct scenario_config *scenario, char *text)
{
	const double parts[] = {scenario->origin_latitude_deg, scenario->origin_longitude_deg,
				scenario->origin_altitude_m};
	enum { PART_BYTES = 32 };
	size_t at = 0;

	if (!scenario->has_origin) {
		return;
	}
	_Static_assert(3 * (PART_BYTES + 2) < VALUE_TEXT_BYTES, "an origin fits");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (i) {
			memcpy(text + at, ", ", sizeof(", "));
			at += strlen(", ");
		}
		at += print_double(parts[i], text + at, PART_BYTES);
	}
}

void value_print(const struct row *row, const void *target, char *text, size_t cap)
{
	const char *at = (const char *)target + row->offset;

	text[0] = '\0';
	switch (row->kind) {
	case VALUE_U32:
	case VALUE_U64:
		(void)snprintf(text, cap, "%" PRIu64, value_number(row, target));
		break;
	case VALUE_CHOICE:
	case VALUE_SWITCH:
		print_choice(row, target, text, cap);
		break;
	case VALUE_WORD:
	case VALUE_NAME:
	case VALUE_TEXT:
	case VALUE_PATH:
	case VALUE_HOST:
	case VALUE_GLOBS:
		(void)snprintf(text, cap, "%s", at);
		break;
	case VALUE_ADDRESS:
		address_print((const struct address *)(const void *)at, text, cap);
		break;
	case VALUE_ORIGIN:
		print_origin(target, text);
		break;
	case VALUE_CHANNEL:
	case VALUE_INCLUDE:
		break;
	}
}
