#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/draw.h"
#include "base/rng.h"
#include "models/free_space.h"
#include "models/link.h"
#include "models/link_budget.h"
#include "models/log_distance.h"
#include "models/modulation.h"
#include "models/parameters.h"
#include "models/shadowing.h"

static void assert_near(double value, double wanted, double tolerance)
{
	if (!(fabs(value - wanted) <= tolerance)) {
		fail_msg("%.12g is not within %g of %.12g", value, tolerance, wanted);
	}
}

static struct model_settings defaults(void)
{
	struct parameter model = {slice_str("model"), slice_str("free-space")};
	struct channel channel;
	struct refusal refusal;

	assert_int_equal(parameters_read(&model, 1, &channel, &refusal), 0);
	return channel.settings;
}

static struct sim_node node_at(float east, float north, float up)
{
	return (struct sim_node){.has_position = true, .position = {east, north, up}};
}

static struct prediction predict(const char *model, const struct model_settings *settings,
				 const struct passage *passage)
{
	struct channel channel = {model_find(slice_str(model)), *settings};

	assert_non_null(channel.model);
	return link_predict(&channel, passage);
}

static struct prediction free_space_predict(const struct model_settings *settings,
					    const struct passage *passage)
{
	return predict("free-space", settings, passage);
}

/* Over `east` metres, of which nothing is drawn. */
static struct prediction predict_over(const char *model, const struct model_settings *settings,
				      float east, size_t payload_bytes)
{
	struct sim_node transmitter = node_at(0, 0, 0);
	struct sim_node receiver = node_at(east, 0, 0);
	struct passage passage = {
		.transmitter = &transmitter, .receiver = &receiver, .payload_bytes = payload_bytes};

	return predict(model, settings, &passage);
}

static struct prediction predict_at(const struct model_settings *settings, float east,
				    size_t payload_bytes)
{
	return predict_over("free-space", settings, east, payload_bytes);
}

/* ------------------------------------------------------------- path loss */

/* 32.45 + 20 log10 f[MHz] + 20 log10 d[km], the formula as it is usually
 * published, with its constant rounded to two digits. */
static void test_loss_published(void **state)
{
	static const double mhz[] = {433.0, 868.0, 2400.0, 5800.0, 28000.0};
	static const double km[] = {0.01, 0.1, 1.0, 7.3, 50.0};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		for (size_t j = 0; j < 5; j++) {
			double wanted = 32.45 + 20 * log10(mhz[i]) + 20 * log10(km[j]);

			assert_near(free_space_loss_db(mhz[i] * 1e6, km[j] * 1e3), wanted, 0.01);
		}
	}
	assert_near(free_space_loss_db(2.4e9, 1000.0), 100.05, 0.01);
	/* One wavelength over 4 pi: no loss at all. */
	assert_near(free_space_loss_db(SPEED_OF_LIGHT_MPS, 1.0 / (4.0 * M_PI)), 0.0, 1e-9);
}

static void test_loss_slope(void **state)
{
	struct model_settings settings = defaults();

	(void)state;
	for (int decade = 0; decade <= 5; decade++) {
		float m = (float)pow(10.0, decade);
		struct prediction near = predict_at(&settings, m, 100);
		struct prediction far = predict_at(&settings, m * 10.0f, 100);
		double slope = (double)far.numbers.path_loss_db - (double)near.numbers.path_loss_db;

		assert_near(slope, 20.0, 1e-4);
	}
}

static void test_distance_floor(void **state)
{
	struct model_settings settings = defaults();
	struct prediction at_one = predict_at(&settings, 1.0f, 10);
	struct prediction below = predict_at(&settings, 0.25f, 10);
	struct prediction same = predict_at(&settings, 0.0f, 10);

	(void)state;
	assert_memory_equal(&at_one.numbers, &below.numbers, sizeof(at_one.numbers));
	assert_memory_equal(&at_one.numbers, &same.numbers, sizeof(at_one.numbers));
	assert_near((double)same.numbers.distance_m, 1.0, 0.0);
}

static void test_unknown_position_is_origin(void **state)
{
	struct model_settings settings = defaults();
	struct sim_node unknown = {.position = {9, 9, 9}, .velocity = {9, 9, 9}};
	struct sim_node known = node_at(30, 40, 120);
	struct passage passage = {.transmitter = &unknown, .receiver = &known, .payload_bytes = 10};

	(void)state;
	assert_near((double)free_space_predict(&settings, &passage).numbers.distance_m, 130.0, 0);
	assert_near((double)free_space_predict(&settings, &passage).numbers.doppler_hz, 0.0, 0);
}

