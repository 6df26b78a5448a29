#include "cli/options.h"

#include "base/version.h"
#include "cli/help.h"
#include "cli/options_swarm.h"
#include "cli/value.h"

#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

static const struct option table[] = {
	{"gateway", required_argument, NULL, OPTION_GATEWAY},
	{"id", required_argument, NULL, OPTION_ID},
	{"callsign", required_argument, NULL, OPTION_CALLSIGN},
	{"scenario", required_argument, NULL, OPTION_SCENARIO},
	{"kind", required_argument, NULL, OPTION_KIND},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"json", no_argument, NULL, OPTION_JSON},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"to", required_argument, NULL, OPTION_TO},
	{"everyone", no_argument, NULL, OPTION_EVERYONE},
	{"payload", required_argument, NULL, OPTION_PAYLOAD},
	{"file", required_argument, NULL, OPTION_FILE},
	{"content-type", required_argument, NULL, OPTION_CONTENT_TYPE},
	{"count", required_argument, NULL, OPTION_COUNT},
	{"report", optional_argument, NULL, OPTION_REPORT},
	{"position", required_argument, NULL, OPTION_POSITION},
	{"local", required_argument, NULL, OPTION_LOCAL},
	{"for", required_argument, NULL, OPTION_FOR},
	{"group", required_argument, NULL, OPTION_GROUP},
	{"secret-file", required_argument, NULL, OPTION_SECRET_FILE},
	{"tls-ca", required_argument, NULL, OPTION_TLS_CA},
	{"tls-cert", required_argument, NULL, OPTION_TLS_CERT},
	{"tls-key", required_argument, NULL, OPTION_TLS_KEY},
	{"tls-name", required_argument, NULL, OPTION_TLS_NAME},
	{"interval", required_argument, NULL, OPTION_INTERVAL},
	{"once", no_argument, NULL, OPTION_ONCE},
	{"sort", required_argument, NULL, OPTION_SORT},
	{"wait", optional_argument, NULL, OPTION_WAIT},
	{"no-history", no_argument, NULL, OPTION_NO_HISTORY},
	{"save", required_argument, NULL, OPTION_SAVE},
	{"piece-size", required_argument, NULL, OPTION_PIECE_SIZE},
	{"pattern", required_argument, NULL, OPTION_PATTERN},
	{"radius", required_argument, NULL, OPTION_RADIUS},
	{"height", required_argument, NULL, OPTION_HEIGHT},
	{"speed", required_argument, NULL, OPTION_SPEED},
	{"rate", required_argument, NULL, OPTION_RATE},
	{"state-rate", required_argument, NULL, OPTION_STATE_RATE},
	{"size", required_argument, NULL, OPTION_SIZE},
	{"duration", required_argument, NULL, OPTION_DURATION},
	{"seed", required_argument, NULL, OPTION_SEED},
	{"prefix", required_argument, NULL, OPTION_PREFIX},
	{"hub", required_argument, NULL, OPTION_HUB},
	{"track", required_argument, NULL, OPTION_TRACK},
	{"columns", required_argument, NULL, OPTION_COLUMNS},
	{"speed-up", required_argument, NULL, OPTION_SPEED_UP},
	{"log", required_argument, NULL, OPTION_LOG},
	{"lockstep", no_argument, NULL, OPTION_LOCKSTEP},
	{0},
};

/* The commands that know an option; all know those that are not here. */
static unsigned commands_of(int code)
{
	const unsigned joining = COMMAND_SEND | COMMAND_LISTEN | COMMAND_SWARM | COMMAND_CONSOLE;
	const unsigned all = joining | COMMAND_WHO | COMMAND_SCENARIOS | COMMAND_TOP;

	if (code >= OPTION_PATTERN) {
		return COMMAND_SWARM;
	}
	switch (code) {
	case OPTION_EVERYONE:
	case OPTION_PAYLOAD:
	case OPTION_FILE:
	case OPTION_CONTENT_TYPE:
	case OPTION_REPORT:
		return COMMAND_SEND;
	case OPTION_WAIT:
		return COMMAND_SEND | COMMAND_WHO;
	case OPTION_FOR:
		return COMMAND_LISTEN;
	case OPTION_GROUP:
		return COMMAND_SEND | COMMAND_LISTEN | COMMAND_CONSOLE;
	case OPTION_TO:
		return COMMAND_SEND | COMMAND_SWARM;
	case OPTION_ID:
	case OPTION_CALLSIGN:
	case OPTION_KIND:
		return all & ~(unsigned)COMMAND_SWARM;
	case OPTION_NO_HISTORY:
	case OPTION_SAVE:
	case OPTION_PIECE_SIZE:
		return COMMAND_CONSOLE;
	case OPTION_COUNT:
		return (joining & ~(unsigned)COMMAND_CONSOLE) | COMMAND_TOP;
	case OPTION_POSITION:
	case OPTION_LOCAL:
		return joining;
	case OPTION_SCENARIO:
		return joining | COMMAND_WHO | COMMAND_TOP;
	case OPTION_INTERVAL:
	case OPTION_ONCE:
	case OPTION_SORT:
		return COMMAND_TOP;
	default:
		return all;
	}
}

