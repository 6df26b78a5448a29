/* The link's pipeline: what is added up in which order, how long it holds, and why a packet is
 * lost. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/draw.h"
#include "models/fading.h"
#include "models/free_space.h"
#include "models/link.h"
#include "models/link_budget.h"
#include "models/parameters.h"

static const double SECOND = 1e6;

static void assert_near(double value, double wanted, double tolerance)
{
	if (!(fabs(value - wanted) <= tolerance)) {
		fail_msg("%.12g is not within %g of %.12g", value, tolerance, wanted);
	}
}

/* Two nodes 1 km apart in free space at 2.4 GHz: 100.052 dB, -80.052 dBm, noise -107.975 dBm. */
struct setup {
	struct channel channel;
	struct sim_node transmitter, receiver;
	struct hash_key key;
	struct passage passage;
};

static struct channel channel_of(const char *model)
{
	struct parameter parameter = {slice_str("model"), slice_str(model)};
	struct channel channel;
	struct refusal refusal;

	assert_int_equal(parameters_read(&parameter, 1, &channel, &refusal), 0);
	return channel;
}

static void set_up(struct setup *setup)
{
	*setup = (struct setup){
		.channel = channel_of("free-space"),
		.transmitter = {.name = slice_str("uav1"), .has_position = true},
		.receiver = {.name = slice_str("uav2"),
			     .has_position = true,
			     .position = {.east = 1000.0f}},
		.key = draw_key(1),
	};
	setup->passage = (struct passage){.transmitter = &setup->transmitter,
					  .receiver = &setup->receiver,
					  .payload_bytes = 100,
					  .sent_at_us = UINT64_C(1750000000000000),
					  .key = &setup->key,
					  .scenario = slice_str("meadow")};
}

static struct prediction predict(const struct setup *setup)
{
	return link_predict(&setup->channel, &setup->passage);
}

static struct prediction predict_at(struct setup *setup, uint64_t sent_at_us)
{
	setup->passage.sent_at_us = sent_at_us;
	return predict(setup);
}

/* ---------------------------------------------------------- link budget */

static void test_antennas_of_the_scenario(void **state)
{
	struct setup setup;
	float plain;

	(void)state;
	set_up(&setup);
	plain = predict(&setup).numbers.rx_power_dbm;
	setup.channel.settings.antenna_gain_dbi = 2.5;
	assert_near((double)(predict(&setup).numbers.rx_power_dbm - plain), 5.0, 1e-4);
	/* whoever has a radio has an antenna of its own */
	setup.transmitter.has_radio = true;
	setup.transmitter.radio = (struct radio){20.0f, 0.0f, 0.0f};
	assert_near((double)(predict(&setup).numbers.rx_power_dbm - plain), 2.5, 1e-4);
}

/* Everything that is told is made of path loss and noise in whole thousandths of a decibel. */
static void test_budget_is_quantised(void **state)
{
	struct setup setup;

	(void)state;
	set_up(&setup);
	for (int i = 0; i < 1000; i++) {
		struct link_numbers numbers;
		double loss;

		setup.receiver.position.east = 10.0f + 7.77f * (float)i;
		numbers = predict(&setup).numbers;
		loss = free_space_loss_db(2.4e9, (double)setup.receiver.position.east);
		loss = rint(loss * 1000.0) / 1000.0;
		assert_true(numbers.path_loss_db == (float)loss);
		assert_true(numbers.rx_power_dbm == (float)(20.0 - loss));
		assert_true(numbers.snr_db == (float)(20.0 - loss - -107.975));
		assert_true(numbers.sinr_db == numbers.snr_db);
	}
	assert_true(link_budget_rounded_db(-3.00049) == -3.0);
	assert_true(link_budget_rounded_db(0.0015) == 0.002);
}

/* ---------------------------------------------------------- sensitivity */

static void test_below_sensitivity(void **state)
{
	struct setup setup;
	struct prediction prediction;

	(void)state;
	set_up(&setup);
	setup.channel.settings.sensitivity_dbm = -80.052;
	prediction = predict(&setup);
	assert_true(prediction.numbers.packet_error_rate < 1e-6f);
	assert_int_equal(prediction.reason, REASON_PACKET_ERROR);
	setup.channel.settings.sensitivity_dbm = -80.051;
	prediction = predict(&setup);
	assert_true(prediction.numbers.packet_error_rate == 1.0f);
	assert_int_equal(prediction.reason, REASON_BELOW_SENSITIVITY);
	/* the numbers are told all the same */
	assert_near((double)prediction.numbers.snr_db, 27.923, 1e-4);
	/* interference makes no difference to that */
	setup.passage.interference_mw = 1.0;
	assert_int_equal(predict(&setup).reason, REASON_BELOW_SENSITIVITY);
}

