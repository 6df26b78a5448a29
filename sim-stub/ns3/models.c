/* The models of ns3-sim: sim-stub's server, protocol and link with path losses of ns-3. This
 * takes the place of models/model.c, as ns3/identity.cc does of identity.c.
 *
 * ns-3 is asked for no more than a mean path loss, the probability of line of sight and the
 * spread of the shadowing. What is drawn is drawn as sim-stub does it (models/link.c), so
 * that what it promises of repeatability holds here too. */
#include <math.h>

#include "models/antenna_height.h"
#include "models/model.h"
#include "ns3/loss.h"

/* ------------------------------------------------------------------ paths */

/* Formulas of cells hold from 10 m along the ground (TR 38.901, table 7.4.1-1). */
#define CELL_MIN_M 10.0
#define HEIGHT_MAX_M 1e9
#define OKUMURA_BASE_MIN_M 30.0

/* For classes that look at the distance alone. */
static struct ns3_path straight(double distance_m)
{
	return (struct ns3_path){distance_m, ANTENNA_HEIGHT_MIN_M, ANTENNA_HEIGHT_MIN_M};
}

/* Antennas over the ground, the lower one at least at `base_height_m`, as sim-stub has them
 * (models/antenna_height.h). */
static struct ns3_path over_ground(const struct model_settings *settings, const struct scene *scene,
				   double usual_base_m, double near_m)
{
	struct antenna_heights heights = antenna_heights(settings, scene, usual_base_m);

	return (struct ns3_path){
		.horizontal_m = fmax(scene->horizontal_m, near_m),
		.low_m = fmin(fmin(heights.lower_m, heights.higher_m), HEIGHT_MAX_M),
		.high_m = fmin(fmax(heights.lower_m, heights.higher_m), HEIGHT_MAX_M),
	};
}

/* Of a model that says nothing of the spread. */
static struct path_loss usual(double loss_db)
{
	return (struct path_loss){.mean_db = loss_db, .decorrelation_m = DECORRELATION_USUAL_M};
}

/* Formulas that were fitted from some distance on would gain on free space below it. */
static struct path_loss at_least_free_space(const struct model_settings *settings,
					    const struct scene *scene, double loss_db)
{
	struct ns3_path path = straight(scene->distance_m);

	return usual(fmax(loss_db, ns3_friis_db(&path, settings->frequency_hz)));
}

/* ------------------------------------------------------------- one branch */

static struct path_loss free_space(const struct model_settings *settings, const struct scene *scene,
				   enum line_of_sight sight)
{
	struct ns3_path path = straight(scene->distance_m);

	(void)sight;
	return usual(ns3_friis_db(&path, settings->frequency_hz));
}

static struct path_loss two_ray(const struct model_settings *settings, const struct scene *scene,
				enum line_of_sight sight)
{
	struct ns3_path path = over_ground(settings, scene, ANTENNA_HEIGHT_MIN_M, DISTANCE_MIN_M);

	(void)sight;
	return usual(ns3_two_ray_ground_db(&path, settings->frequency_hz));
}

/* ns-3's is one loss everywhere up to the reference: there it is free space, as in sim-stub. */
static struct path_loss log_distance(const struct model_settings *settings,
				     const struct scene *scene, enum line_of_sight sight)
{
	struct ns3_path path = straight(scene->distance_m);
	struct ns3_path reference = straight(settings->reference_m);
	double reference_db = ns3_friis_db(&reference, settings->frequency_hz);

	if (scene->distance_m <= settings->reference_m) {
		return free_space(settings, scene, sight);
	}
	return (struct path_loss){.mean_db =
					  ns3_log_distance_db(&path, settings->exponent,
							      settings->reference_m, reference_db)};
}

/* ns-3 takes the higher node as the base station; Okumura's stood at 30 m and more. */
static struct path_loss okumura_hata(const struct model_settings *settings,
				     const struct scene *scene, enum line_of_sight sight)
{
	struct ns3_path path = over_ground(settings, scene, ANTENNA_HEIGHT_MIN_M, DISTANCE_MIN_M);

	(void)sight;
	path.high_m = fmax(path.high_m, OKUMURA_BASE_MIN_M);
	return at_least_free_space(settings, scene,
				   ns3_okumura_hata_db(&path, settings->frequency_hz));
}

static struct path_loss itu_r_1411_los(const struct model_settings *settings,
				       const struct scene *scene, enum line_of_sight sight)
{
	struct ns3_path path = over_ground(settings, scene, ANTENNA_HEIGHT_MIN_M, DISTANCE_MIN_M);

	(void)sight;
	return at_least_free_space(settings, scene,
				   ns3_itu_r_1411_los_db(&path, settings->frequency_hz));
}

static struct path_loss kun_2600(const struct model_settings *settings, const struct scene *scene,
				 enum line_of_sight sight)
{
	struct ns3_path path = straight(scene->distance_m);

	(void)sight;
	return at_least_free_space(settings, scene, ns3_kun_2600_db(&path));
}

/* ------------------------------------------------------- 3GPP, both branches */

