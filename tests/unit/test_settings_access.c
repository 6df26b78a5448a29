/* Settings about who gets in: [auth], TLS, who may enter a scenario. */
#include "unit/test_settings.h"

#include "settings/path.h"

#include <errno.h>
#include <sys/stat.h>

#define ANYWHERE "[listen:a]\naddress = 0.0.0.0:7600\n"
#define TLS "tls_cert = c.pem\ntls_key = k.pem\n"
#define MUTUAL TLS "tls_ca = ca.pem\n"
#define SECRET "[auth]\nmode = secret\nsecrets_file = s\n"

static void check_good(const char *text)
{
	settings_free(load_good(text));
}

/* ------------------------------------------------------------------- modes */

static void each_mode_is_kept(void **state)
{
	struct settings *settings = load_good(LISTEN SECRET "delay_ms = 0\nmax_failures = 0\n"
							    "ban_ms = 7\n");

	(void)state;
	assert_int_equal(settings->auth_mode, AUTH_SECRET);
	assert_string_equal(settings->secrets_file, "/tmp/s");
	assert_int_equal(settings->limits.auth_delay_ms, 0);
	assert_int_equal(settings->limits.auth_max_failures, 0);
	assert_int_equal(settings->limits.auth_ban_ms, 7);
	settings_free(settings);
	settings = load_good(LISTEN MUTUAL "[auth]\nmode = tls\n"
					   "[limits]\nrate_exceeded = refuse\n");
	assert_int_equal(settings->auth_mode, AUTH_TLS);
	assert_true(settings->limits.rate_refuse);
	assert_string_equal(settings->listeners[0].tls.cert, "/tmp/c.pem");
	assert_string_equal(settings->listeners[0].tls.key, "/tmp/k.pem");
	assert_string_equal(settings->listeners[0].tls.ca, "/tmp/ca.pem");
	settings_free(settings);
	check_one(LISTEN "[auth]\nmode = secrets\n", 4, "did you mean secret?",
		  "none, secret or tls");
	check_one(LISTEN "[limits]\nrate_exceeded = drop\n", 4, "hold or refuse", "");
	/* a lab may switch the mode and leave the file where it is */
	check_good(LISTEN "[auth]\nmode = none\nsecrets_file = s\n");
}

static void a_mode_has_what_it_needs(void **state)
{
	(void)state;
	check_one(LISTEN "[auth]\ndelay_ms = 5\nmode = secret\n", 5,
		  "[auth] mode = secret needs a secrets_file", "its id and its secret");
	check_one(LISTEN "[auth]\nmode = tls\n", 1, "[listen:a] has no tls_cert",
		  "every listener has tls_cert, tls_key and tls_ca");
	check_one(LISTEN TLS "[auth]\nmode = tls\n", 1, "[listen:a] has no tls_ca", "");
	check_one(LISTEN MUTUAL "[listen:b]\naddress = unix:/b\ntls_cert = c\ntls_ca = a\n"
				"[auth]\nmode = tls\n",
		  6, "[listen:b] has no tls_key", "");
	/* what was refused is not missing, and of a mode that was refused nothing is known */
	check_one(LISTEN "[auth]\nmode = secret\nsecrets_file =\n", 5, "names no file", "");
	check_one(LISTEN TLS "tls_ca =\n[auth]\nmode = tls\n", 5, "names no file", "");
	check_one(ANYWHERE "[auth]\nmode = tsl\n", 4, "did you mean tls?", "");
}

/* -------------------------------------------------------------- listeners */

