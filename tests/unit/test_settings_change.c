/* Settings printed, compared, and loaded for a gateway that runs. */
#include "unit/test_settings.h"

#include "settings/table.h"

#include <sys/stat.h>

/* ------------------------------------------------------------- comparing */

struct changes {
	char all[32768]; /* "[section] key: before -> after\n" each */
};

static void note_change(void *ctx, const char *section, const char *key, const char *before,
			const char *after)
{
	struct changes *changes = ctx;
	size_t at = strlen(changes->all);

	(void)snprintf(changes->all + at, sizeof(changes->all) - at, "[%s] %s: %s -> %s\n", section,
		       key ? key : "*", before ? before : "NEW", after ? after : "GONE");
}

static void check_diff(const struct settings *before, const struct settings *after,
		       const char *expected)
{
	struct changes changes = {.all = ""};

	settings_diff(before, after, note_change, &changes);
	assert_string_equal(changes.all, expected);
}

static void check_texts(const char *before, const char *after, const char *expected)
{
	struct settings *old = load_good(before), *new = load_good(after);

	check_diff(old, new, expected);
	check_diff(old, old, "");
	check_diff(new, new, "");
	settings_free(old);
	settings_free(new);
}

#define TLS "tls_cert = c.pem\ntls_key = k.pem\n"
#define MUTUAL TLS "tls_ca = ca.pem\n"
#define FAR "[simulator:far]\naddress = 127.0.0.2:1\n"

static void each_changed_key_is_told(void **state)
{
	(void)state;
	check_texts(LISTEN "[scenario:s]\n",
		    "[listen:a]\naddress = [::1]:7600\nscenario = s\n[scenario:s]\n"
		    "topology = star\nhub = gs\ndelay = real\norigin = 1, 2, 3\ntimeout_ms = 7\n"
		    "[gateway]\nlog_level = debug\nlog_format = json\ndefault_scenario = s\n"
		    "[simulator]\nmax_in_flight = 3\non_simulator_down = queue\n"
		    "[limits]\nmax_in_flight_bytes = 5000000000\nqueue_ms = 9\n",
		    "[gateway] default_scenario:  -> s\n"
		    "[gateway] log_level: info -> debug\n"
		    "[gateway] log_format: logfmt -> json\n"
		    "[listen:a] address: 127.0.0.1:7600 -> [::1]:7600\n"
		    "[listen:a] scenario:  -> s\n"
		    "[simulator] max_in_flight: 65536 -> 3\n"
		    "[simulator] on_simulator_down: fail -> queue\n"
		    "[limits] max_in_flight_bytes: 536870912 -> 5000000000\n"
		    "[limits] queue_ms: 5000 -> 9\n"
		    "[scenario:s] topology: mesh -> star\n"
		    "[scenario:s] hub:  -> gs\n"
		    "[scenario:s] delay: none -> real\n"
		    "[scenario:s] timeout_ms: 1000 -> 7\n"
		    "[scenario:s] origin:  -> 1, 2, 3\n");
}

/* What is inherited is told where it changed. */
static void patience_is_told_as_it_changes(void **state)
{
	(void)state;
	check_texts(LISTEN "ping_interval_ms = 500\n",
		    LISTEN "idle_timeout_ms = 60000\n[sessions]\nping_interval_ms = 700\n",
		    "[listen:a] idle_timeout_ms: 30000 -> 60000\n"
		    "[listen:a] ping_interval_ms: 500 -> 700\n"
		    "[sessions] ping_interval_ms: 10000 -> 700\n");
	check_texts(LISTEN, LISTEN "[sessions]\nidle_timeout_ms = 60000\n",
		    "[sessions] idle_timeout_ms: 30000 -> 60000\n");
	check_texts(LISTEN "[listen:b]\naddress = 127.0.0.1:1\nidle_timeout_ms = 60000\n",
		    LISTEN "[listen:b]\naddress = 127.0.0.1:1\nidle_timeout_ms = 70000\n",
		    "[listen:b] idle_timeout_ms: 60000 -> 70000\n");
}

