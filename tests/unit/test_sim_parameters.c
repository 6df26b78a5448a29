#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "models/modulation.h"
#include "models/parameters.h"
#include "models/text.h"

/* Reads "key", "value", ... , NULL. */
static int read_pairs(const char *const *pairs, struct channel *channel, struct refusal *refusal)
{
	struct parameter parameters[32];
	size_t count = 0;

	for (; pairs[2 * count]; count++) {
		parameters[count].key = slice_str(pairs[2 * count]);
		parameters[count].value = slice_str(pairs[2 * count + 1]);
	}
	return parameters_read(parameters, count, channel, refusal);
}

/* "ideal, free-space, ...", as the table has them. */
static const char *known_models(void)
{
	static char names[REFUSAL_CAP];
	size_t size = 0;

	for (size_t i = 0; model_at(i); i++) {
		size += (size_t)snprintf(names + size, sizeof(names) - size, "%s%s", i ? ", " : "",
					 model_at(i)->name);
		assert_true(size < sizeof(names));
	}
	return names;
}

#define PAIRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_refused(const char *const *pairs, const char *why)
{
	struct channel channel;
	struct refusal refusal;

	assert_int_equal(read_pairs(pairs, &channel, &refusal), -1);
	assert_string_equal(refusal.text, why);
}

/* The same; `why` ends in the list of models. */
static void assert_refused_with_models(const char *const *pairs, const char *why)
{
	char whole[2 * REFUSAL_CAP];

	snprintf(whole, sizeof(whole), "%s%s", why, known_models());
	assert_refused(pairs, whole);
}

static void test_defaults(void **state)
{
	struct channel channel;
	struct refusal refusal;
	struct model_settings *settings = &channel.settings;

	(void)state;
	assert_int_equal(read_pairs(PAIRS("model", "free-space"), &channel, &refusal), 0);
	assert_string_equal(channel.model->name, "free-space");
	assert_true(settings->frequency_hz == 2400000000.0);
	assert_true(settings->bandwidth_hz == 1000000.0);
	assert_true(settings->tx_power_dbm == 20.0);
	assert_true(settings->noise_figure_db == 6.0);
	assert_true(settings->bitrate_bps == 1000000.0);
	assert_string_equal(modulation_at(settings->modulation)->name, "qpsk");
	assert_true(settings->antenna_gain_dbi == 0.0);
	assert_true(settings->sensitivity_dbm == -200.0);
	assert_true(settings->k_factor_db == 9.0);
	assert_int_equal(settings->los, LOS_AUTO);
	assert_int_equal(settings->fading, FADING_NONE);
	assert_int_equal(settings->motion, MOTION_RECKONED);
	/* the model's own */
	assert_true(isnan(settings->shadowing_db));
	assert_true(isnan(settings->decorrelation_m));
	assert_int_equal(read_pairs(PAIRS("model", "log-distance"), &channel, &refusal), 0);
	assert_string_equal(channel.model->name, "log-distance");
	assert_true(settings->exponent == 2.7);
	assert_true(settings->reference_m == 1.0);
	assert_true(isnan(settings->shadowing_db));
	assert_true(settings->frequency_hz == 2400000000.0);
}

