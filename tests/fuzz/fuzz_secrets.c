/* The secrets file. Either every mistake is told, each with a line that the text has and without
 * a word of what stands in it, or the drones come out. Then each can be found where it stands,
 * proves its id by its secret and by no other, and taking one away or adding one, as an editor
 * does it in a file, changes that one and nothing else. */
#include <stdio.h>
#include <stdlib.h>

#include "access/secrets.h"
#include "access/secrets_parts.h"
#include "base/hash.h"
#include "base/proof.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Proofs and files are slow: some drones of a text, some texts. */
enum { TEXT_MAX = 8 * 1024, PROVED = 4, EDITED_EVERY = 64 };

static const uint8_t nonce[AUTH_NONCE_BYTES] = "nonce";

static struct slice text;
static int lines;
static size_t mistakes;
static uint64_t told; /* a fingerprint of every mistake */

static void must(bool ok, const char *what)
{
	if (!ok) {
		(void)fprintf(stderr, "secrets: %s\n", what);
		abort();
	}
}

static void on_mistake(void *ctx, const char *file, int line, const char *message)
{
	(void)ctx;
	mistakes++;
	must(strcmp(file, "f") == 0 && *message && utf8_is_printable(slice_str(message)),
	     "a mistake in no plain words");
	must(line <= lines && (line > 0 || strstr(message, " mistakes more")),
	     "a mistake without its line");
	told = rng_mix(told + hash_bytes(&(struct hash_key){1, 2}, slice_str(message)) +
		       (uint64_t)line);
}

static void no_mistake(void *ctx, const char *file, int line, const char *message)
{
	(void)fprintf(stderr, "%s:%d: %s\n", file, line, message);
	must(false, ctx);
}

static bool proves(const struct secrets *secrets, struct slice id, struct slice secret)
{
	uint8_t proof[PROOF_BYTES];

	must(proof_make(secret, slice_of(nonce, sizeof(nonce)), id, proof) == 0, "memory is out");
	return secrets_prove(secrets, id, nonce, proof) == PROOF_RIGHT;
}

static struct slice word_at(size_t at)
{
	size_t size = 0;

	while (at + size < text.size && text.data[at + size] > ' ') {
		size++;
	}
	return slice_of(text.data + at, size);
}

/* What is told of it is word for word what is told of the text with all letters of the other case:
 * so no mistake repeats it. Sets of globs are left out, in which letters have an order. */
static void tells_nothing_of_it(void)
{
	uint64_t before = told;
	uint8_t *other = malloc(text.size + 1);

	must(other != NULL, "memory is out");
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];
		bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');

		other[i] = letter ? byte ^ 0x20 : byte;
	}
	told = 0;
	must(secrets_parse(slice_of(other, text.size), "f", on_mistake, NULL) == NULL,
	     "right when its letters are others");
	must(told == before, "a mistake that repeats the file");
	free(other);
}

static size_t behind_blanks(size_t at)
{
	while (at < text.size && (text.data[at] == ' ' || text.data[at] == '\t')) {
		at++;
	}
	return at;
}

static void check_proofs(const struct secrets *secrets, struct slice id, struct slice secret)
{
	static const struct slice nobody = {(const uint8_t *)"-nobody-", 8};

	must(proves(secrets, id, secret), "a right proof is refused");
	must(!proves(secrets, id, slice_of(secret.data, secret.size - 1)),
	     "a wrong proof is taken");
	must(slice_equal(id, nobody) || !proves(secrets, nobody, secret) ||
		     secrets_find_text(secrets, nobody) != SIZE_MAX,
	     "somebody else's secret is taken");
}

/* The drone whose line begins there, if one does: its id. */
static struct slice check_line(const struct secrets *secrets, size_t line, bool prove)
{
	size_t at = behind_blanks(line);
	struct slice id = word_at(at), secret;

	if (id.size == 0 || id.data[0] == '#') {
		return slice_of(NULL, 0);
	}
	must(secrets_find_text(secrets, id) == at, "a drone that is not where it stands");
	secret = word_at(behind_blanks(at + id.size));
	must(secret.size >= 16 && secret.size <= 128, "a secret of the wrong size");
	if (prove) {
		check_proofs(secrets, id, secret);
	}
	(void)secrets_allow(secrets, id, slice_str("field"));
	return id;
}

/* How many there are; *last: the id of the last. */
static size_t check_lines(const struct secrets *secrets, struct slice *last)
{
	size_t count = 0;

	for (size_t at = text.size >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	     at < text.size;) {
		const uint8_t *newline = memchr(text.data + at, '\n', text.size - at);
		struct slice id = check_line(secrets, at, count < PROVED);

		if (id.size) {
			count++;
			*last = id;
		}
		at = newline ? (size_t)(newline - text.data) + 1 : text.size;
	}
	return count;
}

/* A file with this text loses a drone and gets it again. */
static void edit(const struct secrets *before, struct slice last)
{
	const char *path = scratch_write("drones.secrets", text);
	FILE *out = fopen("/dev/null", "w");
	struct secrets *after;
	char id[33] = "";

	must(out != NULL && last.size < sizeof(id), "no output, or an id that is too long");
	memcpy(id, last.data, last.size);
	must(secrets_remove(path, id, no_mistake, (void *)"it cannot be removed") == 0, "removing");
	after = secrets_load(path, no_mistake, (void *)"broken by removing");
	must(secrets_count(after) + 1 == secrets_count(before) &&
		     secrets_find_text(after, last) == SIZE_MAX,
	     "another one was removed");
	secrets_free(after);
	must(secrets_add(path, id, "a, b*", out, no_mistake, (void *)"it cannot be added") == 0,
	     "adding");
	after = secrets_load(path, no_mistake, (void *)"broken by adding");
	must(secrets_count(after) == secrets_count(before) && !secrets_same(before, after, last) &&
		     secrets_allow(after, last, slice_str("bb")) &&
		     !secrets_allow(after, last, slice_str("c")),
	     "something else was added");
	secrets_free(after);
	(void)fclose(out);
}

static int count_lines(void)
{
	int count = text.size && text.data[text.size - 1] != '\n';

	for (size_t i = 0; i < text.size; i++) {
		count += text.data[i] == '\n';
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static size_t runs;
	struct secrets *secrets;
	struct slice last = {0};

	if (size > TEXT_MAX) {
		return 0;
	}
	text = slice_of(data, size);
	lines = count_lines();
	mistakes = 0;
	told = 0;
	secrets = secrets_parse(text, "f", on_mistake, NULL);
	must((secrets != NULL) == (mistakes == 0), "refused and no word, or taken with mistakes");
	if (!secrets) {
		if (size && !memchr(data, '[', size)) {
			tells_nothing_of_it();
		}
		return 0;
	}
	must(check_lines(secrets, &last) == secrets_count(secrets), "not as many as lines");
	if (last.size && runs++ % EDITED_EVERY == 0) {
		edit(secrets, last);
	}
	secrets_free(secrets);
	return 0;
}
