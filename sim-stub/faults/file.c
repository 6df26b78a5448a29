#include "faults/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "faults/parse.h"
#include "identity.h"

enum { ROOM_FIRST = 16 };

/* A file being read. */
struct file {
	FILE *stream;
	const char *path;
	unsigned line;
	size_t bytes; /* read so far */
	bool wrong, out_of_memory;
	struct fault_list *list;
	size_t cap; /* of the list */
};

static void tell(struct file *file, const char *why)
{
	fprintf(stderr, "%s: %s:%u: %s\n", this_simulator.name, file->path, file->line, why);
	file->wrong = true;
}

/* Room for one more at the end of the list. */
static struct fault *claim(struct file *file)
{
	struct fault_list *list = file->list;
	struct fault *at;
	size_t cap = file->cap ? 2 * file->cap : ROOM_FIRST;

	if (list->count < file->cap) {
		return &list->at[list->count];
	}
	at = reallocarray(list->at, cap, sizeof(*at));
	if (!at) {
		tell(file, "out of memory");
		file->out_of_memory = true;
		return NULL;
	}
	list->at = at;
	file->cap = cap;
	return &list->at[list->count];
}

static void read_text(struct file *file, struct slice text)
{
	struct fault *fault = claim(file);
	char why[PARSE_WHY_CAP];

	if (!fault) {
		return;
	}
	switch (parse_line(text, fault, why)) {
	case PARSE_NOTHING:
		break;
	case PARSE_WRONG:
		tell(file, why);
		break;
	case PARSE_FAULT:
		if (file->list->count == FAULTS_MAX) {
			tell(file, "more than 1000 faults");
			break;
		}
		fault->line = file->line;
		file->list->count++;
		break;
	}
}

/* One line into `text`, without its end, or the beginning of one with which the file is too long.
 * False at the end of the file. A byte of 0 stays, and is no blank. */
static bool read_line(struct file *file, char *text, size_t *size)
{
	int next = getc(file->stream);

	*size = 0;
	if (next == EOF) {
		return false;
	}
	while (next != EOF && next != '\n' && file->bytes + *size <= FAULT_FILE_MAX) {
		if (*size < FAULT_LINE_MAX) {
			text[*size] = (char)next;
		}
		++*size;
		next = getc(file->stream);
	}
	file->line++;
	file->bytes += *size + 1;
	return true;
}

static void read_lines(struct file *file)
{
	char text[FAULT_LINE_MAX];
	size_t size;

	while (!file->out_of_memory && read_line(file, text, &size)) {
		size -= size > 0 && size <= FAULT_LINE_MAX && text[size - 1] == '\r';
		if (file->bytes > FAULT_FILE_MAX) {
			tell(file, "the file has more than 1 MiB");
			return;
		}
		if (size > FAULT_LINE_MAX) {
			tell(file, "the line is too long; allowed: 1000 bytes");
			continue;
		}
		read_text(file, slice_of(text, size));
	}
}

int fault_file_read(const char *path, struct fault_list *list)
{
	struct file file = {.path = path, .list = list};

	*list = (struct fault_list){0};
	errno = 0;
	file.stream = fopen(path, "re");
	if (file.stream) {
		read_lines(&file);
	}
	if (!file.stream || ferror(file.stream)) {
		fprintf(stderr, "%s: %s: %s\n", this_simulator.name, path, strerror(errno));
		file.wrong = true;
	}
	if (file.stream) {
		(void)fclose(file.stream);
	}
	if (file.wrong) {
		fault_list_fini(list);
		return -1;
	}
	return 0;
}

void fault_list_fini(struct fault_list *list)
{
	free(list->at);
	*list = (struct fault_list){0};
}
