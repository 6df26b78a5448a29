/* --fit's log: either it is read, or what is wrong is told in words that can be shown, with the
 * line on which it stands. Every row is used, or counted for why not; what was read is finite, can
 * be written, and is read again as it was. What follows from it is a scenario that is taken, or
 * none. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "fit/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 64 * 1024 };

static void must(bool ok, const char *what)
{
	if (!ok) {
		(void)fprintf(stderr, "radio log: %s\n", what);
		abort();
	}
}

static int read_bytes(struct radio_log *log, const void *data, size_t size, char **told)
{
	size_t told_size;
	FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "r") : tmpfile();
	FILE *errors = open_memstream(told, &told_size);
	int result;

	must(file && errors, "memory is out");
	result = radio_log_read(log, file, "a.csv", errors);
	(void)fclose(file);
	(void)fclose(errors);
	return result;
}

static void check_told(const struct radio_log *log, int result, char *told)
{
	char *rest = NULL;

	must((result == 0 && log->malformed == 0) == (*told == '\0'),
	     "a mistake and no word, or a word and no mistake");
	for (char *line = strtok_r(told, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		must(strncmp(line, "sim-stub: a.csv:", 16) == 0, "a mistake of no file");
		must(utf8_is_printable(slice_str(line)), "a mistake that cannot be shown");
	}
}

static void check_samples(const struct radio_log *log)
{
	must(log->count + log->no_position + log->no_strength + log->malformed == log->rows,
	     "a row is lost");
	for (size_t i = 0; i < log->count; i++) {
		const struct radio_sample *sample = &log->samples[i];

		must(isfinite(sample->distance_m) && isfinite(sample->rssi_dbm) &&
			     !isinf(sample->tx_power_dbm) && !isinf(sample->time_s),
		     "a number that is none");
	}
}

static void check_again(const struct radio_log *log)
{
	struct radio_log again;
	char *text, *told;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	must(out != NULL, "memory is out");
	radio_log_write_head(out);
	for (size_t i = 0; i < log->count; i++) {
		radio_log_write(out, &log->samples[i]);
	}
	(void)fclose(out);
	must(read_bytes(&again, text, size, &told) == 0 && *told == '\0', "not read again");
	must(again.count == log->count || !log->has_tx_power, "rows are lost in writing");
	free(told);
	free(text);
	radio_log_free(&again);
}

static void check_fit(const struct radio_log *log)
{
	struct parameter parameters[] = {{slice_str("model"), slice_str("log-distance")},
					 {slice_str("reference_m"), slice_str("50")}};
	struct channel channel;
	struct fit_result result;
	struct refusal refusal = {""};
	struct report report = {
		.result = &result, .log = log, .channel = &channel, .name = "a.csv"};

	must(parameters_read(parameters, 2, &channel, &refusal) == 0, "no scenario");
	if (fit_find(log, &channel, &result) == FIT_OK) {
		must(report_make(&report, parameters + 1, 1, &refusal) == 0 || *refusal.text,
		     "refused and no word");
	}
	fit_free(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct radio_log log;
	char *told;
	int result;

	if (size > TEXT_MAX) {
		return 0;
	}
	result = read_bytes(&log, data, size, &told);
	check_told(&log, result, told);
	if (result == 0) {
		check_samples(&log);
		check_again(&log);
		check_fit(&log);
	}
	free(told);
	radio_log_free(&log);
	return 0;
}
