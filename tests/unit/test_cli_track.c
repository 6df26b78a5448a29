#include "cli/track.h"
#include "cli/track_rows.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* ---------------------------------------------------------------------------- rows */

static struct track_rows rows;

static FILE *open_text(const char *text, size_t size)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	rewind(file);
	return file;
}

/* The fields of all rows, each in brackets, rows parted by a slash; a refusal at the end. */
static void rows_are(const char *text, size_t size, const char *wanted)
{
	FILE *file = open_text(text, size);
	char found[512] = "";
	int status;

	track_rows_init(&rows, file);
	while ((status = track_rows_next(&rows)) > 0) {
		size_t at = strlen(found);

		if (at) {
			found[at++] = '/';
		}
		for (size_t i = 0; i < rows.count; i++) {
			at += (size_t)snprintf(found + at, sizeof(found) - at, "[%.*s]",
					       SLICE_ARG(rows.fields[i]));
		}
	}
	if (status < 0) {
		size_t at = strlen(found);

		(void)snprintf(found + at, sizeof(found) - at, "!%lu %s", rows.line, rows.why);
	}
	assert_string_equal(found, wanted);
	(void)fclose(file);
}

static void rows_str(const char *text, const char *wanted)
{
	rows_are(text, strlen(text), wanted);
}

static void fields_are_parted(void **state)
{
	(void)state;
	rows_str("", "");
	rows_str("a,b\n1,2\n", "[a][b]/[1][2]");
	rows_str("a,b\r\n1,2", "[a][b]/[1][2]");
	rows_str("a,,\n,\n", "[a][][]/[][]");
	rows_str("a\n\n\r\nb\n\n", "[a]/[b]");
	rows_str("\xef\xbb\xbfX,y\n", "[X][y]");
	rows_str("a b, c \n", "[a b][ c ]");
}

static void quoted_fields_hold_anything(void **state)
{
	(void)state;
	rows_str("\"a,b\",c\n", "[a,b][c]");
	rows_str("\"say \"\"hi\"\"\",\"\"\n", "[say \"hi\"][]");
	rows_str("\"two\nlines\",x\r\n\"y\"\r\n", "[two\nlines][x]/[y]");
	rows_str("\"end\"", "[end]");
}

static void malformed_rows_are_refused_with_their_line(void **state)
{
	(void)state;
	rows_str("a\n\"two\nlines\"\nb\"c\n",
		 "[a]/[two\nlines]!4 a quote stands inside a field that is not quoted");
	rows_str("a\n\"b\n\n", "[a]!2 a quoted field is not closed");
	rows_str("\"a\"b\n", "!1 something stands behind a closing quote");
	rows_str("a\rb\n", "!1 a carriage return stands alone");
	rows_are("a\0b\n", 4, "!1 has a NUL byte: is this a text file?");
}

static void a_row_has_an_end(void **state)
{
	size_t size = TRACK_ROWS_BYTES_MAX + 10;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', size);
	rows_are(text, size, "!1 is longer than 64 KiB: is a quote left open?");
	memset(text, ',', size);
	rows_are(text, TRACK_ROWS_FIELDS_MAX + 1, "!1 has more than 256 columns");
	free(text);
}

/* --------------------------------------------------------------------------- columns */

static void column_is(const struct track_columns *columns, enum track_column column,
		      const char *wanted)
{
	assert_int_equal(columns->name[column].size, strlen(wanted));
	assert_true(slice_equal(columns->name[column], slice_str(wanted)));
}

static void columns_are_named(void **state)
{
	struct track_columns columns;
	char why[256];

	(void)state;
	assert_int_equal(track_columns_parse("time=t x,altitude=h", &columns, why, sizeof(why)), 0);
	column_is(&columns, TRACK_TIME, "t x");
	column_is(&columns, TRACK_ALTITUDE, "h");
	column_is(&columns, TRACK_DRONE, "");
	assert_int_equal(track_columns_parse("time=a,time=b", &columns, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "time stands twice"));
	assert_int_equal(track_columns_parse("", &columns, why, sizeof(why)), -1);
	assert_int_equal(track_columns_parse("time", &columns, why, sizeof(why)), -1);
	assert_int_equal(track_columns_parse("time=", &columns, why, sizeof(why)), -1);
	assert_int_equal(track_columns_parse("time=a,", &columns, why, sizeof(why)), -1);
	assert_int_equal(track_columns_parse("speed=v", &columns, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "longitude"));
}

/* ----------------------------------------------------------------------------- file */

struct log {
	struct track track;
	char path[64];
	char why[512];
	int status;
};

