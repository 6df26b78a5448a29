/* `sim-stub --plot MODEL`: path loss and packet error rate over distance and height, as an SVG that
 * gnuplot draws, or as a table.
 *
 *   parameters ─▶ channel ─▶ sounding (models, link) ─▶ gnuplot's program ─▶ gnuplot ─▶ SVG
 *                                      └───────────▶ CSV */
#ifndef SIM_PLOT_PLOT_H
#define SIM_PLOT_PLOT_H

/* Takes main's arguments; returns the exit code of a job (jobs.h). */
int plot_job(int argc, char **argv);

#endif
