#include "models/link.h"

#include <math.h>

#include "models/link_budget.h"
#include "models/shadowing.h"

/* --------------------------------------------------------- line of sight */

static enum line_of_sight sight_of(const struct channel *channel, const struct scene *scene)
{
	const struct model *model = channel->model;

	if (!model->line_of_sight) {
		return LINE_OF_SIGHT_UNSPECIFIED;
	}
	if (channel->settings.los != LOS_AUTO) {
		return channel->settings.los == LOS_ALWAYS ? LINE_OF_SIGHT_LOS : LINE_OF_SIGHT_NLOS;
	}
	return model->line_of_sight(&channel->settings, scene) >= 0.5 ? LINE_OF_SIGHT_LOS
								      : LINE_OF_SIGHT_NLOS;
}

/* ------------------------------------------------------------------ link */

/* No noise and no time: what has no meaning without them stays 0. */
static struct prediction predict_without_channel(const struct channel *channel,
						 const struct passage *passage,
						 const struct scene *scene)
{
	struct prediction prediction = {0};
	float tx_power_dbm = link_budget_narrow(
		link_budget_tx_power_dbm(&channel->settings, passage->transmitter));

	prediction.numbers.distance_m = link_budget_narrow(scene->distance_m);
	prediction.numbers.tx_power_dbm = tx_power_dbm;
	prediction.numbers.rx_power_dbm = tx_power_dbm;
	return prediction;
}

struct prediction link_predict(const struct channel *channel, const struct passage *passage)
{
	const struct model_settings *settings = &channel->settings;
	struct scene scene = scene_between(passage->transmitter, passage->receiver);
	enum line_of_sight sight;
	struct path_loss loss;
	struct prediction prediction;
	double deviation_db;

	if (!channel->model->path_loss) {
		return predict_without_channel(channel, passage, &scene);
	}
	sight = sight_of(channel, &scene);
	loss = channel->model->path_loss(settings, &scene, sight);
	deviation_db = isnan(settings->shadowing_db) ? loss.shadowing_db : settings->shadowing_db;
	prediction = link_budget(settings, passage, &scene,
				 loss.mean_db + shadowing_db(passage, deviation_db));
	prediction.numbers.line_of_sight = sight ? sight : channel->model->told;
	return prediction;
}