/* --------------------------------------------------------- interference */

static void test_interference(void **state)
{
	struct setup setup;
	struct prediction plain, disturbed;

	(void)state;
	set_up(&setup);
	plain = predict(&setup);
	/* as much as the noise: 3.010 dB less; and far more, which alone counts then */
	setup.passage.interference_mw = pow(10.0, -10.7975);
	disturbed = predict(&setup);
	assert_near((double)(plain.numbers.snr_db - disturbed.numbers.sinr_db), 3.010, 0.0011);
	assert_true(disturbed.numbers.snr_db == plain.numbers.snr_db);
	assert_true(disturbed.numbers.rx_power_dbm == plain.numbers.rx_power_dbm);
	assert_int_equal(disturbed.reason, REASON_PACKET_ERROR);
	setup.passage.interference_mw = pow(10.0, -7.0);
	disturbed = predict(&setup);
	assert_near((double)disturbed.numbers.sinr_db, -80.052 + 70.0, 0.0011);
	assert_true(disturbed.numbers.packet_error_rate > 0.99f);
	assert_int_equal(disturbed.reason, REASON_INTERFERENCE);
	/* of a link that is as bad without it is told what it is */
	setup.transmitter.has_radio = true;
	setup.transmitter.radio = (struct radio){-20.0f, 0.0f, 0.0f};
	disturbed = predict(&setup);
	assert_true(disturbed.numbers.packet_error_rate > 0.99f);
	assert_int_equal(disturbed.reason, REASON_PACKET_ERROR);
}

/* It is to blame where without it less than half as many would be lost. */
static void test_interference_is_to_blame(void **state)
{
	unsigned blamed = 0, not_blamed = 0;
	struct setup setup;

	(void)state;
	set_up(&setup);
	setup.transmitter.has_radio = true;
	for (int i = 0; i < 100; i++) {
		struct prediction plain, disturbed;
		float share;

		setup.transmitter.radio.tx_power_dbm = -3.0f + 0.05f * (float)i;
		setup.passage.interference_mw = 0.0;
		plain = predict(&setup);
		setup.passage.interference_mw = pow(10.0, -10.7975);
		disturbed = predict(&setup);
		share = plain.numbers.packet_error_rate / disturbed.numbers.packet_error_rate;
		if (share > 0.51f && share < 0.9f) {
			assert_int_equal(disturbed.reason, REASON_PACKET_ERROR);
			not_blamed++;
		} else if (share < 0.49f) {
			assert_int_equal(disturbed.reason, REASON_INTERFERENCE);
			blamed++;
		}
	}
	assert_true(blamed > 5 && not_blamed > 5);
}

/* What is heard of somebody else is what would be received of a node there. */
static void test_power_from_elsewhere(void **state)
{
	struct setup setup;
	struct vector there = {.east = 300.0f, .north = 400.0f, .up = 50.0f};
	double wanted;

	(void)state;
	set_up(&setup);
	wanted = 30.0 - free_space_loss_db(2.4e9, sqrt(700.0 * 700.0 + 400.0 * 400.0 + 2500.0));
	assert_near(10.0 * log10(link_power_from(&setup.channel, there, 30.0, &setup.receiver)),
		    wanted, 0.0006);
	setup.channel.settings.antenna_gain_dbi = 5.0;
	setup.channel.settings.shadowing_db = 8.0; /* plays no part */
	setup.channel.settings.fading = FADING_RAYLEIGH;
	assert_near(10.0 * log10(link_power_from(&setup.channel, there, 30.0, &setup.receiver)),
		    wanted + 5.0, 0.0006);
	setup.channel = channel_of("ideal");
	assert_true(link_power_from(&setup.channel, there, 30.0, &setup.receiver) == 0.0);
}

/* ------------------------------------------------------------- validity */

