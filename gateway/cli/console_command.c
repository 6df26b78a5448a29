#include "cli/console_command.h"

#include "base/name_escape.h"
#include "cli/value.h"

#include <stdio.h>
#include <strings.h>

/* What stands behind a command's word. */
enum form {
	FORM_ALONE,
	FORM_MAYBE_NAME, /* none, or one word */
	FORM_NAME,	 /* the rest */
	FORM_NAME_TEXT,	 /* a word, and the rest */
	FORM_TEXT,
	FORM_NUMBERS,
};

static const struct row {
	const char *word;
	enum console_verb verb;
	enum form form;
	enum console_wanted wanted; /* by its name */
	const char *usage, *what;
} rows[] = {
	{"who", CONSOLE_WHO, FORM_MAYBE_NAME, CONSOLE_WANTED_SCENARIO, "who [SCENARIO]",
	 "who is online, or in that scenario"},
	{"scenarios", CONSOLE_SCENARIOS, FORM_ALONE, CONSOLE_WANTED_NOTHING, "scenarios",
	 "the scenarios, and why one is not available"},
	{"scenario", CONSOLE_SCENARIO, FORM_NAME, CONSOLE_WANTED_SCENARIO, "scenario NAME",
	 "join it and leave the present one; scenario \"\" leaves"},
	{"rename", CONSOLE_RENAME, FORM_NAME, CONSOLE_WANTED_NOTHING, "rename NAME",
	 "your name for people; rename \"\" takes it back"},
	{"to", CONSOLE_TO, FORM_NAME_TEXT, CONSOLE_WANTED_DRONE, "to NAME TEXT",
	 "send to one drone, by its id or its name"},
	{"all", CONSOLE_ALL, FORM_TEXT, CONSOLE_WANTED_NOTHING, "all TEXT",
	 "send to everyone in the scenario"},
	{"group", CONSOLE_GROUP, FORM_NAME_TEXT, CONSOLE_WANTED_GROUP, "group NAME TEXT",
	 "send to a group"},
	{"join", CONSOLE_JOIN, FORM_NAME, CONSOLE_WANTED_GROUP, "join GROUP", "be in a group"},
	{"leave", CONSOLE_LEAVE, FORM_NAME, CONSOLE_WANTED_GROUP, "leave GROUP",
	 "be in it no more"},
	{"move", CONSOLE_MOVE, FORM_NUMBERS, CONSOLE_WANTED_NOTHING,
	 "move EAST NORTH UP, or move geo LATITUDE LONGITUDE ALTITUDE",
	 "where you are: metres from the scenario's origin, or degrees and metres"},
	{"send-file", CONSOLE_SEND_FILE, FORM_NAME_TEXT, CONSOLE_WANTED_DRONE,
	 "send-file NAME PATH", "send a file to one drone, in pieces"},
	{"ping", CONSOLE_PING, FORM_ALONE, CONSOLE_WANTED_NOTHING, "ping",
	 "whether the gateway answers"},
	{"help", CONSOLE_HELP, FORM_ALONE, CONSOLE_WANTED_NOTHING, "help", "these lines"},
	{"quit", CONSOLE_QUIT, FORM_ALONE, CONSOLE_WANTED_NOTHING, "quit", "leave"},
};

enum { ROWS = sizeof(rows) / sizeof(*rows) };

bool console_command_help(size_t number, const char **usage, const char **what)
{
	if (number < ROWS) {
		*usage = rows[number].usage;
		*what = rows[number].what;
	}
	return number < ROWS;
}

const char *console_command_name(size_t number)
{
	return number < ROWS ? rows[number].word : NULL;
}

/* ------------------------------------------------------------------- pieces */

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static struct slice behind(struct slice text, size_t size)
{
	return slice_of(text.data + size, text.size - size);
}

static struct slice skip_blanks(struct slice text)
{
	while (text.size && is_blank(text.data[0])) {
		text = behind(text, 1);
	}
	return text;
}

/* Bytes before the first blank, or before the first bar where blanks do not part. */
static size_t word_size(struct slice text, bool bar)
{
	size_t size = 0;

	while (size < text.size && !is_blank(text.data[size])) {
		size++;
	}
	return bar ? name_escape_part(text) : size;
}

