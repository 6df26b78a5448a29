#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "identity.h"

/* Of sim-stub; another simulator prints it with its own name. */
static const char help[] =
	"Usage: sim-stub [-c FILE] [--listen HOST:PORT] [--seed N]\n"
	"                [--tls-cert FILE --tls-key FILE [--tls-ca FILE]]\n"
	"                [--faults FILE] [--ready-file PATH]\n"
	"       sim-stub --fit FILE [-p KEY=VALUE]... [--data] [-o FILE]\n"
	"       sim-stub --plot MODEL [-p KEY=VALUE]... [--data] [-o FILE]\n"
	"       sim-stub --conformance HOST:PORT [--model NAME]\n"
	"                [-p KEY=VALUE]... [--only GROUP]... [--timeout SECONDS]\n"
	"\n"
	"A channel simulator: gateways connect to it and ask what becomes of each\n"
	"transmission.\n"
	"\n"
	"  -c, --config FILE        read an ini file: section [sim], keys listen, seed,\n"
	"                           log_format, tls_cert, tls_key, tls_ca, faults\n"
	"  -l, --listen HOST:PORT   where to listen (127.0.0.1:7700); port 0 takes any\n"
	"  -s, --seed N             what chance is drawn from (1)\n"
	"      --log-format FORMAT  logfmt or json (logfmt)\n"
	"      --tls-cert FILE      speak TLS, with this certificate (PEM)\n"
	"      --tls-key FILE       and the key to it\n"
	"      --tls-ca FILE        take only gateways with a certificate signed by this\n"
	"                           CA\n"
	"      --faults FILE        what goes wrong, and when: lost links, jammers, a\n"
	"                           simulator that stalls, lies or dies\n"
	"      --ready-file PATH    a file that is there for as long as gateways can\n"
	"                           connect; it tells where, as \"listen ADDRESS\"\n"
	"      --fit FILE           instead of serving, find the scenario in a log of a\n"
	"                           radio (CSV) and print its channel.* lines\n"
	"      --plot MODEL         instead of serving, draw path loss and packet error\n"
	"                           rate of a model; needs gnuplot\n"
	"  -p, --parameter KEY=VALUE  of --fit, --plot and --conformance: a parameter of\n"
	"                           the scenario; may be repeated\n"
	"      --data               of --fit and --plot: the numbers alone, as CSV\n"
	"  -o, --output FILE        of --fit and --plot: where to write; \"-\", as without\n"
	"                           it, is standard output, but a drawing is MODEL.svg\n"
	"      --help, --version\n"
	"\n"
	"Whether another simulator keeps the protocol:\n"
	"\n"
	"      --conformance HOST:PORT  play it against the one that listens there, a\n"
	"                           check a line\n"
	"      --model NAME         of the scenarios that are played (free-space if that\n"
	"                           is listed, else the first that is)\n"
	"      --only GROUP         these checks alone: hello, scenarios, frames, sizes,\n"
	"                           nodes, pipelining, order, errors, repeatability or\n"
	"                           numbers; may be repeated\n"
	"      --timeout SECONDS    how long an answer may take, 1 to 600 (10)\n"
	"\n"
	"Flags override the file. Exit codes: 0 stopped by SIGTERM or SIGINT, or done,\n"
	"1 cannot listen, connect or do it, or a check has failed, 2 wrong usage or\n"
	"configuration.\n";

/* ---------------------------------------------------------------- values */

static bool read_u64(const char *text, uint64_t most, uint64_t *number)
{
	char *end;

	if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text)) {
		return false;
	}
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno == 0 && *number <= most;
}

int options_set_listen(struct options *options, const char *value)
{
	const char *colon = strrchr(value, ':');
	const char *host = value;
	size_t size = colon ? (size_t)(colon - value) : 0;
	uint64_t port;

	if (size >= 2 && host[0] == '[' && host[size - 1] == ']') {
		host++;
		size -= 2;
	} else if (memchr(host, ':', size)) {
		return -1;
	}
	if (size == 0 || size >= sizeof(options->host) || !read_u64(colon + 1, 65535, &port)) {
		return -1;
	}
	memcpy(options->host, host, size);
	options->host[size] = '\0';
	snprintf(options->port, sizeof(options->port), "%u", (unsigned)port);
	return 0;
}

