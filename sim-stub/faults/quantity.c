#include "faults/quantity.h"

#include <math.h>
#include <stdlib.h>

enum { DIGITS_MAX = 63, PLACES_MAX = 6 };

static const struct quantity_unit percent[] = {{"%", 0.01}, {0}};

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

/* Takes the digits at the front of *rest; false when there are none, or more than fit. */
static bool take_whole(struct slice *rest, uint64_t *number)
{
	size_t size = 0;

	*number = 0;
	while (size < rest->size && is_digit(rest->data[size])) {
		if (*number > (UINT64_MAX - 9) / 10) {
			return false;
		}
		*number = *number * 10 + (uint64_t)(rest->data[size++] - '0');
	}
	*rest = slice_of(rest->data + size, rest->size - size);
	return size > 0;
}

/* Millionths behind a point, if there is one. */
static bool take_places(struct slice *rest, uint64_t *millionths)
{
	size_t places;

	*millionths = 0;
	if (!rest->size || rest->data[0] != '.') {
		return true;
	}
	*rest = slice_of(rest->data + 1, rest->size - 1);
	places = rest->size;
	if (!take_whole(rest, millionths) || places - rest->size > PLACES_MAX) {
		return false;
	}
	for (places -= rest->size; places < PLACES_MAX; places++) {
		*millionths *= 10;
	}
	return true;
}

bool quantity_time(struct slice word, uint64_t most_us, uint64_t *value_us)
{
	static const struct {
		const char *name;
		uint64_t us;
	} units[] = {{"us", 1},
		     {"ms", 1000},
		     {"s", 1000000},
		     {"min", 60 * UINT64_C(1000000)},
		     {"h", 3600 * UINT64_C(1000000)}};
	uint64_t whole, millionths, us;

	if (!take_whole(&word, &whole) || !take_places(&word, &millionths)) {
		return false;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!slice_equal(word, slice_str(units[i].name)) || whole > most_us / units[i].us) {
			continue;
		}
		us = whole * units[i].us + millionths * units[i].us / 1000000;
		if (us <= most_us) {
			*value_us = us;
			return true;
		}
	}
	return false;
}

bool quantity_count(struct slice word, uint32_t most, uint32_t *value)
{
	uint64_t number;

	if (!take_whole(&word, &number) || word.size || number > most) {
		return false;
	}
	*value = (uint32_t)number;
	return true;
}

bool quantity_share(struct slice word, double *value)
{
	double share;

	if (!quantity_number(word, percent, 0.0, 1.0, &share)) {
		return false;
	}
	*value = share;
	return true;
}

/* Where a number could end. strtod alone would take hexadecimal numbers, "inf" and "nan". */
static size_t number_size(const char *digits)
{
	size_t size = strspn(digits, "+-.0123456789");

	if (size && (digits[size] == 'e' || digits[size] == 'E')) {
		size_t exponent = strspn(digits + size + 1, "+-0123456789");

		size += exponent ? 1 + exponent : 0;
	}
	return size;
}

bool quantity_number(struct slice word, const struct quantity_unit *units, double least,
		     double most, double *value)
{
	char digits[DIGITS_MAX + 1], *end, behind;
	size_t size;
	double number;

	if (word.size == 0 || word.size > DIGITS_MAX || memchr(word.data, '\0', word.size)) {
		return false;
	}
	memcpy(digits, word.data, word.size);
	digits[word.size] = '\0';
	size = number_size(digits);
	behind = digits[size];
	digits[size] = '\0';
	number = strtod(digits, &end);
	if (size == 0 || end != digits + size || !isfinite(number)) {
		return false;
	}
	digits[size] = behind;
	for (; units->name; units++) {
		if (strcmp(digits + size, units->name) == 0 && number * units->factor >= least &&
		    number * units->factor <= most) {
			*value = number * units->factor;
			return true;
		}
	}
	return false;
}
