/* What a person should look at when a swarm's messages did not come through. */
#ifndef UAV_CLI_SWARM_NOTES_H
#define UAV_CLI_SWARM_NOTES_H

#include "cli/swarm_table.h"

/* A line for each thing that was probably not meant; none when all is well. `hub`: the
 * scenario's, "" if it has none. */
void swarm_notes(FILE *file, const struct swarm_table *table, const char *hub);

#endif
