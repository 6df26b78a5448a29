#include "front/text_line.h"

static const char too_long[] = "a line longer than allowed";
static const char too_many[] = "more of telnet's commands than belong to a line";

/* RFC 854: "interpret as command", and the codes that follow it. Between the first of all and SE
 * stand those of RFC 1184 and RFC 885. */
enum {
	FIRST_COMMAND = 236,
	SE = 240, /* the end of what SB begins */
	SB = 250,
	WILL = 251, /* and WONT, DO, DONT: an option follows */
	DO = 253,
	IAC = 255
};
enum { TIMING_MARK = 6 }; /* an option, of RFC 860 */

/* Bytes of commands within a line, and of one in front of it. A command may hold what looks like an
 * end of line, for which all before it is looked through again: so often at most. */
enum { COMMANDS_MAX = 512 };

/* Whether the IAC in front begins a command: two stand for the byte itself, and one in front of
 * anything else is just a byte (neither is UTF-8). */
static bool is_command(uint8_t next)
{
	return next >= FIRST_COMMAND && next != IAC;
}

/* What SB begins, at the front; 0 when its end is not there yet. */
static size_t negotiation_size(struct slice bytes)
{
	for (size_t at = 2; at + 1 < bytes.size; at++) {
		if (bytes.data[at] == IAC && bytes.data[at + 1] == SE) {
			return at + 2;
		}
		at += bytes.data[at] == IAC; /* and what belongs to it */
	}
	return 0;
}

/* The command at the front, which begins with an IAC and may be just a byte: its size; 0 when
 * it is not all there yet. */
static size_t command_size(struct slice bytes)
{
	if (bytes.size < 2) {
		return 0;
	}
	if (bytes.data[1] == SB) {
		return negotiation_size(bytes);
	}
	if (bytes.data[1] == IAC) {
		return 2;
	}
	if (!is_command(bytes.data[1])) {
		return 1;
	}
	return bytes.data[1] < WILL ? 2 : bytes.size < 3 ? 0 : 3;
}

/* The same of what stands at `at`. What is longer than COMMANDS_MAX has no end either. */
static size_t command_at(struct slice bytes, size_t at)
{
	size_t size = bytes.size - at;

	return command_size(slice_of(bytes.data + at, size < COMMANDS_MAX ? size : COMMANDS_MAX));
}

static bool begins_command(struct slice bytes, size_t at)
{
	return bytes.size - at >= 2 && bytes.data[at] == IAC && is_command(bytes.data[at + 1]);
}

static bool asks_for_mark(struct slice bytes, size_t at)
{
	return bytes.size - at >= 3 && bytes.data[at] == IAC && bytes.data[at + 1] == DO &&
	       bytes.data[at + 2] == TIMING_MARK;
}

/* Commands in front of a line that ask for nothing: how many bytes they are. FRONT_BAD: one that is
 * too long. */
static enum front_status leading_commands(struct slice bytes, uint32_t max, size_t *used)
{
	size_t at = 0, size;

	while (begins_command(bytes, at) && !asks_for_mark(bytes, at)) {
		size = command_at(bytes, at);
		if (size == 0 && bytes.size - at >= COMMANDS_MAX) {
			return FRONT_BAD;
		}
		if (size == 0 || size > max) {
			break;
		}
		at += size;
	}
	*used = at;
	return at ? FRONT_SKIP : FRONT_MORE;
}

/* Whether the end may be here, which it was not when `looked` were: its last byte is one of the
 * others. What takes long need not be done for each byte that somebody types. */
static bool may_end(struct slice bytes, size_t looked)
{
	for (size_t at = looked; at < bytes.size; at++) {
		if (bytes.data[at] == '\n' ||
		    (bytes.data[at] == '\0' && at && bytes.data[at - 1] == '\r')) {
			return true;
		}
	}
	return false;
}

struct span {
	size_t size;	 /* up to the end of the line */
	size_t used;	 /* with it */
	size_t commands; /* of that */
	bool has_escapes;
	bool wants_mark;
	bool has_return; /* a \r, of the end, is the last byte that is not of a command */
};

