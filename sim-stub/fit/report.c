#include "fit/report.h"

#include <math.h>

#include "base/utf8.h"
#include "identity.h"

/* ------------------------------------------------------------ parameters */

static void set_number(struct report *report, enum parameter_id id, double number)
{
	(void)snprintf(report->values[id], sizeof(report->values[id]), "%.12g", number);
}

static void set_given(struct report *report, const struct parameter *given)
{
	for (size_t id = 0; id < PARAMETER_COUNT; id++) {
		if (slice_equal(given->key, slice_str(parameter_at(id)->name))) {
			(void)snprintf(report->values[id], sizeof(report->values[id]), "%.*s",
				       SLICE_ARG(given->value));
		}
	}
}

static int check(const struct report *report, struct refusal *refusal)
{
	struct parameter parameters[PARAMETER_COUNT + 1] = {
		{slice_str("model"), slice_str(report->channel->model->name)}};
	struct channel channel;
	size_t count = 1;

	for (size_t id = 0; id < PARAMETER_COUNT; id++) {
		if (report->values[id][0]) {
			parameters[count].key = slice_str(parameter_at(id)->name);
			parameters[count++].value = slice_str(report->values[id]);
		}
	}
	return parameters_read(parameters, count, &channel, refusal);
}

int report_make(struct report *report, const struct parameter *given, size_t count,
		struct refusal *refusal)
{
	const struct model_settings *settings = &report->channel->settings;

	memset(report->values, 0, sizeof(report->values));
	set_number(report, PARAMETER_FREQUENCY, settings->frequency_hz);
	set_number(report, PARAMETER_REFERENCE, settings->reference_m);
	set_number(report, PARAMETER_TX_POWER, rint(report->result->most_dbm * 100.0) / 100.0);
	for (size_t i = 0; i < count; i++) {
		set_given(report, &given[i]);
	}
	set_number(report, PARAMETER_ANTENNA_GAIN, settings->antenna_gain_dbi);
	set_number(report, PARAMETER_EXPONENT, settings->exponent);
	set_number(report, PARAMETER_SHADOWING, settings->shadowing_db);
	if (!isnan(settings->decorrelation_m)) {
		set_number(report, PARAMETER_DECORRELATION, settings->decorrelation_m);
	}
	return check(report, refusal);
}

/* -------------------------------------------------------------- comments */

static void print_name(const char *path, FILE *out)
{
	const char *slash = strrchr(path, '/');
	struct slice rest = slice_str(slash ? slash + 1 : path);

	while (rest.size) {
		char unit[UTF8_ESCAPE_MAX];
		size_t taken, size = utf8_escape(rest, false, unit, &taken);

		(void)fwrite(unit, 1, size, out);
		rest = slice_of(rest.data + taken, rest.size - taken);
	}
}

static void print_reason(FILE *out, size_t rows, const char *why)
{
	if (rows) {
		(void)fprintf(out, ";   %zu left out: %s\n", rows, why);
	}
}

static void print_rows(const struct report *report, FILE *out)
{
	const struct radio_log *log = report->log;
	const struct fit_result *result = report->result;

	(void)fprintf(out, "; Found by %s --fit in ", this_simulator.name);
	print_name(report->name, out);
	(void)fprintf(out, ", %s log.\n; Of %zu rows %zu were used.\n",
		      log->opentx ? "an OpenTX" : "a plain", log->rows, result->count);
	if (result->near) {
		(void)fprintf(out,
			      ";   %zu left out: no farther than reference_m, %.12g m, from the "
			      "other end\n",
			      result->near, report->channel->settings.reference_m);
	}
	print_reason(out, log->no_position, "without a position");
	print_reason(out, log->no_strength, "without a strength, or without the sender's power");
	print_reason(out, log->malformed, "with a mistake in them, told on standard error");
	if (result->repeated) {
		(void)fprintf(out,
			      ";   %zu of those used stand where the row before stands, as a fix "
			      "that is held does.\n",
			      result->repeated);
	}
	if (log->opentx) {
		(void)fputs("; The other end is taken to be at the first fix, and as high.\n", out);
	}
	if (!log->has_height) {
		(void)fputs(
			"; The log tells no heights: they are taken as that of the other end.\n",
			out);
	}
}

