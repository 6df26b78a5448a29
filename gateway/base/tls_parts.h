/* The inside of base/tls.h, for its own files: tls_context (files, whom to trust) and tls (one
 * connection). */
#ifndef UAV_BASE_TLS_PARTS_H
#define UAV_BASE_TLS_PARTS_H

#include "base/tls.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

/* It stays until its last connection is gone; one thread counts. */
struct tls_context {
	SSL_CTX *ssl;
	BIO_METHOD *socket; /* of its connections */
	size_t users;	    /* its owner and its connections */
	bool server;
};

/* How its connections read and write; NULL when memory is out. */
BIO_METHOD *tls_socket_method(void);

#endif
