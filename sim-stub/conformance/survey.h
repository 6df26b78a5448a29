/* Where packets are lost at times: receivers on a line away from three senders. */
#ifndef SIM_CONFORMANCE_SURVEY_H
#define SIM_CONFORMANCE_SURVEY_H

#include "conformance/bench.h"

enum { SURVEY_SENDERS = 3 };

/* The three senders, then receivers from 10 m to 1000 km. */
struct cast survey_cast(void);

/* Looks for lossy links, once; bench->lossy has them, or none. False: failed. */
bool survey_look(struct bench *bench) __attribute__((warn_unused_result));

#endif
