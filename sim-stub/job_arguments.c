#include "job_arguments.h"

#include <errno.h>
#include <getopt.h>

#include "identity.h"
#include "options.h"

enum { FLAG_JOB = 256, FLAG_DATA };

static int wrong(const char *before, const char *what, const char *after)
{
	(void)fprintf(stderr, "%s: %s%s%s\n", this_simulator.name, before, what, after);
	return -1;
}

int job_parameter_read(const char *text, struct parameter *parameter)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text) {
		return wrong("--parameter is \"", text, "\", not KEY=VALUE; see --help");
	}
	*parameter = (struct parameter){.key = slice_of(text, (size_t)(equals - text)),
					.value = slice_str(equals + 1)};
	return 0;
}

void job_flag_refuse(char **argv, int found, const char *job)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	bool is_letter = optopt > 0 && optopt < FLAG_JOB;
	const char *flag = is_letter ? letter : argv[optind - 1];
	const char *name = this_simulator.name;

	if (found == ':') {
		(void)fprintf(stderr, "%s: %s requires an argument; see %s --help\n", name, flag,
			      name);
	} else if (optopt >= FLAG_JOB) {
		(void)fprintf(stderr, "%s: %s: no value belongs there; see %s --help\n", name, flag,
			      name);
	} else if (options_has_flag(flag)) {
		(void)fprintf(stderr, "%s: %.*s is not for --%s; see %s --help\n", name,
			      (int)strcspn(flag, "="), flag, job, name);
	} else {
		(void)fprintf(stderr, "%s: unrecognized option '%s'; see %s --help\n", name, flag,
			      name);
	}
}

static int add_parameter(struct job_arguments *arguments, const char *text)
{
	if (arguments->parameter_count == PARAMETER_COUNT) {
		return wrong("", "more parameters are given than there are", "");
	}
	return job_parameter_read(text, &arguments->parameters[arguments->parameter_count++]);
}

static int take(struct job_arguments *arguments, int flag)
{
	switch (flag) {
	case FLAG_JOB:
		arguments->subject = optarg;
		return 0;
	case FLAG_DATA:
		arguments->data = true;
		return 0;
	case 'o':
		arguments->output = optarg;
		return 0;
	case 'p':
		return add_parameter(arguments, optarg);
	default:
		return -1;
	}
}

int job_arguments_read(int argc, char **argv, const char *flag, struct job_arguments *arguments)
{
	const struct option flags[] = {
		{flag, required_argument, NULL, FLAG_JOB},
		{"parameter", required_argument, NULL, 'p'},
		{"output", required_argument, NULL, 'o'},
		{"data", no_argument, NULL, FLAG_DATA},
		{NULL, 0, NULL, 0},
	};
	int found;

	*arguments = (struct job_arguments){0};
	optind = 0; /* getopt begins anew */
	opterr = 0;
	while ((found = getopt_long(argc, argv, ":p:o:", flags, NULL)) != -1) {
		if (found == '?' || found == ':') {
			job_flag_refuse(argv, found, flag);
			return -1;
		}
		if (take(arguments, found) < 0) {
			return -1;
		}
	}
	return optind < argc ? wrong("unexpected argument \"", argv[optind], "\"; see --help") : 0;
}

const struct parameter *job_arguments_find(const struct job_arguments *arguments, const char *key)
{
	for (size_t i = 0; i < arguments->parameter_count; i++) {
		if (slice_equal(arguments->parameters[i].key, slice_str(key))) {
			return &arguments->parameters[i];
		}
	}
	return NULL;
}

static bool is_stdout(const char *path)
{
	return !path || strcmp(path, "-") == 0;
}

FILE *job_output_open(const char *path)
{
	FILE *out = is_stdout(path) ? stdout : fopen(path, "w");

	if (!out) {
		(void)fprintf(stderr, "%s: %s: %s\n", this_simulator.name, path, strerror(errno));
	}
	return out;
}

int job_output_close(FILE *out, const char *path)
{
	bool failed = fflush(out) != 0 || ferror(out);
	int why = errno;

	if (!is_stdout(path) && fclose(out) != 0 && !failed) {
		failed = true;
		why = errno;
	}
	if (!failed) {
		return 0;
	}
	(void)fprintf(stderr, "%s: %s: %s\n", this_simulator.name,
		      is_stdout(path) ? "standard output" : path, strerror(why));
	return -1;
}
