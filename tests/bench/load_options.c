#include "load_options.h"
#include "limit_frame.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	NUMBER_DIGITS = 5, /* of a drone's number in its id */
	UNDER_WAY = 128,
};

static const char *const mode_names[] = {"pairs",    "open",	 "many",    "idle",
					 "register", "presence", "overload"};
enum { MODE_COUNT = sizeof(mode_names) / sizeof(mode_names[0]) };

static const char usage[] =
	"usage: load --dialect D --to HOST:PORT --mode M [options]\n"
	"       load --print-sizes [--payload BYTES] [--scenario NAME]\n"
	"\n"
	"Speaks to a relay as many drones would, and prints what it took as one line of JSON.\n"
	"\n"
	"dialects: " DIALECT_NAMES "\n"
	"modes:\n"
	"  pairs     each drone of even number keeps --window messages to the next one in flight\n"
	"  open      the same pairs, --rate messages a second on a schedule; latency counts from\n"
	"            when a message was due\n"
	"  many      the first drone sends to everyone, --window messages in flight; with\n"
	"            --one-hop around the simulator, the same bytes to all (brokers)\n"
	"  idle      the drones register; a line with \"ready\" says so; ends when stdin does\n"
	"  register  --base drones are there, then --drones register as fast as they can\n"
	"  presence  --changers of the drones change --rate times a second over all\n"
	"  overload  the pairs of `pairs` show the peak, then half of it is offered, three times\n"
	"            and half again, on a schedule, and last the peak is found once more; tells\n"
	"            each tenth of a second (uav)\n"
	"\n"
	"  --drones N       (2)     --base B     (0)      --first F    number of the first (0)\n"
	"  --window W       (1)     --rate R     (1000)   --payload B  bytes (128)\n"
	"  --seconds S      (5)     --warmup S   (1)      --prefix P   (d)\n"
	"  --changers C     (all)   --scenario NAME\n"
	"  --stages P,B,O,A seconds of overload's four stages (2,2,5,6)\n"
	"  --everyone       (overload) each drone sends to all others; all is counted by receiver\n"
	"  --send-buffer B  bytes that the socket of each drone holds back (as the system has it)\n"
	"  --under-way N    drones that connect and register at a time (128)\n"
	"  --insist         who is turned away before it is registered comes again\n"
	"  --reset          connections end by a reset, also when this program is killed\n"
	"  --presence       wants to be told who comes and goes\n"
	"  --reports        asks for a report of every message (uav)\n"
	"  --any-order      messages of one sender may overtake each other; then what is lost is\n"
	"                   known only when nothing is on its way\n"
	"  --hub ID         one more drone, a star's hub; its id ends in five digits\n"
	"  --sizes a,b,c,d,e,f,g,h   of limit_relay's frames, as --print-sizes prints them: send,\n"
	"                   transmit, result, delivery, result for each more, registration,\n"
	"                   welcome, presence for each drone\n"
	"  --watch NAME=PID tells what that process takes; may be given several times\n"
	"  --counting S     (pairs, open, many) seconds after the measured ones in which system\n"
	"                   calls are counted (0.5); up to 20 times as many, until 20 times what\n"
	"                   is in flight has arrived\n";

