/* How many drones the system's limit of descriptors allows. */
#ifndef UAV_APP_DESCRIPTORS_H
#define UAV_APP_DESCRIPTORS_H

#include <stdint.h>

/* For everything that is not a drone's connection: the link, listeners, the log,
 * connections that are closing. */
#define DESCRIPTORS_RESERVE 128u

/* The part of `wanted` drones that a limit of `limit` descriptors leaves room for;
 * at least 1. */
uint32_t descriptors_allow(uint64_t limit, uint32_t wanted);

/* The limit of this process, raised first as far as the system lets it when
 * `wanted` drones need more. */
uint64_t descriptors_limit(uint32_t wanted);

#endif
