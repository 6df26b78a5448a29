/* 3GPP TR 38.901, clause 7.4: path loss and probability of line of sight between a base
 * station and a terminal on the ground or in a building's lower storeys. */
#ifndef SIM_MODELS_TR38901_H
#define SIM_MODELS_TR38901_H

#include <stdbool.h>

#include "models/model.h"

/* Rural macro, urban macro, urban micro in a street canyon. */
enum cell_place { CELL_RMA, CELL_UMA, CELL_UMI, CELL_PLACES };

/* Propagation velocity as the report has it (table 7.4.1-1, note 1), m/s. */
#define TR38901_LIGHT_MPS 3.0e8

/* A link between a base station and a terminal. */
struct cell_link {
	double base_m, terminal_m; /* heights of the antennas, at least 1.5 m each */
	double horizontal_m;	   /* d_2D, at least 10 m */
	double distance_m;	   /* d_3D */
	double frequency_hz;
	double building_m, street_m; /* average height of buildings, width of streets (RMa) */
};

/* Table 7.4.2-1, 0..1. */
double tr38901_line_of_sight(enum cell_place place, const struct cell_link *link);

/* Mean and standard deviation by table 7.4.1-1. */
struct path_loss tr38901_path_loss(enum cell_place place, const struct cell_link *link, bool los);

/* Correlation distance of shadow fading, m (table 7.5-6). */
double tr38901_decorrelation_m(enum cell_place place, bool los);

/* Mean and standard deviation of each place, by whether there is line of sight. */
typedef struct path_loss (*cell_branches[CELL_PLACES][2])(const struct cell_link *link);

/* One of them, for both reports: an obstructed path never loses less than a free one, and shadow
 * fading has the correlation distance above. */
struct path_loss tr38901_branch(const cell_branches *branches, enum cell_place place,
				const struct cell_link *link, bool los);

/* The shape that both reports use: certain up to d1, from there on
 * d1 / d + exp(-d / p1) (1 - d1 / d). */
double tr38901_decay(double horizontal_m, double d1, double p1);

#endif