static const struct row *find_row(struct slice word)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (slice_equal(word, slice_str(rows[i].word))) {
			return &rows[i];
		}
	}
	return NULL;
}

/* The command that the line begins with, and what stands behind it, or NULL: it is text. */
static const struct row *begin(struct slice line, struct slice *rest, bool *classic)
{
	size_t bar = word_size(line, true);
	const struct row *row =
		bar < line.size ? find_row(slice_trim(slice_of(line.data, bar))) : NULL;
	size_t blank;

	*classic = row != NULL;
	if (row) {
		*rest = behind(line, bar + 1);
		return row;
	}
	line = skip_blanks(line);
	blank = word_size(line, false);
	*rest = behind(line, blank);
	return find_row(slice_of(line.data, blank));
}

/* ----------------------------------------------------------------- mistakes */

static void wrong(struct console_command *command, const char *what)
{
	command->verb = CONSOLE_WRONG;
	(void)snprintf(command->why, sizeof(command->why), "%s", what);
}

/* Somebody may have said it, and meant no command. */
static void wrong_form(struct console_command *command, const struct row *row, struct slice said)
{
	size_t size = sizeof(command->why);

	command->verb = CONSOLE_WRONG;
	if (row->verb == CONSOLE_ALL) {
		(void)snprintf(command->why, size, "it is written: %s", row->usage);
		return;
	}
	(void)snprintf(command->why, size,
		       "not sent; it is written: %s (and to say it to everyone: all %.*s ...)",
		       row->usage, SLICE_ARG(said));
}

static bool equal_but_for_case(struct slice a, const char *b)
{
	return a.size == strlen(b) && strncasecmp((const char *)a.data, b, a.size) == 0;
}

/* What other programs have as commands: a / in front, or a word for the end; and a word alone that
 * is a command but for its letters' case. NULL: the line is text. Words that are only near a
 * command are: people say hello. */
static const struct row *mistaken_for(struct slice line, struct slice *word)
{
	static const char *const ends[] = {"exit", "logout", ":q"};
	struct slice all = slice_trim(line), name;

	*word = name = slice_of(all.data, word_size(all, false));
	if (word->data[0] == '/') {
		name = behind(name, 1);
	} else if (word->size < all.size) {
		return NULL;
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		if (equal_but_for_case(name, ends[i])) {
			return find_row(slice_str("quit"));
		}
	}
	for (size_t i = 0; i < ROWS; i++) {
		if (equal_but_for_case(name, rows[i].word)) {
			return &rows[i];
		}
	}
	return NULL;
}

/* -------------------------------------------------------------------- names */

/* Of "..." with \" and \\ in it. The bytes that it takes in the line, 0 when it does not end or is
 * too long. */
static size_t take_quoted(struct slice text, struct console_command *command)
{
	size_t size = 0, i = 1;

	for (; i < text.size && text.data[i] != '"'; i++) {
		if (text.data[i] == '\\' && i + 1 < text.size) {
			i++;
		}
		if (size == sizeof(command->name_room)) {
			return 0;
		}
		command->name_room[size++] = (char)text.data[i];
	}
	command->name = slice_of(command->name_room, size);
	return i < text.size ? i + 1 : 0;
}

/* Between bars, as the text protocol has it. -1: it is too long. */
static int take_escaped(struct slice part, struct console_command *command)
{
	struct slice name = name_escape_trim(part);

	command->name = name;
	if (name.size && memchr(name.data, '\\', name.size)) {
		if (name.size > sizeof(command->name_room)) {
			return -1;
		}
		command->name =
			slice_of(command->name_room, name_escape_undo(name, command->name_room));
	}
	return 0;
}

/* The name at the front of `text`; what stands behind it in *rest. -1: there is none. */
static int take_name(struct slice text, bool classic, struct console_command *command,
		     struct slice *rest)
{
	size_t size;