/* Heights of base stations: TR 38.901, tables 7.2-3 (RMa), 7.2-1 (UMa, UMi) and 7.2-2. */
static struct ns3_path cell_of(enum ns3_scenario scenario, const struct model_settings *settings,
			       const struct scene *scene)
{
	static const double base_m[NS3_SCENARIOS] = {[NS3_RMA] = 35.0,
						     [NS3_UMA] = 25.0,
						     [NS3_UMI_STREET_CANYON] = 10.0,
						     [NS3_INDOOR_OFFICE] = 3.0};

	return over_ground(settings, scene, base_m[scenario], CELL_MIN_M);
}

static struct path_loss branch(enum ns3_scenario scenario, const struct model_settings *settings,
			       const struct scene *scene, enum line_of_sight sight)
{
	struct ns3_path path = cell_of(scenario, settings, scene);
	struct ns3_cell cell = {settings->frequency_hz, settings->building_height_m,
				settings->street_width_m};
	struct ns3_branch told =
		ns3_3gpp_branch(scenario, &path, &cell, sight == LINE_OF_SIGHT_LOS);

	return (struct path_loss){.mean_db = told.loss_db,
				  .shadowing_db = told.shadowing_db,
				  .decorrelation_m = told.decorrelation_m};
}

static double probability(enum ns3_scenario scenario, const struct model_settings *settings,
			  const struct scene *scene)
{
	struct ns3_path path = cell_of(scenario, settings, scene);

	return ns3_3gpp_line_of_sight(scenario, &path);
}

#define SCENARIO(name, scenario)                                                                   \
	static struct path_loss name##_path_loss(const struct model_settings *settings,            \
						 const struct scene *scene,                        \
						 enum line_of_sight sight)                         \
	{                                                                                          \
		return branch(scenario, settings, scene, sight);                                   \
	}                                                                                          \
	static double name##_line_of_sight(const struct model_settings *settings,                  \
					   const struct scene *scene)                              \
	{                                                                                          \
		return probability(scenario, settings, scene);                                     \
	}

SCENARIO(rma, NS3_RMA)
SCENARIO(uma, NS3_UMA)
SCENARIO(umi, NS3_UMI_STREET_CANYON)
SCENARIO(office, NS3_INDOOR_OFFICE)

/* ------------------------------------------------------------------ table */

enum {
	LINK = LINK_PARAMETERS,
	DISTANCE = PARAMETER_BIT(PARAMETER_EXPONENT) | PARAMETER_BIT(PARAMETER_REFERENCE),
	BASE = PARAMETER_BIT(PARAMETER_BASE_HEIGHT),
	CELL = BASE | PARAMETER_BIT(PARAMETER_LOS),
	RURAL = PARAMETER_BIT(PARAMETER_BUILDING_HEIGHT) | PARAMETER_BIT(PARAMETER_STREET_WIDTH),
};

/* The bounds of frequencies are those at which ns-3 would end the process; the correlation
 * distances of line of sight are those of TR 38.901, table 7.6.3.1-2, where they are not the
 * usual one. */
static const struct model models[] = {
	{.name = "ideal", .parameters = PARAMETER_BIT(PARAMETER_TX_POWER)},
	{.name = "free-space",
	 .parameters = LINK,
	 .path_loss = free_space,
	 .told = LINE_OF_SIGHT_LOS},
	{.name = "two-ray",
	 .parameters = LINK | BASE,
	 .path_loss = two_ray,
	 .told = LINE_OF_SIGHT_LOS},
	{.name = "log-distance", .parameters = LINK | DISTANCE, .path_loss = log_distance},
	{.name = "3gpp-rma",
	 .parameters = LINK | CELL | RURAL,
	 .line_of_sight = rma_line_of_sight,
	 .sight_decorrelation_m = 60.0,
	 .path_loss = rma_path_loss,
	 .frequency_min_hz = 500e6,
	 .frequency_max_hz = 30e9},
	{.name = "3gpp-uma",
	 .parameters = LINK | CELL,
	 .line_of_sight = uma_line_of_sight,
	 .path_loss = uma_path_loss,
	 .frequency_min_hz = 500e6,
	 .frequency_max_hz = 100e9},
	{.name = "3gpp-umi",
	 .parameters = LINK | CELL,
	 .line_of_sight = umi_line_of_sight,
	 .path_loss = umi_path_loss,
	 .frequency_min_hz = 500e6,
	 .frequency_max_hz = 100e9},
	{.name = "3gpp-indoor-office",
	 .parameters = LINK | CELL,
	 .line_of_sight = office_line_of_sight,
	 .sight_decorrelation_m = 10.0,
	 .path_loss = office_path_loss,
	 .frequency_min_hz = 500e6,
	 .frequency_max_hz = 100e9},
	{.name = "okumura-hata", .parameters = LINK | BASE, .path_loss = okumura_hata},
	{.name = "itu-r-1411-los",
	 .parameters = LINK | BASE,
	 .path_loss = itu_r_1411_los,
	 .told = LINE_OF_SIGHT_LOS},
	{.name = "kun-2600", .parameters = LINK, .path_loss = kun_2600},
};

const struct model *model_at(size_t index)
{
	return index < sizeof(models) / sizeof(models[0]) ? &models[index] : NULL;
}
