#include "unit/test_settings.h"

#include "base/rng.h"
#include "settings/reader.h"
#include "settings/table.h"
#include "settings/value.h"

#include <sys/un.h>

/* --------------------------------------------------------- what is taken */

static uint64_t number_at(const struct row *row, const struct settings *settings)
{
	bool simulator = table_find_section(row->section)->target == TARGET_SIMULATOR;

	return value_number(row, simulator ? (const void *)&settings->simulators[0]
					   : (const void *)settings);
}

/* Of the sections that stand once. */
static bool is_single_number(const struct row *row)
{
	enum target target = table_find_section(row->section)->target;

	return (row->kind == VALUE_U32 || row->kind == VALUE_U64) &&
	       (target == TARGET_SETTINGS || target == TARGET_SIMULATOR);
}

/* All numbers but the one of `except` (may be NULL) are equal. */
static void check_same_numbers(const struct settings *a, const struct settings *b,
			       const struct row *except)
{
	for (size_t i = 0; i < table_row_count; i++) {
		const struct row *row = &table_rows[i];

		if (is_single_number(row) && row != except) {
			assert_true(number_at(row, a) == number_at(row, b));
		}
	}
}

/* No member of struct limits is without a key: the rows fill it, but for four bytes of padding
 * (a switch has the bytes up to the next number). */
static void every_limit_is_a_key(void **state)
{
	size_t bytes = 0;

	(void)state;
	for (size_t i = 0; i < table_row_count; i++) {
		size_t size = table_rows[i].kind == VALUE_U64 ? sizeof(uint64_t) : sizeof(uint32_t);

		if (!table_rows[i].limit) {
			continue;
		}
		for (size_t j = 0; j < i; j++) {
			assert_true(!table_rows[j].limit ||
				    table_rows[j].offset != table_rows[i].offset);
		}
		bytes += size;
	}
	assert_in_range(bytes, sizeof(struct limits) - sizeof(uint32_t), sizeof(struct limits));
	assert_int_equal((bytes + 7) / 8 * 8, sizeof(struct limits));
}

static void defaults_are_the_projects(void **state)
{
	struct settings *settings = load_good(LISTEN "[scenario:s]\n");
	struct settings expected = *settings;
	struct limits limits = limits_default();

	(void)state;
	expected.limits = limits;
	check_same_numbers(settings, &expected, NULL);
	assert_int_equal(settings->limits.rate_refuse, limits.rate_refuse);
	assert_int_equal(settings->accept_rate, 4000);
	assert_int_equal(settings->accept_burst, 1000);
	assert_int_equal(settings->auth_mode, AUTH_NONE);
	assert_string_equal(settings->secrets_file, "");
	assert_string_equal(settings->name, "gateway");
	assert_int_equal(settings->log_level, LOG_LEVEL_INFO);
	assert_int_equal(settings->log_format, LOG_FORMAT_LOGFMT);
	assert_string_equal(settings->default_scenario, "");
	assert_int_equal(settings->listener_count, 1);
	assert_string_equal(settings->listeners[0].name, "a");
	assert_string_equal(settings->listeners[0].protocol, "protobuf");
	assert_string_equal(settings->listeners[0].address.host, "127.0.0.1");
	assert_int_equal(settings->listeners[0].address.port, 7600);
	assert_string_equal(settings->listeners[0].scenario, "");
	assert_string_equal(settings->listeners[0].tls.cert, "");
	assert_string_equal(settings->listeners[0].tls.key, "");
	assert_string_equal(settings->listeners[0].tls.ca, "");
	assert_false(settings->listeners[0].insecure);
	assert_int_equal(settings->simulator_count, 1);
	assert_string_equal(settings->simulators[0].name, "");
	assert_int_equal(settings->simulators[0].connections, 1);
	assert_int_equal(settings->simulators[0].timeout_ms, 1000);
	assert_int_equal(settings->simulators[0].max_in_flight, 65536);
	assert_int_equal(settings->simulators[0].on_simulator_down, DOWN_FAIL);
	assert_string_equal(settings->simulators[0].address.host, "127.0.0.1");
	assert_int_equal(settings->simulators[0].address.port, 7700);
	assert_int_equal(settings->simulators[0].max_frame_bytes, 4 * 1024 * 1024);
	assert_int_equal(settings->simulators[0].connect_timeout_ms, 5000);
	assert_int_equal(settings->simulators[0].ping_interval_ms, 10000);
	assert_int_equal(settings->simulators[0].idle_timeout_ms, 30000);
	assert_int_equal(settings->simulators[0].backoff_min_ms, 100);
	assert_int_equal(settings->simulators[0].backoff_max_ms, 30000);
	assert_int_equal(settings->simulators[0].backoff_growth_percent, 160);
	assert_int_equal(settings->simulators[0].max_queued_bytes, 4 * 1024 * 1024);
	assert_string_equal(settings->simulators[0].tls.ca, "");
	assert_string_equal(settings->simulators[0].tls_name, "");
	assert_int_equal(settings->decode_arena_bytes, 1024 * 1024);
	assert_int_equal(settings->tcp_user_timeout_ms, 30000);
	assert_int_equal(settings->reserved_descriptors, 128);
	assert_int_equal(settings->drain_ms, 5000);
	assert_int_equal(settings->linger_ms, 2000);
	assert_int_equal(settings->scenario_count, 1);
	assert_string_equal(settings->scenarios[0].name, "s");
	assert_string_equal(settings->scenarios[0].description, "");
	assert_int_equal(settings->scenarios[0].topology, TOPOLOGY_MESH);
	assert_string_equal(settings->scenarios[0].hub, "");
	assert_int_equal(settings->scenarios[0].spoke_to_spoke, SPOKES_RELAY);
	assert_int_equal(settings->scenarios[0].max_drones, limits.max_drones);
	assert_false(settings->scenarios[0].delay_real);
	assert_string_equal(settings->scenarios[0].simulator, "");
	assert_int_equal(settings->scenarios[0].timeout_ms, 1000);
	assert_int_equal(settings->scenarios[0].on_simulator_down, DOWN_FAIL);
	assert_string_equal(settings->scenarios[0].allow, "");
	assert_false(settings->scenarios[0].has_origin);
	assert_int_equal(settings->scenarios[0].parameter_count, 0);
	settings_free(settings);
}

/* Each numeric key of the unnamed sections, at a value of its own: each goes to
 * its own member and nowhere else. */
