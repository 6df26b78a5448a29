#include "cli/track.h"

#include "cli/track_rows.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

enum { NAMES_MAX = 10 };

static const struct {
	const char *name;	       /* in --columns */
	const char *common[NAMES_MAX]; /* the rest is NULL */
} columns_known[TRACK_COLUMN_COUNT] = {
	[TRACK_TIME] = {"time",
			{"time", "t", "time_s", "t_s", "time_ms", "time_us", "timestamp",
			 "elapsed_s", "t_since_takeoff_s"}},
	[TRACK_DRONE] = {"drone", {"drone", "drone_id", "uav", "uav_id", "id", "vehicle"}},
	[TRACK_LATITUDE] = {"latitude", {"latitude", "lat", "latitude_deg", "lat_deg"}},
	[TRACK_LONGITUDE] = {"longitude", {"longitude", "lon", "lng", "longitude_deg", "lon_deg"}},
	[TRACK_ALTITUDE] = {"altitude",
			    {"altitude", "alt", "altitude_m", "alt_m", "baro_alt_m", "height",
			     "height_m"}},
};

struct reading {
	const char *path;
	struct track *track;
	struct track_rows rows;
	size_t place[TRACK_COLUMN_COUNT]; /* of the columns, in a row */
	size_t width;			  /* of every row */
	double unit_s;			  /* of the time */
	size_t last;			  /* the drone of the last row */
	char *why;
	size_t why_size;
};

/* Returns -1. */
static int complain(const struct reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int complain(const struct reading *reading, const char *format, ...)
{
	int size = snprintf(reading->why, reading->why_size, "%s:%lu: ", reading->path,
			    reading->rows.line);
	va_list args;

	if (size >= 0 && (size_t)size < reading->why_size) {
		va_start(args, format);
		(void)vsnprintf(reading->why + size, reading->why_size - (size_t)size, format,
				args);
		va_end(args);
	}
	return -1;
}

/* ------------------------------------------------------------------------- columns */

static int find_known(struct slice name)
{
	for (int i = 0; i < TRACK_COLUMN_COUNT; i++) {
		if (slice_equal(name, slice_str(columns_known[i].name))) {
			return i;
		}
	}
	return -1;
}

int track_columns_parse(const char *text, struct track_columns *columns, char *why, size_t size)
{
	*columns = (struct track_columns){0};
	do {
		size_t length = strcspn(text, ",");
		const char *equals = memchr(text, '=', length);
		int known = equals ? find_known(slice_of(text, (size_t)(equals - text))) : -1;

		if (known < 0 || equals + 1 == text + length) {
			(void)snprintf(why, size,
				       "must be time=NAME, with commas between several; there are "
				       "time, drone, latitude, longitude and altitude");
			return -1;
		}
		if (columns->name[known].size) {
			(void)snprintf(why, size, "%s stands twice", columns_known[known].name);
			return -1;
		}
		columns->name[known] = slice_of(equals + 1, (size_t)(text + length - equals - 1));
		text += length;
	} while (*text++ == ',');
	return 0;
}

static struct slice trimmed(struct slice text)
{
	while (text.size && (text.data[0] == ' ' || text.data[0] == '\t')) {
		text = slice_of(text.data + 1, text.size - 1);
	}
	while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t')) {
		text.size--;
	}
	return text;
}

static bool same_name(struct slice a, struct slice b)
{
	return a.size == b.size &&
	       strncasecmp((const char *)a.data, (const char *)b.data, a.size) == 0;
}

/* Whether the header's `name` is the column's, as asked for or as usual. */
static bool is_column(int column, struct slice asked, struct slice name)
{
	if (asked.size) {
		return slice_equal(asked, name);
	}
	for (size_t i = 0; i < NAMES_MAX && columns_known[column].common[i]; i++) {
		if (same_name(name, slice_str(columns_known[column].common[i]))) {
			return true;
		}
	}
	return false;
}

static int place_column(struct reading *reading, int column, struct slice asked)
{
	const char *name = columns_known[column].name;
	size_t found = 0;

	for (size_t i = 0; i < reading->rows.count; i++) {
		if (is_column(column, asked, trimmed(reading->rows.fields[i]))) {
			reading->place[column] = i;
			found++;
		}
	}
	if (found > 1) {
		return complain(reading,
				"several columns could be the %s; name one: --columns %s=NAME",
				name, name);
	}
	if (found == 0 && asked.size) {
		return complain(reading, "there is no column %.*s (--columns)", SLICE_ARG(asked));
	}
	if (found == 0) {
		return complain(reading,
				"no column has a known name for the %s; name it: --columns %s=NAME",
				name, name);
	}
	return 0;
}

static bool ends_in(struct slice name, const char *end)
{
	size_t size = strlen(end);

	return name.size > size && memcmp(name.data + name.size - size, end, size) == 0;
}

