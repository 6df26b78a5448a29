#include "models/link_budget.h"

#include <float.h>
#include <math.h>

#include "models/free_space.h"
#include "models/modulation.h"

double link_budget_tx_power_dbm(const struct model_settings *settings,
				const struct sim_node *transmitter)
{
	return transmitter->has_radio ? (double)transmitter->radio.tx_power_dbm
				      : settings->tx_power_dbm;
}

double link_budget_noise_figure_db(const struct model_settings *settings,
				   const struct sim_node *receiver)
{
	return receiver->has_radio ? (double)receiver->radio.noise_figure_db
				   : settings->noise_figure_db;
}

double link_budget_antenna_gain_dbi(const struct model_settings *settings,
				    const struct sim_node *node)
{
	return node->has_radio ? (double)node->radio.antenna_gain_dbi : settings->antenna_gain_dbi;
}

double link_budget_noise_dbm(double bandwidth_hz, double noise_figure_db)
{
	double noise_mw = BOLTZMANN_J_PER_K * REFERENCE_KELVIN * bandwidth_hz * 1e3;

	return 10.0 * log10(noise_mw) + noise_figure_db;
}

double link_budget_bits(size_t payload_bytes)
{
	return 8.0 * (double)(payload_bytes ? payload_bytes : 1);
}

float link_budget_narrow(double value)
{
	return (float)fmin(fmax(value, -(double)FLT_MAX), (double)FLT_MAX);
}

static uint32_t narrow_u32(double value)
{
	return value < (double)UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

/* delay = propagation + airtime, rounded up to whole microseconds. In integers,
 * so that the three numbers agree with each other. The airtime is divided last:
 * a whole number of microseconds stays one. */
static void time_passage(struct link_numbers *numbers, double distance_m, double bits,
			 double bitrate_bps)
{
	uint64_t delay_us;

	numbers->propagation_ns = narrow_u32(round(distance_m / SPEED_OF_LIGHT_MPS * 1e9));
	numbers->airtime_us = narrow_u32(ceil(bits * 1e6 / bitrate_bps));
	delay_us = (uint64_t)numbers->airtime_us + ((uint64_t)numbers->propagation_ns + 999) / 1000;
	numbers->delay_us = delay_us < UINT32_MAX ? (uint32_t)delay_us : UINT32_MAX;
}

/* Signal power is Eb R and noise power N0 B (Proakis, Digital Communications); interference is
 * taken for noise. */
static float packet_error_rate(const struct model_settings *settings, double sinr_db, double bits)
{
	double eb_n0 = pow(10.0, sinr_db / 10.0) * settings->bandwidth_hz / settings->bitrate_bps;
	double ber = modulation_bit_error_rate(modulation_at(settings->modulation), eb_n0);

	return (float)modulation_packet_error_rate(ber, bits);
}

/* ---------------------------------------------------------------- powers */

double link_budget_rounded_db(double value)
{
	return rint(value * 1e3) / 1e3;
}

double link_budget_power_mw(double power_dbm)
{
	return pow(10.0, power_dbm / 10.0);
}

/* All in dB or dBm. */
struct powers {
	double tx, path_loss, rx, snr, sinr;
};

static double sum_dbm(double noise_dbm, double interference_mw)
{
	return 10.0 * log10(link_budget_power_mw(noise_dbm) + interference_mw);
}

static struct powers powers_of(const struct model_settings *settings, const struct passage *passage,
			       double path_loss_db, double fading_db)
{
	double noise_dbm = link_budget_rounded_db(link_budget_noise_dbm(
		settings->bandwidth_hz, link_budget_noise_figure_db(settings, passage->receiver)));
	double tx_dbm = link_budget_tx_power_dbm(settings, passage->transmitter);
	double rounded_db = link_budget_rounded_db(path_loss_db);
	double rx_dbm = tx_dbm + link_budget_antenna_gain_dbi(settings, passage->transmitter) +
			link_budget_antenna_gain_dbi(settings, passage->receiver) - rounded_db +
			fading_db;
	double heard_dbm =
		passage->interference_mw > 0.0
			? link_budget_rounded_db(sum_dbm(noise_dbm, passage->interference_mw))
			: noise_dbm;

	return (struct powers){.tx = tx_dbm,
			       .path_loss = rounded_db,
			       .rx = rx_dbm,
			       .snr = rx_dbm - noise_dbm,
			       .sinr = rx_dbm - heard_dbm};
}

/* ------------------------------------------------------------------ link */

static void decide_rate(struct prediction *prediction, const struct model_settings *settings,
			const struct passage *passage, const struct powers *powers)
{
	double bits = link_budget_bits(passage->payload_bytes);
	float rate = packet_error_rate(settings, powers->sinr, bits);

	prediction->reason = REASON_PACKET_ERROR;
	if (powers->rx < settings->sensitivity_dbm) {
		rate = 1.0f;
		prediction->reason = REASON_BELOW_SENSITIVITY;
	} else if (passage->interference_mw > 0.0 &&
		   packet_error_rate(settings, powers->snr, bits) < 0.5f * rate) {
		prediction->reason = REASON_INTERFERENCE;
	}
	prediction->numbers.packet_error_rate = rate;
}

struct prediction link_budget(const struct model_settings *settings, const struct passage *passage,
			      const struct scene *scene, double path_loss_db, double fading_db)
{
	struct powers powers = powers_of(settings, passage, path_loss_db, fading_db);
	/* Subtracted from 0, since a changed sign would make rest -0.0. */
	double doppler_hz =
		0.0 - scene->range_rate_mps * settings->frequency_hz / SPEED_OF_LIGHT_MPS;
	struct prediction prediction = {
		.numbers = {
			.tx_power_dbm = link_budget_narrow(powers.tx),
			.rx_power_dbm = link_budget_narrow(powers.rx),
			.path_loss_db = link_budget_narrow(powers.path_loss),
			.snr_db = link_budget_narrow(powers.snr),
			.sinr_db = link_budget_narrow(powers.sinr),
			.doppler_hz = link_budget_narrow(doppler_hz),
			.distance_m = link_budget_narrow(scene->distance_m),
		}};

	decide_rate(&prediction, settings, passage, &powers);
	time_passage(&prediction.numbers, scene->distance_m,
		     link_budget_bits(passage->payload_bytes), settings->bitrate_bps);
	return prediction;
}