static void who_gets_in_is_told_as_it_changes(void **state)
{
	(void)state;
	check_texts(LISTEN "[scenario:s]\n",
		    LISTEN "tls_cert = c\ntls_key = /k\ninsecure = yes\n[auth]\nsecrets_file = s\n"
			   "ban_ms = 5\n[simulator]\ntls_ca = x/../ca\ntls_name = sim\n"
			   "[limits]\nrate_exceeded = refuse\naccept_rate = 0\n"
			   "[scenario:s]\nallow = a*\n",
		    "[listen:a] tls_cert:  -> /tmp/c\n"
		    "[listen:a] tls_key:  -> /k\n"
		    "[listen:a] insecure: no -> yes\n"
		    "[auth] secrets_file:  -> /tmp/s\n"
		    "[auth] ban_ms: 600000 -> 5\n"
		    "[simulator] tls_ca:  -> /tmp/x/../ca\n"
		    "[simulator] tls_name:  -> sim\n"
		    "[limits] accept_rate: 4000 -> 0\n"
		    "[limits] rate_exceeded: hold -> refuse\n"
		    "[scenario:s] allow:  -> a*\n");
}

static void sections_come_and_go(void **state)
{
	(void)state;
	check_texts(LISTEN "[scenario:old]\ndescription = d\n[scenario:same]\n",
		    LISTEN FAR
		    "connections = 2\n[scenario:same]\n"
		    "[scenario:new]\nmax_drones = 10000\nsimulator = far\norigin = 1,2,3\n"
		    "delay = none\non_simulator_down = fail\nchannel.model = "
		    "x\n[listen:b]\naddress = [::1]:1\n"
		    "[simulator]\n",
		    "[listen:b] *: NEW -> \n"
		    "[listen:b] address: NEW -> [::1]:1\n"
		    "[simulator:far] *: NEW -> \n"
		    "[simulator:far] address: NEW -> 127.0.0.2:1\n"
		    "[simulator:far] connections: NEW -> 2\n"
		    "[scenario:old] *:  -> GONE\n"
		    "[scenario:new] *: NEW -> \n"
		    "[scenario:new] max_drones: NEW -> 10000\n"
		    "[scenario:new] simulator: NEW -> far\n"
		    "[scenario:new] on_simulator_down: NEW -> fail\n"
		    "[scenario:new] origin: NEW -> 1, 2, 3\n"
		    "[scenario:new] channel.model: NEW -> x\n");
}

static void channel_keys_come_change_and_go(void **state)
{
	(void)state;
	check_texts(LISTEN "[scenario:s]\nchannel.a = 1\nchannel.b = 2\nchannel.c = 3\n",
		    LISTEN "[scenario:s]\nchannel.c = 3\nchannel.d =\nchannel.b = two\n",
		    "[scenario:s] channel.a: 1 -> GONE\n"
		    "[scenario:s] channel.b: 2 -> two\n"
		    "[scenario:s] channel.d: NEW -> \n");
}

static void includes_that_change_are_told(void **state)
{
	(void)state;
	check_texts(LISTEN "[gateway]\n",
		    LISTEN "[gateway]\ninclude = *.no-such-files\ninclude = [x].ini\n",
		    "[gateway] include:  -> *.no-such-files, [x].ini\n");
	check_texts(LISTEN "[gateway]\ninclude = [x].ini\n", LISTEN,
		    "[gateway] include: [x].ini -> \n");
}

/* What scenarios have from elsewhere is told there. */
static void what_is_inherited_is_told_once(void **state)
{
	(void)state;
	check_texts(LISTEN "[scenario:s]\n[scenario:t]\ntimeout_ms = 1000\n",
		    LISTEN "[scenario:s]\n[scenario:t]\ntimeout_ms = 50\n"
			   "[simulator]\ntimeout_ms = 50\n[limits]\nmax_drones = 5\n",
		    "[simulator] timeout_ms: 1000 -> 50\n"
		    "[limits] max_drones: 10000 -> 5\n"
		    "[scenario:t] timeout_ms: 1000 -> 50\n");
	/* given or not, the same is the same */
	check_texts(LISTEN "[scenario:s]\n", LISTEN "[scenario:s]\ntimeout_ms = 1000\n", "");
	check_texts(LISTEN "[scenario:s]\n", LISTEN "[scenario:s]\ntimeout_ms = 1001\n",
		    "[scenario:s] timeout_ms: 1000 -> 1001\n");
}

/* -------------------------------------------------------------- printing */

