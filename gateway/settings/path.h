/* Paths that an operator writes into a file. */
#ifndef UAV_SETTINGS_PATH_H
#define UAV_SETTINGS_PATH_H

#include <stddef.h>

/* The size of the folder of `file`, with its slash, from which `path` counts; 0: that is the
 * folder that the process is in, or nothing is before `path`, which is absolute. */
size_t path_folder(const char *file, const char *path);

/* `path`, as it stands in `file`, absolute, in `text`. 0, or -1 with errno: ENAMETOOLONG, or
 * why the folder that the process is in cannot be told. */
int path_from(const char *file, const char *path, char *text, size_t cap)
	__attribute__((warn_unused_result));

#endif
