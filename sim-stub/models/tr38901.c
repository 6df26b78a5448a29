#include "models/tr38901.h"

#include <math.h>

static double ghz(const struct cell_link *link)
{
	return link->frequency_hz / 1e9;
}

/* --------------------------------------------------------- line of sight */

double tr38901_decay(double horizontal_m, double d1, double p1)
{
	double share = d1 / horizontal_m;

	return horizontal_m <= d1 ? 1.0 : share + exp(-horizontal_m / p1) * (1.0 - share);
}

static double rma_line_of_sight(const struct cell_link *link)
{
	return link->horizontal_m <= 10.0 ? 1.0 : exp(-(link->horizontal_m - 10.0) / 1000.0);
}

/* C' grows from 13 m to 23 m of the terminal's height. */
static double uma_line_of_sight(const struct cell_link *link)
{
	double d = link->horizontal_m;
	double over = fmin(fmax(link->terminal_m - 13.0, 0.0), 10.0);
	double raised = pow(over / 10.0, 1.5) * 1.25 * pow(d / 100.0, 3.0) * exp(-d / 150.0);

	return d <= 18.0 ? 1.0 : tr38901_decay(d, 18.0, 63.0) * (1.0 + raised);
}

static double umi_line_of_sight(const struct cell_link *link)
{
	return tr38901_decay(link->horizontal_m, 18.0, 36.0);
}

double tr38901_line_of_sight(enum cell_place place, const struct cell_link *link)
{
	static double (*const probability[CELL_PLACES])(const struct cell_link *) = {
		[CELL_RMA] = rma_line_of_sight,
		[CELL_UMA] = uma_line_of_sight,
		[CELL_UMI] = umi_line_of_sight,
	};

	return fmin(probability[place](link), 1.0);
}

/* ------------------------------------------------------- rural macro (RMa) */

/* d_BP of note 5. */
static double rma_breakpoint_m(const struct cell_link *link)
{
	return 2.0 * M_PI * link->base_m * link->terminal_m * link->frequency_hz /
	       TR38901_LIGHT_MPS;
}

/* PL1 */
static double rma_before(const struct cell_link *link, double distance_m)
{
	double clutter = pow(link->building_m, 1.72);

	return 20.0 * log10(40.0 * M_PI * distance_m * ghz(link) / 3.0) +
	       fmin(0.03 * clutter, 10.0) * log10(distance_m) - fmin(0.044 * clutter, 14.77) +
	       0.002 * log10(link->building_m) * distance_m;
}

static struct path_loss rma_los(const struct cell_link *link)
{
	double breakpoint_m = rma_breakpoint_m(link);

	if (link->horizontal_m <= breakpoint_m) {
		return (struct path_loss){.mean_db = rma_before(link, link->distance_m),
					  .shadowing_db = 4.0};
	}
	return (struct path_loss){.mean_db = rma_before(link, breakpoint_m) +
					     40.0 * log10(link->distance_m / breakpoint_m),
				  .shadowing_db = 6.0};
}

static struct path_loss rma_nlos(const struct cell_link *link)
{
	double share = link->building_m / link->base_m;
	double log_base = log10(link->base_m);
	double log_terminal = log10(11.75 * link->terminal_m);

	return (struct path_loss){
		.mean_db = 161.04 - 7.1 * log10(link->street_m) + 7.5 * log10(link->building_m) -
			   (24.37 - 3.7 * share * share) * log_base +
			   (43.42 - 3.1 * log_base) * (log10(link->distance_m) - 3.0) +
			   20.0 * log10(ghz(link)) - (3.2 * log_terminal * log_terminal - 4.97),
		.shadowing_db = 8.0};
}

/* ------------------------------------------------ urban macro and micro */

/* d'_BP of note 1, with an effective height of the surroundings h_E of 1 m. For terminals
 * over 13 m in the urban macro cell the report draws h_E; the least of what may be drawn is
 * taken, so that the loss is a function of the place alone. */
static double urban_breakpoint_m(const struct cell_link *link)
{
	return 4.0 * (link->base_m - 1.0) * (link->terminal_m - 1.0) * link->frequency_hz /
	       TR38901_LIGHT_MPS;
}

/* PL1 up to the breakpoint, then PL2: 40 dB a decade, less `bend` times the logarithm of the
 * distance, squared, at which it began. */
static double urban_los(const struct cell_link *link, double constant, double slope, double bend)
{
	double breakpoint_m = urban_breakpoint_m(link);
	double rise = link->base_m - link->terminal_m;
	double level = constant + 20.0 * log10(ghz(link));

	if (link->horizontal_m <= breakpoint_m) {
		return level + slope * log10(link->distance_m);
	}
	return level + 40.0 * log10(link->distance_m) -
	       bend * log10(breakpoint_m * breakpoint_m + rise * rise);
}

static struct path_loss uma_los(const struct cell_link *link)
{
	return (struct path_loss){.mean_db = urban_los(link, 28.0, 22.0, 9.0), .shadowing_db = 4.0};
}

static struct path_loss uma_nlos(const struct cell_link *link)
{
	return (struct path_loss){.mean_db = 13.54 + 39.08 * log10(link->distance_m) +
					     20.0 * log10(ghz(link)) -
					     0.6 * (link->terminal_m - 1.5),
				  .shadowing_db = 6.0};
}

static struct path_loss umi_los(const struct cell_link *link)
{
	return (struct path_loss){.mean_db = urban_los(link, 32.4, 21.0, 9.5), .shadowing_db = 4.0};
}

static struct path_loss umi_nlos(const struct cell_link *link)
{
	return (struct path_loss){.mean_db = 35.3 * log10(link->distance_m) + 22.4 +
					     21.3 * log10(ghz(link)) -
					     0.3 * (link->terminal_m - 1.5),
				  .shadowing_db = 7.82};
}

/* ------------------------------------------------------------ all places */

double tr38901_decorrelation_m(enum cell_place place, bool los)
{
	static const double distance_m[CELL_PLACES][2] = {
		[CELL_RMA] = {120.0, 37.0},
		[CELL_UMA] = {50.0, 37.0},
		[CELL_UMI] = {13.0, 10.0},
	};

	return distance_m[place][los];
}

struct path_loss tr38901_branch(const cell_branches *branches, enum cell_place place,
				const struct cell_link *link, bool los)
{
	struct path_loss loss = (*branches)[place][los](link);

	if (!los) {
		loss.mean_db = fmax(loss.mean_db, (*branches)[place][true](link).mean_db);
	}
	loss.decorrelation_m = tr38901_decorrelation_m(place, los);
	return loss;
}

struct path_loss tr38901_path_loss(enum cell_place place, const struct cell_link *link, bool los)
{
	static const cell_branches branches = {
		[CELL_RMA] = {rma_nlos, rma_los},
		[CELL_UMA] = {uma_nlos, uma_los},
		[CELL_UMI] = {umi_nlos, umi_los},
	};

	return tr38901_branch(&branches, place, link, los);
}