static void each_number_goes_to_its_member(void **state)
{
	(void)state;
	for (size_t i = 0; i < table_row_count; i++) {
		const struct row *row = &table_rows[i];
		struct settings *settings, *plain;
		uint64_t value;
		char text[256];

		if (!is_single_number(row)) {
			continue;
		}
		plain = load_good(LISTEN);
		value = number_at(row, plain) + 1;
		(void)snprintf(text, sizeof(text), LISTEN "[%s]\n%s = %llu\n", row->section,
			       row->key, (unsigned long long)value);
		settings = load_good(text);
		assert_true(number_at(row, settings) == value);
		check_same_numbers(settings, plain, row);
		settings_free(settings);
		settings_free(plain);
	}
}

static void numbers_keep_to_their_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < table_row_count; i++) {
		const struct row *row = &table_rows[i];
		char text[256], allowed[96];

		if (!is_single_number(row)) {
			continue;
		}
		(void)snprintf(allowed, sizeof(allowed), "a whole number from %llu to %llu",
			       (unsigned long long)row->min, (unsigned long long)row->max);
		(void)snprintf(text, sizeof(text), LISTEN "[%s]\n%s = %llu\n", row->section,
			       row->key, (unsigned long long)row->max + 1);
		check_one(text, 4, allowed, "too large");
		if (row->min) {
			(void)snprintf(text, sizeof(text), LISTEN "[%s]\n%s = %llu\n", row->section,
				       row->key, (unsigned long long)row->min - 1);
			check_one(text, 4, allowed, "too small");
		}
	}
	check_one(LISTEN "[limits]\nmax_drones = 18446744073709551617\n", 4, "too large", "");
	check_one(LISTEN "[limits]\nmax_in_flight_bytes = 99999999999999999999999\n", 4,
		  "too large", "");
	check_one(LISTEN "[limits]\nmax_drones = -1\n", 4, "is not a whole number", "max_drones");
	check_one(LISTEN "[limits]\nmax_drones = 0x10\n", 4, "is not a whole number", "");
	check_one(LISTEN "[limits]\nmax_drones = 10 ; ten\n", 4, "is not a whole number", "");
	check_one(LISTEN "[limits]\nmax_drones =\n", 4, "is not a whole number", "");
}

static void a_scenario_is_read_whole(void **state)
{
	struct settings *settings = load_good(
		LISTEN "[limits]\nmax_drones = 50\n[scenario:hills]\n"
		       "description = Hills; two valleys = fun \xe2\x9c\x93\ntopology = mesh\n"
		       "max_drones = 7\norigin = -33.5 ,+151.25,  -1.5e2\nchannel.model = x\n"
		       "channel.b = 2 = two\nchannel.a =\n[scenario:flat]\n");
	const struct scenario_config *hills = &settings->scenarios[0];

	(void)state;
	assert_int_equal(settings->scenario_count, 2);
	assert_string_equal(hills->description, "Hills; two valleys = fun \xe2\x9c\x93");
	assert_int_equal(hills->max_drones, 7);
	assert_true(hills->has_origin);
	assert_true(hills->origin_latitude_deg == -33.5);
	assert_true(hills->origin_longitude_deg == 151.25);
	assert_true(hills->origin_altitude_m == -150);
	assert_int_equal(hills->parameter_count, 3);
	assert_true(slice_equal(hills->parameters[0].key, slice_str("model")));
	assert_true(slice_equal(hills->parameters[0].value, slice_str("x")));
	assert_true(slice_equal(hills->parameters[1].key, slice_str("b")));
	assert_true(slice_equal(hills->parameters[1].value, slice_str("2 = two")));
	assert_true(slice_equal(hills->parameters[2].key, slice_str("a")));
	assert_int_equal(hills->parameters[2].value.size, 0);
	assert_string_equal(settings->scenarios[1].name, "flat");
	assert_int_equal(settings->scenarios[1].max_drones, 50); /* the gateway's */
	settings_free(settings);
}

static void form_is_forgiving_where_it_is_clear(void **state)
{
	struct settings *settings = load_good("\xef\xbb\xbf# made elsewhere\r\n\r\n; comment\r\n"
					      "  [listen:a]\r\n\taddress=[::1]:0  \r\n"
					      "   # indented = comment\r\n"
					      "   protocol\t=\tprotobuf\r\n"
					      "[gateway]\r\nname = gw-1\r\nlog_level = debug");

	(void)state;
	assert_string_equal(settings->listeners[0].address.host, "::1");
	assert_int_equal(settings->listeners[0].address.port, 0);
	assert_string_equal(settings->name, "gw-1");
	assert_int_equal(settings->log_level, LOG_LEVEL_DEBUG);
	settings_free(settings);
}

/* The longest description, and the longest line. */
static void long_lines_are_whole_or_refused(void **state)
{
	char text[4096], value[2048];
	struct settings *settings;

	(void)state;
	memset(value, 'd', sizeof(value));
	value[DESCRIPTION_MAX_BYTES] = '\0';
	(void)snprintf(text, sizeof(text), LISTEN "[scenario:s]\ndescription = %s\n", value);
	settings = load_good(text);
	assert_string_equal(settings->scenarios[0].description, value);
	settings_free(settings);

	value[DESCRIPTION_MAX_BYTES] = 'd';
	value[DESCRIPTION_MAX_BYTES + 1] = '\0';
	(void)snprintf(text, sizeof(text), LISTEN "[scenario:s]\ndescription = %s\n", value);
	check_one(text, 4, "is too long", "at most 200 bytes");

	value[DESCRIPTION_MAX_BYTES + 1] = 'd';
	value[1000 - strlen("channel.x=")] = '\0';
	(void)snprintf(text, sizeof(text), LISTEN "[scenario:s]\nchannel.x=%s\r\n", value);
	settings = load_good(text);
	assert_int_equal(settings->scenarios[0].parameters[0].value.size, strlen(value));
	settings_free(settings);

	value[1000 - strlen("channel.x=")] = 'd';
	value[1001 - strlen("channel.x=")] = '\0';
	(void)snprintf(text, sizeof(text), LISTEN "[scenario:s]\nchannel.x=%s\n", value);
	check_one(text, 4, "longer than 1000 bytes", "");
}

/* -------------------------------------------------------------- mistakes */

