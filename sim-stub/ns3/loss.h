/* What ns-3's propagation classes say of a path, in plain types: loss.cc alone knows ns-3. Each
 * function asks one class, for one path, without ns-3's event loop and with none of its random
 * numbers: the same question has the same answer, whatever was asked before.
 *
 * ns-3 does not check what it is given, or ends the process where it does. So all is within these
 * bounds, and it is the caller who sees to that: heights from 1 m to 1e9 m, the distance along
 * the ground from 1 m to 1e9 m, the frequency as each function has it. Every answer is finite
 * then. */
#ifndef SIM_NS3_LOSS_H
#define SIM_NS3_LOSS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Two nodes as ns-3 is shown them. */
struct ns3_path {
	double horizontal_m; /* from one to the other, along the ground */
	double low_m;	     /* height of the lower one */
	double high_m;	     /* and of the higher one */
};

/* Path loss in dB. The frequency is from 1e6 to 300e9 Hz. */
double ns3_friis_db(const struct ns3_path *path, double frequency_hz);
double ns3_two_ray_ground_db(const struct ns3_path *path, double frequency_hz);
/* `reference_db` is the loss at `reference_m`, which is up to 1e9 m. */
double ns3_log_distance_db(const struct ns3_path *path, double exponent, double reference_m,
			   double reference_db);
/* Urban, large city; COST 231's extension of it from 1.5 GHz on. */
double ns3_okumura_hata_db(const struct ns3_path *path, double frequency_hz);
/* The median between the two bounds. */
double ns3_itu_r_1411_los_db(const struct ns3_path *path, double frequency_hz);
/* At 2.6 GHz. */
double ns3_kun_2600_db(const struct ns3_path *path);

/* 3GPP TR 38.901, table 7.4.1-1 and, for lines of sight, table 7.4.2-1. */
enum ns3_scenario { NS3_RMA, NS3_UMA, NS3_UMI_STREET_CANYON, NS3_INDOOR_OFFICE, NS3_SCENARIOS };

struct ns3_branch {
	double loss_db;
	double shadowing_db;	/* standard deviation */
	double decorrelation_m; /* of the shadowing, table 7.5-6 */
};

struct ns3_cell {
	double frequency_hz; /* 500 MHz to 100 GHz, in NS3_RMA to 30 GHz */
	double building_m;   /* average height of buildings, 5 m to 50 m; NS3_RMA alone */
	double street_m;     /* average width of streets, the same */
};

/* In NS3_UMA the effective
 * environment height is 1 m, where ns-3 would draw it for a lower node over 13 m. */
struct ns3_branch ns3_3gpp_branch(enum ns3_scenario scenario, const struct ns3_path *path,
				  const struct ns3_cell *cell, bool line_of_sight);
/* The probability of line of sight, 0 to 1. */
double ns3_3gpp_line_of_sight(enum ns3_scenario scenario, const struct ns3_path *path);

#ifdef __cplusplus
}
#endif

#endif
