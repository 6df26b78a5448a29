/* A folder of a fuzzer's own, for code that reads files by their path. It goes when the program
 * ends; what it holds when a fault is found is left, to be looked at. */
#ifndef UAV_TESTS_SCRATCH_H
#define UAV_TESTS_SCRATCH_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/slice.h"

enum { SCRATCH_PATH = 256, SCRATCH_FILES = 8 };

static char scratch_folder[SCRATCH_PATH - 32];
static char scratch_files[SCRATCH_FILES][SCRATCH_PATH]; /* that have been written */

static void scratch_remove(void)
{
	for (size_t i = 0; i < SCRATCH_FILES && *scratch_files[i]; i++) {
		(void)unlink(scratch_files[i]);
	}
	(void)rmdir(scratch_folder);
}

static void scratch_open(void)
{
	const char *above = getenv("TMPDIR");

	if (*scratch_folder) {
		return;
	}
	if (snprintf(scratch_folder, sizeof(scratch_folder), "%s/uavfuzz.XXXXXX",
		     above && *above ? above : "/tmp") >= (int)sizeof(scratch_folder) ||
	    !mkdtemp(scratch_folder) || atexit(scratch_remove) != 0) {
		perror("scratch folder");
		abort();
	}
}

/* The path of the file of that name there, or the name is remembered for its removal. */
static const char *scratch_path(const char *name)
{
	char path[SCRATCH_PATH];

	scratch_open();
	(void)snprintf(path, sizeof(path), "%s/%s", scratch_folder, name);
	for (size_t i = 0; i < SCRATCH_FILES; i++) {
		if (!*scratch_files[i]) {
			memcpy(scratch_files[i], path, sizeof(path));
		}
		if (strcmp(scratch_files[i], path) == 0) {
			return scratch_files[i];
		}
	}
	abort(); /* more files than there is room for */
}

/* Its path; the file then holds these bytes. */
static const char *scratch_write(const char *name, struct slice bytes)
{
	const char *path = scratch_path(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes.data, bytes.size) != (ssize_t)bytes.size || close(fd) != 0) {
		perror(path);
		abort();
	}
	return path;
}

#endif
