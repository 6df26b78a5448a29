#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define MAX_WORDS 40

struct parsed {
	struct options options;
	enum options_status status;
	char text[512]; /* the complaint */
	char *help;
	size_t help_size;
	char words[512];
	char *argv[MAX_WORDS + 1];
};

/* Parses a command line whose words are parted by single blanks. */
static void parse(struct parsed *parsed, const char *line)
{
	FILE *out = open_memstream(&parsed->help, &parsed->help_size);
	char *save = NULL;
	int argc = 0;

	assert_non_null(out);
	(void)snprintf(parsed->words, sizeof(parsed->words), "uav-drone %s", line);
	for (char *word = strtok_r(parsed->words, " ", &save); word && argc < MAX_WORDS;
	     word = strtok_r(NULL, " ", &save)) {
		parsed->argv[argc++] = word;
	}
	parsed->argv[argc] = NULL;
	parsed->text[0] = '\0';
	parsed->status = options_parse(argc, parsed->argv, &parsed->options, out, parsed->text,
				       sizeof(parsed->text));
	(void)fclose(out);
}

static void parses(struct parsed *parsed, const char *line)
{
	parse(parsed, line);
	free(parsed->help);
	assert_string_equal(parsed->text, "");
	assert_int_equal(parsed->status, OPTIONS_OK);
}

/* The complaint names what it is about. */
static void complains(const char *line, const char *about)
{
	struct parsed parsed;

	parse(&parsed, line);
	free(parsed.help);
	assert_int_equal(parsed.status, OPTIONS_WRONG);
	if (!strstr(parsed.text, about)) {
		fail_msg("%s: \"%s\" does not name %s", line, parsed.text, about);
	}
}

static void tells(const char *line, const char *text)
{
	struct parsed parsed;

	parse(&parsed, line);
	assert_int_equal(parsed.status, OPTIONS_TOLD);
	assert_non_null(strstr(parsed.help, text));
	free(parsed.help);
}

static void who_needs_nothing(void **state)
{
	struct parsed parsed;

	(void)state;
	parses(&parsed, "who");
	assert_int_equal(parsed.options.command, COMMAND_WHO);
	assert_string_equal(parsed.options.host, "127.0.0.1");
	assert_string_equal(parsed.options.port, "7600");
	assert_string_equal(parsed.options.scenario, "");
	assert_int_equal(strncmp(parsed.options.id, "cli-", 4), 0);
	assert_int_equal(parsed.options.timeout_us, 10000000);
	assert_false(parsed.options.json);
}

static void scenarios_needs_nothing(void **state)
{
	struct parsed parsed;

	(void)state;
	parses(&parsed, "scenarios --json --id uav-9");
	assert_int_equal(parsed.options.command, COMMAND_SCENARIOS);
	complains("scenarios --scenario field", "--scenario");
	complains("scenarios --local 1,2,3", "--local");
	complains("scenarios --count 1", "--count");
	complains("listen", "uav-drone scenarios");
	tells("scenarios --help", "why not");
	tells("--help", "scenarios");
}

static void top_options_are_taken(void **state)
{
	struct parsed parsed;

	(void)state;
	parses(&parsed, "top");
	assert_int_equal(parsed.options.command, COMMAND_TOP);
	assert_int_equal(parsed.options.kind, DRONE_KIND_GROUND_STATION);
	assert_int_equal(parsed.options.top.interval_us, 1000000);
	assert_int_equal(parsed.options.top.sort, TOP_DRONE);
	assert_false(parsed.options.top.reverse);
	assert_int_equal(parsed.options.count, 0);
	parses(&parsed, "top --interval 0.1 --sort snr --count 3 --scenario field --json");
	assert_int_equal(parsed.options.top.interval_us, 100000);
	assert_int_equal(parsed.options.top.sort, TOP_SNR);
	assert_int_equal(parsed.options.count, 3);
	parses(&parsed, "top --sort -delivered --once --kind drone");
	assert_int_equal(parsed.options.top.sort, TOP_DELIVERED);
	assert_true(parsed.options.top.reverse);
	assert_int_equal(parsed.options.count, 1);
	assert_int_equal(parsed.options.kind, DRONE_KIND_DRONE);
	complains("top --sort age", "--sort");
	complains("top --sort -", "--sort");
	complains("top --interval 0.09", "0.1");
	complains("top --interval soon", "--interval");
	complains("top --count 0", "--count");
	complains("top --local 1,2,3", "--local");
	complains("who --once", "--once");
	complains("listen --scenario field --interval 2", "--interval");
	tells("top --help", "--sort COLUMN");
	tells("--help", "top");
}