int options_set_seed(struct options *options, const char *value)
{
	return read_u64(value, UINT64_MAX, &options->seed) ? 0 : -1;
}

int options_set_log_format(struct options *options, const char *value)
{
	bool json = strcmp(value, "json") == 0;

	if (!json && strcmp(value, "logfmt") != 0) {
		return -1;
	}
	options->log_format = json ? LOG_FORMAT_JSON : LOG_FORMAT_LOGFMT;
	return 0;
}

static int set_path(char path[PATH_MAX], const char *value)
{
	size_t size = strlen(value);

	if (size == 0 || size >= PATH_MAX) {
		return -1;
	}
	memcpy(path, value, size + 1);
	return 0;
}

int options_set_tls_cert(struct options *options, const char *value)
{
	return set_path(options->tls_cert, value);
}

int options_set_tls_key(struct options *options, const char *value)
{
	return set_path(options->tls_key, value);
}

int options_set_tls_ca(struct options *options, const char *value)
{
	return set_path(options->tls_ca, value);
}

int options_set_faults(struct options *options, const char *value)
{
	return set_path(options->faults, value);
}

struct key {
	const char *name, *flag;
	int (*set)(struct options *options, const char *value);
	const char *allowed;
	bool is_path;
};

enum {
	KEY_LISTEN,
	KEY_SEED,
	KEY_LOG_FORMAT,
	KEY_TLS_CERT,
	KEY_TLS_KEY,
	KEY_TLS_CA,
	KEY_FAULTS,
	KEY_COUNT
};

static const char allowed_path[] = "the path of a file";

static const struct key keys[KEY_COUNT] = {
	[KEY_LISTEN] = {"listen", "listen", options_set_listen,
			"HOST:PORT with a port from 0 to 65535", false},
	[KEY_SEED] = {"seed", "seed", options_set_seed,
		      "a whole number from 0 to 18446744073709551615", false},
	[KEY_LOG_FORMAT] = {"log_format", "log-format", options_set_log_format, "logfmt or json",
			    false},
	[KEY_TLS_CERT] = {"tls_cert", "tls-cert", options_set_tls_cert, allowed_path, true},
	[KEY_TLS_KEY] = {"tls_key", "tls-key", options_set_tls_key, allowed_path, true},
	[KEY_TLS_CA] = {"tls_ca", "tls-ca", options_set_tls_ca, allowed_path, true},
	[KEY_FAULTS] = {"faults", "faults", options_set_faults, allowed_path, true},
};

/* ------------------------------------------------------------------ file */

/* inih tells its handler no line, splits lines that are too long and goes on:
 * so lines are read, counted and measured here. */
struct file {
	FILE *stream;
	const char *path;
	int line;
	bool wrong;
	unsigned given; /* bits of keys */
	struct options *options;
};

/* `name` may be anything that stood in the file. */
static void tell(struct file *file, const char *what, const char *name, const char *then)
{
	struct slice rest = slice_str(name);

	fprintf(stderr, "%s: %s:%d: %s", this_simulator.name, file->path, file->line, what);
	while (rest.size) {
		char unit[UTF8_ESCAPE_MAX];
		size_t taken, size = utf8_escape(rest, true, unit, &taken);

		fwrite(unit, 1, size, stderr);
		rest = slice_of(rest.data + taken, rest.size - taken);
	}
	fprintf(stderr, "%s\n", then);
	file->wrong = true;
}

static char *read_line(char *line, int cap, void *ctx)
{
	struct file *file = ctx;
	int next;

	if (!fgets(line, cap, file->stream)) {
		return NULL;
	}
	file->line++;
	if (strchr(line, '\n') || feof(file->stream)) {
		return line;
	}
	next = getc(file->stream);
	if (next != EOF) {
		tell(file, "the line is too long", "", "");
	}
	while (next != EOF && next != '\n') {
		next = getc(file->stream);
	}
	return line;
}

