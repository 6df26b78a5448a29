#include "conformance/plan.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "identity.h"
#include "job_arguments.h"

enum { FLAG_CONFORMANCE = 256, FLAG_MODEL, FLAG_TIMEOUT, FLAG_ONLY };
enum { PATIENCE_S = 10, PATIENCE_MAX_S = 600 };

static const struct option flags[] = {
	{"conformance", required_argument, NULL, FLAG_CONFORMANCE},
	{"model", required_argument, NULL, FLAG_MODEL},
	{"parameter", required_argument, NULL, 'p'},
	{"timeout", required_argument, NULL, FLAG_TIMEOUT},
	{"only", required_argument, NULL, FLAG_ONLY},
	{NULL, 0, NULL, 0},
};

static enum options_status wrong(const char *what)
{
	fprintf(stderr, "%s: %s; see %s --help\n", this_simulator.name, what, this_simulator.name);
	return OPTIONS_WRONG;
}

static enum options_status set_target(struct plan *plan, const char *value)
{
	if (options_set_listen(&plan->at, value) < 0 || strcmp(plan->at.port, "0") == 0) {
		return wrong("--conformance is not HOST:PORT with a port from 1 to 65535");
	}
	plan->target = value;
	return OPTIONS_RUN;
}

static enum options_status add_parameter(struct plan *plan, const char *value)
{
	struct parameter *added = &plan->parameters[plan->parameter_count];

	if (plan->parameter_count == PLAN_PARAMETERS_MAX) {
		return wrong("--parameter is given more than 63 times");
	}
	if (job_parameter_read(value, added) < 0) {
		return OPTIONS_WRONG;
	}
	if (slice_equal(added->key, plan->parameters[0].key)) {
		plan->parameters[0].value = added->value;
	} else {
		plan->parameter_count++;
	}
	return OPTIONS_RUN;
}

static enum options_status set_patience(struct plan *plan, const char *value)
{
	char *end;
	unsigned long seconds;

	errno = 0;
	seconds = strtoul(value, &end, 10);
	if (errno || *end || value[0] < '0' || value[0] > '9' || seconds < 1 ||
	    seconds > PATIENCE_MAX_S) {
		return wrong("--timeout is not a whole number of seconds from 1 to 600");
	}
	plan->patience_us = seconds * 1000000;
	return OPTIONS_RUN;
}

static enum options_status add_group(struct plan *plan, const char *value)
{
	if (plan->only_count == PLAN_GROUPS_MAX) {
		return wrong("--only is given more than 32 times");
	}
	plan->only[plan->only_count++] = value;
	return OPTIONS_RUN;
}

static enum options_status take_flag(struct plan *plan, int flag)
{
	switch (flag) {
	case FLAG_CONFORMANCE:
		return set_target(plan, optarg);
	case FLAG_MODEL:
		plan->parameters[0].value = slice_str(optarg);
		return OPTIONS_RUN;
	case 'p':
		return add_parameter(plan, optarg);
	case FLAG_TIMEOUT:
		return set_patience(plan, optarg);
	case FLAG_ONLY:
		return add_group(plan, optarg);
	default:
		return OPTIONS_WRONG;
	}
}

enum options_status plan_read(int argc, char **argv, struct plan *plan)
{
	int flag;

	*plan = (struct plan){
		.parameters = {{.key = slice_str("model")}},
		.parameter_count = 1,
		.patience_us = PATIENCE_S * 1000000u,
	};
	opterr = 0;
	while ((flag = getopt_long(argc, argv, ":p:", flags, NULL)) != -1) {
		if (flag == '?' || flag == ':') {
			job_flag_refuse(argv, flag, "conformance");
			return OPTIONS_WRONG;
		}
		if (take_flag(plan, flag) != OPTIONS_RUN) {
			return OPTIONS_WRONG;
		}
	}
	return optind < argc ? wrong("--conformance takes one HOST:PORT, and no argument beside "
				     "its options")
			     : OPTIONS_RUN;
}