	if (!classic) {
		text = skip_blanks(text);
	}
	if (!classic && text.size && text.data[0] == '"') {
		size = take_quoted(text, command);
		*rest = behind(text, size);
		return size ? 0 : -1;
	}
	size = word_size(text, classic);
	command->name = slice_of(text.data, size);
	*rest = behind(text, size + (classic && size < text.size));
	if (classic && take_escaped(command->name, command) < 0) {
		return -1;
	}
	return command->name.size ? 0 : -1;
}

/* A name that is all the rest, and may have blanks in it. */
static int take_last_name(struct slice text, bool classic, struct console_command *command)
{
	struct slice rest;

	if (classic) {
		return take_escaped(text, command);
	}
	text = slice_trim(text);
	if (text.size && text.data[0] == '"') {
		return take_name(text, false, command, &rest) < 0 || rest.size ? -1 : 0;
	}
	command->name = text;
	return text.size ? 0 : -1;
}

/* --------------------------------------------------------------------- forms */

static int parse_name_text(struct slice text, bool classic, struct console_command *command)
{
	struct slice rest;

	if (take_name(text, classic, command, &rest) < 0 || command->name.size == 0) {
		return -1;
	}
	command->text = classic ? rest : skip_blanks(rest);
	return command->text.size ? 0 : -1;
}

static int parse_maybe_name(struct slice text, bool classic, struct console_command *command)
{
	struct slice rest;

	if (!classic) {
		text = slice_trim(text);
	}
	if (slice_trim(text).size == 0) {
		return 0;
	}
	return take_name(text, classic, command, &rest) < 0 || rest.size ? -1 : 0;
}

/* What was typed, and what it must be. */
static void wrong_numbers(struct console_command *command, struct slice typed, const char *why)
{
	typed = utf8_cut(typed, CONSOLE_NAME_BYTES);
	command->verb = CONSOLE_WRONG;
	(void)snprintf(command->why, sizeof(command->why), "move %.*s: %s", SLICE_ARG(typed), why);
}

/* Three numbers, parted by blanks, commas or bars. */
static int parse_numbers(struct slice text, struct console_command *command)
{
	const char *why = "must be three numbers";
	double value[3] = {0};
	struct slice typed;
	char numbers[128];
	bool geodetic;
	size_t size = 0;

	text = typed = slice_trim(text);
	geodetic = text.size > 3 && memcmp(text.data, "geo", 3) == 0 &&
		   (is_blank(text.data[3]) || text.data[3] == '|');
	text = geodetic ? slice_trim(behind(text, 4)) : text;
	for (size_t i = 0; i < text.size && size + 1 < sizeof(numbers); i++) {
		bool parts = is_blank(text.data[i]) || text.data[i] == ',' || text.data[i] == '|';

		if (!parts) {
			numbers[size++] = (char)text.data[i];
		} else if (size && numbers[size - 1] != ',') {
			numbers[size++] = ',';
		}
	}
	numbers[size] = '\0';
	if (size == 0) {
		return -1;
	}
	if (value_three(numbers, value)) {
		why = geodetic ? value_geodetic(value, &command->position)
			       : value_local(value, &command->position);
	}
	if (why) {
		wrong_numbers(command, typed, why);
	}
	return 0;
}

static int parse_form(const struct row *row, struct slice rest, bool classic,
		      struct console_command *command)
{
	switch (row->form) {
	case FORM_ALONE:
		return slice_trim(rest).size ? -1 : 0;
	case FORM_MAYBE_NAME:
		return parse_maybe_name(rest, classic, command);
	case FORM_NAME:
		return take_last_name(rest, classic, command);
	case FORM_NAME_TEXT:
		return parse_name_text(rest, classic, command);
	case FORM_TEXT:
		command->text = classic ? rest : skip_blanks(rest);
		return command->text.size ? 0 : -1;
	case FORM_NUMBERS:
		break;
	}
	return parse_numbers(rest, command);
}

/* What the text protocol has and the console does by itself: nothing of it may go to everyone. */
static bool shows_who_it_is(struct slice line)
{
	struct slice word = slice_trim(slice_of(line.data, word_size(line, true)));

	return word.size < line.size &&
	       (slice_equal(word, slice_str("register")) || slice_equal(word, slice_str("proof")));
}

