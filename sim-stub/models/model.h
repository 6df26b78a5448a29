/* What a channel model is: one file, one row of the table in model.c. A model
 * is a pure function from a scenario's settings and a scene to the path loss and
 * what is known of its spread. It draws nothing, keeps nothing and asks no clock:
 * chance and the rest of the link come after it, in link.c, the same for all. */
#ifndef SIM_MODELS_MODEL_H
#define SIM_MODELS_MODEL_H

#include "models/scene.h"

/* Every parameter that some model reads; the table in parameters.c has a row for
 * each, in this order. */
enum parameter_id {
	PARAMETER_FREQUENCY,
	PARAMETER_BANDWIDTH,
	PARAMETER_TX_POWER,
	PARAMETER_NOISE_FIGURE,
	PARAMETER_ANTENNA_GAIN,
	PARAMETER_EXPONENT,
	PARAMETER_REFERENCE,
	PARAMETER_BASE_HEIGHT,
	PARAMETER_BUILDING_HEIGHT,
	PARAMETER_STREET_WIDTH,
	PARAMETER_ENVIRONMENT,
	PARAMETER_GROUND,
	PARAMETER_POLARIZATION,
	PARAMETER_PERMITTIVITY,
	PARAMETER_CONDUCTIVITY,
	PARAMETER_LOS,
	PARAMETER_SHADOWING,
	PARAMETER_DECORRELATION,
	PARAMETER_FADING,
	PARAMETER_K_FACTOR,
	PARAMETER_MOTION,
	PARAMETER_SENSITIVITY,
	PARAMETER_MODULATION,
	PARAMETER_BITRATE,
	PARAMETER_COUNT
};

#define PARAMETER_BIT(id) (UINT64_C(1) << (id))

/* What the link has to go by, whatever the path loss. */
#define LINK_PARAMETERS                                                                            \
	(PARAMETER_BIT(PARAMETER_FREQUENCY) | PARAMETER_BIT(PARAMETER_BANDWIDTH) |                 \
	 PARAMETER_BIT(PARAMETER_TX_POWER) | PARAMETER_BIT(PARAMETER_NOISE_FIGURE) |               \
	 PARAMETER_BIT(PARAMETER_ANTENNA_GAIN) | PARAMETER_BIT(PARAMETER_SHADOWING) |              \
	 PARAMETER_BIT(PARAMETER_DECORRELATION) | PARAMETER_BIT(PARAMETER_FADING) |                \
	 PARAMETER_BIT(PARAMETER_K_FACTOR) | PARAMETER_BIT(PARAMETER_MOTION) |                     \
	 PARAMETER_BIT(PARAMETER_SENSITIVITY) | PARAMETER_BIT(PARAMETER_MODULATION) |              \
	 PARAMETER_BIT(PARAMETER_BITRATE))

/* Values of the parameter `los`. */
enum los_choice { LOS_AUTO, LOS_ALWAYS, LOS_NEVER };
/* Of `ground`. */
enum ground_choice { GROUND_FRESNEL, GROUND_CROSSOVER };
/* Of `polarization`. */
enum polarization_choice { POLARIZATION_VERTICAL, POLARIZATION_HORIZONTAL };
/* Of `fading`. */
enum fading_choice { FADING_NONE, FADING_RAYLEIGH, FADING_RICIAN };
/* Of `motion`: whether fading follows the velocities between two positions that are told. */
enum motion_choice { MOTION_RECKONED, MOTION_TOLD };

/* A scenario's parameters, read and checked. Those that its model does not read, or that
 * are not given, have their defaults; NAN: what the model has of its own. */
struct model_settings {
	double frequency_hz, bandwidth_hz, tx_power_dbm, noise_figure_db, antenna_gain_dbi;
	double bitrate_bps, sensitivity_dbm;
	double exponent, reference_m;
	double base_height_m, building_height_m, street_width_m;
	double permittivity, conductivity_s_per_m;
	double shadowing_db, decorrelation_m;
	double k_factor_db;
	/* places in the lists of their names (parameters.c) */
	uint32_t modulation, los, fading, motion;
	uint32_t environment, ground, polarization;
};

/* The decorrelation distance of shadowing for models that were published without one (3GPP TR
 * 36.814, annex A.2.1.1: correlation distance of shadowing in macro cells). */
#define DECORRELATION_USUAL_M 50.0

/* The path loss of one branch, as published: the mean in dB, around which the shadowing lies. */
struct path_loss {
	double mean_db;
	/* What the model itself says of the spread; a parameter of the scenario goes before it. */
	double shadowing_db;	/* standard deviation, dB; 0: none */
	double decorrelation_m; /* 0: one for the whole flight */
};

struct model {
	const char *name;
	uint64_t parameters; /* PARAMETER_BIT of those it reads */
	/* The probability of line of sight, 0..1, where `los = auto`. NULL: the model
	 * does not tell both branches apart. */
	double (*line_of_sight)(const struct model_settings *settings, const struct scene *scene);
	/* The correlation distance of line of sight; 0: SIGHT_DECORRELATION_M (shadowing.h). */
	double sight_decorrelation_m;
	/* `sight` is one of both branches; LINE_OF_SIGHT_UNSPECIFIED where line_of_sight is
	 * NULL. A function itself of NULL: there is no channel, everything arrives. */
	struct path_loss (*path_loss)(const struct model_settings *settings,
				      const struct scene *scene, enum line_of_sight sight);
	/* What is told of models that have one branch. */
	enum line_of_sight told;
	/* Where the model holds for less than the parameter allows: the bounds of frequency_hz.
	 * Both 0: it does not. */
	double frequency_min_hz, frequency_max_hz;
	/* What it was published for, beyond which it goes on as it is. Both 0: not told. */
	double published_min_hz, published_max_hz;
};

/* What a scenario runs by: its model and the model's settings. */
struct channel {
	const struct model *model;
	struct model_settings settings;
};

/* The rows of the table; NULL behind the last. */
const struct model *model_at(size_t index);

/* NULL when there is none of that name. */
static inline const struct model *model_find(struct slice name)
{
	const struct model *model;

	for (size_t i = 0; (model = model_at(i)); i++) {
		if (slice_equal(slice_str(model->name), name)) {
			return model;
		}
	}
	return NULL;
}

#endif
