/* Numbers with their units, as they stand in a timeline: 30s, 2.5%, 30dBm, 2.4GHz. */
#ifndef SIM_FAULTS_QUANTITY_H
#define SIM_FAULTS_QUANTITY_H

#include "base/slice.h"

/* Each: false when `word` is none of them, or over `most`; *value has not changed then. */

/* Decimal, with up to six places, and one of us, ms, s, min, h; in whole microseconds, what is
 * less is cut off. */
bool quantity_time(struct slice word, uint64_t most_us, uint64_t *value_us);
/* Whole, without a unit. */
bool quantity_count(struct slice word, uint32_t most, uint32_t *value);
/* From 0% to 100%; as 0 to 1. */
bool quantity_share(struct slice word, double *value);
/* A decimal number, with or without exponent, from `least` to `most`, and one of the units;
 * "" is no unit. */
struct quantity_unit {
	const char *name; /* NULL: the end of the list */
	double factor;
};
bool quantity_number(struct slice word, const struct quantity_unit *units, double least,
		     double most, double *value);

#endif