static void open_listeners_are_meant(void **state)
{
	static const char *const open[] = {
		"0.0.0.0:1",	   "[::]:0",	    "192.168.0.1:1", "126.0.0.1:1",
		"128.0.0.1:1",	   "[::2]:1",	    "[fe80::1]:1",   "[::ffff:1.2.3.4]:1",
		"[::127.0.0.1]:1", "[::ffff:0:0]:1"};
	static const char *const closed[] = {
		"127.0.0.1:1",		"127.255.3.4:1",	"[::1]:1",     "[0:0::0001]:1",
		"[::ffff:127.0.0.1]:1", "[::ffff:127.9.9.9]:1", "localhost:1", "unix:/run/uav.sock",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		(void)snprintf(text, sizeof(text), "[listen:a]\naddress = %s\n", open[i]);
		check_one(text, 2, "[listen:a] can be reached from other machines at ", open[i]);
		check_one(text, 2, "mode = secret or tls", "insecure = yes");
		(void)snprintf(text, sizeof(text), "[listen:a]\ninsecure = no\naddress = %s\n",
			       open[i]);
		check_one(text, 3, "can be reached from other machines", "[::1] or unix:");
		(void)snprintf(text, sizeof(text), "[listen:a]\naddress = %s\n%s", open[i],
			       "insecure = yes\n");
		check_good(text);
		(void)snprintf(text, sizeof(text), "[listen:a]\naddress = %s\n%s", open[i], SECRET);
		check_good(text);
		(void)snprintf(text, sizeof(text), "[listen:a]\naddress = %s\n%s", open[i],
			       MUTUAL "[auth]\nmode = tls\n");
		check_good(text);
	}
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		(void)snprintf(text, sizeof(text), "[listen:a]\naddress = %s\n", closed[i]);
		check_good(text);
	}
	/* TLS alone does not say who a drone is */
	check_one(ANYWHERE MUTUAL, 2, "can be reached from other machines", "");
	/* of several, only those */
	check_one(LISTEN "[listen:b]\naddress = [::]:1\ninsecure = yes\n"
			 "[listen:c]\naddress = [::]:2\n",
		  7, "[listen:c] can be reached", "");
	check_one(ANYWHERE "insecure = maybe\n", 3, "must be yes or no", "");
}

static void insecure_is_for_no_authentication(void **state)
{
	(void)state;
	check_one(ANYWHERE "insecure = yes\n" SECRET, 3, "insecure = yes is for [auth] mode = none",
		  "take it out");
	check_one(LISTEN MUTUAL "insecure = yes\n[auth]\nmode = tls\n", 6, "take it out", "");
	check_good(ANYWHERE "insecure = no\n" SECRET);
	check_good(LISTEN "insecure = yes\n");
}

static void certificates_come_with_their_keys(void **state)
{
	(void)state;
	check_one(LISTEN "tls_cert = c\n", 3, "[listen:a] has a tls_cert and no tls_key",
		  "a certificate is of no use without its key");
	check_one(LISTEN "tls_key = k\n", 3, "has a tls_key and no tls_cert",
		  "give it, or take tls_key out");
	check_one(LISTEN "tls_ca = a\n", 3, "has a tls_ca and no tls_cert", "does not speak TLS");
	check_one(LISTEN "tls_ca = a\ntls_cert = c\n", 4, "no tls_key", "");
	check_one(LISTEN "tls_cert = c\ntls_key =\n", 4, "names no file", "");
	check_good(LISTEN TLS);
	check_good(LISTEN MUTUAL);
	check_good("[listen:a]\naddress = unix:/a\n" MUTUAL SECRET);
}

/* ------------------------------------------------------------- simulators */

static void a_link_is_tls_with_a_ca(void **state)
{
	struct settings *settings =
		load_good(LISTEN "[simulator]\ntls_ca = ca\ntls_cert = c\ntls_key = k\n"
				 "tls_name = sim-1.example\n[simulator:b]\naddress = unix:/s\n"
				 "tls_ca = ca\ntls_name = ::1\n");

	(void)state;
	assert_string_equal(settings->simulators[0].tls.ca, "/tmp/ca");
	assert_string_equal(settings->simulators[0].tls.cert, "/tmp/c");
	assert_string_equal(settings->simulators[0].tls.key, "/tmp/k");
	assert_string_equal(settings->simulators[0].tls_name, "sim-1.example");
	assert_string_equal(settings->simulators[1].tls_name, "::1");
	settings_free(settings);
	check_good(LISTEN "[simulator]\ntls_ca = ca\n");
	check_one(LISTEN "[simulator]\n" TLS, 4, "[simulator] has a tls_cert and no tls_ca",
		  "the link is not TLS");
	check_one(LISTEN "[simulator]\ntls_ca = ca\ntls_key = k\n", 5,
		  "has a tls_key and no tls_cert", "");
	check_one(LISTEN "[simulator]\ntls_ca = ca\ntls_cert = k\n", 5,
		  "has a tls_cert and no tls_key", "");
	check_one(LISTEN "[simulator]\ntls_name = sim\n", 4, "has a tls_name and no tls_ca", "");
	check_one(LISTEN "[simulator:b]\naddress = unix:/s\ntls_ca = ca\n", 5,
		  "the address is a path", "tls_name");
}

