/* Small-scale fading: many waves arrive and add up, more here and less half a wavelength on. */
#ifndef SIM_MODELS_FADING_H
#define SIM_MODELS_FADING_H

#include "models/link.h"

/* The waves that a pattern is a sum of, besides a direct one. */
enum { FADING_WAVES = 32 };

struct fading {
	double gain_db; /* to be added to the received power, in steps of 0.01 dB, at least -100 */
	uint32_t valid_for_us;
};

/* The power's change against its mean. By place, like shadowing: plane waves leave one node and
 * reach the other in directions that are even over the sphere and drawn for the pair, each with
 * a phase of its own, so that the gain of either way is the same. In level flight and in a
 * climb alike, what one node has moved by d correlates as sin(2 pi d / lambda) / (2 pi d /
 * lambda) (Clarke and Khoo, "3-D mobile radio channel statistics", IEEE Trans. Veh. Technol. 46,
 * 1997); what both have moved, as the product (Akki and Haber, "A statistical model of
 * mobile-to-mobile land communication channel", IEEE Trans. Veh. Technol. 35, 1986).
 * `k` is the power of the direct wave over that of all others, linear (Rice); 0: Rayleigh.
 *
 * With `motion = reckoned` the nodes are where their velocities have brought them since at_us,
 * at the time of sending, which goes on by whole coherence times: 0.423 / fm, fm = f / c times
 * the speeds of both (Rappaport, Wireless Communications, 2nd ed., section 5.4.4.2), in
 * whole microseconds, from 1 to LINK_VALID_MAX_US. So within one the gain is the same, and
 * valid_for_us is what is left of it. */
struct fading fading_of(const struct model_settings *settings, const struct passage *passage,
			double speed_mps, double k);

/* The coherence time, us, of nodes whose speeds sum up to this. */
uint32_t fading_coherence_us(double frequency_hz, double speed_mps);

#endif