static void print_line(const struct report *report, FILE *out)
{
	const struct fit_result *result = report->result;

	(void)fprintf(out,
		      "; From %.0f to %.0f m: path loss less both antennas = %.2f dB + %.2f "
		      "log10(d / 1 m), spread %.2f dB.\n",
		      result->least_m, result->most_m, result->line.intercept, result->line.slope,
		      result->line.spread);
	if (result->whole_db) {
		(void)fputs("; Strengths are whole dB: rounding is 0.29 dB of the spread.\n", out);
	}
}

static void print_power(const struct report *report, FILE *out)
{
	const struct fit_result *result = report->result;

	if (!report->log->has_tx_power) {
		(void)fprintf(
			out, "; The log does not tell the sender's power; this was taken. Where it "
			     "is wrong,\n; antenna_gain_dbi makes up for half of it.\n");
	} else if (result->least_dbm < result->most_dbm) {
		(void)fprintf(out, "; The sender's power was from %.2f to %.2f dBm%s\n",
			      result->least_dbm, result->most_dbm,
			      report->has_given_tx_power ? "." : "; this is its greatest.");
	}
}

static void print_decorrelation(const struct report *report, FILE *out)
{
	switch (report->result->decorrelation) {
	case DECORRELATION_FOUND:
		(void)fputs("; Over this way the residuals' autocorrelation falls to 1/e; "
			    "within a factor of two.\n",
			    out);
		break;
	case DECORRELATION_BEYOND:
		(void)fputs(
			"; At least: residuals are correlated over more than that, as far as the "
			"log tells.\n",
			out);
		break;
	case DECORRELATION_UNKNOWN:
		(void)fputs("; How far a shadow reaches does not follow from this log: "
			    "decorrelation_m is left to its default.\n",
			    out);
		break;
	}
}

static void print_comment(const struct report *report, enum parameter_id id, FILE *out)
{
	switch (id) {
	case PARAMETER_FREQUENCY:
		(void)fputs("; Not in the log; another one changes antenna_gain_dbi alone.\n", out);
		break;
	case PARAMETER_TX_POWER:
		print_power(report, out);
		break;
	case PARAMETER_ANTENNA_GAIN:
		(void)fputs(
			"; Of each end, so it counts twice. It carries the constant of the log: "
			"antennas, cables,\n; calibration, and whatever the frequency is not.\n",
			out);
		break;
	case PARAMETER_EXPONENT:
		(void)fprintf(
			out,
			"; +- %.2f, the standard error (jackknife over %d pieces of the log); "
			"somewhat small\n; where shadows are long.\n",
			report->result->line.slope_error / 10.0, REGRESSION_PIECES);
		break;
	case PARAMETER_SHADOWING:
		(void)fputs(
			"; Everything around the line: shadow, multipath, attitude, late fixes.\n",
			out);
		break;
	case PARAMETER_DECORRELATION:
		print_decorrelation(report, out);
		break;
	default:
		break;
	}
}

void report_print(const struct report *report, FILE *out)
{
	print_rows(report, out);
	print_line(report, out);
	(void)fprintf(out, "channel.model = %s\n", report->channel->model->name);
	for (size_t id = 0; id < PARAMETER_COUNT; id++) {
		if (report->values[id][0] || id == PARAMETER_DECORRELATION) {
			print_comment(report, (enum parameter_id)id, out);
		}
		if (report->values[id][0]) {
			(void)fprintf(out, "channel.%s = %s\n", parameter_at(id)->name,
				      report->values[id]);
		}
	}
}
