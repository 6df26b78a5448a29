/* What a channel model is: one file, one row of the table in model.c. A model
 * is a pure function from a scenario's settings and two nodes to the numbers of
 * the link and the probability that the packet is lost. It draws nothing, keeps
 * nothing and asks no clock. */
#ifndef SIM_MODELS_MODEL_H
#define SIM_MODELS_MODEL_H

#include "wire/hot_codec.h"

struct modulation;

/* Every parameter that some model reads; the table in parameters.c has a row for
 * each, in this order. */
enum parameter_id {
	PARAMETER_FREQUENCY,
	PARAMETER_BANDWIDTH,
	PARAMETER_TX_POWER,
	PARAMETER_NOISE_FIGURE,
	PARAMETER_EXPONENT,
	PARAMETER_REFERENCE,
	PARAMETER_SHADOWING,
	PARAMETER_MODULATION,
	PARAMETER_BITRATE,
	PARAMETER_COUNT
};

#define PARAMETER_BIT(id) (1u << (id))

/* A scenario's parameters, read and checked. Those that its model does not read have
 * their defaults. */
struct model_settings {
	double frequency_hz, bandwidth_hz, tx_power_dbm, noise_figure_db, bitrate_bps;
	double exponent, reference_m, shadowing_db;
	const struct modulation *modulation;
};

/* One packet on its way to one receiver. */
struct passage {
	const struct sim_node *transmitter, *receiver;
	size_t payload_bytes;
	/* Drawn for the pair from the standard normal distribution: shadowing in standard
	 * deviations. 0 when settings.shadowing_db is 0. */
	double shadowing;
};

struct prediction {
	struct link_numbers numbers; /* every one finite */
	double packet_error_rate;    /* 0..1; numbers.packet_error_rate is its float */
};

struct model {
	const char *name;
	uint32_t parameters; /* PARAMETER_BIT of those it reads */
	struct prediction (*predict)(const struct model_settings *settings,
				     const struct passage *passage);
};

/* NULL when there is none of that name. */
const struct model *model_find(struct slice name);
/* The rows of the table; NULL behind the last. */
const struct model *model_at(size_t index);

#endif
