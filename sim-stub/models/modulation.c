#include "models/modulation.h"

#include <math.h>

/* Q(sqrt(2 Eb/N0)), in which Q(x) = erfc(x / sqrt 2) / 2 (Proakis, Digital
 * Communications). QPSK with Gray mapping is two BPSK in quadrature and has the
 * same rate at the same energy per bit. */
static double psk_bit_error_rate(double eb_n0)
{
	return 0.5 * erfc(sqrt(eb_n0));
}

/* Exact for square 16-QAM with Gray mapping (Cho and Yoon, "On the general BER
 * expression of one- and two-dimensional amplitude modulations", IEEE Trans.
 * Commun. 50, 2002). */
static double qam16_bit_error_rate(double eb_n0)
{
	double x = sqrt(0.4 * eb_n0);

	return 0.375 * erfc(x) + 0.25 * erfc(3.0 * x) - 0.125 * erfc(5.0 * x);
}

/* Exact for square 64-QAM with Gray mapping: their expression for M = 64, summed up. */
static double qam64_bit_error_rate(double eb_n0)
{
	double x = sqrt(eb_n0 / 7.0);

	return (7.0 * erfc(x) + 6.0 * erfc(3.0 * x) - erfc(5.0 * x) + erfc(9.0 * x) -
		erfc(13.0 * x)) /
	       24.0;
}

static const struct modulation modulations[] = {
	{"bpsk", 1, psk_bit_error_rate},
	{"qpsk", 2, psk_bit_error_rate},
	{"16qam", 4, qam16_bit_error_rate},
	{"64qam", 6, qam64_bit_error_rate},
};

const struct modulation *modulation_at(size_t index)
{
	return index < sizeof(modulations) / sizeof(modulations[0]) ? &modulations[index] : NULL;
}

const struct modulation *modulation_find(struct slice name)
{
	const struct modulation *modulation;

	for (size_t i = 0; (modulation = modulation_at(i)); i++) {
		if (slice_equal(slice_str(modulation->name), name)) {
			return modulation;
		}
	}
	return NULL;
}

double modulation_bit_error_rate(const struct modulation *modulation, double eb_n0)
{
	return modulation->bit_error_rate(eb_n0);
}

/* By logarithms: 1 - ber alone would lose rates under 1e-16. */
double modulation_packet_error_rate(double bit_error_rate, double bits)
{
	return -expm1(bits * log1p(-bit_error_rate));
}
