/* The text protocol: each line of proto/text.md, in both directions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "front/front.h"
#include "lib/fixture.h"
#include "wire/hot_codec.h"

enum { MAX_LINE = 200 };

/* Two drones are online: "uav1", whom people call "al ice|", and "uav2". */
static struct slice callsign_of(const void *ctx, struct slice id)
{
	(void)ctx;
	return slice_equal(id, slice_str("uav1")) ? slice_str("al ice|") : id;
}

static struct slice id_of(const void *ctx, struct slice name)
{
	(void)ctx;
	if (slice_equal(name, slice_str("al ice|")) || slice_equal(name, slice_str("uav1"))) {
		return slice_str("uav1");
	}
	return slice_equal(name, slice_str("uav2")) ? name : slice_of(NULL, 0);
}

static const struct names names = {.callsign = callsign_of, .id = id_of};

/* ----------------------------------------------------------------- reading */

static enum front_status read_bytes(struct fixture *fixture, struct slice bytes,
				    struct request *request, size_t *used)
{
	const char *why = NULL;

	arena_reset(&fixture->arena);
	*used = 0;
	return front_text.read(bytes, 0, MAX_LINE, &names, &fixture->arena, request, used, &why);
}

static struct request read_line(struct fixture *fixture, struct slice line)
{
	struct request request;
	size_t used;

	assert_int_equal(read_bytes(fixture, line, &request, &used), FRONT_OK);
	assert_int_equal(used, line.size);
	return request;
}

static void assert_slice(struct slice slice, const char *text)
{
	if (!slice_equal(slice, slice_str(text))) {
		fail_msg("\"%.*s\" is not \"%s\"", SLICE_ARG(slice), text);
	}
}

static void assert_refused(struct fixture *fixture, struct slice line, const char *words)
{
	struct request request = read_line(fixture, line);

	assert_int_equal(request.kind, REQUEST_REFUSED);
	assert_int_equal(request.ref, 1);
	if (!strstr(request.refused.message, words)) {
		fail_msg("\"%s\" does not say \"%s\"", request.refused.message, words);
	}
}

static void commands_are_requests(void **state)
{
	static const struct {
		const char *line;
		enum request_kind kind;
		const char *name;
	} known[] = {
		{"who\n", REQUEST_LIST_DRONES, ""},
		{" who \r\n", REQUEST_LIST_DRONES, ""},
		{"who|field\n", REQUEST_LIST_DRONES, "field"},
		{"scenarios\n", REQUEST_LIST_SCENARIOS, ""},
		{"scenario| field \n", REQUEST_CHOOSE_SCENARIO, "field"},
		{"scenario|\n", REQUEST_CHOOSE_SCENARIO, ""},
		{"rename|al ice\\|\r\n", REQUEST_RENAME, "al ice|"},
		{"rename|a\\b\\\\c\\ d\n", REQUEST_RENAME, "a\\b\\c d"},
		{"rename|a|b\n", REQUEST_RENAME, "a|b"},
		{"rename|\n", REQUEST_RENAME, ""},
		{"join|red\n", REQUEST_JOIN_GROUP, "red"},
		{"leave|red\n", REQUEST_LEAVE_GROUP, "red"},
		{"ping\n", REQUEST_PING, NULL},
		{"quit\n", REQUEST_LEAVE, NULL},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct request request = read_line(*state, slice_str(known[i].line));

		assert_int_equal(request.kind, known[i].kind);
		assert_int_equal(request.ref, 1);
		if (known[i].name) {
			assert_slice(request.name, known[i].name);
		}
	}
}

static void assert_send(struct fixture *fixture, const char *line, enum send_to to,
			const char *name, const char *text)
{
	struct request request = read_line(fixture, slice_str(line));

	assert_int_equal(request.kind, REQUEST_SEND);
	assert_int_equal(request.ref, 1);
	assert_int_equal(request.send.to, to);
	assert_slice(request.send.name, name);
	assert_slice(request.send.payload, text);
	assert_int_equal(request.send.content_type.size, 0);
	assert_int_equal(request.send.report, REPORT_WISH_ALL);
}

static void messages_are_sends(void **state)
{
	assert_send(*state, "to|uav2|hi | there \n", SEND_TO_DRONE, "uav2", "hi | there ");
	assert_send(*state, "to| al ice\\| |hi\n", SEND_TO_DRONE, "uav1", "hi");
	assert_send(*state, "to|al\\ ice\\||hi\n", SEND_TO_DRONE, "uav1", "hi");
	assert_send(*state, "to|uav9|\n", SEND_TO_DRONE, "uav9", "");
	assert_send(*state, "all|who\r\n", SEND_TO_EVERYONE, "", "who");
	assert_send(*state, "group|red|go\n", SEND_TO_GROUP, "red", "go");
	assert_send(*state, " hello, all\t\n", SEND_TO_EVERYONE, "", " hello, all\t");
	assert_send(*state, "a|b\n", SEND_TO_EVERYONE, "", "a|b");
	assert_send(*state, "Who\n", SEND_TO_EVERYONE, "", "Who");
	assert_send(*state, "gr\xc3\xbc\xc3\x9f dich\n", SEND_TO_EVERYONE, "",
		    "gr\xc3\xbc\xc3\x9f dich");
	assert_send(*state, "a\rb\n", SEND_TO_EVERYONE, "", "a\rb");
}

