/* The models beside other implementations, the tables of tests/reference: ns3.csv, by ns-3, which
 * others wrote, and formulas.csv, by a second one of this project's own, in Python. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/parameters.h"

enum { COLUMNS = 8, PARAMETERS_MAX = 12 };

/* A line of a table; README.md of the tables says what the columns are. */
struct row {
	char *model, *settings, *sight;
	double transmitter_m, receiver_m, horizontal_m;
	char *quantity;
	double value;
};

static struct row read_row(char *line)
{
	char *column[COLUMNS];
	char *rest = line;

	for (size_t i = 0; i < COLUMNS; i++) {
		column[i] = strsep(&rest, ",\n");
		assert_non_null(column[i]);
	}
	return (struct row){
		.model = column[0],
		.settings = column[1],
		.sight = column[2],
		.transmitter_m = strtod(column[3], NULL),
		.receiver_m = strtod(column[4], NULL),
		.horizontal_m = strtod(column[5], NULL),
		.quantity = column[6],
		.value = strtod(column[7], NULL),
	};
}

static struct channel channel_of(const struct row *row)
{
	struct parameter parameters[PARAMETERS_MAX] = {{slice_str("model"), slice_str(row->model)}};
	size_t count = 1;
	char *rest = row->settings;
	struct channel channel;
	struct refusal refusal;

	while (rest && *rest) {
		char *value = strsep(&rest, ";");
		char *key = strsep(&value, "=");

		assert_true(count < PARAMETERS_MAX && value);
		parameters[count++] = (struct parameter){slice_str(key), slice_str(value)};
	}
	if (parameters_read(parameters, count, &channel, &refusal) < 0) {
		fail_msg("%s: %s", row->model, refusal.text);
	}
	return channel;
}

static struct scene scene_of(const struct row *row)
{
	struct sim_node transmitter = {.has_position = true,
				       .position = {.up = (float)row->transmitter_m}};
	struct sim_node receiver = {
		.has_position = true,
		.position = {.north = (float)row->horizontal_m, .up = (float)row->receiver_m}};

	return scene_between(&transmitter, &receiver);
}

/* What the model says, and in *tolerance how near the table's value must be. */
static double said(const struct row *row, double *tolerance)
{
	struct channel channel = channel_of(row);
	struct scene scene = scene_of(row);
	enum line_of_sight sight = strcmp(row->sight, "los") == 0    ? LINE_OF_SIGHT_LOS
				   : strcmp(row->sight, "nlos") == 0 ? LINE_OF_SIGHT_NLOS
								     : LINE_OF_SIGHT_UNSPECIFIED;
	struct path_loss loss = channel.model->path_loss(&channel.settings, &scene, sight);

	*tolerance = 1e-4;
	if (strcmp(row->quantity, "los_probability") == 0) {
		return channel.model->line_of_sight(&channel.settings, &scene);
	}
	if (strcmp(row->quantity, "shadowing_db") == 0) {
		return loss.shadowing_db;
	}
	if (strcmp(row->quantity, "decorrelation_m") == 0) {
		return loss.decorrelation_m;
	}
	assert_string_equal(row->quantity, "loss_db");
	*tolerance = 0.01;
	return loss.mean_db;
}

/* Returns how many lines there are of `model`. */
static size_t hold_to_table(const char *path, const char *model)
{
	FILE *table = fopen(path, "r");
	char line[512];
	size_t lines = 1;
	size_t held = 0;

	assert_non_null(table);
	assert_non_null(fgets(line, sizeof(line), table));
	for (; fgets(line, sizeof(line), table); lines++) {
		struct row row = read_row(line);
		double value, tolerance;

		if (strcmp(row.model, model) != 0) {
			continue;
		}
		value = said(&row, &tolerance);
		held++;
		if (!(fabs(value - row.value) <= tolerance)) {
			fail_msg("%s:%zu: %s of %s is %.6f, not %.6f", path, lines + 1,
				 row.quantity, row.model, value, row.value);
		}
	}
	fclose(table);
	return held;
}

struct part {
	const char *model;
	size_t least; /* a table that lost its lines holds nothing to anything */
};

static void hold_to_parts(const char *path, const struct part *part, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t held = hold_to_table(path, part[i].model);

		if (held < part[i].least) {
			fail_msg("%s: %zu lines of %s", path, held, part[i].model);
		}
	}
}

static void test_ns3(void **state)
{
	static const struct part part[] = {{"free-space", 48}, {"log-distance", 12},
					   {"two-ray", 72},    {"3gpp-rma", 200},
					   {"3gpp-uma", 200},  {"3gpp-umi", 200}};

	(void)state;
	hold_to_parts("tests/reference/ns3.csv", part, sizeof(part) / sizeof(part[0]));
}

static void test_formulas(void **state)
{
	static const struct part part[] = {{"3gpp-rma", 500},
					   {"3gpp-uma", 400},
					   {"3gpp-umi", 400},
					   {"two-ray", 400},
					   {"air-to-ground", 240}};

	(void)state;
	hold_to_parts("tests/reference/formulas.csv", part, sizeof(part) / sizeof(part[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ns3),
		cmocka_unit_test(test_formulas),
	};

	return cmocka_run_group_tests_name("sim_reference", tests, NULL, NULL);
}