static void check_name(const char *name, bool good)
{
	char text[512];

	(void)snprintf(text, sizeof(text), LISTEN "[simulator]\ntls_ca = ca\ntls_name = %s\n",
		       name);
	if (good) {
		check_good(text);
	} else {
		check_one(text, 5, "tls_name", "must be a DNS name or a numeric address");
	}
}

static void names_are_those_of_certificates(void **state)
{
	static const char *const good[] = {"a",	  "A-1.b",	 "sim.example.org",
					   "1a",  "1.2.3.a",	 "127.0.0.1",
					   "::1", "2001:db8::1", "xn--nxasmq6b"};
	static const char *const bad[] = {
		"",    "a.",	      ".a",	"a..b",	 "-a",	   "a-",    "a-.b",
		"a_b", "*.example",   "a:7700", "[::1]", "1.2.3",  "5",	    "256.0.0.1",
		"a b", "caf\xc3\xa9", "a/b",	"a.1",	 "::1%lo", "a\x01",
	};
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		check_name(good[i], true);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		check_name(bad[i], false);
	}
	memset(text, 'a', sizeof(text));
	text[63] = '\0';
	check_name(text, true);
	text[63] = 'a';
	text[64] = '\0';
	check_name(text, false);
	for (size_t i = 0; i < 253; i++) {
		text[i] = i % 50 == 49 ? '.' : 'a';
	}
	text[253] = '\0';
	check_name(text, true);
	text[253] = 'a';
	text[254] = '\0';
	check_name(text, false);
}

/* -------------------------------------------------------------------- paths */

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *folder, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(remove(path), 0);
}

static void check_path(const struct settings *settings, const char *folder, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s%s", folder, name);
	assert_string_equal(settings->secrets_file, path);
}

/* From the folder of the file that it stands in, whatever folder the process is in. */
static void a_path_counts_from_its_file(void **state)
{
	char folder[] = "/tmp/test_settings_XXXXXX", here[256], sub[64], main_file[64];
	struct settings *settings;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_non_null(getcwd(here, sizeof(here)));
	(void)snprintf(sub, sizeof(sub), "%s/sub", folder);
	(void)snprintf(main_file, sizeof(main_file), "%s/main.ini", folder);
	assert_int_equal(mkdir(sub, 0700), 0);
	write_file(folder, "main.ini", LISTEN MUTUAL "[gateway]\ninclude = sub/auth.ini\n");
	write_file(sub, "auth.ini", SECRET);

	settings = settings_load(main_file, NULL, NULL);
	assert_non_null(settings);
	check_path(settings, sub, "/s");
	settings_free(settings);

	assert_int_equal(chdir(folder), 0);
	settings = settings_load("main.ini", NULL, NULL);
	assert_non_null(settings);
	check_path(settings, sub, "/s");
	assert_memory_equal(settings->listeners[0].tls.ca, folder, strlen(folder));
	assert_string_equal(settings->listeners[0].tls.ca + strlen(folder), "/ca.pem");
	settings_free(settings);

	assert_int_equal(chdir(sub), 0);
	settings = settings_load("../main.ini", NULL, NULL);
	assert_non_null(settings);
	check_path(settings, sub, "/../sub/s");
	settings_free(settings);
	write_file(sub, "auth.ini", LISTEN "[auth]\nsecrets_file = /etc/my secrets\n");
	settings = settings_load("auth.ini", NULL, NULL);
	assert_non_null(settings);
	assert_string_equal(settings->secrets_file, "/etc/my secrets");
	settings_free(settings);

	assert_int_equal(chdir(here), 0);
	remove_file(sub, "auth.ini");
	remove_file(folder, "sub");
	remove_file(folder, "main.ini");
	assert_int_equal(rmdir(folder), 0);
}