/* A path is relative to the folder of the file in which it stands. */
static int set_key(struct file *file, const struct key *key, const char *value)
{
	const char *slash = strrchr(file->path, '/');
	char path[PATH_MAX];
	int size;

	if (!key->is_path || value[0] == '/' || value[0] == '\0' || !slash) {
		return key->set(file->options, value);
	}
	size = snprintf(path, sizeof(path), "%.*s%s", (int)(slash + 1 - file->path), file->path,
			value);
	return size < (int)sizeof(path) ? key->set(file->options, path) : -1;
}

/* Always 1, "taken": mistakes are told here, so that what inih itself returns
 * are mistakes of form alone. */
static int on_value(void *ctx, const char *section, const char *name, const char *value)
{
	struct file *file = ctx;

	if (strcmp(section, "sim") != 0) {
		tell(file, "unknown section \"", section, "\"; known: sim");
		return 1;
	}
	for (unsigned i = 0; i < KEY_COUNT; i++) {
		if (strcmp(name, keys[i].name) != 0) {
			continue;
		}
		if (file->given & (1u << i)) {
			tell(file, name, " given twice", "");
		} else if (set_key(file, &keys[i], value) < 0) {
			tell(file, name, " is not ", keys[i].allowed);
		}
		file->given |= 1u << i;
		return 1;
	}
	tell(file, "unknown key \"", name,
	     "\"; known: listen, seed, log_format, tls_cert, tls_key, tls_ca, faults");
	return 1;
}

int options_read_file(struct options *options, const char *path)
{
	struct file file = {.path = path, .options = options};
	int bad_line;

	file.stream = fopen(path, "r");
	if (!file.stream) {
		fprintf(stderr, "%s: %s: %s\n", this_simulator.name, path, strerror(errno));
		return -1;
	}
	errno = 0;
	bad_line = ini_parse_stream(read_line, &file, on_value, &file);
	if (ferror(file.stream)) {
		fprintf(stderr, "%s: %s: %s\n", this_simulator.name, path, strerror(errno));
		file.wrong = true;
	} else if (bad_line != 0) {
		file.line = bad_line;
		tell(&file, "neither a [section] nor key = value", "", "");
	}
	fclose(file.stream);
	return file.wrong ? -1 : 0;
}

/* ---------------------------------------------------------- command line */

enum {
	FLAG_HELP = 256,
	FLAG_VERSION,
	FLAG_LOG_FORMAT,
	FLAG_TLS_CERT,
	FLAG_TLS_KEY,
	FLAG_TLS_CA,
	FLAG_FAULTS,
	FLAG_READY
};

static const struct option flags[] = {
	{"config", required_argument, NULL, 'c'},
	{"listen", required_argument, NULL, 'l'},
	{"seed", required_argument, NULL, 's'},
	{"log-format", required_argument, NULL, FLAG_LOG_FORMAT},
	{"tls-cert", required_argument, NULL, FLAG_TLS_CERT},
	{"tls-key", required_argument, NULL, FLAG_TLS_KEY},
	{"tls-ca", required_argument, NULL, FLAG_TLS_CA},
	{"faults", required_argument, NULL, FLAG_FAULTS},
	{"ready-file", required_argument, NULL, FLAG_READY},
	{"help", no_argument, NULL, FLAG_HELP},
	{"version", no_argument, NULL, FLAG_VERSION},
	{NULL, 0, NULL, 0},
};

/* What the command line says; NULL where it says nothing. */
struct arguments {
	const char *file, *ready_file;
	const char *values[KEY_COUNT];
};

