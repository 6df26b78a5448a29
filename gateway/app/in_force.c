#include "app/in_force.h"

int in_force_load(struct in_force *in_force, const struct settings_source *source,
		  const struct settings *running, settings_complain_fn complain, void *ctx)
{
	size_t mistakes;

	*in_force = (struct in_force){
		.settings = settings_read(source, running, complain, ctx, &mistakes),
	};
	if (in_force->settings) {
		in_force->log_format = in_force->settings->log_format;
		in_force->access = access_load(in_force->settings, source->file, complain, ctx);
	}
	if (mistakes || !in_force->access) {
		in_force_free(in_force);
		return -1;
	}
	return 0;
}

void in_force_free(struct in_force *in_force)
{
	access_free(in_force->access);
	settings_free(in_force->settings);
	*in_force = (struct in_force){.log_format = in_force->log_format};
}

void in_force_tell(const struct in_force *in_force, struct log *log)
{
	if (in_force->settings->auth_mode == AUTH_SECRET) {
		LOG(log, LOG_LEVEL_INFO, "secrets_loaded",
		    log_str("file", in_force->settings->secrets_file),
		    log_num("drones", (int64_t)access_drones(in_force->access)));
	}
}
