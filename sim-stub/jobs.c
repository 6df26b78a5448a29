#include "jobs.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "conformance/conformance.h"
#include "fit/fit.h"
#include "plot/plot.h"

static const struct job jobs[] = {
	{"--conformance", conformance_run},
	{"--fit", fit_job},
	{"--plot", plot_job},
	{NULL, NULL},
};

static bool names(const char *argument, const char *flag)
{
	size_t size = strlen(flag);

	return strncmp(argument, flag, size) == 0 &&
	       (argument[size] == '\0' || argument[size] == '=');
}

const struct job *jobs_find(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		for (const struct job *job = jobs; job->flag; job++) {
			if (names(argv[i], job->flag)) {
				return job;
			}
		}
	}
	return NULL;
}