static void unknown_names_get_the_nearest_known(void **state)
{
	(void)state;
	check_one(LISTEN "[simulatr]\nanything = 1\n", 3, "unknown section \"simulatr\"",
		  "did you mean [simulator]?");
	check_one(LISTEN "[simulatr:far]\n", 3, "did you mean [simulator:NAME]?",
		  "[simulator], [simulator:NAME], [");
	check_one(LISTEN "[scenarios:x]\n", 3, "did you mean [scenario:NAME]?", "");
	check_one(LISTEN "[xyzzy]\n", 3, "unknown section \"xyzzy\"",
		  "there are [gateway], [listen:");
	check_one(LISTEN "[limits]\nmax_dornes = 5\n", 4, "unknown key \"max_dornes\"",
		  "did you mean max_drones?");
	/* output_soft_bytes is near, too, but not nearest */
	check_one(LISTEN "[limits]\noutput_hard_bytez = 5\n", 4, "did you mean output_hard_bytes?",
		  "");
	check_one("[listen:a]\nadress = x\naddress = 127.0.0.1:1\n", 2, "did you mean address?",
		  "there are address, scenario, protocol");
	check_one(LISTEN "[sessions]\nmax_in_flight_bytes = 5\n", 4, "it belongs in [limits]", "");
	check_one(LISTEN "[scenario:s]\nchanel.model = x\n", 4, "unknown key \"chanel.model\"",
		  "did you mean channel.model?");
	check_one(LISTEN "[scenario:s]\nColour.model = x\n", 4, "; there are description", "");
	check_one(LISTEN "[scenario:s]\nchanel.mo\x1b\x1b = x\n", 4, "; there are description", "");
	check_one(LISTEN "[limits]\nchanel.model = x\n", 4, "; there are max_drones", "");
}

/* Behind a value there is no comment; who wrote one is told. */
static void comments_behind_values_are_told(void **state)
{
	static const char hint[] = "; a comment needs a line of its own";

	(void)state;
	check_one(LISTEN "[scenario:s]\norigin = 1, 2, 3 # comment\n", 4, "is not a place", hint);
	check_one(LISTEN "[limits]\nmax_drones = 5\t; x\n", 4, "is not a whole number", hint);
	check_one(LISTEN "[gateway]\nlog_level = info ;\n", 4, "is not known", hint);
	check_one("[listen:a]\naddress = 127.0.0.1:1 # here\n", 2, "is not an address", hint);
	check_one(LISTEN "[gateway]\nname = a#b\n", 4, "hyphens\n", "is not a name");
	check_one(LISTEN "[gateway]\ninclude = /none.ini # x\n", 4, "No such file", hint);
	check_one(LISTEN "[gateway]\ninclude = /*.none # x\n", 4, "matches nothing", hint);
	settings_free(load_good(LISTEN "[scenario:s]\ndescription = a # b\n"));
}

static void what_stands_twice_names_the_first(void **state)
{
	(void)state;
	check_one(LISTEN "[gateway]\nname = a\nname = b\n", 5, "\"name\" is given twice",
		  "first on line 4");
	check_one(LISTEN "[gateway]\n[limits]\n[gateway]\n", 5, "[gateway] is given twice",
		  "first on line 3");
	check_one(LISTEN "[scenario:s]\n[scenario:s]\n", 4, "[scenario:s] is given twice",
		  "first on line 3");
	check_one(LISTEN "[scenario:s]\nchannel.x = 1\nchannel.y = 1\nchannel.x = 1\n", 6,
		  "\"channel.x\" is given twice", "first on line 4");
	/* the same key in two scenarios is no mistake */
	settings_free(
		load_good(LISTEN "[scenario:s]\nchannel.x = 1\n[scenario:t]\nchannel.x = 1\n"));
	check_one(LISTEN "[listen:b]\naddress = 127.0.0.1:7600\n", 4, "[listen:a]", "line 2");
	settings_free(load_good("[listen:a]\naddress = 127.0.0.1:0\n"
				"[listen:b]\naddress = 127.0.0.1:0\n"));
}

static void what_is_planned_says_so(void **state)
{
	(void)state;
	check_one("[listen:a]\naddress = 127.0.0.1:1\nprotocol = mavlink\n", 3,
		  "is not supported yet", "must be protobuf or text");
	check_one(LISTEN "[scenario:s]\ntopology = ring\n", 4, "is not known", "must be mesh");
	check_one(LISTEN "[gateway]\nlog_level = loud\n", 4, "debug, info, warning or error", "");
}

static void form_is_checked(void **state)
{
	(void)state;
	check_one("name = x\n" LISTEN, 1, "before the first [section]", "name");
	check_one(LISTEN "[gateway\n", 3, "a section reads [name]", "[gateway");
	check_one(LISTEN "[gateway] # all\n", 3, "nothing behind it", "");
	check_one(LISTEN "nonsense\n", 3, "neither [section]", "nonsense");
	check_one(LISTEN "protocol: protobuf\n", 3, "neither [section]", "");
	check_one(LISTEN "= 5\n", 3, "neither [section]", "");
	check_one(LISTEN "[gateway:x]\n", 3, "takes no name", "");
	check_one(LISTEN "[scenario]\n", 3, "[scenario:NAME] needs a NAME",
		  "hyphens; here it is missing\n");
	check_one(LISTEN "[scenario:]\n", 3, "needs a NAME", "hyphens; here it is missing\n");
	check_one(LISTEN "[scenario:a b]\n", 3, "needs a NAME", "a b");
	check_one(LISTEN "[scenario:a123456789012345678901234567890123]\n", 3, "needs a NAME", "");
	check_one(LISTEN "[gateway]\nname = two words\n", 4, "is not a name", "letters");
	check_one(LISTEN "[scenario:s]\ndescription = \xff\n", 4, "not text", "");
	check_one(LISTEN "[scenario:s]\ndescription = a\x1b[2J\n", 4, "not text", "a?[2J");
	check_one(LISTEN "[scenario:s]\nchannel.x = \xff\n", 4, "not text", "");
	check_one(LISTEN "[scenario:s]\nchannel. = 1\n", 4, "after \"channel.\"", "");
	check_one(LISTEN "[scenario:s]\nchannel.a/b = 1\n", 4, "after \"channel.\"", "");
	settings_free(load_good(LISTEN "[scenario:a1234567890123456789012345678901]\n"));
}

static void append(char *text, size_t cap, const char *more)
{
	size_t size = strlen(text);

	(void)snprintf(text + size, cap - size, "%s", more);
}

/* What the operator wrote is quoted, cut between two code points. */
static void long_values_are_cut_when_quoted(void **state)
{
	static const char drone[] = "\xf0\x9f\x9a\x81";
	char text[1024] = LISTEN "[gateway]\nname = ";
	char quoted[128] = "name = \"";

	(void)state;
	for (int i = 0; i < 60; i++) {
		append(text, sizeof(text), drone);
	}
	for (int i = 0; i < 18; i++) {
		append(quoted, sizeof(quoted), drone);
	}
	append(quoted, sizeof(quoted), "...\" is not a name");
	check_one(text, 4, quoted, "");
}

