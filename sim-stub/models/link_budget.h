/* From a path loss to the numbers of a link: powers, noise, packet error rate,
 * delay. Common to all models that differ in nothing but their path loss. */
#ifndef SIM_MODELS_LINK_BUDGET_H
#define SIM_MODELS_LINK_BUDGET_H

#include "models/link.h"

#define BOLTZMANN_J_PER_K 1.380649e-23 /* exact, SI */
#define REFERENCE_KELVIN 290.0	       /* T0 of the noise figure (ITU-R P.372) */

/* What the node's radio says, else the scenario. */
double link_budget_tx_power_dbm(const struct model_settings *settings,
				const struct sim_node *transmitter);
double link_budget_noise_figure_db(const struct model_settings *settings,
				   const struct sim_node *receiver);
double link_budget_antenna_gain_dbi(const struct model_settings *settings,
				    const struct sim_node *node);

/* Thermal noise k T0 B raised by the noise figure, in dBm. */
double link_budget_noise_dbm(double bandwidth_hz, double noise_figure_db);

/* Bits of a packet as the formulas count them: 8 a byte of payload. An empty
 * payload counts as one byte, since its packet is on the air all the same. */
double link_budget_bits(size_t payload_bytes);

/* To whole 0.001 dB. Everything is computed from powers and losses that are so, and therefore
 * not from the last binary digits of a library's logarithm. */
double link_budget_rounded_db(double value);
double link_budget_power_mw(double power_dbm);

/* All numbers but line_of_sight, and the reason: BELOW_SENSITIVITY with a packet error rate of 1
 * where the received power is under the scenario's sensitivity_dbm; INTERFERENCE where without
 * it less than half as many packets would be lost; else PACKET_ERROR. Without interference SINR
 * equals SNR. What fading gains is in the received power, not in the path loss. */
struct prediction link_budget(const struct model_settings *settings, const struct passage *passage,
			      const struct scene *scene, double path_loss_db, double fading_db);

/* To float, kept finite. */
float link_budget_narrow(double value);

#endif
