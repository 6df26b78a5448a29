#include "models/shadowing.h"

#include <math.h>

#include "base/draw.h"
#include "models/field.h"

static struct draw_pair pair_of(const struct passage *passage)
{
	return (struct draw_pair){passage->scenario, passage->transmitter->name,
				  passage->receiver->name};
}

double shadowing_rounded_db(double deviation_db, double z)
{
	return rint(deviation_db * z * 100.0) / 100.0;
}

static double field_of(const struct passage *passage, enum draw_purpose purpose,
		       enum field_shape shape, double decorrelation_m)
{
	struct draw_pair pair = pair_of(passage);
	struct wave_places places = link_places(passage);

	return field_normal(shape, draw_word_of_pair(passage->key, purpose, &pair), &places,
			    decorrelation_m);
}

double shadowing_db(const struct passage *passage, double deviation_db, double decorrelation_m)
{
	struct draw_pair pair = pair_of(passage);

	if (!passage->key || !(deviation_db > 0.0)) {
		return 0.0;
	}
	if (decorrelation_m > 0.0) {
		return shadowing_rounded_db(deviation_db,
					    field_of(passage, DRAW_SHADOWING_WAVES,
						     FIELD_EXPONENTIAL, decorrelation_m));
	}
	return shadowing_rounded_db(
		deviation_db, draw_normal(draw_bits_of_pair(passage->key, DRAW_SHADOWING, &pair)));
}

/* Both in whole 2^-32, so that the last binary digits of neither play a part. */
bool shadowing_is_in_sight(const struct passage *passage, double probability,
			   double decorrelation_m)
{
	double steps = 4294967296.0;
	double z;

	if (!passage->key) {
		return probability >= 0.5;
	}
	if (!(probability > 0.0) || probability >= 1.0) {
		return probability > 0.0;
	}
	z = field_of(passage, DRAW_SIGHT_WAVES, FIELD_GAUSSIAN,
		     decorrelation_m > 0.0 ? decorrelation_m : SIGHT_DECORRELATION_M);
	return rint(0.5 * erfc(-z * M_SQRT1_2) * steps) < rint(probability * steps);
}
