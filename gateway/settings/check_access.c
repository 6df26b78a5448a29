/* Rules about who gets in, and by what they are known: [auth], TLS, insecure. */
#include "settings/draft.h"

#include "settings/view.h"

/* --------------------------------------------------- certificates and keys */

/* Each must come with the one behind it. */
static const struct {
	enum target target;
	const char *key, *needs, *why;
} pairs[] = {
	{TARGET_LISTENER, "tls_cert", "tls_key", "a certificate is of no use without its key"},
	{TARGET_LISTENER, "tls_key", "tls_cert", "a key is of no use without its certificate"},
	{TARGET_LISTENER, "tls_ca", "tls_cert", "without one this listener does not speak TLS"},
	{TARGET_SIMULATOR, "tls_cert", "tls_key", "a certificate is of no use without its key"},
	{TARGET_SIMULATOR, "tls_key", "tls_cert", "a key is of no use without its certificate"},
	{TARGET_SIMULATOR, "tls_cert", "tls_ca", "without one the link is not TLS"},
	{TARGET_SIMULATOR, "tls_name", "tls_ca", "without one the link is not TLS"},
};

static void check_pairs(struct draft *draft, const struct part *part)
{
	char title[VIEW_TITLE_BYTES];

	view_title(part->section, part->name, title, sizeof(title));
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const char *key = pairs[i].key, *needs = pairs[i].needs;

		if (pairs[i].target == part->section->target && part_gives(part, key) &&
		    !part_gives(part, needs)) {
			report_mistake_at(&draft->report, part_place(part, key),
					  "[%s] has a %s and no %s: %s; give it, or take %s out",
					  title, key, needs, pairs[i].why, key);
		}
	}
}

static void check_simulator(struct draft *draft, const struct part *part)
{
	const struct simulator_settings *simulator = draft_target(draft, part);

	check_pairs(draft, part);
	if (part_gives(part, "tls_ca") && !part_gives(part, "tls_name") &&
	    part_has(part, "address") && simulator->address.is_path) {
		report_mistake_at(&draft->report, part_place(part, "tls_ca"),
				  "the address is a path, which no certificate is for; tell by "
				  "tls_name what the simulator's certificate is for");
	}
}

/* --------------------------------------------------------------- listeners */

static void check_open(struct draft *draft, const struct part *part)
{
	const struct listener_settings *listener = draft_target(draft, part);
	char address[ADDRESS_TEXT_BYTES];

	if (!part_has(part, "address") || address_is_loopback(&listener->address) ||
	    listener->insecure || (part_gives(part, "insecure") && !part_has(part, "insecure"))) {
		return;
	}
	address_print(&listener->address, address, sizeof(address));
	report_mistake_at(
		&draft->report, part_place(part, "address"),
		"[listen:%s] can be reached from other machines at %s, and with [auth] mode "
		"= none everyone there could go by every drone's id; give drones secrets or "
		"certificates ([auth] mode = secret or tls), or listen on this machine only "
		"(127.0.0.1, [::1] or unix:), or write insecure = yes here if that is meant",
		part->name, address);
}

/* For mode = tls. */
static void check_mutual(struct draft *draft, const struct part *part)
{
	static const char *const keys[] = {"tls_cert", "tls_key", "tls_ca"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!part_gives(part, keys[i])) {
			report_mistake_at(
				&draft->report, part->place,
				"[listen:%s] has no %s; with [auth] mode = tls every listener has "
				"tls_cert, tls_key and tls_ca, so that drones show their "
				"certificates",
				part->name, keys[i]);
			return;
		}
	}
}

static void check_needless(struct draft *draft, const struct part *part)
{
	const struct listener_settings *listener = draft_target(draft, part);

	if (listener->insecure) {
		report_mistake_at(
			&draft->report, part_place(part, "insecure"),
			"insecure = yes is for [auth] mode = none; this gateway asks drones "
			"who they are, so take it out");
	}
}

/* A mode that is not known (see draft_check_access) is at its default. */
static void check_listener(struct draft *draft, const struct part *part, bool mode_known)
{
	enum auth_mode mode = draft->settings->auth_mode;

	if (mode == AUTH_TLS) {
		check_mutual(draft, part);
	} else {
		check_pairs(draft, part);
	}
	if (mode != AUTH_NONE) {
		check_needless(draft, part);
	} else if (mode_known) {
		check_open(draft, part);
	}
}

/* --------------------------------------------------------------------- all */

static void check_secrets(struct draft *draft, const struct part *auth)
{
	if (draft->settings->auth_mode == AUTH_SECRET && !part_gives(auth, "secrets_file")) {
		report_mistake_at(
			&draft->report, part_place(auth, "mode"),
			"[auth] mode = secret needs a secrets_file, with one line a drone: "
			"its id and its secret");
	}
}

void draft_check_access(struct draft *draft)
{
	const struct part *auth = draft_find(draft, table_find_section("auth"), 0);
	/* refused, or in a file that was not read */
	bool mode_known =
		auth ? !part_gives(auth, "mode") || part_has(auth, "mode") : !draft->incomplete;

	if (auth) {
		check_secrets(draft, auth);
	}
	for (size_t i = 0; i < draft->part_count; i++) {
		const struct part *part = &draft->parts[i];

		if (part->section->target == TARGET_LISTENER) {
			check_listener(draft, part, mode_known);
		} else if (part->section->target == TARGET_SIMULATOR) {
			check_simulator(draft, part);
		}
	}
}
