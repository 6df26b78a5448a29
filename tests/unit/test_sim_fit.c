#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/normal.h"
#include "base/rng.h"
#include "fit/report.h"

/* A text read as a log, and what was told of it. */
struct read_log {
	struct radio_log log;
	char *told;
	int result;
};

static void read_bytes(struct read_log *read, const char *text, size_t size)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, size, "r");
	size_t told_size;
	FILE *errors = open_memstream(&read->told, &told_size);

	assert_non_null(file);
	assert_non_null(errors);
	read->result = radio_log_read(&read->log, file, "a.csv", errors);
	fclose(errors);
	fclose(file);
}

static void read_text(struct read_log *read, const char *text)
{
	read_bytes(read, text, strlen(text));
}

static void drop(struct read_log *read)
{
	radio_log_free(&read->log);
	free(read->told);
}

static void assert_near(double value, double wanted, double most)
{
	if (!(fabs(value - wanted) <= most)) {
		print_error("%.9g is not %.9g +- %.3g\n", value, wanted, most);
	}
	assert_true(fabs(value - wanted) <= most);
}

/* ------------------------------------------------------------- what is read */

static void test_opentx(void **state)
{
	struct read_log read;

	(void)state;
	read_text(&read, "Date,Time,1RSS(dB),2RSS(dB),TPWR(mW),GPS,Alt(m),Sats\r\n"
			 "2017-08-06,23:59:59.500,32,30,10,47.0 8.0,-18,12\r\n"
			 "2017-08-07,00:00:00.250,-84,-90,100,47.001 8.0,-8,12\r\n"
			 "2017-08-07,00:00:01,84,0,1000,47.0 8.001,-18,12\r\n");
	assert_int_equal(read.result, 0);
	assert_string_equal(read.told, "");
	assert_int_equal(read.log.rows, 3);
	assert_int_equal(read.log.count, 3);
	assert_true(read.log.opentx && read.log.has_tx_power && read.log.has_height);
	/* the stronger antenna; the first fix is where the other end is, whatever its altitude */
	assert_near(read.log.samples[0].rssi_dbm, -30.0, 0.0);
	assert_near(read.log.samples[0].tx_power_dbm, 10.0, 1e-9);
	assert_near(read.log.samples[0].distance_m, 0.0, 1e-3);
	/* a milli-degree of the meridian at 47 degrees is 111.17 m on WGS 84 */
	assert_near(read.log.samples[1].north_m, 111.17, 0.02);
	assert_near(read.log.samples[1].east_m, 0.0, 1e-3);
	assert_near(read.log.samples[1].up_m, 10.0, 0.01);
	assert_near(read.log.samples[1].distance_m, hypot(111.17, 10.0), 0.02);
	assert_near(read.log.samples[1].rssi_dbm, -84.0, 0.0);
	assert_near(read.log.samples[1].tx_power_dbm, 20.0, 1e-9);
	assert_near(read.log.samples[1].time_s, 0.75, 1e-6);
	/* and one of the parallel 76.06 m */
	assert_near(read.log.samples[2].east_m, 76.06, 0.02);
	assert_near(read.log.samples[2].rssi_dbm, -84.0, 0.0);
	assert_near(read.log.samples[2].time_s, 1.5, 1e-6);
	drop(&read);
}

static void test_plain(void **state)
{
	struct read_log read;

	(void)state;
	read_text(&read,
		  "\xef\xbb\xbf\"rssi_dbm\", up_m ,other,north_m,east_m,tx_power_dbm,time_s\n"
		  "-70.5,12,,4,3,14,100\n"
		  "\n"
		  "-71, 0,\"a, b\",\" 8 \",6,14,99.5\n");
	assert_int_equal(read.result, 0);
	assert_string_equal(read.told, "");
	assert_int_equal(read.log.count, 2);
	assert_true(!read.log.opentx && read.log.has_track && read.log.has_height);
	assert_near(read.log.samples[0].distance_m, 13.0, 1e-12);
	assert_near(read.log.samples[0].rssi_dbm, -70.5, 0.0);
	assert_near(read.log.samples[1].distance_m, 10.0, 1e-12);
	assert_near(read.log.samples[1].time_s, -0.5, 1e-12);
	drop(&read);
	read_text(&read, "distance_m,rssi_dbm\n25,-60\n");
	assert_int_equal(read.log.count, 1);
	assert_false(read.log.has_track || read.log.has_tx_power || read.log.has_height);
	assert_near(read.log.samples[0].east_m, 25.0, 0.0);
	assert_true(isnan(read.log.samples[0].tx_power_dbm) && isnan(read.log.samples[0].time_s));
	drop(&read);
}

