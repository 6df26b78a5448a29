#include "cli/console_keep.h"

#include "base/write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { NAMES_TRIED = 9999 };

void console_keep_fini(struct console_keep *keep)
{
	free(keep->list);
	*keep = (struct console_keep){0};
}

/* ------------------------------------------------------------------- bounds */

static struct console_kept *kept_of(const struct console_keep *keep, const char *sender)
{
	for (size_t i = 0; i < keep->count; i++) {
		if (strcmp(keep->list[i].sender, sender) == 0) {
			return &keep->list[i];
		}
	}
	return NULL;
}

const char *console_keep_bound(const struct console_keep *keep, const struct console_taking *taking)
{
	const struct console_kept *kept = kept_of(keep, taking->sender);
	uint64_t size = taking->offer.size;

	if (keep->files >= CONSOLE_KEEP_FILES_MAX) {
		return "1000 files have been kept in this run";
	}
	if (keep->bytes + size > CONSOLE_KEEP_BYTES_MAX) {
		return "1 GiB has been kept in this run";
	}
	if (kept && kept->files >= CONSOLE_KEEP_SENDER_FILES_MAX) {
		return "250 files of this sender have been kept in this run";
	}
	if (kept && kept->bytes + size > CONSOLE_KEEP_SENDER_BYTES_MAX) {
		return "256 MiB of this sender have been kept in this run";
	}
	return NULL;
}

/* As many senders as files, at most. 0, or a negative errno. */
static int count_kept(struct console_keep *keep, const struct console_taking *taking)
{
	struct console_kept *kept = kept_of(keep, taking->sender);

	if (!kept) {
		struct console_kept *list =
			realloc(keep->list, (keep->count + 1) * sizeof(*keep->list));

		if (!list) {
			return -ENOMEM;
		}
		keep->list = list;
		kept = &keep->list[keep->count++];
		*kept = (struct console_kept){0};
		(void)snprintf(kept->sender, sizeof(kept->sender), "%s", taking->sender);
	}
	kept->files++;
	kept->bytes += taking->offer.size;
	keep->files++;
	keep->bytes += taking->offer.size;
	return 0;
}

/* --------------------------------------------------------------------- save */

/* A file that was not there before. Its descriptor, or a negative errno. */
static int make_file(int folder, const char *wanted, char name[CONSOLE_KEEP_NAME_BYTES + 1])
{
	int fd = -1;

	for (unsigned number = 1; fd < 0 && number <= NAMES_TRIED; number++) {
		(void)snprintf(name, CONSOLE_KEEP_NAME_BYTES + 1, number > 1 ? "%s.%u" : "%s",
			       wanted, number);
		fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    0600);
		if (fd < 0 && errno != EEXIST) {
			return -errno;
		}
	}
	return fd < 0 ? -EEXIST : fd;
}

static int write_file(int folder, const struct console_taking *taking,
		      char name[CONSOLE_KEEP_NAME_BYTES + 1])
{
	int fd = make_file(folder, taking->offer.name, name);
	int error = fd < 0 ? fd : write_all(fd, slice_of(taking->bytes, taking->offer.size));

	if (fd >= 0 && close(fd) < 0 && !error) {
		error = -errno;
	}
	if (fd >= 0 && error) {
		(void)unlinkat(folder, name, 0);
	}
	return error;
}

int console_keep_save(struct console_keep *keep, const struct console_taking *taking,
		      const char *folder, char name[CONSOLE_KEEP_NAME_BYTES + 1])
{
	int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error;

	if (at < 0) {
		return -errno;
	}
	error = write_file(at, taking, name);
	if (!error) {
		error = count_kept(keep, taking);
		if (error) {
			(void)unlinkat(at, name, 0);
		}
	}
	(void)close(at);
	return error;
}
