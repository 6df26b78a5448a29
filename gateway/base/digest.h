/* SHA-256 (FIPS 180-4), to see whether bytes are what they were. */
#ifndef UAV_BASE_DIGEST_H
#define UAV_BASE_DIGEST_H

#include "base/slice.h"

#define DIGEST_BYTES 32

/* 0, or -1 when memory is out. */
int digest_make(struct slice bytes, uint8_t digest[DIGEST_BYTES])
	__attribute__((warn_unused_result));

#endif