/* Rows that have nothing to tell are counted, not told. */
static void test_left_out(void **state)
{
	struct read_log read;

	(void)state;
	read_text(&read, "GPS,1RSS(dB),TPWR(mW)\n"
			 ",32,10\n"		     /* no fix yet */
			 "0.000000 0.000000,32,10\n" /* nor here */
			 "47 8,32,10\n"
			 "47 8,,10\n"  /* nothing received */
			 "47 8,0,10\n" /* nor here */
			 "47 8,32,0\n" /* nothing sent */
			 "47 8,32\n"
			 "47 8\n");
	assert_int_equal(read.result, 0);
	assert_string_equal(read.told, "");
	assert_int_equal(read.log.rows, 8);
	assert_int_equal(read.log.count, 1);
	assert_int_equal(read.log.no_position, 2);
	assert_int_equal(read.log.no_strength, 5);
	drop(&read);
}

static void test_mistakes(void **state)
{
	static const char *const bad[][2] = {
		{"47,32,10,0", "GPS is \"47\", not \"latitude longitude\" in degrees"},
		{"91 8,32,10,0", "GPS is \"91 8\", not \"latitude longitude\" in degrees"},
		{"47 8 9,32,10,0", "GPS is \"47 8 9\", not \"latitude longitude\" in degrees"},
		{"nan nan,32,10,0", "GPS is \"nan nan\", not \"latitude longitude\" in degrees"},
		{"47 8,0x20,10,0", "1RSS(dB) is \"0x20\", not a number from -200 to 200"},
		{"47 8,1e999,10,0", "1RSS(dB) is \"1e999\", not a number from -200 to 200"},
		{"47 8,32,-1,0", "TPWR(mW) is \"-1\", not a number from 0 to 1000000000"},
		{"47 8,32,10,1e6", "Alt(m) is \"1e6\", not a number from -100000 to 100000"},
		{"47 8,\x1b[2J,10,0", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[256], wanted[256];
		struct read_log read;

		snprintf(text, sizeof(text), "GPS,1RSS(dB),TPWR(mW),Alt(m)\n47 8,32,10,0\n%s\n",
			 bad[i][0]);
		read_text(&read, text);
		assert_int_equal(read.result, 0);
		assert_int_equal(read.log.count, 1);
		assert_int_equal(read.log.malformed, 1);
		snprintf(wanted, sizeof(wanted), "sim-stub: a.csv:3: %s; the row is left out\n",
			 bad[i][1] ? bad[i][1] : "");
		if (bad[i][1]) {
			assert_string_equal(read.told, wanted);
		} else {
			assert_non_null(strstr(read.told, "1RSS(dB) is \"\\x1b[2J"));
			assert_null(strchr(read.told, '\x1b'));
		}
		drop(&read);
	}
}

static void test_many_mistakes(void **state)
{
	char text[4096] = "distance_m,rssi_dbm\n";
	struct read_log read;

	(void)state;
	for (size_t i = 0, size = strlen(text); i < 20; i++, size += 4) {
		memcpy(text + size, "x,y\n", 5);
	}
	read_text(&read, text);
	assert_int_equal(read.result, 0);
	assert_int_equal(read.log.malformed, 20);
	assert_non_null(strstr(read.told, "a.csv:9: "));
	assert_null(strstr(read.told, "a.csv:10: "));
	assert_non_null(strstr(read.told, "sim-stub: a.csv: 12 more mistakes of this kind\n"));
	drop(&read);
}

static void test_no_log(void **state)
{
	static const char *const none[] = {"x,y\n1,2\n", "distance_m,1RSS(dB)\n5,6\n",
					   "rssi_dbm;distance_m\n1;2\n", "GPS,rssi_dbm\n47 8,-30\n",
					   "\n\n\n"};
	struct read_log read;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		read_text(&read, none[i]);
		assert_int_equal(read.result, -1);
		assert_memory_equal(read.told, "sim-stub: a.csv:", 16);
		assert_int_equal(read.log.count, 0);
		drop(&read);
	}
}