/* ----------------------------------------------------------- link budget */

static void test_noise(void **state)
{
	(void)state;
	/* -174 dBm/Hz at 290 K, the textbook value (exactly -173.975). */
	assert_near(link_budget_noise_dbm(1.0, 0.0), -173.975, 0.001);
	assert_near(link_budget_noise_dbm(1e6, 0.0), -113.975, 0.001);
	assert_near(link_budget_noise_dbm(20e6, 7.0), -93.965, 0.001);
}

static void test_budget(void **state)
{
	struct model_settings settings = defaults();
	struct link_numbers link = predict_at(&settings, 1000.0f, 100).numbers;

	(void)state;
	assert_near((double)link.tx_power_dbm, 20.0, 0);
	assert_near((double)link.path_loss_db, 100.052, 0.001);
	assert_near((double)link.rx_power_dbm, -80.052, 0.001);
	/* noise: -113.975 + 6 */
	assert_near((double)link.snr_db, 27.923, 0.001);
	assert_near((double)link.sinr_db, (double)link.snr_db, 0);
	assert_int_equal(link.line_of_sight, LINE_OF_SIGHT_LOS);
	assert_int_equal(link.bit_errors, 0);
}

static void test_radio_overrides(void **state)
{
	struct model_settings settings = defaults();
	struct sim_node a = node_at(0, 0, 0);
	struct sim_node b = node_at(1000, 0, 0);
	struct passage passage = {.transmitter = &a, .receiver = &b, .payload_bytes = 100};
	struct prediction plain = free_space_predict(&settings, &passage);
	struct prediction with;

	(void)state;
	a.has_radio = b.has_radio = true;
	a.radio = (struct radio){30, 2, 50}; /* its own noise figure plays no part */
	b.radio = (struct radio){-50, 3, 8}; /* nor does the receiver's power */
	with = free_space_predict(&settings, &passage);
	assert_near((double)with.numbers.tx_power_dbm, 30.0, 0);
	assert_near((double)(with.numbers.rx_power_dbm - plain.numbers.rx_power_dbm), 15.0, 1e-4);
	/* 10 + 2 + 3 more power, 2 more noise */
	assert_near((double)(with.numbers.snr_db - plain.numbers.snr_db), 13.0, 1e-4);
}

/* At a quarter of the bandwidth a bit has four times the energy that SNR says. */
static void test_eb_n0_of_bandwidth_and_bitrate(void **state)
{
	struct model_settings settings = defaults();
	struct prediction prediction;
	double eb_n0;

	(void)state;
	settings.bandwidth_hz = 4e6;
	settings.bitrate_bps = 1e6;
	settings.tx_power_dbm = -1.0;
	prediction = predict_at(&settings, 1000.0f, 125);
	eb_n0 = pow(10.0, (double)prediction.numbers.snr_db / 10.0) * 4.0;
	assert_near((double)prediction.numbers.packet_error_rate,
		    1.0 - pow(1.0 - 0.5 * erfc(sqrt(eb_n0)), 1000.0), 1e-4);
	assert_true(prediction.numbers.packet_error_rate > 0.01f &&
		    prediction.numbers.packet_error_rate < 0.99f);
}

static void test_delay(void **state)
{
	struct model_settings settings = defaults();
	struct link_numbers link;

	(void)state;
	/* 100 bytes at 1 Mbit/s: 800 us; 3 km at light's speed: 10.007 us */
	link = predict_at(&settings, 3000.0f, 100).numbers;
	assert_int_equal(link.airtime_us, 800);
	assert_int_equal(link.propagation_ns, 10007);
	assert_int_equal(link.delay_us, 811);
	/* rounded up */
	settings.bitrate_bps = 3e6;
	settings.bandwidth_hz = 3e6;
	link = predict_at(&settings, 1.0f, 1).numbers;
	assert_int_equal(link.airtime_us, 3);
	assert_int_equal(link.propagation_ns, 3);
	assert_int_equal(link.delay_us, 4);
	/* an empty payload counts as one byte */
	assert_int_equal(predict_at(&settings, 1.0f, 0).numbers.airtime_us, 3);
}

