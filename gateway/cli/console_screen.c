#include "cli/console_screen.h"

#include "base/utf8.h"
#include "cli/console_history.h"
#include "cli/console_rows.h"
#include "cli/escape.h"
#include "cli/terminal_modes.h"
#include "cli/terminal_size.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

#include <histedit.h>

enum {
	LINE_MAX_CHARACTERS = 4096,
	PROMPT_BYTES = 128,
	LISTED_MAX = 100, /* candidates */
};

struct console_screen {
	struct console_screen_calls calls;
	EditLine *el;
	History *history;
	const char *history_path;
	int history_before; /* the newest line when it was opened */
	char prompt[PROMPT_BYTES];
	bool editing;	      /* the line is the terminal's: within el_gets */
	bool hidden;	      /* but is not shown now */
	enum console_key key; /* why the line ended */
	struct terminal_size size;
	uint8_t keys[256]; /* read, and not taken yet: [first, last) */
	size_t first, last;
};

/* ---------------------------------------------------------------- the line */

static struct console_spot cursor_spot(const struct console_screen *screen, size_t columns)
{
	const LineInfoW *line = el_wline(screen->el);
	struct console_spot spot = {0};
	wchar_t prompt[PROMPT_BYTES];
	size_t count = mbstowcs(prompt, screen->prompt, PROMPT_BYTES);

	console_rows_walk(&spot, prompt, count == (size_t)-1 ? 0 : count, columns);
	console_rows_walk(&spot, line->buffer, (size_t)(line->cursor - line->buffer), columns);
	if (line->cursor < line->lastchar) {
		console_rows_stand(&spot, *line->cursor, columns);
	}
	return spot;
}

/* From the cursor's row up to that of the prompt, and all from there on is empty. */
static void erase_rows(size_t row)
{
	if (row) {
		(void)printf("\x1b[%zuA", row);
	}
	(void)fputs("\r\x1b[J", stdout);
}

void console_screen_hide(struct console_screen *screen)
{
	size_t row;

	if (!screen || !screen->editing || screen->hidden) {
		return;
	}
	row = cursor_spot(screen, screen->size.columns).row;
	/* of a line that is longer than the screen the end is shown */
	erase_rows(row < screen->size.rows ? row : screen->size.rows - 1);
	screen->hidden = true;
}

void console_screen_show(struct console_screen *screen)
{
	if (!screen) {
		return;
	}
	if (screen->editing && screen->hidden) {
		erase_rows(0);
		(void)el_set(screen->el, EL_REFRESH);
		screen->hidden = false;
	}
	(void)fflush(stdout);
}

void console_screen_prompt(struct console_screen *screen, const char *prompt)
{
	if (screen && strcmp(screen->prompt, prompt) != 0) {
		console_screen_hide(screen);
		(void)snprintf(screen->prompt, sizeof(screen->prompt), "%s", prompt);
	}
}

static char *give_prompt(EditLine *el)
{
	struct console_screen *screen = NULL;

	(void)el_get(el, EL_CLIENTDATA, &screen);
	return screen->prompt;
}

/* Terminals differ in whether they wrap a line anew that has been too long, or is so no more.
 * Going up too far would wipe out what stands above; not far enough leaves a piece of the old line
 * there. */
void console_screen_resized(struct console_screen *screen)
{
	if (screen->editing && !screen->hidden) {
		size_t before = cursor_spot(screen, screen->size.columns).row, now;

		screen->size = terminal_size_of(STDIN_FILENO);
		now = cursor_spot(screen, screen->size.columns).row;
		erase_rows(before < now ? before : now);
		screen->hidden = true;
	}
	screen->size = terminal_size_of(STDIN_FILENO);
	el_resize(screen->el);
}

void console_screen_suspend(struct console_screen *screen)
{
	console_screen_hide(screen);
	(void)fflush(stdout);
	(void)el_set(screen->el, EL_PREP_TERM, 0);
	terminal_modes_stop();
	console_screen_continued(screen);
}

void console_screen_continued(struct console_screen *screen)
{
	/* whoever had the terminal meanwhile has left it in his own way */
	(void)el_set(screen->el, EL_PREP_TERM, 0);
	(void)el_set(screen->el, EL_PREP_TERM, 1);
	console_screen_resized(screen);
	screen->hidden = screen->editing;
}

/* --------------------------------------------------------------------- keys */

/* The bytes of the character that begins with this one. */
static size_t sequence_size(uint8_t first)
{
	if (first < 0x80) {
		return 1;
	}
	if (first < 0xe0) {
		return 2;
	}
	return first < 0xf0 ? 3 : 4;
}

