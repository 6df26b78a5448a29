#include "app/drones.h"

#include "access/secrets.h"

/* NULL, told, when the file has mistakes or names no secrets. */
static struct settings *load(const struct settings_source *source, settings_complain_fn complain,
			     void *ctx)
{
	struct settings *settings = settings_load_from(source, NULL, complain, ctx);

	if (settings && !*settings->secrets_file) {
		complain(ctx, source->file, 0,
			 "names no file for the drones' secrets: add a section [auth] with "
			 "mode = secret and secrets_file = drones.secrets (a path, from the folder "
			 "of this file)");
		settings_free(settings);
		return NULL;
	}
	return settings;
}

static void tell_next(const struct settings *settings)
{
	if (settings->auth_mode == AUTH_SECRET) {
		fputs("A gateway that runs takes this in when it gets a SIGHUP (kill -HUP PID).\n",
		      stderr);
	} else {
		fputs("The gateway asks for no secrets yet: set [auth] mode = secret and start it "
		      "again.\n",
		      stderr);
	}
}

int drones_add(const struct settings_source *source, const char *id, const char *scenarios,
	       settings_complain_fn complain, void *ctx)
{
	struct settings *settings = load(source, complain, ctx);
	int status;

	if (!settings) {
		return -1;
	}
	status = secrets_add(settings->secrets_file, id, scenarios, stdout, complain, ctx);
	if (status == 0) {
		fprintf(stderr,
			"%s was added to %s. The secret behind its id is told this once: give it "
			"to the drone.\n",
			id, settings->secrets_file);
		tell_next(settings);
	}
	settings_free(settings);
	return status;
}

int drones_remove(const struct settings_source *source, const char *id,
		  settings_complain_fn complain, void *ctx)
{
	struct settings *settings = load(source, complain, ctx);
	int status;

	if (!settings) {
		return -1;
	}
	status = secrets_remove(settings->secrets_file, id, complain, ctx);
	if (status == 0) {
		fprintf(stderr, "%s was removed from %s.\n", id, settings->secrets_file);
		tell_next(settings);
	}
	settings_free(settings);
	return status;
}