static void paths_have_no_root_twice(void **state)
{
	char here[256], path[PATH_MAX_BYTES + 1];

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(path_from("gateway.ini", "s", path, sizeof(path)), 0);
	assert_int_equal(chdir(here), 0);
	assert_string_equal(path, "/s");
	assert_int_equal(path_from("/gateway.ini", "s", path, sizeof(path)), 0);
	assert_string_equal(path, "/s");
	assert_int_equal(path_from("gateway.ini", "/a/b", path, sizeof(path)), 0);
	assert_string_equal(path, "/a/b");
	assert_int_equal(path_from("/gateway.ini", "ab", path, 3), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(path_from("/gateway.ini", "ab", path, 4), 0);
}

static void paths_are_text_and_fit(void **state)
{
	char path[400], text[600];
	struct settings *settings;

	(void)state;
	check_one(LISTEN "[auth]\nsecrets_file =\n", 4, "secrets_file = \"\" names no file",
		  "at most 255 bytes");
	check_one(LISTEN "[auth]\nsecrets_file = a\x1b[31m\n", 4, "bytes that are not text", "");
	check_one(LISTEN "[auth]\nsecrets_file = /\xff\n", 4, "bytes that are not text", "");
	memset(path, 'p', sizeof(path));
	path[255 - strlen("/tmp/")] = '\0';
	(void)snprintf(text, sizeof(text), LISTEN "[auth]\nsecrets_file = %s\n", path);
	settings = load_good(text);
	assert_int_equal(strlen(settings->secrets_file), 255);
	settings_free(settings);
	path[255 - strlen("/tmp/")] = 'p';
	path[256 - strlen("/tmp/")] = '\0';
	(void)snprintf(text, sizeof(text), LISTEN "[auth]\nsecrets_file = %s\n", path);
	check_one(text, 4, "cannot be made absolute, in at most 255 bytes", "too long");
	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[256] = '\0';
	(void)snprintf(text, sizeof(text), LISTEN "[auth]\nsecrets_file = %s\n", path);
	check_one(text, 4, "at most 255 bytes", "");
}

/* -------------------------------------------------------------------- globs */

static void who_may_enter_is_a_list(void **state)
{
	struct settings *settings =
		load_good(LISTEN "[scenario:s]\nallow = uav-[0-9]*,\tground ,x?\n[scenario:t]\n");
	char list[1100], text[1200];

	(void)state;
	assert_string_equal(settings->scenarios[0].allow, "uav-[0-9]*,\tground ,x?");
	assert_string_equal(settings->scenarios[1].allow, "");
	settings_free(settings);
	check_one(LISTEN "[scenario:s]\nallow = a, b/c, d\n", 4,
		  "is wrong from its byte 5 on, \"/c, d\"; must be patterns of ids",
		  "allow = \"a, b");
	check_one(LISTEN "[scenario:s]\nallow = uav[1-\n", 4, "from its byte 4 on, \"[1-\"", "");
	check_one(LISTEN "[scenario:s]\nallow = uav # all\n", 4, "from its byte 5 on",
		  "a comment needs a line of its own");
	check_one(LISTEN "[scenario:s]\nallow =\n", 4, "has no pattern (* is everyone)", "");
	check_one(LISTEN "[scenario:s]\nallow = , ,\n", 4, "has no pattern", "");
	memset(list, 'a', sizeof(list));
	list[1000 - strlen("allow=")] = '\0';
	(void)snprintf(text, sizeof(text), LISTEN "[scenario:s]\nallow=%s\n", list);
	settings = load_good(text);
	assert_string_equal(settings->scenarios[0].allow, list);
	settings_free(settings);
}

/* --------------------------------------------------------- files not read */

/* What stands in a file that cannot be read may be what is missing. */
static void unread_files_may_have_the_rest(void **state)
{
	(void)state;
	check_one(ANYWHERE "[gateway]\ninclude = /none.ini\n", 4, "No such file", "");
	check_one(LISTEN "insecure = yes\n[gateway]\ninclude = /none.ini\n", 5, "No such file", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mode_is_kept),
		cmocka_unit_test(a_mode_has_what_it_needs),
		cmocka_unit_test(open_listeners_are_meant),
		cmocka_unit_test(insecure_is_for_no_authentication),
		cmocka_unit_test(certificates_come_with_their_keys),
		cmocka_unit_test(a_link_is_tls_with_a_ca),
		cmocka_unit_test(names_are_those_of_certificates),
		cmocka_unit_test(a_path_counts_from_its_file),
		cmocka_unit_test(paths_have_no_root_twice),
		cmocka_unit_test(paths_are_text_and_fit),
		cmocka_unit_test(who_may_enter_is_a_list),
		cmocka_unit_test(unread_files_may_have_the_rest),
	};

	return cmocka_run_group_tests_name("settings_access", tests, NULL, NULL);
}