static char *print(const struct settings *settings)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	settings_print(settings, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* Loads to the same settings, but for the includes that are spelled out, and prints the same
 * again. */
static void check_round_trip(const struct settings *settings)
{
	const char *includes = settings->includes;
	char gone[128] = "", come[128] = "";
	char *text = print(settings), *again;
	struct settings *loaded = load_good(text);

	if (*includes) {
		(void)snprintf(gone, sizeof(gone), "[gateway] include: %s -> \n", includes);
		(void)snprintf(come, sizeof(come), "[gateway] include:  -> %s\n", includes);
	}
	check_diff(settings, loaded, gone);
	check_diff(loaded, settings, come);
	again = print(loaded);
	assert_string_equal(text, again);
	settings_free(loaded);
	free(text);
	free(again);
}

static void what_is_printed_is_what_was_loaded(void **state)
{
	static const char *const texts[] = {
		LISTEN,
		LISTEN FAR "[scenario:s]\nsimulator = far\n",
		LISTEN FAR
		"timeout_ms = 5\nconnections = 9\n[simulator]\naddress = unix:/s p\n"
		"on_simulator_down = bypass\n[scenario:s]\nsimulator = far\n"
		"[scenario:t]\ntopology = star\nhub = x\nspoke_to_spoke = deny\n"
		"delay = real\ntimeout_ms = 8\nmax_drones = 2\non_simulator_down = fail\n",
		LISTEN "scenario = s\n[listen:b]\naddress = unix:/a:b\n[listen:c]\n"
		       "address = [2001:db8::1]:1\ninsecure = yes\n[gateway]\nname = x\nlog_level "
		       "= error\n"
		       "log_format = json\ndefault_scenario = s\n[scenario:s]\n"
		       "description = a; b = # \xe2\x9c\x93\nchannel.x =\nchannel.y = a = ; b\n",
		LISTEN MUTUAL
		"[auth]\nmode = tls\nsecrets_file = s p; #\ndelay_ms = 0\nmax_failures = 1\n"
		"ban_ms = 9\n[simulator]\ntls_ca = ca\ntls_cert = c\ntls_key = k\n"
		"tls_name = ::1\n[limits]\nrate_messages = 5\nrate_bytes = 6\n"
		"rate_exceeded = refuse\naccept_rate = 0\naccept_burst = 1\n"
		"max_output_bytes = 5000000000\n[gateway]\nretry_spread_ms = 0\n"
		"[scenario:s]\nallow = a,\tb [!c-e]?*\n",
	};
	struct settings *sample;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct settings *settings = load_good(texts[i]);

		check_round_trip(settings);
		settings_free(settings);
	}
	sample = settings_load("config/gateway.ini", NULL, NULL);
	assert_non_null(sample);
	check_round_trip(sample);
	settings_free(sample);
}

/* Every key stands in what is printed, set or as a comment. */
static void every_key_is_printed(void **state)
{
	struct settings *settings = load_good(LISTEN "[scenario:s]\nchannel.model = x\n");
	char *text = print(settings);

	(void)state;
	for (size_t i = 0; i < table_row_count; i++) {
		char set[96], unset[96];

		if (table_rows[i].offset == ROW_NOT_STORED || table_rows[i].kind == VALUE_CHANNEL) {
			continue;
		}
		(void)snprintf(set, sizeof(set), "\n%s =", table_rows[i].key);
		(void)snprintf(unset, sizeof(unset), "\n# %s =", table_rows[i].key);
		assert_true(strstr(text, set) || strstr(text, unset));
	}
	assert_non_null(strstr(text, "\nchannel.model = x\n"));
	assert_non_null(strstr(text, "\nmax_drones = 10000\ndelay = none\n")); /* inherited */
	free(text);
	settings_free(settings);
}

