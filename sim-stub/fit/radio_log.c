#include "fit/radio_log.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "core/geodesy.h"
#include "fit/cells.h"
#include "identity.h"

enum { TOLD_MAX = 8, SAMPLES_FIRST = 1024 };

/* No radio sends or hears what is beyond these, no aircraft flies there. */
#define POWER_MIN_DBM (-200.0)
#define POWER_MAX_DBM 100.0
#define PLACE_MAX_M 1e9
#define DAY_S 86400.0
#define ALTITUDE_MAX_M 1e5
#define TIME_MAX_S 1e12 /* more than Unix has had */

enum column {
	COLUMN_GPS,
	COLUMN_ALTITUDE,
	COLUMN_RSS1,
	COLUMN_RSS2,
	COLUMN_MILLIWATTS,
	COLUMN_CLOCK,
	COLUMN_TIME,
	COLUMN_DISTANCE,
	COLUMN_EAST,
	COLUMN_NORTH,
	COLUMN_UP,
	COLUMN_RSSI,
	COLUMN_TX_POWER,
	COLUMN_COUNT
};

/* EdgeTX writes dBm, and GAlt for the altitude of the GPS; the first that is there counts. */
static const struct {
	const char *name;
	enum column column;
} names[] = {
	{"GPS", COLUMN_GPS},
	{"Alt(m)", COLUMN_ALTITUDE},
	{"GAlt(m)", COLUMN_ALTITUDE},
	{"1RSS(dB)", COLUMN_RSS1},
	{"1RSS(dBm)", COLUMN_RSS1},
	{"2RSS(dB)", COLUMN_RSS2},
	{"2RSS(dBm)", COLUMN_RSS2},
	{"TPWR(mW)", COLUMN_MILLIWATTS},
	{"Time", COLUMN_CLOCK},
	{"time_s", COLUMN_TIME},
	{"distance_m", COLUMN_DISTANCE},
	{"east_m", COLUMN_EAST},
	{"north_m", COLUMN_NORTH},
	{"up_m", COLUMN_UP},
	{"rssi_dbm", COLUMN_RSSI},
	{"tx_power_dbm", COLUMN_TX_POWER},
};

enum { NAME_COUNT = sizeof(names) / sizeof(names[0]) };

struct reading {
	struct radio_log *log;
	struct cells cells;
	size_t at[COLUMN_COUNT];      /* place + 1 in the line; 0: not there */
	size_t name_of[COLUMN_COUNT]; /* in the table above */
	struct geodesy_origin origin; /* of the first fix */
	bool has_origin;
	double first_s, last_s; /* NAN: none yet */
	const char *name;
	FILE *errors;
	size_t told;
};

/* -------------------------------------------------------------- mistakes */

static void write_shown(FILE *out, struct slice text)
{
	while (text.size) {
		char unit[UTF8_ESCAPE_MAX];
		size_t taken, size = utf8_escape(text, true, unit, &taken);

		(void)fwrite(unit, 1, size, out);
		text = slice_of(text.data + taken, text.size - taken);
	}
}

/* "PROGRAM: NAME:LINE: ", or false when enough has been told. */
static bool tell_begin(struct reading *reading)
{
	reading->told++;
	if (reading->told > TOLD_MAX) {
		return false;
	}
	(void)fprintf(reading->errors, "%s: %s:%zu: ", this_simulator.name, reading->name,
		      reading->cells.number);
	return true;
}

static void tell(struct reading *reading, const char *what)
{
	if (tell_begin(reading)) {
		(void)fprintf(reading->errors, "%s\n", what);
	}
}

enum { SHOWN_BYTES = 40 };

static void tell_cell(struct reading *reading, enum column column, const char *wanted)
{
	struct slice cell = reading->cells.at[reading->at[column] - 1];

	if (!tell_begin(reading)) {
		return;
	}
	(void)fprintf(reading->errors, "%s is \"", names[reading->name_of[column]].name);
	write_shown(reading->errors,
		    slice_of(cell.data, cell.size < SHOWN_BYTES ? cell.size : SHOWN_BYTES));
	(void)fprintf(reading->errors, "%s\", not %s; the row is left out\n",
		      cell.size > SHOWN_BYTES ? "..." : "", wanted);
}

/* ------------------------------------------------------------ first line */

static bool has(const struct reading *reading, enum column column)
{
	return reading->at[column] != 0;
}

static void find_columns(struct reading *reading)
{
	for (size_t name = 0; name < NAME_COUNT; name++) {
		for (size_t i = 0; i < reading->cells.count; i++) {
			enum column column = names[name].column;

			if (!has(reading, column) &&
			    slice_equal(reading->cells.at[i], slice_str(names[name].name))) {
				reading->at[column] = i + 1;
				reading->name_of[column] = name;
			}
		}
	}
}

