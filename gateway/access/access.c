#include "access/access.h"

#include "access/secrets.h"
#include "base/proof.h"
#include "settings/report.h"

#include <stdlib.h>

struct access {
	struct secrets *secrets; /* by which drones come in; NULL: by another way */
	struct tls_context *listeners[SETTINGS_MAX_LISTENERS];
	struct tls_context *simulators[SETTINGS_MAX_SIMULATORS];
};

/* ------------------------------------------------------------------- loading */

/* What the settings lack has been told when they were read, and lets nobody in. */
static void note_lack(struct report *report)
{
	report->count++;
}

static void load_secrets(struct access *access, const struct settings *settings,
			 struct report *report)
{
	if (settings->auth_mode != AUTH_SECRET) {
		return;
	}
	if (!*settings->secrets_file) {
		note_lack(report);
		return;
	}
	access->secrets = secrets_load(settings->secrets_file, report->complain, report->ctx);
	report->count += !access->secrets;
}

/* Whether there is to be TLS by these; `needed`: the one of them without which there is none. */
static bool is_tls(const struct tls_files *files, const char *needed, struct report *report)
{
	bool any = *files->cert || *files->key || *files->ca;

	if (any && (!*needed || !*files->cert != !*files->key)) {
		note_lack(report);
		return false;
	}
	return any;
}

static struct tls_identity identity_of(const struct tls_files *files)
{
	return (struct tls_identity){.cert = files->cert, .key = files->key, .ca = files->ca};
}

static void tell(struct report *report, const struct tls_files *files, const char *section,
		 const char *name, const struct tls_mistake *mistake)
{
	struct place place = {.file = report->file};

	switch (mistake->file) {
	case TLS_FILE_NONE:
		break;
	case TLS_FILE_CERT:
		place = files->cert_at;
		break;
	case TLS_FILE_KEY:
		place = files->key_at;
		break;
	case TLS_FILE_CA:
		place = files->ca_at;
		break;
	}
	report_mistake_at(report, place, "[%s%s%s]: %s", section, *name ? ":" : "", name,
			  mistake->why);
}

static void load_listeners(struct access *access, const struct settings *settings,
			   struct report *report)
{
	struct tls_mistake mistake;

	for (size_t i = 0; i < settings->listener_count; i++) {
		const struct listener_settings *listener = &settings->listeners[i];
		struct tls_identity identity = identity_of(&listener->tls);

		if (!is_tls(&listener->tls, listener->tls.cert, report)) {
			continue;
		}
		access->listeners[i] = tls_context_server(&identity, &mistake);
		if (!access->listeners[i]) {
			tell(report, &listener->tls, "listen", listener->name, &mistake);
		}
	}
}

static void load_simulators(struct access *access, const struct settings *settings,
			    struct report *report)
{
	struct tls_mistake mistake;

	for (size_t i = 0; i < settings->simulator_count; i++) {
		const struct simulator_settings *simulator = &settings->simulators[i];
		struct tls_identity identity = identity_of(&simulator->tls);

		if (!is_tls(&simulator->tls, simulator->tls.ca, report)) {
			continue;
		}
		access->simulators[i] = tls_context_client(&identity, &mistake);
		if (!access->simulators[i]) {
			tell(report, &simulator->tls, "simulator", simulator->name, &mistake);
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

static const struct access *current_of(const struct access_keeper *keeper)
{
	return *keeper->current;
}

static enum proof_verdict proves(void *ctx, struct slice id, const uint8_t nonce[AUTH_NONCE_BYTES],
				 const uint8_t *proof)
{
	const struct secrets *secrets = current_of(ctx)->secrets;

	return secrets ? secrets_prove(secrets, id, nonce, proof) : PROOF_WRONG;
}

static bool allows(void *ctx, struct slice id, struct slice scenario)
{
	const struct secrets *secrets = current_of(ctx)->secrets;

	return !secrets || secrets_allow(secrets, id, scenario);
}

/* Certificates are looked at when a drone comes: one that is renewed sends nobody away. */
static bool withdrawn(void *ctx, struct slice id)
{
	const struct access_keeper *keeper = ctx;
	const struct secrets *before = keeper->before ? keeper->before->secrets : NULL;
	const struct secrets *after = current_of(keeper)->secrets;

	return before && (!after || !secrets_same(before, after, id));
}

const struct access_ops access_ops = {
	.nonce = give_nonce,
	.proves = proves,
	.allows = allows,
	.withdrawn = withdrawn,
};