static void origins_are_places(void **state)
{
	static const char *const bad[] = {"",	     "1",	"1,2",	   "1,2,3,4",
					  "1,2,x",   "91,0,0",	"0,181,0", "0,0,1e9",
					  "nan,0,0", "inf,0,0", "0x1,0,0", "1,,3",
					  "1 2 3",   "1,2,3 m", ",,",	   "-90.1,0,0"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[128];

		(void)snprintf(text, sizeof(text), LISTEN "[scenario:s]\norigin = %s\n", bad[i]);
		check_one(text, 4, "is not a place", "latitude");
	}
	settings_free(load_good(LISTEN "[scenario:s]\norigin = 90,-180,0\n"));
}

static void keys_must_fit_each_other(void **state)
{
	(void)state;
	check_one(LISTEN "[sessions]\nidle_timeout_ms = 10000\n", 4,
		  "must be more than [sessions] ping_interval_ms = 10000",
		  "idle_timeout_ms = 10000");
	/* the key that was given is to blame, not the one left at its default */
	check_one(LISTEN "[sessions]\nping_interval_ms = 30000\n", 4, "idle_timeout_ms = 30000",
		  "");
	check_one(LISTEN "[sessions]\nidle_timeout_ms = 500\nping_interval_ms = 500\n", 4,
		  "more than", "");
	settings_free(load_good(LISTEN "[sessions]\nping_interval_ms = 0\nidle_timeout_ms = 10\n"));
	check_one(LISTEN "[simulator]\nidle_timeout_ms = 9999\n", 4, "ping_interval_ms",
		  "more than");
	check_one(LISTEN "[simulator]\nbackoff_min_ms = 30001\n", 4, "backoff_max_ms", "at least");
	settings_free(load_good(LISTEN "[simulator]\nbackoff_min_ms = 50\nbackoff_max_ms = 50\n"));
	check_one(LISTEN "[simulator]\nmax_frame_bytes = 65535\n", 4, "[limits] max_frame_bytes",
		  "");
	check_one(LISTEN "[simulator]\nmax_queued_bytes = 65535\n", 4, "[limits] max_frame_bytes",
		  "");
	check_one(LISTEN "[limits]\noutput_soft_bytes = 262144\n", 4, "output_hard_bytes",
		  "more than");
	check_one(LISTEN "[limits]\nmax_frame_bytes = 131073\n", 4,
		  "at least 2 times [limits] max_frame_bytes = 131073", "output_hard_bytes");
	check_one(LISTEN "[limits]\nmax_output_bytes = 262143\n", 4,
		  "max_output_bytes = 262143 must be at least [limits] output_hard_bytes = 262144",
		  "");
	settings_free(load_good(LISTEN "[limits]\nmax_output_bytes = 262144\n"));
	check_one(LISTEN "[limits]\nmax_frame_bytes = 4095\n", 4, "max_frame_bytes_unregistered",
		  "");
	check_one(LISTEN "[limits]\ndecode_arena_bytes = 131071\n", 4, "2 times", "decode_arena");
	check_one(LISTEN "[limits]\nmax_in_flight = 63\n", 4, "max_in_flight_per_drone", "");
	check_one(LISTEN "[limits]\nmax_in_flight_bytes = 65535\n", 4, "max_frame_bytes", "");
	check_one(LISTEN "[simulator]\naddress = 127.0.0.1:0\n", 4, "port 0", "");
	/* what was refused is not compared */
	check_one(LISTEN "[sessions]\nidle_timeout_ms = x\nping_interval_ms = 40000\n", 4,
		  "is not a whole number", "");
}

static void the_gateway_does_not_connect_to_itself(void **state)
{
	(void)state;
	check_one("[simulator]\naddress = [::1]:9\n[listen:a]\naddress = [::1]:9\n", 4,
		  "the address is that of [simulator], where a simulator listens\n", "");
	check_one("[listen:a]\naddress = unix:/a\n[simulator:x]\naddress = unix:/a\n", 2,
		  "the address is that of [simulator:x], where", "");
	/* left at its default, with a section or without */
	check_one("[listen:a]\naddress = 127.0.0.1:7700\n", 2,
		  "that of [simulator], where a simulator listens unless another is given", "");
	check_one("[listen:a]\naddress = 127.0.0.1:7700\n[simulator]\n", 2,
		  "that of [simulator], where a simulator listens unless another is given", "");
	settings_free(load_good("[listen:a]\naddress = 127.0.0.1:7700\n"
				"[simulator:x]\naddress = 127.0.0.1:7701\n"));
	/* what was refused or is missing is not compared */
	check_one("[listen:a]\naddress = 127.0.0.1:7700\n[simulator]\naddress = x\n", 4,
		  "is not an address", "");
	check_one("[listen:a]\n[listen:b]\naddress = [::1]:9\n", 1, "has no address", "");
}

static void somebody_must_be_able_to_connect(void **state)
{
	(void)state;
	check_one("", 0, "no [listen:NAME] section: nobody could connect", "");
	check_one("[gateway]\n", 0, "no [listen:NAME] section", "");
	check_one("[listen:a]\n", 1, "[listen:a] has no address", "address = 127.0.0.1:7600");
}

static void there_are_not_too_many(void **state)
{
	char text[65536] = "";
	struct settings *settings;
	size_t at = 0;

	(void)state;
	for (int i = 0; i < SETTINGS_MAX_LISTENERS; i++) {
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "[listen:l%d]\naddress = 127.0.0.1:%d\n", i, 1000 + i);
	}
	settings = load_good(text);
	assert_int_equal(settings->listener_count, SETTINGS_MAX_LISTENERS);
	settings_free(settings);
	(void)snprintf(text + at, sizeof(text) - at, "[listen:x]\naddress = 127.0.0.1:999\n");
	check_one(text, 33, "more than 16 [listen:NAME] sections", "");

	at = (size_t)snprintf(text, sizeof(text), LISTEN "[simulator]\n");
	for (int i = 1; i < SETTINGS_MAX_SIMULATORS; i++) {
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "[simulator:s%d]\naddress = 127.0.0.1:7700\n", i);
	}
	settings = load_good(text);
	assert_int_equal(settings->simulator_count, SETTINGS_MAX_SIMULATORS);
	settings_free(settings);
	(void)snprintf(text + at, sizeof(text) - at, "[simulator:x]\naddress = 127.0.0.1:1\n");
	check_one(text, 34, "more than 16 [simulator] sections", "");

	at = (size_t)snprintf(text, sizeof(text), LISTEN "[scenario:s]\n");
	for (int i = 0; i < 257; i++) {
		at += (size_t)snprintf(text + at, sizeof(text) - at, "channel.k%d = 1\n", i);
	}
	check_one(text, 260, "more than 256 channel.* keys", "");
}