static void test_doppler(void **state)
{
	struct model_settings settings = defaults();
	struct sim_node a = node_at(0, 0, 0);
	struct sim_node b = node_at(300, 400, 0);
	struct passage passage = {.transmitter = &a, .receiver = &b, .payload_bytes = 10};
	double hz_per_mps = 2.4e9 / SPEED_OF_LIGHT_MPS;

	(void)state;
	a.has_velocity = b.has_velocity = true;
	a.velocity = (struct vector){6, 8, 0};	 /* 10 m/s towards b */
	b.velocity = (struct vector){-3, -4, 7}; /* 5 m/s towards a, and up */
	assert_near((double)free_space_predict(&settings, &passage).numbers.doppler_hz,
		    15.0 * hz_per_mps, 1e-3);
	b.velocity = (struct vector){60, 80, 0}; /* now 100 - 10 m/s away */
	assert_near((double)free_space_predict(&settings, &passage).numbers.doppler_hz,
		    -90.0 * hz_per_mps, 1e-3);
	b.velocity = a.velocity;
	assert_false(signbit(free_space_predict(&settings, &passage).numbers.doppler_hz));
	b.position = a.position;
	assert_near((double)free_space_predict(&settings, &passage).numbers.doppler_hz, 0.0, 0);
}

/* Whatever a node claims, every number of every model stays finite. */
static void hold_to_finite(size_t model)
{
	static const float extremes[] = {-3.4e38f, -1.0f, 0.0f, 1e-38f, 3.4e38f};
	struct model_settings settings = defaults();
	struct hash_key key = draw_key(1);
	uint8_t bytes[LINK_MAX_BYTES];

	settings.exponent = 8.0;
	settings.shadowing_db = 40.0;
	settings.decorrelation_m = 1e-300;
	settings.k_factor_db = 60.0;
	for (size_t i = 0; i < 5; i++) {
		for (size_t j = 0; j < 5; j++) {
			float x = extremes[i];
			float y = extremes[j];
			struct sim_node a = {.name = slice_str(i % 2 ? "a" : "c"),
					     .has_position = true,
					     .position = {x, y, x}};
			struct sim_node b = {.name = slice_str("b"),
					     .has_position = true,
					     .position = {y, x, x}};
			struct passage passage = {.transmitter = &a,
						  .receiver = &b,
						  .payload_bytes = i * 1000000,
						  .sent_at_us = i % 2 ? UINT64_MAX : 0,
						  .interference_mw = j % 2 ? 1e30 : 0.0,
						  .key = &key,
						  .scenario = slice_str("meadow")};
			struct prediction prediction;
			size_t size;

			a.has_radio = b.has_radio = a.has_velocity = b.has_velocity = true;
			a.radio = (struct radio){x, x, x};
			b.radio = (struct radio){y, y, y};
			a.velocity = (struct vector){x, y, y};
			b.velocity = (struct vector){y, x, y};
			a.at_us = j % 2 ? UINT64_MAX : 0;
			for (size_t m = 0; modulation_at(m); m++) {
				settings.modulation = (uint32_t)m;
				settings.fading = (uint32_t)(m + i) % 3;
				settings.frequency_hz = m % 2 ? 300e9 : 1e6;
				prediction = predict(model_at(model)->name, &settings, &passage);
				assert_true(prediction.numbers.packet_error_rate >= 0.0f &&
					    prediction.numbers.packet_error_rate <= 1.0f);
				size = link_write(bytes, &prediction.numbers);
				assert_int_equal(link_read(slice_of(bytes, size), NULL), HOT_OK);
			}
		}
	}
}

static void test_extremes_stay_finite(void **state)
{
	(void)state;
	for (size_t model = 0; model_at(model); model++) {
		hold_to_finite(model);
	}
}

/* ---------------------------------------------------------- log-distance */

static double log_distance_mean_loss_db(const struct model_settings *settings, double distance_m)
{
	struct scene scene = {.distance_m = distance_m};

	return log_distance_path_loss(settings, &scene, LINE_OF_SIGHT_UNSPECIFIED).mean_db;
}

/* With exponent 2 it is free space, wherever the reference is. */
static void test_exponent_2_is_free_space(void **state)
{
	struct model_settings settings = defaults();

	(void)state;
	settings.exponent = 2.0;
	for (int i = 0; i <= 8; i++) {
		settings.reference_m = pow(10.0, i / 2.0);
		for (int step = 0; step <= 30; step++) {
			double d = pow(10.0, step * 0.3);

			assert_near(log_distance_mean_loss_db(&settings, d),
				    free_space_loss_db(settings.frequency_hz, d), 1e-10);
		}
	}
}

