#include "net/socket_file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Only a refusal is proof: a listener whose queue is full, or whose file we may not write
 * to, is one. */
static bool nobody_listens(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool refused;

	if (fd < 0) {
		return false;
	}
	refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
		  errno == ECONNREFUSED;
	close(fd);
	return refused;
}

int socket_file_clear(const struct sockaddr_storage *address, const char **why)
{
	struct sockaddr_un un;
	struct stat found;

	memcpy(&un, address, sizeof(un));
	if (lstat(un.sun_path, &found) < 0) {
		return 0; /* whatever else is wrong shows when it is bound */
	}
	if (!S_ISSOCK(found.st_mode)) {
		*why = "there is a file at this path that is not a socket; remove it or choose "
		       "another path";
		return -1;
	}
	if (!nobody_listens(&un)) {
		*why = "another process listens at this path; stop it or choose another path";
		return -1;
	}
	if (unlink(un.sun_path) < 0) {
		*why = "a dead process has left its socket at this path, and it may not be "
		       "removed; "
		       "remove it or choose another path";
		return -1;
	}
	return 0;
}

static const char *why_not_bound(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case EACCES:
	case EROFS:
		return "the folder of this path does not exist, or may not be written to";
	case EADDRINUSE:
		return "another process has just put a file at this path; stop it or choose "
		       "another path";
	default:
		return strerror(error);
	}
}

static int identify(struct socket_file *file, const struct sockaddr_un *address)
{
	struct stat found;

	memcpy(file->path, address->sun_path, sizeof(address->sun_path));
	if (lstat(file->path, &found) < 0) {
		return -1;
	}
	file->device = found.st_dev;
	file->inode = found.st_ino;
	return 0;
}

int socket_file_bind(struct socket_file *file, const struct sockaddr_storage *address,
		     const char **why)
{
	struct sockaddr_un un;
	int fd;

	*file = (struct socket_file){0};
	if (socket_file_clear(address, why) < 0) {
		return -1;
	}
	memcpy(&un, address, sizeof(un));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&un, sizeof(un)) < 0 ||
	    identify(file, &un) < 0) {
		*why = why_not_bound(errno);
		if (fd >= 0) {
			close(fd);
		}
		return -1;
	}
	return fd;
}

void socket_file_remove(struct socket_file *file)
{
	struct stat found;

	if (file->inode && lstat(file->path, &found) == 0 && found.st_dev == file->device &&
	    found.st_ino == file->inode) {
		(void)unlink(file->path);
	}
	file->inode = 0;
}
