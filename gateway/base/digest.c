#include "base/digest.h"

#include <openssl/evp.h>

int digest_make(struct slice bytes, uint8_t digest[DIGEST_BYTES])
{
	unsigned size = 0;

	return EVP_Digest(bytes.size ? (const void *)bytes.data : "", bytes.size, digest, &size,
			  EVP_sha256(), NULL) == 1 &&
			       size == DIGEST_BYTES
		       ? 0
		       : -1;
}
