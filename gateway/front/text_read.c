/* What a drone writes: a line at a time. */
#include "front/text_parts.h"

#include "base/name_escape.h"
#include "base/utf8.h"
#include "core/name.h"
#include "front/text_line.h"

#include <math.h>
#include <stdlib.h>

/* What is being read, and what for. */
struct reading {
	const struct names *names;
	struct arena *arena;
	struct request *request;
};

static void refuse(struct request *request, enum error_code code, const char *message)
{
	request->kind = REQUEST_REFUSED;
	request->refused = (struct request_refused){.code = code, .message = message};
}

static void ask_aside(struct request *request, enum text_aside aside)
{
	request->kind = REQUEST_ASIDE;
	request->aside = aside;
}

/* ------------------------------------------------------------------- pieces */

/* Takes what stands before the next | off the front of *rest, and the |. False: there is none. */
static bool take_part(struct slice *rest, struct slice *part)
{
	size_t at = name_escape_part(*rest);

	if (at >= rest->size) {
		return false;
	}
	*part = slice_of(rest->data, at);
	*rest = slice_of(rest->data + at + 1, rest->size - at - 1);
	return true;
}

/* As it was meant: without blanks around it, and without the \ by which it is shown. */
static struct slice name_in(const struct reading *reading, struct slice part)
{
	struct slice name = name_escape_trim(part);
	void *copy;

	if (!name.size || !memchr(name.data, '\\', name.size)) {
		return name;
	}
	copy = arena_take(reading->arena, name.size);
	return slice_of(copy, copy ? name_escape_undo(name, copy) : 0);
}

/* ----------------------------------------------------------------- requests */

static bool read_nothing(const struct reading *reading, struct slice rest)
{
	(void)reading;
	(void)rest;
	return true;
}

static bool read_name(const struct reading *reading, struct slice rest)
{
	reading->request->name = name_in(reading, rest);
	return true;
}

static bool read_name_given(const struct reading *reading, struct slice rest)
{
	return read_name(reading, rest) && reading->request->name.size;
}

static void set_send(const struct reading *reading, enum send_to to, struct slice name,
		     struct slice text)
{
	reading->request->kind = REQUEST_SEND;
	reading->request->send = (struct request_send){
		.to = to, .name = name, .payload = text, .report = REPORT_WISH_ALL};
}

static bool read_to(const struct reading *reading, struct slice rest)
{
	const struct names *names = reading->names;
	struct slice part, name, id;

	if (!take_part(&rest, &part)) {
		return false;
	}
	name = name_in(reading, part);
	id = names->id(names->ctx, name);
	set_send(reading, SEND_TO_DRONE, id.data ? id : name, rest);
	if (name.size && !id.data && !name_valid(name)) {
		refuse(reading->request, ERROR_BAD_NAME,
		       "nobody goes by this name; who lists everyone");
	}
	return name.size > 0;
}

static bool read_group(const struct reading *reading, struct slice rest)
{
	struct slice part;

	if (!take_part(&rest, &part)) {
		return false;
	}
	set_send(reading, SEND_TO_GROUP, name_in(reading, part), rest);
	return reading->request->send.name.size > 0;
}

static bool read_all(const struct reading *reading, struct slice rest)
{
	set_send(reading, SEND_TO_EVERYONE, slice_of(NULL, 0), rest);
	return true;
}

/* Digits, a sign, a point, an exponent: finite as a float. */
static bool read_metres(struct slice part, float *metres)
{
	char digits[64], *end;
	struct slice number = slice_trim(part);

	if (!number.size || number.size >= sizeof(digits)) {
		return false;
	}
	for (size_t i = 0; i < number.size; i++) {
		if (!memchr("0123456789+-.eE", number.data[i], 15)) {
			return false;
		}
	}
	memcpy(digits, number.data, number.size);
	digits[number.size] = '\0';
	*metres = strtof(digits, &end);
	return !*end && isfinite(*metres);
}

static bool read_move(const struct reading *reading, struct slice rest)
{
	struct vector local;
	struct slice east, north;

	if (!take_part(&rest, &east) || !take_part(&rest, &north) ||
	    !read_metres(east, &local.east) || !read_metres(north, &local.north) ||
	    !read_metres(rest, &local.up)) {
		return false;
	}
	reading->request->state =
		(struct state){.position = {.frame = POSITION_LOCAL, .local = local}};
	return true;
}

static bool read_registration(const struct reading *reading, struct slice rest)
{
	reading->request->registration = text_guest;
	reading->request->registration.drone_id = name_in(reading, rest);
	return reading->request->registration.drone_id.size > 0;
}

static int digit_of(uint8_t hex)
{
	const char *digits = "0123456789abcdef";
	const char *found = hex ? strchr(digits, hex >= 'A' && hex <= 'F' ? hex + 32 : hex) : NULL;

	return found ? (int)(found - digits) : -1;
}

static bool read_proof(const struct reading *reading, struct slice rest)
{
	struct slice hex = slice_trim(rest);
	uint8_t *proof = arena_take(reading->arena, hex.size / 2 + 1);

	if (!proof || !hex.size || hex.size % 2) {
		return false;
	}
	for (size_t i = 0; i < hex.size; i += 2) {
		int high = digit_of(hex.data[i]), low = digit_of(hex.data[i + 1]);

		if (high < 0 || low < 0) {
			return false;
		}
		proof[i / 2] = (uint8_t)(high << 4 | low);
	}
	reading->request->proof = slice_of(proof, hex.size / 2);
	return true;
}

