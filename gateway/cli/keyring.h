/* The secrets of the drones that this program flies, from a file: lines "ID SECRET", as the
 * gateway's secrets file has them (what stands behind is passed over), or one line with a SECRET
 * alone, which serves whichever drone. Blank lines and lines that begin with # are passed
 * over. */
#ifndef UAV_CLI_KEYRING_H
#define UAV_CLI_KEYRING_H

#include "base/slice.h"

#define KEYRING_MAX_BYTES (16u * 1024 * 1024)

struct keyring_entry {
	struct slice id, secret; /* an empty id: of whichever drone */
};

/* An all-zero struct has no secret. */
struct keyring {
	char *text; /* on which the entries stand */
	size_t size;
	struct keyring_entry *entries; /* by id */
	size_t count;
};

/* Reads a file, which nobody but its owner may be able to read (its group may, when it belongs to
 * root). 0; or -1, and `why` names the file, the line, and what to do, but never a secret. */
int keyring_load(struct keyring *keyring, const char *path, char *why, size_t size)
	__attribute__((warn_unused_result));
/* The same of a copy of this text; `name` is what it is called in what is told. */
int keyring_parse(struct keyring *keyring, struct slice text, const char *name, char *why,
		  size_t size) __attribute__((warn_unused_result));
/* Forgets the secrets in memory, too. Harmless with an all-zero struct. */
void keyring_fini(struct keyring *keyring);

/* Empty when there is none for this drone. */
struct slice keyring_secret(const struct keyring *keyring, struct slice id);

#endif
