#include "base/ready_file.h"

#include "base/write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char first_word[] = "pid ";

static int fail(char *why, const char *what, int error)
{
	(void)snprintf(why, READY_FILE_WHY_BYTES, "%s%s%s", what, error ? ": " : "",
		       error ? strerror(error) : "");
	return -1;
}

/* ------------------------------------------------------- what stood there */

static int open_old(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

/* Empty, as mktemp(1) makes it, or begun by one of us. */
static bool is_ready_file(int fd)
{
	char text[sizeof(first_word) - 1];
	ssize_t size = read(fd, text, sizeof(text));

	return size == 0 ||
	       (size == (ssize_t)sizeof(text) && memcmp(text, first_word, sizeof(text)) == 0);
}

/* Another than this descriptor has the lock; if nobody has, it is this one's from now on. */
static bool is_held(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static int fail_foreign(char *why)
{
	return fail(why,
		    "something else stands there, which is left alone; remove it, or choose "
		    "another path",
		    0);
}

static int fail_held(char *why)
{
	return fail(why, "another process that runs has it; choose another path", 0);
}

static int clear_regular(const char *path, char *why)
{
	int fd = open_old(path), result = 0;

	if (fd < 0 || !is_ready_file(fd)) {
		result = fail_foreign(why);
	} else if (is_held(fd)) {
		result = fail_held(why);
	} else if (unlink(path) < 0) {
		result = fail(why, "an old one cannot be removed", errno);
	}
	if (fd >= 0) {
		(void)close(fd);
	}
	return result;
}

static int clear(const char *path, char *why)
{
	struct stat about;

	if (lstat(path, &about) < 0) {
		return errno == ENOENT ? 0 : fail(why, "cannot be looked at", errno);
	}
	if (!S_ISREG(about.st_mode)) {
		return fail_foreign(why);
	}
	return clear_regular(path, why);
}

/* Since this process has claimed the place another one has put its file there. */
static bool is_taken(const char *path)
{
	int fd = open_old(path);
	bool taken = fd >= 0 && is_held(fd);

	if (fd >= 0) {
		(void)close(fd);
	}
	return taken;
}

/* ---------------------------------------------------------------- writing */

/* A new file beside it, of this process, and its name. Its descriptor, or -1. */
static int begin(const char *path, char name[PATH_MAX], char *why)
{
	int fd, size = snprintf(name, PATH_MAX, "%s.%ld", path, (long)getpid());

	if (size < 0 || size >= PATH_MAX) {
		return fail(why, "the path is too long", 0);
	}
	/* of a process that had this number before, and crashed */
	(void)unlink(name);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	return fd < 0 ? fail(why, "cannot be written", errno) : fd;
}

/* 0, or -1 and errno. */
static int fill(int fd, const char *lines)
{
	char first[48];
	int status;

	(void)snprintf(first, sizeof(first), "%s%ld\n", first_word, (long)getpid());
	status = write_all(fd, slice_str(first));
	if (status == 0) {
		status = write_all(fd, slice_str(lines));
	}
	errno = -status;
	return status < 0 ? -1 : 0;
}

/* -------------------------------------------------------------- the three */

int ready_file_claim(struct ready_file *file, const char *path, char *why)
{
	char name[PATH_MAX];
	int fd;

	*file = (struct ready_file){.path = path, .fd = -1};
	if (!path) {
		return 0;
	}
	if (!*path) {
		return fail(why, "the path is empty", 0);
	}
	if (clear(path, why) < 0) {
		return -1;
	}
	fd = begin(path, name, why);
	if (fd < 0) {
		return -1;
	}
	(void)close(fd);
	(void)unlink(name);
	return 0;
}

int ready_file_write(struct ready_file *file, const char *lines, char *why)
{
	char name[PATH_MAX];
	int fd;

	if (!file->path) {
		return 0;
	}
	if (is_taken(file->path)) {
		return fail_held(why);
	}
	fd = begin(file->path, name, why);
	if (fd < 0) {
		return -1;
	}
	/* locked before anybody knows its name; without locks it serves as well */
	(void)flock(fd, LOCK_EX | LOCK_NB);
	if (fill(fd, lines) < 0 || rename(name, file->path) < 0) {
		int error = errno;

		(void)unlink(name);
		(void)close(fd);
		return fail(why, "cannot be written", error);
	}
	file->fd = fd;
	return 0;
}

void ready_file_remove(struct ready_file *file)
{
	struct stat mine, there;

	if (file->fd < 0) {
		return;
	}
	if (fstat(file->fd, &mine) == 0 && lstat(file->path, &there) == 0 &&
	    mine.st_dev == there.st_dev && mine.st_ino == there.st_ino) {
		(void)unlink(file->path);
	}
	(void)close(file->fd);
	file->fd = -1;
}
