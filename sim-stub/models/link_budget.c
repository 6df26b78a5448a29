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

static double antenna_gain_dbi(const struct model_settings *settings, const struct sim_node *node)
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

/* Signal power is Eb R and noise power N0 B (Proakis, Digital Communications). */
static double packet_error_rate(const struct model_settings *settings, double sinr_db, double bits)
{
	double eb_n0 = pow(10.0, sinr_db / 10.0) * settings->bandwidth_hz / settings->bitrate_bps;
	double ber = modulation_bit_error_rate(modulation_at(settings->modulation), eb_n0);

	return modulation_packet_error_rate(ber, bits);
}

struct prediction link_budget(const struct model_settings *settings, const struct passage *passage,
			      const struct scene *scene, double path_loss_db)
{
	const struct sim_node *receiver = passage->receiver;
	double bits = link_budget_bits(passage->payload_bytes);
	double tx_dbm = link_budget_tx_power_dbm(settings, passage->transmitter);
	double rx_dbm = tx_dbm + antenna_gain_dbi(settings, passage->transmitter) +
			antenna_gain_dbi(settings, receiver) - path_loss_db;
	double snr_db =
		rx_dbm - link_budget_noise_dbm(settings->bandwidth_hz,
					       link_budget_noise_figure_db(settings, receiver));
	/* Subtracted from 0, since a changed sign would make rest -0.0. */
	double doppler_hz =
		0.0 - scene->range_rate_mps * settings->frequency_hz / SPEED_OF_LIGHT_MPS;
	struct prediction prediction = {
		.numbers =
			{
				.tx_power_dbm = link_budget_narrow(tx_dbm),
				.rx_power_dbm = link_budget_narrow(rx_dbm),
				.path_loss_db = link_budget_narrow(path_loss_db),
				.snr_db = link_budget_narrow(snr_db),
				.sinr_db = link_budget_narrow(snr_db),
				.packet_error_rate =
					(float)packet_error_rate(settings, snr_db, bits),
				.doppler_hz = link_budget_narrow(doppler_hz),
				.distance_m = link_budget_narrow(scene->distance_m),
			},
		.reason = REASON_PACKET_ERROR,
	};

	time_passage(&prediction.numbers, scene->distance_m, bits, settings->bitrate_bps);
	return prediction;
}