void console_command_parse(struct slice line, struct console_command *command)
{
	const struct row *row;
	struct slice rest, said;
	bool classic;

	*command = (struct console_command){.verb = CONSOLE_NOTHING};
	if (slice_trim(line).size == 0) {
		return;
	}
	if (memchr(line.data, '\0', line.size) || !utf8_count(line, NULL)) {
		wrong(command, "not sent: the line is not UTF-8, or has a NUL in it");
		return;
	}
	if (shows_who_it_is(line)) {
		wrong(command, "not sent: the console has registered by itself when it started");
		return;
	}
	row = begin(line, &rest, &classic);
	if (!row) {
		row = mistaken_for(line, &said);
		if (row) {
			wrong_form(command, row, said);
			return;
		}
		command->verb = CONSOLE_ALL;
		command->text = line;
		return;
	}
	command->verb = row->verb;
	if (parse_form(row, rest, classic, command) < 0) {
		wrong_form(command, row, slice_str(row->word));
	}
}

/* --------------------------------------------------------------- completion */

static void word_of_name(const struct row *row, struct slice rest, struct console_word *word)
{
	struct slice typed = skip_blanks(rest);
	bool quoted = !word->classic && typed.size && typed.data[0] == '"';
	/* what is parted from the rest of the line is complete */
	bool whole = row->form == FORM_NAME_TEXT || row->form == FORM_MAYBE_NAME;

	if (quoted ? memchr(typed.data + 1, '"', typed.size - 1) != NULL
		   : whole && word_size(typed, word->classic) < typed.size) {
		return;
	}
	word->wanted = row->wanted;
	word->last = row->form != FORM_NAME_TEXT;
	word->typed = typed;
	if (quoted) {
		word->begun = behind(typed, 1);
	} else if (word->classic && typed.size <= sizeof(word->room)) {
		word->begun = slice_of(word->room, name_escape_undo(typed, word->room));
	} else {
		word->begun = typed;
	}
}

void console_command_word(struct slice line, struct console_word *word)
{
	const struct row *row;
	struct slice rest, first = skip_blanks(line);

	*word = (struct console_word){.wanted = CONSOLE_WANTED_NOTHING};
	if (word_size(first, false) == first.size && word_size(first, true) == first.size) {
		word->wanted = CONSOLE_WANTED_COMMAND;
		word->typed = word->begun = first;
		return;
	}
	row = begin(line, &rest, &word->classic);
	if (row && row->wanted != CONSOLE_WANTED_NOTHING) {
		word_of_name(row, rest, word);
	}
}

static bool needs_quotes(const struct console_word *word, const char *name)
{
	if (word->wanted == CONSOLE_WANTED_COMMAND) {
		return false;
	}
	return name[strcspn(name, " \t")] != '\0' || name[0] == '"' ||
	       word->typed.size != word->begun.size;
}

static int escape(const char *name, char *room, size_t size)
{
	struct slice rest = slice_str(name);
	size_t at = 0, taken;

	for (; rest.size; rest = behind(rest, taken)) {
		char unit[NAME_ESCAPE_MAX];
		size_t unit_size = name_escape(rest, unit, &taken);

		if (at + unit_size >= size) {
			return -1;
		}
		memcpy(room + at, unit, unit_size);
		at += unit_size;
	}
	room[at] = '\0';
	return 0;
}

static int quote(const char *name, char *room, size_t size)
{
	size_t at = 0;

	if (size < 3 + 2 * strlen(name)) {
		return -1;
	}
	room[at++] = '"';
	for (; *name; name++) {
		if (*name == '"' || *name == '\\') {
			room[at++] = '\\';
		}
		room[at++] = *name;
	}
	room[at++] = '"';
	room[at] = '\0';
	return 0;
}

int console_command_quote(const struct console_word *word, const char *name, char *room,
			  size_t size)
{
	int written;

	if (word->classic) {
		return escape(name, room, size);
	}
	if (needs_quotes(word, name)) {
		return quote(name, room, size);
	}
	written = snprintf(room, size, "%s", name);
	return written < 0 || (size_t)written >= size ? -1 : 0;
}
