/* What lets drones in, beside the settings: the secrets, and the certificates and keys of TLS.
 * All that the settings name is loaded whole or not at all. */
#ifndef UAV_ACCESS_ACCESS_H
#define UAV_ACCESS_ACCESS_H

#include "base/tls.h"
#include "core/port.h"
#include "settings/settings.h"

struct access;

/* Reads what `settings`, which came from `file`, name and have a use for; every mistake is told: of
 * the secrets with their file and line, of certificates and keys where they are named. NULL when
 * there was any, or memory is out (told too): a broken file lets nobody in. So it is, and nothing
 * told once more, when a file lacks whose lack is a mistake of the settings (settings_read). */
struct access *access_load(const struct settings *settings, const char *file,
			   settings_complain_fn complain, void *ctx)
	__attribute__((warn_unused_result));
/* Harmless with NULL. */
void access_free(struct access *access);

/* By their number in the settings; NULL: without TLS. Owned by `access`. */
struct tls_context *access_listener(const struct access *access, size_t listener);
struct tls_context *access_simulator(const struct access *access, size_t simulator);
/* That the secrets file has; 0 where drones come in by another way. */
size_t access_drones(const struct access *access);

/* Who the core asks. */
struct access_keeper {
	struct access *const *current; /* the one in force, whichever that is when it is asked */
	const struct access *before;   /* within core_reload: in whose place that is */
};

/* The core's port; ctx is a struct access_keeper. */
extern const struct access_ops access_ops;

#endif