static void test_every_parameter(void **state)
{
	struct channel channel;
	struct refusal refusal;
	struct model_settings *settings = &channel.settings;

	(void)state;
	assert_int_equal(
		read_pairs(PAIRS("bitrate_bps", "54e6", "modulation", "16qam", "noise_figure_db",
				 "0", "tx_power_dbm", "-3.5", "bandwidth_hz", "20000000",
				 "frequency_hz", "5.8e9", "model", "free-space"),
			   &channel, &refusal),
		0);
	assert_true(settings->frequency_hz == 5.8e9);
	assert_true(settings->bandwidth_hz == 2e7);
	assert_true(settings->tx_power_dbm == -3.5);
	assert_true(settings->noise_figure_db == 0.0);
	assert_true(settings->bitrate_bps == 54e6);
	assert_string_equal(modulation_at(settings->modulation)->name, "16qam");
	assert_int_equal(
		read_pairs(PAIRS("bitrate_bps", "6e7", "modulation", "64qam", "noise_figure_db",
				 "60", "tx_power_dbm", "-100", "bandwidth_hz", "1e7",
				 "frequency_hz", "1e6", "model", "log-distance", "shadowing_db",
				 "40", "reference_m", "10000", "exponent", "8", "decorrelation_m",
				 "0", "fading", "rician", "k_factor_db", "-40", "motion", "told",
				 "sensitivity_dbm", "-90.5", "antenna_gain_dbi", "2.15"),
			   &channel, &refusal),
		0);
	assert_string_equal(channel.model->name, "log-distance");
	assert_true(settings->exponent == 8.0);
	assert_true(settings->reference_m == 10000.0);
	assert_true(settings->shadowing_db == 40.0);
	assert_true(settings->decorrelation_m == 0.0);
	assert_int_equal(settings->fading, FADING_RICIAN);
	assert_true(settings->k_factor_db == -40.0);
	assert_int_equal(settings->motion, MOTION_TOLD);
	assert_true(settings->sensitivity_dbm == -90.5);
	assert_true(settings->antenna_gain_dbi == 2.15);
	assert_true(settings->noise_figure_db == 60.0);
	assert_true(settings->bitrate_bps == 6e7);
	assert_string_equal(modulation_at(settings->modulation)->name, "64qam");
}

static void test_model_refused(void **state)
{
	(void)state;
	assert_int_equal(strncmp(known_models(), "ideal, free-space, ", 19), 0);
	assert_non_null(strstr(known_models(), ", log-distance"));
	assert_refused_with_models(PAIRS("model", "warp"), "unknown model \"warp\"; known: ");
	assert_refused_with_models(PAIRS("model", ""), "unknown model \"\"; known: ");
	assert_refused_with_models(PAIRS("frequency_hz", "1e9"),
				   "no parameter \"model\" given; known models: ");
	assert_refused_with_models(
		PAIRS("mdl", "x", "modle", "ideal", "mo", "y"),
		"no parameter \"model\" given; nearest given: \"mdl\"; known models: ");
	assert_refused_with_models(
		PAIRS("modulation", "qpsk", "modle", "y", "mode", "ideal"),
		"no parameter \"model\" given; nearest given: \"mode\"; known models: ");
	assert_refused_with_models(PAIRS("modulation", "qpsk"),
				   "no parameter \"model\" given; known models: ");
	assert_refused(PAIRS("model", "ideal", "model", "ideal"),
		       "parameter \"model\" given twice");
}

/* What every model with a channel reads first. A list goes as far as a refusal has room. */
#define BUDGET "frequency_hz, bandwidth_hz, tx_power_dbm, noise_figure_db, antenna_gain_dbi"