static int read_first_line(struct reading *reading)
{
	struct radio_log *log = reading->log;
	bool placed;

	if (reading->cells.wrong) {
		tell(reading, reading->cells.wrong);
		return -1;
	}
	find_columns(reading);
	log->opentx = has(reading, COLUMN_GPS) && has(reading, COLUMN_RSS1);
	log->has_track = log->opentx || (has(reading, COLUMN_EAST) && has(reading, COLUMN_NORTH));
	log->has_height = has(reading, log->opentx ? COLUMN_ALTITUDE : COLUMN_UP);
	log->has_tx_power = has(reading, log->opentx ? COLUMN_MILLIWATTS : COLUMN_TX_POWER);
	placed = log->has_track || has(reading, COLUMN_DISTANCE);
	if (placed && (log->opentx || has(reading, COLUMN_RSSI))) {
		return 0;
	}
	tell(reading, "the first line names neither the columns of a plain log (rssi_dbm, and "
		      "distance_m or east_m and north_m) nor those of OpenTX (GPS, 1RSS(dB)), "
		      "separated by commas");
	return -1;
}

/* ------------------------------------------------------------------ rows */

enum row_status { ROW_OK, ROW_NO_POSITION, ROW_NO_STRENGTH, ROW_MALFORMED };

/* The cell of a column; empty when the row is too short for it, or the log has none. */
static struct slice cell_of(const struct reading *reading, enum column column)
{
	size_t at = reading->at[column];

	return at && at <= reading->cells.count ? reading->cells.at[at - 1] : slice_of(NULL, 0);
}

/* A number that the row must have: *number, or why not. */
static enum row_status read_number(struct reading *reading, enum column column, double least,
				   double most, enum row_status missing, double *number)
{
	struct slice cell = cell_of(reading, column);
	char wanted[64];

	if (cell.size == 0) {
		return missing;
	}
	if (cells_number(cell, number) && *number >= least && *number <= most) {
		return ROW_OK;
	}
	(void)snprintf(wanted, sizeof(wanted), "a number from %.12g to %.12g", least, most);
	tell_cell(reading, column, wanted);
	return ROW_MALFORMED;
}

/* The same, 0 when the log does not have that column. */
static enum row_status read_if_there(struct reading *reading, enum column column, double least,
				     double most, enum row_status missing, double *number)
{
	*number = 0.0;
	return has(reading, column) ? read_number(reading, column, least, most, missing, number)
				    : ROW_OK;
}

/* "latitude longitude". Receivers write zeros before they have a fix. */
static enum row_status read_fix(struct reading *reading, struct geodetic *fix)
{
	struct slice cell = cell_of(reading, COLUMN_GPS);
	size_t size = 0;
	double latitude, longitude;

	if (cell.size == 0) {
		return ROW_NO_POSITION;
	}
	while (size < cell.size && cell.data[size] != ' ') {
		size++;
	}
	if (!cells_number(slice_of(cell.data, size), &latitude) ||
	    !cells_number(slice_trim(slice_of(cell.data + size, cell.size - size)), &longitude) ||
	    fabs(latitude) > 90.0 || fabs(longitude) > 180.0) {
		tell_cell(reading, COLUMN_GPS, "\"latitude longitude\" in degrees");
		return ROW_MALFORMED;
	}
	fix->latitude_e7 = (int32_t)lround(latitude * 1e7);
	fix->longitude_e7 = (int32_t)lround(longitude * 1e7);
	return latitude == 0.0 && longitude == 0.0 ? ROW_NO_POSITION : ROW_OK;
}

static enum row_status read_flown(struct reading *reading, struct radio_sample *sample)
{
	struct geodetic fix;
	struct vector place;
	double altitude_m;
	enum row_status status = read_fix(reading, &fix);

	if (status == ROW_OK) {
		status = read_if_there(reading, COLUMN_ALTITUDE, -ALTITUDE_MAX_M, ALTITUDE_MAX_M,
				       ROW_NO_POSITION, &altitude_m);
	}
	if (status != ROW_OK) {
		return status;
	}
	fix.altitude_mm = (int32_t)lround(altitude_m * 1e3);
	if (!reading->has_origin) {
		reading->origin = geodesy_origin_of(fix.latitude_e7 * 1e-7, fix.longitude_e7 * 1e-7,
						    altitude_m);
		reading->has_origin = true;
	}
	place = geodesy_local(&reading->origin, fix);
	sample->east_m = (double)place.east;
	sample->north_m = (double)place.north;
	sample->up_m = (double)place.up;
	return ROW_OK;
}

static enum row_status read_place(struct reading *reading, struct radio_sample *sample)
{
	enum row_status status;