enum option_code {
	OPTION_DIALECT = 256,
	OPTION_TO,
	OPTION_MODE,
	OPTION_DRONES,
	OPTION_BASE,
	OPTION_FIRST,
	OPTION_WINDOW,
	OPTION_RATE,
	OPTION_PAYLOAD,
	OPTION_SECONDS,
	OPTION_WARMUP,
	OPTION_CHANGERS,
	OPTION_PREFIX,
	OPTION_SCENARIO,
	OPTION_PRESENCE,
	OPTION_REPORTS,
	OPTION_ONE_HOP,
	OPTION_ANY_ORDER,
	OPTION_HUB,
	OPTION_SIZES,
	OPTION_WATCH,
	OPTION_COUNTING,
	OPTION_PRINT_SIZES,
	OPTION_STAGES,
	OPTION_SEND_BUFFER,
	OPTION_UNDER_WAY,
	OPTION_EVERYONE,
	OPTION_RESET,
	OPTION_INSIST,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{"dialect", required_argument, NULL, OPTION_DIALECT},
	{"to", required_argument, NULL, OPTION_TO},
	{"mode", required_argument, NULL, OPTION_MODE},
	{"drones", required_argument, NULL, OPTION_DRONES},
	{"base", required_argument, NULL, OPTION_BASE},
	{"first", required_argument, NULL, OPTION_FIRST},
	{"window", required_argument, NULL, OPTION_WINDOW},
	{"rate", required_argument, NULL, OPTION_RATE},
	{"payload", required_argument, NULL, OPTION_PAYLOAD},
	{"seconds", required_argument, NULL, OPTION_SECONDS},
	{"warmup", required_argument, NULL, OPTION_WARMUP},
	{"changers", required_argument, NULL, OPTION_CHANGERS},
	{"prefix", required_argument, NULL, OPTION_PREFIX},
	{"scenario", required_argument, NULL, OPTION_SCENARIO},
	{"presence", no_argument, NULL, OPTION_PRESENCE},
	{"reports", no_argument, NULL, OPTION_REPORTS},
	{"one-hop", no_argument, NULL, OPTION_ONE_HOP},
	{"any-order", no_argument, NULL, OPTION_ANY_ORDER},
	{"hub", required_argument, NULL, OPTION_HUB},
	{"sizes", required_argument, NULL, OPTION_SIZES},
	{"watch", required_argument, NULL, OPTION_WATCH},
	{"counting", required_argument, NULL, OPTION_COUNTING},
	{"print-sizes", no_argument, NULL, OPTION_PRINT_SIZES},
	{"stages", required_argument, NULL, OPTION_STAGES},
	{"send-buffer", required_argument, NULL, OPTION_SEND_BUFFER},
	{"under-way", required_argument, NULL, OPTION_UNDER_WAY},
	{"everyone", no_argument, NULL, OPTION_EVERYONE},
	{"reset", no_argument, NULL, OPTION_RESET},
	{"insist", no_argument, NULL, OPTION_INSIST},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

const char *load_mode_name(enum load_mode mode)
{
	return mode_names[mode];
}

static bool wrong(const char *option, const char *value, const char *wanted)
{
	(void)fprintf(stderr, "load: %s %s: it takes %s\n", option, value, wanted);
	return false;
}

static bool take_number(const char *option, const char *value, uint32_t least, uint32_t most,
			uint32_t *number)
{
	char wanted[64], *end;
	unsigned long long read;

	errno = 0;
	read = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || read < least || read > most) {
		(void)snprintf(wanted, sizeof(wanted), "a whole number from %u to %u", least, most);
		return wrong(option, value, wanted);
	}
	*number = (uint32_t)read;
	return true;
}

static bool take_real(const char *option, const char *value, double *number)
{
	char *end;
	double read = strtod(value, &end);

	if (end == value || *end || !isfinite(read) || read < 0) {
		return wrong(option, value, "a number, 0 or more");
	}
	*number = read;
	return true;
}

static bool take_dialect(const char *value, struct load_options *options)
{
	options->dialect = dialect_find(value);
	return options->dialect || wrong("--dialect", value, "one of " DIALECT_NAMES);
}

static bool take_stages(const char *value, double stages[STAGE_AGAIN])
{
	const char *at = value;

	for (int i = 0; i < STAGE_AGAIN; i++) {
		char *end;

		stages[i] = strtod(at, &end);
		if (end == at || *end != (i + 1 < STAGE_AGAIN ? ',' : '\0') ||
		    !(stages[i] > 0 && stages[i] < 3600)) {
			return wrong("--stages", value, "four numbers over 0 with commas between");
		}
		at = end + 1;
	}
	return true;
}

