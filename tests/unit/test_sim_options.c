#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "options.h"

/* What the call writes to stderr, in `told`. */
struct capture {
	char told[4096];
	int kept;
	FILE *sheet;
};

static void capture_begin(struct capture *capture)
{
	fflush(stderr);
	capture->kept = dup(2);
	capture->sheet = tmpfile();
	assert_non_null(capture->sheet);
	dup2(fileno(capture->sheet), 2);
}

static void capture_end(struct capture *capture)
{
	size_t size;

	fflush(stderr);
	dup2(capture->kept, 2);
	close(capture->kept);
	rewind(capture->sheet);
	size = fread(capture->told, 1, sizeof(capture->told) - 1, capture->sheet);
	capture->told[size] = '\0';
	fclose(capture->sheet);
}

/* A file in a folder of its own, gone after the test. */
struct scratch {
	char folder[32], path[48];
};

static void scratch_write(struct scratch *scratch, const char *text)
{
	FILE *file;

	*scratch = (struct scratch){.folder = "/tmp/test_sim_XXXXXX"};
	assert_non_null(mkdtemp(scratch->folder));
	snprintf(scratch->path, sizeof(scratch->path), "%s/sim.ini", scratch->folder);
	file = fopen(scratch->path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void scratch_remove(struct scratch *scratch)
{
	unlink(scratch->path);
	rmdir(scratch->folder);
}

static enum options_status run(struct options *options, const char *a, const char *b, const char *c,
			       const char *d)
{
	char *argv[6] = {(char *)(uintptr_t) "sim-stub", (char *)(uintptr_t)a, (char *)(uintptr_t)b,
			 (char *)(uintptr_t)c,		 (char *)(uintptr_t)d, NULL};
	int argc = 1;
	extern int optind;

	while (argv[argc]) {
		argc++;
	}
	optind = 0; /* getopt begins anew */
	return options_read(argc, argv, options);
}

static void test_defaults(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(run(&options, NULL, NULL, NULL, NULL), OPTIONS_RUN);
	assert_string_equal(options.host, "127.0.0.1");
	assert_string_equal(options.port, "7700");
	assert_int_equal(options.seed, 1);
}

static void test_listen(void **state)
{
	static const char *const bad[] = {"",		"7700",	   ":7700",   "host:",	  "host:x",
					  "host:65536", "host:-1", "host:7 ", "::1:7700", "[]:7700",
					  "a:b:1",	"host:1:", "host:+1", "[::1]7700"};
	struct options options;

	(void)state;
	assert_int_equal(options_set_listen(&options, "localhost:0"), 0);
	assert_string_equal(options.host, "localhost");
	assert_string_equal(options.port, "0");
	assert_int_equal(options_set_listen(&options, "[::1]:65535"), 0);
	assert_string_equal(options.host, "::1");
	assert_string_equal(options.port, "65535");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(options_set_listen(&options, bad[i]), -1);
	}
	assert_string_equal(options.host, "::1");
}

static void test_seed(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(options_set_seed(&options, "18446744073709551615"), 0);
	assert_true(options.seed == UINT64_MAX);
	assert_int_equal(options_set_seed(&options, "18446744073709551616"), -1);
	assert_int_equal(options_set_seed(&options, "-1"), -1);
	assert_int_equal(options_set_seed(&options, "0x1"), -1);
	assert_int_equal(options_set_seed(&options, ""), -1);
}

static void test_log_format(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(run(&options, NULL, NULL, NULL, NULL), OPTIONS_RUN);
	assert_int_equal(options.log_format, LOG_FORMAT_LOGFMT);
	assert_int_equal(run(&options, "--log-format", "json", NULL, NULL), OPTIONS_RUN);
	assert_int_equal(options.log_format, LOG_FORMAT_JSON);
	assert_int_equal(options_set_log_format(&options, "JSON"), -1);
	assert_int_equal(options_set_log_format(&options, ""), -1);
	assert_int_equal(options.log_format, LOG_FORMAT_JSON);
	assert_int_equal(options_set_log_format(&options, "logfmt"), 0);
	assert_int_equal(options.log_format, LOG_FORMAT_LOGFMT);
}

static void test_flags_override_file(void **state)
{
	struct scratch scratch;
	struct options options;

	(void)state;
	scratch_write(&scratch, "; a comment\n[sim]\nlisten = 0.0.0.0:9000\nseed = 42\n");
	assert_int_equal(run(&options, "-c", scratch.path, NULL, NULL), OPTIONS_RUN);
	assert_string_equal(options.host, "0.0.0.0");
	assert_string_equal(options.port, "9000");
	assert_int_equal(options.seed, 42);
	/* even when the flag stands first */
	assert_int_equal(run(&options, "--seed", "7", "-c", scratch.path), OPTIONS_RUN);
	assert_int_equal(options.seed, 7);
	assert_string_equal(options.port, "9000");
	scratch_remove(&scratch);
}

/* `told` has to end in `wanted`, after the file's name. */
static void assert_file_wrong(const char *text, const char *wanted)
{
	struct scratch scratch;
	struct capture capture;
	struct options options;
	char line[512];

	scratch_write(&scratch, text);
	capture_begin(&capture);
	assert_int_equal(run(&options, "-c", scratch.path, NULL, NULL), OPTIONS_WRONG);
	capture_end(&capture);
	snprintf(line, sizeof(line), "sim-stub: %s%s\n", scratch.path, wanted);
	assert_string_equal(capture.told, line);
	scratch_remove(&scratch);
}

static void test_file_mistakes(void **state)
{
	char text[2000] = "[sim]\nseed = 1 ;";
	size_t start = strlen(text);

	(void)state;
	assert_file_wrong("[sim]\n\nsed = 1\n", ":3: unknown key \"sed\"; known: listen, seed, "
						"log_format, tls_cert, tls_key, tls_ca, faults");
	assert_file_wrong("[simm]\nseed = 1\n", ":2: unknown section \"simm\"; known: sim");
	assert_file_wrong("[sim]\n\x1b[31m\xffk\"\xc3\xa4 = 1\n",
			  ":2: unknown key \"\\x1b[31m\\xffk\\\"\xc3\xa4\"; known: listen, seed, "
			  "log_format, tls_cert, tls_key, tls_ca, faults");
	assert_file_wrong("[\x07]\nseed = 1\n", ":2: unknown section \"\\x07\"; known: sim");
	assert_file_wrong("seed = 1\n", ":1: unknown section \"\"; known: sim");
	assert_file_wrong("[sim]\nseed = x\n",
			  ":2: seed is not a whole number from 0 to 18446744073709551615");
	assert_file_wrong("[sim]\n# none\nlisten = 7700\n",
			  ":3: listen is not HOST:PORT with a port from 0 to 65535");
	assert_file_wrong("[sim]\nseed = 1\nseed = 2\n", ":3: seed given twice");
	assert_file_wrong("[sim]\nseed\n", ":2: neither a [section] nor key = value");
	memset(text + start, 'x', 1000);
	text[start + 1000] = '\n';
	assert_file_wrong(text, ":2: the line is too long");
}

static void test_tls(void **state)
{
	struct scratch scratch;
	struct options options;
	char path[64];

	(void)state;
	assert_int_equal(run(&options, "--tls-cert", "a.crt", "--tls-key", "a.key"), OPTIONS_RUN);
	assert_string_equal(options.tls_cert, "a.crt");
	assert_string_equal(options.tls_key, "a.key");
	assert_string_equal(options.tls_ca, "");
	/* in the file: from its folder, unless absolute */
	scratch_write(&scratch, "[sim]\ntls_cert = a.crt\ntls_key = /b/a.key\ntls_ca = ../ca\n");
	assert_int_equal(run(&options, "-c", scratch.path, "--tls-ca", "flag"), OPTIONS_RUN);
	snprintf(path, sizeof(path), "%s/a.crt", scratch.folder);
	assert_string_equal(options.tls_cert, path);
	assert_string_equal(options.tls_key, "/b/a.key");
	assert_string_equal(options.tls_ca, "flag");
	assert_int_equal(run(&options, "-c", scratch.path, NULL, NULL), OPTIONS_RUN);
	snprintf(path, sizeof(path), "%s/../ca", scratch.folder);
	assert_string_equal(options.tls_ca, path);
	scratch_remove(&scratch);
}

static void assert_usage_wrong(const char *a, const char *b, const char *c, const char *d,
			       const char *wanted)
{
	struct capture capture;
	struct options options;

	capture_begin(&capture);
	assert_int_equal(run(&options, a, b, c, d), OPTIONS_WRONG);
	capture_end(&capture);
	if (!strstr(capture.told, wanted)) {
		fail_msg("\"%s\" does not tell of %s", capture.told, wanted);
	}
}

static void test_tls_mistakes(void **state)
{
	static char path[PATH_MAX + 1];

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	assert_usage_wrong("--tls-cert", "a", NULL, NULL, "go together");
	assert_usage_wrong("--tls-key", "a", NULL, NULL, "go together");
	assert_usage_wrong("--tls-ca", "a", NULL, NULL, "needs tls_cert");
	assert_usage_wrong("--tls-cert", "", NULL, NULL, "--tls-cert is not the path");
	assert_usage_wrong("--tls-ca", path, NULL, NULL, "--tls-ca is not the path");
	assert_file_wrong("[sim]\ntls_cert =\n", ":2: tls_cert is not the path of a file");
}

static void test_unreadable_file(void **state)
{
	struct capture capture;
	struct options options;

	(void)state;
	capture_begin(&capture);
	assert_int_equal(run(&options, "-c", "/nonexistent/sim.ini", NULL, NULL), OPTIONS_WRONG);
	assert_int_equal(run(&options, "-c", "/tmp", NULL, NULL), OPTIONS_WRONG);
	capture_end(&capture);
	assert_string_equal(capture.told,
			    "sim-stub: /nonexistent/sim.ini: No such file or directory\n"
			    "sim-stub: /tmp: Is a directory\n");
}

static void test_wrong_usage(void **state)
{
	struct capture capture;
	struct options options;

	(void)state;
	capture_begin(&capture);
	assert_int_equal(run(&options, "--colour", NULL, NULL, NULL), OPTIONS_WRONG);
	assert_int_equal(run(&options, "--seed", NULL, NULL, NULL), OPTIONS_WRONG);
	assert_int_equal(run(&options, "extra", NULL, NULL, NULL), OPTIONS_WRONG);
	assert_int_equal(run(&options, "--seed", "one", NULL, NULL), OPTIONS_WRONG);
	assert_int_equal(run(&options, "--listen", "one", NULL, NULL), OPTIONS_WRONG);
	capture_end(&capture);
	assert_non_null(strstr(capture.told, "unexpected argument \"extra\""));
	assert_non_null(strstr(capture.told, "--seed is not a whole number"));
	assert_non_null(strstr(capture.told, "--listen is not HOST:PORT"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_log_format),
		cmocka_unit_test(test_flags_override_file),
		cmocka_unit_test(test_file_mistakes),
		cmocka_unit_test(test_unreadable_file),
		cmocka_unit_test(test_wrong_usage),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_tls_mistakes),
	};

	return cmocka_run_group_tests_name("sim_options", tests, NULL, NULL);
}