/* Free space up to the reference, no jump there, then 10 n dB a decade. */
static void test_reference_and_exponent(void **state)
{
	static const double exponents[] = {1.0, 2.7, 3.5, 8.0};
	struct model_settings settings = defaults();

	(void)state;
	settings.reference_m = 100.0;
	for (size_t i = 0; i < 4; i++) {
		double at_reference = free_space_loss_db(2.4e9, 100.0);

		settings.exponent = exponents[i];
		assert_near(log_distance_mean_loss_db(&settings, 1.0),
			    free_space_loss_db(2.4e9, 1.0), 0.0);
		assert_near(log_distance_mean_loss_db(&settings, 37.0),
			    free_space_loss_db(2.4e9, 37.0), 0.0);
		assert_near(log_distance_mean_loss_db(&settings, 100.0), at_reference, 0.0);
		assert_near(log_distance_mean_loss_db(&settings, nextafter(100.0, 0.0)),
			    at_reference, 1e-12);
		assert_near(log_distance_mean_loss_db(&settings, nextafter(100.0, 200.0)),
			    at_reference, 1e-12);
		assert_near(log_distance_mean_loss_db(&settings, 1e3),
			    at_reference + 10.0 * exponents[i], 1e-10);
		assert_near(log_distance_mean_loss_db(&settings, 1e6),
			    at_reference + 40.0 * exponents[i], 1e-10);
	}
}

/* What the pair of these names has above the mean, dB. */
static double shadowing_of(const struct model_settings *settings, uint64_t seed, const char *one,
			   const char *other)
{
	struct hash_key key = draw_key(seed);
	struct draw_pair pair = {slice_str("meadow"), slice_str(one), slice_str(other)};

	return shadowing_rounded_db(settings->shadowing_db,
				    draw_normal(draw_bits_of_pair(&key, DRAW_SHADOWING, &pair)));
}

static struct prediction log_distance_at(const struct model_settings *settings, float east,
					 const struct hash_key *key)
{
	struct sim_node transmitter = node_at(0, 0, 0);
	struct sim_node receiver = node_at(east, 0, 0);
	struct passage passage = {.transmitter = &transmitter,
				  .receiver = &receiver,
				  .payload_bytes = 100,
				  .key = key,
				  .scenario = slice_str("meadow")};

	transmitter.name = slice_str("hub");
	receiver.name = slice_str("uav1");
	return predict("log-distance", settings, &passage);
}

static void test_log_distance_floor(void **state)
{
	struct model_settings settings = defaults();
	struct prediction at_one = log_distance_at(&settings, 1.0f, NULL);
	struct prediction same = log_distance_at(&settings, 0.0f, NULL);

	(void)state;
	assert_memory_equal(&at_one.numbers, &same.numbers, sizeof(same.numbers));
	assert_near((double)same.numbers.path_loss_db, free_space_loss_db(2.4e9, 1.0), 1e-5);
}

/* Shadowing changes path loss, and by it power, SNR and rate; nothing else. */
static void test_shadowing_is_path_loss(void **state)
{
	struct model_settings settings = defaults();
	struct hash_key key = draw_key(1);
	struct link_numbers plain, shaded;
	double shadowing;

	(void)state;
	settings.tx_power_dbm = 56.0;
	settings.shadowing_db = 8.0;
	settings.decorrelation_m = 0.0;
	shadowing = shadowing_of(&settings, 1, "hub", "uav1");
	assert_true(fabs(shadowing) > 1.0);
	plain = log_distance_at(&settings, 20000.0f, NULL).numbers;
	shaded = log_distance_at(&settings, 20000.0f, &key).numbers;
	assert_near((double)plain.path_loss_db, log_distance_mean_loss_db(&settings, 20000.0),
		    1e-3);
	assert_near((double)(shaded.path_loss_db - plain.path_loss_db), shadowing, 1e-4);
	assert_near((double)(shaded.rx_power_dbm - plain.rx_power_dbm), -shadowing, 1e-4);
	assert_near((double)(shaded.snr_db - plain.snr_db), -shadowing, 1e-4);
	assert_near((double)(shaded.sinr_db - plain.sinr_db), -shadowing, 1e-4);
	assert_true(shadowing > 0.0 ? shaded.packet_error_rate > plain.packet_error_rate
				    : shaded.packet_error_rate < plain.packet_error_rate);
	assert_int_equal(shaded.delay_us, plain.delay_us);
	assert_int_equal(shaded.line_of_sight, LINE_OF_SIGHT_UNSPECIFIED);
	/* a mean without chance has none, whatever the deviation; nor has a deviation of none */
	assert_near((double)predict_at(&settings, 300.0f, 100).numbers.path_loss_db,
		    free_space_loss_db(2.4e9, 300.0), 1e-3);
	settings.shadowing_db = 0.0;
	assert_near((double)log_distance_at(&settings, 20000.0f, &key).numbers.path_loss_db,
		    (double)plain.path_loss_db, 0.0);
}

