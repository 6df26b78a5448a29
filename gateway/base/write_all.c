#include "base/write_all.h"

#include <errno.h>
#include <unistd.h>

int write_all(int fd, struct slice bytes)
{
	while (bytes.size) {
		ssize_t written = write(fd, bytes.data, bytes.size);

		if (written < 0 && errno != EINTR) {
			return -errno;
		}
		if (written > 0) {
			bytes = slice_of(bytes.data + written, bytes.size - (size_t)written);
		}
	}
	return 0;
}
