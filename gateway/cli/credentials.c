#include "cli/credentials.h"

#include "base/tls.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* What stands for the drone's id in --tls-cert and --tls-key. */
#define ID_MARK "{id}"

enum { WHY = CREDENTIALS_WHY_BYTES };

/* --------------------------------------------------------------------- TLS */

static bool has_mark(const char *path)
{
	return path && strstr(path, ID_MARK);
}

/* With each mark replaced by the id. False when it is too long. */
static bool fill_in(const char *pattern, const char *id, char *path, size_t size)
{
	size_t used = 0;

	while (*pattern && used < size) {
		bool mark = strncmp(pattern, ID_MARK, strlen(ID_MARK)) == 0;
		int wrote = mark ? snprintf(path + used, size - used, "%s", id)
				 : snprintf(path + used, size - used, "%c", *pattern);

		used += (size_t)wrote;
		pattern += mark ? strlen(ID_MARK) : 1;
	}
	return used < size;
}

/* `id`: NULL when no mark is to be filled in. */
static struct tls_context *new_context(const struct options *options, const char *id, char *why)
{
	char cert[PATH_MAX], key[PATH_MAX];
	struct tls_identity identity = {
		.cert = options->tls_cert, .key = options->tls_key, .ca = options->tls_ca};
	struct tls_context *context;
	struct tls_mistake mistake;

	if (id && options->tls_cert) {
		if (!fill_in(options->tls_cert, id, cert, sizeof(cert)) ||
		    !fill_in(options->tls_key, id, key, sizeof(key))) {
			(void)snprintf(why, WHY, "--tls-cert, --tls-key: the path is too long");
			return NULL;
		}
		identity.cert = cert;
		identity.key = key;
	}
	context = tls_context_client(&identity, &mistake);
	if (!context) {
		(void)snprintf(why, WHY, "%s", mistake.why);
	}
	return context;
}

/* What the gateway's certificate must be for. */
static const char *gateway_name(const struct options *options)
{
	return options->tls_name ? options->tls_name : options->host;
}

int credentials_secure(const struct credentials *credentials, const char *id, struct stream *stream,
		       char *why)
{
	const struct options *options = credentials->options;
	struct tls_context *context = credentials->tls;
	int status;

	if (!options->tls_ca) {
		return 0;
	}
	if (!context) {
		context = new_context(options, id, why);
		if (!context) {
			return -1;
		}
	}
	status = stream_secure(stream, context, gateway_name(options));
	if (context != credentials->tls) {
		tls_context_free(context);
	}
	if (status < 0) {
		(void)snprintf(why, WHY, "TLS: out of memory");
	}
	return status;
}

/* ----------------------------------------------------------------- secrets */

static int load_secrets(struct credentials *credentials, char *why)
{
	const char *path = credentials->options->secret_file, *own = getenv("UAV_SECRET");

	if (path) {
		return keyring_load(&credentials->keyring, path, why, WHY);
	}
	if (own && *own) {
		return keyring_parse(&credentials->keyring, slice_str(own), "UAV_SECRET", why, WHY);
	}
	return 0;
}

static const char *source(const struct credentials *credentials)
{
	const char *path = credentials->options->secret_file;

	return path ? path : "UAV_SECRET";
}

int credentials_check(const struct credentials *credentials, const char *id, char *why)
{
	const struct keyring *keyring = &credentials->keyring;

	if (keyring->count == 0 || keyring_secret(keyring, slice_str(id)).size) {
		return 0;
	}
	if (keyring->count == 1) {
		(void)snprintf(why, WHY, "%s has no secret for %s, but one for %.*s (--id %.*s)",
			       source(credentials), id, SLICE_ARG(keyring->entries[0].id),
			       SLICE_ARG(keyring->entries[0].id));
	} else {
		(void)snprintf(why, WHY, "%s has no secret for %s", source(credentials), id);
	}
	return -1;
}

int credentials_prove(const struct credentials *credentials, struct client *client,
		      struct slice nonce, uint32_t *ref, char *why)
{
	struct slice id = slice_of(client->drone_id, client->drone_id_size);
	struct slice secret = keyring_secret(&credentials->keyring, id);
	int error;

	if (secret.size == 0) {
		(void)snprintf(why, WHY,
			       "the gateway asks for the secret of %.*s; give it with "
			       "--secret-file FILE",
			       SLICE_ARG(id));
		return -1;
	}
	error = client_prove(client, secret, nonce, ref);
	if (error) {
		(void)snprintf(why, WHY, "proving who %.*s is: %s", SLICE_ARG(id),
			       client_error_text(error));
	}
	return error ? -1 : 0;
}

/* ------------------------------------------------------------------- whole */

int credentials_init(struct credentials *credentials, const struct options *options, char *why)
{
	*credentials = (struct credentials){.options = options};
	if (load_secrets(credentials, why) < 0) {
		return -1;
	}
	if (!options->tls_ca || has_mark(options->tls_cert) || has_mark(options->tls_key)) {
		return 0;
	}
	credentials->tls = new_context(options, NULL, why);
	return credentials->tls ? 0 : -1;
}

void credentials_fini(struct credentials *credentials)
{
	keyring_fini(&credentials->keyring);
	tls_context_free(credentials->tls);
	credentials->tls = NULL;
}