static int take_id(struct options *options, const char *value, const struct complaint *complaint)
{
	if (strlen(value) >= sizeof(options->id)) {
		return value_complain(complaint, "--id %s: must have 1 to %d characters", value,
				      NAME_MAX_BYTES);
	}
	(void)snprintf(options->id, sizeof(options->id), "%s", value);
	return 0;
}

static int take_kind(struct options *options, const char *value, const struct complaint *complaint)
{
	static const char *const names[] = {"drone", "ground-station", NULL};
	int kind = value_choice("kind", value, names, complaint);

	options->kind = kind == 1 ? DRONE_KIND_GROUND_STATION : DRONE_KIND_DRONE;
	return kind < 0 ? -1 : 0;
}

static int take_report(struct options *options, const char *value,
		       const struct complaint *complaint)
{
	static const char *const names[] = {"none", "failures", "all", NULL};
	int wish = value_choice("report", value ? value : "all", names, complaint);

	options->report = wish == 0   ? REPORT_WISH_NONE
			  : wish == 1 ? REPORT_WISH_FAILURES
				      : REPORT_WISH_ALL;
	return wish < 0 ? -1 : 0;
}

static int take_group(struct options *options, const char *value, const struct complaint *complaint)
{
	if (options->group_count == OPTIONS_GROUPS_MAX) {
		return value_complain(complaint, "--group %s: a drone is in %d groups at most",
				      value, OPTIONS_GROUPS_MAX);
	}
	options->groups[options->group_count++] = value;
	return 0;
}

static int take_count(struct options *options, const char *value, const struct complaint *complaint)
{
	uint64_t most = options->command == COMMAND_SWARM ? OPTIONS_SWARM_MAX : UINT32_MAX;

	return value_whole("count", value, 1, most, &options->count, complaint);
}

static int take_position(struct options *options, int code, const char *value,
			 const struct complaint *complaint)
{
	bool geodetic = code == OPTION_POSITION;
	double number[3] = {0};
	const char *why = "must be three numbers with commas";

	if (options->position.frame != POSITION_UNKNOWN) {
		return value_complain(complaint, "--position and --local: give one, once");
	}
	if (value_three(value, number)) {
		why = geodetic ? value_geodetic(number, &options->position)
			       : value_local(number, &options->position);
	}
	return why ? value_complain(complaint, "--%s %s: %s", geodetic ? "position" : "local",
				    value, why)
		   : 0;
}

/* A path, or a name, of which nothing can be said yet but that it is there. */
static int take_word(const char *name, const char *value, const char **taken,
		     const struct complaint *complaint)
{
	*taken = value;
	return *value ? 0 : value_complain(complaint, "--%s: is empty", name);
}

/* How the drone shows who it is, and knows the gateway. */
static int take_credential(struct options *options, int code, const char *value,
			   const struct complaint *complaint)
{
	switch (code) {
	case OPTION_SECRET_FILE:
		return take_word("secret-file", value, &options->secret_file, complaint);
	case OPTION_TLS_CA:
		return take_word("tls-ca", value, &options->tls_ca, complaint);
	case OPTION_TLS_CERT:
		return take_word("tls-cert", value, &options->tls_cert, complaint);
	case OPTION_TLS_KEY:
		return take_word("tls-key", value, &options->tls_key, complaint);
	default:
		return take_word("tls-name", value, &options->tls_name, complaint);
	}
}

enum { INTERVAL_LEAST_US = 100000 };

static int take_interval(struct options *options, const char *value,
			 const struct complaint *complaint)
{
	if (value_seconds("interval", value, &options->top.interval_us, complaint) < 0) {
		return -1;
	}
	return options->top.interval_us >= INTERVAL_LEAST_US
		       ? 0
		       : value_complain(complaint, "--interval %s: must be 0.1 seconds or more",
					value);
}

/* A minus in front: the other way round. */
static int take_sort(struct options *options, const char *value, const struct complaint *complaint)
{
	bool reverse = *value == '-';
	int column = value_choice("sort", value + reverse, top_column_names, complaint);

	options->top.sort = column < 0 ? TOP_DRONE : (enum top_column)column;
	options->top.reverse = reverse;
	return column < 0 ? -1 : 0;
}

static int take_top(struct options *options, int code, const char *value,
		    const struct complaint *complaint)
{
	switch (code) {
	case OPTION_INTERVAL:
		return take_interval(options, value, complaint);
	case OPTION_SORT:
		return take_sort(options, value, complaint);
	default:
		options->count = 1;
		return 0;
	}
}