static void origins_keep_every_bit(void **state)
{
	static const struct {
		const char *written, *printed;
	} origins[] = {
		{"37.77, -122.42, 16", "37.77, -122.42, 16"},
		{"0.1,0.30000000000000004,1e-300", "0.1, 0.30000000000000004, 1e-300"},
		{"-90,+180,-0", "-90, 180, -0"},
		{"1e-5, 100, 480", "1e-05, 100, 480"},
		{"0.1234567890123456, 2.2250738585072014e-308, 99999.999999999985",
		 "0.1234567890123456, 2.2250738585072014e-308, 99999.99999999999"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
		char text[256];
		struct settings *settings, *again;
		char *printed, *line;

		(void)snprintf(text, sizeof(text), LISTEN "[scenario:s]\norigin = %s\n",
			       origins[i].written);
		settings = load_good(text);
		printed = print(settings);
		line = strstr(printed, "\norigin = ");
		assert_non_null(line);
		line += strlen("\norigin = ");
		assert_memory_equal(line, origins[i].printed, strlen(origins[i].printed));
		assert_int_equal(line[strlen(origins[i].printed)], '\n');
		again = load_good(printed);
		assert_true(settings->scenarios[0].origin_latitude_deg ==
			    again->scenarios[0].origin_latitude_deg);
		assert_true(settings->scenarios[0].origin_longitude_deg ==
			    again->scenarios[0].origin_longitude_deg);
		assert_true(settings->scenarios[0].origin_altitude_m ==
			    again->scenarios[0].origin_altitude_m);
		settings_free(settings);
		settings_free(again);
		free(printed);
	}
}

/* A line that has no room for blanks is printed without. */
static void the_longest_lines_print(void **state)
{
	static const char *const keys[] = {"channel.x=", "allow="};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char text[1200] = "";
		struct settings *settings;
		size_t at =
			(size_t)snprintf(text, sizeof(text), LISTEN "[scenario:s]\n%s", keys[i]);

		memset(text + at, 'v', 1000 - strlen(keys[i]));
		settings = load_good(text);
		check_round_trip(settings);
		settings_free(settings);
	}
}

/* --------------------------------------------------------------- reloading */

/* Loads `text` for a gateway that runs with `running`; NULL with mistakes. */
static struct settings *load_anew(const char *running, const char *text, struct mistakes *mistakes)
{
	struct settings *before = load_good(running), *settings;
	char path[] = "/tmp/test_settings_XXXXXX";
	int fd = mkstemp(path);

	*mistakes = (struct mistakes){.count = 0};
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	settings = settings_load_anew(path, before, note, mistakes);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(settings == NULL, mistakes->count > 0);
	settings_free(before);
	return settings;
}

static void check_taken(const char *running, const char *text)
{
	struct mistakes mistakes;
	struct settings *settings = load_anew(running, text, &mistakes);

	assert_string_equal(mistakes.all, "");
	assert_non_null(settings);
	settings_free(settings);
}

static void check_refused(const char *running, const char *text, int line, const char *words)
{
	struct mistakes mistakes;

	assert_null(load_anew(running, text, &mistakes));
	expect_one(&mistakes, line, words, "restart");
}

static void what_can_change_is_taken(void **state)
{
	(void)state;
	check_taken(LISTEN, LISTEN);
	check_taken(LISTEN "[scenario:a]\n",
		    LISTEN "scenario = b\n[gateway]\nlog_level = debug\nlog_format = json\n"
			   "default_scenario = b\n[scenario:b]\ntopology = star\nhub = x\n"
			   "[simulator]\ntimeout_ms = 3\nmax_in_flight = 9\n"
			   "on_simulator_down = queue\nping_interval_ms = 20\n"
			   "[sessions]\nping_interval_ms = 1000\n[presence]\ninterval_ms = 10\n"
			   "[limits]\nmax_drones = 20\nmax_frame_bytes = 50000\ndrain_ms = 1\n"
			   "max_waiting = 10\nmax_queued = 10\nmax_groups_per_drone = 1\n");
	check_taken(LISTEN MUTUAL "[scenario:s]\n",
		    "[listen:a]\naddress = 127.0.0.1:7600\ntls_cert = x\ntls_key = y\n"
		    "[auth]\nsecrets_file = s\ndelay_ms = 1\nmax_failures = 2\nban_ms = 3\n"
		    "[simulator]\ntls_ca = c\ntls_name = sim\n[gateway]\nretry_spread_ms = 4\n"
		    "[limits]\nrate_messages = 5\nrate_bytes = 6\nrate_exceeded = refuse\n"
		    "accept_rate = 7\naccept_burst = 8\nmax_output_bytes = 300000\n"
		    "[scenario:s]\nallow = a*\n");
	check_taken(LISTEN "[simulator]\ntls_ca = c\n", LISTEN);
	/* the default, written out or no longer */
	check_taken(LISTEN, LISTEN "[simulator]\naddress = 127.0.0.1:7700\nconnections = 1\n"
				   "[gateway]\nname = gateway\n");
	check_taken(LISTEN "[simulator]\naddress = 127.0.0.1:7700\n", LISTEN);
	/* running NULL: as at the start */
	assert_null(settings_load_anew("/nonexistent.ini", NULL, NULL, NULL));
}

