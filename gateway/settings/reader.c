#include "settings/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <sys/stat.h>
#include <unistd.h>

struct reader {
	FILE *file;
	struct report *report;
	const struct reader_ops *ops;
	void *ctx;
	int line;
	size_t bytes; /* read so far */
	bool too_large;
	char text[READER_LINE_BYTES + 2];
};

/* EOF behind the last byte that a file may have, too. */
static int next_byte(struct reader *reader)
{
	int c = getc(reader->file);

	if (c != EOF && reader->bytes++ == READER_FILE_BYTES) {
		reader->too_large = true;
	}
	return reader->too_large ? EOF : c;
}

/* The next line without its end, not longer than the room for it. False at the
 * end of the file. *whole is false when the line is of no use, which is told. */
static bool read_line(struct reader *reader, bool *whole)
{
	size_t size = 0;
	bool has_nul = false;
	int c = next_byte(reader);

	if (c == EOF) {
		return false;
	}
	reader->line++;
	for (; c != EOF && c != '\n'; c = next_byte(reader)) {
		has_nul |= c == '\0';
		if (size < sizeof(reader->text) - 1) {
			reader->text[size] = (char)c;
		}
		size++;
	}
	if (reader->too_large) {
		return false;
	}
	*whole = false;
	if (has_nul) {
		report_mistake(reader->report, reader->line, "the line has a NUL byte");
		return true;
	}
	if (size > 0 && size < sizeof(reader->text) && reader->text[size - 1] == '\r') {
		size--;
	}
	if (size > READER_LINE_BYTES) {
		report_mistake(reader->report, reader->line, "the line is longer than %d bytes",
			       READER_LINE_BYTES);
		return true;
	}
	reader->text[size] = '\0';
	*whole = true;
	return true;
}

/* Without blanks around it, and without the byte order mark that some editors put
 * at the start of a file. */
static char *strip(struct reader *reader)
{
	static const char mark[] = "\xef\xbb\xbf";
	static const char blanks[] = " \t\r\v\f";
	char *text = reader->text;
	size_t size;

	if (reader->line == 1 && strncmp(text, mark, strlen(mark)) == 0) {
		text += strlen(mark);
	}
	text += strspn(text, blanks);
	size = strlen(text);
	while (size && strchr(blanks, text[size - 1])) {
		size--;
	}
	text[size] = '\0';
	return text;
}

static void take_section(struct reader *reader, const char *text)
{
	char name[READER_LINE_BYTES + 1];
	size_t size = strcspn(text, "]");

	if (text[size] != ']' || text[size + 1] != '\0') {
		report_mistake(
			reader->report, reader->line,
			"a section reads [name], with nothing behind it on the line; here: %s",
			quote(text).text);
		return;
	}
	memcpy(name, text + 1, size - 1);
	name[size - 1] = '\0';
	reader->ops->section(reader->ctx, reader->line, name);
}

/* Whether the line is a "key = value" for inih. */
static bool is_value(struct reader *reader, const char *text)
{
	size_t size = strcspn(text, "=:");

	if (text[size] == '=' && size > 0) {
		return true;
	}
	report_mistake(reader->report, reader->line,
		       "this is neither [section], nor key = value, nor a comment (# or ; at the "
		       "start of the line): %s",
		       quote(text).text);
	return false;
}

/* inih's fgets: the next line that holds a key and a value. */
static char *next_value(char *out, int cap, void *stream)
{
	struct reader *reader = stream;
	bool whole;

	while (read_line(reader, &whole)) {
		char *text = whole ? strip(reader) : NULL;

		if (!text || !*text || *text == '#' || *text == ';') {
			continue;
		}
		if (*text == '[') {
			take_section(reader, text);
		} else if (is_value(reader, text)) {
			size_t size = strlen(text);

			if (size >= (size_t)cap) {
				report_mistake(reader->report, reader->line,
					       "the line is longer than %d bytes", cap - 1);
				continue;
			}
			memcpy(out, text, size + 1);
			return out;
		}
	}
	if (ferror(reader->file)) {
		report_mistake(reader->report, 0, "cannot be read: %s", strerror(errno));
	} else if (reader->too_large) {
		report_mistake(reader->report, 0,
			       "is larger than %d MiB; the rest of it was not read",
			       READER_FILE_BYTES / (1024 * 1024));
	}
	return NULL;
}

static int on_value(void *user, const char *section, const char *key, const char *value)
{
	struct reader *reader = user;

	(void)section; /* ours is not cut to 50 bytes */
	reader->ops->value(reader->ctx, reader->line, key, value);
	return 1;
}

/* What is no file that may be read, in words; NULL when it may be. */
static const char *objection(mode_t mode, enum reader_source source)
{
	static const char *const no_file[] = {
		[READER_FIRST] = "is not a file",
		[READER_AGAIN] = ("is not a file and cannot be read again; the gateway must be "
				  "started with a file for that"),
		[READER_INCLUDED] = "is not a file; a pipe or a device cannot be included",
	};

	if (S_ISREG(mode) || (S_ISFIFO(mode) && source == READER_FIRST)) {
		return NULL;
	}
	return S_ISDIR(mode) ? "is a directory" : no_file[source];
}

/* Opening a pipe waits for its writer unless it is told not to. -1 with errno. */
static int open_without_waiting(const char *file, enum reader_source source)
{
	struct stat about;
	bool patient = source == READER_FIRST && stat(file, &about) == 0 && S_ISFIFO(about.st_mode);

	return open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | (patient ? 0 : O_NONBLOCK));
}

FILE *reader_open(const char *file, enum reader_source source, struct report *report)
{
	int fd = open_without_waiting(file, source);
	FILE *opened = NULL;
	struct stat about;
	const char *why;

	if (fd < 0) {
		report_mistake(report, 0, "cannot be opened: %s", strerror(errno));
		return NULL;
	}
	why = fstat(fd, &about) < 0 ? strerror(errno) : objection(about.st_mode, source);
	if (!why && !(opened = fdopen(fd, "r"))) {
		why = strerror(errno);
	}
	if (why) {
		report_mistake(report, 0, "%s", why);
		(void)close(fd);
	}
	return opened;
}

int reader_run(FILE *file, struct report *report, const struct reader_ops *ops, void *ctx)
{
	struct reader reader = {.file = file, .report = report, .ops = ops, .ctx = ctx};
	int result;

	/* As Debian's inih has them: lines up to ours, and a value exactly as it
	 * stands, so that a description may hold a semicolon. */
	ini_max_line = READER_LINE_BYTES + 3;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	result = ini_parse_stream(next_value, &reader, on_value, &reader);
	if (result != 0) {
		report_mistake(report, result > 0 ? reader.line : 0, "cannot be understood");
	}
	if (ferror(file) || reader.too_large) {
		result = -1;
	}
	(void)fclose(file);
	return result == 0 ? 0 : -1;
}