static void scenarios_are_bounded(void **state)
{
	size_t size = (SETTINGS_MAX_SCENARIOS + 5) * 32, at;
	char *text = malloc(size);
	struct mistakes mistakes;

	(void)state;
	assert_non_null(text);
	at = (size_t)snprintf(text, size, LISTEN);
	for (int i = 0; i < SETTINGS_MAX_SCENARIOS + 3; i++) { /* told once */
		at += (size_t)snprintf(text + at, size - at, "[scenario:s%d]\n", i);
	}
	assert_null(load(text, &mistakes));
	expect_one(&mistakes, SETTINGS_MAX_SCENARIOS + 3, "more than 4096 [scenario:NAME] sections",
		   "");
	free(text);
}

static void every_mistake_is_told(void **state)
{
	struct mistakes mistakes;

	(void)state;
	assert_null(load("[gateway]\nnam = x\nlog_level = loud\n[bogus]\nx = 1\nnonsense\n"
			 "[limits]\nmax_drones = many\n[scenario:a b]\ntopology = ring\n",
			 &mistakes));
	assert_string_equal(
		mistakes.all,
		"2: unknown key \"nam\" in [gateway]; did you mean name? there are name, "
		"default_scenario, log_level, log_format, retry_spread_ms, include\n"
		"3: log_level = \"loud\" is not known; must be debug, info, warning or error\n"
		"4: unknown section \"bogus\"; there are [gateway], [listen:NAME], [auth], "
		"[simulator], "
		"[simulator:NAME], [sessions], [presence], [limits], [scenario:NAME]\n"
		"6: this is neither [section], nor key = value, nor a comment (# or ; at the start "
		"of the line): \"nonsense\"\n"
		"8: max_drones = \"many\" is not a whole number; must be a whole number from 1 to "
		"1000000\n"
		"9: [scenario:NAME] needs a NAME of 1 to 32 letters, digits, dots, underscores or "
		"hyphens; here: \"a b\"\n"
		"10: topology = \"ring\" is not known; must be mesh or star\n"
		"0: no [listen:NAME] section: nobody could connect\n");
}

static void what_is_no_file_is_refused(void **state)
{
	struct mistakes mistakes = {.count = 0};

	(void)state;
	assert_null(settings_load("/nonexistent/gateway.ini", note, &mistakes));
	assert_string_equal(mistakes.all, "0: cannot be opened: No such file or directory\n");
	mistakes = (struct mistakes){.count = 0};
	assert_null(settings_load("/tmp", note, &mistakes));
	assert_string_equal(mistakes.all, "0: is a directory\n");
	mistakes = (struct mistakes){.count = 0};
	assert_null(settings_load("/dev/zero", note, &mistakes));
	assert_string_equal(mistakes.all, "0: is not a file\n");
	assert_null(settings_load("/tmp", NULL, NULL));
	settings_free(NULL);
}

/* One mistake, however much there is behind the last byte that is read. */
static void files_have_a_largest_size(void **state)
{
	const size_t most = READER_FILE_BYTES;
	char *text = malloc(most + 1);
	struct mistakes mistakes;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', most + 1);
	memcpy(text, LISTEN, strlen(LISTEN));
	settings_free(load_bytes(text, most, &mistakes));
	assert_string_equal(mistakes.all, "");
	assert_null(load_bytes(text, most + 1, &mistakes));
	assert_string_equal(mistakes.all,
			    "0: is larger than 16 MiB; the rest of it was not read\n");
	/* a line without an end is none of the mistakes */
	memset(text, 'x', most + 1);
	assert_null(load_bytes(text, most + 1, &mistakes));
	assert_string_equal(mistakes.all,
			    "0: is larger than 16 MiB; the rest of it was not read\n");
	free(text);
}

static void nul_bytes_are_refused(void **state)
{
	static const char text[] = LISTEN "[gateway]\nname = a\0b\n";
	struct mistakes mistakes;

	(void)state;
	assert_null(load_bytes(text, sizeof(text) - 1, &mistakes));
	assert_string_equal(mistakes.all, "4: the line has a NUL byte\n");
}

/* ------------------------------------------------------------- addresses */

static void addresses_are_taken_apart(void **state)
{
	static const char *const bad[] = {
		"",
		":",
		"127.0.0.1",
		"127.0.0.1:",
		":7600",
		"::1:7600",
		"[::1]",
		"[::1]7600",
		"[::1:7600",
		"[]:1",
		"[127.0.0.1]:1",
		"example.org:1",
		"127.0.0.1:65536",
		"127.0.0.1:-1",
		"127.0.0.1:+1",
		"127.0.0.1:1x",
		"127.0.0.1: 1",
		"127.0.0.1:000001",
		"256.0.0.1:1",
		"1.2.3:1",
		"[fe80::1%lo]:1",
		"[localhost]:1",
	};
	static const struct {
		const char *text, *host;
		uint16_t port;
	} good[] = {
		{"127.0.0.1:7600", "127.0.0.1", 7600},	     {"0.0.0.0:0", "0.0.0.0", 0},
		{"localhost:65535", "localhost", 65535},     {"[::]:80", "::", 80},
		{"[2001:db8::1]:7700", "2001:db8::1", 7700},
	};
	struct address address;
	const char *why;
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = NULL;
		if (address_parse(bad[i], &address, &why) == 0) {
			print_error("taken: %s\n", bad[i]);
			fail();
		}
		assert_non_null(why);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(address_parse(good[i].text, &address, &why), 0);
		assert_string_equal(address.host, good[i].host);
		assert_int_equal(address.port, good[i].port);
	}
	assert_int_equal(address_parse("[::1:7600", &address, &why), -1);
	assert_non_null(strstr(why, "the ] behind the IPv6 address is missing"));
	memset(text, '1', sizeof(text));
	memcpy(text + sizeof(text) - 4, ":80", 4);
	assert_int_equal(address_parse(text, &address, &why), -1);
}

