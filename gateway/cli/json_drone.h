/* An entry of a list of drones as a JSON object. */
#ifndef UAV_CLI_JSON_DRONE_H
#define UAV_CLI_JSON_DRONE_H

#include "cli/json.h"
#include "core/message.h"

/* With the names of drone.proto; parts that are unknown are absent. */
json_t *json_drone_object(const struct drone_entry *drone);

#endif
