/* The command line of --fit and --plot, and what other jobs' have in common with it. */
#ifndef SIM_JOB_ARGUMENTS_H
#define SIM_JOB_ARGUMENTS_H

#include <stdio.h>

#include "models/parameters.h"

enum { JOB_DONE = 0, JOB_FAILED = 1, JOB_WRONG_USAGE = 2 };

struct job_arguments {
	const char *subject; /* the value of the job's flag */
	const char *output;  /* NULL: not said */
	bool data;	     /* the table instead of what is made of it */
	/* Those given, in their order; their texts stand in argv. Two places are left for what the
	 * job adds. */
	struct parameter parameters[PARAMETER_COUNT + 2];
	size_t parameter_count;
};

/* `flag` without its hyphens: "fit". 0, or -1 when the mistake has been told on stderr. */
int job_arguments_read(int argc, char **argv, const char *flag, struct job_arguments *arguments)
	__attribute__((warn_unused_result));

/* KEY=VALUE, which must stay where it is. 0, or -1 when it is none, which has been told. */
int job_parameter_read(const char *text, struct parameter *parameter)
	__attribute__((warn_unused_result));

/* Tells what is wrong with the flag for which getopt_long, with opterr 0 and a ':' at the start of
 * its letters, gave `found`. `job` without its hyphens. */
void job_flag_refuse(char **argv, int found, const char *job);

/* The parameter of that name among those given, or NULL. */
const struct parameter *job_arguments_find(const struct job_arguments *arguments, const char *key);

/* What the result goes to: the file, or stdout for NULL and "-". NULL when it cannot be written,
 * which has been told. */
FILE *job_output_open(const char *path);
/* Takes what job_output_open gave, which may be stdout. -1 when not everything was written, which
 * has been told. */
int job_output_close(FILE *out, const char *path) __attribute__((warn_unused_result));

#endif