static void paths_fit_a_unix_socket(void **state)
{
	const size_t most = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
	char text[200] = "unix:";
	struct address address;
	const char *why = NULL;

	(void)state;
	assert_int_equal(address_parse("unix:/run/a:b c", &address, &why), 0);
	assert_true(address.is_path);
	assert_string_equal(address.host, "/run/a:b c");
	assert_int_equal(address.port, 0);
	memset(text + 5, 'p', most);
	assert_int_equal(address_parse(text, &address, &why), 0);
	assert_int_equal(strlen(address.host), most);
	text[5 + most] = 'p';
	assert_int_equal(address_parse(text, &address, &why), -1);
	assert_non_null(strstr(why, "at most 107 bytes"));
	assert_int_equal(address_parse("unix:", &address, &why), -1);
	assert_non_null(strstr(why, "path is missing"));
	assert_int_equal(address_parse("unix:a\x1b", &address, &why), -1);
	assert_non_null(strstr(why, "not text"));
	check_one("[listen:a]\naddress = unix:/a\n[listen:b]\naddress = unix:/a\n", 4, "[listen:a]",
		  "on line 2");
	settings_free(load_good("[listen:a]\naddress = unix:/a\n"
				"[listen:b]\naddress = unix:/b\n[simulator]\naddress = unix:/s\n"));
}

static void addresses_print_as_they_were_read(void **state)
{
	static const char *const texts[] = {"127.0.0.1:7600", "localhost:0", "[::1]:65535",
					    "[2001:db8::1]:1", "unix:/run/uav.sock"};
	char printed[ADDRESS_TEXT_BYTES];
	struct address address;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(address_parse(texts[i], &address, &why), 0);
		address_print(&address, printed, sizeof(printed));
		assert_string_equal(printed, texts[i]);
	}
}

/* ---------------------------------------------- simulators and scenarios */

static void each_choice_is_kept(void **state)
{
	struct settings *settings = load_good(
		LISTEN "scenario = net\n[gateway]\nlog_format = json\ndefault_scenario = hub\n"
		       "[scenario:net]\ndelay = none\non_simulator_down = queue\n"
		       "[scenario:hub]\ntopology = star\nhub = gs-1\nspoke_to_spoke = deny\n"
		       "delay = real\non_simulator_down = bypass\ntimeout_ms = 77\n"
		       "[scenario:relay]\nhub = gs\nspoke_to_spoke = relay\ntopology = star\n");
	const struct scenario_config *scenarios = settings->scenarios;

	(void)state;
	assert_int_equal(settings->log_format, LOG_FORMAT_JSON);
	assert_string_equal(settings->default_scenario, "hub");
	assert_string_equal(settings->listeners[0].scenario, "net");
	assert_int_equal(scenarios[0].topology, TOPOLOGY_MESH);
	assert_false(scenarios[0].delay_real);
	assert_int_equal(scenarios[0].on_simulator_down, DOWN_QUEUE);
	assert_int_equal(scenarios[0].timeout_ms, 1000);
	assert_int_equal(scenarios[1].topology, TOPOLOGY_STAR);
	assert_string_equal(scenarios[1].hub, "gs-1");
	assert_int_equal(scenarios[1].spoke_to_spoke, SPOKES_DENY);
	assert_true(scenarios[1].delay_real);
	assert_int_equal(scenarios[1].on_simulator_down, DOWN_BYPASS);
	assert_int_equal(scenarios[1].timeout_ms, 77);
	assert_int_equal(scenarios[2].spoke_to_spoke, SPOKES_RELAY);
	settings_free(settings);
}

/* What a scenario does not give it has from its own simulator, wherever that stands. */
static void scenarios_have_what_their_simulator_has(void **state)
{
	struct settings *settings = load_good(
		LISTEN "[scenario:a]\nsimulator = far\n[scenario:b]\n"
		       "[scenario:c]\nsimulator = far\ntimeout_ms = 9\nmax_drones = 3\n"
		       "[simulator]\ntimeout_ms = 400\non_simulator_down = bypass\n"
		       "[simulator:far]\naddress = 127.0.0.2:1\ntimeout_ms = 500\n"
		       "on_simulator_down = queue\nconnections = 64\n[limits]\nmax_drones = 8\n");
	const struct scenario_config *scenarios = settings->scenarios;

	(void)state;
	assert_int_equal(settings->simulator_count, 2);
	assert_string_equal(settings->simulators[0].name, "");
	assert_string_equal(settings->simulators[1].name, "far");
	assert_string_equal(settings->simulators[1].address.host, "127.0.0.2");
	assert_int_equal(settings->simulators[1].connections, 64);
	assert_string_equal(scenarios[0].simulator, "far");
	assert_int_equal(scenarios[0].timeout_ms, 500);
	assert_int_equal(scenarios[0].on_simulator_down, DOWN_QUEUE);
	assert_int_equal(scenarios[0].max_drones, 8);
	assert_string_equal(scenarios[1].simulator, "");
	assert_int_equal(scenarios[1].timeout_ms, 400);
	assert_int_equal(scenarios[1].on_simulator_down, DOWN_BYPASS);
	assert_int_equal(scenarios[2].timeout_ms, 9);
	assert_int_equal(scenarios[2].on_simulator_down, DOWN_QUEUE);
	assert_int_equal(scenarios[2].max_drones, 3);
	settings_free(settings);
}

#define FAR "[simulator:far]\naddress = 127.0.0.2:1\n"

/* How long drones may be silent: a listener's own word, or that of [sessions]. */
static void listeners_have_what_sessions_have(void **state)
{
	struct settings *settings = load_good(
		"[sessions]\nidle_timeout_ms = 5000\nping_interval_ms = 0\n" LISTEN
		"[listen:b]\naddress = 127.0.0.1:1\nidle_timeout_ms = 7000\n"
		"[listen:c]\naddress = 127.0.0.1:2\nprotocol = text\nping_interval_ms = 4000\n");

	(void)state;
	assert_int_equal(settings->listeners[0].idle_timeout_ms, 5000);
	assert_int_equal(settings->listeners[0].ping_interval_ms, 0);
	assert_int_equal(settings->listeners[1].idle_timeout_ms, 7000);
	assert_int_equal(settings->listeners[1].ping_interval_ms, 0);
	assert_int_equal(settings->listeners[2].idle_timeout_ms, 5000);
	assert_int_equal(settings->listeners[2].ping_interval_ms, 4000);
	assert_string_equal(settings->listeners[2].protocol, "text");
	settings_free(settings);
	/* one of the two may be inherited, and the two must fit each other */
	check_one(LISTEN "ping_interval_ms = 30000\n", 3,
		  "[listen:a] idle_timeout_ms = 30000 must be more than",
		  "[listen:a] ping_interval_ms = 30000");
	check_one(LISTEN "ping_interval_ms = 500\nidle_timeout_ms = 500\n", 4, "must be more than",
		  "[listen:a] ping_interval_ms");
	/* told once, where it stands */
	check_one(LISTEN "[sessions]\nping_interval_ms = 30000\n", 4, "[sessions] idle_timeout_ms",
		  "[sessions] ping_interval_ms");
	check_one(LISTEN "idle_timeout_ms = 9\n", 3, "idle_timeout_ms", "10");
	check_one(LISTEN "ping_interval_ms = 3600001\n", 3, "ping_interval_ms", "3600000");
}