static void commands_with_a_part_missing_are_refused(void **state)
{
	static const char *const missing[][2] = {
		{"to\n", "to|NAME|TEXT"},
		{"to|uav2\n", "to|NAME|TEXT"},
		{"to||hi\n", "to|NAME|TEXT"},
		{"all\n", "all|TEXT"},
		{"group|red\n", "group|NAME|TEXT"},
		{"group| |x\n", "group|NAME|TEXT"},
		{"join\n", "join|GROUP"},
		{"leave|\n", "leave|GROUP"},
		{"scenario\n", "scenario|NAME"},
		{"rename\n", "rename|NAME"},
		{"move|1|2\n", "EAST|NORTH|UP"},
		{"move|a|2|3\n", "EAST|NORTH|UP"},
		{"move|1|2|\n", "EAST|NORTH|UP"},
		{"move|1|1e99|3\n", "EAST|NORTH|UP"},
		{"register|\n", "register|ID"},
		{"proof|\n", "proof|HEX"},
		{"proof|0g\n", "proof|HEX"},
		{"proof|123\n", "proof|HEX"},
		{"ping|x\n", "write ping"},
		{"quit|x\n", "write quit"},
		{"scenarios|x\n", "write scenarios"},
		{"to|no body|hi\n", "nobody goes by"},
	};

	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		assert_refused(*state, slice_str(missing[i][0]), missing[i][1]);
	}
}

static void positions_are_local(void **state)
{
	struct request request = read_line(*state, slice_str("move|-1.5| +2e1 |0\n"));

	assert_int_equal(request.kind, REQUEST_UPDATE_STATE);
	assert_int_equal(request.state.position.frame, POSITION_LOCAL);
	assert_true(request.state.position.local.east == -1.5F);
	assert_true(request.state.position.local.north == 20.0F);
	assert_true(request.state.position.local.up == 0.0F);
	assert_false(request.state.has_velocity || request.state.has_attitude ||
		     request.state.has_radio);
}

static void who_must_register_does(void **state)
{
	struct request request = read_line(*state, slice_str("register| uav1 \n"));

	assert_int_equal(request.kind, REQUEST_REGISTRATION);
	assert_slice(request.registration.drone_id, "uav1");
	assert_int_equal(request.registration.protocol, PROTOCOL_VERSION);
	request = read_line(*state, slice_str("proof|00ff7FAb\n"));
	assert_int_equal(request.kind, REQUEST_AUTHENTICATE);
	assert_true(slice_equal(request.proof, BYTES("\x00\xff\x7f\xab")));
}

static void an_empty_line_only_shows_that_somebody_is_there(void **state)
{
	const struct slice lines[] = {BYTES("\n"), BYTES("\r\n"), BYTES("  \t\n"), BYTES("\r\0")};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct request request = read_line(*state, lines[i]);

		assert_int_equal(request.kind, REQUEST_PONG);
		assert_int_equal(request.ref, 0);
	}
}

/* What the core hands back for it. */
static struct slice answer_to(struct fixture *fixture, struct request request)
{
	struct event event = {.kind = EVENT_ASIDE, .ref = request.ref, .aside = request.aside};

	assert_int_equal(request.kind, REQUEST_ASIDE);
	buf_clear(&fixture->out);
	assert_int_equal(front_text.write(&fixture->out, &event, MAX_LINE, &names), 0);
	assert_non_null(buf_slice(&fixture->out).data);
	return buf_slice(&fixture->out);
}

/* What it ends in; -1 when it is empty. */
static int last_of(struct slice bytes)
{
	return bytes.data && bytes.size ? bytes.data[bytes.size - 1] : -1;
}

static void help_is_for_the_front(void **state)
{
	struct slice lines = answer_to(*state, read_line(*state, slice_str("help\n")));
	size_t at = 0;

	assert_int_equal(last_of(lines), '\n');
	assert_non_null(memmem(lines.data, lines.size, "\n* to|NAME|TEXT ", 16));
	while (at < lines.size) {
		assert_memory_equal(lines.data + at, "* ", 2);
		at = (size_t)((uint8_t *)memchr(lines.data + at, '\n', lines.size - at) -
			      lines.data) +
		     1;
	}
}