/* Whole hundredths of a decibel: a digit more or less in the draw changes nothing. */
static void test_shadowing_is_quantised(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		double z = draw_normal(i * 4294967u);
		double x = shadowing_rounded_db(7.3, z);

		assert_near(x, 7.3 * z, 0.005 + 1e-9);
		assert_true(x == rint(x * 100.0) / 100.0);
		assert_true(x == shadowing_rounded_db(7.3, nextafter(z, 9.0)));
		assert_true(x == shadowing_rounded_db(7.3, nextafter(z, -9.0)));
	}
	assert_true(shadowing_rounded_db(7.3, 0.0) == 0.0);
	assert_true(shadowing_rounded_db(0.0, 3.0) == 0.0);
}

/* Worked out by a program of its own from README.md's description: FNV-1a over the
 * shadowing of 1000 pairs in 0.01 dB, as 4 bytes each, little-endian. */
static void test_shadowing_recorded(void **state)
{
	struct model_settings settings = defaults();
	uint64_t digest = 0xcbf29ce484222325;

	(void)state;
	settings.shadowing_db = 7.3;
	for (unsigned i = 0; i < 1000; i++) {
		char name[8];
		int32_t hundredths;

		snprintf(name, sizeof(name), "uav%u", i);
		hundredths = (int32_t)rint(shadowing_of(&settings, 42, "hub", name) * 100.0);
		for (unsigned shift = 0; shift < 32; shift += 8) {
			digest ^= (uint8_t)((uint32_t)hundredths >> shift);
			digest *= 0x100000001b3;
		}
	}
	assert_true(digest == 0x86c2c3fb513a07cb);
}

/* ------------------------------------------------------------ modulation */

static double ber_at(const char *name, double eb_n0_db)
{
	const struct modulation *modulation = modulation_find(slice_str(name));

	assert_non_null(modulation);
	return modulation_bit_error_rate(modulation, pow(10.0, eb_n0_db / 10.0));
}

/* Where the published curves cross 1e-5 (Proakis, Digital Communications). */
static void test_ber_known_points(void **state)
{
	(void)state;
	assert_near(log10(ber_at("bpsk", 9.59)), -5.0, 0.01);
	assert_near(log10(ber_at("qpsk", 9.59)), -5.0, 0.01);
	assert_near(log10(ber_at("16qam", 13.43)), -5.0, 0.01);
	assert_near(ber_at("bpsk", 0.0), 0.0786496, 1e-6);
	assert_near(ber_at("bpsk", -400.0), 0.5, 1e-9);
	assert_near(ber_at("16qam", -400.0), 0.5, 1e-9);
	assert_near(log10(ber_at("64qam", 17.79)), -5.0, 0.01);
	assert_near(ber_at("64qam", -400.0), 0.5, 1e-9);
}

static void test_bits_per_symbol(void **state)
{
	(void)state;
	assert_int_equal(modulation_find(slice_str("bpsk"))->bits_per_symbol, 1);
	assert_int_equal(modulation_find(slice_str("qpsk"))->bits_per_symbol, 2);
	assert_int_equal(modulation_find(slice_str("16qam"))->bits_per_symbol, 4);
	assert_int_equal(modulation_find(slice_str("64qam"))->bits_per_symbol, 6);
	assert_null(modulation_find(slice_str("64QAM")));
	assert_null(modulation_find(slice_str("")));
}

/* Two independent normal numbers (Box and Muller 1958). */
static void normal_pair(struct rng *rng, double pair[2])
{
	double radius = sqrt(-2.0 * log(1.0 - rng_unit(rng)));
	double angle = 2.0 * M_PI * rng_unit(rng);

	pair[0] = radius * cos(angle);
	pair[1] = radius * sin(angle);
}