static void common_options_are_taken(void **state)
{
	struct parsed parsed;

	(void)state;
	parses(&parsed, "who --gateway [::1]:99 --id uav-9 --callsign Ada --scenario field --kind "
			"ground-station --timeout 0.25 --json");
	assert_string_equal(parsed.options.host, "::1");
	assert_string_equal(parsed.options.port, "99");
	assert_string_equal(parsed.options.id, "uav-9");
	assert_string_equal(parsed.options.callsign, "Ada");
	assert_string_equal(parsed.options.scenario, "field");
	assert_int_equal(parsed.options.kind, DRONE_KIND_GROUND_STATION);
	assert_int_equal(parsed.options.timeout_us, 250000);
	assert_true(parsed.options.json);
	parses(&parsed, "who --gateway gateway.example:7600");
	assert_string_equal(parsed.options.host, "gateway.example");
}

static void console_options_are_taken(void **state)
{
	struct parsed parsed;

	(void)state;
	parses(&parsed, "console");
	assert_int_equal(parsed.options.command, COMMAND_CONSOLE);
	assert_string_equal(parsed.options.scenario, "");
	assert_false(parsed.options.no_history);
	assert_null(parsed.options.save);
	parses(&parsed,
	       "console --scenario field --group red --group blue --save kept --piece-size "
	       "100 --no-history --local 1,2,3 --callsign Ada --json");
	assert_int_equal(parsed.options.group_count, 2);
	assert_string_equal(parsed.options.save, "kept");
	assert_int_equal(parsed.options.piece_bytes, 100);
	assert_true(parsed.options.no_history);
	complains("console --save=", "--save");
	complains("console --piece-size 0", "--piece-size");
	complains("console --count 1", "--count");
	complains("listen --scenario field --save kept", "--save");
	complains("console --local 1,2", "--local");
	tells("console --help", "send-file NAME PATH");
	tells("--help", "console");
}

static void send_options_are_taken(void **state)
{
	struct parsed parsed;

	(void)state;
	parses(&parsed, "send --scenario field --to uav2 --payload hello --content-type text/plain "
			"--count 3 --report");
	assert_int_equal(parsed.options.command, COMMAND_SEND);
	assert_string_equal(parsed.options.to, "uav2");
	assert_string_equal(parsed.options.payload, "hello");
	assert_string_equal(parsed.options.content_type, "text/plain");
	assert_int_equal(parsed.options.count, 3);
	assert_int_equal(parsed.options.report, REPORT_WISH_ALL);
	parses(&parsed, "send --scenario field --everyone --file - --report=failures");
	assert_null(parsed.options.to);
	assert_string_equal(parsed.options.file, "-");
	assert_int_equal(parsed.options.report, REPORT_WISH_FAILURES);
	parses(&parsed, "send --scenario field --everyone --report=none");
	assert_int_equal(parsed.options.report, REPORT_WISH_NONE);
}

static void positions_are_taken(void **state)
{
	struct parsed parsed;
	const struct position *position = &parsed.options.position;

	(void)state;
	parses(&parsed, "listen --scenario field --for 1.5 --count 2");
	assert_int_equal(position->frame, POSITION_UNKNOWN);
	assert_int_equal(parsed.options.for_us, 1500000);
	parses(&parsed, "listen --scenario field --position -33.1234567,151.7654321,12.345");
	assert_int_equal(position->frame, POSITION_GEODETIC);
	assert_int_equal(position->geodetic.latitude_e7, -331234567);
	assert_int_equal(position->geodetic.longitude_e7, 1517654321);
	assert_int_equal(position->geodetic.altitude_mm, 12345);
	parses(&parsed, "send --scenario field --everyone --local -1.5,0,2e3");
	assert_int_equal(position->frame, POSITION_LOCAL);
	assert_true(position->local.east == -1.5f);
	assert_true(position->local.up == 2000.0f);
}

static void a_gateway_may_be_at_a_unix_socket(void **state)
{
	struct parsed parsed;

	(void)state;
	parses(&parsed, "who --gateway unix:/run/gateway:1");
	assert_string_equal(parsed.options.socket_path, "/run/gateway:1");
	assert_string_equal(parsed.options.gateway, "unix:/run/gateway:1");
	parses(&parsed, "who --gateway unix:/x --gateway localhost:7");
	assert_null(parsed.options.socket_path);
	complains("who --gateway unix:", "path");
	complains("who --gateway "
		  "unix:/0123456789012345678901234567890123456789012345678901234567890123456789"
		  "0123456789012345678901234567890123456789",
		  "107");
}

