#include "fit/fit.h"

#include <math.h>
#include <stdlib.h>

/* Columns of what is computed with. */
struct columns {
	double *log_distance, *loss_db;
};

static double power_of(const struct radio_sample *sample, const struct channel *channel)
{
	return isnan(sample->tx_power_dbm) ? channel->settings.tx_power_dbm : sample->tx_power_dbm;
}

static double round_to(double value, double step)
{
	return round(value / step) * step;
}

/* Rows that are farther than the reference: nearer the model is free space, whatever it fits. */
static void choose(const struct radio_log *log, const struct channel *channel,
		   struct fit_result *result)
{
	for (size_t i = 0; i < log->count; i++) {
		if (log->samples[i].distance_m > channel->settings.reference_m) {
			result->samples[result->count++] = log->samples[i];
		} else {
			result->near++;
		}
	}
}

static bool same_place(const struct radio_sample *a, const struct radio_sample *b)
{
	return a->east_m == b->east_m && a->north_m == b->north_m && a->up_m == b->up_m;
}

static void take_stock(const struct channel *channel, struct fit_result *result)
{
	result->least_m = result->least_dbm = INFINITY;
	result->most_m = result->most_dbm = -INFINITY;
	result->whole_db = true;
	for (size_t i = 0; i < result->count; i++) {
		const struct radio_sample *sample = &result->samples[i];
		double power_dbm = power_of(sample, channel);

		result->least_m = fmin(result->least_m, sample->distance_m);
		result->most_m = fmax(result->most_m, sample->distance_m);
		result->least_dbm = fmin(result->least_dbm, power_dbm);
		result->most_dbm = fmax(result->most_dbm, power_dbm);
		result->whole_db &= sample->rssi_dbm == rint(sample->rssi_dbm);
		result->repeated += i && same_place(sample, sample - 1);
	}
}

static void fill(const struct channel *channel, const struct fit_result *result,
		 const struct columns *columns)
{
	for (size_t i = 0; i < result->count; i++) {
		const struct radio_sample *sample = &result->samples[i];

		columns->log_distance[i] = log10(sample->distance_m);
		columns->loss_db[i] = power_of(sample, channel) - sample->rssi_dbm;
	}
}

/* What is left of each loss beside the line takes the loss's place. */
static void subtract(const struct fit_result *result, const struct columns *columns)
{
	for (size_t i = 0; i < result->count; i++) {
		columns->loss_db[i] -=
			result->line.intercept + result->line.slope * columns->log_distance[i];
	}
}

/* What both antennas must have together so that the model's mean is that of the log: half of it
 * each. */
static double antenna_gain_dbi(const struct channel *channel, const struct fit_result *result)
{
	double sum = 0.0;

	for (size_t i = 0; i < result->count; i++) {
		struct scene scene = {.distance_m = result->samples[i].distance_m};

		sum += channel->model
			       ->path_loss(&channel->settings, &scene, LINE_OF_SIGHT_UNSPECIFIED)
			       .mean_db -
		       (power_of(&result->samples[i], channel) - result->samples[i].rssi_dbm);
	}
	return sum / (double)result->count / 2.0;
}

static enum fit_status compute(struct channel *channel, struct fit_result *result,
			       const struct columns *columns)
{
	struct model_settings *settings = &channel->settings;

	fill(channel, result, columns);
	if (regression_fit(columns->log_distance, columns->loss_db, result->count, &result->line) <
	    0) {
		return FIT_NO_RANGE;
	}
	subtract(result, columns);
	result->decorrelation = decorrelation_estimate(result->samples, columns->loss_db,
						       result->count, &result->decorrelation_m);
	settings->exponent = round_to(result->line.slope / 10.0, 1e-4);
	settings->shadowing_db = round_to(result->line.spread, 0.01);
	settings->antenna_gain_dbi = round_to(antenna_gain_dbi(channel, result), 0.001);
	if (result->decorrelation != DECORRELATION_UNKNOWN) {
		/* never 0, which would be one shadow for the whole flight */
		settings->decorrelation_m = fmax(round_to(result->decorrelation_m, 0.1), 0.1);
	}
	return FIT_OK;
}

enum fit_status fit_find(const struct radio_log *log, struct channel *channel,
			 struct fit_result *result)
{
	struct columns columns;
	enum fit_status status = FIT_NO_MEMORY;
	size_t room = log->count ? log->count : 1;

	*result = (struct fit_result){.samples = calloc(room, sizeof(*result->samples))};
	columns.log_distance = calloc(room, sizeof(double));
	columns.loss_db = calloc(room, sizeof(double));
	if (result->samples && columns.log_distance && columns.loss_db) {
		choose(log, channel, result);
		take_stock(channel, result);
		status = result->count < REGRESSION_POINTS_MIN ? FIT_TOO_FEW
							       : compute(channel, result, &columns);
	}
	free(columns.log_distance);
	free(columns.loss_db);
	return status;
}

void fit_free(struct fit_result *result)
{
	free(result->samples);
	result->samples = NULL;
}
