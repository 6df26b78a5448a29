/* The connections of gateways, one loop around them. Bytes that arrive go to the simulator at
 * once; what it answers is gathered over a turn of the loop and written once. Of a gateway that
 * does not take its answers nothing more is read until it does. */
#ifndef SIM_PEER_H
#define SIM_PEER_H

#include <netinet/in.h>
#include <uv.h>

#include "base/list.h"
#include "base/log.h"
#include "base/tls.h"
#include "simulator.h"

enum {
	PEERS_MAX = 256,
	PEERS_READ_BYTES = 65536,
	PEERS_ADDRESS_CAP = 64,
};

/* What they share. */
struct peers {
	uv_loop_t *loop;
	struct log *log;
	struct simulator *simulator;
	struct tls_context *tls; /* NULL: plain */
	/* Called at the end of each turn of the loop, before answers are sent; NULL: nothing is. */
	void (*on_turn)(void *ctx);
	void *on_turn_ctx;
	bool closed; /* who comes is turned away without a word */

	/* Private. */
	uv_check_t turn_end;
	uv_idle_t eagerness; /* runs while there are eager ones */
	struct list all;
	struct list dirty; /* with answers to be sent at the end of the turn */
	struct list eager; /* with more to read, of which their sockets do not tell */
	unsigned count;
	bool stalled;		     /* nothing is read, and nothing sent */
	char room[PEERS_READ_BYTES]; /* what is read stands here until it has been taken */
};

/* The members above "Private" are set. */
void peers_start(struct peers *peers);
/* Sends what is answered, as far as it goes out at once, and closes all, so that the loop runs
 * out. */
void peers_stop(struct peers *peers);

/* Takes a connected, non-blocking socket. */
void peers_take(struct peers *peers, int fd, const struct sockaddr_storage *address);
/* To be called every second: closes who only holds a place. */
void peers_sweep(struct peers *peers);

/* For faults: from now on nothing is read and nothing sent, until they resume. */
void peers_stall(struct peers *peers);
void peers_resume(struct peers *peers);
/* Closes all connections; what is not sent is lost. */
void peers_close(struct peers *peers, const char *why);
/* Sends the answers that were held back until now, by the clock of the timeline. */
void peers_release(struct peers *peers, uint64_t now_us);
/* When the next is due; UINT64_MAX: none is held. */
uint64_t peers_due_us(const struct peers *peers);

/* "127.0.0.1:7700", "[::1]:7700" */
void peers_print_address(const struct sockaddr_storage *address, char text[PEERS_ADDRESS_CAP]);

#endif