/* A running gateway is not kept from its work by a file that is wrong from end to end. */
static void not_all_of_many_mistakes_are_told(void **state)
{
	struct mistakes mistakes;
	char *text = calloc(300, 16), *at;

	(void)state;
	assert_non_null(text);
	at = text + sprintf(text, "[gateway]\n");
	for (int i = 0; i < 250; i++) {
		at += sprintf(at, "wrong%d = 1\n", i);
	}
	assert_null(load_anew(LISTEN, text, &mistakes));
	assert_int_equal(mistakes.count, 101);
	/* 250, and that nobody listens, and that a listener has gone */
	assert_non_null(strstr(mistakes.all, "0: 152 mistakes more; uav-gateway --check"));
	assert_null(load(text, &mistakes));
	assert_true(mistakes.count >= 250);
	free(text);
}

static void what_cannot_change_names_line_and_value(void **state)
{
	(void)state;
	check_refused(LISTEN, "[listen:a]\naddress = 127.0.0.1:7601\n", 2,
		      "[listen:a] address can only change with a restart: it is 127.0.0.1:7600");
	check_refused(LISTEN, LISTEN "[gateway]\nname = x\n", 4,
		      "[gateway] name can only change with a restart: it is gateway");
	check_refused(LISTEN "[gateway]\nname = x\n", LISTEN, 0,
		      "[gateway] name can only change with a restart: it is x");
	check_refused(LISTEN "[gateway]\nname = x\n", LISTEN "[gateway]\n", 0, "it is x");
	check_refused(LISTEN, LISTEN "[simulator]\naddress = 127.0.0.1:1\n", 4,
		      "[simulator] address can only change with a restart: it is 127.0.0.1:7700");
	check_refused(LISTEN FAR "connections = 3\n", LISTEN FAR, 0,
		      "[simulator:far] connections can only change with a restart: it is 3");
	check_refused(LISTEN, LISTEN "[simulator]\nmax_frame_bytes = 65536\n", 4, "it is 4194304");
	check_refused(LISTEN, LISTEN "[presence]\nbacklog = 17\n", 4, "it is 16384");
	check_refused(LISTEN, LISTEN "[limits]\ndecode_arena_bytes = 2000000\n", 4,
		      "it is 1048576");
	check_refused(LISTEN, LISTEN "[limits]\ntcp_user_timeout_ms = 1\n", 4, "it is 30000");
}

static void who_gets_in_stays_the_kind_it_is(void **state)
{
	struct mistakes mistakes;

	(void)state;
	check_refused(LISTEN, LISTEN "[auth]\nmode = secret\nsecrets_file = s\n", 4,
		      "[auth] mode can only change with a restart: it is none");
	check_refused(LISTEN "[auth]\nmode = secret\nsecrets_file = s\n", LISTEN, 0,
		      "it is secret");
	check_refused(LISTEN, LISTEN "tls_key = k\ntls_cert = c\n", 4,
		      "[listen:a] does not speak TLS, and has a tls_cert here");
	check_refused(LISTEN TLS, LISTEN, 1, "[listen:a] speaks TLS, and has no tls_cert here");
	/* the order of listeners may have changed */
	check_refused(LISTEN TLS "[listen:b]\naddress = [::1]:1\n",
		      "[listen:b]\naddress = [::1]:1\n" TLS LISTEN TLS, 3,
		      "[listen:b] does not speak TLS");
	check_taken(LISTEN TLS "[listen:b]\naddress = [::1]:1\n",
		    "[listen:b]\naddress = [::1]:1\n" LISTEN MUTUAL);
	/* what was refused is no change */
	assert_null(load_anew(LISTEN TLS, LISTEN "tls_cert =\ntls_key = k\n", &mistakes));
	assert_int_equal(mistakes.count, 1);
	/* nor is a listener opened to everyone by the way */
	assert_null(load_anew("[listen:a]\naddress = [::]:1\ninsecure = yes\n",
			      "[listen:a]\naddress = [::]:1\n", &mistakes));
	expect_one(&mistakes, 2, "can be reached from other machines", "insecure = yes");
}

static void listeners_and_simulators_stay(void **state)
{
	(void)state;
	check_refused(LISTEN, LISTEN "[listen:b]\naddress = 127.0.0.1:1\n", 3,
		      "[listen:b] can only be added with a restart");
	check_refused(LISTEN "[listen:b]\naddress = 127.0.0.1:1\n", LISTEN, 0,
		      "[listen:b] can only be removed with a restart");
	check_refused(LISTEN "[simulator]\n", LISTEN "[simulator]\n" FAR, 4,
		      "[simulator:far] can only be added with a restart");
	check_refused(LISTEN "[simulator]\n" FAR, LISTEN, 0,
		      "[simulator:far] can only be removed with a restart");
}