static void simulators_are_named_or_there_is_one(void **state)
{
	struct settings *settings = load_good(LISTEN FAR "[scenario:s]\nsimulator = far\n");

	(void)state;
	assert_int_equal(settings->simulator_count, 1);
	assert_string_equal(settings->simulators[0].name, "far");
	settings_free(settings);
	check_one(LISTEN FAR "[scenario:s]\n", 5, "[scenario:s] names no simulator",
		  "write simulator = NAME; there is [simulator:far]");
	check_one(LISTEN FAR "[scenario:s]\nsimulator = fra\n", 6,
		  "simulator = \"fra\": there is no [simulator:fra]; did you mean [simulator:far]?",
		  "there is [simulator:far]");
	check_one(LISTEN "[scenario:s]\nsimulator = far\n", 4, "there is no [simulator:far]\n", "");
	check_one(LISTEN "[simulator:far]\n", 3, "[simulator:far] has no address", "for example");
	check_one(LISTEN FAR FAR, 5, "[simulator:far] is given twice", "first on line 3");
	check_one(LISTEN "[simulator]\n[simulator]\n", 4, "[simulator] is given twice", "line 3");
	check_one(LISTEN "[simulator:]\n", 3, "needs a NAME", "");
	check_one(LISTEN FAR "idle_timeout_ms = 9999\n", 5,
		  "[simulator:far] idle_timeout_ms = 9999 must be more than [simulator:far] ping",
		  "");
	check_one(LISTEN FAR "connections = 65\n", 5, "from 1 to 64", "");
	check_one(LISTEN FAR "connections = 0\n", 5, "from 1 to 64", "");
	/* the first may be as the second may not */
	check_one(LISTEN "[simulator]\n" FAR "max_frame_bytes = 65535\n", 6,
		  "[simulator:far] max_frame_bytes", "[limits] max_frame_bytes");
}

static void names_that_are_referred_to_are_there(void **state)
{
	(void)state;
	check_one(LISTEN "[gateway]\ndefault_scenario = feild\n[scenario:field]\n[scenario:b]\n", 4,
		  "default_scenario = \"feild\": there is no [scenario:feild]",
		  "; did you mean [scenario:field]? there are [scenario:field], [scenario:b]\n");
	check_one(LISTEN "scenario = x\n[scenario:field]\n", 3,
		  "there is no [scenario:x]; there is [scenario:field]", "");
	check_one(LISTEN "scenario = x\n", 3, "there is no [scenario:x]\n", "");
	check_one(LISTEN "scenario = two words\n", 3, "is not a name", "");
}

static void stars_have_a_hub_and_meshes_none(void **state)
{
	(void)state;
	check_one(LISTEN "[scenario:s]\ndelay = real\ntopology = star\n", 5,
		  "[scenario:s] is a star and has no hub", "for example: hub = ground");
	check_one(LISTEN "[scenario:s]\nhub = gs\n", 4, "hub is for a star",
		  "[scenario:s] is a mesh");
	check_one(LISTEN "[scenario:s]\ntopology = mesh\nspoke_to_spoke = deny\n", 5,
		  "spoke_to_spoke is for a star", "topology = star");
	check_one(LISTEN "[scenario:s]\ntopology = star\nhub = a b\n", 5, "is not a name", "");
	check_one(LISTEN "[scenario:s]\ntopology = star\nhub =\n", 5, "is not a name", "");
	check_one(LISTEN "[scenario:s]\ntopology = strar\nhub = gs\n", 4,
		  "is not known; did you mean star? must be mesh or star", "");
	check_one(LISTEN "[scenario:s]\ntopology = star\nhub = g\nspoke_to_spoke = no\n", 6,
		  "relay or deny", "");
	check_one(LISTEN "[scenario:s]\ndelay = yes\n", 4, "real or none", "");
}

/* --------------------------------------------------- files and reference */

static void the_sample_file_is_right(void **state)
{
	struct mistakes mistakes = {.count = 0};
	struct settings *settings = settings_load("config/gateway.ini", note, &mistakes);

	(void)state;
	assert_string_equal(mistakes.all, "");
	assert_non_null(settings);
	assert_int_equal(settings->listener_count, 1);
	assert_string_equal(settings->listeners[0].address.host, "127.0.0.1");
	assert_int_equal(settings->listeners[0].address.port, 7600);
	assert_int_equal(settings->scenario_count, 8);
	assert_string_equal(settings->scenarios[0].name, "field");
	assert_true(settings->scenarios[0].has_origin);
	assert_int_equal(settings->scenarios[0].parameter_count, 7);
	assert_string_equal(settings->scenarios[1].name, "bench");
	assert_string_equal(settings->scenarios[2].name, "long-range"); /* sorted from here on */
	assert_string_equal(settings->scenarios[3].name, "mesh-free-space");
	assert_string_equal(settings->scenarios[4].name, "over-town");
	assert_string_equal(settings->scenarios[5].name, "star-deny");
	assert_string_equal(settings->scenarios[6].name, "star-relay");
	assert_string_equal(settings->scenarios[7].name, "swarm-50");
	for (size_t i = 2; i < settings->scenario_count; i++) {
		assert_true(settings->scenarios[i].has_origin);
		assert_true(*settings->scenarios[i].description);
	}
	settings_free(settings);
}

/* The folder of ready scenarios is beside the original only. */
static void include_nothing(char *text)
{
	char *pattern = strstr(text, "scenarios/*.ini");

	assert_non_null(pattern);
	memcpy(pattern, "*.no-such-files", strlen("scenarios/*.ini"));
}

/* Loads as it is; with every comment sign before a key removed it loads, too, and
 * gives the same defaults. */
