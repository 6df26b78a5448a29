#include "job_arguments.h"

#include <errno.h>
#include <getopt.h>

enum { FLAG_JOB = 256, FLAG_DATA };

static int wrong(const char *before, const char *what, const char *after)
{
	(void)fprintf(stderr, "sim-stub: %s%s%s\n", before, what, after);
	return -1;
}

static int add_parameter(struct job_arguments *arguments, const char *text)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text) {
		return wrong("--parameter is \"", text, "\", not KEY=VALUE");
	}
	if (arguments->parameter_count == PARAMETER_COUNT) {
		return wrong("", "more parameters are given than there are", "");
	}
	arguments->parameters[arguments->parameter_count++] = (struct parameter){
		.key = slice_of(text, (size_t)(equals - text)), .value = slice_str(equals + 1)};
	return 0;
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
		return wrong("", "see sim-stub --help", "");
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
	while ((found = getopt_long(argc, argv, "p:o:", flags, NULL)) != -1) {
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
		(void)fprintf(stderr, "sim-stub: %s: %s\n", path, strerror(errno));
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
	(void)fprintf(stderr, "sim-stub: %s: %s\n", is_stdout(path) ? "standard output" : path,
		      strerror(why));
	return -1;
}
