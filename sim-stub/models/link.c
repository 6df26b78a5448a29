#include "models/link.h"

#include <math.h>

#include "base/draw.h"
#include "models/fading.h"
#include "models/link_budget.h"
#include "models/shadowing.h"

/* ----------------------------------------------------------------- pairs */

bool link_in_order(const struct passage *passage)
{
	struct draw_pair pair = {passage->scenario, passage->transmitter->name,
				 passage->receiver->name};

	return draw_pair_is_in_order(&pair);
}

struct wave_places link_places(const struct passage *passage)
{
	struct axes transmitter = wave_place(scene_place(passage->transmitter));
	struct axes receiver = wave_place(scene_place(passage->receiver));

	return link_in_order(passage) ? (struct wave_places){transmitter, receiver}
				      : (struct wave_places){receiver, transmitter};
}

/* ------------------------------------------------- line of sight, fading */

static enum line_of_sight sight_of(const struct channel *channel, const struct passage *passage,
				   const struct scene *scene)
{
	const struct model *model = channel->model;

	if (!model->line_of_sight) {
		return LINE_OF_SIGHT_UNSPECIFIED;
	}
	if (channel->settings.los != LOS_AUTO) {
		return channel->settings.los == LOS_ALWAYS ? LINE_OF_SIGHT_LOS : LINE_OF_SIGHT_NLOS;
	}
	return shadowing_is_in_sight(passage, model->line_of_sight(&channel->settings, scene),
				     model->sight_decorrelation_m)
		       ? LINE_OF_SIGHT_LOS
		       : LINE_OF_SIGHT_NLOS;
}

/* Where the way is known to be blocked there is no direct wave, as in 3GPP TR 38.901, table
 * 7.5-6, where line of sight alone has a K-factor. */
static struct fading fading_by(const struct model_settings *settings, const struct passage *passage,
			       const struct scene *scene, enum line_of_sight sight)
{
	bool direct = settings->fading == FADING_RICIAN && sight != LINE_OF_SIGHT_NLOS;

	if (!passage->key || settings->fading == FADING_NONE) {
		return (struct fading){.valid_for_us = LINK_VALID_MAX_US};
	}
	return fading_of(settings, passage, scene->speed_mps,
			 direct ? pow(10.0, settings->k_factor_db / 10.0) : 0.0);
}

/* ------------------------------------------------------------------ link */

/* No noise and no time: what has no meaning without them stays 0. */
static struct prediction predict_without_channel(const struct channel *channel,
						 const struct passage *passage,
						 const struct scene *scene)
{
	struct prediction prediction = {.valid_for_us = LINK_VALID_MAX_US};
	float tx_power_dbm = link_budget_narrow(
		link_budget_tx_power_dbm(&channel->settings, passage->transmitter));

	prediction.numbers.distance_m = link_budget_narrow(scene->distance_m);
	prediction.numbers.tx_power_dbm = tx_power_dbm;
	prediction.numbers.rx_power_dbm = tx_power_dbm;
	return prediction;
}

static double given(double parameter, double own)
{
	return isnan(parameter) ? own : parameter;
}

struct prediction link_predict(const struct channel *channel, const struct passage *passage)
{
	const struct model_settings *settings = &channel->settings;
	struct scene scene = scene_between(passage->transmitter, passage->receiver);
	enum line_of_sight sight;
	struct path_loss loss;
	struct fading fading;
	struct prediction prediction;

	if (!channel->model->path_loss) {
		return predict_without_channel(channel, passage, &scene);
	}
	sight = sight_of(channel, passage, &scene);
	loss = channel->model->path_loss(settings, &scene, sight);
	loss.mean_db += shadowing_db(passage, given(settings->shadowing_db, loss.shadowing_db),
				     given(settings->decorrelation_m, loss.decorrelation_m));
	fading = fading_by(settings, passage, &scene, sight);
	prediction = link_budget(settings, passage, &scene, loss.mean_db, fading.gain_db);
	prediction.numbers.line_of_sight = sight ? sight : channel->model->told;
	prediction.valid_for_us = fading.valid_for_us;
	return prediction;
}

/* Without a key sight_of() is the likelier branch: a jammer's place has no chance of its own, since
 * it has no name to draw by. */
double link_power_from(const struct channel *channel, struct vector position, double power_dbm,
		       const struct sim_node *receiver)
{
	struct sim_node emitter = {.has_position = true, .position = position};
	struct passage passage = {.transmitter = &emitter, .receiver = receiver};
	struct scene scene = scene_between(&emitter, receiver);
	struct path_loss loss;

	if (!channel->model->path_loss) {
		return 0.0;
	}
	loss = channel->model->path_loss(&channel->settings, &scene,
					 sight_of(channel, &passage, &scene));
	return link_budget_power_mw(power_dbm +
				    link_budget_antenna_gain_dbi(&channel->settings, receiver) -
				    link_budget_rounded_db(loss.mean_db));
}