/* `send` knows for whom; `who` is told. */
static int take_wait(struct options *options, const char *value, const struct complaint *complaint)
{
	options->wait = true;
	options->wait_for = value;
	if (options->command == COMMAND_SEND && value) {
		return value_complain(complaint,
				      "--wait=%s: send waits for whom it sends to; write "
				      "--wait alone",
				      value);
	}
	if (options->command == COMMAND_WHO && (!value || !*value)) {
		return value_complain(complaint, "--wait: for whom? --wait ID");
	}
	return 0;
}

static int take_console(struct options *options, int code, const char *value,
			const struct complaint *complaint)
{
	switch (code) {
	case OPTION_NO_HISTORY:
		options->no_history = true;
		return 0;
	case OPTION_SAVE:
		return take_word("save", value, &options->save, complaint);
	default:
		return value_whole("piece-size", value, 1, OPTIONS_PIECE_MAX, &options->piece_bytes,
				   complaint);
	}
}

static int take_option(struct options *options, struct seen *seen, int code, const char *value,
		       const struct complaint *complaint)
{
	switch (code) {
	case OPTION_GATEWAY:
		seen->gateway = true;
		return value_gateway(value, options, complaint);
	case OPTION_ID:
		return take_id(options, value, complaint);
	case OPTION_CALLSIGN:
		options->callsign = value;
		return 0;
	case OPTION_SCENARIO:
		options->scenario = value;
		return 0;
	case OPTION_KIND:
		return take_kind(options, value, complaint);
	case OPTION_TIMEOUT:
		return value_seconds("timeout", value, &options->timeout_us, complaint);
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_TO:
		options->to = value;
		return *value ? 0 : value_complain(complaint, "--to: a drone's id is missing");
	case OPTION_GROUP:
		return take_group(options, value, complaint);
	case OPTION_EVERYONE:
		seen->everyone = true;
		return 0;
	case OPTION_PAYLOAD:
		options->payload = value;
		return 0;
	case OPTION_FILE:
		options->file = value;
		return 0;
	case OPTION_CONTENT_TYPE:
		options->content_type = value;
		return 0;
	case OPTION_COUNT:
		return take_count(options, value, complaint);
	case OPTION_REPORT:
		return take_report(options, value, complaint);
	case OPTION_FOR:
		return value_seconds("for", value, &options->for_us, complaint);
	case OPTION_WAIT:
		return take_wait(options, value, complaint);
	case OPTION_POSITION:
	case OPTION_LOCAL:
		return take_position(options, code, value, complaint);
	case OPTION_SECRET_FILE:
	case OPTION_TLS_CA:
	case OPTION_TLS_CERT:
	case OPTION_TLS_KEY:
	case OPTION_TLS_NAME:
		return take_credential(options, code, value, complaint);
	case OPTION_INTERVAL:
	case OPTION_ONCE:
	case OPTION_SORT:
		return take_top(options, code, value, complaint);
	case OPTION_NO_HISTORY:
	case OPTION_SAVE:
	case OPTION_PIECE_SIZE:
		return take_console(options, code, value, complaint);
	default:
		return options_swarm_take(&options->swarm, seen, code, value, complaint);
	}
}

static int check_tls(const struct options *options, const struct complaint *complaint)
{
	if (!options->tls_cert != !options->tls_key) {
		return value_complain(complaint, "--tls-cert and --tls-key go together: the "
						 "drone's certificate, and the key to it");
	}
	if (!options->tls_ca && (options->tls_cert || options->tls_name)) {
		return value_complain(complaint,
				      "--%s needs --tls-ca FILE: the CA that has signed the "
				      "gateway's certificate",
				      options->tls_cert ? "tls-cert" : "tls-name");
	}
	if (options->tls_ca && options->socket_path && !options->tls_name) {
		return value_complain(complaint, "--tls-ca at a Unix socket needs --tls-name NAME: "
						 "for whom the gateway's certificate is");
	}
	return 0;
}

/* What must and what must not stand together. */
static int check(struct options *options, const struct seen *seen,
		 const struct complaint *complaint)
{
	if (check_tls(options, complaint) < 0) {
		return -1;
	}
	if (!(options->command &
	      (COMMAND_WHO | COMMAND_SCENARIOS | COMMAND_TOP | COMMAND_CONSOLE)) &&
	    options->scenario[0] == '\0') {
		return value_complain(complaint, "--scenario NAME is missing; uav-drone scenarios "
						 "shows those there are");
	}
	if (options->command == COMMAND_SWARM) {
		return options_swarm_check(options, seen, complaint);
	}
	if (options->command != COMMAND_SEND) {
		return 0;
	}
	if ((size_t)seen->everyone + (options->to != NULL) + options->group_count != 1) {
		return value_complain(complaint,
				      "give one of --to ID, --group NAME and --everyone");
	}
	if (options->payload && options->file) {
		return value_complain(complaint, "give one of --payload and --file");
	}
	return 0;
}