static bool take_mode(const char *value, struct load_options *options)
{
	for (int i = 0; i < MODE_COUNT; i++) {
		if (strcmp(value, mode_names[i]) == 0) {
			options->mode = (enum load_mode)i;
			return true;
		}
	}
	return wrong("--mode", value,
		     "one of pairs, open, many, idle, register, presence, overload");
}

static bool take_hub(const char *value, struct load_options *options)
{
	size_t size = strlen(value);
	size_t prefix = size > NUMBER_DIGITS ? size - NUMBER_DIGITS : 0;

	if (prefix == 0 || prefix >= sizeof(options->hub_prefix) ||
	    strspn(value + prefix, "0123456789") != NUMBER_DIGITS) {
		return wrong("--hub", value, "an id that ends in five digits, as hub00000");
	}
	memcpy(options->hub_prefix, value, prefix);
	options->hub_prefix[prefix] = '\0';
	options->hub_number = (uint32_t)strtoul(value + prefix, NULL, 10);
	return true;
}

static bool take_sizes(const char *value, struct frame_sizes *sizes)
{
	return limit_sizes_parse(value, sizes) == 0 ||
	       wrong("--sizes", value, "eight numbers with commas between them");
}

/* Cuts the argument at its equals sign. */
static bool take_watch(char *value, struct load_options *options)
{
	char *equals = strchr(value, '=');
	struct watch *watch = &options->watched[options->watched_count];
	uint32_t pid;

	if (!equals || equals == value) {
		return wrong("--watch", value, "NAME=PID");
	}
	if (options->watched_count == LOAD_MAX_WATCHED) {
		return wrong("--watch", value, "no more than 8 processes");
	}
	if (!take_number("--watch", equals + 1, 1, INT32_MAX, &pid)) {
		return false;
	}
	*equals = '\0';
	*watch = (struct watch){.name = value, .pid = (pid_t)pid};
	options->watched_count++;
	return true;
}

static bool take_count(int option, const char *value, struct load_options *options)
{
	switch (option) {
	case OPTION_DRONES:
		return take_number("--drones", value, 1, 100000, &options->drones);
	case OPTION_BASE:
		return take_number("--base", value, 0, 100000, &options->base);
	case OPTION_FIRST:
		return take_number("--first", value, 0, 99999, &options->first);
	case OPTION_WINDOW:
		return take_number("--window", value, 1, 1000000, &options->window);
	case OPTION_PAYLOAD:
		return take_number("--payload", value, BENCH_STAMP_BYTES, 4000000,
				   &options->shape.payload_bytes);
	case OPTION_SEND_BUFFER:
		return take_number("--send-buffer", value, 1, 1 << 30, &options->send_buffer);
	case OPTION_UNDER_WAY:
		return take_number("--under-way", value, 1, 100000, &options->under_way);
	default:
		return take_number("--changers", value, 1, 100000, &options->changers);
	}
}

static bool take_flag(int option, struct load_options *options)
{
	bool *const flag = option == OPTION_PRESENCE	? &options->shape.presence
			   : option == OPTION_REPORTS	? &options->shape.reports
			   : option == OPTION_ONE_HOP	? &options->shape.one_hop
			   : option == OPTION_EVERYONE	? &options->everyone
			   : option == OPTION_ANY_ORDER ? &options->any_order
			   : option == OPTION_INSIST	? &options->insist
			   : option == OPTION_RESET	? &options->reset
							: &options->print_sizes;

	*flag = true;
	return true;
}