static void test_valid_at_most_a_second(void **state)
{
	static const enum fading_choice fadings[] = {FADING_NONE, FADING_RAYLEIGH, FADING_RICIAN};
	struct setup setup;

	(void)state;
	set_up(&setup);
	setup.channel.settings.shadowing_db = 6.0;
	for (size_t i = 0; i < 3; i++) {
		setup.channel.settings.fading = fadings[i];
		/* at rest, and flying without fading, or with a pattern that waits for what is told
		 */
		assert_int_equal(predict(&setup).valid_for_us, 1000000);
		setup.channel.settings.motion = MOTION_TOLD;
		setup.transmitter.has_velocity = true;
		setup.transmitter.velocity = (struct vector){10.0f, 0.0f, 0.0f};
		assert_int_equal(predict(&setup).valid_for_us, 1000000);
		setup.channel.settings.motion = MOTION_RECKONED;
		if (fadings[i] == FADING_NONE) {
			assert_int_equal(predict(&setup).valid_for_us, 1000000);
		} else {
			assert_in_range(predict(&setup).valid_for_us, 1, 6000);
		}
		setup.transmitter.has_velocity = false;
	}
	setup.channel = channel_of("ideal");
	assert_int_equal(predict(&setup).valid_for_us, 1000000);
}

static void test_coherence_time(void **state)
{
	(void)state;
	/* 15 m/s at 2.4 GHz: fm = 120.083 Hz, 0.423 / fm = 3522.6 us */
	assert_int_equal(fading_coherence_us(2.4e9, 15.0), 3522);
	assert_int_equal(fading_coherence_us(300e9, 1e9), 1);
	assert_int_equal(fading_coherence_us(300e9, 1e30), 1);
	assert_int_equal(fading_coherence_us(2.4e9, 0.0), 1000000);
	assert_int_equal(fading_coherence_us(1e6, 1e-3), 1000000);
	assert_int_equal(fading_coherence_us(1e6, 100.0), 1000000);
	assert_int_equal(fading_coherence_us(1e6, 130.0), 975478);
}

/* Within one coherence time all numbers are the same and what is left of it is told; in the
 * next they are others. Whose speed it is makes no difference. */
static void test_coherent_within_the_coherence_time(void **state)
{
	enum { TC = 3522 };
	uint64_t begin = UINT64_C(1750000000000000) / TC * TC;
	struct setup setup;
	unsigned changed = 0;

	(void)state;
	set_up(&setup);
	setup.channel.settings.fading = FADING_RAYLEIGH;
	setup.transmitter.has_velocity = setup.receiver.has_velocity = true;
	setup.transmitter.velocity = (struct vector){0.0f, 10.0f, 0.0f};
	setup.receiver.velocity = (struct vector){3.0f, 0.0f, 4.0f};
	setup.transmitter.at_us = setup.receiver.at_us = begin - 12345;
	for (uint64_t k = 0; k < 200; k++) {
		struct prediction first = predict_at(&setup, begin + k * TC);
		struct prediction next = predict_at(&setup, begin + (k + 1) * TC);

		assert_int_equal(first.valid_for_us, TC);
		for (uint32_t after = 1; after < TC; after += 352) {
			struct prediction later = predict_at(&setup, begin + k * TC + after);

			assert_memory_equal(&later.numbers, &first.numbers, sizeof(first.numbers));
			assert_int_equal(later.valid_for_us, TC - after);
		}
		assert_int_equal(predict_at(&setup, begin + k * TC + TC - 1).valid_for_us, 1);
		assert_true(next.numbers.path_loss_db == first.numbers.path_loss_db);
		changed += fabsf(next.numbers.rx_power_dbm - first.numbers.rx_power_dbm) > 0.5f;
	}
	assert_in_range(changed, 120, 200);
}

/* The pattern is met where the velocities have brought the nodes, as if they had told so. */
static void test_reckoned_as_told(void **state)
{
	enum { TC = 3302 }; /* 16 m/s at 2.4 GHz */
	struct setup reckoned, told;
	unsigned compared = 0;

	(void)state;
	set_up(&reckoned);
	set_up(&told);
	reckoned.channel.settings.fading = told.channel.settings.fading = FADING_RICIAN;
	told.channel.settings.motion = MOTION_TOLD;
	reckoned.transmitter.has_velocity = true;
	reckoned.transmitter.velocity = (struct vector){0.0f, -16.0f, 0.0f};
	reckoned.transmitter.at_us = reckoned.receiver.at_us = (uint64_t)TC * 1000000;
	for (int k = -300; k <= 300; k++) {
		uint64_t sent_at_us =
			(uint64_t)((int64_t)reckoned.transmitter.at_us + (int64_t)k * TC);
		double gone_m = -16.0 * k * TC / SECOND;
		float one, other;

		told.transmitter.position.north = (float)gone_m;
		one = predict_at(&told, sent_at_us).numbers.rx_power_dbm;
		other = predict_at(&reckoned, sent_at_us + TC / 2).numbers.rx_power_dbm;
		if (one > -85.0f) { /* no deep fade, which a millimetre changes */
			assert_near((double)one, (double)other, 0.06);
			compared++;
		}
	}
	assert_true(compared > 300);
}