/* Other mistakes are told as well, and what was refused is not compared. */
static void all_mistakes_are_told_together(void **state)
{
	struct mistakes mistakes;

	(void)state;
	assert_null(load_anew(LISTEN,
			      "[listen:a]\naddress = nowhere\n[gateway]\nname = x\n"
			      "log_level = loud\n[scenario:s]\ntopology = star\n",
			      &mistakes));
	assert_int_equal(mistakes.count, 4);
	assert_non_null(strstr(mistakes.all, "2: address = \"nowhere\" is not an address"));
	assert_non_null(strstr(mistakes.all, "4: [gateway] name can only change with a restart"));
	assert_non_null(strstr(mistakes.all, "5: log_level"));
	assert_non_null(strstr(mistakes.all, "7: [scenario:s] is a star"));
	assert_null(load_anew(LISTEN, "[listen:a]\n", &mistakes));
	assert_string_equal(
		mistakes.all,
		"1: [listen:a] has no address; for example: address = 127.0.0.1:7600\n");
}

static void order_is_that_of_the_running(void **state)
{
	static const char before[] =
		LISTEN "[listen:b]\naddress = 127.0.0.1:2\n"
		       "[listen:c]\naddress = 127.0.0.1:3\n"
		       "[simulator]\n" FAR "[simulator:x]\naddress = [::1]:9\n";
	static const char after[] =
		"[simulator:x]\naddress = [::1]:9\n" FAR "timeout_ms = 9\n[simulator]\n"
		"[listen:c]\naddress = 127.0.0.1:3\nscenario = s\n" LISTEN
		"[listen:b]\naddress = 127.0.0.1:2\n[scenario:s]\n";
	struct mistakes mistakes;
	struct settings *settings = load_anew(before, after, &mistakes);

	(void)state;
	assert_non_null(settings);
	assert_string_equal(settings->listeners[0].name, "a");
	assert_string_equal(settings->listeners[1].name, "b");
	assert_string_equal(settings->listeners[2].name, "c");
	assert_string_equal(settings->listeners[2].scenario, "s");
	assert_string_equal(settings->simulators[0].name, "");
	assert_string_equal(settings->simulators[1].name, "far");
	assert_int_equal(settings->simulators[1].timeout_ms, 9);
	assert_string_equal(settings->simulators[2].name, "x");
	settings_free(settings);
}

/* Nobody writes to the pipe: a gateway that waited for it would relay no more. */
static void a_pipe_is_not_read_again(void **state)
{
	struct settings *running = load_good(LISTEN), *none;
	struct mistakes mistakes = {.count = 0};
	char folder[] = "/tmp/test_settings_XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/pipe", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(60);
	none = settings_load_anew(path, running, note, &mistakes);
	alarm(0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_null(none);
	expect_one(&mistakes, 0, "is not a file and cannot be read again", "started with a file");
	settings_free(running);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_changed_key_is_told),
		cmocka_unit_test(patience_is_told_as_it_changes),
		cmocka_unit_test(who_gets_in_is_told_as_it_changes),
		cmocka_unit_test(sections_come_and_go),
		cmocka_unit_test(channel_keys_come_change_and_go),
		cmocka_unit_test(includes_that_change_are_told),
		cmocka_unit_test(what_is_inherited_is_told_once),
		cmocka_unit_test(what_is_printed_is_what_was_loaded),
		cmocka_unit_test(every_key_is_printed),
		cmocka_unit_test(origins_keep_every_bit),
		cmocka_unit_test(the_longest_lines_print),
		cmocka_unit_test(not_all_of_many_mistakes_are_told),
		cmocka_unit_test(what_can_change_is_taken),
		cmocka_unit_test(what_cannot_change_names_line_and_value),
		cmocka_unit_test(who_gets_in_stays_the_kind_it_is),
		cmocka_unit_test(listeners_and_simulators_stay),
		cmocka_unit_test(all_mistakes_are_told_together),
		cmocka_unit_test(order_is_that_of_the_running),
		cmocka_unit_test(a_pipe_is_not_read_again),
	};

	return cmocka_run_group_tests_name("settings_change", tests, NULL, NULL);
}