static void groups_are_taken(void **state)
{
	struct parsed parsed;

	(void)state;
	parses(&parsed, "send --scenario field --group red --payload x");
	assert_int_equal(parsed.options.group_count, 1);
	assert_string_equal(parsed.options.groups[0], "red");
	assert_null(parsed.options.to);
	parses(&parsed, "listen --scenario field --group red --group blue");
	assert_int_equal(parsed.options.group_count, 2);
	assert_string_equal(parsed.options.groups[1], "blue");
	complains("send --scenario x --group a --group b", "--group");
	complains("send --scenario x --group a --to b", "--group");
	complains("send --scenario x --group a --everyone", "--group");
	complains("who --group a", "--group");
	complains("listen --scenario x --group 1 --group 2 --group 3 --group 4 --group 5 --group 6 "
		  "--group 7 --group 8 --group 9 --group 10 --group 11 --group 12 --group 13 "
		  "--group 14 --group 15 --group 16 --group 17",
		  "--group 17");
}

static void swarm_options_are_taken(void **state)
{
	struct parsed parsed;
	const struct swarm_options *swarm = &parsed.options.swarm;

	(void)state;
	parses(&parsed, "swarm --scenario field");
	assert_int_equal(parsed.options.command, COMMAND_SWARM);
	assert_int_equal(swarm->to, SWARM_TO_RANDOM);
	assert_int_equal(swarm->shape.kind, PATTERN_CIRCLE);
	assert_true(swarm->rate_hz == 1 && swarm->speed_up == 1 && swarm->shape.seed == 1);
	assert_false(swarm->lockstep);
	parses(&parsed, "swarm --scenario field --count 50 --pattern grid --radius 500 --height 80 "
			"--speed 15.5 --rate 0.5 --size 0 --duration 2.5 --seed 42 --to everyone");
	assert_int_equal(parsed.options.count, 50);
	assert_int_equal(swarm->shape.kind, PATTERN_GRID);
	assert_true(swarm->shape.radius_m == 500 && swarm->shape.height_m == 80);
	assert_true(swarm->shape.speed_mps == 15.5 && swarm->rate_hz == 0.5);
	assert_int_equal(swarm->size_bytes, 0);
	assert_int_equal(swarm->duration_us, 2500000);
	assert_int_equal(swarm->shape.seed, 42);
	assert_int_equal(swarm->to, SWARM_TO_EVERYONE);
	parses(&parsed,
	       "swarm --scenario field --track a.csv --columns time=t,drone=uav --speed-up "
	       "8 --lockstep --log b.csv --prefix uav --hub gs --local 1,2,3 --to hub");
	assert_string_equal(swarm->track, "a.csv");
	assert_true(slice_equal(swarm->columns.name[TRACK_DRONE], slice_str("uav")));
	assert_true(swarm->speed_up == 8 && swarm->lockstep);
	assert_string_equal(swarm->log, "b.csv");
	assert_string_equal(swarm->prefix, "uav");
	assert_string_equal(swarm->hub, "gs");
	assert_int_equal(swarm->to, SWARM_TO_HUB);
	parses(&parsed, "swarm --scenario field --to uav-7 --state-rate 0");
	assert_int_equal(swarm->to, SWARM_TO_ID);
	assert_string_equal(parsed.options.to, "uav-7");
	assert_true(swarm->state_rate_hz == 0);
}

static void swarm_values_have_bounds(void **state)
{
	(void)state;
	complains("swarm", "--scenario");
	complains("swarm --scenario x --count 0", "--count");
	complains("swarm --scenario x --count 100001", "1 to 100000");
	complains("swarm --scenario x --pattern square", "--pattern square");
	complains("swarm --scenario x --rate 0", "--rate");
	complains("swarm --scenario x --rate nan", "--rate");
	complains("swarm --scenario x --rate 1e5", "--rate");
	complains("swarm --scenario x --size 65537", "--size");
	complains("swarm --scenario x --radius -1", "--radius");
	complains("swarm --scenario x --speed-up 0", "--speed-up");
	complains("swarm --scenario x --seed -1", "--seed");
	complains("swarm --scenario x --prefix a/b", "--prefix");
	complains("swarm --scenario x --prefix 1234567890123456789012345", "--prefix");
	complains("swarm --scenario x --hub a,b", "--hub");
	complains("swarm --scenario x --to a,b", "--to");
	complains("swarm --scenario x --track a --columns speed=v", "--columns");
	complains("swarm --scenario x --columns time=t", "--track");
	complains("swarm --scenario x --track a --count 3", "--count");
	complains("swarm --scenario x --track a --pattern line", "--pattern");
	complains("swarm --scenario x --local 1,2,3", "--hub");
	complains("swarm --scenario x --id a", "--id");
	complains("swarm --scenario x --everyone", "--everyone");
	complains("listen --scenario x --lockstep", "--lockstep");
	complains("who --seed 3", "--seed");
}

