#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/host.h"
#include "net/socket_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char folder[32], path[64];
	struct sockaddr_storage address;
	int fd; /* of who listens, or -1 */
};

static struct fixture fixture;

static int set_up(void **state)
{
	struct fixture *f = &fixture;
	struct address address = {.is_path = true};

	*f = (struct fixture){.folder = "/tmp/uavtest.XXXXXX", .fd = -1};
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/socket", f->folder);
	snprintf(address.host, sizeof(address.host), "%s/socket", f->folder);
	assert_int_equal(host_resolve(&address, &f->address), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	close(f->fd);
	unlink(f->path);
	return rmdir(f->folder);
}

static bool exists(const struct fixture *f)
{
	struct stat found;

	return lstat(f->path, &found) == 0;
}

static void bind_there(struct fixture *f, int backlog)
{
	struct sockaddr_un un;

	memcpy(&un, &f->address, sizeof(un));
	f->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(f->fd >= 0);
	assert_int_equal(bind(f->fd, (const struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(f->fd, backlog), 0);
}

static void is_content_with_nothing(void **state)
{
	struct fixture *f = *state;
	const char *why = NULL;

	assert_int_equal(socket_file_clear(&f->address, &why), 0);
	assert_null(why);
}

static void removes_what_the_dead_have_left(void **state)
{
	struct fixture *f = *state;
	const char *why = NULL;

	bind_there(f, 1);
	close(f->fd);
	f->fd = -1;
	assert_true(exists(f));
	assert_int_equal(socket_file_clear(&f->address, &why), 0);
	assert_false(exists(f));
}

static void leaves_the_living_alone(void **state)
{
	struct fixture *f = *state;
	const char *why = NULL;

	bind_there(f, 1);
	assert_int_equal(socket_file_clear(&f->address, &why), -1);
	assert_non_null(strstr(why, "another process listens"));
	assert_true(exists(f));
}

/* Nobody is accepted: the queue is full, and a connection that waited for it would hang. */
static void leaves_alone_who_is_slow_to_accept(void **state)
{
	struct fixture *f = *state;
	const char *why = NULL;

	bind_there(f, 0);
	for (int i = 0; i < 4; i++) { /* each leaves one that is never accepted */
		assert_int_equal(socket_file_clear(&f->address, &why), -1);
		assert_true(exists(f));
	}
}

static void leaves_other_files_alone(void **state)
{
	struct fixture *f = *state;
	const char *why = NULL;
	int fd = open(f->path, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(socket_file_clear(&f->address, &why), -1);
	assert_non_null(strstr(why, "not a socket"));
	assert_true(exists(f));
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(symlink("nowhere", f->path), 0); /* is not followed */
	assert_int_equal(socket_file_clear(&f->address, &why), -1);
	assert_true(exists(f));
}

static void makes_a_file_and_removes_it(void **state)
{
	struct fixture *f = *state;
	struct socket_file file;
	const char *why = NULL;

	f->fd = socket_file_bind(&file, &f->address, &why);
	assert_true(f->fd >= 0);
	assert_int_equal(fcntl(f->fd, F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(f->fd, F_GETFL) & O_NONBLOCK);
	assert_string_equal(file.path, f->path);
	assert_true(exists(f));
	assert_int_equal(listen(f->fd, 1), 0);
	assert_int_equal(socket_file_clear(&f->address, &why), -1); /* it is alive */
	socket_file_remove(&file);
	assert_false(exists(f));
	socket_file_remove(&file);
}

static void removes_no_file_but_its_own(void **state)
{
	struct fixture *f = *state;
	struct socket_file first, second;
	const char *why = NULL;
	int fd = socket_file_bind(&first, &f->address, &why);

	assert_true(fd >= 0);
	assert_int_equal(unlink(f->path), 0);
	f->fd = socket_file_bind(&second, &f->address, &why);
	assert_true(f->fd >= 0);
	socket_file_remove(&first);
	close(fd);
	assert_true(exists(f));
	socket_file_remove(&second);
	assert_false(exists(f));
}

static void tells_why_nothing_is_made(void **state)
{
	struct fixture *f = *state;
	struct address address = {.is_path = true};
	struct sockaddr_storage nowhere;
	struct socket_file file;
	const char *why = NULL;

	snprintf(address.host, sizeof(address.host), "%s/no/socket", f->folder);
	assert_int_equal(host_resolve(&address, &nowhere), 0);
	assert_int_equal(socket_file_bind(&file, &nowhere, &why), -1);
	assert_non_null(strstr(why, "folder"));
	socket_file_remove(&file);
	bind_there(f, 1);
	assert_int_equal(socket_file_bind(&file, &f->address, &why), -1);
	assert_non_null(strstr(why, "another process listens"));
	socket_file_remove(&file);
	assert_true(exists(f));
}

/* The longest path fills its field to the last byte. */
static void takes_the_longest_path(void **state)
{
	struct fixture *f = *state;
	struct address address = {.is_path = true};
	struct socket_file file;
	const char *why = NULL;
	size_t size = strlen(f->folder);

	memset(address.host, 'p', HOST_PATH_BYTES);
	memcpy(address.host, f->folder, size);
	address.host[size] = '/';
	assert_int_equal(host_resolve(&address, &f->address), 0);
	f->fd = socket_file_bind(&file, &f->address, &why);
	assert_true(f->fd >= 0);
	assert_string_equal(file.path, address.host);
	socket_file_remove(&file);
	assert_int_equal(access(address.host, F_OK), -1);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_FOLDER(is_content_with_nothing),
		IN_A_FOLDER(removes_what_the_dead_have_left),
		IN_A_FOLDER(leaves_the_living_alone),
		IN_A_FOLDER(leaves_alone_who_is_slow_to_accept),
		IN_A_FOLDER(leaves_other_files_alone),
		IN_A_FOLDER(makes_a_file_and_removes_it),
		IN_A_FOLDER(removes_no_file_but_its_own),
		IN_A_FOLDER(tells_why_nothing_is_made),
		IN_A_FOLDER(takes_the_longest_path),
	};

	return cmocka_run_group_tests_name("net_socket_file", tests, NULL, NULL);
}
