/* Keys and certificates of a test, made when it runs, in a folder that goes with it. */
#ifndef UAV_TESTS_LIB_CERTIFICATES_H
#define UAV_TESTS_LIB_CERTIFICATES_H

#include "base/tls.h"

#include <openssl/x509.h>

enum { CERTIFICATES_PATH_BYTES = 96 };

struct certificates {
	char folder[32];
	size_t files; /* made in it */
};

/* A certificate in memory, and its PEM files. */
struct certificate {
	X509 *x509;
	EVP_PKEY *key;
	char cert_path[CERTIFICATES_PATH_BYTES], key_path[CERTIFICATES_PATH_BYTES];
};

/* What is to stand in it. */
struct certificate_wish {
	struct slice cn;       /* empty: none */
	const char *san;       /* as in openssl.cnf: "DNS:x,IP:127.0.0.1"; NULL: none */
	struct slice dns;      /* a DNS SAN more, of any bytes */
	long begins_s, ends_s; /* from now; both 0: from yesterday until tomorrow */
	bool is_ca;
	const char *usage;		  /* extendedKeyUsage, or NULL */
	const struct certificate *signer; /* NULL: itself */
};

/* Each ends the program when it fails. */
void certificates_set_up(struct certificates *certificates);
void certificates_tear_down(struct certificates *certificates);
struct certificate certificate_make(struct certificates *certificates,
				    const struct certificate_wish *wish);
void certificate_free(struct certificate *certificate);

/* A new file with these bytes; its path. */
void certificates_write(struct certificates *certificates, struct slice bytes,
			char path[CERTIFICATES_PATH_BYTES]);

/* What stands in both files is what a side shows; NULL: none. */
struct tls_identity certificate_identity(const struct certificate *own,
					 const struct certificate *ca);

#endif