static void values_have_bounds(void **state)
{
	(void)state;
	complains("who --gateway nowhere", "HOST:PORT");
	complains("who --gateway nowhere:", "HOST:PORT");
	complains("who --gateway :7600", "HOST:PORT");
	complains("who --gateway ::1:7600", "brackets");
	complains("who --gateway x:0", "port");
	complains("who --gateway x:65536", "port");
	complains("who --gateway x:7600a", "port");
	complains("who --gateway []:7600", "host");
	complains("who --id 123456789012345678901234567890123", "--id");
	complains("who --timeout 0", "--timeout");
	complains("who --timeout nan", "--timeout");
	complains("who --timeout 1s", "--timeout");
	complains("who --kind plane", "--kind plane");
	complains("listen --scenario x --for -1", "--for");
	complains("listen --scenario x --count 0", "--count");
	complains("listen --scenario x --count -1", "--count");
	complains("listen --scenario x --count 4294967296", "--count");
	complains("listen --scenario x --position 1,2", "--position");
	complains("listen --scenario x --position 1,2,3,4", "--position");
	complains("listen --scenario x --position 91,2,3", "latitude");
	complains("listen --scenario x --local 1,nan,3", "--local");
	complains("listen --scenario x --local 1e10,0,3", "--local");
	complains("send --scenario x --everyone --report=some", "--report some");
}

static void what_does_not_fit_together_is_told(void **state)
{
	(void)state;
	complains("", "command");
	complains("fly", "fly");
	complains("who --fly", "--fly");
	complains("who --id", "--id");
	complains("who field", "field");
	complains("who --to uav2", "--to");
	complains("who --for 3", "--for");
	complains("send --scenario x --everyone --for 3", "--for");
	complains("listen --scenario x --payload y", "--payload");
	complains("listen", "--scenario");
	complains("send --everyone", "--scenario");
	complains("send --scenario x --to=", "--to");
	complains("send --scenario x --to y --report=some", "none, failures or all");
	complains("send --scenario x --to y --kind plane", "drone or ground-station");
	complains("send --scenario x", "--everyone");
	complains("send --scenario x --everyone --to uav2", "--everyone");
	complains("send --scenario x --everyone --payload y --file z", "--file");
	complains("listen --scenario x --local 1,2,3 --position 1,2,3", "--local");
}

static void credentials_are_taken(void **state)
{
	struct parsed parsed;
	const struct options *options = &parsed.options;

	(void)state;
	parses(&parsed, "who");
	assert_null(options->secret_file);
	assert_null(options->tls_ca);
	parses(&parsed, "who --secret-file uav1.secret --tls-ca ca.pem");
	assert_string_equal(options->secret_file, "uav1.secret");
	assert_string_equal(options->tls_ca, "ca.pem");
	assert_null(options->tls_cert);
	assert_null(options->tls_name);
	parses(&parsed, "swarm --scenario x --tls-ca ca --tls-cert {id}.crt --tls-key {id}.key "
			"--tls-name gateway --secret-file all");
	assert_string_equal(options->tls_cert, "{id}.crt");
	assert_string_equal(options->tls_key, "{id}.key");
	assert_string_equal(options->tls_name, "gateway");
	parses(&parsed, "who --gateway unix:/x --tls-ca ca --tls-name gateway");
	complains("who --gateway unix:/x --tls-ca ca", "--tls-name");
	complains("who --tls-ca ca --tls-cert a", "--tls-key");
	complains("who --tls-ca ca --tls-key a", "--tls-cert");
	complains("who --tls-cert a --tls-key b", "--tls-cert needs --tls-ca");
	complains("who --tls-name a", "--tls-name needs --tls-ca");
	complains("who --secret-file=", "--secret-file");
	complains("who --tls-ca=", "--tls-ca");
	tells("swarm --help", "{id}");
	tells("who --help", "UAV_SECRET");
}