	if (!reading->log->has_track) {
		return read_number(reading, COLUMN_DISTANCE, 0.0, PLACE_MAX_M, ROW_NO_POSITION,
				   &sample->east_m);
	}
	if (reading->log->opentx) {
		return read_flown(reading, sample);
	}
	status = read_number(reading, COLUMN_EAST, -PLACE_MAX_M, PLACE_MAX_M, ROW_NO_POSITION,
			     &sample->east_m);
	if (status == ROW_OK) {
		status = read_number(reading, COLUMN_NORTH, -PLACE_MAX_M, PLACE_MAX_M,
				     ROW_NO_POSITION, &sample->north_m);
	}
	return status == ROW_OK ? read_if_there(reading, COLUMN_UP, -PLACE_MAX_M, PLACE_MAX_M,
						ROW_NO_POSITION, &sample->up_m)
				: status;
}

/* 84 and -84 are -84 dBm; 0 is written while nothing is heard. */
static enum row_status read_flown_strength(struct reading *reading, struct radio_sample *sample)
{
	double one, two;
	enum row_status status = read_number(reading, COLUMN_RSS1, POWER_MIN_DBM, -POWER_MIN_DBM,
					     ROW_NO_STRENGTH, &one);

	if (status == ROW_OK) {
		status = read_if_there(reading, COLUMN_RSS2, POWER_MIN_DBM, -POWER_MIN_DBM,
				       ROW_NO_STRENGTH, &two);
	}
	if (status != ROW_OK) {
		return status;
	}
	one = one == 0.0 ? POWER_MIN_DBM : -fabs(one);
	two = two == 0.0 ? POWER_MIN_DBM : -fabs(two);
	sample->rssi_dbm = fmax(one, two);
	return sample->rssi_dbm > POWER_MIN_DBM ? ROW_OK : ROW_NO_STRENGTH;
}

static enum row_status read_flown_power(struct reading *reading, struct radio_sample *sample)
{
	double milliwatts;
	enum row_status status =
		read_number(reading, COLUMN_MILLIWATTS, 0.0, 1e9, ROW_NO_STRENGTH, &milliwatts);

	if (status != ROW_OK) {
		return status;
	}
	sample->tx_power_dbm = 10.0 * log10(milliwatts);
	return sample->tx_power_dbm > POWER_MIN_DBM ? ROW_OK : ROW_NO_STRENGTH;
}

static enum row_status read_strength(struct reading *reading, struct radio_sample *sample)
{
	bool opentx = reading->log->opentx;
	enum row_status status =
		opentx ? read_flown_strength(reading, sample)
		       : read_number(reading, COLUMN_RSSI, POWER_MIN_DBM, POWER_MAX_DBM,
				     ROW_NO_STRENGTH, &sample->rssi_dbm);

	sample->tx_power_dbm = NAN;
	if (status != ROW_OK || !reading->log->has_tx_power) {
		return status;
	}
	return opentx ? read_flown_power(reading, sample)
		      : read_number(reading, COLUMN_TX_POWER, POWER_MIN_DBM, POWER_MAX_DBM,
				    ROW_NO_STRENGTH, &sample->tx_power_dbm);
}

/* "11:03:56.470". Nothing hangs on times but what is written again, so one that is missing or is
 * none is no reason to leave the row out: NAN then. */
static double clock_s(struct slice cell)
{
	static const double most[3] = {23.0, 59.0, 60.999};
	double parts[3] = {0.0};

	for (size_t i = 0; i < 3; i++) {
		size_t size = 0;

		while (size < cell.size && (i == 2 || cell.data[size] != ':')) {
			size++;
		}
		if (!cells_number(slice_of(cell.data, size), &parts[i]) || parts[i] < 0.0 ||
		    parts[i] > most[i]) {
			return NAN;
		}
		size += size < cell.size;
		cell = slice_of(cell.data + size, cell.size - size);
	}
	return parts[0] * 3600.0 + parts[1] * 60.0 + parts[2];
}

/* A clock that is more than half a day behind has passed midnight. */
static double unwrap(double time_s, double last_s)
{
	double days = ceil((last_s - DAY_S / 2.0 - time_s) / DAY_S);

	return isnan(days) || days < 0.0 ? time_s : time_s + days * DAY_S;
}

static double read_time(struct reading *reading)
{
	double time_s;

	if (reading->log->opentx) {
		time_s = unwrap(clock_s(cell_of(reading, COLUMN_CLOCK)), reading->last_s);
	} else if (!cells_number(cell_of(reading, COLUMN_TIME), &time_s) ||
		   fabs(time_s) > TIME_MAX_S) {
		return NAN;
	}
	if (isnan(reading->first_s)) {
		reading->first_s = time_s;
	}
	reading->last_s = isnan(time_s) ? reading->last_s : time_s;
	return time_s - reading->first_s;
}

