/* The values of options. Each returns 0, or -1 when it has complained. */
#ifndef UAV_CLI_VALUE_H
#define UAV_CLI_VALUE_H

#include "cli/options.h"

/* Where mistakes are told. */
struct complaint {
	char *text;
	size_t size;
};

/* Writes the sentence and returns -1. */
int value_complain(const struct complaint *complaint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "host:port", "[v6]:port" or "unix:path" */
int value_gateway(const char *text, struct options *options, const struct complaint *complaint);
int value_seconds(const char *name, const char *text, uint64_t *us,
		  const struct complaint *complaint);
/* A whole number within the bounds. */
int value_whole(const char *name, const char *text, uint64_t least, uint64_t most, uint64_t *number,
		const struct complaint *complaint);
/* A finite number within the bounds. */
int value_number(const char *name, const char *text, double least, double most, double *number,
		 const struct complaint *complaint);
/* The place of `text` among `names`, which end with NULL; or -1. */
int value_choice(const char *name, const char *text, const char *const *names,
		 const struct complaint *complaint);

/* Three finite numbers with commas between them, and nothing else. */
bool value_three(const char *text, double value[3]);
/* Latitude, longitude and altitude in degrees and metres; east, north and up in metres. NULL, or
 * what they must be. */
const char *value_geodetic(const double value[3], struct position *position);
const char *value_local(const double value[3], struct position *position);

#endif