static void the_reference_is_a_valid_file(void **state)
{
	char *text = NULL, *at;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct settings *settings, *spelled;

	(void)state;
	assert_non_null(out);
	settings_print_reference(out);
	/* what the examples speak of */
	fputs("[simulator:other]\naddress = 127.0.0.1:7701\n", out);
	assert_int_equal(fclose(out), 0);
	settings = load_good(text);
	for (at = text; (at = strstr(at, "\n# ")); at++) {
		size_t key = strspn(at + 3, "abcdefghijklmnopqrstuvwxyz_.");

		if (key && strncmp(at + 3 + key, " = ", 3) == 0) {
			at[1] = at[2] = ' ';
		}
	}
	for (size_t i = 0; i < table_row_count; i++) {
		char line[96];

		(void)snprintf(line, sizeof(line), "\n%s%s = ", table_rows[i].required ? "" : "  ",
			       table_rows[i].kind == VALUE_CHANNEL ? "channel.model"
								   : table_rows[i].key);
		assert_non_null(strstr(text, line));
	}
	include_nothing(text);
	at = strstr(text, "topology = mesh\n");
	assert_non_null(at);
	memcpy(strchr(at, 'm'), "star", 4); /* which has a hub */
	spelled = load_good(text);
	check_same_numbers(settings, spelled, NULL);
	assert_string_equal(spelled->default_scenario, "example");
	assert_string_equal(spelled->listeners[0].scenario, "example");
	assert_string_equal(spelled->scenarios[0].hub, "ground");
	assert_int_equal(spelled->scenarios[0].max_drones, 100);
	assert_int_equal(spelled->scenarios[0].parameter_count, 1);
	assert_string_equal(spelled->scenarios[0].allow, "uav-*, ground");
	assert_string_equal(spelled->listeners[0].tls.cert, "/tmp/gateway.pem");
	assert_string_equal(spelled->simulators[0].tls_name, "simulator.example");
	settings_free(settings);
	settings_free(spelled);
	free(text);
}

/* ------------------------------------------------------------ any bytes */

static size_t scramble(struct rng *rng, char *text, size_t cap)
{
	static const char *const pieces[] = {
		"[",
		"]",
		"listen",
		":",
		"scenario",
		"\n",
		"=",
		" ",
		"address",
		"channel.",
		"origin",
		"max_drones",
		"127.0.0.1",
		"1,2,3",
		"\r",
		";",
		"#",
		"\xff",
		"\xe2\x9c",
		"name",
		"[gateway]\n",
		"[limits]\n",
		"[::1]",
		"mesh",
		"999999999999999999999",
		"\x1b",
		"\t",
		"[listen:x]\naddress = 127.0.0.1:1\n",
		"[scenario:y]\n",
		"channel.k = v\n",
	};
	const size_t count = sizeof(pieces) / sizeof(pieces[0]);
	size_t size = 0, parts = (size_t)rng_below(rng, 60);

	for (size_t i = 0; i < parts; i++) {
		const char *piece = pieces[rng_below(rng, count)];
		size_t length = strlen(piece), times = rng_below(rng, 40) ? 1 : 400;

		for (size_t j = 0; j < times && size + length + 1 < cap; j++) {
			memcpy(text + size, piece, length);
			size += length;
		}
		if (rng_below(rng, 30) == 0) {
			text[size++] = (char)rng_next(rng);
		}
		if (size + 1 >= cap) {
			break;
		}
	}
	return size;
}

/* Scrambled lines and damaged copies of the sample never crash, and either give
 * settings or a mistake (load_bytes checks that). */
static void any_bytes_are_survived(void **state)
{
	static char sample[16384], text[16384];
	FILE *file = fopen("config/gateway.ini", "r");
	struct mistakes mistakes;
	size_t size, good = 0, bad = 0;
	struct rng rng;

	(void)state;
	assert_non_null(file);
	size = fread(sample, 1, sizeof(sample) - 1, file);
	include_nothing(sample);
	(void)fclose(file);
	rng_seed(&rng, 11);
	for (int i = 0; i < 3000; i++) {
		struct settings *settings;
		size_t used;

		if (i % 2) {
			used = scramble(&rng, text, sizeof(text));
		} else {
			memcpy(text, sample, size);
			for (uint64_t j = rng_below(&rng, 4); j > 0; j--) {
				text[rng_below(&rng, size)] = (char)rng_next(&rng);
			}
			used = rng_below(&rng, 4) ? size : (size_t)rng_below(&rng, size);
		}
		settings = load_bytes(text, used, &mistakes);
		good += settings != NULL;
		bad += settings == NULL;
		settings_free(settings);
	}
	assert_true(good > 100 && bad > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_the_projects),
		cmocka_unit_test(every_limit_is_a_key),
		cmocka_unit_test(each_number_goes_to_its_member),
		cmocka_unit_test(numbers_keep_to_their_bounds),
		cmocka_unit_test(a_scenario_is_read_whole),
		cmocka_unit_test(form_is_forgiving_where_it_is_clear),
		cmocka_unit_test(long_lines_are_whole_or_refused),
		cmocka_unit_test(unknown_names_get_the_nearest_known),
		cmocka_unit_test(comments_behind_values_are_told),
		cmocka_unit_test(what_stands_twice_names_the_first),
		cmocka_unit_test(what_is_planned_says_so),
		cmocka_unit_test(form_is_checked),
		cmocka_unit_test(long_values_are_cut_when_quoted),
		cmocka_unit_test(origins_are_places),
		cmocka_unit_test(keys_must_fit_each_other),
		cmocka_unit_test(the_gateway_does_not_connect_to_itself),
		cmocka_unit_test(somebody_must_be_able_to_connect),
		cmocka_unit_test(there_are_not_too_many),
		cmocka_unit_test(scenarios_are_bounded),
		cmocka_unit_test(every_mistake_is_told),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(files_have_a_largest_size),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(each_choice_is_kept),
		cmocka_unit_test(scenarios_have_what_their_simulator_has),
		cmocka_unit_test(listeners_have_what_sessions_have),
		cmocka_unit_test(simulators_are_named_or_there_is_one),
		cmocka_unit_test(names_that_are_referred_to_are_there),
		cmocka_unit_test(stars_have_a_hub_and_meshes_none),
		cmocka_unit_test(addresses_are_taken_apart),
		cmocka_unit_test(paths_fit_a_unix_socket),
		cmocka_unit_test(addresses_print_as_they_were_read),
		cmocka_unit_test(the_sample_file_is_right),
		cmocka_unit_test(the_reference_is_a_valid_file),
		cmocka_unit_test(any_bytes_are_survived),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