static bool read_ping(const struct reading *reading, struct slice rest)
{
	(void)rest;
	reading->request->ping = (struct ping){0};
	return true;
}

/* ----------------------------------------------------------------- commands */

enum form { ALONE = 1, WITH_REST = 2 }; /* "who"; "who|..." */

struct command {
	const char *word;
	unsigned forms; /* enum form, or-ed */
	enum request_kind kind;
	/* Fills in the request from what stands behind the first |. False: that is not it. */
	bool (*read)(const struct reading *reading, struct slice rest);
	const char *usage;
};

static const struct command commands[] = {
	{"who", ALONE | WITH_REST, REQUEST_LIST_DRONES, read_name, "write who, or who|SCENARIO"},
	{"scenarios", ALONE, REQUEST_LIST_SCENARIOS, read_nothing, "write scenarios"},
	{"scenario", WITH_REST, REQUEST_CHOOSE_SCENARIO, read_name,
	 "write scenario|NAME, or scenario| to leave"},
	{"rename", WITH_REST, REQUEST_RENAME, read_name,
	 "write rename|NAME, or rename| to have none"},
	{"to", WITH_REST, REQUEST_SEND, read_to, "write to|NAME|TEXT"},
	{"all", WITH_REST, REQUEST_SEND, read_all, "write all|TEXT"},
	{"group", WITH_REST, REQUEST_SEND, read_group, "write group|NAME|TEXT"},
	{"join", WITH_REST, REQUEST_JOIN_GROUP, read_name_given, "write join|GROUP"},
	{"leave", WITH_REST, REQUEST_LEAVE_GROUP, read_name_given, "write leave|GROUP"},
	{"move", WITH_REST, REQUEST_UPDATE_STATE, read_move,
	 "write move|EAST|NORTH|UP, three numbers: metres from the scenario's origin"},
	{"ping", ALONE, REQUEST_PING, read_ping, "write ping"},
	{"quit", ALONE, REQUEST_LEAVE, read_nothing, "write quit"},
	{"register", WITH_REST, REQUEST_REGISTRATION, read_registration, "write register|ID"},
	{"proof", WITH_REST, REQUEST_AUTHENTICATE, read_proof,
	 "write proof|HEX: HMAC-SHA256 as hexadecimal digits"},
};

static const struct command *find_command(struct slice word)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (slice_equal(word, slice_str(commands[i].word))) {
			return &commands[i];
		}
	}
	return NULL;
}

static void read_command(const struct reading *reading, const struct command *command,
			 enum form form, struct slice rest)
{
	reading->request->kind = command->kind;
	reading->request->name = slice_of(NULL, 0);
	if (!(command->forms & (unsigned)form) || !command->read(reading, rest)) {
		refuse(reading->request, ERROR_BAD_REQUEST, command->usage);
	}
}

static void read_line(const struct reading *reading, struct slice line)
{
	struct request *request = reading->request;
	struct slice rest = line, word;
	enum form form = WITH_REST;
	const struct command *command;

	if (!take_part(&rest, &word)) {
		word = line;
		rest = slice_of(NULL, 0);
		form = ALONE;
	}
	word = slice_trim(word);
	command = find_command(word);
	if (!utf8_count(line, NULL) || (line.size && memchr(line.data, '\0', line.size))) {
		refuse(request, ERROR_BAD_REQUEST, "a line that is not UTF-8, or has a NUL in it");
	} else if (command) {
		read_command(reading, command, form, rest);
	} else if (form == ALONE && word.size == 0) {
		request->kind = REQUEST_PONG;
		request->ref = 0;
	} else if (form == ALONE && slice_equal(word, slice_str("help"))) {
		ask_aside(request, TEXT_HELP);
	} else {
		(void)read_all(reading, line);
	}
}

static bool ends_with(struct slice text, const char *end)
{
	size_t size = strlen(end);

	return text.size > size && memcmp(text.data + text.size - size, end, size) == 0;
}

/* "POST / HTTP/1.1": a web page can have a browser on this machine send it, with lines of the
 * page's choice behind it. */
static bool is_of_the_web(struct slice line)
{
	return line.size && line.data[0] >= 'A' && line.data[0] <= 'Z' &&
	       (ends_with(line, " HTTP/1.1") || ends_with(line, " HTTP/1.0"));
}

enum front_status text_read(struct slice bytes, size_t looked, uint32_t max_line,
			    const struct names *names, struct arena *arena, struct request *request,
			    size_t *used, const char **why)
{
	const struct reading reading = {names, arena, request};
	struct line line;
	enum front_status status = text_line(bytes, looked, max_line, arena, &line, used, why);

	if (status != FRONT_OK) {
		return status;
	}
	if (is_of_the_web(line.text)) {
		*why = "this is no web server";
		return FRONT_BAD;
	}
	*request = (struct request){.kind = REQUEST_COUNT, .ref = TEXT_REF};
	if (line.wants_mark) {
		ask_aside(request, line.text.data ? TEXT_INTERRUPTED : TEXT_MARK);
	} else {
		read_line(&reading, line.text);
	}
	return FRONT_OK;
}
