#include "cli/keyring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ONE "secret-of-the-first-drone"
#define TWO "secret-of-the-second-drone"

static void parses(struct keyring *keyring, const char *text)
{
	char why[256] = "";

	if (keyring_parse(keyring, slice_str(text), "file", why, sizeof(why)) < 0) {
		fail_msg("%s", why);
	}
}

/* The complaint says so, and nothing secret. */
static void complains(const char *text, const char *about)
{
	struct keyring keyring;
	char why[256] = "";

	assert_int_equal(keyring_parse(&keyring, slice_str(text), "file", why, sizeof(why)), -1);
	if (!strstr(why, about)) {
		fail_msg("\"%s\" does not tell of %s", why, about);
	}
	assert_null(strstr(why, "secret-of"));
	assert_int_equal(keyring.count, 0);
	assert_int_equal(keyring_secret(&keyring, slice_str("uav1")).size, 0);
}

static void has(const struct keyring *keyring, const char *id, const char *secret)
{
	struct slice found = keyring_secret(keyring, slice_str(id));

	assert_true(slice_equal(found, slice_str(secret)));
}

static void each_drone_has_its_secret(void **state)
{
	struct keyring keyring;

	(void)state;
	parses(&keyring, "# who may come in\n\nuav2 " TWO "\n \tuav1\t" ONE " field,lab-*\r\n"
			 "uav10 0123456789abcdef");
	assert_int_equal(keyring.count, 3);
	has(&keyring, "uav1", ONE);
	has(&keyring, "uav2", TWO);
	has(&keyring, "uav10", "0123456789abcdef");
	has(&keyring, "uav", "");
	has(&keyring, "uav3", "");
	has(&keyring, "UAV1", "");
	has(&keyring, "", "");
	keyring_fini(&keyring);
	has(&keyring, "uav1", "");
	keyring_fini(&keyring);
}

static void a_secret_alone_serves_whichever_drone(void **state)
{
	struct keyring keyring;

	(void)state;
	parses(&keyring, "# mine\n" ONE "\n\n");
	has(&keyring, "uav1", ONE);
	has(&keyring, "uav2", ONE);
	keyring_fini(&keyring);
}

static void many_drones_are_found(void **state)
{
	enum { DRONES = 5000 };
	char *text = NULL, id[32], secret[32];
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	struct keyring keyring;

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < DRONES; i++) {
		(void)fprintf(file, "uav%d %016d\n", i * 7919 % DRONES, i * 7919 % DRONES);
	}
	(void)fclose(file);
	parses(&keyring, text);
	free(text);
	assert_int_equal(keyring.count, DRONES);
	for (int i = 0; i < DRONES; i++) {
		(void)snprintf(id, sizeof(id), "uav%d", i);
		(void)snprintf(secret, sizeof(secret), "%016d", i);
		has(&keyring, id, secret);
	}
	keyring_fini(&keyring);
}

static void what_cannot_be_read_is_told(void **state)
{
	char line[200] = "uav1 ";
	struct keyring keyring;

	(void)state;
	complains("", "no secret");
	complains("# nothing\n\n", "no secret");
	complains("uav1 " ONE "\n\nuav/2 " TWO "\n", "file:3: an id");
	complains("123456789012345678901234567890123 " ONE, "file:1: an id");
	complains("uav1 short", "file:1: a secret has 16 to 128");
	complains("short", "file:1: a secret has 16 to 128");
	complains("uav1 secret-of-\x01-the-drone", "file:1: a secret has");
	complains("uav1 " ONE "\n" TWO "\n", "file:2: a secret without an id");
	complains(ONE "\nuav1 " TWO "\n", "file:2: a secret without an id");
	complains("uav1 " ONE "\nuav2 " TWO "\nuav1 " TWO "\n", "uav1 twice");
	memset(line + 5, 'x', 129);
	complains(line, "16 to 128");
	line[5 + 128] = '\0';
	parses(&keyring, line);
	has(&keyring, "uav1", line + 5);
	keyring_fini(&keyring);
}

struct scratch {
	char folder[32], path[48];
};

static void scratch_write(struct scratch *scratch, const char *text, mode_t mode)
{
	FILE *file;

	*scratch = (struct scratch){.folder = "/tmp/test_cli_XXXXXX"};
	assert_non_null(mkdtemp(scratch->folder));
	(void)snprintf(scratch->path, sizeof(scratch->path), "%s/secret", scratch->folder);
	file = fopen(scratch->path, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
	assert_int_equal(chmod(scratch->path, mode), 0);
}

static void scratch_remove(const struct scratch *scratch)
{
	(void)unlink(scratch->path);
	(void)rmdir(scratch->folder);
}

static void a_file_is_read(void **state)
{
	struct scratch scratch;
	struct keyring keyring;
	char why[256] = "";

	(void)state;
	scratch_write(&scratch, "uav1 " ONE "\nuav2 " TWO "\n", 0600);
	assert_int_equal(keyring_load(&keyring, scratch.path, why, sizeof(why)), 0);
	has(&keyring, "uav2", TWO);
	keyring_fini(&keyring);
	scratch_remove(&scratch);
}

static void a_file_that_others_can_read_is_refused(void **state)
{
	static const mode_t modes[] = {0604, 0602, 0620, 0666};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct scratch scratch;
		struct keyring keyring;
		char why[256] = "";

		scratch_write(&scratch, ONE, modes[i]);
		assert_int_equal(keyring_load(&keyring, scratch.path, why, sizeof(why)), -1);
		assert_non_null(strstr(why, "chmod 600"));
		has(&keyring, "uav1", "");
		scratch_remove(&scratch);
	}
}

static void what_is_no_file_is_told(void **state)
{
	struct keyring keyring;
	char why[256] = "";

	(void)state;
	assert_int_equal(keyring_load(&keyring, "/nonexistent/secret", why, sizeof(why)), -1);
	assert_string_equal(why, "/nonexistent/secret: No such file or directory");
	assert_int_equal(keyring_load(&keyring, "/", why, sizeof(why)), -1);
	assert_string_equal(why, "/: is a folder");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_drone_has_its_secret),
		cmocka_unit_test(a_secret_alone_serves_whichever_drone),
		cmocka_unit_test(many_drones_are_found),
		cmocka_unit_test(what_cannot_be_read_is_told),
		cmocka_unit_test(a_file_is_read),
		cmocka_unit_test(a_file_that_others_can_read_is_refused),
		cmocka_unit_test(what_is_no_file_is_told),
	};

	return cmocka_run_group_tests_name("cli keyring", tests, NULL, NULL);
}