static int read_header(struct reading *reading, const struct track_columns *columns)
{
	struct slice time;

	for (int i = 0; i < TRACK_COLUMN_COUNT; i++) {
		if (place_column(reading, i, columns->name[i]) < 0) {
			return -1;
		}
	}
	time = trimmed(reading->rows.fields[reading->place[TRACK_TIME]]);
	reading->unit_s = ends_in(time, "_ms") ? 1e-3 : ends_in(time, "_us") ? 1e-6 : 1;
	reading->width = reading->rows.count;
	return 0;
}

/* ---------------------------------------------------------------------------- rows */

static int read_number(const struct reading *reading, int column, double most, double *number)
{
	struct slice text = trimmed(reading->rows.fields[reading->place[column]]);
	const char *start = (const char *)text.data;
	char *rest;

	*number = strtod(start, &rest);
	if (text.size == 0 || rest != start + text.size || !(fabs(*number) <= most)) {
		return complain(reading, "%s %.*s: must be a number within %g",
				columns_known[column].name, SLICE_ARG(text), most);
	}
	return 0;
}

static int read_fix(const struct reading *reading, struct track_fix *fix)
{
	if (read_number(reading, TRACK_TIME, 1e18, &fix->time_s) < 0 ||
	    read_number(reading, TRACK_LATITUDE, 90, &fix->latitude_deg) < 0 ||
	    read_number(reading, TRACK_LONGITUDE, 180, &fix->longitude_deg) < 0 ||
	    read_number(reading, TRACK_ALTITUDE, 1e6, &fix->altitude_m) < 0) {
		return -1;
	}
	fix->time_s *= reading->unit_s;
	return 0;
}

static bool has_name(const struct track_drone *drone, struct slice name)
{
	return slice_equal(slice_str(drone->name), name);
}

static int add_drone(struct reading *reading, struct slice name)
{
	struct track *track = reading->track;
	struct track_drone *drones =
		realloc(track->drones, (track->count + 1) * sizeof(*track->drones));

	if (drones) {
		track->drones = drones;
		drones[track->count] =
			(struct track_drone){.name = strndup((const char *)name.data, name.size)};
	}
	if (!drones || !drones[track->count].name) {
		return complain(reading, "out of memory");
	}
	reading->last = track->count++;
	return 0;
}

/* The drone of the present row becomes `last`. Most logs go round the drones, or stay
 * with one. */
static int find_drone(struct reading *reading)
{
	const struct track *track = reading->track;
	struct slice name = trimmed(reading->rows.fields[reading->place[TRACK_DRONE]]);

	if (name.size == 0) {
		return complain(reading, "the drone is missing");
	}
	for (size_t i = 0; i < track->count; i++) {
		size_t place = (reading->last + i) % track->count;

		if (has_name(&track->drones[place], name)) {
			reading->last = place;
			return 0;
		}
	}
	return add_drone(reading, name);
}

static int add_fix(struct reading *reading, const struct track_fix *fix)
{
	struct track_drone *drone = &reading->track->drones[reading->last];

	if (drone->count && fix->time_s < drone->fixes[drone->count - 1].time_s) {
		return complain(reading, "the time goes back: %s was at %.12g s already",
				drone->name, drone->fixes[drone->count - 1].time_s);
	}
	if (drone->count == drone->cap) {
		size_t cap = drone->cap ? 2 * drone->cap : 64;
		struct track_fix *fixes = realloc(drone->fixes, cap * sizeof(*fixes));

		if (!fixes) {
			return complain(reading, "out of memory");
		}
		drone->fixes = fixes;
		drone->cap = cap;
	}
	drone->fixes[drone->count++] = *fix;
	return 0;
}

static int read_row(struct reading *reading)
{
	struct track_fix fix;

	if (reading->rows.count != reading->width) {
		return complain(reading, "has %zu fields, and the header %zu", reading->rows.count,
				reading->width);
	}
	if (read_fix(reading, &fix) < 0 || find_drone(reading) < 0) {
		return -1;
	}
	return add_fix(reading, &fix);
}

/* ---------------------------------------------------------------------------- file */

/* The earliest fix is at 0. */
static void shift_time(struct track *track)
{
	double first = INFINITY, last = -INFINITY;

	for (size_t i = 0; i < track->count; i++) {
		const struct track_drone *drone = &track->drones[i];

		first = fmin(first, drone->fixes[0].time_s);
		last = fmax(last, drone->fixes[drone->count - 1].time_s);
	}
	for (size_t i = 0; i < track->count; i++) {
		for (size_t k = 0; k < track->drones[i].count; k++) {
			track->drones[i].fixes[k].time_s -= first;
		}
	}
	track->length_s = last - first;
}

