#include <errno.h>

#include "fit/report.h"
#include "identity.h"
#include "job_arguments.h"

static const char model_name[] = "log-distance";
/* Nearer, a fix that is a few metres off is a large part of the distance. */
static const char reference_m[] = "50";

/* What the fit is there to find. */
static const char *const found_here[] = {"model", "exponent", "antenna_gain_dbi", "shadowing_db",
					 "decorrelation_m"};

static int read_channel(struct job_arguments *arguments, struct channel *channel)
{
	struct refusal refusal;

	for (size_t i = 0; i < sizeof(found_here) / sizeof(found_here[0]); i++) {
		if (job_arguments_find(arguments, found_here[i])) {
			(void)fprintf(stderr, "%s: --parameter %s: that is for --fit to say\n",
				      this_simulator.name, found_here[i]);
			return -1;
		}
	}
	if (!job_arguments_find(arguments, "reference_m")) {
		arguments->parameters[arguments->parameter_count++] = (struct parameter){
			.key = slice_str("reference_m"), .value = slice_str(reference_m)};
	}
	arguments->parameters[arguments->parameter_count] =
		(struct parameter){.key = slice_str("model"), .value = slice_str(model_name)};
	if (parameters_read(arguments->parameters, arguments->parameter_count + 1, channel,
			    &refusal) < 0) {
		(void)fprintf(stderr, "%s: --parameter: %s\n", this_simulator.name, refusal.text);
		return -1;
	}
	return 0;
}

static int tell_failure(enum fit_status status, const char *name, const struct radio_log *log,
			const struct fit_result *result, double nearest_m)
{
	switch (status) {
	case FIT_OK:
		return 0;
	case FIT_NO_MEMORY:
		(void)fprintf(stderr, "%s: out of memory\n", this_simulator.name);
		break;
	case FIT_TOO_FEW:
		(void)fprintf(stderr,
			      "%s: %s: %zu of %zu rows have a position farther than "
			      "reference_m (%.12g m), a power and a strength; a fit needs %d\n",
			      this_simulator.name, name, result->count, log->rows, nearest_m,
			      REGRESSION_POINTS_MIN);
		break;
	case FIT_NO_RANGE:
		(void)fprintf(stderr,
			      "%s: %s: from %.1f to %.1f m, and not steadily enough: no slope "
			      "follows from that\n",
			      this_simulator.name, name, result->least_m, result->most_m);
		break;
	}
	return -1;
}

static void print_samples(const struct fit_result *result, FILE *out)
{
	radio_log_write_head(out);
	for (size_t i = 0; i < result->count; i++) {
		radio_log_write(out, &result->samples[i]);
	}
}

static int print(const struct job_arguments *arguments, struct report *report)
{
	struct refusal refusal;
	FILE *out;

	if (!arguments->data &&
	    report_make(report, arguments->parameters, arguments->parameter_count, &refusal) < 0) {
		(void)fprintf(stderr, "%s: %s: no scenario is like this log: %s\n",
			      this_simulator.name, report->name, refusal.text);
		return -1;
	}
	out = job_output_open(arguments->output);
	if (!out) {
		return -1;
	}
	if (arguments->data) {
		print_samples(report->result, out);
	} else {
		report_print(report, out);
	}
	return job_output_close(out, arguments->output);
}

static int fit_and_print(const struct job_arguments *arguments, struct channel *channel,
			 const struct radio_log *log)
{
	const char *name = arguments->subject;
	struct fit_result result;
	struct report report = {.result = &result, .log = log, .channel = channel, .name = name};
	enum fit_status status = fit_find(log, channel, &result);
	int failed = tell_failure(status, name, log, &result, channel->settings.reference_m);

	report.has_given_tx_power = job_arguments_find(arguments, "tx_power_dbm") != NULL;
	if (!failed) {
		failed = print(arguments, &report);
	}
	fit_free(&result);
	return failed;
}

int fit_job(int argc, char **argv)
{
	struct job_arguments arguments;
	struct channel channel;
	struct radio_log log;
	FILE *file;
	int failed;

	if (job_arguments_read(argc, argv, "fit", &arguments) < 0 ||
	    read_channel(&arguments, &channel) < 0) {
		return JOB_WRONG_USAGE;
	}
	file = fopen(arguments.subject, "r");
	if (!file) {
		(void)fprintf(stderr, "%s: %s: %s\n", this_simulator.name, arguments.subject,
			      strerror(errno));
		return JOB_FAILED;
	}
	failed = radio_log_read(&log, file, arguments.subject, stderr);
	(void)fclose(file);
	if (!failed) {
		failed = fit_and_print(&arguments, &channel, &log);
	}
	radio_log_free(&log);
	return failed ? JOB_FAILED : JOB_DONE;
}