/* Four levels with Gray mapping in one dimension, sent through noise and decided
 * by the nearest level: wrong bits over bits. Two such dimensions make 16-QAM. */
static double simulate_gray_pam4(struct rng *rng, double eb_n0, unsigned symbols)
{
	static const unsigned gray[4] = {0, 1, 3, 2};
	/* levels -3 -1 1 3: mean energy 5 for 2 bits; noise N0 / 2 a dimension */
	double sigma = sqrt(2.5 / eb_n0 / 2.0);
	unsigned wrong = 0;

	for (unsigned i = 0; i < symbols; i += 2) {
		double noise[2];

		normal_pair(rng, noise);
		for (unsigned k = 0; k < 2; k++) {
			unsigned sent = (unsigned)rng_below(rng, 4);
			double heard = 2.0 * sent - 3.0 + sigma * noise[k];
			double level = fmin(fmax(floor((heard + 4.0) / 2.0), 0.0), 3.0);

			wrong += (unsigned)__builtin_popcount(gray[sent] ^ gray[(unsigned)level]);
		}
	}
	return wrong / (2.0 * symbols);
}

static void test_16qam_against_simulation(void **state)
{
	static const double db[] = {-4.0, 0.0, 4.0, 8.0};
	enum { SYMBOLS = 400000 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 20020501);
	for (size_t i = 0; i < 4; i++) {
		double wanted = ber_at("16qam", db[i]);
		double seen = simulate_gray_pam4(&rng, pow(10.0, db[i] / 10.0), SYMBOLS);

		/* five standard deviations; both bits of a symbol share their noise */
		assert_near(seen, wanted, 5.0 * sqrt(wanted / SYMBOLS));
	}
}

/* That noise of standard deviation sigma carries level `sent` to where `heard` is decided:
 * half way to the neighbours; the outermost reach to infinity. Levels are 2 i. By the side
 * on which it lies, so that small probabilities keep their digits. */
static double chance_of_level(unsigned sent, unsigned heard, unsigned levels, double sigma)
{
	bool above = heard > sent;
	double steps = above ? (double)heard - sent : (double)sent - heard;
	bool outermost = above ? heard == levels - 1 : heard == 0;
	double reached = 0.5 * erfc((2.0 * steps - 1.0) / sigma * M_SQRT1_2);

	return outermost ? reached : reached - 0.5 * erfc((2.0 * steps + 1.0) / sigma * M_SQRT1_2);
}

/* Bit error rate of square QAM from what it is: two dimensions alike, each with so many
 * levels in Gray code, decided by the nearest. Summed over all pairs of levels. */
static double ber_by_decisions(unsigned bits_a_level, double eb_n0)
{
	unsigned levels = 1u << bits_a_level;
	/* mean energy of levels 2 apart, over the bits that share it; N0 / 2 a dimension */
	double energy_a_bit = ((double)levels * levels - 1.0) / 3.0 / bits_a_level;
	double sigma = sqrt(energy_a_bit / eb_n0 / 2.0);
	double wrong = 0.0;

	for (unsigned sent = 0; sent < levels; sent++) {
		for (unsigned heard = 0; heard < levels; heard++) {
			unsigned differ = (sent ^ sent >> 1) ^ (heard ^ heard >> 1);

			if (differ) {
				wrong += __builtin_popcount(differ) *
					 chance_of_level(sent, heard, levels, sigma);
			}
		}
	}
	return wrong / levels / bits_a_level;
}

static void test_ber_by_decisions(void **state)
{
	static const struct {
		const char *name;
		unsigned bits_a_level;
	} square[] = {{"qpsk", 1}, {"16qam", 2}, {"64qam", 3}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (int step = -120; step <= 88; step++) {
			double db = step / 4.0;
			double wanted =
				ber_by_decisions(square[i].bits_a_level, pow(10.0, db / 10.0));

			assert_near(ber_at(square[i].name, db) / wanted, 1.0, 1e-12);
		}
	}
}

/* The denser, the more energy a bit needs; and the rate only falls with energy. */
static void test_ber_order(void **state)
{
	double last = 0.5;

	(void)state;
	for (int step = -300; step <= 250; step++) {
		double db = step / 10.0;
		double rate = ber_at("64qam", db);

		assert_true(rate <= last && rate >= 0.0);
		assert_true(rate >= ber_at("16qam", db));
		last = rate;
	}
}

