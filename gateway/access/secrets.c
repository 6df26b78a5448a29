/* The text is kept in one piece, and each drone's id, secret and scenarios are parts of it. */
#include "access/secrets.h"

#include "access/secrets_parts.h"
#include "base/array.h"
#include "base/hash.h"
#include "base/patterns.h"
#include "base/proof.h"
#include "base/secret.h"
#include "core/name.h"

#include <stdlib.h>
#include <unistd.h>

_Static_assert(AUTH_PROOF_BYTES == PROOF_BYTES, "the core's proofs are those of base");

/* One line. */
struct credential {
	struct slice id, secret;
	const char *scenarios; /* ends in NUL; "" for all */
	int line;
};

struct secrets {
	char *text;
	size_t size; /* of text, with the NUL behind it */
	struct credential *credentials;
	size_t count;
	struct hash by_id;
	uint8_t nobody[64]; /* the secret of those that are not there */
};

/* -------------------------------------------------------------------- lines */

static const char blanks[] = " \t";
static const char blanks_at_end[] = " \t\r";

#define NAME_RULE "1 to 32 of A-Z a-z 0-9 . _ -"
#define IN_WORDS(number) #number
#define NUMBER_IN_WORDS(number) IN_WORDS(number)
#define SCENARIOS_RULE                                                                             \
	"scenarios are names or globs of A-Z a-z 0-9 . _ - * ? [ ] !, with commas or blanks "      \
	"between them"

/* The column, from 1 on, in the text of a line. */
static int column(const char *line, const char *at)
{
	return (int)(at - line) + 1;
}

/* Nothing of the line is repeated to the operator: who has words in the wrong order has the secret
 * anywhere. */
static bool check(struct report *report, const struct credential *credential, const char *line)
{
	struct slice secret = credential->secret;
	const char *wrong;

	if (!name_valid(credential->id)) {
		report_mistake(report, credential->line,
			       "the first word must be a drone_id: " NAME_RULE);
	} else if (secret.size == 0) {
		report_mistake(report, credential->line,
			       "there is no secret behind the drone_id; a line reads ID SECRET "
			       "[SCENARIOS]");
	} else if ((wrong = (const char *)secret_find_wrong(secret))) {
		report_mistake(report, credential->line,
			       "the secret (second word) may have printable ASCII characters only, "
			       "which the one in column %d is not",
			       column(line, wrong));
	} else if (!secret_size_fits(secret)) {
		report_mistake(
			report, credential->line,
			"the secret (second word) must have %d to %d characters; here it has %zu",
			SECRET_LEAST, SECRET_MOST, secret.size);
	} else if (strlen(credential->scenarios) > ALLOW_MAX_BYTES) {
		report_mistake(report, credential->line,
			       "the scenarios (behind the secret) may have %d characters at most",
			       ALLOW_MAX_BYTES);
	} else if ((wrong = patterns_wrong(credential->scenarios))) {
		report_mistake(
			report, credential->line,
			"what stands behind the secret is wrong in column %d: " SCENARIOS_RULE
			"; a comment has a line of its own, and a secret no blanks",
			column(line, wrong));
	} else {
		return true;
	}
	return false;
}

/* 0, told or not, or -1 when memory is out. */
static int take_credential(struct secrets *secrets, struct report *report,
			   const struct credential *credential)
{
	uint32_t known = hash_find(&secrets->by_id, credential->id);
	void *credentials = secrets->credentials;

	if (known != HASH_NONE) {
		report_mistake(
			report, credential->line,
			"the drone_id stands on line %d already: a drone has one secret, remove "
			"one of the two lines",
			secrets->credentials[known].line);
		return 0;
	}
	if (array_grow(&credentials, secrets->count, sizeof(*credential)) < 0) {
		return -1;
	}
	secrets->credentials = credentials;
	secrets->credentials[secrets->count] = *credential;
	if (hash_add(&secrets->by_id, (uint32_t)secrets->count) < 0) {
		return -1;
	}
	secrets->count++;
	return 0;
}

/* `line` without its end, which is a NUL now. */
static int take_line(struct secrets *secrets, struct report *report, char *line, size_t size,
		     int number)
{
	struct credential credential = {.line = number};
	const char *text = line + strspn(line, blanks);
	struct slice rest;

	if (strlen(line) != size) {
		report_mistake(report, number, "the line has a NUL byte");
		return 0;
	}
	while (size && strchr(blanks_at_end, line[size - 1])) {
		line[--size] = '\0';
	}
	if (*text == '\0' || *text == '#') {
		return 0;
	}
	rest = slice_str(text);
	credential.id = secret_take_word(&rest);
	credential.secret = secret_take_word(&rest);
	credential.scenarios = (const char *)rest.data;
	if (!check(report, &credential, line)) {
		return 0;
	}
	return take_credential(secrets, report, &credential);
}

/* Some editors put a byte order mark there. */
static size_t skip_mark(struct slice text)
{
	static const char mark[] = "\xef\xbb\xbf";

	return text.size >= strlen(mark) && memcmp(text.data, mark, strlen(mark)) == 0
		       ? strlen(mark)
		       : 0;
}

static int take_text(struct secrets *secrets, struct report *report)
{
	char *end = secrets->text + secrets->size - 1;
	char *line = secrets->text + skip_mark(slice_of(secrets->text, secrets->size - 1));

	for (int number = 1; line < end; number++) {
		char *newline = memchr(line, '\n', (size_t)(end - line));

		newline = newline ? newline : end;
		*newline = '\0';
		if (take_line(secrets, report, line, (size_t)(newline - line), number) < 0) {
			return -1;
		}
		line = newline + 1;
	}
	return 0;
}