/* RFC 860: until then it shows nothing. */
static void telnet_is_told_of_its_timing_mark(void **state)
{
	const struct slice bytes = BYTES("\xff\xf4\xff\xfd\x06\xff\xfd\x06ping\n");
	const struct slice mark = BYTES("\xff\xfc\x06");
	struct request request;
	size_t used;

	assert_int_equal(read_bytes(*state, bytes, &request, &used), FRONT_SKIP);
	assert_int_equal(used, 2);
	for (size_t at = 2; at < 8; at += 3) {
		assert_int_equal(read_bytes(*state, slice_of(bytes.data + at, 2), &request, &used),
				 FRONT_MORE);
		assert_int_equal(read_bytes(*state, slice_of(bytes.data + at, bytes.size - at),
					    &request, &used),
				 FRONT_OK);
		assert_int_equal(used, 3);
		assert_true(slice_equal(answer_to(*state, request), mark));
	}
	assert_int_equal(read_line(*state, BYTES("ping\n")).kind, REQUEST_PING);
}

/* Half of such a line must not become another. */
static void what_is_interrupted_is_not_done(void **state)
{
	/* as telnet writes a line with the byte 0x83 in it */
	struct slice answer = answer_to(
		*state, read_line(*state, BYTES("to|uav2|\xc3\xff\xf4\xff\xfd\x06 x\r\n")));

	assert_memory_equal(answer.data, "\xff\xfc\x06! BAD_REQUEST ", 17);
	assert_int_equal(last_of(answer), '\n');
	assert_memory_equal(answer_to(*state, read_line(*state, BYTES("a\xff\xfd\x06\n"))).data,
			    "\xff\xfc\x06! BAD_REQUEST ", 17);
}

static void what_is_no_text_is_refused(void **state)
{
	assert_refused(*state, BYTES("a\xc3(\n"), "UTF-8");
	assert_refused(*state, BYTES("who\0\n"), "NUL");
	assert_refused(*state, BYTES("all|\xff\xff\n"), "UTF-8");
	assert_refused(*state, BYTES("\xffyes\n"), "UTF-8");
	assert_refused(*state, BYTES("to|\xed\xa0\x80|x\n"), "UTF-8");
}

/* A browser is made to send what it likes to a port of its own machine. */
static void web_pages_are_not_listened_to(void **state)
{
	static const char *const lines[] = {"POST / HTTP/1.1\r\n", "GET /x HTTP/1.0\n"};
	struct fixture *fixture = *state;
	struct request request;
	const char *why = NULL;
	size_t used;

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(front_text.read(slice_str(lines[i]), 0, MAX_LINE, &names,
						 &fixture->arena, &request, &used, &why),
				 FRONT_BAD);
		assert_string_equal(why, "this is no web server");
	}
	assert_int_equal(front_text.read(slice_str("it speaks HTTP/1.1\n"), 0, MAX_LINE, &names,
					 &fixture->arena, &request, &used, &why),
			 FRONT_OK);
}

static void lines_are_read_one_after_another(void **state)
{
	const struct slice bytes = BYTES("ping\r\nquit\nwh");
	struct request request;
	size_t used;

	assert_int_equal(read_bytes(*state, bytes, &request, &used), FRONT_OK);
	assert_int_equal(request.kind, REQUEST_PING);
	assert_int_equal(used, 6);
	assert_int_equal(read_bytes(*state, slice_of(bytes.data + 6, 7), &request, &used),
			 FRONT_OK);
	assert_int_equal(request.kind, REQUEST_LEAVE);
	assert_int_equal(used, 5);
	assert_int_equal(read_bytes(*state, slice_of(bytes.data + 11, 2), &request, &used),
			 FRONT_MORE);
	assert_int_equal(read_bytes(*state, slice_of(NULL, 0), &request, &used), FRONT_MORE);
}

static void a_line_has_a_largest_size(void **state)
{
	uint8_t bytes[MAX_LINE + 3];
	struct request request;
	size_t used;

	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(read_bytes(*state, slice_of(bytes, MAX_LINE), &request, &used),
			 FRONT_MORE);
	assert_int_equal(read_bytes(*state, slice_of(bytes, MAX_LINE + 1), &request, &used),
			 FRONT_BAD);
	bytes[MAX_LINE] = '\r';
	assert_int_equal(read_bytes(*state, slice_of(bytes, MAX_LINE + 1), &request, &used),
			 FRONT_MORE);
	bytes[MAX_LINE + 1] = '\n';
	assert_int_equal(read_bytes(*state, slice_of(bytes, MAX_LINE + 2), &request, &used),
			 FRONT_OK);
	assert_int_equal(request.send.payload.size, MAX_LINE);
	bytes[MAX_LINE] = 'x';
	assert_int_equal(read_bytes(*state, slice_of(bytes, MAX_LINE + 2), &request, &used),
			 FRONT_BAD);
}

