/* By what a drone shows who it is, and knows the gateway: secrets and certificates. */
#ifndef UAV_CLI_CREDENTIALS_H
#define UAV_CLI_CREDENTIALS_H

#include "cli/keyring.h"
#include "cli/options.h"
#include "cli/stream.h"

enum { CREDENTIALS_WHY_BYTES = 640 };

/* An all-zero struct has none. */
struct credentials {
	const struct options *options;
	struct keyring keyring;
	struct tls_context *tls; /* of all drones; NULL: without TLS, or each has its own */
};

/* Reads what --secret-file (or, without it, the environment's UAV_SECRET) and --tls-* name.
 * 0; or -1, and `why` (CREDENTIALS_WHY_BYTES) says what is wrong. To be given to credentials_fini
 * in either case. */
int credentials_init(struct credentials *credentials, const struct options *options, char *why)
	__attribute__((warn_unused_result));
void credentials_fini(struct credentials *credentials);

/* Whether the drone has a secret, if there are any; -1 and `why` when it has not. */
int credentials_check(const struct credentials *credentials, const char *id, char *why)
	__attribute__((warn_unused_result));

/* Begins TLS, if it is asked for, on a stream that is connected. -1 and `why` when it cannot. */
int credentials_secure(const struct credentials *credentials, const char *id, struct stream *stream,
		       char *why) __attribute__((warn_unused_result));

/* Answers a challenge. 0, or -1 and `why`. */
int credentials_prove(const struct credentials *credentials, struct client *client,
		      struct slice nonce, uint32_t *ref, char *why)
	__attribute__((warn_unused_result));

#endif
