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

/* Thermal noise k T0 B raised by the noise figure, in dBm. */
double link_budget_noise_dbm(double bandwidth_hz, double noise_figure_db);

/* Bits of a packet as the formulas count them: 8 a byte of payload. An empty
 * payload counts as one byte, since its packet is on the air all the same. */
double link_budget_bits(size_t payload_bytes);

/* All numbers but line_of_sight, and the reason. Without interference SINR equals SNR. */
struct prediction link_budget(const struct model_settings *settings, const struct passage *passage,
			      const struct scene *scene, double path_loss_db);

/* To float, kept finite. */
float link_budget_narrow(double value);

#endif
