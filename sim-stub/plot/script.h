/* What soundings are drawn by: a program for gnuplot that has its data in it, and the data alone.
 */
#ifndef SIM_PLOT_SCRIPT_H
#define SIM_PLOT_SCRIPT_H

#include <stdio.h>

#include "plot/sounding.h"

/* Reads no file and writes an SVG to its standard output. `given` are the parameters that were
 * said, to be told in the picture. */
void script_write(const struct channel *channel, const struct parameter *given, size_t count,
		  FILE *out);

/* CSV: height_m, distance_m, line_of_sight (los, nlos; empty where the model does not tell them
 * apart), path_loss_db, packet_error_rate, line_of_sight_probability. */
void script_write_data(const struct channel *channel, FILE *out);

#endif
