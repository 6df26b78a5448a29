/* 3GPP TR 36.777, annex B: what takes the place of TR 38.901 for terminals in the air, up to
 * a height of 300 m. Above, its coefficients are those at 300 m. */
#ifndef SIM_MODELS_TR36777_H
#define SIM_MODELS_TR36777_H

#include "models/tr38901.h"

/* Whether the terminal is so high that the annex has formulas of its own for it: over 10 m in
 * the rural place, over 22.5 m in the urban ones. */
bool tr36777_is_aerial(enum cell_place place, const struct cell_link *link);

/* Table B-1, 0..1; for aerial terminals alone. */
double tr36777_line_of_sight(enum cell_place place, const struct cell_link *link);

/* Mean by table B-2, standard deviation by table B-3; for aerial terminals alone. The
 * correlation distance is that of TR 38.901, to which the annex refers for it (B.1.2). */
struct path_loss tr36777_path_loss(enum cell_place place, const struct cell_link *link, bool los);

#endif
