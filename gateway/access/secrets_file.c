/* Whose file it is, and its bytes. No stream reads it: its buffer would keep a copy. */
#include "access/secrets_parts.h"

#include "base/private_file.h"
#include "base/proof.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static bool is_fit(struct report *report, const struct stat *about)
{
	char why[PRIVATE_FILE_WHY_BYTES];

	if (!S_ISREG(about->st_mode)) {
		report_mistake(report, 0, "is %s; secrets stand in a file",
			       S_ISDIR(about->st_mode) ? "a folder" : "no regular file");
		return false;
	}
	if (about->st_size > (off_t)SECRETS_MAX_BYTES) {
		report_mistake(report, 0, "is larger than %u MiB, which no list of drones is",
			       SECRETS_MAX_BYTES / (1024 * 1024));
		return false;
	}
	if (private_file_check(about, why) < 0) {
		report_mistake(report, 0, "%s", why);
		return false;
	}
	return true;
}

int secrets_file_open(struct report *report, bool may_lack, struct stat *about)
{
	int fd = open(report->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int error = errno;

	if (fd < 0 && error == ENOENT && may_lack) {
		return -1;
	}
	if (fd < 0) {
		report_mistake(report, 0, "cannot be opened: %s%s", strerror(error),
			       error == ENOENT ? "; uav-gateway -c FILE --add-drone ID makes it"
					       : "");
		errno = error;
		return -1;
	}
	if (fstat(fd, about) < 0) {
		report_mistake(report, 0, "cannot be looked at: %s", strerror(errno));
	} else if (is_fit(report, about)) {
		return fd;
	}
	(void)close(fd);
	errno = EACCES;
	return -1;
}

/* How many bytes came, at most `cap`; -1 with errno. */
static ssize_t read_all(int fd, uint8_t *bytes, size_t cap)
{
	size_t size = 0;

	while (size < cap) {
		ssize_t got = read(fd, bytes + size, cap - size);

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			return -1;
		}
		if (got == 0) {
			break;
		}
		size += (size_t)got;
	}
	return (ssize_t)size;
}

int secrets_file_read(int fd, struct report *report, struct slice *text)
{
	struct stat about;
	size_t cap = fstat(fd, &about) == 0 ? (size_t)about.st_size + 1 : 0;
	uint8_t *bytes = cap ? malloc(cap) : NULL;
	ssize_t size = bytes ? read_all(fd, bytes, cap) : -1;

	if (!bytes) {
		report_mistake(report, 0, "cannot be read: out of memory");
	} else if (size < 0) {
		report_mistake(report, 0, "cannot be read: %s", strerror(errno));
	} else if ((size_t)size == cap) {
		report_mistake(report, 0, "was written to while it was read: try again");
	} else {
		*text = slice_of(bytes, (size_t)size);
		return 0;
	}
	secrets_file_forget(slice_of(bytes, bytes ? cap : 0));
	return -1;
}

void secrets_file_forget(struct slice text)
{
	void *bytes = (void *)(uintptr_t)text.data;

	proof_forget(bytes, text.size);
	free(bytes);
}
