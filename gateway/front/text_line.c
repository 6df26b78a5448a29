#include "front/text_line.h"

static const char too_long[] = "a line longer than allowed";

/* RFC 854: "interpret as command", and the codes that follow it. Between the first of all and SE
 * stand those of RFC 1184 and RFC 885. */
enum {
	FIRST_COMMAND = 236,
	SE = 240, /* the end of what SB begins */
	SB = 250,
	WILL = 251, /* and WONT, DO, DONT: an option follows */
	DONT = 254,
	IAC = 255
};

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

/* Commands in front of a line, none longer than `max`: how many bytes they are. */
static size_t leading_commands(struct slice bytes, uint32_t max)
{
	size_t at = 0, size = 0;

	do {
		at += size;
		size = bytes.size - at < 2 || bytes.data[at] != IAC ||
				       !is_command(bytes.data[at + 1])
			       ? 0
			       : command_size(slice_of(bytes.data + at, bytes.size - at));
	} while (size && size <= max);
	return at;
}

struct span {
	size_t size; /* up to the end of the line */
	size_t used; /* with it */
	bool has_commands;
	bool has_return; /* a \r, of the end, is the last byte that is not of a command */
};

/* False: the end is not there yet. */
static bool find_end(struct slice bytes, struct span *span)
{
	size_t at = 0, size;

	*span = (struct span){0};
	/* what takes long need not be done for each byte that somebody types */
	if (!bytes.size ||
	    (!memchr(bytes.data, '\n', bytes.size) && !memchr(bytes.data, '\0', bytes.size))) {
		return false;
	}
	while (at < bytes.size && bytes.data[at] != '\n') {
		if (bytes.data[at] == '\r' && at + 1 < bytes.size && bytes.data[at + 1] == '\0') {
			*span = (struct span){at + 1, at + 2, span->has_commands, true};
			return true;
		}
		size = 1;
		if (bytes.data[at] == IAC) {
			size = command_size(slice_of(bytes.data + at, bytes.size - at));
			span->has_commands |= size != 1;
		}
		if (size == 0) {
			return false;
		}
		if (size == 1 || bytes.data[at + 1] == IAC) {
			span->has_return = bytes.data[at] == '\r';
		}
		at += size;
	}
	span->used = at + 1;
	span->size = at;
	return at < bytes.size;
}

/* Without the commands. False: memory is out. */
static bool clean(struct slice *line, struct arena *arena)
{
	uint8_t *copy = arena_take(arena, line->size + 1);
	size_t at = 0, size = 0, step;

	while (copy && at < line->size) {
		step = 1;
		if (line->data[at] == IAC) {
			step = command_size(slice_of(line->data + at, line->size - at));
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

enum front_status text_line(struct slice bytes, uint32_t max, struct arena *arena,
			    struct slice *line, size_t *used, const char **why)
{
	size_t commands = leading_commands(bytes, max);
	struct span span;
	bool ended;

	if (commands) {
		*used = commands;
		return FRONT_SKIP;
	}
	ended = find_end(bytes, &span);
	*why = too_long;
	if (counted_size(ended ? slice_of(bytes.data, span.size) : bytes) > max) {
		return FRONT_BAD;
	}
	if (!ended) {
		return FRONT_MORE;
	}
	*line = slice_of(bytes.data, span.size);
	*used = span.used;
	if (span.has_commands && !clean(line, arena)) {
		*why = "the gateway is out of memory";
		return FRONT_BAD;
	}
	line->size -= span.has_return;
	return FRONT_OK;
}
