/* The way to a gateway: a non-blocking socket, plain or with TLS. Knows no loop: the caller waits
 * for what it is told to. */
#ifndef SIM_CONDUIT_H
#define SIM_CONDUIT_H

#include "base/slice.h"
#include "base/tls.h"

struct conduit {
	int fd;		 /* -1: closed */
	struct tls *tls; /* NULL: plain */
	bool shaken;
	/* TLS alone: what cannot go on before the socket is writable, or readable. */
	bool read_wants_room, write_wants_bytes;
	int error; /* of the socket, which broke it */
};

/* Takes the descriptor, also when it fails. `context`: NULL for a plain one. 0, or -1 when memory
 * is out. */
int conduit_open(struct conduit *conduit, int fd, struct tls_context *context)
	__attribute__((warn_unused_result));
/* Tells a gateway with TLS that no more comes, if it can be told at once. Harmless when it is
 * closed. */
void conduit_close(struct conduit *conduit);

/* At least one byte with TLS_DONE. With TLS it is to be called also when the socket is writable,
 * if read_wants_room says so. */
enum tls_status conduit_read(struct conduit *conduit, void *data, size_t size, size_t *got);
/* Whether conduit_read has something to tell of which the socket will tell nothing. */
bool conduit_holds(const struct conduit *conduit);
/* As tls_write; nothing is taken before both sides have agreed on TLS, which reading brings
 * about. */
enum tls_status conduit_write(struct conduit *conduit, struct slice bytes, size_t *taken);

/* What went wrong with TLS_BROKEN. */
const char *conduit_why(const struct conduit *conduit);

#endif
