#include "faults/jammer.h"

#include <math.h>

static float between(float from, float to, double share)
{
	return (float)((double)from + ((double)to - (double)from) * share);
}

struct vector jammer_place(const struct fault *fault, uint64_t on_us)
{
	const struct fault_jammer *jammer = &fault->jammer;
	double share = (double)on_us / (double)fault->for_us;

	return (struct vector){between(jammer->from.east, jammer->to.east, share),
			       between(jammer->from.north, jammer->to.north, share),
			       between(jammer->from.up, jammer->to.up, share)};
}

double jammer_overlap(const struct fault_jammer *jammer, const struct model_settings *settings)
{
	double away_hz = jammer->frequency_hz > 0.0
				 ? fabs(jammer->frequency_hz - settings->frequency_hz)
				 : 0.0;
	double width_hz =
		jammer->bandwidth_hz > 0.0 ? jammer->bandwidth_hz : settings->bandwidth_hz;
	double low_hz = fmax(away_hz - width_hz / 2.0, -settings->bandwidth_hz / 2.0);
	double high_hz = fmin(away_hz + width_hz / 2.0, settings->bandwidth_hz / 2.0);

	return fmax(high_hz - low_hz, 0.0) / width_hz;
}

double jammer_power_mw(const struct fault *fault, uint64_t on_us, const struct channel *channel,
		       const struct sim_node *receiver)
{
	return link_power_from(channel, jammer_place(fault, on_us), fault->jammer.power_dbm,
			       receiver) *
	       jammer_overlap(&fault->jammer, &channel->settings);
}