/* Nobody vouches for it: lines without end, bytes of any kind, thousands of columns. */
static void test_hostile(void **state)
{
	enum { SIZE = 100 * 1000 };
	char *text = malloc(SIZE);
	struct read_log read;
	struct rng rng;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', SIZE);
	read_bytes(&read, text, SIZE);
	assert_int_equal(read.result, -1);
	drop(&read);
	memset(text, ',', SIZE);
	memcpy(text, "distance_m,rssi_dbm\n25,-60\n", 27);
	read_bytes(&read, text, SIZE);
	assert_int_equal(read.result, 0);
	assert_int_equal(read.log.count, 1);
	assert_int_equal(read.log.malformed, 1);
	assert_string_equal(read.told, "sim-stub: a.csv:3: the line is too long; the row is left "
				       "out\n");
	drop(&read);
	rng_seed(&rng, 1);
	for (size_t run = 0; run < 200; run++) {
		static const char some[] = "0123456789-+.eE,,,,\n\n \"\r\0:7";

		memcpy(text,
		       run % 2 ? "distance_m,rssi_dbm,time_s\n" : "1RSS(dB),Time,TPWR(mW),GPS\n",
		       27);
		for (size_t i = 27; i < 2000; i++) {
			text[i] = some[rng_below(&rng, sizeof(some) - 1)];
		}
		read_bytes(&read, text, 2000);
		assert_int_equal(read.result, 0);
		for (size_t i = 0; i < read.log.count; i++) {
			assert_true(isfinite(read.log.samples[i].distance_m));
			assert_true(isfinite(read.log.samples[i].rssi_dbm));
		}
		drop(&read);
	}
	free(text);
}

/* A byte of 0 is a mistake of its line, and hides nothing of it. */
static void test_bytes_of_0(void **state)
{
	static const char text[] = "distance_m,rssi_dbm\n25,-60\n26\0,-61\n27,-62\n\0\n\0"
				   "28,-63";
	static const char head[] = "distance_m,rssi_dbm\n\0";
	enum { SIZE = 40 * 1000 };
	char *hidden = malloc(SIZE);
	struct read_log read;

	(void)state;
	read_bytes(&read, text, sizeof(text) - 1);
	assert_int_equal(read.result, 0);
	assert_int_equal(read.log.rows, 5);
	assert_int_equal(read.log.count, 2);
	assert_int_equal(read.log.malformed, 3);
	assert_string_equal(read.told,
			    "sim-stub: a.csv:3: the line has a byte of 0; the row is left out\n"
			    "sim-stub: a.csv:5: the line has a byte of 0; the row is left out\n"
			    "sim-stub: a.csv:6: the line has a byte of 0; the row is left out\n");
	drop(&read);
	/* one line, which is too long, and not rows of its pieces */
	assert_non_null(hidden);
	for (size_t i = 0; i < SIZE; i++) {
		hidden[i] = "25,-60,"[i % 7];
	}
	memcpy(hidden, head, sizeof(head) - 1);
	read_bytes(&read, hidden, SIZE);
	assert_int_equal(read.result, 0);
	assert_int_equal(read.log.rows, 1);
	assert_int_equal(read.log.malformed, 1);
	assert_string_equal(read.told,
			    "sim-stub: a.csv:2: the line is too long; the row is left out\n");
	drop(&read);
	read_bytes(&read, "d\0i", 3);
	assert_int_equal(read.result, -1);
	assert_string_equal(read.told, "sim-stub: a.csv:1: the line has a byte of 0\n");
	drop(&read);
	free(hidden);
}

/* Of what never ends no more is read than it takes to see that. */
static ssize_t read_forever(void *cookie, char *buf, size_t size)
{
	size_t *left = cookie;

	size = size < *left ? size : *left;
	memset(buf, ' ', size);
	*left -= size;
	return (ssize_t)size;
}

static void test_endless(void **state)
{
	size_t left = 16u << 20;
	FILE *file = fopencookie(&left, "r", (cookie_io_functions_t){.read = read_forever});
	char *told;
	size_t told_size;
	FILE *errors = open_memstream(&told, &told_size);
	struct radio_log log;

	(void)state;
	assert_non_null(file);
	assert_non_null(errors);
	assert_int_equal(radio_log_read(&log, file, "a.csv", errors), -1);
	fclose(errors);
	fclose(file);
	assert_string_equal(told, "sim-stub: a.csv:1: the line is longer than 1 MiB\n");
	assert_in_range(left, 14u << 20, 15u << 20);
	radio_log_free(&log);
	free(told);
}

/* --------------------------------------------------------------- regression */