/* Whatever stands behind. */
static void what_telnet_negotiates_is_passed_over(void **state)
{
	/* WILL NAWS, a window of 80 by 10 (the byte of an end of line), NOP */
	const struct slice bytes = BYTES("\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x0a\xff\xf0\xff\xf1"
					 "pi\xff\xfd\nng\xff\xf1\n");
	struct request request;
	size_t used;

	assert_int_equal(read_bytes(*state, bytes, &request, &used), FRONT_SKIP);
	assert_int_equal(used, 14);
	request = read_line(*state, slice_of(bytes.data + 14, bytes.size - 14));
	assert_int_equal(request.kind, REQUEST_PING);
	for (size_t size = 0; size < 14; size++) {
		enum front_status status =
			read_bytes(*state, slice_of(bytes.data, size), &request, &used);

		assert_int_equal(status, size < 3 ? FRONT_MORE : FRONT_SKIP);
		assert_int_equal(used, size < 3 ? 0 : size < 12 ? 3 : 12);
	}
	for (size_t size = 14; size < bytes.size; size++) {
		assert_int_equal(
			read_bytes(*state, slice_of(bytes.data + 14, size - 14), &request, &used),
			FRONT_MORE);
	}
}

/* Between \r and \n as well; and the \r of a command is none of the line's. */
static void what_is_negotiated_within_an_end_does_not_part_it(void **state)
{
	const struct slice lines[] = {BYTES("all|x\r\xff\xf1\n"), BYTES("all|x\r\xff\xfb\r\n"),
				      BYTES("all|x\xff\xfb\r\n")};
	struct request request;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		request = read_line(*state, lines[i]);
		assert_slice(request.send.payload, "x");
	}
	request = read_line(*state, BYTES("all|x\r\r\xff\xf1\n"));
	assert_slice(request.send.payload, "x\r");
}

/* Blanks of any width, and at the end, where others do not count. */
static void blanks_of_a_name_are_typed_as_they_are_shown(void **state)
{
	assert_slice(read_line(*state, BYTES("join|a\\\xe2\x80\x83"
					     "b\n"))
			     .name,
		     "a\xe2\x80\x83"
		     "b");
	assert_slice(read_line(*state, BYTES("join| a\\   \n")).name, "a ");
	assert_slice(read_line(*state, BYTES("join|a\\\\ \n")).name, "a\\");
	assert_slice(read_line(*state, BYTES("join|\\ \n")).name, " ");
}

/* In what is negotiated, a byte 255 is two, and what follows it is no end. */
static void a_negotiation_may_hold_its_own_signs(void **state)
{
	const struct slice bytes = BYTES("\xff\xfa\x20\xff\xff\xf0\nping\n\xff\xf0ping\n");
	struct request request;
	size_t used;

	assert_int_equal(read_bytes(*state, bytes, &request, &used), FRONT_SKIP);
	assert_int_equal(used, 14);
}

static void a_negotiation_without_end_is_too_long(void **state)
{
	uint8_t bytes[MAX_LINE + 8] = "\xff\xfa";
	struct request request;
	size_t used;

	assert_int_equal(read_bytes(*state, slice_of(bytes, MAX_LINE), &request, &used),
			 FRONT_MORE);
	assert_int_equal(read_bytes(*state, slice_of(bytes, MAX_LINE + 1), &request, &used),
			 FRONT_BAD);
	bytes[MAX_LINE + 6] = 0xff;
	bytes[MAX_LINE + 7] = 0xf0;
	assert_int_equal(read_bytes(*state, slice_of(bytes, MAX_LINE + 8), &request, &used),
			 FRONT_BAD);
}

/* A command may hold what looks like an end of line. Only so many bytes of that are borne, since
 * all before them is looked through for each. */
static void commands_within_a_line_have_bounds(void **state)
{
	enum { MAX = 4096, BOUND = 512 };
	struct fixture *fixture = *state;
	uint8_t bytes[MAX] = "x";
	struct request request;
	enum front_status status = FRONT_MORE;
	const char *why = NULL;
	size_t used, size = 1;

	while (status == FRONT_MORE && size + 3 < MAX) {
		memcpy(bytes + size, "\xff\xfd\n", 3);
		size += 3;
		status = front_text.read(slice_of(bytes, size), size - 3, MAX, &names,
					 &fixture->arena, &request, &used, &why);
	}
	assert_int_equal(status, FRONT_BAD);
	assert_true(size > BOUND && size < BOUND + 8);
	/* nor has what begins in front of a line, or within it, no end */
	memset(bytes, '\n', sizeof(bytes));
	for (size_t at = 0; at < 2; at++) {
		memcpy(bytes, at ? "x\xff\xfa" : "\xff\xfa\n", 3);
		assert_int_equal(front_text.read(slice_of(bytes, BOUND - 1), 0, MAX, &names,
						 &fixture->arena, &request, &used, &why),
				 FRONT_MORE);
		assert_int_equal(front_text.read(slice_of(bytes, BOUND + 2), BOUND - 1, MAX, &names,
						 &fixture->arena, &request, &used, &why),
				 FRONT_BAD);
	}
}

/* What has been looked at is not looked at again, which for each byte of a long line would be much:
 * there could not have been an end. */
