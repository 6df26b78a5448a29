#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/version.h"

static const char help[] =
	"Usage: sim-stub [-c FILE] [--listen HOST:PORT] [--seed N]\n"
	"\n"
	"The bundled channel simulator: gateways connect to it and ask what becomes of\n"
	"each transmission.\n"
	"\n"
	"  -c, --config FILE        read an ini file: section [sim], keys listen, seed\n"
	"  -l, --listen HOST:PORT   where to listen (127.0.0.1:7700); port 0 takes any\n"
	"  -s, --seed N             what chance is drawn from (1)\n"
	"      --help, --version\n"
	"\n"
	"Flags override the file. Exit codes: 0 stopped by SIGTERM or SIGINT, 1 cannot\n"
	"listen, 2 wrong usage or configuration.\n";

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

struct key {
	const char *name;
	int (*set)(struct options *options, const char *value);
	const char *allowed;
};

enum { KEY_LISTEN, KEY_SEED, KEY_COUNT };

static const struct key keys[KEY_COUNT] = {
	[KEY_LISTEN] = {"listen", options_set_listen, "HOST:PORT with a port from 0 to 65535"},
	[KEY_SEED] = {"seed", options_set_seed, "a whole number from 0 to 18446744073709551615"},
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

	fprintf(stderr, "sim-stub: %s:%d: %s", file->path, file->line, what);
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
		} else if (keys[i].set(file->options, value) < 0) {
			tell(file, name, " is not ", keys[i].allowed);
		}
		file->given |= 1u << i;
		return 1;
	}
	tell(file, "unknown key \"", name, "\"; known: listen, seed");
	return 1;
}

int options_read_file(struct options *options, const char *path)
{
	struct file file = {.path = path, .options = options};
	int bad_line;

	file.stream = fopen(path, "r");
	if (!file.stream) {
		fprintf(stderr, "sim-stub: %s: %s\n", path, strerror(errno));
		return -1;
	}
	errno = 0;
	bad_line = ini_parse_stream(read_line, &file, on_value, &file);
	if (ferror(file.stream)) {
		fprintf(stderr, "sim-stub: %s: %s\n", path, strerror(errno));
		file.wrong = true;
	} else if (bad_line != 0) {
		file.line = bad_line;
		tell(&file, "neither a [section] nor key = value", "", "");
	}
	fclose(file.stream);
	return file.wrong ? -1 : 0;
}

/* ---------------------------------------------------------- command line */

enum { FLAG_HELP = 256, FLAG_VERSION };

static const struct option flags[] = {
	{"config", required_argument, NULL, 'c'},     {"listen", required_argument, NULL, 'l'},
	{"seed", required_argument, NULL, 's'},	      {"help", no_argument, NULL, FLAG_HELP},
	{"version", no_argument, NULL, FLAG_VERSION}, {NULL, 0, NULL, 0},
};

/* What the command line says; NULL where it says nothing. */
struct arguments {
	const char *file;
	const char *values[KEY_COUNT];
};

static enum options_status print(const char *text)
{
	fputs(text, stdout);
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
		case FLAG_HELP:
			return print(help);
		case FLAG_VERSION:
			return print("sim-stub " UAV_VERSION "\n");
		default:
			return OPTIONS_WRONG;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "sim-stub: unexpected argument \"%s\"; see --help\n", argv[optind]);
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
	if (arguments.file && options_read_file(options, arguments.file) < 0) {
		return OPTIONS_WRONG;
	}
	for (unsigned i = 0; i < KEY_COUNT; i++) {
		if (arguments.values[i] && keys[i].set(options, arguments.values[i]) < 0) {
			fprintf(stderr, "sim-stub: --%s is not %s\n", keys[i].name,
				keys[i].allowed);
			status = OPTIONS_WRONG;
		}
	}
	return status;
}
