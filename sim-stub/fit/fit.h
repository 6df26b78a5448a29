/* `sim-stub --fit FILE`: the scenario in which a radio's log could have been flown.
 *
 *   log ─▶ rows that tell something ─▶ line over log10(distance) ─▶ residuals ─▶ how far a shadow
 * reaches │                 │ channel.* lines ◀── parameters, checked ◀── exponent, antennas ◀──
 * spread */
#ifndef SIM_FIT_FIT_H
#define SIM_FIT_FIT_H

#include "fit/decorrelation.h"
#include "fit/radio_log.h"
#include "fit/regression.h"
#include "models/parameters.h"

/* What a scenario needs to know besides the log: `settings` has the frequency, reference_m, under
 * which rows are left out, and the power of logs that do not tell it. */
struct fit_result {
	struct radio_sample *samples; /* that were used, in their order */
	size_t count, near;	      /* near: left out, no farther than reference_m */
	size_t repeated;	      /* that stand exactly where the one before them does */
	double least_m, most_m;	      /* distances */
	double least_dbm, most_dbm;   /* powers of the sender */
	bool whole_db;		      /* all strengths are whole numbers */
	struct regression line;	      /* path loss and antennas, dB, over log10(distance / m) */
	enum decorrelation_status decorrelation;
	double decorrelation_m;
};

enum fit_status { FIT_OK, FIT_NO_MEMORY, FIT_TOO_FEW, FIT_NO_RANGE };

/* The log-distance model of `channel` that is nearest to the log: the results in *result and in
 * channel->settings, each rounded as fit_print writes it. Whatever it returns, fit_free. */
enum fit_status fit_find(const struct radio_log *log, struct channel *channel,
			 struct fit_result *result) __attribute__((warn_unused_result));
void fit_free(struct fit_result *result);

/* Takes main's arguments; returns the exit code of a job (jobs.h). */
int fit_job(int argc, char **argv);

#endif
