/* TLS 1.2 and 1.3 (OpenSSL) on a non-blocking socket that the caller owns and waits for. */
#ifndef UAV_BASE_TLS_H
#define UAV_BASE_TLS_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A side's certificate and key, and whom it trusts. Connections that have begun keep what
 * they began with, even when their context is freed. A context and its connections belong to
 * one thread. No session is ever resumed: whoever comes shows its certificate. */
struct tls_context;

/* Paths of PEM files; NULL or empty: none. */
struct tls_identity {
	const char *cert; /* followed by the chain to the CA, if there is one between */
	const char *key;  /* unencrypted; refused when others can read it */
	const char *ca;	  /* whose certificates are taken from the other side */
};

enum { TLS_WHY_BYTES = 512 };

enum tls_file {
	TLS_FILE_NONE, /* memory is out, or one that is needed is not given */
	TLS_FILE_CERT,
	TLS_FILE_KEY,
	TLS_FILE_CA,
};

/* What is wrong with an identity. */
struct tls_mistake {
	enum tls_file file;
	char why[TLS_WHY_BYTES]; /* for people: the file's path, what is wrong, what to do */
};

/* The side that listens: cert and key are needed; with a ca, whoever connects must have a
 * certificate that it has signed. NULL, and the first mistake. */
struct tls_context *tls_context_server(const struct tls_identity *identity,
				       struct tls_mistake *mistake);
/* The side that connects: a ca is needed; cert and key are shown when asked for. */
struct tls_context *tls_context_client(const struct tls_identity *identity,
				       struct tls_mistake *mistake);
/* Harmless with NULL. */
void tls_context_free(struct tls_context *context);

/* One connection. */
struct tls;

/* What is to be waited for. Errors are for people: tls_why. */
enum tls_status {
	TLS_DONE,
	TLS_WANTS_READ,	 /* call again when the socket is readable */
	TLS_WANTS_WRITE, /* ... when it is writable */
	TLS_ENDED,	 /* the other side has finished, in order */
	TLS_BROKEN,
};

/* `fd` stays the caller's. `name`: of the side that connects, what the other side's certificate
 * must be for, a DNS name or a numeric address; NULL for the side that listens. NULL when memory
 * is out. The side that listens takes little of it until the other one has begun in TLS. */
struct tls *tls_new(struct tls_context *context, int fd, const char *name);
void tls_free(struct tls *tls);

/* To be called until it says TLS_DONE; nothing can be read or written before. */
enum tls_status tls_handshake(struct tls *tls);
/* At least one byte with TLS_DONE; how many in *got. */
enum tls_status tls_read(struct tls *tls, void *data, size_t size, size_t *got);
/* Whether tls_read has something to tell, bytes or the end, of which the socket will tell
 * nothing. Not while what the last one waits for, as it said, has not come. */
bool tls_holds(const struct tls *tls);
/* *taken bytes with TLS_DONE, at least one, maybe not all. After TLS_WANTS_* it is to be called
 * again with the same bytes at the front, wherever they stand then. */
enum tls_status tls_write(struct tls *tls, const void *data, size_t size, size_t *taken);
/* Tells the other side that no more comes, after all writes. TLS_DONE once it is told, or
 * TLS_WANTS_WRITE: call it again; or broken. */
enum tls_status tls_finish(struct tls *tls);

/* Whether the other side's certificate, which was verified, names `name`: as its subject's
 * common name or as a subject alternative name (DNS), byte for byte, no wildcards. */
bool tls_names(const struct tls *tls, struct slice name);

/* What went wrong with TLS_BROKEN; lives until the next call about this connection. */
const char *tls_why(const struct tls *tls);
/* After TLS_BROKEN: the errno by which the connection broke, ECONNRESET when it just ended; 0
 * when it was not the connection but TLS on it. */
int tls_cut(const struct tls *tls);

#endif
