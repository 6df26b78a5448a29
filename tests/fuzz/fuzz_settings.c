/* gateway.ini and two files that it may include, by a gateway that starts and by one that runs.
 *
 * The input is the text of first.ini; behind a byte 29 (group separator) follows that of a.ini,
 * behind another one that of b.ini, and behind a byte 30 (record separator), of which there may be
 * more, what is set beside the files. Lines lose their slashes, so that no other file is named, but
 * for those about unix sockets. Either settings come out, or every mistake is told, each with the
 * line on which it stands. Settings that come out are printed as a file that gives the same ones
 * and is printed as the same again, and a gateway that runs by them takes the file in once more
 * without a change. */
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "scratch.h"
#include "settings/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 64 * 1024, FILES = 3, SEPARATOR = 29, RECORD_SEPARATOR = 30, OVERRIDES = 8 };

static const char *const names[FILES] = {"first.ini", "a.ini", "b.ini"};

/* What a gateway runs by that is told to read the file. */
static const char running_text[] =
	"[listen:one]\naddress = 127.0.0.1:7600\n"
	"[listen:two]\naddress = 127.0.0.1:7601\nscenario = field\n"
	"[simulator]\n[simulator:far]\naddress = 127.0.0.1:7701\n"
	"[scenario:field]\nchannel.model = ideal\n"
	"[scenario:star]\ntopology = star\nhub = base\nsimulator = far\n";
static struct settings *running;

struct text {
	const char *path;
	int lines;
};
static struct text texts[FILES];
static size_t text_count;
static const char *overrides[OVERRIDES];
static struct settings_source source = {.overrides = overrides};
static size_t mistakes;

static void must(bool ok, const char *what)
{
	if (!ok) {
		(void)fprintf(stderr, "settings: %s\n", what);
		abort();
	}
}

/* ---------------------------------------------------------------- the files */

static bool has(const char *line, size_t size, const char *word)
{
	return memmem(line, size, word, strlen(word)) != NULL;
}

static bool may_have_slashes(const char *line, size_t size)
{
	return has(line, size, "unix:") && !has(line, size, "include");
}

/* Counts the lines on the way. */
static int keep_inside(char *text, size_t size)
{
	int lines = 0;

	for (size_t at = 0, end; at < size; at = end + 1, lines++) {
		const char *newline = memchr(text + at, '\n', size - at);

		end = newline ? (size_t)(newline - text) : size;
		for (size_t i = at; !may_have_slashes(text + at, end - at) && i < end; i++) {
			if (text[i] == '/') {
				text[i] = '_';
			}
		}
	}
	return lines;
}

static void write_files(char *text, size_t size)
{
	text_count = 0;
	while (text_count < FILES) {
		char *end = text_count + 1 < FILES ? memchr(text, SEPARATOR, size) : NULL;
		size_t length = end ? (size_t)(end - text) : size;
		struct text *file = &texts[text_count];

		file->lines = keep_inside(text, length);
		file->path = scratch_write(names[text_count++], slice_of(text, length));
		if (!end) {
			break;
		}
		text = end + 1;
		size -= length + 1;
	}
	for (size_t i = text_count; i < FILES; i++) {
		(void)unlink(scratch_path(names[i]));
	}
}

/* Cuts them off the end of the text, which lives as long as they do, and ends in a NUL. Returns
 * the size of what is left. */
static size_t take_overrides(char *text, size_t size)
{
	char *at = memchr(text, RECORD_SEPARATOR, size), *end = text + size;
	size_t left = at ? (size_t)(at - text) : size;

	source.override_count = 0;
	(void)keep_inside(text + left, size - left);
	while (at && source.override_count < OVERRIDES) {
		char *next = memchr(at + 1, RECORD_SEPARATOR, (size_t)(end - at - 1));

		overrides[source.override_count++] = at + 1;
		if (next) {
			*next = '\0';
		}
		at = next;
	}
	return left;
}

/* ------------------------------------------------------------ what is said of them */

static const struct text *find_text(const char *path)
{
	for (size_t i = 0; i < text_count; i++) {
		if (strcmp(texts[i].path, path) == 0) {
			return &texts[i];
		}
	}
	return NULL;
}

/* What is missing stands on no line, be it a key that the running gateway has; what cannot be
 * opened has none. */
