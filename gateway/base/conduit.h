/* A non-blocking socket, plain or with TLS: its bytes, and its end. Knows no loop: the caller
 * waits for what it is told to. */
#ifndef UAV_BASE_CONDUIT_H
#define UAV_BASE_CONDUIT_H

#include "base/slice.h"
#include "base/tls.h"

/* To be begun with conduit_init. */
struct conduit {
	int fd;		 /* -1: closed */
	struct tls *tls; /* NULL: plain */
	bool shaken;	 /* TLS is there; before, no byte goes */
	/* TLS alone: what cannot go on before the socket is writable, or readable. */
	bool read_wants_room, write_wants_bytes;
	int error; /* of a plain socket, which broke it */
};

/* Takes the descriptor; -1: it is closed. */
void conduit_init(struct conduit *conduit, int fd);
/* From now on with TLS, `name` as of tls_new. The context may be freed. 0, or -1 when memory is
 * out. */
int conduit_secure(struct conduit *conduit, struct tls_context *context, const char *name)
	__attribute__((warn_unused_result));
/* Tells the other side of TLS that no more comes, if it can be told at once. Harmless when it is
 * closed. */
void conduit_close(struct conduit *conduit);

/* Whether it is open, and bytes can go: with TLS not before both sides have agreed. */
bool conduit_is_ready(const struct conduit *conduit);
/* Goes on with that. TLS_DONE at once without TLS; as long as it is TLS_WANTS_*, to be called
 * again when that has happened. */
enum tls_status conduit_begin(struct conduit *conduit);

/* At least one byte with TLS_DONE. Begins, if it must. With TLS it is to be called also when the
 * socket is writable, if read_wants_room says so. */
enum tls_status conduit_read(struct conduit *conduit, void *data, size_t size, size_t *got);
/* Whether conduit_read has something to tell of which the socket will tell nothing. */
bool conduit_holds(const struct conduit *conduit);
/* As tls_write; takes nothing before it is ready. With TLS it is to be called also when the
 * socket is readable, if write_wants_bytes says so. */
enum tls_status conduit_write(struct conduit *conduit, struct slice bytes, size_t *taken);

/* What went wrong with TLS_BROKEN. */
const char *conduit_why(const struct conduit *conduit);
/* The errno by which the network has broken it; 0: it was TLS. */
int conduit_cut(const struct conduit *conduit);

#endif