static void only_what_is_new_is_looked_at(void **state)
{
	static const char *const lines[] = {"all|x\n", "all|x\r\n", "all|x\xff\xfd\n\r\n",
					    "\xff\xf1", "\xff\xfd\x06"};
	struct fixture *fixture = *state;
	struct request request;
	const char *why = NULL;
	size_t used;

	assert_int_equal(front_text.read(BYTES("all|x\ny"), 6, MAX_LINE, &names, &fixture->arena,
					 &request, &used, &why),
			 FRONT_MORE);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct slice line = slice_str(lines[i]);
		enum front_status status = FRONT_MORE;

		for (size_t size = 1; size <= line.size; size++) {
			assert_int_equal(status, FRONT_MORE);
			status = front_text.read(slice_of(line.data, size), size - 1, MAX_LINE,
						 &names, &fixture->arena, &request, &used, &why);
		}
		assert_int_equal(status, i == 3 ? FRONT_SKIP : FRONT_OK);
		assert_int_equal(used, line.size);
	}
	assert_int_equal(front_text.read(BYTES("all|x\r\0"), 6, MAX_LINE, &names, &fixture->arena,
					 &request, &used, &why),
			 FRONT_OK);
}

/* ----------------------------------------------------------------- writing */

static void assert_written(struct fixture *fixture, const struct event *event, const char *lines)
{
	buf_clear(&fixture->out);
	assert_int_equal(front_text.write(&fixture->out, event, MAX_LINE, &names), 0);
	assert_slice(buf_slice(&fixture->out), lines);
}

static void who_comes_is_asked_or_welcome(void **state)
{
	struct event event = {.kind = EVENT_CHALLENGE};

	assert_written(*state, &event, "? who are you? register|ID\n");
	event.nonce = BYTES("\x00\xff\x10");
	assert_written(*state, &event, "? challenge 00ff10\n");
	event = (struct event){
		.kind = EVENT_WELCOME,
		.welcome = {.drone_id = slice_str("guest-1"),
			    .idle_timeout_ms = 600000,
			    .online = 3},
	};
	assert_written(
		*state, &event,
		"* welcome guest-1 (online: 3, say something every 600 s, help tells more)\n");
}

static void scenarios_are_lines(void **state)
{
	const struct scenario_entry entries[] = {
		{.name = slice_str("field"),
		 .description = slice_str("Open\nfield"),
		 .topology = TOPOLOGY_MESH,
		 .drones = 3,
		 .max_drones = 10,
		 .available = true},
		{.name = slice_str("star"),
		 .message = slice_str("it is away"),
		 .topology = TOPOLOGY_STAR,
		 .max_drones = 5},
	};
	struct event event = {.kind = EVENT_SCENARIO_CHOSEN, .chosen = &entries[0]};

	assert_written(*state, &event, "* you are in field (MESH, drones: 3)\n");
	event.chosen = &entries[1];
	assert_written(*state, &event,
		       "* you are in star (STAR, drones: 0), not available: it is away\n");
	event.chosen = NULL;
	assert_written(*state, &event, "* you are in no scenario\n");
	event.kind = EVENT_SCENARIOS;
	event.scenarios = (struct event_scenarios){entries, 2, false};
	assert_written(*state, &event,
		       "- field MESH 3/10 available Open\\nfield\n"
		       "- star STAR 0/5 unavailable (it is away)\n- .\n");
	event.scenarios = (struct event_scenarios){entries, 1, true};
	assert_written(*state, &event, "- field MESH 3/10 available Open\\nfield\n");
}

static void drones_are_lines(void **state)
{
	const struct drone_entry entries[] = {
		{.drone_id = slice_str("uav1"),
		 .callsign = slice_str("al ice|"),
		 .scenario = slice_str("field"),
		 .online_ms = 61999,
		 .idle_ms = 3001,
		 .position = {.frame = POSITION_LOCAL, .local = {1.0F, -2.5F, 100.0F}}},
		{.drone_id = slice_str("uav2"),
		 .callsign = slice_str("uav2"),
		 .position = {.frame = POSITION_GEODETIC,
			      .geodetic = {473977000, -1085456000, 488000}}},
		{.drone_id = slice_str("uav3"), .callsign = slice_str("uav3")},
	};
	struct event event = {.kind = EVENT_DRONES, .drones = {entries, 3, false}};

	assert_written(*state, &event,
		       "- uav1 al\\ ice\\| field 61 3 1.0 -2.5 100.0\n"
		       "- uav2 uav2 - 0 0 47.3977000N 108.5456000W 488.0m\n"
		       "- uav3 uav3 - 0 0 -\n- .\n");
}