/* ------------------------------------------------------------------- the whole */

static struct slice name_of_credential(const void *ctx, uint32_t value)
{
	const struct secrets *secrets = ctx;

	return secrets->credentials[value].id;
}

static struct secrets *copy_text(struct slice text, struct report *report)
{
	struct secrets *secrets = calloc(1, sizeof(*secrets));
	struct hash_key key;

	if (!secrets || !(secrets->text = malloc(text.size + 1))) {
		report_mistake(report, 0, "cannot be read: out of memory");
		free(secrets);
		return NULL;
	}
	secrets->size = text.size + 1;
	if (text.size) {
		memcpy(secrets->text, text.data, text.size);
	}
	secrets->text[text.size] = '\0';
	if (proof_draw(secrets->nobody, sizeof(secrets->nobody)) < 0 ||
	    proof_draw(&key, sizeof(key)) < 0) {
		report_mistake(report, 0, "cannot be used: the system gives no random numbers");
		secrets_free(secrets);
		return NULL;
	}
	hash_init(&secrets->by_id, key, name_of_credential, secrets);
	return secrets;
}

static void tell_rest(struct report *report)
{
	char message[64];

	if (report->complain && report->count > report->most) {
		(void)snprintf(message, sizeof(message), "%zu mistakes more",
			       report->count - report->most);
		report->complain(report->ctx, report->file, 0, message);
	}
}

struct secrets *secrets_parse(struct slice text, const char *file, settings_complain_fn complain,
			      void *ctx)
{
	struct report report = {
		.file = file, .complain = complain, .ctx = ctx, .most = SECRETS_MISTAKES_TOLD};
	struct secrets *secrets = copy_text(text, &report);

	if (!secrets) {
		return NULL;
	}
	if (take_text(secrets, &report) < 0) {
		report.most = report.count + 1; /* whatever was told before */
		report_mistake(&report, 0, "cannot be read: out of memory");
	}
	tell_rest(&report);
	if (report.count) {
		secrets_free(secrets);
		return NULL;
	}
	return secrets;
}

struct secrets *secrets_load(const char *file, settings_complain_fn complain, void *ctx)
{
	struct report report = {.file = file, .complain = complain, .ctx = ctx};
	struct secrets *secrets = NULL;
	struct slice text;
	struct stat about;
	int fd = secrets_file_open(&report, false, &about);

	if (fd < 0) {
		return NULL;
	}
	if (secrets_file_read(fd, &report, &text) == 0) {
		secrets = secrets_parse(text, file, complain, ctx);
		secrets_file_forget(text);
	}
	(void)close(fd);
	return secrets;
}

void secrets_free(struct secrets *secrets)
{
	if (!secrets) {
		return;
	}
	hash_fini(&secrets->by_id);
	free(secrets->credentials);
	proof_forget(secrets->text, secrets->size);
	free(secrets->text);
	proof_forget(secrets, sizeof(*secrets));
	free(secrets);
}

/* ------------------------------------------------------------------- questions */

size_t secrets_count(const struct secrets *secrets)
{
	return secrets->count;
}

/* NULL: it is not there. */
static const struct credential *find(const struct secrets *secrets, struct slice id)
{
	uint32_t found = hash_find(&secrets->by_id, id);

	return found == HASH_NONE ? NULL : &secrets->credentials[found];
}

enum proof_verdict secrets_prove(const struct secrets *secrets, struct slice id,
				 const uint8_t nonce[AUTH_NONCE_BYTES], const uint8_t *proof)
{
	const struct credential *credential = find(secrets, id);
	struct slice secret = credential ? credential->secret
					 : slice_of(secrets->nobody, sizeof(secrets->nobody));
	uint8_t right[PROOF_BYTES];
	bool equal;

	if (proof_make(secret, slice_of(nonce, AUTH_NONCE_BYTES), id, right) < 0) {
		return PROOF_UNDECIDED;
	}
	equal = proof_equal(right, proof);
	proof_forget(right, sizeof(right));
	return equal && credential ? PROOF_RIGHT : PROOF_WRONG;
}

bool secrets_allow(const struct secrets *secrets, struct slice id, struct slice scenario)
{
	const struct credential *credential = find(secrets, id);

	return credential &&
	       (*credential->scenarios == '\0' || patterns_match(credential->scenarios, scenario));
}

bool secrets_same(const struct secrets *a, const struct secrets *b, struct slice id)
{
	const struct credential *one = find(a, id), *other = find(b, id);

	return one && other && slice_equal(one->secret, other->secret);
}

size_t secrets_find_text(const struct secrets *secrets, struct slice id)
{
	const struct credential *credential = find(secrets, id);

	return credential ? (size_t)((const char *)credential->id.data - secrets->text) : SIZE_MAX;
}

const char *secrets_objection(const char *id, const char *scenarios)
{
	if (!name_valid(slice_str(id))) {
		return "a drone_id has " NAME_RULE;
	}
	if (patterns_wrong(scenarios)) {
		return SCENARIOS_RULE;
	}
	if (strlen(scenarios) > ALLOW_MAX_BYTES) {
		return "the list of scenarios has over " NUMBER_IN_WORDS(
			ALLOW_MAX_BYTES) " characters";
	}
	return NULL;
}