static void test_per_by_length(void **state)
{
	(void)state;
	assert_near(modulation_packet_error_rate(0.0, 1e9), 0.0, 0);
	assert_near(modulation_packet_error_rate(1e-5, 8000.0), 0.0768836, 1e-6);
	assert_near(modulation_packet_error_rate(1e-3, 8.0), 1.0 - pow(0.999, 8.0), 1e-12);
	/* rates under a double's step from 1 are not lost */
	assert_near(modulation_packet_error_rate(1e-20, 1000.0) * 1e17, 1.0, 1e-6);
	assert_near(modulation_packet_error_rate(0.5, 524288.0), 1.0, 0);
}

static void test_per_monotone(void **state)
{
	struct model_settings settings = defaults();

	(void)state;
	for (size_t m = 0; modulation_at(m); m++) {
		double farther = 0.0;
		double longer = 0.0;

		settings.modulation = (uint32_t)m;
		for (int step = 0; step < 40; step++) {
			float metres = (float)(1000.0 * pow(1.2, step));
			double per = (double)predict_at(&settings, metres, 200)
					     .numbers.packet_error_rate;

			assert_true(per >= farther);
			farther = per;
		}
		assert_true(farther > 0.999);
		for (size_t bytes = 0; bytes < 65536; bytes = bytes * 2 + 1) {
			double per = (double)predict_at(&settings, 10000.0f, bytes)
					     .numbers.packet_error_rate;

			assert_true(per >= longer);
			longer = per;
		}
		assert_true(longer > 0.0);
	}
}

/* ----------------------------------------------------------------- ideal */

static void test_ideal(void **state)
{
	struct model_settings settings = {.tx_power_dbm = 13.0};
	struct sim_node a = node_at(0, 0, 0);
	struct sim_node b = node_at(0, 5000, 0);
	struct passage passage = {.transmitter = &a, .receiver = &b, .payload_bytes = 1000};
	struct prediction prediction = predict("ideal", &settings, &passage);
	struct link_numbers wanted = {
		.tx_power_dbm = 13.0f, .rx_power_dbm = 13.0f, .distance_m = 5000.0f};

	(void)state;
	assert_memory_equal(&prediction.numbers, &wanted, sizeof(wanted));
	a.has_radio = true;
	a.radio.tx_power_dbm = 27.0f;
	assert_near((double)predict("ideal", &settings, &passage).numbers.rx_power_dbm, 27.0, 0);
}

static void test_table(void **state)
{
	(void)state;
	assert_ptr_equal(model_find(slice_str("free-space"))->path_loss, free_space_path_loss);
	assert_ptr_equal(model_find(slice_str("log-distance"))->path_loss, log_distance_path_loss);
	assert_true(model_find(slice_str("ideal")) && !model_find(slice_str("ideal"))->path_loss);
	assert_null(model_find(slice_str("free-spac")));
	assert_null(model_find(slice_str("")));
	for (size_t i = 0; model_at(i); i++) {
		assert_ptr_equal(model_find(slice_str(model_at(i)->name)), model_at(i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loss_published),
		cmocka_unit_test(test_loss_slope),
		cmocka_unit_test(test_distance_floor),
		cmocka_unit_test(test_unknown_position_is_origin),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_radio_overrides),
		cmocka_unit_test(test_eb_n0_of_bandwidth_and_bitrate),
		cmocka_unit_test(test_delay),
		cmocka_unit_test(test_doppler),
		cmocka_unit_test(test_extremes_stay_finite),
		cmocka_unit_test(test_exponent_2_is_free_space),
		cmocka_unit_test(test_reference_and_exponent),
		cmocka_unit_test(test_log_distance_floor),
		cmocka_unit_test(test_shadowing_is_path_loss),
		cmocka_unit_test(test_shadowing_is_quantised),
		cmocka_unit_test(test_shadowing_recorded),
		cmocka_unit_test(test_ber_known_points),
		cmocka_unit_test(test_bits_per_symbol),
		cmocka_unit_test(test_16qam_against_simulation),
		cmocka_unit_test(test_ber_by_decisions),
		cmocka_unit_test(test_ber_order),
		cmocka_unit_test(test_per_by_length),
		cmocka_unit_test(test_per_monotone),
		cmocka_unit_test(test_ideal),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("sim_models", tests, NULL, NULL);
}
