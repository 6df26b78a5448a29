#include "base/ready_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
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

/* Empty, as mktemp(1) makes it, or begun by one of us. */
static bool is_ready_file(const char *path)
{
	char text[sizeof(first_word) - 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t size;

	if (fd < 0) {
		return false;
	}
	size = read(fd, text, sizeof(text));
	(void)close(fd);
	return size == 0 ||
	       (size == (ssize_t)sizeof(text) && memcmp(text, first_word, sizeof(text)) == 0);
}

static int clear(const char *path, char *why)
{
	struct stat about;

	if (lstat(path, &about) < 0) {
		return errno == ENOENT ? 0 : fail(why, "cannot be looked at", errno);
	}
	if (!S_ISREG(about.st_mode) || !is_ready_file(path)) {
		return fail(why,
			    "something else stands there, which is left alone; remove it, or "
			    "choose another path",
			    0);
	}
	return unlink(path) < 0 ? fail(why, "an old one cannot be removed", errno) : 0;
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

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t size = write(fd, text, left);

		if (size < 0 && errno != EINTR) {
			return -1;
		}
		if (size > 0) {
			text += size;
			left -= (size_t)size;
		}
	}
	return 0;
}

static int fill(struct ready_file *file, int fd, const char *lines)
{
	struct stat about;
	char first[48];

	(void)snprintf(first, sizeof(first), "%s%ld\n", first_word, (long)getpid());
	if (write_all(fd, first) < 0 || write_all(fd, lines) < 0 || fstat(fd, &about) < 0) {
		return -1;
	}
	file->device = about.st_dev;
	file->inode = about.st_ino;
	return 0;
}

/* -------------------------------------------------------------- the three */

int ready_file_claim(struct ready_file *file, const char *path, char *why)
{
	char name[PATH_MAX];
	int fd;

	*file = (struct ready_file){.path = path};
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
	int fd, error = 0;

	if (!file->path) {
		return 0;
	}
	fd = begin(file->path, name, why);
	if (fd < 0) {
		return -1;
	}
	if (fill(file, fd, lines) < 0) {
		error = errno;
	}
	if (close(fd) < 0 && !error) {
		error = errno;
	}
	if (!error && rename(name, file->path) < 0) {
		error = errno;
	}
	if (error) {
		(void)unlink(name);
		return fail(why, "cannot be written", error);
	}
	file->written = true;
	return 0;
}

void ready_file_remove(struct ready_file *file)
{
	struct stat about;

	if (file->written && lstat(file->path, &about) == 0 && about.st_dev == file->device &&
	    about.st_ino == file->inode) {
		(void)unlink(file->path);
	}
	file->written = false;
}
