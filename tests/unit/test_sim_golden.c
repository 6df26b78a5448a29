/* The golden run: twenty drones fly for a minute, in one scenario after the other, and what the
 * simulator answers is a committed file, byte for byte. `make golden` writes it anew. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/wave.h"
#include "unit/test_sim_simulator.h"

#define ROWS "tests/golden/flight.csv"
#define DIGESTS "tests/golden/flight.digest"

enum { FLEET = 20, SECONDS = 60, ROW_EACH_S = 5 };

/* 15 June 2025, 15:06:40 UTC; the simulator asks no clock. */
static const uint64_t take_off_us = UINT64_C(1750000000000000);

/* ---------------------------------------------------------------- flight */

/* By wave_cos, which is the same to the last bit everywhere. */
static void fly_circle(struct sim_node *node, unsigned drone, double t)
{
	double radius = 40.0 + 45.0 * drone, rate = drone % 2 ? 0.013 : -0.017;
	double turns = rate * t + 0.37 * drone, speed = 2.0 * M_PI * radius * rate;

	node->position =
		(struct vector){(float)(100.0 * drone + radius * wave_cos(turns)),
				(float)(radius * wave_sin(turns)), 20.0f + 15.0f * (float)drone};
	node->velocity = (struct vector){(float)(-speed * wave_sin(turns)),
					 (float)(speed * wave_cos(turns)), 0.0f};
}

static void fly_line(struct sim_node *node, unsigned drone, double t)
{
	float east = -6.0f + 1.5f * (float)drone, north = 14.0f - 2.3f * (float)(drone - 8);

	node->velocity = (struct vector){east, north, drone % 3 ? 0.0f : 0.5f};
	node->position = (struct vector){
		-300.0f + east * (float)t, 70.0f * (float)drone - 700.0f + north * (float)t,
		30.0f + 5.0f * (float)drone + node->velocity.up * (float)t};
}

/* The others climb on the spot, hover, or stand on the ground. */
static void stay(struct sim_node *node, unsigned drone, double t)
{
	float climb = drone == 16 ? 1.75f : 0.0f;
	float up = drone == 19 ? 1.5f : drone == 18 ? 25.0f : 60.0f;

	node->velocity = (struct vector){0.0f, 0.0f, climb};
	node->position = (struct vector){200.0f * (float)(drone - 16), -150.0f,
					 drone == 16 ? 2.0f + climb * (float)t : up};
}

static const char *name_of(unsigned drone, char name[8])
{
	snprintf(name, 8, "uav%02u", drone + 1);
	return name;
}

static void put_fleet(unsigned second)
{
	for (unsigned drone = 0; drone < FLEET; drone++) {
		char name[8];
		struct sim_node node = {.scenario = 1,
					.node = drone + 1,
					.name = slice_str(name_of(drone, name)),
					.has_position = true,
					.has_velocity = true,
					.at_us = take_off_us + second * UINT64_C(1000000)};

		if (drone < 8) {
			fly_circle(&node, drone, second);
		} else if (drone < 16) {
			fly_line(&node, drone, second);
		} else {
			stay(&node, drone, second);
		}
		put(&bench, (struct to_sim){.kind = TO_SIM_SET_NODE, .set_node = node});
	}
}

/* ------------------------------------------------------------- scenarios */

enum { KEYS_MAX = 8 };

static const struct {
	const char *name;
	const char *keys[2 * KEYS_MAX]; /* key, value, ... */
} flights[] = {
	{"sky",
	 {"model", "free-space", "modulation", "64qam", "bitrate_bps", "6e6", "tx_power_dbm", "16",
	  "sensitivity_dbm", "-88"}},
	{"meadow", {"model", "log-distance", "shadowing_db", "6", "tx_power_dbm", "14"}},
	{"lake", {"model", "two-ray", "fading", "rayleigh", "tx_power_dbm", "0"}},
	{"village",
	 {"model", "3gpp-rma", "frequency_hz", "868e6", "modulation", "bpsk", "tx_power_dbm",
	  "-19"}},
	{"town", {"model", "3gpp-uma", "fading", "rician", "tx_power_dbm", "3"}},
	{"street",
	 {"model", "3gpp-umi", "fading", "rayleigh", "motion", "told", "modulation", "16qam",
	  "tx_power_dbm", "20"}},
	{"city",
	 {"model", "air-to-ground", "fading", "rician", "k_factor_db", "12", "tx_power_dbm", "17"}},
};

static void put_flight(size_t flight)
{
	struct parameter parameters[KEYS_MAX];
	size_t count = 0;

	for (; count < KEYS_MAX && flights[flight].keys[2 * count]; count++) {
		parameters[count].key = slice_str(flights[flight].keys[2 * count]);
		parameters[count].value = slice_str(flights[flight].keys[2 * count + 1]);
	}
	put_scenario(&bench, 1, flights[flight].name, parameters, count);
}

/* --------------------------------------------------------------- answers */

struct record {
	FILE *rows, *digests;
	uint64_t digest[FLEET]; /* of what each has sent: FNV-1a */
};

static void digest_bytes(uint64_t *digest, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		*digest ^= ((const uint8_t *)bytes)[i];
		*digest *= 0x100000001b3;
	}
}

