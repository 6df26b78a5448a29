#include "models/shadowing.h"

#include <math.h>

#include "base/draw.h"

double shadowing_rounded_db(double deviation_db, double z)
{
	return rint(deviation_db * z * 100.0) / 100.0;
}

double shadowing_db(const struct passage *passage, double deviation_db)
{
	struct draw_pair pair = {passage->scenario, passage->transmitter->name,
				 passage->receiver->name};

	if (!passage->key || !(deviation_db > 0.0)) {
		return 0.0;
	}
	return shadowing_rounded_db(
		deviation_db, draw_normal(draw_bits_of_pair(passage->key, DRAW_SHADOWING, &pair)));
}
