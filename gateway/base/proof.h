/* The answer to a challenge. */
#ifndef UAV_BASE_PROOF_H
#define UAV_BASE_PROOF_H

#include "base/slice.h"

#include <stdint.h>

#define PROOF_BYTES 32

/* HMAC-SHA256 (RFC 2104, FIPS 180-4) with the secret's bytes as key over nonce || id. 0, or -1
 * when memory is out. */
int proof_make(struct slice secret, struct slice nonce, struct slice id, uint8_t proof[PROOF_BYTES])
	__attribute__((warn_unused_result));

#endif