/* Passes what stands at `at`, before the end: its size, 0 when it is not all there yet. */
static size_t pass(struct slice bytes, size_t at, struct span *span)
{
	size_t size = bytes.data[at] == IAC ? command_at(bytes, at) : 1;

	if (begins_command(bytes, at)) {
		span->commands += size;
		span->wants_mark |= asks_for_mark(bytes, at);
	} else if (size) {
		span->has_escapes |= size > 1;
		span->has_return = bytes.data[at] == '\r';
	}
	return size;
}

/* FRONT_OK, FRONT_MORE or, when there are too many commands, FRONT_BAD. */
static enum front_status find_end(struct slice bytes, struct span *span)
{
	size_t at = 0, size;

	*span = (struct span){0};
	while (at < bytes.size && bytes.data[at] != '\n') {
		if (bytes.data[at] == '\r' && at + 1 < bytes.size && bytes.data[at + 1] == '\0') {
			span->has_return = true;
			span->size = at + 1;
			span->used = at + 2;
			return FRONT_OK;
		}
		size = pass(bytes, at, span);
		/* only an end that may be there makes it bad, which is known however bytes are cut
		 */
		if (size == 0 || span->commands > COMMANDS_MAX) {
			return may_end(bytes, at + (size ? size : COMMANDS_MAX)) ? FRONT_BAD
										 : FRONT_MORE;
		}
		at += size;
	}
	span->size = at;
	span->used = at + 1;
	return at < bytes.size ? FRONT_OK : FRONT_MORE;
}

/* Without the commands. False: memory is out. */
static bool clean(struct slice *line, struct arena *arena)
{
	uint8_t *copy = arena_take(arena, line->size + 1);
	size_t at = 0, size = 0, step;

	while (copy && at < line->size) {
		step = 1;
		if (line->data[at] == IAC) {
			step = command_at(*line, at);
		}
		if (step < 2 || line->data[at + 1] == IAC) {
			copy[size++] = line->data[at];
		}
		at += step ? step : 1;
	}
	*line = slice_of(copy, size);
	return copy != NULL;
}

/* What counts as the line's size, of bytes in front of its end or of all that are there. A \r may
 * belong to an end that has not come, so it never counts where it is the last: how the bytes are
 * cut changes nothing. */
static size_t counted_size(struct slice bytes)
{
	return bytes.size && bytes.data[bytes.size - 1] == '\r' ? bytes.size - 1 : bytes.size;
}

/* The line that ends as `span` has it. */
static enum front_status take_line(struct slice bytes, const struct span *span, struct arena *arena,
				   struct line *line, const char **why)
{
	*line = (struct line){slice_of(bytes.data, span->size), span->wants_mark};
	if ((span->commands || span->has_escapes) && !clean(&line->text, arena)) {
		*why = "the gateway is out of memory";
		return FRONT_BAD;
	}
	line->text.size -= span->has_return;
	return FRONT_OK;
}

enum front_status text_line(struct slice bytes, size_t looked, uint32_t max, struct arena *arena,
			    struct line *line, size_t *used, const char **why)
{
	enum front_status status = leading_commands(bytes, max, used);
	struct span span = {.size = bytes.size};

	*why = too_many;
	if (status != FRONT_MORE) {
		return status;
	}
	if (asks_for_mark(bytes, 0)) {
		*line = (struct line){.wants_mark = true};
		*used = 3;
		return FRONT_OK;
	}
	if (may_end(bytes, looked)) {
		status = find_end(bytes, &span);
	}
	if (status == FRONT_BAD) {
		return status;
	}
	*why = too_long;
	if (counted_size(status == FRONT_OK ? slice_of(bytes.data, span.size) : bytes) > max) {
		return FRONT_BAD;
	}
	*used = span.used;
	return status == FRONT_OK ? take_line(bytes, &span, arena, line, why) : FRONT_MORE;
}