static int read_rows(struct reading *reading, const struct track_columns *columns)
{
	int more = track_rows_next(&reading->rows);

	if (more > 0 && read_header(reading, columns) < 0) {
		return -1;
	}
	while (more > 0) {
		more = track_rows_next(&reading->rows);
		if (more > 0 && read_row(reading) < 0) {
			return -1;
		}
	}
	if (more < 0) {
		return complain(reading, "the row %s", reading->rows.why);
	}
	if (ferror(reading->rows.file)) {
		return complain(reading, "cannot be read on: %s", strerror(errno));
	}
	if (reading->track->count == 0) {
		return complain(reading, "there is no fix in it");
	}
	shift_time(reading->track);
	return 0;
}

int track_read(const char *path, const struct track_columns *columns, struct track *track,
	       char *why, size_t size)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	FILE *file = fopen(path, "rb");
	int status = -1;

	*track = (struct track){0};
	if (!file) {
		(void)snprintf(why, size, "cannot open %s: %s", path, strerror(errno));
	} else if (!reading) {
		(void)snprintf(why, size, "out of memory");
	} else {
		*reading = (struct reading){
			.path = path, .track = track, .why = why, .why_size = size};
		track_rows_init(&reading->rows, file);
		status = read_rows(reading, columns);
	}
	if (file) {
		(void)fclose(file);
	}
	free(reading);
	return status;
}

void track_fini(struct track *track)
{
	for (size_t i = 0; i < track->count; i++) {
		free(track->drones[i].name);
		free(track->drones[i].fixes);
	}
	free(track->drones);
	*track = (struct track){0};
}

/* ------------------------------------------------------------------------ positions */

bool track_flies(const struct track_drone *drone, double time_s)
{
	return time_s >= drone->fixes[0].time_s && time_s <= drone->fixes[drone->count - 1].time_s;
}

/* The last fix that is not later than `time_s`. */
static size_t find_fix(struct track_drone *drone, double time_s)
{
	size_t at = drone->near;

	if (drone->fixes[at].time_s > time_s) {
		at = 0;
	}
	while (at + 1 < drone->count && drone->fixes[at + 1].time_s <= time_s) {
		at++;
	}
	drone->near = at;
	return at;
}

/* Metres of a degree to the north and to the east: the ellipsoid's radii of curvature (WGS 84,
 * NIMA TR8350.2, 3rd ed., table 3.1) at that height. */
static void metres_of_degree(const struct track_fix *fix, double *north, double *east)
{
	const double a = 6378137.0, e2 = 6.69437999014e-3, degree = M_PI / 180;
	double sine = sin(fix->latitude_deg * degree), cosine = cos(fix->latitude_deg * degree);
	double root = sqrt(1 - e2 * sine * sine);

	*north = (a * (1 - e2) / (root * root * root) + fix->altitude_m) * degree;
	*east = (a / root + fix->altitude_m) * cosine * degree;
}

/* The shorter way around. */
static double degrees_east(const struct track_fix *from, const struct track_fix *to)
{
	return remainder(to->longitude_deg - from->longitude_deg, 360);
}

static struct vector velocity_between(const struct track_fix *from, const struct track_fix *to)
{
	double seconds = to->time_s - from->time_s, north, east;

	metres_of_degree(from, &north, &east);
	return (struct vector){
		.east = (float)(degrees_east(from, to) * east / seconds),
		.north = (float)((to->latitude_deg - from->latitude_deg) * north / seconds),
		.up = (float)((to->altitude_m - from->altitude_m) / seconds),
	};
}

void track_at(struct track_drone *drone, double time_s, struct state *state)
{
	const struct track_fix *from = &drone->fixes[find_fix(drone, time_s)];
	const struct track_fix *last = &drone->fixes[drone->count - 1];
	struct track_fix fix = *from;

	state->has_velocity = true;
	state->velocity = (struct vector){0};
	if (from != last && time_s >= from->time_s) {
		const struct track_fix *to = from + 1;
		double part = (time_s - from->time_s) / (to->time_s - from->time_s);

		fix.latitude_deg += part * (to->latitude_deg - from->latitude_deg);
		fix.longitude_deg =
			remainder(from->longitude_deg + part * degrees_east(from, to), 360);
		fix.altitude_m += part * (to->altitude_m - from->altitude_m);
		state->velocity = velocity_between(from, to);
	}
	state->position.frame = POSITION_GEODETIC;
	state->position.geodetic = (struct geodetic){
		.latitude_e7 = (int32_t)lround(fix.latitude_deg * 1e7),
		.longitude_e7 = (int32_t)lround(fix.longitude_deg * 1e7),
		.altitude_mm = (int32_t)lround(fix.altitude_m * 1e3),
	};
}
