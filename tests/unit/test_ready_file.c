#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ready_file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], path[96];
static char why[READY_FILE_WHY_BYTES];

static int setup(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/test_ready_XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/ready", folder);
	return 0;
}

static size_t files_there(void)
{
	DIR *open = opendir(folder);
	size_t count = 0;

	assert_non_null(open);
	for (const struct dirent *entry = readdir(open); entry; entry = readdir(open)) {
		count += entry->d_name[0] != '.';
	}
	closedir(open);
	return count;
}

static int teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static const char *content(const char *name)
{
	static char text[256];
	FILE *file = fopen(name, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	return text;
}

static void it_comes_and_goes(void **state)
{
	struct ready_file file;
	char wanted[64];

	(void)state;
	(void)snprintf(wanted, sizeof(wanted), "pid %ld\nlisten here\n", (long)getpid());
	assert_int_equal(ready_file_claim(&file, path, why), 0);
	assert_int_equal(files_there(), 0);
	assert_int_equal(ready_file_write(&file, "listen here\n", why), 0);
	assert_string_equal(content(path), wanted);
	assert_int_equal(files_there(), 1);
	ready_file_remove(&file);
	assert_int_equal(files_there(), 0);
	ready_file_remove(&file);
}

static void none_is_wanted(void **state)
{
	struct ready_file file;

	(void)state;
	assert_int_equal(ready_file_claim(&file, NULL, why), 0);
	assert_int_equal(ready_file_write(&file, "listen here\n", why), 0);
	ready_file_remove(&file);
	assert_int_equal(files_there(), 0);
}

/* Of a process that crashed, or made by mktemp. */
static void an_old_one_goes_at_once(void **state)
{
	static const char *const old[] = {"pid 1\nlisten there\n", ""};
	struct ready_file file;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		put(path, old[i]);
		assert_int_equal(ready_file_claim(&file, path, why), 0);
		assert_int_equal(files_there(), 0);
	}
}

static void what_is_something_else_stays(void **state)
{
	struct ready_file file;
	char other[96];

	(void)state;
	put(path, "[gateway]\n");
	assert_int_equal(ready_file_claim(&file, path, why), -1);
	assert_non_null(strstr(why, "left alone"));
	assert_string_equal(content(path), "[gateway]\n");
	assert_int_equal(ready_file_claim(&file, folder, why), -1);
	assert_int_equal(ready_file_claim(&file, "", why), -1);
	(void)snprintf(other, sizeof(other), "%s/pipe", folder);
	assert_int_equal(mkfifo(other, 0600), 0);
	assert_int_equal(ready_file_claim(&file, other, why), -1);
	assert_int_equal(unlink(other), 0);

	/* nor is a link followed, wherever it leads */
	(void)snprintf(other, sizeof(other), "%s/other", folder);
	assert_int_equal(rename(path, other), 0);
	put(other, "pid 1\n");
	assert_int_equal(symlink("other", path), 0);
	assert_int_equal(ready_file_claim(&file, path, why), -1);
	assert_string_equal(content(other), "pid 1\n");
	assert_int_equal(unlink(other), 0);
}

static void a_link_put_there_later_is_replaced(void **state)
{
	struct ready_file file;
	char other[96];
	struct stat about;

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/other", folder);
	assert_int_equal(ready_file_claim(&file, path, why), 0);
	put(other, "mine");
	assert_int_equal(symlink("other", path), 0);
	assert_int_equal(ready_file_write(&file, "", why), 0);
	assert_string_equal(content(other), "mine");
	assert_int_equal(lstat(path, &about), 0);
	assert_true(S_ISREG(about.st_mode));
	assert_int_equal(unlink(other), 0);
}

static void anothers_is_not_removed(void **state)
{
	struct ready_file file, next;
	char kept[96];

	(void)state;
	(void)snprintf(kept, sizeof(kept), "%s/kept", folder);
	assert_int_equal(ready_file_claim(&file, path, why), 0);
	assert_int_equal(ready_file_write(&file, "", why), 0);
	/* the first is kept, so that the number of its inode is not given again */
	assert_int_equal(rename(path, kept), 0);
	assert_int_equal(ready_file_claim(&next, path, why), 0);
	assert_int_equal(ready_file_write(&next, "", why), 0);
	ready_file_remove(&file);
	assert_int_equal(files_there(), 2);
	ready_file_remove(&next);
	assert_int_equal(files_there(), 1);
	assert_int_equal(unlink(kept), 0);
}

/* Whether it would start, or has been asked already and goes on: nobody takes a file away from
 * under those who have seen it. */
static void one_in_use_is_left_alone(void **state)
{
	struct ready_file file, late, early;
	char wanted[64];

	(void)state;
	(void)snprintf(wanted, sizeof(wanted), "pid %ld\nfirst\n", (long)getpid());
	assert_int_equal(ready_file_claim(&file, path, why), 0);
	assert_int_equal(ready_file_claim(&early, path, why), 0);
	assert_int_equal(ready_file_write(&file, "first\n", why), 0);
	assert_int_equal(ready_file_claim(&late, path, why), -1);
	assert_non_null(strstr(why, "another process that runs has it"));
	ready_file_remove(&late);
	why[0] = '\0';
	assert_int_equal(ready_file_write(&early, "early\n", why), -1);
	assert_non_null(strstr(why, "another process that runs has it"));
	ready_file_remove(&early);
	assert_string_equal(content(path), wanted);
	assert_int_equal(files_there(), 1);
	ready_file_remove(&file);
	assert_int_equal(ready_file_claim(&late, path, why), 0);
	assert_int_equal(ready_file_write(&late, "", why), 0);
	ready_file_remove(&late);
	assert_int_equal(files_there(), 0);
}

/* The lock goes with the process, however it ends. */
static void one_of_a_crash_is_taken_over(void **state)
{
	struct ready_file file;
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		_exit(ready_file_claim(&file, path, why) < 0 ||
		      ready_file_write(&file, "", why) < 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(files_there(), 1);
	assert_int_equal(ready_file_claim(&file, path, why), 0);
	assert_int_equal(files_there(), 0);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
	struct ready_file file;
	char missing[128];

	(void)state;
	(void)snprintf(missing, sizeof(missing), "%s/missing/ready", folder);
	assert_int_equal(ready_file_claim(&file, missing, why), -1);
	assert_non_null(strstr(why, "No such file"));
	assert_int_equal(ready_file_claim(&file, path, why), 0);
	file.path = missing;
	assert_int_equal(ready_file_write(&file, "", why), -1);
	assert_int_equal(file.fd, -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_comes_and_goes),
		TEST(none_is_wanted),
		TEST(an_old_one_goes_at_once),
		TEST(what_is_something_else_stays),
		TEST(a_link_put_there_later_is_replaced),
		TEST(anothers_is_not_removed),
		TEST(one_in_use_is_left_alone),
		TEST(one_of_a_crash_is_taken_over),
		TEST(a_folder_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests_name("ready_file", tests, NULL, NULL);
}