static void test_line(void **state)
{
	double x[64], y[64];
	struct regression line;

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		x[i] = 1.0 + (double)i / 16.0;
		y[i] = 30.0 + 21.0 * x[i] + (i % 2 ? 1.0 : -1.0);
	}
	assert_int_equal(regression_fit(x, y, 64, &line), 0);
	/* alternating by one: sum (x - X)(+-1) = 64 / 2 / 16 = 2, sum (x - X)^2 = 64 (64^2 - 1) /
	 * 12 / 256 */
	assert_near(line.slope, 21.0 + 2.0 / (64.0 * 4095.0 / 12.0 / 256.0), 1e-9);
	assert_near(line.intercept, 30.0, 0.2);
	/* sqrt((64 - 2^2 / 85.3) / 62) */
	assert_near(line.spread, 1.01563, 1e-5);
	assert_int_equal(regression_fit(x, y, REGRESSION_POINTS_MIN - 1, &line), -1);
	assert_int_equal(regression_fit(x, y, REGRESSION_POINTS_MIN, &line), 0);
	for (size_t i = 0; i < 64; i++) {
		x[i] = 2.0;
	}
	assert_int_equal(regression_fit(x, y, 64, &line), -1);
	x[0] = 3.0; /* the whole slope hangs on one point */
	assert_int_equal(regression_fit(x, y, 64, &line), -1);
}

static double normal(struct rng *rng)
{
	return normal_quantile(((double)(rng_next(rng) >> 12) + 0.5) / 4503599627370496.0);
}

enum { FLOWN = 4000, STEP_M = 5 };

/* A flight straight out, whose shadowing is a first-order autoregression over the way: its
 * autocorrelation is exp(-way / decorrelation_m). */
static void fly(struct radio_log *log, double decorrelation_m, uint64_t seed)
{
	double again = exp(-STEP_M / decorrelation_m), shadow;
	struct rng rng;

	rng_seed(&rng, seed);
	shadow = normal(&rng);
	*log = (struct radio_log){.samples = calloc(FLOWN, sizeof(*log->samples)), .count = FLOWN};
	assert_non_null(log->samples);
	for (size_t i = 0; i < FLOWN; i++) {
		double distance_m = 60.0 + (double)(i * STEP_M);
		struct radio_sample *sample = &log->samples[i];

		sample->north_m = sample->distance_m = distance_m;
		sample->tx_power_dbm = i % 1000 < 500 ? 10.0 : 20.0; /* adaptive */
		sample->rssi_dbm =
			sample->tx_power_dbm - 35.0 - 23.0 * log10(distance_m) - 5.0 * shadow;
		shadow = again * shadow + sqrt(1.0 - again * again) * normal(&rng);
	}
}

static void channel_of(struct channel *channel)
{
	struct parameter parameters[] = {{slice_str("model"), slice_str("log-distance")},
					 {slice_str("reference_m"), slice_str("50")}};
	struct refusal refusal;

	assert_int_equal(parameters_read(parameters, 2, channel, &refusal), 0);
}

/* What is put in comes out, and errors are as large as they say. */
static void test_what_was_flown(void **state)
{
	double slopes = 0.0, square = 0.0, errors = 0.0, spread = 0.0, decorrelation_m = 0.0;
	enum { FLIGHTS = 40 };

	(void)state;
	for (uint64_t seed = 1; seed <= FLIGHTS; seed++) {
		struct radio_log log;
		struct channel channel;
		struct fit_result result;

		fly(&log, 40.0, seed);
		channel_of(&channel);
		assert_int_equal(fit_find(&log, &channel, &result), FIT_OK);
		assert_int_equal(result.count, FLOWN);
		assert_int_equal(result.decorrelation, DECORRELATION_FOUND);
		slopes += result.line.slope;
		square += (result.line.slope - 23.0) * (result.line.slope - 23.0);
		errors += result.line.slope_error;
		spread += result.line.spread;
		decorrelation_m += result.decorrelation_m;
		fit_free(&result);
		radio_log_free(&log);
	}
	assert_near(slopes / FLIGHTS, 23.0, 3.0 * errors / FLIGHTS / sqrt(FLIGHTS));
	assert_near(spread / FLIGHTS, 5.0, 0.15);
	assert_near(decorrelation_m / FLIGHTS, 40.0, 4.0);
	/* the error that was told against the one that was made */
	assert_near(errors / FLIGHTS / sqrt(square / FLIGHTS), 1.0, 0.3);
}

/* The parameters that are printed make the model go through the middle of the log. */
static void test_the_scenario_is_the_log(void **state)
{
	struct radio_log log;
	struct channel channel;
	struct fit_result result;
	double sum = 0.0;

	(void)state;
	fly(&log, 40.0, 7);
	log.samples[0].distance_m = 50.0; /* the reference itself: not beyond it */
	channel_of(&channel);
	assert_int_equal(fit_find(&log, &channel, &result), FIT_OK);
	assert_int_equal(result.near, 1);
	assert_int_equal(result.count, FLOWN - 1);
	for (size_t i = 0; i < result.count; i++) {
		const struct radio_sample *sample = &result.samples[i];
		struct scene scene = {.distance_m = sample->distance_m};
		double loss_db =
			channel.model
				->path_loss(&channel.settings, &scene, LINE_OF_SIGHT_UNSPECIFIED)
				.mean_db;

		sum += sample->tx_power_dbm + 2.0 * channel.settings.antenna_gain_dbi - loss_db -
		       sample->rssi_dbm;
	}
	assert_near(sum / (double)result.count, 0.0, 0.002);
	assert_near(channel.settings.exponent, result.line.slope / 10.0, 1e-4);
	assert_near(channel.settings.shadowing_db, result.line.spread, 0.01);
	fit_free(&result);
	radio_log_free(&log);
}