/* Without --gateway the environment says where it is. */
static int take_environment(struct options *options, const struct complaint *complaint)
{
	const char *gateway = getenv("UAV_GATEWAY");
	char why[256];
	const struct complaint inner = {why, sizeof(why)};

	if (!gateway || !*gateway || value_gateway(gateway, options, &inner) == 0) {
		return 0;
	}
	return value_complain(complaint, "UAV_GATEWAY in the environment: %s", why);
}

static int find_command(const char *name, const struct complaint *complaint)
{
	static const struct {
		const char *name;
		enum command command;
	} commands[] = {{"who", COMMAND_WHO},	     {"scenarios", COMMAND_SCENARIOS},
			{"send", COMMAND_SEND},	     {"listen", COMMAND_LISTEN},
			{"swarm", COMMAND_SWARM},    {"top", COMMAND_TOP},
			{"console", COMMAND_CONSOLE}};

	if (!name) {
		return value_complain(complaint, "a command is missing: who, scenarios, send, "
						 "listen, swarm, top or console");
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(name, commands[i].name) == 0) {
			return (int)commands[i].command;
		}
	}
	return value_complain(
		complaint,
		"%s: no such command; there are who, scenarios, send, listen, swarm, top and "
		"console",
		name);
}

static const struct option *find_option(int code)
{
	const struct option *option = table;

	while (option->val != code) {
		option++;
	}
	return option;
}

static enum options_status parse_options(int argc, char **argv, struct options *options, FILE *out,
					 const struct complaint *complaint)
{
	struct seen seen = {0};
	int code;

	opterr = 0;
	optind = 0; /* getopt(3), of glibc: all anew, the middle of a word too */
	while ((code = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		if (code == OPTION_HELP || code == 'h') {
			help_print(out, options->command);
			return OPTIONS_TOLD;
		}
		if (code == OPTION_VERSION) {
			(void)fprintf(out, "uav-drone %s\n", UAV_VERSION);
			return OPTIONS_TOLD;
		}
		if (code == '?' || code == ':') {
			(void)value_complain(complaint, "%s: %s", argv[optind - 1],
					     code == ':' ? "needs a value"
							 : "no such option, or not so; see --help");
			return OPTIONS_WRONG;
		}
		if (!(commands_of(code) & options->command)) {
			(void)value_complain(complaint,
					     "--%s is not an option of this command; see --help",
					     find_option(code)->name);
			return OPTIONS_WRONG;
		}
		/* who --wait ID, as well as --wait=ID; send --wait has none */
		if (code == OPTION_WAIT && options->command == COMMAND_WHO && !optarg &&
		    optind < argc) {
			optarg = argv[optind++];
		}
		if (take_option(options, &seen, code, optarg, complaint) < 0) {
			return OPTIONS_WRONG;
		}
	}
	if (optind < argc) {
		(void)value_complain(complaint, "%s: unexpected; see --help", argv[optind]);
		return OPTIONS_WRONG;
	}
	if (!seen.gateway && take_environment(options, complaint) < 0) {
		return OPTIONS_WRONG;
	}
	return check(options, &seen, complaint) < 0 ? OPTIONS_WRONG : OPTIONS_OK;
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

enum options_status options_parse(int argc, char **argv, struct options *options, FILE *out,
				  char *text, size_t size)
{
	const struct complaint complaint = {text, size};
	const char *first = argc > 1 ? argv[1] : NULL;
	int command;

	*options = (struct options){
		.gateway = "127.0.0.1:7600",
		.host = "127.0.0.1",
		.port = "7600",
		.callsign = "",
		.scenario = "",
		.content_type = "",
		.timeout_us = 10000000,
		.report = REPORT_WISH_ALL,
		.swarm = options_swarm_default,
		.top = {.interval_us = 1000000, .sort = TOP_DRONE},
	};
	(void)snprintf(options->id, sizeof(options->id), "cli-%ld", (long)getpid());
	if (first && is_help(first)) {
		help_print(out, COMMAND_NONE);
		return OPTIONS_TOLD;
	}
	if (first && strcmp(first, "--version") == 0) {
		(void)fprintf(out, "uav-drone %s\n", UAV_VERSION);
		return OPTIONS_TOLD;
	}
	command = find_command(first, &complaint);
	if (command < 0) {
		return OPTIONS_WRONG;
	}
	options->command = (enum command)command;
	if (options->command == COMMAND_TOP) {
		options->kind = DRONE_KIND_GROUND_STATION;
	}
	return parse_options(argc - 1, argv + 1, options, out, &complaint);
}
