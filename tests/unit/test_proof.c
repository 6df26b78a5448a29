#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/proof.h"

#include <stdio.h>
#include <stdlib.h>

/* RFC 4231, section 4, of those that are not cut: key, data, HMAC-SHA-256. */
struct vector {
	const char *key, *data, *proof; /* hexadecimal */
};

#define TWENTY(byte)                                                                               \
	byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte  \
		byte byte
#define FIFTY(byte) TWENTY(byte) TWENTY(byte) byte byte byte byte byte byte byte byte byte byte
#define LONG_KEY FIFTY("aa") FIFTY("aa") TWENTY("aa") "aaaaaaaaaaaaaaaaaaaaaa" /* 131 bytes */

static const struct vector vectors[] = {
	{TWENTY("0b"), "4869205468657265",
	 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	{"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{TWENTY("aa"), FIFTY("dd"),
	 "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
	{"0102030405060708090a0b0c0d0e0f10111213141516171819", FIFTY("cd"),
	 "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
	{LONG_KEY,
	 "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368"
	 "204b6579204669727374",
	 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
	{LONG_KEY,
	 "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a"
	 "65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865"
	 "206b6579206e6565647320746f20626520686173686564206265666f7265206265696e672075736564206279"
	 "2074686520484d414320616c676f726974686d2e",
	 "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static size_t bytes_of(const char *hex, uint8_t *bytes)
{
	size_t size = strlen(hex) / 2;

	for (size_t i = 0; i < size; i++) {
		char pair[] = {hex[2 * i], hex[2 * i + 1], '\0'};

		bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return size;
}

/* The data may be cut anywhere into what comes first and what comes then. */
static void makes_what_the_rfc_has(void **state)
{
	uint8_t key[256], data[256], wanted[256], proof[PROOF_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		struct slice secret = slice_of(key, bytes_of(vectors[i].key, key));
		size_t size = bytes_of(vectors[i].data, data);

		assert_int_equal(bytes_of(vectors[i].proof, wanted), PROOF_BYTES);
		for (size_t cut = 0; cut <= size; cut++) {
			assert_int_equal(proof_make(secret, slice_of(data, cut),
						    slice_of(data + cut, size - cut), proof),
					 0);
			assert_memory_equal(proof, wanted, PROOF_BYTES);
		}
	}
}

/* From Python: hmac.new(b"", b"", "sha256").hexdigest() */
static void takes_what_is_empty(void **state)
{
	uint8_t wanted[PROOF_BYTES], proof[PROOF_BYTES];

	(void)state;
	(void)bytes_of("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad", wanted);
	assert_int_equal(proof_make(slice_str(NULL), slice_str(NULL), slice_str(NULL), proof), 0);
	assert_memory_equal(proof, wanted, PROOF_BYTES);
}

static void tells_proofs_apart_by_any_bit(void **state)
{
	uint8_t a[PROOF_BYTES] = {1, 2, 3}, b[PROOF_BYTES];

	(void)state;
	memcpy(b, a, sizeof(b));
	assert_true(proof_equal(a, b));
	for (size_t i = 0; i < PROOF_BYTES * 8; i++) {
		b[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_false(proof_equal(a, b));
		b[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

static void draws_other_bytes_each_time(void **state)
{
	uint8_t bytes[2][1000] = {{0}}, nothing[32] = {0};

	(void)state;
	assert_int_equal(proof_draw(bytes[0], sizeof(bytes[0])), 0);
	assert_int_equal(proof_draw(bytes[1], sizeof(bytes[1])), 0);
	assert_memory_not_equal(bytes[0], bytes[1], 32);
	assert_memory_not_equal(bytes[0] + sizeof(bytes[0]) - 32, nothing, 32);
	assert_int_equal(proof_draw(nothing, 0), 0);
}

static void forgets(void **state)
{
	uint8_t bytes[8] = "secret", nothing[8] = {0};

	(void)state;
	proof_forget(bytes, sizeof(bytes));
	assert_memory_equal(bytes, nothing, sizeof(bytes));
	proof_forget(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_what_the_rfc_has),
		cmocka_unit_test(takes_what_is_empty),
		cmocka_unit_test(tells_proofs_apart_by_any_bit),
		cmocka_unit_test(draws_other_bytes_each_time),
		cmocka_unit_test(forgets),
	};

	return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
