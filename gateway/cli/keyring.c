#include "cli/keyring.h"

#include "base/private_file.h"
#include "base/proof.h"
#include "base/secret.h"
#include "cli/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

/* Where mistakes are told. */
struct reading {
	struct keyring *keyring;
	const char *name;
	size_t line;
	bool bare; /* the secret of whichever drone stands in it */
	char *why;
	size_t why_size;
};

static int complain(const struct reading *reading, const char *what)
{
	if (reading->line) {
		(void)snprintf(reading->why, reading->why_size, "%s:%zu: %s", reading->name,
			       reading->line, what);
	} else {
		(void)snprintf(reading->why, reading->why_size, "%s: %s", reading->name, what);
	}
	return -1;
}

/* ------------------------------------------------------------------- lines */

static struct slice take_line(struct slice *rest)
{
	const uint8_t *end = memchr(rest->data, '\n', rest->size);
	size_t size = end ? (size_t)(end - rest->data) : rest->size;
	struct slice line = slice_of(rest->data, size);

	size += end != NULL;
	*rest = slice_of(rest->data + size, rest->size - size);
	while (line.size && line.data[line.size - 1] == '\r') {
		line.size--;
	}
	return line;
}

static bool is_id(struct slice word)
{
	for (size_t i = 0; i < word.size; i++) {
		if (!escape_id_has((char)word.data[i])) {
			return false;
		}
	}
	return word.size >= 1 && word.size <= 32;
}

static int add(struct reading *reading, struct slice id, struct slice secret)
{
	struct keyring *keyring = reading->keyring;

	/* a power of two: full */
	if ((keyring->count & (keyring->count - 1)) == 0) {
		size_t cap = keyring->count ? 2 * keyring->count : 1;
		struct keyring_entry *entries =
			realloc(keyring->entries, cap * sizeof(*keyring->entries));

		if (!entries) {
			return complain(reading, "out of memory");
		}
		keyring->entries = entries;
	}
	keyring->entries[keyring->count++] = (struct keyring_entry){id, secret};
	return 0;
}

static int complain_of_secret(const struct reading *reading)
{
	char what[96];

	(void)snprintf(what, sizeof(what),
		       "a secret has %d to %d printable ASCII characters without blanks",
		       SECRET_LEAST, SECRET_MOST);
	return complain(reading, what);
}

static int read_line(struct reading *reading, struct slice line)
{
	struct slice id = secret_take_word(&line), secret = secret_take_word(&line);

	if (id.size == 0 || id.data[0] == '#') {
		return 0;
	}
	if (secret.size == 0) {
		secret = id;
		id = slice_of(NULL, 0);
	} else if (!is_id(id)) {
		return complain(reading, "an id has 1 to 32 of A-Z a-z 0-9 . _ -, then comes its "
					 "secret");
	}
	if (secret_find_wrong(secret) || !secret_size_fits(secret)) {
		return complain_of_secret(reading);
	}
	if (reading->bare || (id.size == 0 && reading->keyring->count)) {
		return complain(reading, "a secret without an id must stand alone; lines are "
					 "\"ID SECRET\" else");
	}
	reading->bare = id.size == 0;
	return add(reading, id, secret);
}

/* ------------------------------------------------------------------- whole */

static int compare_slices(struct slice a, struct slice b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size ? memcmp(a.data, b.data, size) : 0;

	if (order) {
		return order;
	}
	return a.size < b.size ? -1 : a.size > b.size;
}

static int compare_entries(const void *a, const void *b)
{
	const struct keyring_entry *left = a, *right = b;

	return compare_slices(left->id, right->id);
}

