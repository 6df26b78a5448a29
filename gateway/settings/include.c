/* The first file, then what it includes, then what that includes. */
#include "settings/draft.h"

#include "base/array.h"
#include "settings/path.h"
#include "settings/value.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
	INCLUDE_DEPTH = 8,
	SOURCES_MAX = 1024,
};

static const struct reader_ops reader_ops = {
	.section = draft_take_section,
	.value = draft_take_value,
};

static void read_source(struct draft *draft, const char *path, const struct wish *wish,
			size_t depth);

/* ---------------------------------------------------------------- one file */

/* Notes what is read, so that nothing is read twice. */
static int add_source(struct draft *draft, const char *path, struct place place,
		      const struct stat *about)
{
	void *sources = draft->sources;
	struct source_file *source;

	if (array_grow(&sources, draft->source_count, sizeof(*source)) < 0) {
		draft_give_up(draft, place);
		return -1;
	}
	draft->sources = sources;
	source = &draft->sources[draft->source_count];
	source->path = strdup(path);
	if (!source->path) {
		draft_give_up(draft, place);
		return -1;
	}
	source->device = about->st_dev;
	source->inode = about->st_ino;
	source->open = true;
	source->place = place;
	draft->source_count++;
	return 0;
}

static const struct source_file *find_source(const struct draft *draft, const struct stat *about)
{
	for (size_t i = 0; i < draft->source_count; i++) {
		const struct source_file *source = &draft->sources[i];

		if (source->device == about->st_dev && source->inode == about->st_ino) {
			return source;
		}
	}
	return NULL;
}

/* Whether a file that is included may be read; else why not is told. */
static bool may_include(struct draft *draft, const char *path, const struct wish *wish,
			const struct stat *about, size_t depth)
{
	const struct source_file *known = find_source(draft, about);
	struct report *report = &draft->report;

	if (known && known->open) {
		report_mistake_at(report, wish->place, "include = %s: %s would include itself",
				  quote(wish->pattern).text, known->path);
	} else if (known) {
		report_mistake_at(report, wish->place, "include = %s: %s is included already, %s",
				  quote(wish->pattern).text, path,
				  place_from(wish->place.file, known->place).text);
	} else if (depth > INCLUDE_DEPTH) {
		report_mistake_at(report, wish->place,
				  "include = %s: files include each other more than %d deep",
				  quote(wish->pattern).text, INCLUDE_DEPTH);
		draft->incomplete = true;
	} else if (draft->source_count == SOURCES_MAX) {
		report_mistake_at(report, wish->place, "include = %s: more than %d files",
				  quote(wish->pattern).text, SOURCES_MAX);
		draft->incomplete = true;
	} else {
		return true;
	}
	return false;
}

/* ---------------------------------------------------------------- patterns */

/* The folder of `file`, with its slash, and `pattern` behind it. NULL when memory is
 * out. What would be a sign of a pattern in the folder's name is escaped. */
static char *beside(const char *file, const char *pattern, bool escape)
{
	size_t folder = path_folder(file, pattern);
	char *path = malloc(2 * folder + strlen(pattern) + 1);
	size_t at = 0;

	if (!path) {
		return NULL;
	}
	for (size_t i = 0; i < folder; i++) {
		if (escape && strchr("*?[]\\", file[i])) {
			path[at++] = '\\';
		}
		path[at++] = file[i];
	}
	memcpy(path + at, pattern, strlen(pattern) + 1);
	return path;
}

/* Whether the folder in front of the first sign of a pattern is there; else that is told. */
static bool has_folder(struct draft *draft, const struct wish *wish)
{
	size_t size = strcspn(wish->pattern, "*?[\\");
	char *folder, *path;
	struct stat about;
	bool found;

	while (size && wish->pattern[size - 1] != '/') {
		size--;
	}
	folder = strndup(wish->pattern, size);
	path = folder ? beside(wish->place.file, folder, false) : NULL;
	if (!path) {
		draft_give_up(draft, wish->place);
	}
	/* whether it may be read is for glob to say */
	found = path &&
		(size == 0 || stat(path, &about) == 0 || (errno != ENOENT && errno != ENOTDIR));
	if (path && !found) {
		report_mistake_at(&draft->report, wish->place,
				  "include = %s: there is no folder %s", quote(wish->pattern).text,
				  path);
		draft->incomplete = true;
	}
	free(folder);
	free(path);
	return found;
}