static void write_row(FILE *rows, size_t flight, unsigned second, unsigned from, size_t reception)
{
	static const char *const sights[] = {
		[LINE_OF_SIGHT_UNSPECIFIED] = "-",
		[LINE_OF_SIGHT_LOS] = "los",
		[LINE_OF_SIGHT_NLOS] = "nlos",
	};
	const struct link_numbers *link = &bench.answer.receptions[reception].link;
	uint32_t reason = bench.answer.receptions[reception].reason;
	char one[8], other[8];

	fprintf(rows, "%s,%u,%s,%s,%.3f,%.3f,%.3f,%.3f,%.6g,%.4g,%s,%s,%u\n", flights[flight].name,
		second, name_of(from, one),
		name_of(bench.answer.receptions[reception].receiver - 1, other),
		(double)link->distance_m, (double)link->path_loss_db, (double)link->rx_power_dbm,
		(double)link->snr_db, (double)link->packet_error_rate, (double)link->doppler_hz,
		sights[link->line_of_sight],
		bench.answer.receptions[reception].outcome == OUTCOME_DELIVERED ? "delivered"
		: reason == REASON_PACKET_ERROR					? "packet error"
		: reason == REASON_BELOW_SENSITIVITY ? "below sensitivity"
						     : "lost",
		bench.answer.receptions[reception].valid_for_us);
}

/* To everybody else; one of them is written out each ROW_EACH_S. */
static void send_and_record(struct record *record, size_t flight, unsigned second, unsigned from)
{
	uint32_t receivers[FLEET];
	size_t count = 0;
	struct sim_transmit transmit;

	for (unsigned drone = 0; drone < FLEET; drone++) {
		if (drone != from) {
			receivers[count++] = drone + 1;
		}
	}
	transmit = transmit_of(second, from + 1, receivers, count, second);
	transmit.sent_at_us = take_off_us + second * UINT64_C(1000000) + from * UINT64_C(41234);
	put_transmit(&bench, transmit);
	assert_int_equal(deliver(&bench), 0);
	digest_bytes(&record->digest[from], buf_slice(&bench.guest.out).data,
		     buf_size(&bench.guest.out));
	take_result(&bench);
	assert_int_equal(bench.answer.count, count);
	if (second % ROW_EACH_S == 0) {
		write_row(record->rows, flight, second, from, (second / ROW_EACH_S + from) % count);
	}
}

static void record_flight(struct record *record, size_t flight)
{
	for (unsigned drone = 0; drone < FLEET; drone++) {
		record->digest[drone] = 0xcbf29ce484222325;
	}
	start(&bench, 20);
	put_hello(&bench);
	put_flight(flight);
	assert_int_equal(deliver(&bench), 0);
	take(&bench, FROM_SIM_HELLO_ACK);
	take(&bench, FROM_SIM_SCENARIO_STATUS);
	if (!bench.answer.ok) {
		fail_msg("%s: %s", flights[flight].name, bench.answer.text);
	}
	for (unsigned second = 0; second < SECONDS; second++) {
		put_fleet(second);
		for (unsigned from = 0; from < FLEET; from++) {
			send_and_record(record, flight, second, from);
		}
	}
	stop(&bench);
	for (unsigned drone = 0; drone < FLEET; drone++) {
		char name[8];

		fprintf(record->digests, "%s %s %016llx\n", flights[flight].name,
			name_of(drone, name), (unsigned long long)record->digest[drone]);
	}
}

/* Both files; the caller frees them. */
static void record_all(char **rows, char **digests)
{
	size_t sizes[2];
	struct record record = {.rows = open_memstream(rows, &sizes[0]),
				.digests = open_memstream(digests, &sizes[1])};

	assert_true(record.rows && record.digests);
	fputs("scenario,time_s,from,to,distance_m,path_loss_db,rx_power_dbm,snr_db,"
	      "packet_error_rate,doppler_hz,line_of_sight,outcome,valid_for_us\n",
	      record.rows);
	for (size_t flight = 0; flight < sizeof(flights) / sizeof(flights[0]); flight++) {
		record_flight(&record, flight);
	}
	fclose(record.rows);
	fclose(record.digests);
}

/* ----------------------------------------------------------------- files */

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!file) {
		fail_msg("%s: %s", path, strerror(errno));
		return NULL;
	}
	/* no byte is 0, so this takes all */
	if (getdelim(&text, &size, '\0', file) < 0) {
		fail_msg("%s is empty", path);
	}
	fclose(file);
	return text;
}

static int line_size(const char *text)
{
	return (int)strcspn(text, "\n");
}

static void assert_as_committed(const char *path, const char *now)
{
	char *committed = read_file(path), *line = committed;
	unsigned number = 1;

	while (*line && line_size(line) == line_size(now) &&
	       memcmp(line, now, (size_t)line_size(line)) == 0) {
		line += line_size(line) + (line[line_size(line)] == '\n');
		now += line_size(now) + (now[line_size(now)] == '\n');
		number++;
	}
	if (*line || *now) {
		fail_msg("%s:%u: \"%.*s\" is now \"%.*s\"; if that is meant: make golden", path,
			 number, line_size(line), line, line_size(now), now);
	}
	free(committed);
}

static void test_the_golden_run(void **state)
{
	char *rows, *digests;

	(void)state;
	record_all(&rows, &digests);
	assert_as_committed(ROWS, rows);
	assert_as_committed(DIGESTS, digests);
	free(rows);
	free(digests);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_golden_run),
	};
	char *rows, *digests;

	if (argc == 2 && strcmp(argv[1], "--write") == 0) {
		record_all(&rows, &digests);
		write_file(ROWS, rows);
		write_file(DIGESTS, digests);
		free(rows);
		free(digests);
		return 0;
	}
	return cmocka_run_group_tests_name("sim_golden", tests, NULL, NULL);
}
