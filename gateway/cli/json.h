/* Members of JSON objects, and the one way in which they are printed. */
#ifndef UAV_CLI_JSON_H
#define UAV_CLI_JSON_H

#include "base/slice.h"

#include <jansson.h>
#include <stdio.h>

/* Setting a member to what could not be made (out of memory, text that is not
 * UTF-8) fails, and leaves the member out. */
void json_set(json_t *object, const char *key, json_t *value);
void json_set_text(json_t *object, const char *key, struct slice text);
void json_set_name(json_t *object, const char *key, const char *name);
void json_set_integer(json_t *object, const char *key, uint64_t value);
void json_set_float(json_t *object, const char *key, float value);
void json_set_bool(json_t *object, const char *key, bool value);

/* One line, in plain ASCII; the object is given back. */
void json_write_line(FILE *file, json_t *object);

#endif
