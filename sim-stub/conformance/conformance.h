/* `sim-stub --conformance HOST:PORT`: is what listens there a channel simulator? Plays the checks
 * of checks.h against it, a line each. */
#ifndef SIM_CONFORMANCE_H
#define SIM_CONFORMANCE_H

/* A job (jobs.h). 0: nothing failed; 1: something did, or nobody is there; 2: wrong usage. */
int conformance_run(int argc, char **argv);

#endif