/* Fading changes what is received and what follows from it; path loss and time are as without. */
static void test_fading_is_not_path_loss(void **state)
{
	struct setup setup;
	struct link_numbers plain, faded;
	double gain;

	(void)state;
	set_up(&setup);
	plain = predict(&setup).numbers;
	setup.channel.settings.fading = FADING_RAYLEIGH;
	faded = predict(&setup).numbers;
	gain = (double)faded.rx_power_dbm - (double)plain.rx_power_dbm;
	assert_true(fabs(gain) > 0.02);
	assert_near(gain, rint(gain * 100.0) / 100.0, 1e-5);
	assert_true(faded.path_loss_db == plain.path_loss_db);
	assert_near((double)faded.snr_db - (double)plain.snr_db, gain, 1e-4);
	assert_near((double)faded.sinr_db - (double)plain.sinr_db, gain, 1e-4);
	assert_int_equal(faded.delay_us, plain.delay_us);
	/* without chance there is none */
	setup.passage.key = NULL;
	faded = predict(&setup).numbers;
	assert_memory_equal(&faded, &plain, sizeof(plain));
}

/* --------------------------------------------------------------- digest */

static uint64_t digest;

static void digest_u32(uint32_t value)
{
	for (unsigned shift = 0; shift < 32; shift += 8) {
		digest ^= (uint8_t)(value >> shift);
		digest *= 0x100000001b3;
	}
}

static void digest_float(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	digest_u32(bits);
}

static void digest_prediction(const struct prediction *prediction)
{
	const struct link_numbers *numbers = &prediction->numbers;

	digest_float(numbers->rx_power_dbm);
	digest_float(numbers->path_loss_db);
	digest_float(numbers->snr_db);
	digest_float(numbers->sinr_db);
	digest_float(numbers->packet_error_rate);
	digest_float(numbers->doppler_hz);
	digest_float(numbers->distance_m);
	digest_u32(numbers->line_of_sight);
	digest_u32(numbers->delay_us);
	digest_u32(numbers->propagation_ns);
	digest_u32(prediction->valid_for_us);
	digest_u32(prediction->reason);
}

/* FNV-1a over 20,000 predictions with everything on that is drawn: the same with each compiler
 * and each level of optimisation. Whoever changes a formula or a draw records it anew. */
static void test_recorded(void **state)
{
	static const enum fading_choice fadings[] = {FADING_NONE, FADING_RAYLEIGH, FADING_RICIAN};
	struct setup setup;

	(void)state;
	set_up(&setup);
	setup.channel = channel_of("log-distance");
	setup.channel.settings.shadowing_db = 6.5;
	setup.channel.settings.sensitivity_dbm = -99.0;
	setup.transmitter.has_velocity = setup.receiver.has_velocity = true;
	digest = 0xcbf29ce484222325;
	for (unsigned i = 0; i < 20000; i++) {
		float t = (float)i;
		struct prediction prediction;

		setup.channel.settings.fading = fadings[i % 3];
		setup.channel.settings.modulation = i % 4;
		setup.transmitter.position = (struct vector){t * 0.37f, 100.0f - t, 30.0f};
		setup.transmitter.velocity = (struct vector){t * 0.01f, 7.5f, -1.0f};
		setup.receiver.position = (struct vector){-5.0f, 0.25f * t, t * 0.01f};
		setup.receiver.velocity = (struct vector){-3.0f, 0.0f, 0.5f};
		setup.passage.sent_at_us += 777;
		setup.passage.interference_mw = i % 5 ? 0.0 : 1e-9;
		prediction = predict(&setup);
		digest_prediction(&prediction);
	}
	if (digest != 0x99162d0a5ecdf3d5) {
		fail_msg("the digest is 0x%016llx", (unsigned long long)digest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_antennas_of_the_scenario),
		cmocka_unit_test(test_budget_is_quantised),
		cmocka_unit_test(test_below_sensitivity),
		cmocka_unit_test(test_interference),
		cmocka_unit_test(test_interference_is_to_blame),
		cmocka_unit_test(test_power_from_elsewhere),
		cmocka_unit_test(test_valid_at_most_a_second),
		cmocka_unit_test(test_coherence_time),
		cmocka_unit_test(test_coherent_within_the_coherence_time),
		cmocka_unit_test(test_reckoned_as_told),
		cmocka_unit_test(test_fading_is_not_path_loss),
		cmocka_unit_test(test_recorded),
	};

	return cmocka_run_group_tests_name("sim_link", tests, NULL, NULL);
}