static void test_key_refused(void **state)
{
	(void)state;
	assert_refused(PAIRS("model", "free-space", "frequencyhz", "1"),
		       "unknown parameter \"frequencyhz\"; nearest known: frequency_hz");
	assert_refused(PAIRS("model", "free-space", "bitrate", "1"),
		       "unknown parameter \"bitrate\"; nearest known: bitrate_bps");
	assert_refused(PAIRS("model", "free-space", "colour", "1"),
		       "unknown parameter \"colour\"; free-space knows: model, " BUDGET
		       ", shadowing_db, decorrelation_m, fading, k_factor_db, motion, ...");
	assert_refused(PAIRS("model", "ideal", "frequency_hz", "1e9"),
		       "unknown parameter \"frequency_hz\"; ideal knows: model, tx_power_dbm");
	assert_refused(PAIRS("model", "free-space", "exponent", "3"),
		       "unknown parameter \"exponent\"; free-space knows: model, " BUDGET
		       ", shadowing_db, decorrelation_m, fading, k_factor_db, motion, ...");
	assert_refused(PAIRS("model", "free-space", "los", "auto"),
		       "unknown parameter \"los\"; free-space knows: model, " BUDGET
		       ", shadowing_db, decorrelation_m, fading, k_factor_db, motion, ...");
	assert_refused(PAIRS("model", "log-distance", "colour", "1"),
		       "unknown parameter \"colour\"; log-distance knows: model, " BUDGET
		       ", exponent, reference_m, shadowing_db, decorrelation_m, fading, ...");
	assert_refused(PAIRS("model", "log-distance", "shadowing", "6"),
		       "unknown parameter \"shadowing\"; nearest known: shadowing_db");
	assert_refused(PAIRS("model", "log-distance", "exponet", "2"),
		       "unknown parameter \"exponet\"; nearest known: exponent");
	assert_refused(PAIRS("model", "log-distance", "reference_km", "1"),
		       "unknown parameter \"reference_km\"; nearest known: reference_m");
	assert_refused(PAIRS("tx_power_dbm", "1", "model", "ideal", "tx_power_dbm", "1"),
		       "parameter \"tx_power_dbm\" given twice");
}

static void test_value_refused(void **state)
{
	static const char *const bad[] = {"",	  "x",	   "1e9x",  "0x1p30",  "inf",
					  "nan",  "1e400", "--1",   "2.4 GHz", " 1e9",
					  "1e9 ", "9.9e5", "3.1e11"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char why[REFUSAL_CAP];

		snprintf(why, sizeof(why),
			 "frequency_hz is \"%s\"; allowed: a number from 1000000 to 300000000000",
			 bad[i]);
		assert_refused(PAIRS("model", "free-space", "frequency_hz", bad[i]), why);
	}
	assert_refused(PAIRS("model", "free-space", "bandwidth_hz", "0"),
		       "bandwidth_hz is \"0\"; allowed: a number from 1 to 10000000000");
	assert_refused(PAIRS("model", "free-space", "noise_figure_db", "-1"),
		       "noise_figure_db is \"-1\"; allowed: a number from 0 to 60");
	assert_refused(PAIRS("model", "free-space", "tx_power_dbm", "101"),
		       "tx_power_dbm is \"101\"; allowed: a number from -100 to 100");
	assert_refused(PAIRS("model", "free-space", "bitrate_bps", "124"),
		       "bitrate_bps is \"124\"; allowed: a number from 125 to 100000000000");
	assert_refused(PAIRS("model", "free-space", "modulation", "QPSK"),
		       "modulation is \"QPSK\"; known: bpsk, qpsk, 16qam, 64qam");
	assert_refused(PAIRS("model", "free-space", "fading", "rice"),
		       "fading is \"rice\"; known: none, rayleigh, rician");
	assert_refused(PAIRS("model", "free-space", "motion", ""),
		       "motion is \"\"; known: reckoned, told");
	assert_refused(PAIRS("model", "free-space", "decorrelation_m", "-1"),
		       "decorrelation_m is \"-1\"; allowed: a number from 0 to 1000000");
	assert_refused(PAIRS("model", "free-space", "k_factor_db", "61"),
		       "k_factor_db is \"61\"; allowed: a number from -40 to 60");
	assert_refused(PAIRS("model", "free-space", "sensitivity_dbm", "-201"),
		       "sensitivity_dbm is \"-201\"; allowed: a number from -200 to 100");
	assert_refused(PAIRS("model", "free-space", "antenna_gain_dbi", "101"),
		       "antenna_gain_dbi is \"101\"; allowed: a number from -100 to 100");
	assert_refused(PAIRS("model", "log-distance", "exponent", "0.9"),
		       "exponent is \"0.9\"; allowed: a number from 1 to 8");
	assert_refused(PAIRS("model", "log-distance", "exponent", "8.1"),
		       "exponent is \"8.1\"; allowed: a number from 1 to 8");
	assert_refused(PAIRS("model", "log-distance", "reference_m", "0.5"),
		       "reference_m is \"0.5\"; allowed: a number from 1 to 10000");
	assert_refused(PAIRS("model", "log-distance", "reference_m", "10001"),
		       "reference_m is \"10001\"; allowed: a number from 1 to 10000");
	assert_refused(PAIRS("model", "log-distance", "shadowing_db", "-0.01"),
		       "shadowing_db is \"-0.01\"; allowed: a number from 0 to 40");
	assert_refused(PAIRS("model", "log-distance", "shadowing_db", "40.5"),
		       "shadowing_db is \"40.5\"; allowed: a number from 0 to 40");
}