static void presence_is_told(void **state)
{
	const struct slice id = slice_str("uav1"), name = slice_str("al ice|");
	const struct slice field = slice_str("field"), none = slice_of(NULL, 0);
	const struct presence_entry entries[] = {
		{id, name, none, PRESENCE_WHAT_ONLINE, GOODBYE_UNSPECIFIED},
		{id, name, none, PRESENCE_WHAT_RENAMED, GOODBYE_UNSPECIFIED},
		{id, id, none, PRESENCE_WHAT_RENAMED, GOODBYE_UNSPECIFIED},
		{id, name, field, PRESENCE_WHAT_SCENARIO, GOODBYE_UNSPECIFIED},
		{id, name, none, PRESENCE_WHAT_SCENARIO, GOODBYE_UNSPECIFIED},
		{id, name, field, PRESENCE_WHAT_HUB_UP, GOODBYE_UNSPECIFIED},
		{id, name, field, PRESENCE_WHAT_HUB_DOWN, GOODBYE_UNSPECIFIED},
		{id, name, field, PRESENCE_WHAT_OFFLINE, GOODBYE_IDLE_TIMEOUT},
	};
	struct fixture *fixture = *state;
	struct event event = {.kind = EVENT_PRESENCE,
			      .encoded = &fixture->encoded,
			      .presence = {entries, 8, 12, 0}};

	assert_written(*state, &event,
		       "* missed 12 of those who came and went: who lists them\n"
		       "* al\\ ice\\| is here\n"
		       "* uav1 is al\\ ice\\| now\n"
		       "* uav1 is uav1 again\n"
		       "* al\\ ice\\| entered field\n"
		       "* al\\ ice\\| is in no scenario\n"
		       "* al\\ ice\\|, the hub of field, is up\n"
		       "* al\\ ice\\|, the hub of field, is down\n"
		       "* al\\ ice\\| is gone (IDLE_TIMEOUT)\n");
	assert_ptr_equal(fixture->encoded.owner, &front_text);
}

/* One that came later is told of what came after it, whether it is written or lent. */
static void presence_is_made_once(void **state)
{
	const struct slice uav1 = slice_str("uav1"), uav2 = slice_str("uav2"), none = {0};
	const struct presence_entry entries[] = {
		{uav1, uav1, none, PRESENCE_WHAT_ONLINE, GOODBYE_UNSPECIFIED},
		{uav2, uav2, none, PRESENCE_WHAT_ONLINE, GOODBYE_UNSPECIFIED},
	};
	struct fixture *fixture = *state;
	struct encoded *encoded = &fixture->encoded;
	struct event event = {
		.kind = EVENT_PRESENCE, .encoded = encoded, .presence = {entries, 2, 0, 0}};
	struct lent lent;

	assert_true(front_text.lend(&event, 65536, &lent));
	assert_int_equal(lent.head_size, 0);
	assert_true(slice_equal(lent.tail, slice_str("* uav1 is here\n* uav2 is here\n")));
	event.presence = (struct event_presence){entries + 1, 1, 0, 1};
	encoded->data[2] = 'X'; /* seen if it were made again */
	assert_true(front_text.lend(&event, 65536, &lent));
	assert_true(slice_equal(lent.tail, slice_str("* uav2 is here\n")));
	assert_written(*state, &event, "* uav2 is here\n");
	event.presence = (struct event_presence){entries, 2, 0, 0};
	assert_written(*state, &event, "* Xav1 is here\n* uav2 is here\n");
	encoded->size = 0; /* the one that came later may be the first to be told */
	event.presence = (struct event_presence){entries + 1, 1, 0, 1};
	assert_written(*state, &event, "* uav2 is here\n");
	event.presence.missed = 1;
	assert_false(front_text.lend(&event, 65536, &lent));
	event.presence.missed = 0;
	event.encoded = NULL;
	assert_false(front_text.lend(&event, 65536, &lent));
}

/* 15.70 dB and 0.092 ms; the hop's Link is in `room`. */
static struct hop hop_of(enum outcome outcome, enum source source, uint8_t *room)
{
	const struct link_numbers numbers = {.delay_us = 92, .snr_db = 15.7F};
	struct hop hop = {.outcome = outcome, .source = source};

	if (room) {
		hop.link = slice_of(room, link_write(room, &numbers));
	}
	return hop;
}

static void messages_are_lines(void **state)
{
	uint8_t room[LINK_MAX_BYTES];
	struct hop hops[] = {
		hop_of(OUTCOME_CORRUPTED, SOURCE_LIVE, room),
		hop_of(OUTCOME_DELIVERED, SOURCE_CACHED, room),
	};
	struct event event = {
		.kind = EVENT_DELIVERY,
		.delivery = {.sender = slice_str("uav1"),
			     .payload = slice_str("<b> a|b \\ "),
			     .hops = &hops[1],
			     .hop_count = 1},
	};

	assert_written(*state, &event, "<al\\ ice\\|> [15.70 dB 0.092 ms] <b> a|b \\\\ \n");
	event.delivery.hops = hops;
	event.delivery.hop_count = 2;
	event.delivery.to = slice_str("red");
	event.delivery.payload = slice_str("");
	assert_written(*state, &event,
		       "<al\\ ice\\||red> [CORRUPTED 15.70 dB 0.092 ms, 15.70 dB 0.092 ms] \n");
	hops[0] = hop_of(OUTCOME_DELIVERED, SOURCE_BYPASSED, NULL);
	hops[1] = hop_of(OUTCOME_DELIVERED, SOURCE_LIVE, NULL);
	event.delivery.payload = BYTES("a\nb\r\x00\x1b\xe2\x80\x8b\xff\xc3\xbc");
	assert_written(*state, &event,
		       "<al\\ ice\\||red> [BYPASSED, -] a\\nb\\r\\x00\\x1b\\u200b\\xff\xc3\xbc\n");
	hops[1] = hop_of(OUTCOME_DELIVERED, SOURCE_LIVE, room);
	hops[1].late_by_us = 41;
	event.delivery.payload = slice_str("x");
	assert_written(*state, &event,
		       "<al\\ ice\\||red> [BYPASSED, 15.70 dB 0.092 ms late 0.041 ms] x\n");
	event.delivery.hop_count = 0;
	assert_written(*state, &event, "<al\\ ice\\||red> [-] x\n");
}

