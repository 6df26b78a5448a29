/* Bit and packet error rates of modulations in white Gaussian noise, with
 * coherent detection and Gray mapping, without coding. */
#ifndef SIM_MODELS_MODULATION_H
#define SIM_MODELS_MODULATION_H

#include "base/slice.h"

struct modulation {
	const char *name;
	uint32_t bits_per_symbol;
	/* eb_n0: energy per bit over noise density, linear, 0 to infinity. */
	double (*bit_error_rate)(double eb_n0);
};

/* NULL when there is none of that name. */
const struct modulation *modulation_find(struct slice name);
/* The rows of the table; NULL behind the last. */
const struct modulation *modulation_at(size_t index);

double modulation_bit_error_rate(const struct modulation *modulation, double eb_n0);

/* 1 - (1 - ber)^bits: one wrong bit spoils the packet, bits fail independently. */
double modulation_packet_error_rate(double bit_error_rate, double bits);

#endif
