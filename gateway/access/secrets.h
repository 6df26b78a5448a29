/* The secrets file: one line a drone, "ID SECRET [SCENARIOS]"; blank lines and lines that begin
 * with # are passed over. SECRET is 16 to 128 printable ASCII characters without blanks, used as
 * it stands; SCENARIOS are globs (base/patterns.h) of those that the drone may enter, without
 * which it may enter all. */
#ifndef UAV_ACCESS_SECRETS_H
#define UAV_ACCESS_SECRETS_H

#include "base/slice.h"
#include "core/port.h"
#include "settings/settings.h"

#include <stdio.h>

struct secrets;

/* Refused: a file that anybody but its owner can read or write (its group may read it when it
 * belongs to root), that is no regular file, has over SECRETS_MAX_BYTES, or any line of which is
 * broken or names an id again. Every mistake is told (of a file that is wholly wrong the first
 * SECRETS_MISTAKES_TOLD, and how many more there are), no secret ever. NULL then. Never waits for a
 * pipe. `complain` may be NULL. */
#define SECRETS_MAX_BYTES (16u * 1024 * 1024)
#define SECRETS_MISTAKES_TOLD 100
struct secrets *secrets_load(const char *file, settings_complain_fn complain, void *ctx)
	__attribute__((warn_unused_result));
/* The same of text that is in memory already; `file` is its name in what is told. */
struct secrets *secrets_parse(struct slice text, const char *file, settings_complain_fn complain,
			      void *ctx) __attribute__((warn_unused_result));
/* Forgets the secrets in memory, too. Harmless with NULL. */
void secrets_free(struct secrets *secrets);

size_t secrets_count(const struct secrets *secrets);

/* Whether `proof` is right; in constant time, and as long for an id that is not there. */
enum proof_verdict secrets_prove(const struct secrets *secrets, struct slice id,
				 const uint8_t nonce[AUTH_NONCE_BYTES], const uint8_t *proof);
/* Whether the drone may enter; false when it is not there. */
bool secrets_allow(const struct secrets *secrets, struct slice id, struct slice scenario);
/* Whether both have this drone, with the same secret. */
bool secrets_same(const struct secrets *a, const struct secrets *b, struct slice id);

/* What is wrong with what is to be written for a drone, in words; NULL: nothing. */
const char *secrets_objection(const char *id, const char *scenarios);

/* Adds a drone with a new random secret, or takes one away: the file is written anew beside
 * the old one, with its mode and owner, and takes its place in one stroke; what else stands in
 * it stays. A file that is not there is made (mode 0600); behind a symbolic link the file that it
 * leads to is written anew. Two that do so at the same time come one after the other. The secret
 * is printed to `out`, as "ID SECRET", and nowhere else. `scenarios`: "" for all. 0, or -1 when
 * the file is refused, has the id already (or has it not), or cannot be written, or `out` cannot:
 * told by `complain`, nothing changed. */
int secrets_add(const char *file, const char *id, const char *scenarios, FILE *out,
		settings_complain_fn complain, void *ctx) __attribute__((warn_unused_result));
int secrets_remove(const char *file, const char *id, settings_complain_fn complain, void *ctx)
	__attribute__((warn_unused_result));

#endif
