/* What a jammer does to a receiver: its power, by the scenario's own mean path loss. */
#ifndef SIM_FAULTS_JAMMER_H
#define SIM_FAULTS_JAMMER_H

#include "faults/fault.h"
#include "models/link.h"

/* Where it is `on_us` after it went on. */
struct vector jammer_place(const struct fault *fault, uint64_t on_us);

/* The part of its power, 0..1, that lies in the band of the scenario's receivers. */
double jammer_overlap(const struct fault_jammer *jammer, const struct model_settings *settings);

/* What of it comes out of the receiver's antenna within its band, mW. 0 where the scenario's
 * model has no channel. */
double jammer_power_mw(const struct fault *fault, uint64_t on_us, const struct channel *channel,
		       const struct sim_node *receiver);

#endif
