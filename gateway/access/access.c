#include "access/access.h"

#include "access/secrets.h"
#include "base/proof.h"
#include "settings/report.h"

#include <stdlib.h>

struct access {
	bool by_secret;		 /* who comes in does so by one of `secrets` */
	struct secrets *secrets; /* NULL: no file is named */
	struct tls_context *listeners[SETTINGS_MAX_LISTENERS];
	struct tls_context *simulators[SETTINGS_MAX_SIMULATORS];
};

/* ------------------------------------------------------------------- loading */

static struct tls_identity identity_of(const struct tls_files *files)
{
	return (struct tls_identity){.cert = files->cert, .key = files->key, .ca = files->ca};
}

static void load_secrets(struct access *access, const struct settings *settings,
			 struct report *report)
{
	if (!*settings->secrets_file) {
		return;
	}
	access->secrets = secrets_load(settings->secrets_file, report->complain, report->ctx);
	report->count += !access->secrets;
}

static void load_listeners(struct access *access, const struct settings *settings,
			   struct report *report)
{
	char why[TLS_WHY_BYTES];

	for (size_t i = 0; i < settings->listener_count; i++) {
		const struct listener_settings *listener = &settings->listeners[i];
		struct tls_identity identity = identity_of(&listener->tls);

		if (!*listener->tls.cert) {
			continue;
		}
		access->listeners[i] = tls_context_server(&identity, why);
		if (!access->listeners[i]) {
			report_mistake(report, 0, "[listen:%s]: %s", listener->name, why);
		}
	}
}

static void load_simulators(struct access *access, const struct settings *settings,
			    struct report *report)
{
	char why[TLS_WHY_BYTES];

	for (size_t i = 0; i < settings->simulator_count; i++) {
		const struct simulator_settings *simulator = &settings->simulators[i];
		struct tls_identity identity = identity_of(&simulator->tls);

		if (!*simulator->tls.ca) {
			continue;
		}
		access->simulators[i] = tls_context_client(&identity, why);
		if (!access->simulators[i]) {
			report_mistake(report, 0, "[simulator%s%s]: %s",
				       *simulator->name ? ":" : "", simulator->name, why);
		}
	}
}

struct access *access_load(const struct settings *settings, const char *file,
			   settings_complain_fn complain, void *ctx)
{
	struct report report = {.file = file, .complain = complain, .ctx = ctx};
	struct access *access = calloc(1, sizeof(*access));

	if (!access) {
		report_mistake(&report, 0, "out of memory");
		return NULL;
	}
	access->by_secret = settings->auth_mode == AUTH_SECRET;
	load_secrets(access, settings, &report);
	load_listeners(access, settings, &report);
	load_simulators(access, settings, &report);
	if (report.count) {
		access_free(access);
		return NULL;
	}
	return access;
}

void access_free(struct access *access)
{
	if (!access) {
		return;
	}
	secrets_free(access->secrets);
	for (size_t i = 0; i < SETTINGS_MAX_LISTENERS; i++) {
		tls_context_free(access->listeners[i]);
	}
	for (size_t i = 0; i < SETTINGS_MAX_SIMULATORS; i++) {
		tls_context_free(access->simulators[i]);
	}
	free(access);
}

/* ------------------------------------------------------------------- questions */

struct tls_context *access_listener(const struct access *access, size_t listener)
{
	return access->listeners[listener];
}

struct tls_context *access_simulator(const struct access *access, size_t simulator)
{
	return access->simulators[simulator];
}

size_t access_drones(const struct access *access)
{
	return access->secrets ? secrets_count(access->secrets) : 0;
}

/* ------------------------------------------------------------------ the core's port */

static bool give_nonce(void *ctx, uint8_t nonce[AUTH_NONCE_BYTES])
{
	(void)ctx;
	return proof_draw(nonce, AUTH_NONCE_BYTES) == 0;
}

/* Settings that ask for secrets name a file. */
static enum proof_verdict proves(void *ctx, struct slice id, const uint8_t nonce[AUTH_NONCE_BYTES],
				 const uint8_t *proof)
{
	const struct access *access = *((const struct access_keeper *)ctx)->current;

	return access->by_secret && access->secrets
		       ? secrets_prove(access->secrets, id, nonce, proof)
		       : PROOF_WRONG;
}

static bool allows(void *ctx, struct slice id, struct slice scenario)
{
	const struct access *access = *((const struct access_keeper *)ctx)->current;

	return !access->by_secret ||
	       (access->secrets && secrets_allow(access->secrets, id, scenario));
}

/* Certificates are looked at when a drone comes: one that is renewed sends nobody away. */
static bool withdrawn(void *ctx, struct slice id)
{
	const struct access_keeper *keeper = ctx;
	const struct access *current = *keeper->current;

	if (!keeper->before || !keeper->before->by_secret) {
		return false;
	}
	return !keeper->before->secrets || !current->secrets ||
	       !secrets_same(keeper->before->secrets, current->secrets, id);
}

const struct access_ops access_ops = {
	.nonce = give_nonce,
	.proves = proves,
	.allows = allows,
	.withdrawn = withdrawn,
};