static void test_bitrate_must_fit(void **state)
{
	struct channel channel;
	struct refusal refusal;

	(void)state;
	assert_refused(PAIRS("model", "free-space", "bitrate_bps", "2000001"),
		       "bitrate_bps 2000001 does not fit bandwidth_hz 1000000 with qpsk; "
		       "allowed: at most 2000000");
	assert_int_equal(read_pairs(PAIRS("model", "free-space", "bitrate_bps", "2000000"),
				    &channel, &refusal),
			 0);
	assert_refused(
		PAIRS("model", "log-distance", "bitrate_bps", "6000001", "modulation", "64qam"),
		"bitrate_bps 6000001 does not fit bandwidth_hz 1000000 with 64qam; "
		"allowed: at most 6000000");
	assert_int_equal(read_pairs(PAIRS("model", "log-distance", "bitrate_bps", "6000000",
					  "modulation", "64qam"),
				    &channel, &refusal),
			 0);
}

/* What comes from outside neither drives a terminal nor overruns the message. */
static void test_hostile_text(void **state)
{
	char huge[5000];

	(void)state;
	assert_refused_with_models(PAIRS("model", "a\nb\x1b\xc3\xa4\""),
				   "unknown model \"a?b???\"\"; known: ");
	memset(huge, 'k', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	assert_refused(PAIRS("model", "ideal", huge, "1"),
		       "unknown parameter \"kkkkkkkkkkkkkkkkkkkkkkkk...\"; ideal "
		       "knows: model, tx_power_dbm");
	assert_refused(PAIRS("model", "free-space", "tx_power_dbm", huge),
		       "tx_power_dbm is \"kkkkkkkkkkkkkkkkkkkkkkkk...\"; allowed: a "
		       "number from -100 to 100");
	/* of what is known as much as there is room for, by whole names */
	assert_refused(PAIRS("model", "log-distance", huge, "1"),
		       "unknown parameter \"kkkkkkkkkkkkkkkkkkkkkkkk...\"; log-distance knows: "
		       "model, " BUDGET ", exponent, reference_m, shadowing_db, ...");
}

static void test_text_is_cut(void **state)
{
	char room[8];
	struct text text = text_in(room, sizeof(room));

	(void)state;
	text_add(&text, "12345");
	text_add(&text, "6789");
	assert_string_equal(room, "1234567");
	text_add_number(&text, 1.0);
	assert_string_equal(room, "1234567");
}

static void test_rows_name_every_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		const struct parameter_row *row = parameter_at(i);

		assert_non_null(row->name);
		if (row->word) {
			assert_non_null(row->word((size_t)row->preset));
		} else if (!isnan(row->preset)) {
			assert_true(row->min <= row->preset && row->preset <= row->max);
		}
	}
	assert_null(parameter_at(PARAMETER_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_parameter),
		cmocka_unit_test(test_model_refused),
		cmocka_unit_test(test_key_refused),
		cmocka_unit_test(test_value_refused),
		cmocka_unit_test(test_bitrate_must_fit),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_text_is_cut),
		cmocka_unit_test(test_rows_name_every_field),
	};

	return cmocka_run_group_tests_name("sim_parameters", tests, NULL, NULL);
}
