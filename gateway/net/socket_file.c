#include "net/socket_file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
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