/* The help has every flag. */
bool options_has_flag(const char *argument)
{
	static const char letters[] = "-abcdefghijklmnopqrstuvwxyz";
	size_t size = strcspn(argument, "=");
	const char *at = help;

	if (size < 2 || argument[0] != '-' || strspn(argument, letters) < size) {
		return false;
	}
	while ((at = strchr(at, '-'))) {
		size_t there = strspn(at, letters);

		if (there == size && strncmp(at, argument, size) == 0) {
			return true;
		}
		at += there;
	}
	return false;
}

static enum options_status print_help(void)
{
	static const char stub[] = "sim-stub";
	const char *rest = help;
	const char *found;

	while ((found = strstr(rest, stub))) {
		printf("%.*s%s", (int)(found - rest), rest, this_simulator.name);
		rest = found + strlen(stub);
	}
	fputs(rest, stdout);
	return OPTIONS_DONE;
}

static enum options_status print_version(void)
{
	printf("%s %s\n", this_simulator.name, this_simulator.version);
	return OPTIONS_DONE;
}

static enum options_status read_arguments(int argc, char **argv, struct arguments *arguments)
{
	int flag;

	*arguments = (struct arguments){0};
	while ((flag = getopt_long(argc, argv, "c:l:s:", flags, NULL)) != -1) {
		switch (flag) {
		case 'c':
			arguments->file = optarg;
			break;
		case 'l':
			arguments->values[KEY_LISTEN] = optarg;
			break;
		case 's':
			arguments->values[KEY_SEED] = optarg;
			break;
		case FLAG_LOG_FORMAT:
			arguments->values[KEY_LOG_FORMAT] = optarg;
			break;
		case FLAG_TLS_CERT:
			arguments->values[KEY_TLS_CERT] = optarg;
			break;
		case FLAG_TLS_KEY:
			arguments->values[KEY_TLS_KEY] = optarg;
			break;
		case FLAG_TLS_CA:
			arguments->values[KEY_TLS_CA] = optarg;
			break;
		case FLAG_FAULTS:
			arguments->values[KEY_FAULTS] = optarg;
			break;
		case FLAG_READY:
			arguments->ready_file = optarg;
			break;
		case FLAG_HELP:
			return print_help();
		case FLAG_VERSION:
			return print_version();
		default:
			fprintf(stderr, "see %s --help\n", this_simulator.name);
			return OPTIONS_WRONG;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument \"%s\"; see --help\n", this_simulator.name,
			argv[optind]);
		return OPTIONS_WRONG;
	}
	return OPTIONS_RUN;
}

/* What must stand together, wherever it was said. */
static enum options_status check_tls(const struct options *options)
{
	if ((options->tls_cert[0] == '\0') != (options->tls_key[0] == '\0')) {
		fprintf(stderr,
			"%s: tls_cert and tls_key go together: the certificate, and the key to "
			"it\n",
			this_simulator.name);
		return OPTIONS_WRONG;
	}
	if (options->tls_ca[0] && options->tls_cert[0] == '\0') {
		fprintf(stderr,
			"%s: tls_ca needs tls_cert and tls_key: whom to trust says nothing of who "
			"this is\n",
			this_simulator.name);
		return OPTIONS_WRONG;
	}
	return OPTIONS_RUN;
}

enum options_status options_read(int argc, char **argv, struct options *options)
{
	struct arguments arguments;
	enum options_status status = read_arguments(argc, argv, &arguments);

	*options = (struct options){.host = "127.0.0.1", .port = "7700", .seed = 1};
	if (status != OPTIONS_RUN) {
		return status;
	}
	options->ready_file = arguments.ready_file;
	if (arguments.file && options_read_file(options, arguments.file) < 0) {
		return OPTIONS_WRONG;
	}
	for (unsigned i = 0; i < KEY_COUNT; i++) {
		if (arguments.values[i] && keys[i].set(options, arguments.values[i]) < 0) {
			fprintf(stderr, "%s: --%s is not %s\n", this_simulator.name, keys[i].flag,
				keys[i].allowed);
			status = OPTIONS_WRONG;
		}
	}
	return status == OPTIONS_RUN ? check_tls(options) : status;
}
