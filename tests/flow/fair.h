/* Whether a drone that floods leaves the others their share. */
#ifndef UAV_TESTS_FLOW_FAIR_H
#define UAV_TESTS_FLOW_FAIR_H

#include <stdbool.h>
#include <stdint.h>

/* One run by its seed; false, and a line on standard output that says who got too little. */
bool fair_play(uint64_t seed);

#endif
