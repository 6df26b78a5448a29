/* A client that speaks TLS by hand, step by step, and says what base/tls never would. */
#ifndef UAV_TESTS_LIB_HAND_TLS_H
#define UAV_TESTS_LIB_HAND_TLS_H

#include "base/tls.h"

#include <openssl/ssl.h>
#include <stdbool.h>

struct hand_tls {
	SSL_CTX *context;
	SSL *ssl;
	size_t renewed; /* new keys that the other side has told of */
};

/* On a socket that does not block and stays the caller's. Any certificate is taken; what is
 * shown has a certificate and a key, or is NULL. Each ends the program when it fails. */
void hand_tls_open(struct hand_tls *hand, int fd, const struct tls_identity *identity);
void hand_tls_close(struct hand_tls *hand);

/* A step of the handshake. Whether it is done. */
bool hand_tls_shake(struct hand_tls *hand);
void hand_tls_write(struct hand_tls *hand, struct slice bytes);
/* Tells of new keys, `count` times; `asks`: for the other side's, too. */
void hand_tls_renew(struct hand_tls *hand, size_t count, bool asks);
/* Reads all that has come, which must be records, and drops it. */
void hand_tls_listen(struct hand_tls *hand);

#endif