static void what_is_no_text_is_not_shown(void **state)
{
	static const char *const texts[] = {"", "text/plain", "TEXT/csv; a=b", "application/json",
					    "image/svg+xml"};
	static const char *const others[] = {"application/x y", "text/", "octets"};
	struct event event = {
		.kind = EVENT_DELIVERY,
		.delivery = {.sender = slice_str("uav2"), .payload = slice_str("hi")}};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		event.delivery.content_type = slice_str(texts[i]);
		assert_written(*state, &event, "<uav2> [-] hi\n");
	}
	event.delivery.content_type = slice_str(others[0]);
	assert_written(*state, &event, "<uav2> [-] (2 bytes of application/x\\ y)\n");
	event.delivery.content_type = slice_str(others[1]);
	assert_written(*state, &event, "<uav2> [-] (2 bytes of text/)\n");
	event.delivery.content_type = slice_str(others[2]);
	assert_written(*state, &event, "<uav2> [-] (2 bytes of octets)\n");
}

/* The largest payload that a drone may send is shown whole, if it is text. */
static void a_line_is_no_longer_than_a_frame(void **state)
{
	enum { LINE = 65536, PAYLOAD = LINE - 1024 };
	static uint8_t bytes[PAYLOAD];
	struct fixture *fixture = *state;
	struct event event = {
		.kind = EVENT_DELIVERY,
		.delivery = {.sender = slice_str("uav2"), .payload = slice_of(bytes, PAYLOAD)}};

	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(front_text.write(&fixture->out, &event, LINE, &names), 0);
	assert_int_equal(buf_size(&fixture->out), sizeof("<uav2> [-] ") + PAYLOAD);
	bytes[0] = '\n'; /* takes one more */
	buf_clear(&fixture->out);
	assert_int_equal(front_text.write(&fixture->out, &event, LINE, &names), 0);
	assert_slice(buf_slice(&fixture->out), "<uav2> [-] (64512 bytes)\n");
}

/* Escapes take time: of a message to many they are made once, whoever's hops are in front. */
static void a_message_to_many_is_made_once(void **state)
{
	struct fixture *fixture = *state;
	struct encoded other = {0};
	struct event event = {
		.kind = EVENT_DELIVERY,
		.encoded = &fixture->encoded,
		.delivery = {.sender = slice_str("uav2"), .payload = slice_str("a\nb")},
	};

	fixture->encoded.owner = &front_protobuf; /* it keeps its room */
	fixture->encoded.size = 1;
	fixture->encoded.other = &other;
	assert_written(fixture, &event, "<uav2> [-] a\\nb\n");
	other.data[0] = 'A'; /* seen if it were made again */
	event.delivery.to = slice_str("red");
	assert_written(fixture, &event, "<uav2|red> [-] A\\nb\n");
	assert_ptr_equal(fixture->encoded.owner, &front_protobuf);
	assert_int_equal(fixture->encoded.size, 1);
	other.size = 0; /* another message */
	assert_written(fixture, &event, "<uav2|red> [-] a\\nb\n");
	free(other.data);
}

static void outcomes_are_lines(void **state)
{
	uint8_t room[LINK_MAX_BYTES];
	const struct hop hop = hop_of(OUTCOME_LOST, SOURCE_LIVE, room);
	const struct target_outcome outcomes[] = {
		{slice_str("uav1"), OUTCOME_LOST, REASON_PACKET_ERROR, &hop, 1},
		{slice_str("uav2"), OUTCOME_DELIVERED, REASON_NONE, &hop, 1},
		{slice_str("uav3"), OUTCOME_TARGET_OFFLINE, REASON_NONE, NULL, 0},
	};
	struct event event = {.kind = EVENT_SEND_REPORT, .ref = 1};

	event.report = (struct event_send_report){.outcomes = &outcomes[1], .count = 1};
	assert_written(*state, &event, "= uav2 DELIVERED [15.70 dB 0.092 ms]\n");
	event.report = (struct event_send_report){
		.outcomes = outcomes, .count = 3, .to_many = true, .delivered = 48};
	assert_written(*state, &event,
		       "= al\\ ice\\| LOST (PACKET_ERROR) [15.70 dB 0.092 ms]\n"
		       "= uav3 TARGET_OFFLINE\n= 48 DELIVERED\n");
	event.report.more = true;
	event.report.count = 2;
	assert_written(*state, &event, "= al\\ ice\\| LOST (PACKET_ERROR) [15.70 dB 0.092 ms]\n");
	event.report = (struct event_send_report){.to_many = true};
	assert_written(*state, &event, "= nobody else is there\n");
}

