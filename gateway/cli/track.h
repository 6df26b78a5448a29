/* Flight logs: a CSV file with named columns for time, drone, latitude, longitude and
 * altitude; any others are passed over. */
#ifndef UAV_CLI_TRACK_H
#define UAV_CLI_TRACK_H

#include "core/message.h"

enum track_column {
	TRACK_TIME,	 /* seconds; in a column whose name ends in _ms or _us: those */
	TRACK_DRONE,	 /* any text */
	TRACK_LATITUDE,	 /* degrees, WGS 84 */
	TRACK_LONGITUDE, /* degrees */
	TRACK_ALTITUDE,	 /* metres */
	TRACK_COLUMN_COUNT
};

/* What the columns are called; empty: one of the common names. */
struct track_columns {
	struct slice name[TRACK_COLUMN_COUNT];
};

/* "time=NAME,latitude=NAME,..." into `columns`, whose slices are those of `text`. 0, or -1,
 * and `why` says what is wrong. */
int track_columns_parse(const char *text, struct track_columns *columns, char *why, size_t size);

struct track_fix {
	double time_s; /* from the earliest of the file */
	double latitude_deg, longitude_deg, altitude_m;
};

struct track_drone {
	char *name;		 /* as in the file */
	struct track_fix *fixes; /* at least one, in order of time */
	size_t count, cap;
	size_t near; /* where the last question was answered */
};

struct track {
	struct track_drone *drones; /* in the order in which they first appear */
	size_t count;
	double length_s; /* from the earliest fix to the latest */
};

/* Reads the file. 0; or -1, and `why` says what is wrong, with file and line. The track is to
 * be given to track_fini in either case. */
int track_read(const char *path, const struct track_columns *columns, struct track *track,
	       char *why, size_t size) __attribute__((warn_unused_result));
void track_fini(struct track *track);

/* Where the drone is at that time, and how it moves over ground: on the straight way between
 * two fixes; before its first and after its last it stands there. */
void track_at(struct track_drone *drone, double time_s, struct state *state);

/* Whether the time lies between its first and its last fix. */
bool track_flies(const struct track_drone *drone, double time_s);

#endif
