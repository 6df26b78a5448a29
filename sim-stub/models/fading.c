#include "models/fading.h"

#include <math.h>

#include "base/draw.h"
#include "base/rng.h"
#include "models/free_space.h"
#include "models/wave.h"

/* A gain's two parts, in and out of phase. */
struct phasor {
	double in, out;
};

/* ---------------------------------------------------------------- places */

uint32_t fading_coherence_us(double frequency_hz, double speed_mps)
{
	double doppler_hz = speed_mps * frequency_hz / SPEED_OF_LIGHT_MPS;
	double most = LINK_VALID_MAX_US;

	if (!(doppler_hz * most > 0.423e6)) {
		return LINK_VALID_MAX_US;
	}
	return (uint32_t)fmax(floor(0.423e6 / doppler_hz), 1.0);
}

static struct axes reckon(const struct sim_node *node, uint64_t time_us)
{
	struct axes place = scene_place(node), velocity = scene_velocity(node);
	double seconds = time_us >= node->at_us ? (double)(time_us - node->at_us) / 1e6
						: -((double)(node->at_us - time_us) / 1e6);

	return wave_place((struct axes){place.east + velocity.east * seconds,
					place.north + velocity.north * seconds,
					place.up + velocity.up * seconds});
}

static struct wave_places reckon_both(const struct passage *passage, uint64_t time_us)
{
	struct axes transmitter = reckon(passage->transmitter, time_us);
	struct axes receiver = reckon(passage->receiver, time_us);

	return link_in_order(passage) ? (struct wave_places){transmitter, receiver}
				      : (struct wave_places){receiver, transmitter};
}

/* --------------------------------------------------------------- pattern */

static void add(struct phasor *sum, double amplitude, double turns)
{
	sum->in += amplitude * wave_cos(turns);
	sum->out += amplitude * wave_sin(turns);
}

/* Mean power 1. The direct wave turns with the length of its way. */
static struct phasor sum_waves(uint64_t word, const struct wave_places *places, double lambda_m,
			       double k)
{
	struct axes way = scene_minus(places->one, places->other);
	double scattered = sqrt(1.0 / (FADING_WAVES * (k + 1.0)));
	struct phasor sum = {0};

	add(&sum, sqrt(k / (k + 1.0)), sqrt(scene_dot(way, way)) / lambda_m);
	for (unsigned i = 0; i < FADING_WAVES; i++) {
		double phase = wave_even((uint32_t)(rng_mix(word++) >> 32));
		struct axes one = wave_direction(rng_mix(word++));
		struct axes other = wave_direction(rng_mix(word++));

		add(&sum, scattered,
		    (wave_along(one, places->one) + wave_along(other, places->other)) / lambda_m +
			    phase);
	}
	return sum;
}

static double gain_db(struct phasor sum)
{
	double power = fmax(sum.in * sum.in + sum.out * sum.out, 1e-10);

	return rint(10.0 * log10(power) * 100.0) / 100.0;
}

struct fading fading_of(const struct model_settings *settings, const struct passage *passage,
			double speed_mps, double k)
{
	bool reckoned = settings->motion == MOTION_RECKONED && speed_mps > 0.0;
	uint32_t coherence_us = reckoned ? fading_coherence_us(settings->frequency_hz, speed_mps)
					 : LINK_VALID_MAX_US;
	uint32_t since_us = reckoned ? (uint32_t)(passage->sent_at_us % coherence_us) : 0;
	struct wave_places places = reckoned ? reckon_both(passage, passage->sent_at_us - since_us)
					     : link_places(passage);
	struct draw_pair pair = {passage->scenario, passage->transmitter->name,
				 passage->receiver->name};
	uint64_t word = draw_word_of_pair(passage->key, DRAW_FADING_WAVES, &pair);

	return (struct fading){
		.gain_db = gain_db(
			sum_waves(word, &places, SPEED_OF_LIGHT_MPS / settings->frequency_hz, k)),
		.valid_for_us = coherence_us - since_us,
	};
}
