#include "models/tr36777.h"

#include <math.h>

#include "models/free_space.h"

#define HEIGHT_MAX_M 300.0

/* h_UT as the coefficients have it. */
static double height_m(const struct cell_link *link)
{
	return fmin(link->terminal_m, HEIGHT_MAX_M);
}

static double log_height(const struct cell_link *link)
{
	return log10(height_m(link));
}

static double log_distance(const struct cell_link *link)
{
	return log10(link->distance_m);
}

/* 20 log10(fc), fc in GHz */
static double log_frequency(const struct cell_link *link)
{
	return 20.0 * log10(link->frequency_hz / 1e9);
}

/* 20 log10(40 pi fc / 3): free space at 1 m */
static double first_metre(const struct cell_link *link)
{
	return 20.0 * log10(40.0 * M_PI * link->frequency_hz / 1e9 / 3.0);
}

bool tr36777_is_aerial(enum cell_place place, const struct cell_link *link)
{
	return link->terminal_m > (place == CELL_RMA ? 10.0 : 22.5);
}

/* --------------------------------------------------------- line of sight */

static double rma_line_of_sight(const struct cell_link *link)
{
	double p1 = fmax(15021.0 * log_height(link) - 16053.0, 1000.0);
	double d1 = fmax(1350.8 * log_height(link) - 1602.0, 18.0);

	return link->terminal_m > 40.0 ? 1.0 : tr38901_decay(link->horizontal_m, d1, p1);
}

static double uma_line_of_sight(const struct cell_link *link)
{
	double p1 = 4300.0 * log_height(link) - 3800.0;
	double d1 = fmax(460.0 * log_height(link) - 700.0, 18.0);

	return link->terminal_m > 100.0 ? 1.0 : tr38901_decay(link->horizontal_m, d1, p1);
}

static double umi_line_of_sight(const struct cell_link *link)
{
	double p1 = 233.98 * log_height(link) - 0.95;
	double d1 = fmax(294.05 * log_height(link) - 432.94, 18.0);

	return tr38901_decay(link->horizontal_m, d1, p1);
}

double tr36777_line_of_sight(enum cell_place place, const struct cell_link *link)
{
	static double (*const probability[CELL_PLACES])(const struct cell_link *) = {
		[CELL_RMA] = rma_line_of_sight,
		[CELL_UMA] = uma_line_of_sight,
		[CELL_UMI] = umi_line_of_sight,
	};

	return probability[place](link);
}

/* ------------------------------------------------------------- path loss */

static struct path_loss rma_los(const struct cell_link *link)
{
	double slope = fmax(23.9 - 1.8 * log_height(link), 20.0);

	return (struct path_loss){.mean_db = slope * log_distance(link) + first_metre(link),
				  .shadowing_db = 4.2 * exp(-0.0046 * height_m(link))};
}

static struct path_loss rma_nlos(const struct cell_link *link)
{
	double slope = 35.0 - 5.3 * log_height(link);

	return (struct path_loss){.mean_db = -12.0 + slope * log_distance(link) + first_metre(link),
				  .shadowing_db = 6.0};
}

static struct path_loss uma_los(const struct cell_link *link)
{
	return (struct path_loss){.mean_db = 28.0 + 22.0 * log_distance(link) + log_frequency(link),
				  .shadowing_db = 4.64 * exp(-0.0066 * height_m(link))};
}

static struct path_loss uma_nlos(const struct cell_link *link)
{
	double slope = 46.0 - 7.0 * log_height(link);

	return (struct path_loss){.mean_db = -17.5 + slope * log_distance(link) + first_metre(link),
				  .shadowing_db = 6.0};
}

/* Not less than PL', free space (note 3). */
static struct path_loss umi_los(const struct cell_link *link)
{
	double slope = 22.25 - 0.5 * log_height(link);

	return (struct path_loss){
		.mean_db = fmax(free_space_loss_db(link->frequency_hz, link->distance_m),
				30.9 + slope * log_distance(link) + log_frequency(link)),
		.shadowing_db = fmax(5.0 * exp(-0.01 * height_m(link)), 2.0)};
}

static struct path_loss umi_nlos(const struct cell_link *link)
{
	double slope = 43.2 - 7.6 * log_height(link);

	return (struct path_loss){.mean_db =
					  32.4 + slope * log_distance(link) + log_frequency(link),
				  .shadowing_db = 8.0};
}

struct path_loss tr36777_path_loss(enum cell_place place, const struct cell_link *link, bool los)
{
	static const cell_branches branches = {
		[CELL_RMA] = {rma_nlos, rma_los},
		[CELL_UMA] = {uma_nlos, uma_los},
		[CELL_UMI] = {umi_nlos, umi_los},
	};

	/* That NLOS is never less than LOS the table says for RMa and UMi alone; for UMa it makes a
	 * difference within some 100 m. */
	return tr38901_branch(&branches, place, link, los);
}
