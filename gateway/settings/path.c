#include "settings/path.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

size_t path_folder(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');

	return slash && *path != '/' ? (size_t)(slash - file) + 1 : 0;
}

int path_from(const char *file, const char *path, char *text, size_t cap)
{
	int folder = (int)path_folder(file, path), size;
	char here[PATH_MAX] = "";

	if (*path != '/' && *file != '/' && !getcwd(here, sizeof(here))) {
		return -1;
	}
	size = snprintf(text, cap, "%s%s%.*s%s", here, here[0] && here[1] ? "/" : "", folder, file,
			path);
	if (size < 0 || (size_t)size >= cap) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}