/* A character of what was read; false: more is needed. What is no UTF-8 is passed over. */
static bool take_key(struct console_screen *screen, uint32_t *code)
{
	while (screen->first < screen->last) {
		struct slice rest =
			slice_of(screen->keys + screen->first, screen->last - screen->first);
		size_t size = utf8_next(rest, code);

		if (size == 0 && rest.size < sequence_size(rest.data[0])) {
			return false;
		}
		screen->first += size ? size : 1;
		if (size && (*code < 0x80 || (MB_CUR_MAX > 1 && !utf8_is_control(*code)))) {
			return true;
		}
	}
	return false;
}

/* 1; 0: the terminal is gone. */
static int read_keys(struct console_screen *screen)
{
	ssize_t got;

	memmove(screen->keys, screen->keys + screen->first, screen->last - screen->first);
	screen->last -= screen->first;
	screen->first = 0;
	got = read(STDIN_FILENO, screen->keys + screen->last, sizeof(screen->keys) - screen->last);
	if (got > 0) {
		screen->last += (size_t)got;
	}
	return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

/* A line that somebody pastes has no end to its length. */
static bool is_full(const struct console_screen *screen, uint32_t code)
{
	const LineInfoW *line = el_wline(screen->el);

	return code >= 0x20 && code != 0x7f && line->lastchar - line->buffer >= LINE_MAX_CHARACTERS;
}

/* libedit takes a character without a column of its own, at the end of the line, for one that
 * has a column, until it draws the whole line. */
static void give_key(struct console_screen *screen, wchar_t key)
{
	if (console_rows_is_mark(key)) {
		console_screen_hide(screen);
	}
}

/* For libedit: 1 and a character, 0 at the end, -1 when the line is over. */
static int next_key(EditLine *el, wchar_t *key)
{
	struct console_screen *screen = NULL;
	uint32_t code = 0;

	(void)el_get(el, EL_CLIENTDATA, &screen);
	screen->editing = true;
	if (screen->hidden) {
		console_screen_show(screen);
	}
	for (;;) {
		while (take_key(screen, &code)) {
			if (!is_full(screen, code)) {
				*key = (wchar_t)code;
				give_key(screen, *key);
				return 1;
			}
			el_beep(el);
		}
		console_screen_show(screen);
		screen->key = screen->calls.wait(screen->calls.ctx);
		if (screen->key != CONSOLE_KEY_READY) {
			console_screen_hide(screen);
			return -1;
		}
		if (!read_keys(screen)) {
			return 0;
		}
		console_screen_show(screen);
	}
}

enum console_line console_screen_line(struct console_screen *screen, struct slice *line)
{
	int size = 0;
	const char *text;

	screen->key = CONSOLE_KEY_READY;
	screen->hidden = false;
	text = el_gets(screen->el, &size);
	screen->editing = false;
	if (text && size > 0) {
		*line = slice_of(text, (size_t)size - (text[size - 1] == '\n'));
		return CONSOLE_LINE;
	}
	if (screen->key == CONSOLE_KEY_CLEAR) {
		return CONSOLE_LINE_CLEARED;
	}
	if (!screen->hidden) {
		(void)fputc('\n', stdout);
	}
	return CONSOLE_LINE_END;
}

void console_screen_remember(struct console_screen *screen, struct slice line)
{
	char text[4 * LINE_MAX_CHARACTERS + 1];
	HistEvent event;

	if (screen && screen->history && line.size < sizeof(text)) {
		(void)snprintf(text, sizeof(text), "%.*s", SLICE_ARG(line));
		(void)history(screen->history, &event, H_ENTER, text);
	}
}

/* --------------------------------------------------------------- completion */

static size_t columns_of(const char *text)
{
	wchar_t wide[CONSOLE_NAME_BYTES];
	size_t count = mbstowcs(wide, text, CONSOLE_NAME_BYTES);
	struct console_spot spot = {0};

	if (count == (size_t)-1) {
		return strlen(text);
	}
	console_rows_walk(&spot, wide, count, SIZE_MAX);
	return spot.column;
}

static void list_candidates(struct console_screen *screen,
			    const struct console_candidates *candidates)
{
	size_t widest = 0, column = 0;
	size_t count = candidates->count < LISTED_MAX ? candidates->count : LISTED_MAX;
	size_t more = candidates->count - count + candidates->left_out;

	for (size_t i = 0; i < count; i++) {
		size_t columns = columns_of(candidates->list[i]);

		widest = columns > widest ? columns : widest;
	}
	console_screen_hide(screen);
	for (size_t i = 0; i < count; i++) {
		bool last = i + 1 == count || column + 2 * (widest + 2) > screen->size.columns;

		(void)escape_print(stdout, slice_str(candidates->list[i]));
		column += widest + 2;
		(void)printf("%*s", last ? 0 : (int)(widest + 2 - columns_of(candidates->list[i])),
			     "");
		if (last) {
			(void)fputc('\n', stdout);
			column = 0;
		}
	}
	if (more) {
		(void)printf("... and %zu more\n", more);
	}
	console_screen_show(screen);
}

/* The word becomes this; *sole: there is no other candidate, so that it is whole. */
static void replace_word(EditLine *el, const struct console_word *word, struct slice text,
			 bool sole)
{
	char whole[CONSOLE_NAME_BYTES + 2];
	size_t typed = 0;

	(void)utf8_count(word->typed, &typed);
	(void)snprintf(whole, sizeof(whole), "%.*s%s", SLICE_ARG(text),
		       !sole	       ? ""
		       : word->classic ? (word->last ? "" : "|")
				       : " ");
	el_deletestr(el, (int)typed);
	(void)el_insertstr(el, whole);
}

static unsigned char complete_word(EditLine *el, const char *text, size_t size,
				   struct console_screen *screen)
{
	struct console_candidates candidates = {0};
	struct console_word word;
	struct slice common;
	unsigned char result = CC_REFRESH;

	console_command_word(slice_of(text, size), &word);
	screen->calls.complete(screen->calls.ctx, &word, &candidates);
	common = console_candidates_common(&candidates);
	if (candidates.count == 0) {
		result = CC_REFRESH_BEEP;
	} else if (candidates.count == 1 || common.size > word.typed.size) {
		replace_word(el, &word, common, candidates.count == 1);
	} else {
		list_candidates(screen, &candidates);
		result = CC_NORM;
	}
	console_candidates_fini(&candidates);
	return result;
}

static unsigned char on_tab(EditLine *el, int key)
{
	struct console_screen *screen = NULL;
	const LineInfo *line = el_line(el);
	size_t size = (size_t)(line->cursor - line->buffer);
	/* libedit's copy does not outlive a change of the line */
	char *text = malloc(size + 1);
	unsigned char result;

	(void)key;
	(void)el_get(el, EL_CLIENTDATA, &screen);
	if (!text) {
		return CC_ERROR;
	}
	memcpy(text, line->buffer, size);
	result = complete_word(el, text, size, screen);
	free(text);
	return result;
}

/* --------------------------------------------------------------------- open */

bool console_screen_possible(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && term && *term &&
	       strcmp(term, "dumb") != 0;
}

/* What people type is UTF-8, here and everywhere in the protocol. */
static void choose_characters(void)
{
	if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	}
}

