#include "cli/options_swarm.h"

#include "cli/escape.h"

const struct swarm_options options_swarm_default = {
	.to = SWARM_TO_RANDOM,
	.shape = {.kind = PATTERN_CIRCLE,
		  .radius_m = 100,
		  .height_m = 50,
		  .speed_mps = 10,
		  .seed = 1},
	.rate_hz = 1,
	.state_rate_hz = 5,
	.size_bytes = 100,
	.speed_up = 1,
	.prefix = "swarm",
};

static int take_pattern(struct swarm_options *swarm, const char *value,
			const struct complaint *complaint)
{
	static const char *const names[] = {"circle", "grid", "line", "random", "hover", NULL};
	int kind = value_choice("pattern", value, names, complaint);

	swarm->shape.kind = kind < 0 ? PATTERN_CIRCLE : (enum pattern_kind)kind;
	return kind < 0 ? -1 : 0;
}

/* Whether it may stand in an id. */
static bool is_name(const char *text)
{
	for (; *text; text++) {
		if (!escape_id_has(*text)) {
			return false;
		}
	}
	return true;
}

static int take_name(const char *name, const char *value, size_t most, const char **taken,
		     const struct complaint *complaint)
{
	size_t size = strlen(value);

	if (size < 1 || size > most || !is_name(value)) {
		return value_complain(complaint, "--%s %s: must be 1 to %zu of A-Z a-z 0-9 . _ -",
				      name, value, most);
	}
	*taken = value;
	return 0;
}

static int take_columns(struct swarm_options *swarm, const char *value,
			const struct complaint *complaint)
{
	char why[128];

	if (track_columns_parse(value, &swarm->columns, why, sizeof(why)) < 0) {
		return value_complain(complaint, "--columns %s: %s", value, why);
	}
	return 0;
}

static int take_shape(struct pattern_shape *shape, int code, const char *value,
		      const struct complaint *complaint)
{
	switch (code) {
	case OPTION_RADIUS:
		return value_number("radius", value, 0, 1e6, &shape->radius_m, complaint);
	case OPTION_HEIGHT:
		return value_number("height", value, 0, 1e5, &shape->height_m, complaint);
	case OPTION_SPEED:
		return value_number("speed", value, 0, 1e4, &shape->speed_mps, complaint);
	default:
		return value_whole("seed", value, 0, UINT64_MAX, &shape->seed, complaint);
	}
}

int options_swarm_take(struct swarm_options *swarm, struct seen *seen, int code, const char *value,
		       const struct complaint *complaint)
{
	switch (code) {
	case OPTION_PATTERN:
		seen->pattern = true;
		return take_pattern(swarm, value, complaint);
	case OPTION_RATE:
		return value_number("rate", value, 1e-3, 1e4, &swarm->rate_hz, complaint);
	case OPTION_STATE_RATE:
		return value_number("state-rate", value, 0, 1e3, &swarm->state_rate_hz, complaint);
	case OPTION_SIZE:
		return value_whole("size", value, 0, 65536, &swarm->size_bytes, complaint);
	case OPTION_DURATION:
		return value_seconds("duration", value, &swarm->duration_us, complaint);
	case OPTION_PREFIX:
		return take_name("prefix", value, OPTIONS_PREFIX_MAX, &swarm->prefix, complaint);
	case OPTION_HUB:
		return take_name("hub", value, NAME_MAX_BYTES, &swarm->hub, complaint);
	case OPTION_TRACK:
		swarm->track = value;
		return 0;
	case OPTION_COLUMNS:
		seen->columns = true;
		return take_columns(swarm, value, complaint);
	case OPTION_SPEED_UP:
		return value_number("speed-up", value, 1e-3, 1e6, &swarm->speed_up, complaint);
	case OPTION_LOG:
		swarm->log = value;
		return 0;
	case OPTION_LOCKSTEP:
		swarm->lockstep = true;
		return 0;
	default:
		return take_shape(&swarm->shape, code, value, complaint);
	}
}

static int find_target(struct options *options, const struct complaint *complaint)
{
	static const struct {
		const char *name;
		enum swarm_to to;
	} words[] = {{"random", SWARM_TO_RANDOM},
		     {"next", SWARM_TO_NEXT},
		     {"everyone", SWARM_TO_EVERYONE},
		     {"hub", SWARM_TO_HUB}};

	if (!options->to) {
		return 0;
	}
	options->swarm.to = SWARM_TO_ID;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(options->to, words[i].name) == 0) {
			options->swarm.to = words[i].to;
		}
	}
	return take_name("to", options->to, NAME_MAX_BYTES, &options->to, complaint);
}

int options_swarm_check(struct options *options, const struct seen *seen,
			const struct complaint *complaint)
{
	const struct swarm_options *swarm = &options->swarm;

	if (find_target(options, complaint) < 0) {
		return -1;
	}
	if (swarm->track && (seen->pattern || options->count)) {
		return value_complain(complaint, "--track: the file says how many drones there are "
						 "and where; leave out --count and --pattern");
	}
	if (seen->columns && !swarm->track) {
		return value_complain(complaint, "--columns needs --track FILE");
	}
	if (options->position.frame != POSITION_UNKNOWN && !swarm->hub) {
		return value_complain(complaint, "--position and --local say where the hub stands; "
						 "give --hub ID");
	}
	return 0;
}
