/* The answer to a challenge, and what else is done with secrets. */
#ifndef UAV_BASE_PROOF_H
#define UAV_BASE_PROOF_H

#include "base/slice.h"

#include <stdint.h>

#define PROOF_BYTES 32

/* HMAC-SHA256 (RFC 2104, FIPS 180-4) with the secret's bytes as key over nonce || id. 0, or -1
 * when memory is out. */
int proof_make(struct slice secret, struct slice nonce, struct slice id, uint8_t proof[PROOF_BYTES])
	__attribute__((warn_unused_result));
/* In a time that does not tell how much of them is the same. */
bool proof_equal(const uint8_t a[PROOF_BYTES], const uint8_t b[PROOF_BYTES]);

/* Bytes that nobody can foresee, from the system. 0, or -1 when it gives none. */
int proof_draw(void *bytes, size_t size) __attribute__((warn_unused_result));
/* Overwrites a secret that is needed no more; no compiler leaves that out. Harmless with NULL. */
void proof_forget(void *bytes, size_t size);

#endif
