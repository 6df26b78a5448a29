/* One change of the file: it is locked, read, written anew beside itself, and takes its own
 * place. Until that last step nothing has happened to it; after it whoever waits for the
 * lock finds another file there and begins anew. */
#include "access/secrets_parts.h"
#include "base/proof.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	DRAWN_BYTES = 32, /* of a new secret, written in hexadecimal */
	TRIES_MOST = 10000,
};

struct edit {
	struct report report;
	struct stat about; /* of the file as it was */
	int fd;		   /* of it, locked; -1: none */
	bool made;	   /* there was none */
	char *path;	   /* without symbolic links */
	struct slice text; /* as it was */
	struct secrets *secrets;
};

/* ------------------------------------------------------------------ the lock */

/* An empty one is right, too. -1, told. */
static int make_file(struct edit *edit)
{
	const char *file = edit->report.file;
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
	struct stat about;

	if (fd >= 0) {
		edit->made = true;
		(void)close(fd);
		return 0;
	}
	if (errno != EEXIST) {
		report_mistake(&edit->report, 0, "cannot be made: %s", strerror(errno));
		return -1;
	}
	if (stat(file, &about) < 0 && errno == ENOENT && lstat(file, &about) == 0) {
		report_mistake(
			&edit->report, 0,
			"is a link to a file that is not there: make that file, or remove the "
			"link");
		return -1;
	}
	return 0; /* somebody else was quicker */
}

/* Waits for those who are at it. 0, or -1 with errno. */
static int lock(int fd)
{
	int status;

	do {
		status = flock(fd, LOCK_EX);
	} while (status < 0 && errno == EINTR);
	return status;
}

/* Whether what is locked is still what has the name. */
static bool is_in_place(struct edit *edit)
{
	struct stat there;

	free(edit->path);
	edit->path = realpath(edit->report.file, NULL);
	return edit->path && stat(edit->path, &there) == 0 && there.st_dev == edit->about.st_dev &&
	       there.st_ino == edit->about.st_ino;
}

static void unlock(struct edit *edit)
{
	if (edit->fd >= 0) {
		(void)close(edit->fd);
		edit->fd = -1;
	}
}

/* One try. 1: it is ours; 0: try again; -1: told. */
static int try_to_hold(struct edit *edit, bool may_make)
{
	edit->fd = secrets_file_open(&edit->report, may_make, &edit->about);
	if (edit->fd < 0) {
		return errno == ENOENT && may_make ? make_file(edit) : -1;
	}
	if (lock(edit->fd) < 0) {
		report_mistake(&edit->report, 0, "cannot be locked: %s", strerror(errno));
		return -1;
	}
	if (is_in_place(edit)) {
		return 1;
	}
	unlock(edit);
	return 0;
}

static int hold(struct edit *edit, bool may_make)
{
	for (int i = 0; i < TRIES_MOST; i++) {
		int held = try_to_hold(edit, may_make);

		if (held != 0) {
			return held > 0 ? 0 : -1;
		}
	}
	report_mistake(&edit->report, 0, "is replaced all the time: try again later");
	return -1;
}

static int edit_init(struct edit *edit, const char *file, bool may_make,
		     settings_complain_fn complain, void *ctx)
{
	*edit = (struct edit){.report = {.file = file, .complain = complain, .ctx = ctx}, .fd = -1};
	if (hold(edit, may_make) < 0 ||
	    secrets_file_read(edit->fd, &edit->report, &edit->text) < 0) {
		return -1;
	}
	edit->secrets = secrets_parse(edit->text, file, complain, ctx);
	return edit->secrets ? 0 : -1;
}

/* `result` is passed through. */
static int edit_fini(struct edit *edit, int result)
{
	if (result < 0 && edit->made && edit->fd >= 0 && edit->about.st_size == 0) {
		(void)unlink(edit->path); /* we hold it, and it has nothing */
	}
	unlock(edit);
	secrets_free(edit->secrets);
	secrets_file_forget(edit->text);
	free(edit->path);
	return result;
}

/* --------------------------------------------------------------- the new file */

/* With the old one's owner and mode. 0, or -1 with errno and *what could not be done. */
static int fill(int fd, const struct edit *edit, struct slice text, const char **what)
{
	const struct stat *old = &edit->about;
	struct stat about;

	*what = "keep its owner and mode (run this as its owner, or as root)";
	if (fstat(fd, &about) < 0) {
		return -1;
	}
	if ((about.st_uid != old->st_uid || about.st_gid != old->st_gid) &&
	    fchown(fd, old->st_uid, old->st_gid) < 0) {
		return -1;
	}
	if (fchmod(fd, old->st_mode & 0777) < 0) {
		return -1;
	}
	*what = "write it";
	while (text.size) {
		ssize_t written = write(fd, text.data, text.size);

		if (written < 0 && errno != EINTR) {
			return -1;
		}
		if (written > 0) {
			text = slice_of(text.data + written, text.size - (size_t)written);
		}
	}
	return fsync(fd);
}

/* So that the new name, too, outlives a loss of power; if not, all else is well. */
static void sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		(void)fsync(fd);
		(void)close(fd);
	}
	free(copy);
}

struct print {
	FILE *out; /* NULL: nothing is printed */
	const char *id, *secret;
};

/* 0, or -1 with errno. */
static int print_secret(const struct print *print)
{
	if (!print->out) {
		return 0;
	}
	return fprintf(print->out, "%s %s\n", print->id, print->secret) < 0 ||
			       fflush(print->out) != 0
		       ? -1
		       : 0;
}

/* The secret is printed when all that is likely to fail has been done: nobody then has one that is
 * not in the file, and the file none that nobody has. */
