/* channel.proto <-> the core's messages. Hot bodies (transmit, result) are
 * handed back as slices for hot_codec; all others go through protobuf-c into an
 * arena, checked as in drone_codec.h; but on this link nobody is told what is
 * wrong, so that what is not allowed is CODEC_BAD too. */
#ifndef UAV_WIRE_CHANNEL_CODEC_H
#define UAV_WIRE_CHANNEL_CODEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/message.h"
#include "wire/drone_codec.h" /* enum codec_status */

struct channel_hello {
	uint32_t protocol;
	struct slice gateway, software;
};

struct channel_hello_ack {
	uint32_t protocol;
	struct slice simulator, version;
	const struct slice *models;
	size_t model_count;
	bool has_draws; /* packet errors are drawn by this seed */
	uint64_t draw_seed;
};

struct channel_status {
	uint32_t scenario;
	bool ok;
	struct slice message;
};

struct channel_remove_node {
	uint32_t scenario, node;
};

/* --- gateway to simulator --- */

enum to_sim_kind {
	TO_SIM_UNKNOWN, /* a body that this version does not know: to be ignored */
	TO_SIM_HELLO,
	TO_SIM_SET_SCENARIO,
	TO_SIM_REMOVE_SCENARIO,
	TO_SIM_SET_NODE,
	TO_SIM_REMOVE_NODE,
	TO_SIM_TRANSMIT,
	TO_SIM_PING,
};

struct to_sim {
	enum to_sim_kind kind;
	union {
		struct channel_hello hello;
		struct sim_scenario set_scenario;
		uint32_t remove_scenario;
		struct sim_node set_node;
		struct channel_remove_node remove_node;
		struct slice transmit; /* for hot_read_transmit */
		uint64_t ping;
	};
};

/* For simulators. */
enum codec_status channel_read_to_sim(struct slice frame, struct arena *arena,
				      struct to_sim *message, const char **why);
/* For the gateway; not for TO_SIM_TRANSMIT (hot_write_transmit). Appends one frame;
 * 0 or -1 when memory is out. */
int channel_write_to_sim(struct buf *out, const struct to_sim *message)
	__attribute__((warn_unused_result));

/* --- simulator to gateway --- */

enum from_sim_kind {
	FROM_SIM_UNKNOWN,
	FROM_SIM_HELLO_ACK,
	FROM_SIM_SCENARIO_STATUS,
	FROM_SIM_RESULT,
	FROM_SIM_PONG,
};

struct from_sim {
	enum from_sim_kind kind;
	union {
		struct channel_hello_ack hello_ack;
		struct channel_status status;
		struct slice result; /* for hot_result_begin */
		uint64_t pong;
	};
};

/* For the gateway. A result is recognised without the arena. */
enum codec_status channel_read_from_sim(struct slice frame, struct arena *arena,
					struct from_sim *message, const char **why);
/* For simulators; not for FROM_SIM_RESULT (hot_write_result). */
int channel_write_from_sim(struct buf *out, const struct from_sim *message)
	__attribute__((warn_unused_result));

#endif
