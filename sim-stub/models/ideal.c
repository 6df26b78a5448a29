#include "models/ideal.h"

#include "models/link_budget.h"

/* What has no meaning without noise and bandwidth stays 0: SNR, SINR, Doppler
 * shift, times. */
struct prediction ideal_predict(const struct model_settings *settings,
				const struct passage *passage)
{
	struct prediction prediction = {0};
	struct geometry geometry = geometry_between(passage->transmitter, passage->receiver);
	float tx_power_dbm =
		link_budget_narrow(link_budget_tx_power_dbm(settings, passage->transmitter));

	prediction.numbers.distance_m = link_budget_narrow(geometry.distance_m);
	prediction.numbers.tx_power_dbm = tx_power_dbm;
	prediction.numbers.rx_power_dbm = tx_power_dbm;
	return prediction;
}