static void test_decorrelation(void **state)
{
	struct radio_sample samples[600] = {{0}};
	double residuals[600], distance_m;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3);
	for (size_t i = 0; i < 600; i++) {
		samples[i].east_m = 10.0 * (double)i;
		residuals[i] = normal(&rng);
	}
	/* nothing is correlated: it is over within a step */
	assert_int_equal(decorrelation_estimate(samples, residuals, 600, &distance_m),
			 DECORRELATION_FOUND);
	assert_true(distance_m > 0.0 && distance_m < 10.0);
	/* everything is: the log ends before it does */
	for (size_t i = 0; i < 600; i++) {
		residuals[i] = 2.0;
	}
	assert_int_equal(decorrelation_estimate(samples, residuals, 600, &distance_m),
			 DECORRELATION_BEYOND);
	assert_near(distance_m, 1280.0, 1.0);
	/* nobody moves */
	for (size_t i = 0; i < 600; i++) {
		samples[i].east_m = 0.0;
	}
	assert_int_equal(decorrelation_estimate(samples, residuals, 600, &distance_m),
			 DECORRELATION_UNKNOWN);
	assert_int_equal(decorrelation_estimate(samples, residuals, 1, &distance_m),
			 DECORRELATION_UNKNOWN);
}

/* ------------------------------------------------------------------- report */

static void test_report(void **state)
{
	struct radio_log log;
	struct channel channel;
	struct fit_result result;
	struct refusal refusal;
	struct report report = {
		.result = &result, .log = &log, .channel = &channel, .name = "folder/a\n.csv"};
	struct parameter given = {slice_str("bandwidth_hz"), slice_str("2e6")};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	fly(&log, 40.0, 7);
	log.rows = log.count;
	channel_of(&channel);
	assert_int_equal(fit_find(&log, &channel, &result), FIT_OK);
	assert_int_equal(report_make(&report, &given, 1, &refusal), 0);
	report_print(&report, out);
	fclose(out);
	assert_non_null(strstr(text, " in a\\n.csv, a plain log.\n; Of 4000 rows 4000 were used."));
	assert_non_null(strstr(text, "\nchannel.model = log-distance\n"));
	assert_non_null(strstr(text, "\nchannel.bandwidth_hz = 2e6\n"));
	assert_non_null(strstr(text, "\nchannel.tx_power_dbm = 20\n"));
	assert_non_null(strstr(text, "\nchannel.reference_m = 50\n"));
	/* every line is a comment or a parameter */
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		assert_true(*line == ';' || strncmp(line, "channel.", 8) == 0);
	}
	free(text);
	/* what no scenario can be like */
	channel.settings.exponent = 0.5;
	assert_int_equal(report_make(&report, &given, 1, &refusal), -1);
	assert_string_equal(refusal.text, "exponent is \"0.5\"; allowed: a number from 1 to 8");
	fit_free(&result);
	radio_log_free(&log);
}

static void test_too_little(void **state)
{
	struct radio_log log;
	struct channel channel;
	struct fit_result result;

	(void)state;
	fly(&log, 40.0, 7);
	channel_of(&channel);
	log.count = REGRESSION_POINTS_MIN - 1;
	assert_int_equal(fit_find(&log, &channel, &result), FIT_TOO_FEW);
	fit_free(&result);
	log.count = 0;
	assert_int_equal(fit_find(&log, &channel, &result), FIT_TOO_FEW);
	fit_free(&result);
	log.count = 100;
	for (size_t i = 0; i < 100; i++) {
		log.samples[i].distance_m = 70.0;
	}
	assert_int_equal(fit_find(&log, &channel, &result), FIT_NO_RANGE);
	fit_free(&result);
	radio_log_free(&log);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opentx),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_many_mistakes),
		cmocka_unit_test(test_no_log),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_bytes_of_0),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_what_was_flown),
		cmocka_unit_test(test_the_scenario_is_the_log),
		cmocka_unit_test(test_decorrelation),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_too_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
