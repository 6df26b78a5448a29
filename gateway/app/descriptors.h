/* How many drones the system's limit of descriptors allows. */
#ifndef UAV_APP_DESCRIPTORS_H
#define UAV_APP_DESCRIPTORS_H

#include "settings/settings.h"

/* The part of `wanted` drones that a limit of `limit` descriptors leaves room for when
 * `others` are for something else; at least 1. */
uint32_t descriptors_allow(uint64_t limit, uint32_t wanted, uint64_t others);

/* What is kept for all but drones, of which `links` go to simulators. */
uint64_t descriptors_of_others(const struct settings *settings, uint32_t links);

/* Cuts limits.max_drones to what the system allows, whose limit is raised first as far as it
 * lets us, and says so in the log: better a SERVER_FULL than a connection that is dropped
 * without a word. */
void descriptors_fit(struct settings *settings, uint32_t links, struct log *log);

#endif