/* For glob: a folder that is not there has no matches; one that may not be read is an
 * error. */
static int on_glob_error(const char *path, int error)
{
	(void)path;
	errno = error;
	return error != ENOENT && error != ENOTDIR;
}

static void read_matches(struct draft *draft, const char *path, const struct wish *wish,
			 size_t depth)
{
	glob_t found = {0};
	int result = glob(path, 0, on_glob_error, &found);

	if (result == GLOB_NOSPACE) {
		draft_give_up(draft, wish->place);
	} else if (result == GLOB_ABORTED) {
		report_mistake_at(&draft->report, wish->place, "include = %s: cannot be read: %s",
				  quote(wish->pattern).text, strerror(errno));
		draft->incomplete = true;
	} else if (result == GLOB_NOMATCH && *value_comment_hint(wish->pattern)) {
		report_mistake_at(&draft->report, wish->place, "include = %s: matches nothing%s",
				  quote(wish->pattern).text, value_comment_hint(wish->pattern));
		draft->incomplete = true;
	}
	for (size_t i = 0; result == 0 && i < found.gl_pathc; i++) {
		read_source(draft, found.gl_pathv[i], wish, depth);
	}
	globfree(&found);
}

static void read_wish(struct draft *draft, const struct wish *wish, size_t depth)
{
	bool many = wish->pattern && wish->pattern[strcspn(wish->pattern, "*?[")] != '\0';
	char *path = wish->pattern ? beside(wish->place.file, wish->pattern, many) : NULL;

	if (!path) {
		draft_give_up(draft, wish->place);
	} else if (many && has_folder(draft, wish)) {
		read_matches(draft, path, wish, depth);
	} else if (!many) {
		read_source(draft, path, wish, depth);
	}
	free(path);
}

/* ------------------------------------------------------------------- order */

static enum reader_source kind_of(const struct draft *draft, size_t index)
{
	if (index > 0) {
		return READER_INCLUDED;
	}
	return draft->again ? READER_AGAIN : READER_FIRST;
}

/* Reads the source that was added last, then what it includes. */
static void read_added(struct draft *draft, size_t depth)
{
	size_t index = draft->source_count - 1, first = draft->wish_count, last;
	const char *before = draft->report.file;
	FILE *file;

	draft->report.file = draft->sources[index].path;
	draft->any_section = false;
	draft->in_part = false;
	file = reader_open(draft->report.file, kind_of(draft, index), &draft->report);
	if (!file) {
		draft->incomplete = true;
	} else if (reader_run(file, &draft->report, &reader_ops, draft) < 0) {
		draft->broken = true;
	}
	last = draft->wish_count;
	for (size_t i = first; i < last; i++) {
		struct wish wish = draft->wishes[i]; /* the array may grow */

		read_wish(draft, &wish, depth + 1);
	}
	draft->sources[index].open = false;
	draft->report.file = before;
}

static void read_source(struct draft *draft, const char *path, const struct wish *wish,
			size_t depth)
{
	struct stat about;

	if (stat(path, &about) < 0) {
		report_mistake_at(&draft->report, wish->place, "include = %s: %s: %s%s",
				  quote(wish->pattern).text, path, strerror(errno),
				  value_comment_hint(wish->pattern));
		draft->incomplete = true;
	} else if (may_include(draft, path, wish, &about, depth) &&
		   add_source(draft, path, wish->place, &about) == 0) {
		read_added(draft, depth);
	}
}

void draft_read(struct draft *draft, const char *file)
{
	struct place place = {.file = file};
	struct stat about = {0}; /* where there is none, opening tells */

	(void)stat(file, &about);
	if (add_source(draft, file, place, &about) == 0) {
		read_added(draft, 0);
		draft->report.file = draft->sources[0].path;
	}
}
