#include "cli/value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/un.h>

int value_complain(const struct complaint *complaint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(complaint->text, complaint->size, format, args);
	va_end(args);
	return -1;
}

static int take_socket(const char *path, struct options *options, const struct complaint *complaint)
{
	const size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	size_t size = strlen(path);

	if (size == 0 || size > most) {
		return value_complain(complaint,
				      "--gateway unix:%s: the path must have 1 to %zu bytes", path,
				      most);
	}
	options->socket_path = path;
	return 0;
}

int value_gateway(const char *text, struct options *options, const struct complaint *complaint)
{
	const char *colon = strrchr(text, ':');
	const char *start = text, *end = colon;
	char *rest;
	long port;

	options->gateway = text;
	options->socket_path = NULL;
	if (strncmp(text, "unix:", 5) == 0) {
		return take_socket(text + 5, options, complaint);
	}
	if (!colon || colon == text || colon[1] == '\0') {
		return value_complain(complaint, "--gateway %s: must be HOST:PORT or unix:PATH",
				      text);
	}
	if (*start == '[' && end[-1] == ']') {
		start++;
		end--;
	} else if (memchr(text, ':', (size_t)(colon - text))) {
		return value_complain(
			complaint, "--gateway %s: an IPv6 address stands in brackets, [::1]:7600",
			text);
	}
	port = strtol(colon + 1, &rest, 10);
	if (*rest != '\0' || colon[1] < '0' || colon[1] > '9' || port < 1 || port > 65535) {
		return value_complain(complaint, "--gateway %s: the port must be 1 to 65535", text);
	}
	if (start == end || (size_t)(end - start) >= sizeof(options->host)) {
		return value_complain(complaint,
				      "--gateway %s: the host must have 1 to %zu characters", text,
				      sizeof(options->host) - 1);
	}
	memcpy(options->host, start, (size_t)(end - start));
	options->host[end - start] = '\0';
	(void)snprintf(options->port, sizeof(options->port), "%ld", port);
	return 0;
}

int value_seconds(const char *name, const char *text, uint64_t *us,
		  const struct complaint *complaint)
{
	char *rest;
	double seconds = strtod(text, &rest);

	if (rest == text || *rest != '\0' || !(seconds > 0 && seconds <= 1e9)) {
		return value_complain(complaint, "--%s %s: must be a number of seconds over 0",
				      name, text);
	}
	*us = (uint64_t)ceil(seconds * 1e6);
	return 0;
}

int value_whole(const char *name, const char *text, uint64_t least, uint64_t most, uint64_t *number,
		const struct complaint *complaint)
{
	char *rest;

	errno = 0;
	*number = strtoull(text, &rest, 10);
	if (*text < '0' || *text > '9' || *rest != '\0' || errno || *number < least ||
	    *number > most) {
		return value_complain(complaint, "--%s %s: must be %" PRIu64 " to %" PRIu64, name,
				      text, least, most);
	}
	return 0;
}

int value_number(const char *name, const char *text, double least, double most, double *number,
		 const struct complaint *complaint)
{
	char *rest;

	*number = strtod(text, &rest);
	if (rest == text || *rest != '\0' || !(*number >= least && *number <= most)) {
		return value_complain(complaint, "--%s %s: must be %.12g to %.12g", name, text,
				      least, most);
	}
	return 0;
}

bool value_three(const char *text, double value[3])
{
	const char *at = text;

	for (int i = 0; i < 3; i++) {
		char *rest;

		value[i] = strtod(at, &rest);
		if (rest == at || !isfinite(value[i]) || *rest != (i < 2 ? ',' : '\0')) {
			return false;
		}
		at = rest + 1;
	}
	return true;
}

const char *value_geodetic(const double value[3], struct position *position)
{
	if (fabs(value[0]) > 90 || fabs(value[1]) > 180 || fabs(value[2]) > 1e6) {
		return "latitude -90 to 90, longitude -180 to 180 degrees, altitude within 1000 km";
	}
	position->frame = POSITION_GEODETIC;
	position->geodetic.latitude_e7 = (int32_t)lround(value[0] * 1e7);
	position->geodetic.longitude_e7 = (int32_t)lround(value[1] * 1e7);
	position->geodetic.altitude_mm = (int32_t)lround(value[2] * 1e3);
	return NULL;
}

const char *value_local(const double value[3], struct position *position)
{
	for (int i = 0; i < 3; i++) {
		if (fabs(value[i]) > 1e9) {
			return "within a million kilometres";
		}
	}
	position->frame = POSITION_LOCAL;
	position->local = (struct vector){(float)value[0], (float)value[1], (float)value[2]};
	return NULL;
}

int value_choice(const char *name, const char *text, const char *const *names,
		 const struct complaint *complaint)
{
	char all[128] = "";

	for (int i = 0; names[i]; i++) {
		if (strcmp(text, names[i]) == 0) {
			return i;
		}
	}
	for (int i = 0; names[i]; i++) {
		(void)snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
			       i == 0	      ? ""
			       : names[i + 1] ? ", "
					      : " or ",
			       names[i]);
	}
	return value_complain(complaint, "--%s %s: must be %s", name, text, all);
}