static void read_log(struct log *log, const char *text, const char *names)
{
	struct track_columns columns = {0};
	int fd;

	(void)snprintf(log->path, sizeof(log->path), "/tmp/uav-track.XXXXXX");
	fd = mkstemp(log->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	log->why[0] = '\0';
	if (names) {
		assert_int_equal(track_columns_parse(names, &columns, log->why, sizeof(log->why)),
				 0);
	}
	log->status = track_read(log->path, &columns, &log->track, log->why, sizeof(log->why));
	assert_int_equal(unlink(log->path), 0);
}

static void reads(struct log *log, const char *text, const char *names)
{
	read_log(log, text, names);
	assert_string_equal(log->why, "");
	assert_int_equal(log->status, 0);
}

/* The complaint names file and line, and what it is about. */
static void complains(const char *text, const char *names, const char *about)
{
	struct log log = {0};
	char wanted[256];

	read_log(&log, text, names);
	track_fini(&log.track);
	assert_int_equal(log.status, -1);
	(void)snprintf(wanted, sizeof(wanted), "%s:%s", log.path, about);
	if (strncmp(log.why, wanted, strlen(wanted)) != 0) {
		fail_msg("\"%s\" is not \"%s\"", log.why, wanted);
	}
}

#define HEAD "time,drone,latitude,longitude,altitude\n"

static void drones_come_in_the_order_of_the_file(void **state)
{
	struct log log = {0};

	(void)state;
	reads(&log,
	      "model,T_S,\"UAV_ID\",lat_deg, lon_deg ,baro_alt_m,note\n"
	      "x,10.5,b,1,2,3,\"a,b\"\n"
	      "x,10.0,a,4,5,6,\n"
	      "x,11.5,b,1,2,4,\n",
	      NULL);
	assert_int_equal(log.track.count, 2);
	assert_string_equal(log.track.drones[0].name, "b");
	assert_string_equal(log.track.drones[1].name, "a");
	assert_int_equal(log.track.drones[0].count, 2);
	assert_true(log.track.length_s == 1.5);
	assert_true(log.track.drones[0].fixes[0].time_s == 0.5);
	assert_true(log.track.drones[1].fixes[0].time_s == 0);
	assert_true(log.track.drones[1].fixes[0].latitude_deg == 4);
	assert_true(log.track.drones[1].fixes[0].longitude_deg == 5);
	assert_true(log.track.drones[1].fixes[0].altitude_m == 6);
	track_fini(&log.track);
}

static void columns_are_found_by_the_names_given(void **state)
{
	struct log log = {0};

	(void)state;
	reads(&log,
	      "time,when_ms,drone,lat,lng,alt,height\n"
	      "9,1000,a,1,2,3,7\n"
	      "8,3500,a,1,2,3,7\n",
	      "time=when_ms,altitude=height");
	assert_true(fabs(log.track.length_s - 2.5) < 1e-9);
	assert_true(log.track.drones[0].fixes[1].altitude_m == 7);
	track_fini(&log.track);
	reads(&log, "time_us,drone,lat,lon,alt\n0,a,1,2,3\n1500000,a,1,2,3\n", NULL);
	assert_true(fabs(log.track.length_s - 1.5) < 1e-9);
	track_fini(&log.track);
}

static void mistakes_are_told_with_file_and_line(void **state)
{
	struct log log = {0};
	struct track_columns columns = {0};

	(void)state;
	complains("", NULL, "0: there is no fix");
	complains(HEAD, NULL, "1: there is no fix");
	complains("time,drone,latitude,longitude\n1,a,1,2\n", NULL, "1: no column");
	complains("time,t,drone,lat,lon,alt\n", NULL, "1: several columns could be the time");
	complains(HEAD "1,a,1,2,3\n", "drone=uav", "1: there is no column uav");
	complains(HEAD "1,a,1,2,3\n2,a,1,2\n", NULL, "3: has 4 fields, and the header 5");
	complains(HEAD "1,a,1,2,3,4\n", NULL, "2: has 6 fields");
	complains(HEAD "1,a,x,2,3\n", NULL, "2: latitude x");
	complains(HEAD "1,a,1x,2,3\n", NULL, "2: latitude 1x");
	complains(HEAD "1,a,,2,3\n", NULL, "2: latitude ");
	complains(HEAD "1,a,90.1,2,3\n", NULL, "2: latitude 90.1");
	complains(HEAD "1,a,1,-180.5,3\n", NULL, "2: longitude -180.5");
	complains(HEAD "1,a,1,2,nan\n", NULL, "2: altitude nan");
	complains(HEAD "inf,a,1,2,3\n", NULL, "2: time inf");
	complains(HEAD "1,,1,2,3\n", NULL, "2: the drone is missing");
	complains(HEAD "2,a,1,2,3\n\n1,b,1,2,3\n1,a,1,2,3\n", NULL, "5: the time goes back");
	complains(HEAD "1,a,1,2,3\n1,\"a,1,2,3\n", NULL, "3: the row a quoted field");
	assert_int_equal(
		track_read("/nonexistent/log", &columns, &log.track, log.why, sizeof(log.why)), -1);
	assert_non_null(strstr(log.why, "/nonexistent/log"));
	track_fini(&log.track);
}

/* ------------------------------------------------------------------------- positions */

static void is_at(struct track_drone *drone, double time_s, int32_t latitude_e7,
		  int32_t longitude_e7, int32_t altitude_mm)
{
	struct state state = {0};

	track_at(drone, time_s, &state);
	assert_int_equal(state.position.frame, POSITION_GEODETIC);
	assert_int_equal(state.position.geodetic.latitude_e7, latitude_e7);
	assert_int_equal(state.position.geodetic.longitude_e7, longitude_e7);
	assert_int_equal(state.position.geodetic.altitude_mm, altitude_mm);
}

static void moves(struct track_drone *drone, double time_s, double east, double north, double up)
{
	struct state state = {0};

	track_at(drone, time_s, &state);
	assert_true(state.has_velocity);
	assert_float_equal(state.velocity.east, (float)east, 0.05f);
	assert_float_equal(state.velocity.north, (float)north, 0.05f);
	assert_float_equal(state.velocity.up, (float)up, 0.001f);
}

static void between_fixes_the_way_is_straight(void **state)
{
	struct log log = {0};
	struct track_drone *drone;

	(void)state;
	reads(&log, HEAD "0,a,10,20,100\n0,z,1,1,1\n2,a,10.0001,20.0002,104\n4,a,10,20.0002,104\n",
	      NULL);
	drone = &log.track.drones[0];
	is_at(drone, 0, 100000000, 200000000, 100000);
	is_at(drone, 1, 100000500, 200001000, 102000);
	is_at(drone, 3, 100000500, 200002000, 104000);
	is_at(drone, 0.5, 100000250, 200000500, 101000); /* and back */
	is_at(drone, 9, 100000000, 200002000, 104000);
	moves(drone, 9, 0, 0, 0);
	assert_true(track_flies(drone, 0));
	assert_true(track_flies(drone, 4));
	assert_false(track_flies(drone, 4.001));
	track_fini(&log.track);
}

static void before_its_first_fix_it_stands_there(void **state)
{
	struct log log = {0};

	(void)state;
	reads(&log, HEAD "0,z,1,1,1\n5,a,10,20,100\n6,a,11,20,100\n", NULL);
	is_at(&log.track.drones[1], 1, 100000000, 200000000, 100000);
	moves(&log.track.drones[1], 1, 0, 0, 0);
	assert_false(track_flies(&log.track.drones[1], 1));
	assert_true(track_flies(&log.track.drones[1], 5.5));
	track_fini(&log.track);
}

/* A degree on WGS 84: 110 574.3 m north and 111 319.5 m east at the equator, 111 131.8 and
 * 78 846.8 at 45 degrees. */
static void velocity_is_over_ground(void **state)
{
	struct log log = {0};

	(void)state;
	reads(&log,
	      HEAD "0,n,0,0,0\n10,n,0.01,0,5\n"
		   "0,e,0,0,0\n10,e,0,0.01,0\n"
		   "0,m,45,0,0\n10,m,45.01,0,0\n"
		   "0,p,45,0,0\n10,p,45,-0.01,0\n"
		   "0,d,0,179.995,0\n10,d,0,-179.995,0\n",
	      NULL);
	moves(&log.track.drones[0], 5, 0, 110.5743, 0.5);
	moves(&log.track.drones[1], 5, 111.3195, 0, 0);
	moves(&log.track.drones[2], 5, 0, 111.1318, 0);
	moves(&log.track.drones[3], 5, -78.8468, 0, 0);
	moves(&log.track.drones[4], 5, 111.3195, 0, 0);
	is_at(&log.track.drones[4], 7.5, 0, -1799975000, 0);
	track_fini(&log.track);
}

static void two_fixes_at_one_time_are_no_division_by_nothing(void **state)
{
	struct log log = {0};

	(void)state;
	reads(&log, HEAD "0,a,1,2,3\n0,a,1,2,4\n1,a,1,2,5\n", NULL);
	is_at(&log.track.drones[0], 0, 10000000, 20000000, 4000);
	moves(&log.track.drones[0], 0, 0, 0, 1);
	track_fini(&log.track);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_parted),
		cmocka_unit_test(quoted_fields_hold_anything),
		cmocka_unit_test(malformed_rows_are_refused_with_their_line),
		cmocka_unit_test(a_row_has_an_end),
		cmocka_unit_test(columns_are_named),
		cmocka_unit_test(drones_come_in_the_order_of_the_file),
		cmocka_unit_test(columns_are_found_by_the_names_given),
		cmocka_unit_test(mistakes_are_told_with_file_and_line),
		cmocka_unit_test(between_fixes_the_way_is_straight),
		cmocka_unit_test(before_its_first_fix_it_stands_there),
		cmocka_unit_test(velocity_is_over_ground),
		cmocka_unit_test(two_fixes_at_one_time_are_no_division_by_nothing),
	};

	return cmocka_run_group_tests_name("cli track", tests, NULL, NULL);
}