static void bind_keys(EditLine *el)
{
	static const char *const keys[][2] = {
		{"^I", "console-complete"},    {"^R", "em-inc-search-prev"},
		{"^W", "ed-delete-prev-word"}, {"\\e[3~", "ed-delete-next-char"},
		{"\\e[1~", "ed-move-to-beg"},  {"\\e[4~", "ed-move-to-end"},
		{"\\e[H", "ed-move-to-beg"},   {"\\e[F", "ed-move-to-end"},
		{"\\eOH", "ed-move-to-beg"},   {"\\eOF", "ed-move-to-end"},
		{"\\e[1;5C", "em-next-word"},  {"\\e[1;5D", "ed-prev-word"},
	};

	/* el_set copies the names, for good */
	(void)el_wset(el, EL_ADDFN, L"console-complete", L"completes a word", on_tab);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		(void)el_set(el, EL_BIND, keys[i][0], keys[i][1], NULL);
	}
}

static void set_up(struct console_screen *screen)
{
	EditLine *el = screen->el;

	(void)el_set(el, EL_CLIENTDATA, screen);
	(void)el_set(el, EL_EDITOR, "emacs");
	(void)el_set(el, EL_SIGNAL, 0);
	(void)el_set(el, EL_GETCFN, next_key);
	(void)el_set(el, EL_PROMPT, give_prompt);
	/* between two lines nothing is echoed that would be shown once more, nor is Ctrl-D taken
	 * for an end that nobody would see */
	(void)el_set(el, EL_SETTY, "-x", "-echo", "-icanon", NULL);
	bind_keys(el);
	if (screen->history) {
		(void)el_set(el, EL_HIST, history, screen->history);
	}
}

struct console_screen *console_screen_open(const struct console_screen_calls *calls,
					   const char *history)
{
	struct console_screen *screen = calloc(1, sizeof(*screen));

	if (!screen) {
		return NULL;
	}
	choose_characters();
	screen->calls = *calls;
	screen->history_path = history;
	screen->size = terminal_size_of(STDIN_FILENO);
	terminal_modes_keep();
	screen->history = console_history_open(history);
	screen->el = el_init("uav-drone", stdin, stdout, stderr);
	if (!screen->el || !screen->history) {
		(void)console_screen_close(screen);
		return NULL;
	}
	screen->history_before = console_history_newest(screen->history);
	set_up(screen);
	return screen;
}

int console_screen_close(struct console_screen *screen)
{
	int error;

	if (!screen) {
		return 0;
	}
	if (screen->el) {
		el_end(screen->el);
	}
	terminal_modes_restore();
	error = console_history_close(screen->history, screen->history_before,
				      screen->history_path);
	free(screen);
	return error;
}
