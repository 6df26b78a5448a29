#include "base/proof.h"

#include <errno.h>
#include <sys/random.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

/* A NULL would mean "the key of before" to OpenSSL. */
static const uint8_t *bytes_of(struct slice slice)
{
	static const uint8_t nothing[1];

	return slice.size ? slice.data : nothing;
}

int proof_make(struct slice secret, struct slice nonce, struct slice id, uint8_t proof[PROOF_BYTES])
{
	char digest[] = "SHA256";
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	size_t size = 0;
	bool made = context && EVP_MAC_init(context, bytes_of(secret), secret.size, parameters) &&
		    EVP_MAC_update(context, bytes_of(nonce), nonce.size) &&
		    EVP_MAC_update(context, bytes_of(id), id.size) &&
		    EVP_MAC_final(context, proof, &size, PROOF_BYTES) && size == PROOF_BYTES;

	EVP_MAC_CTX_free(context); /* clears the key */
	EVP_MAC_free(mac);
	return made ? 0 : -1;
}

bool proof_equal(const uint8_t a[PROOF_BYTES], const uint8_t b[PROOF_BYTES])
{
	return CRYPTO_memcmp(a, b, PROOF_BYTES) == 0;
}

int proof_draw(void *bytes, size_t size)
{
	uint8_t *at = bytes;

	while (size) {
		ssize_t got = getrandom(at, size, 0);

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			return -1;
		}
		at += got;
		size -= (size_t)got;
	}
	return 0;
}

void proof_forget(void *bytes, size_t size)
{
	if (bytes) {
		OPENSSL_cleanse(bytes, size);
	}
}
