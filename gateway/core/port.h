/* What the core asks of the world around it. Every call goes down and comes
 * back before the core goes on; none may call into the core again, except where
 * it says so. */
#ifndef UAV_CORE_PORT_H
#define UAV_CORE_PORT_H

#include "core/message.h"

/* --- a session's way out: not a connection, so that one link may later carry
 * several drones --- */

struct patience {
	uint32_t ping_interval_ms; /* silence before a ping; 0 = no pings */
	uint32_t idle_timeout_ms;  /* silence before goodbye(IDLE_TIMEOUT) */
};

struct endpoint_ops {
	/* Hands one event over. The endpoint encodes it before it returns and keeps
	 * no slice of it. `max_frame` is the largest frame this drone takes (at least
	 * FRAME_LEAST_BYTES). True: it will be written, in order, unless the connection breaks.
	 * False: it could not be taken (memory is out); the core then ends the
	 * session. Must not call into the core. */
	bool (*emit)(void *ctx, const struct event *event, uint32_t max_frame);

	/* Bytes taken by emit that the network has not taken yet. */
	size_t (*queued)(const void *ctx);

	/* A request of this drone was answered with CORE_HOLD; now it may be presented
	 * again. The endpoint must not do so before this call has returned: it makes a
	 * note and goes on from its own loop. */
	void (*resume)(void *ctx);

	/* The session is over and has forgotten the endpoint. What was emitted is
	 * still to be written (a goodbye is the last of it), then the connection
	 * closes; the endpoint bounds how long that takes. It must not call into
	 * the core for this session any more. */
	void (*close)(void *ctx);

	/* How long a drone that came this way may be silent. NULL: as limits has it. Asked each
	 * time: it may only change right before core_reload, which core_config.less_patient
	 * tells when some have less than before. */
	struct patience (*patience)(const void *ctx);
};

#define ENDPOINT_ADDRESS_BYTES 16

struct endpoint {
	const struct endpoint_ops *ops;
	void *ctx;
	/* Where it comes from, without the port: equal bytes, same host. An IPv4
	 * address as ::ffff:a.b.c.d. */
	uint8_t address[ENDPOINT_ADDRESS_BYTES];
};

/* --- who may come in --- */

#define AUTH_NONCE_BYTES 32
#define AUTH_PROOF_BYTES 32

enum proof_verdict {
	PROOF_WRONG,
	PROOF_RIGHT,
	PROOF_UNDECIDED, /* memory is out */
};

struct access_ops {
	/* Bytes that nobody can foresee. False: the system gives none; nobody is let in then. */
	bool (*nonce)(void *ctx, uint8_t nonce[AUTH_NONCE_BYTES]);

	/* Whether `proof`, of AUTH_PROOF_BYTES, is HMAC-SHA256(secret of `id`, nonce || id). An
	 * unknown id takes as long to be refused as a wrong proof. */
	enum proof_verdict (*proves)(void *ctx, struct slice id,
				     const uint8_t nonce[AUTH_NONCE_BYTES], const uint8_t *proof);

	/* Whether the credential of `id`, if it has come in by one, lets it into this scenario. */
	bool (*allows)(void *ctx, struct slice id, struct slice scenario);

	/* Asked within core_reload, of each drone that is registered: whether the credential
	 * by which it came in is gone, or another one now. */
	bool (*withdrawn)(void *ctx, struct slice id);
};

struct access_port {
	const struct access_ops *ops; /* NULL: no registration ever says ID_SECRET */
	void *ctx;
};

/* --- the way to a channel simulator --- */

struct sim_ops {
	/* Each is called only between core_sim_up and core_sim_down, and keeps no slice
	 * of what it is given. What cannot be written for want of memory breaks the
	 * link: the port notes it and calls core_sim_down later, from its own loop. */
	void (*set_scenario)(void *ctx, const struct sim_scenario *scenario);
	void (*remove_scenario)(void *ctx, uint32_t scenario);
	void (*set_node)(void *ctx, const struct sim_node *node);
	void (*remove_node)(void *ctx, uint32_t scenario, uint32_t node);
	void (*transmit)(void *ctx, const struct sim_transmit *transmit);

	/* True while the link has so much unwritten that no new transmit should go to
	 * it. When that ends, the port calls core_sim_drained. */
	bool (*full)(const void *ctx);

	/* The simulator breaks the protocol: the port drops the connection and
	 * connects anew. It calls core_sim_down later, from its own loop, never from
	 * inside this call. */
	void (*reset)(void *ctx, const char *why);
};

#endif