static void help_tells_exit_codes_and_options(void **state)
{
	(void)state;
	tells("--help", "listen");
	tells("-h", "listen");
	tells("help", "listen");
	tells("who -h", "Exit codes");
	tells("who --help", "Exit codes");
	tells("send --help", "--content-type");
	tells("send --scenario x --help", "--local");
	tells("listen --help", "--for");
	tells("swarm --help", "--lockstep");
	tells("swarm --help", "unix:PATH");
	tells("--help", "swarm");
	tells("--version", "uav-drone ");
	tells("listen --version", "uav-drone ");
}

static void help_fits_a_terminal(void **state)
{
	static const char *const lines[] = {"--help",	   "who --help",    "scenarios --help",
					    "send --help", "listen --help", "swarm --help",
					    "top --help",  "console --help"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct parsed parsed;
		const char *text;

		parse(&parsed, lines[i]);
		assert_int_equal(parsed.status, OPTIONS_TOLD);
		text = parsed.help;
		while (*text) {
			size_t size = strcspn(text, "\n");

			if (size > 79) {
				fail_msg("%s: %.*s", lines[i], (int)size, text);
			}
			text += size + (text[size] == '\n');
		}
		free(parsed.help);
	}
}

static void waiting_is_asked_for(void **state)
{
	struct parsed parsed;

	(void)state;
	parses(&parsed, "send --scenario x --to a --wait");
	assert_true(parsed.options.wait);
	parses(&parsed, "send --scenario x --wait --to a");
	assert_string_equal(parsed.options.to, "a");
	parses(&parsed, "who --wait uav1 --json");
	assert_true(parsed.options.wait && parsed.options.json);
	assert_string_equal(parsed.options.wait_for, "uav1");
	parses(&parsed, "who --wait=uav1");
	assert_string_equal(parsed.options.wait_for, "uav1");
	complains("send --scenario x --to a --wait=b", "--wait alone");
	complains("who --wait", "--wait ID");
	complains("who --wait=", "--wait ID");
	complains("listen --scenario x --wait", "--wait");
	complains("swarm --scenario x --wait", "--wait");
}

static void the_environment_knows_the_gateway(void **state)
{
	struct parsed parsed;

	(void)state;
	assert_int_equal(setenv("UAV_GATEWAY", "relay.example:99", 1), 0);
	parses(&parsed, "who");
	assert_string_equal(parsed.options.gateway, "relay.example:99");
	assert_string_equal(parsed.options.host, "relay.example");
	assert_string_equal(parsed.options.port, "99");
	parses(&parsed, "who --gateway 127.0.0.1:1");
	assert_string_equal(parsed.options.port, "1");
	assert_int_equal(setenv("UAV_GATEWAY", "unix:/run/x", 1), 0);
	parses(&parsed, "who");
	assert_string_equal(parsed.options.socket_path, "/run/x");

	assert_int_equal(setenv("UAV_GATEWAY", "nonsense", 1), 0);
	complains("who", "UAV_GATEWAY in the environment: --gateway nonsense");
	/* what is not used is not looked at */
	parses(&parsed, "who --gateway 127.0.0.1:1");
	assert_int_equal(setenv("UAV_GATEWAY", "", 1), 0);
	parses(&parsed, "who");
	assert_string_equal(parsed.options.port, "7600");
	assert_int_equal(unsetenv("UAV_GATEWAY"), 0);
}

int main(void)
{
	(void)unsetenv("UAV_GATEWAY");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waiting_is_asked_for),
		cmocka_unit_test(the_environment_knows_the_gateway),
		cmocka_unit_test(who_needs_nothing),
		cmocka_unit_test(scenarios_needs_nothing),
		cmocka_unit_test(top_options_are_taken),
		cmocka_unit_test(common_options_are_taken),
		cmocka_unit_test(console_options_are_taken),
		cmocka_unit_test(send_options_are_taken),
		cmocka_unit_test(positions_are_taken),
		cmocka_unit_test(a_gateway_may_be_at_a_unix_socket),
		cmocka_unit_test(groups_are_taken),
		cmocka_unit_test(swarm_options_are_taken),
		cmocka_unit_test(swarm_values_have_bounds),
		cmocka_unit_test(values_have_bounds),
		cmocka_unit_test(what_does_not_fit_together_is_told),
		cmocka_unit_test(credentials_are_taken),
		cmocka_unit_test(help_tells_exit_codes_and_options),
		cmocka_unit_test(help_fits_a_terminal),
	};

	return cmocka_run_group_tests_name("cli options", tests, NULL, NULL);
}
