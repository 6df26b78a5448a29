#include "cli/console_history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int console_history_path(char *path, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int written;

	if (state && state[0] == '/') {
		written = snprintf(path, size, "%s/uav-drone/history", state);
	} else if (home && home[0] == '/') {
		written = snprintf(path, size, "%s/.local/state/uav-drone/history", home);
	} else {
		return -1;
	}
	return written > 0 && (size_t)written < size ? 0 : -1;
}

static void load(History *history_list, const char *path)
{
	struct stat about;
	HistEvent event;

	if (lstat(path, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == geteuid() &&
	    about.st_size <= CONSOLE_HISTORY_BYTES) {
		(void)history(history_list, &event, H_LOAD, path);
	}
}

History *console_history_open(const char *path)
{
	History *made = history_init();
	HistEvent event;

	if (!made) {
		return NULL;
	}
	(void)history(made, &event, H_SETSIZE, CONSOLE_HISTORY_LINES);
	(void)history(made, &event, H_SETUNIQUE, 1);
	if (path) {
		load(made, path);
	}
	return made;
}

/* The folders on the way to the file, as far as they are not there. */
static void make_folders(const char *path)
{
	char folder[4096];

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		if ((size_t)(slash - path) < sizeof(folder)) {
			memcpy(folder, path, (size_t)(slash - path));
			folder[slash - path] = '\0';
			(void)mkdir(folder, 0700);
		}
	}
}

static int write_to(History *made, int fd)
{
	FILE *file = fdopen(fd, "w");
	HistEvent event;
	bool written;

	if (!file) {
		(void)close(fd);
		return -ENOMEM;
	}
	errno = EIO;
	written = history(made, &event, H_SAVE_FP, file) >= 0;
	return fclose(file) == 0 && written ? 0 : -errno;
}

/* Whoever else ends at the same time waits. The lock's descriptor, which is free when closed; -1
 * where there are no locks. */
static int lock_folder(const char *path)
{
	char folder[4096];
	int fd;

	(void)snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)flock(fd, LOCK_EX);
	}
	return fd;
}

/* What is in the file now, be it from others meanwhile, and then the lines of this run. NULL when
 * memory is out. */
static History *merge(History *made, int before, const char *path)
{
	History *merged = console_history_open(path);
	HistEvent event;
	bool more = merged && history(made, &event, H_LAST) >= 0;

	while (more) {
		HistEvent entered;

		if (event.num > before) {
			(void)history(merged, &entered, H_ENTER, event.str);
		}
		more = history(made, &event, H_PREV) >= 0; /* a newer one */
	}
	return merged;
}

/* Beside it and then in its place, so that one or the other is whole. */
static int replace(History *made, const char *path)
{
	char beside[4096];
	int fd, error;

	(void)snprintf(beside, sizeof(beside), "%s.XXXXXX", path);
	fd = mkstemp(beside); /* mode 0600 */
	if (fd < 0) {
		return -errno;
	}
	error = write_to(made, fd);
	if (!error && rename(beside, path) < 0) {
		error = -errno;
	}
	if (error) {
		(void)unlink(beside);
	}
	return error;
}

static int save(History *made, int before, const char *path)
{
	History *merged;
	int lock, error = -ENOMEM;

	make_folders(path);
	lock = lock_folder(path);
	merged = merge(made, before, path);
	if (merged) {
		error = replace(merged, path);
		history_end(merged);
	}
	if (lock >= 0) {
		(void)close(lock);
	}
	return error;
}

int console_history_newest(History *made)
{
	HistEvent event;

	return history(made, &event, H_FIRST) >= 0 ? event.num : 0;
}

int console_history_close(History *made, int before, const char *path)
{
	int error = made && path ? save(made, before, path) : 0;

	if (made) {
		history_end(made);
	}
	return error;
}