static void the_rest_is_told(void **state)
{
	struct event event = {.kind = EVENT_DONE, .ref = 1};

	assert_written(*state, &event, "* done\n");
	event.kind = EVENT_PING;
	assert_written(*state, &event, "? still there? any line answers, an empty one too\n");
	event.kind = EVENT_PONG;
	assert_written(*state, &event, "* pong\n");
	event.kind = EVENT_ERROR;
	event.error = (struct event_error){ERROR_NO_SCENARIO, slice_str("none\nat all")};
	assert_written(*state, &event, "! NO_SCENARIO none\\nat all: scenario|NAME\n");
	event.error = (struct event_error){ERROR_NO_SUCH_SCENARIO, slice_str("none")};
	assert_written(*state, &event, "! NO_SUCH_SCENARIO none: scenarios lists them\n");
	event.error = (struct event_error){ERROR_UNSPECIFIED, slice_str("a\nb")};
	assert_written(*state, &event, "! UNSPECIFIED a\\nb\n");
	event.kind = EVENT_GOODBYE;
	event.goodbye = (struct event_goodbye){GOODBYE_LEFT, slice_str("as you wish"), 0};
	assert_written(*state, &event, "* goodbye LEFT as you wish\n");
	event.goodbye.retry_after_ms = 1500;
	assert_written(*state, &event, "* goodbye LEFT as you wish; come again in 1500 ms\n");
}

/* No name looks like a part of a line, nor like another's. */
static void names_cannot_forge(void **state)
{
	struct presence_entry entry = {.drone_id = slice_str("uav2"), .what = PRESENCE_WHAT_ONLINE};
	struct event event = {.kind = EVENT_PRESENCE, .presence = {&entry, 1, 0, 0}};

	entry.callsign = slice_str("a> [0.00 dB] \\|<");
	assert_written(*state, &event, "* a\\>\\ [0.00\\ dB]\\ \\\\\\|\\< is here\n");
	entry.callsign = slice_str("a\xc2\xa0\xe3\x80\x80\xe2\x80\x8b\xe2\x80\xae");
	assert_written(*state, &event, "* a\\\xc2\xa0\\\xe3\x80\x80\\u200b\\u202e is here\n");
}

static void nothing_is_appended_when_memory_is_out(void **state)
{
	uint8_t room[12];
	struct event event = {.kind = EVENT_PING};
	struct buf out;

	(void)state;
	buf_init_fixed(&out, room, sizeof(room));
	assert_int_equal(buf_append(&out, "ab", 2), 0);
	assert_int_equal(front_text.write(&out, &event, MAX_LINE, &names), -1);
	assert_slice(buf_slice(&out), "ab");
	event.kind = EVENT_DELIVERY;
	event.delivery =
		(struct event_delivery){.sender = slice_str("u"), .payload = BYTES("\n\n")};
	assert_int_equal(front_text.write(&out, &event, MAX_LINE, &names), -1);
	assert_slice(buf_slice(&out), "ab");
	buf_fini(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(commands_are_requests),
		TEST(messages_are_sends),
		TEST(commands_with_a_part_missing_are_refused),
		TEST(positions_are_local),
		TEST(who_must_register_does),
		TEST(an_empty_line_only_shows_that_somebody_is_there),
		TEST(help_is_for_the_front),
		TEST(telnet_is_told_of_its_timing_mark),
		TEST(what_is_interrupted_is_not_done),
		TEST(what_is_no_text_is_refused),
		TEST(web_pages_are_not_listened_to),
		TEST(lines_are_read_one_after_another),
		TEST(a_line_has_a_largest_size),
		TEST(what_telnet_negotiates_is_passed_over),
		TEST(what_is_negotiated_within_an_end_does_not_part_it),
		TEST(blanks_of_a_name_are_typed_as_they_are_shown),
		TEST(a_negotiation_may_hold_its_own_signs),
		TEST(a_negotiation_without_end_is_too_long),
		TEST(commands_within_a_line_have_bounds),
		TEST(only_what_is_new_is_looked_at),
		TEST(who_comes_is_asked_or_welcome),
		TEST(scenarios_are_lines),
		TEST(drones_are_lines),
		TEST(presence_is_told),
		TEST(presence_is_made_once),
		TEST(messages_are_lines),
		TEST(a_message_to_many_is_made_once),
		TEST(what_is_no_text_is_not_shown),
		TEST(a_line_is_no_longer_than_a_frame),
		TEST(outcomes_are_lines),
		TEST(the_rest_is_told),
		TEST(names_cannot_forge),
		TEST(nothing_is_appended_when_memory_is_out),
	};

	return cmocka_run_group_tests_name("front_text", tests, NULL, NULL);
}