static bool has_no_line(const char *file, const char *message)
{
	return strncmp(message, "no [listen:", strlen("no [listen:")) == 0 ||
	       strstr(message, " with a restart") || strstr(message, " mistakes more; ") ||
	       !find_text(file);
}

static void on_mistake(void *ctx, const char *file, int line, const char *message)
{
	const struct text *text = find_text(file);

	(void)ctx;
	mistakes++;
	must(strncmp(file, scratch_folder, strlen(scratch_folder)) == 0 ||
		     (strncmp(file, "--set ", strlen("--set ")) == 0 && line == 0),
	     "another file is read");
	must(*message && utf8_is_printable(slice_str(message)), "a mistake in no plain words");
	must(line >= 0 && (!text || line <= text->lines), "a line that the file does not have");
	must(line > 0 || has_no_line(file, message), "a mistake without its line");
}

static void no_mistake(void *ctx, const char *file, int line, const char *message)
{
	(void)fprintf(stderr, "%s:%d: %s\n", file, line, message);
	must(false, ctx);
}

static void no_change(void *ctx, const char *section, const char *key, const char *before,
		      const char *after)
{
	/* what is printed has the included files within it */
	if (!ctx || !key || strcmp(key, "include") != 0) {
		(void)fprintf(stderr, "[%s] %s: %s, %s\n", section, key ? key : "",
			      before ? before : "-", after ? after : "-");
		must(false, "the settings have changed");
	}
}

static void any_change(void *ctx, const char *section, const char *key, const char *before,
		       const char *after)
{
	(void)ctx;
	must(*section && (before || after), "a change of nothing");
	must(!key || !before || !after || strcmp(before, after) != 0, "a change that is none");
}

/* ---------------------------------------------------------------------- holding to it */

static struct slice print(const struct settings *settings)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	must(out != NULL, "memory is out");
	settings_print(settings, out);
	must(fclose(out) == 0, "memory is out");
	return slice_of(text, size);
}

static void free_text(struct slice text)
{
	free((void *)(uintptr_t)text.data);
}

/* What is printed gives the same settings, and is printed as the same. */
static void print_and_read(const struct settings *settings)
{
	struct slice once = print(settings), twice;
	const char *path = scratch_write("printed.ini", once);
	struct settings *again = settings_load(path, no_mistake, (void *)"printed with a mistake");

	must(again != NULL, "what is printed cannot be read");
	settings_diff(settings, again, no_change, again);
	twice = print(again);
	must(slice_equal(once, twice), "what is printed is printed differently");
	settings_free(again);
	free_text(once);
	free_text(twice);
}

static void read_once_more(const struct settings *settings)
{
	struct settings *again = settings_load_from(&source, settings, no_mistake,
						    (void *)"a mistake the second time");

	must(again != NULL, "the same file is not taken in");
	settings_diff(settings, again, no_change, NULL);
	settings_free(again);
}

static void take_in(void)
{
	struct settings *changed;

	mistakes = 0;
	changed = settings_load_from(&source, running, on_mistake, NULL);
	must((changed != NULL) == (mistakes == 0), "refused and no word, or taken with mistakes");
	if (!changed) {
		return;
	}
	must(changed->listener_count == running->listener_count &&
		     changed->simulator_count == running->simulator_count,
	     "other sockets than there are");
	for (size_t i = 0; i < changed->listener_count; i++) {
		must(strcmp(changed->listeners[i].name, running->listeners[i].name) == 0,
		     "the listeners are out of order");
	}
	settings_diff(running, changed, any_change, NULL);
	settings_free(changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings *settings;
	char *text;

	if (size > TEXT_MAX) {
		return 0;
	}
	if (!running) {
		running = settings_load(scratch_write("printed.ini", slice_str(running_text)),
					no_mistake, (void *)"what the gateway runs by is wrong");
	}
	text = malloc(size + 1);
	must(text != NULL, "memory is out");
	memcpy(text, data, size);
	text[size] = '\0';
	write_files(text, take_overrides(text, size));
	source.file = texts[0].path;
	mistakes = 0;
	settings = settings_load_from(&source, NULL, on_mistake, NULL);
	must((settings != NULL) == (mistakes == 0), "refused and no word, or taken with mistakes");
	if (settings) {
		print_and_read(settings);
		read_once_more(settings);
	}
	/* what is wrong at a start is wrong later, too: that need not be seen each time */
	if (settings || size % 4 == 0) {
		take_in();
	}
	settings_free(settings);
	free(text);
	return 0;
}