static bool take_option(int option, char *value, struct load_options *options)
{
	switch (option) {
	case OPTION_DIALECT:
		return take_dialect(value, options);
	case OPTION_TO:
		options->address = value;
		return true;
	case OPTION_MODE:
		return take_mode(value, options);
	case OPTION_RATE:
		return take_real("--rate", value, &options->rate);
	case OPTION_SECONDS:
		return take_real("--seconds", value, &options->seconds);
	case OPTION_COUNTING:
		return take_real("--counting", value, &options->counting);
	case OPTION_WARMUP:
		return take_real("--warmup", value, &options->warmup);
	case OPTION_PREFIX:
		options->shape.drone_prefix = value;
		return true;
	case OPTION_SCENARIO:
		options->shape.scenario = value;
		return true;
	case OPTION_HUB:
		return take_hub(value, options);
	case OPTION_SIZES:
		return take_sizes(value, &options->shape.sizes);
	case OPTION_WATCH:
		return take_watch(value, options);
	case OPTION_STAGES:
		return take_stages(value, options->stages);
	default:
		return value ? take_count(option, value, options) : take_flag(option, options);
	}
}

static bool complain(const char *sentence)
{
	(void)fprintf(stderr, "load: %s\n", sentence);
	return false;
}

/* What no option tells alone. */
static bool fits_together(const struct load_options *options)
{
	bool paired = options->mode == MODE_PAIRS || options->mode == MODE_OPEN ||
		      (options->mode == MODE_OVERLOAD && !options->everyone);

	if (options->print_sizes) {
		return true;
	}
	if (!options->dialect || !options->address) {
		return complain("--dialect and --to say how to speak and to whom; see --help");
	}
	if (paired && options->drones % 2) {
		return complain("--drones: pairs need an even number");
	}
	if ((options->mode == MODE_MANY || options->everyone) && options->drones < 2) {
		return complain("--drones: to send to everyone takes two or more");
	}
	if (options->everyone && options->mode != MODE_OVERLOAD) {
		return complain("--everyone: it takes --mode overload; see --mode many");
	}
	if (options->shape.one_hop &&
	    (options->mode != MODE_MANY || !options->dialect->simulator_connects)) {
		return complain(
			"--one-hop: it takes --mode many and a broker's dialect; others give "
			"each receiver numbers of its own");
	}
	if ((options->mode == MODE_OPEN || options->mode == MODE_PRESENCE) && options->rate <= 0) {
		return complain("--rate: it must be over 0");
	}
	if (options->mode == MODE_PRESENCE && !options->dialect->drone_change) {
		return complain("--mode presence: nobody is told of anything in this dialect");
	}
	if (options->mode == MODE_OVERLOAD && options->dialect != &dialect_uav) {
		return complain("--mode overload: only dialect uav reports each message");
	}
	if (options->first + options->base + options->drones > 100000) {
		return complain("--first, --base, --drones: numbers of drones end at 99999");
	}
	return true;
}

static void set_defaults(struct load_options *options)
{
	*options = (struct load_options){
		.drones = 2,
		.window = 1,
		.rate = 1000,
		.seconds = 5,
		.counting = 0.5,
		.warmup = 1,
		.stages = {2, 2, 5, 6},
		.under_way = UNDER_WAY,
		.shape = {.payload_bytes = 128, .drone_prefix = "d"},
	};
}

enum load_options_status load_options_read(int argc, char **argv, struct load_options *options)
{
	int option;

	set_defaults(options);
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == OPTION_HELP) {
			(void)fputs(usage, stdout);
			return LOAD_OPTIONS_DONE;
		}
		if (option == '?' || !take_option(option, optarg, options)) {
			return LOAD_OPTIONS_WRONG;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "load: %s: it takes options alone; see --help\n",
			      argv[optind]);
		return LOAD_OPTIONS_WRONG;
	}
	if (options->mode == MODE_PRESENCE) {
		options->shape.presence = true;
	}
	if (options->mode == MODE_OVERLOAD) {
		options->shape.reports = true;
	}
	options->shape.first_drone = options->first;
	options->shape.drones = options->base + options->drones;
	return fits_together(options) ? LOAD_OPTIONS_RUN : LOAD_OPTIONS_WRONG;
}