static int replace(struct edit *edit, const char *beside, int fd, struct slice text,
		   const struct print *print)
{
	const char *what;
	int status = fill(fd, edit, text, &what), error = errno;

	if (close(fd) < 0 && status == 0) {
		status = -1;
		error = errno;
	}
	if (status == 0 && print_secret(print) < 0) {
		report_mistake(&edit->report, 0, "is as it was: the secret cannot be printed: %s",
			       strerror(errno));
		return -1;
	}
	if (status == 0) {
		what = "put it in its place";
		status = rename(beside, edit->path);
		error = errno;
	}
	if (status < 0) {
		report_mistake(&edit->report, 0, "is as it was: cannot %s: %s", what,
			       strerror(error));
	}
	return status;
}

static int write_anew(struct edit *edit, struct slice text, const struct print *print)
{
	char *beside = NULL;
	int fd, status;

	if (text.size > SECRETS_MAX_BYTES) {
		report_mistake(&edit->report, 0, "is full: it may have %u MiB",
			       SECRETS_MAX_BYTES / (1024 * 1024));
		return -1;
	}
	if (asprintf(&beside, "%s.XXXXXX", edit->path) < 0) {
		report_mistake(&edit->report, 0, "is as it was: out of memory");
		return -1;
	}
	fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 */
	if (fd < 0) {
		report_mistake(&edit->report, 0,
			       "is as it was: no new file can be made beside it: %s",
			       strerror(errno));
		free(beside);
		return -1;
	}
	status = replace(edit, beside, fd, text, print);
	if (status < 0) {
		(void)unlink(beside);
	} else {
		sync_folder(edit->path);
	}
	free(beside);
	return status;
}

/* ----------------------------------------------------------------- the changes */

static int draw_secret(struct edit *edit, char hex[2 * DRAWN_BYTES + 1])
{
	uint8_t drawn[DRAWN_BYTES];

	if (proof_draw(drawn, sizeof(drawn)) < 0) {
		report_mistake(&edit->report, 0,
			       "is as it was: the system gives no random numbers");
		return -1;
	}
	for (size_t i = 0; i < sizeof(drawn); i++) {
		(void)snprintf(hex + 2 * i, 3, "%02x", drawn[i]);
	}
	proof_forget(drawn, sizeof(drawn));
	return 0;
}

/* The old text with a line behind it. */
static int append(struct edit *edit, const char *id, const char *scenarios, FILE *out)
{
	const struct slice old = edit->text;
	bool open_line = old.size && old.data[old.size - 1] != '\n';
	char secret[2 * DRAWN_BYTES + 1];
	char line[NAME_MAX_BYTES + sizeof(secret) + ALLOW_MAX_BYTES + 8];
	const struct print print = {.out = out, .id = id, .secret = secret};
	size_t size, room;
	uint8_t *text;
	int status;

	if (draw_secret(edit, secret) < 0) {
		return -1;
	}
	size = (size_t)snprintf(line, sizeof(line), "%s%s %s%s%s\n", open_line ? "\n" : "", id,
				secret, *scenarios ? " " : "", scenarios);
	room = old.size + size;
	text = malloc(room);
	if (text) {
		memcpy(text, old.data, old.size);
		memcpy(text + old.size, line, size);
		status = write_anew(edit, slice_of(text, room), &print);
	} else {
		report_mistake(&edit->report, 0, "is as it was: out of memory");
		status = -1;
	}
	proof_forget(secret, sizeof(secret));
	proof_forget(line, sizeof(line));
	secrets_file_forget(slice_of(text, room));
	return status;
}

int secrets_add(const char *file, const char *id, const char *scenarios, FILE *out,
		settings_complain_fn complain, void *ctx)
{
	const char *wrong = secrets_objection(id, scenarios);
	struct edit edit;

	if (wrong) {
		struct report report = {.file = file, .complain = complain, .ctx = ctx};

		report_mistake(&report, 0, "is as it was: %s", wrong);
		return -1;
	}
	if (edit_init(&edit, file, true, complain, ctx) < 0) {
		return edit_fini(&edit, -1);
	}
	if (secrets_find_text(edit.secrets, slice_str(id)) != SIZE_MAX) {
		report_mistake(&edit.report, 0,
			       "has %s already; for a new secret remove it first (--remove-drone)",
			       quote(id).text);
		return edit_fini(&edit, -1);
	}
	return edit_fini(&edit, append(&edit, id, scenarios, out));
}

/* The old text without the line in which `at` is. */
static int cut(struct edit *edit, size_t at)
{
	const struct slice old = edit->text;
	const uint8_t *newline = memchr(old.data + at, '\n', old.size - at);
	size_t end = newline ? (size_t)(newline - old.data) + 1 : old.size;
	size_t start = at;
	const struct print nothing = {0};
	uint8_t *text;
	int status;

	while (start && old.data[start - 1] != '\n') {
		start--;
	}
	text = malloc(old.size);
	if (!text) {
		report_mistake(&edit->report, 0, "is as it was: out of memory");
		return -1;
	}
	memcpy(text, old.data, start);
	memcpy(text + start, old.data + end, old.size - end);
	status = write_anew(edit, slice_of(text, old.size - (end - start)), &nothing);
	secrets_file_forget(slice_of(text, old.size));
	return status;
}

int secrets_remove(const char *file, const char *id, settings_complain_fn complain, void *ctx)
{
	struct edit edit;
	size_t at;

	if (edit_init(&edit, file, false, complain, ctx) < 0) {
		return edit_fini(&edit, -1);
	}
	at = secrets_find_text(edit.secrets, slice_str(id));
	if (at == SIZE_MAX) {
		report_mistake(&edit.report, 0, "has no %s", quote(id).text);
		return edit_fini(&edit, -1);
	}
	return edit_fini(&edit, cut(&edit, at));
}