static int sort(struct reading *reading)
{
	struct keyring *keyring = reading->keyring;

	reading->line = 0;
	if (keyring->count == 0) {
		return complain(reading, "has no secret; a line is \"ID SECRET\", or a secret "
					 "alone");
	}
	qsort(keyring->entries, keyring->count, sizeof(*keyring->entries), compare_entries);
	for (size_t i = 1; i < keyring->count; i++) {
		if (compare_entries(&keyring->entries[i - 1], &keyring->entries[i]) == 0) {
			(void)snprintf(reading->why, reading->why_size,
				       "%s: has %.*s twice; leave in the one that holds",
				       reading->name, SLICE_ARG(keyring->entries[i].id));
			return -1;
		}
	}
	return 0;
}

/* Of the text that the keyring owns by now. */
static int read_text(struct reading *reading)
{
	struct slice rest = slice_of(reading->keyring->text, reading->keyring->size);
	int status = 0;

	while (rest.size && status == 0) {
		reading->line++;
		status = read_line(reading, take_line(&rest));
	}
	if (status == 0) {
		status = sort(reading);
	}
	if (status < 0) {
		keyring_fini(reading->keyring);
	}
	return status;
}

int keyring_parse(struct keyring *keyring, struct slice text, const char *name, char *why,
		  size_t size)
{
	struct reading reading = {.keyring = keyring, .name = name, .why = why, .why_size = size};

	*keyring = (struct keyring){.text = malloc(text.size + 1), .size = text.size};
	if (!keyring->text) {
		return complain(&reading, "out of memory");
	}
	if (text.size) {
		memcpy(keyring->text, text.data, text.size);
	}
	return read_text(&reading);
}

/* -------------------------------------------------------------------- file */

static int check_file(const struct reading *reading, int fd)
{
	char objection[PRIVATE_FILE_WHY_BYTES];
	struct stat file;

	if (fstat(fd, &file) < 0) {
		return complain(reading, strerror(errno));
	}
	if (S_ISDIR(file.st_mode)) {
		return complain(reading, "is a folder");
	}
	return private_file_check(&file, objection) < 0 ? complain(reading, objection) : 0;
}

static int read_file(const struct reading *reading, int fd)
{
	struct keyring *keyring = reading->keyring;
	ssize_t size;

	do {
		size = read(fd, keyring->text + keyring->size,
			    KEYRING_MAX_BYTES + 1 - keyring->size);
		keyring->size += size > 0 ? (size_t)size : 0;
	} while (size > 0 || (size < 0 && errno == EINTR));
	if (size < 0) {
		return complain(reading, strerror(errno));
	}
	return keyring->size > KEYRING_MAX_BYTES ? complain(reading, "is over 16 MiB") : 0;
}

int keyring_load(struct keyring *keyring, const char *path, char *why, size_t size)
{
	struct reading reading = {.keyring = keyring, .name = path, .why = why, .why_size = size};
	int fd = open(path, O_RDONLY | O_CLOEXEC), status;

	*keyring = (struct keyring){0};
	if (fd < 0) {
		return complain(&reading, strerror(errno));
	}
	status = check_file(&reading, fd);
	if (status == 0) {
		/* at once: what grows leaves copies behind; what is not touched costs nothing */
		keyring->text = malloc(KEYRING_MAX_BYTES + 1);
		status = keyring->text ? read_file(&reading, fd)
				       : complain(&reading, "out of memory");
	}
	(void)close(fd);
	if (status < 0) {
		keyring_fini(keyring);
		return -1;
	}
	return read_text(&reading);
}

void keyring_fini(struct keyring *keyring)
{
	proof_forget(keyring->text, keyring->size);
	free(keyring->text);
	free(keyring->entries);
	*keyring = (struct keyring){0};
}

struct slice keyring_secret(const struct keyring *keyring, struct slice id)
{
	const struct keyring_entry wanted = {.id = id};
	const struct keyring_entry *found;

	if (keyring->count == 1 && keyring->entries[0].id.size == 0) {
		return keyring->entries[0].secret;
	}
	found = keyring->count ? bsearch(&wanted, keyring->entries, keyring->count, sizeof(wanted),
					 compare_entries)
			       : NULL;
	return found ? found->secret : slice_of(NULL, 0);
}