static int keep(struct radio_log *log, const struct radio_sample *sample)
{
	if (log->count == log->cap) {
		size_t cap = log->cap ? 2 * log->cap : SAMPLES_FIRST;
		struct radio_sample *samples = reallocarray(log->samples, cap, sizeof(*samples));

		if (!samples) {
			return -1;
		}
		log->samples = samples;
		log->cap = cap;
	}
	log->samples[log->count++] = *sample;
	return 0;
}

static void tell_wrong(struct reading *reading)
{
	if (tell_begin(reading)) {
		(void)fprintf(reading->errors, "%s; the row is left out\n", reading->cells.wrong);
	}
}

static int read_row(struct reading *reading)
{
	struct radio_log *log = reading->log;
	struct radio_sample sample = {.time_s = read_time(reading)};
	enum row_status status = ROW_MALFORMED;

	if (reading->cells.wrong) {
		tell_wrong(reading);
	} else {
		status = read_place(reading, &sample);
	}
	if (status == ROW_OK) {
		status = read_strength(reading, &sample);
	}
	log->no_position += status == ROW_NO_POSITION;
	log->no_strength += status == ROW_NO_STRENGTH;
	log->malformed += status == ROW_MALFORMED;
	if (status != ROW_OK) {
		return 0;
	}
	sample.distance_m = hypot(hypot(sample.east_m, sample.north_m), sample.up_m);
	return keep(log, &sample);
}

static int read_rows(struct reading *reading, FILE *file)
{
	while (cells_next(&reading->cells, file)) {
		if (reading->log->rows == RADIO_LOG_ROWS_MAX) {
			tell(reading, "the log is longer than 1000000 rows");
			return -1;
		}
		reading->log->rows++;
		if (read_row(reading) < 0) {
			tell(reading, "out of memory");
			return -1;
		}
	}
	if (reading->told > TOLD_MAX) {
		(void)fprintf(reading->errors, "%s: %s: %zu more mistakes of this kind\n",
			      this_simulator.name, reading->name, reading->told - TOLD_MAX);
	}
	return 0;
}

/* Behind as many mistakes as there may be: it ends the reading. */
static void tell_endless(const struct reading *reading)
{
	(void)fprintf(reading->errors, "%s: %s:%zu: %s\n", this_simulator.name, reading->name,
		      reading->cells.number, reading->cells.endless);
}

static int read_all(struct reading *reading, FILE *file)
{
	int result = 0;

	cells_begin(&reading->cells);
	errno = 0;
	if (cells_next(&reading->cells, file)) {
		result = read_first_line(reading) < 0 ? -1 : read_rows(reading, file);
	} else if (!ferror(file) && !reading->cells.endless) {
		(void)fprintf(reading->errors, "%s: %s: the file is empty\n", this_simulator.name,
			      reading->name);
		result = -1;
	}
	if (result == 0 && reading->cells.endless) {
		tell_endless(reading);
		return -1;
	}
	if (result == 0 && ferror(file)) {
		(void)fprintf(reading->errors, "%s: %s: %s\n", this_simulator.name, reading->name,
			      strerror(errno));
		return -1;
	}
	return result;
}

int radio_log_read(struct radio_log *log, FILE *file, const char *name, FILE *errors)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	int result;

	*log = (struct radio_log){0};
	if (!reading) {
		(void)fprintf(errors, "%s: %s: out of memory\n", this_simulator.name, name);
		return -1;
	}
	reading->log = log;
	reading->name = name;
	reading->errors = errors;
	reading->first_s = NAN;
	reading->last_s = NAN;
	result = read_all(reading, file);
	free(reading);
	return result;
}

void radio_log_free(struct radio_log *log)
{
	free(log->samples);
	*log = (struct radio_log){0};
}

/* --------------------------------------------------------------- writing */

void radio_log_write_head(FILE *out)
{
	(void)fputs("time_s,east_m,north_m,up_m,rssi_dbm,tx_power_dbm\n", out);
}

/* What the log does not tell stays empty. */
static void write_number(FILE *out, const char *format, double number)
{
	if (!isnan(number)) {
		(void)fprintf(out, format, number);
	}
}

void radio_log_write(FILE *out, const struct radio_sample *sample)
{
	write_number(out, "%.3f", sample->time_s);
	(void)fprintf(out, ",%.3f,%.3f,%.3f,%.2f,", sample->east_m, sample->north_m, sample->up_m,
		      sample->rssi_dbm);
	write_number(out, "%.4f", sample->tx_power_dbm);
	(void)fputc('\n', out);
}
