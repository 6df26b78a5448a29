#include "cli/escape.h"
#include "cli/printer.h"

#include "wire/hot_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

struct capture {
	FILE *file;
	char *text;
	size_t size;
};

static int set_up(void **state)
{
	struct capture *capture = calloc(1, sizeof(*capture));

	assert_non_null(capture);
	capture->file = open_memstream(&capture->text, &capture->size);
	assert_non_null(capture->file);
	*state = capture;
	return 0;
}

static int tear_down(void **state)
{
	struct capture *capture = *state;

	(void)fclose(capture->file);
	free(capture->text);
	free(capture);
	return 0;
}

/* What was printed since the last call. */
static const char *printed(struct capture *capture)
{
	assert_int_equal(fflush(capture->file), 0);
	rewind(capture->file);
	return capture->text;
}

static void escaped_is(struct capture *capture, struct slice text, const char *wanted)
{
	size_t columns = escape_print(capture->file, text);

	(void)fputc('\0', capture->file);
	assert_string_equal(printed(capture), wanted);
	if (!strstr(wanted, "\xc3")) {
		assert_int_equal(columns, strlen(wanted));
	}
}

/* One line of JSON, in plain ASCII without control characters. */
static json_t *printed_object(struct capture *capture)
{
	const char *text = printed(capture);
	size_t end = strcspn(text, "\n");
	json_error_t error;
	json_t *object;

	assert_int_equal(text[end], '\n');
	for (size_t i = 0; i < end; i++) {
		assert_in_range(text[i], 0x20, 0x7e);
	}
	object = json_loadb(text, end, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(object);
	return object;
}

static void text_is(const json_t *object, const char *key, const char *wanted)
{
	const char *value = json_string_value(json_object_get(object, key));

	assert_non_null(value);
	assert_string_equal(value, wanted);
}

static void integer_is(const json_t *object, const char *key, uint64_t wanted)
{
	const json_t *value = json_object_get(object, key);

	assert_true(json_is_integer(value));
	assert_int_equal(json_integer_value(value), wanted);
}

static void float_is(const json_t *object, const char *key, float wanted)
{
	const json_t *value = json_object_get(object, key);

	assert_true(json_is_real(value));
	assert_true((float)json_real_value(value) == wanted);
}

static const struct link_numbers numbers = {
	.delay_us = 4294967295u,
	.propagation_ns = 3335,
	.airtime_us = 1200,
	.tx_power_dbm = 20.0f,
	.rx_power_dbm = -71.333336f,
	.path_loss_db = 91.3333359f,
	.snr_db = 0.1f,
	.sinr_db = -0.0f,
	.packet_error_rate = 1.17549435e-38f,
	.doppler_hz = 3.40282347e+38f,
	.distance_m = 1000.00006f, /* needs nine digits */
	.line_of_sight = LINE_OF_SIGHT_NLOS,
	.bit_errors = 7,
};

static struct hop hop_of(uint8_t *link)
{
	return (struct hop){
		.transmitter = slice_str("uav1"),
		.receiver = slice_str("uav2"),
		.outcome = OUTCOME_CORRUPTED,
		.reason = REASON_NONE,
		.source = SOURCE_LIVE,
		.late_by_us = 42,
		.link = slice_of(link, link_write(link, &numbers)),
	};
}

/* ------------------------------------------------------------------ escaping */

static void text_passes_as_it_is(void **state)
{
	escaped_is(*state, slice_str("plain text, \"quoted\""), "plain text, \"quoted\"");
	escaped_is(*state, slice_str("Zo\xc3\xab"), "Zo\xc3\xab");
	escaped_is(*state, slice_str(""), "");
}

static void what_drives_a_terminal_is_escaped(void **state)
{
	escaped_is(*state, slice_str("\x1b[2Jx"), "\\x1b[2Jx");
	escaped_is(*state, slice_str("a\nb\tc\rd"), "a\\nb\\tc\\rd");
	escaped_is(*state, slice_str("\x7f"), "\\x7f");
	escaped_is(*state, slice_str("\xc2\x9b"), "\\u009b");
	escaped_is(*state, slice_str("\xe2\x80\xae"), "\\u202e");
	escaped_is(*state, slice_of("a\0b", 3), "a\\x00b");
}

static void what_cannot_be_seen_is_escaped(void **state)
{
	escaped_is(*state,
		   slice_str("uav\xe2\x80\x8b"
			     "1"),
		   "uav\\u200b1");
	escaped_is(*state, slice_str("\xe2\x80\xa8\xef\xbb\xbf"), "\\u2028\\ufeff");
	escaped_is(*state, slice_str("a\xf3\xa0\x81\x81"), "a\\U000e0041");
}

static void an_escape_cannot_be_forged(void **state)
{
	escaped_is(*state, slice_str("\\x1b"), "\\\\x1b");
}

static void what_is_not_utf8_is_shown_byte_by_byte(void **state)
{
	escaped_is(*state, slice_str("\xff\xc3"), "\\xff\\xc3");
	escaped_is(*state, slice_str("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

static void text_is_told_from_bytes(void **state)
{
	(void)state;
	assert_true(escape_is_text(slice_str("two\nlines\twith\r\n tabs, Zo\xc3\xab")));
	assert_true(escape_is_text(slice_str("")));
	assert_true(escape_is_text(slice_str("\xe2\x9c\x88\xef\xb8\x8f"))); /* a picture */
	assert_false(escape_is_text(slice_str("\x1b[2J")));
	assert_false(escape_is_text(slice_of("a\0b", 3)));
	assert_false(escape_is_text(slice_str("\xff")));
}

/* ---------------------------------------------------------------------- JSON */

static void an_outcome_has_every_number_digit_for_digit(void **state)
{
	uint8_t link_bytes[LINK_MAX_BYTES];
	const struct hop hop = hop_of(link_bytes);
	const struct target_outcome outcome = {.drone_id = slice_str("uav2"),
					       .outcome = OUTCOME_CORRUPTED,
					       .hops = &hop,
					       .hop_count = 1};
	json_t *object, *hops, *link;

	printer_json.outcome(((struct capture *)*state)->file, 3, &outcome);
	object = printed_object(*state);
	text_is(object, "event", "outcome");
	integer_is(object, "message", 3);
	text_is(object, "drone_id", "uav2");
	text_is(object, "outcome", "CORRUPTED");
	text_is(object, "reason", "NONE");
	hops = json_object_get(object, "hops");
	assert_int_equal(json_array_size(hops), 1);
	hops = json_array_get(hops, 0);
	text_is(hops, "transmitter", "uav1");
	text_is(hops, "receiver", "uav2");
	text_is(hops, "source", "LIVE");
	integer_is(hops, "late_by_us", 42);
	link = json_object_get(hops, "link");
	assert_int_equal(json_object_size(link), 13);
	integer_is(link, "delay_us", numbers.delay_us);
	integer_is(link, "propagation_ns", numbers.propagation_ns);
	integer_is(link, "airtime_us", numbers.airtime_us);
	float_is(link, "tx_power_dbm", numbers.tx_power_dbm);
	float_is(link, "rx_power_dbm", numbers.rx_power_dbm);
	float_is(link, "path_loss_db", numbers.path_loss_db);
	float_is(link, "snr_db", numbers.snr_db);
	float_is(link, "sinr_db", numbers.sinr_db);
	float_is(link, "packet_error_rate", numbers.packet_error_rate);
	float_is(link, "doppler_hz", numbers.doppler_hz);
	float_is(link, "distance_m", numbers.distance_m);
	text_is(link, "line_of_sight", "NLOS");
	integer_is(link, "bit_errors", numbers.bit_errors);
	json_decref(object);
}

static void a_hop_that_was_never_in_the_channel_has_no_link(void **state)
{
	const struct hop hop = {.transmitter = slice_str("uav1"), .receiver = slice_str("uav2")};
	const struct target_outcome outcome = {.drone_id = slice_str("uav2"),
					       .outcome = OUTCOME_SIMULATOR_DOWN,
					       .hops = &hop,
					       .hop_count = 1};
	json_t *object;

	printer_json.outcome(((struct capture *)*state)->file, 1, &outcome);
	object = printed_object(*state);
	assert_null(json_object_get(json_array_get(json_object_get(object, "hops"), 0), "link"));
	json_decref(object);
}

static void json_delivery_of(struct capture *capture, struct slice payload, const char *text,
			     const char *base64)
{
	const struct event_delivery delivery = {.sender = slice_str("uav1"),
						.sequence = UINT64_MAX,
						.payload = payload,
						.content_type = slice_str("text/plain"),
						.sent_at_us = 1700000000000000};
	json_t *object;

	printer_json.delivery(capture->file, &delivery);
	object = printed_object(capture);
	text_is(object, "sender", "uav1");
	text_is(object, "content_type", "text/plain");
	text_is(object, "payload_base64", base64);
	integer_is(object, "sent_at_us", 1700000000000000);
	integer_is(object, "sequence", INT64_MAX);
	if (text) {
		text_is(object, "payload", text);
	} else {
		assert_null(json_object_get(object, "payload"));
	}
	json_decref(object);
}

static void payloads_are_text_and_base64(void **state)
{
	json_delivery_of(*state, slice_str(""), "", "");
	json_delivery_of(*state, slice_str("f"), "f", "Zg==");
	json_delivery_of(*state, slice_str("fo"), "fo", "Zm8=");
	json_delivery_of(*state, slice_str("foo"), "foo", "Zm9v");
	json_delivery_of(*state, slice_str("foob\n"), "foob\n", "Zm9vYgo=");
	json_delivery_of(*state, slice_str("\xff\xfe\xfd\x1b"), NULL, "//79Gw==");
}

static void names_cannot_drive_a_terminal_through_json(void **state)
{
	const char *callsign = "\x1b[2J\x7f\xc2\x9b\xe2\x80\xae\"\\Zo\xc3\xab";
	const struct drone_entry drone = {
		.drone_id = slice_str("uav1"),
		.callsign = slice_str(callsign),
		.kind = DRONE_KIND_GROUND_STATION,
		.online_ms = 1500,
		.position = {.frame = POSITION_GEODETIC, .geodetic = {521234567, -1234567890, -5}},
	};
	json_t *object, *geodetic;

	printer_json.drone(((struct capture *)*state)->file, NULL, &drone);
	object = printed_object(*state);
	text_is(object, "callsign", callsign);
	text_is(object, "kind", "GROUND_STATION");
	integer_is(object, "online_ms", 1500);
	geodetic = json_object_get(json_object_get(object, "position"), "geodetic");
	integer_is(geodetic, "latitude_e7", 521234567);
	integer_is(geodetic, "longitude_e7", (uint64_t)-1234567890);
	integer_is(geodetic, "altitude_mm", (uint64_t)-5);
	assert_null(json_object_get(object, "traffic"));
	json_decref(object);
}

static void traffic_has_the_names_of_the_protocol(void **state)
{
	struct drone_entry drone = {
		.drone_id = slice_str("uav1"),
		.has_traffic = true,
		.stay = 3,
		.traffic = {5, 7, 6, 9, true, -1.5f},
	};
	json_t *object, *traffic;

	printer_json.drone(((struct capture *)*state)->file, NULL, &drone);
	object = printed_object(*state);
	traffic = json_object_get(object, "traffic");
	integer_is(traffic, "stay", 3);
	integer_is(traffic, "sent", 5);
	integer_is(traffic, "targets", 7);
	integer_is(traffic, "delivered", 6);
	integer_is(traffic, "received", 9);
	assert_true(json_real_value(json_object_get(json_object_get(traffic, "heard"), "snr_db")) ==
		    -1.5);
	json_decref(object);
	drone.traffic.heard = false;
	printer_json.drone(((struct capture *)*state)->file, NULL, &drone);
	object = printed_object(*state);
	assert_null(json_object_get(json_object_get(object, "traffic"), "heard"));
	json_decref(object);
}

static void presence_is_an_object_for_each_event(void **state)
{
	struct capture *capture = *state;
	const struct presence_entry entries[] = {
		{.drone_id = slice_str("uav1"), .what = PRESENCE_WHAT_ONLINE},
		{.drone_id = slice_str("uav2"),
		 .what = PRESENCE_WHAT_OFFLINE,
		 .reason = GOODBYE_IDLE_TIMEOUT},
	};
	const struct event_presence presence = {.entries = entries, .count = 2, .missed = 9};
	const char *line;
	json_t *object;

	printer_json.presence(capture->file, &presence);
	object = printed_object(capture);
	text_is(object, "event", "presence");
	text_is(object, "what", "ONLINE");
	json_decref(object);
	line = strchr(capture->text, '\n') + 1;
	assert_non_null(strstr(line, "\"what\":\"OFFLINE\",\"reason\":\"IDLE_TIMEOUT\""));
	line = strchr(line, '\n') + 1;
	assert_string_equal(line, "{\"event\":\"missed\",\"missed\":9}\n");
}

static void goodbye_tells_its_reason(void **state)
{
	const struct event_goodbye goodbye = {.reason = GOODBYE_TAKEN_OVER,
					      .message = slice_str("elsewhere"),
					      .retry_after_ms = 2000};
	json_t *object;

	printer_json.goodbye(((struct capture *)*state)->file, &goodbye);
	object = printed_object(*state);
	text_is(object, "reason", "TAKEN_OVER");
	text_is(object, "message", "elsewhere");
	integer_is(object, "retry_after_ms", 2000);
	json_decref(object);
}

/* ---------------------------------------------------------------------- text */

static void an_outcome_tells_its_hops_in_lines(void **state)
{
	struct capture *capture = *state;
	uint8_t link_bytes[LINK_MAX_BYTES];
	struct link_numbers near = numbers;
	struct hop hop = hop_of(link_bytes);
	const struct target_outcome outcome = {.drone_id = slice_str("uav2"),
					       .outcome = OUTCOME_LOST,
					       .reason = REASON_PACKET_ERROR,
					       .hops = &hop,
					       .hop_count = 1};

	near.delay_us = 1204;
	near.distance_m = 512.25f;
	hop.link.size = link_write(link_bytes, &near);
	printer_text.outcome(capture->file, 1, &outcome);
	(void)fputc('\0', capture->file);
	assert_string_equal(printed(capture),
			    "message 1 to uav2: LOST (PACKET_ERROR)\n"
			    "    uav1 -> uav2: CORRUPTED, delay 1.204 ms, SNR 0.1 dB, path loss "
			    "91.3 dB, distance 512.2 m, bit errors 7, late by 0.042 ms, LIVE\n");
}

static void what_disturbed_it_is_told(void **state)
{
	struct capture *capture = *state;
	uint8_t link_bytes[LINK_MAX_BYTES];
	struct link_numbers disturbed = {.snr_db = 20.0f, .sinr_db = -3.5f};
	struct hop hop = hop_of(link_bytes);
	const struct target_outcome outcome = {.drone_id = slice_str("uav2"),
					       .outcome = OUTCOME_LOST,
					       .reason = REASON_INTERFERENCE,
					       .hops = &hop,
					       .hop_count = 1};

	hop.link.size = link_write(link_bytes, &disturbed);
	printer_text.outcome(capture->file, 1, &outcome);
	disturbed.sinr_db = disturbed.snr_db;
	hop.link.size = link_write(link_bytes, &disturbed);
	printer_text.outcome(capture->file, 2, &outcome);
	(void)fputc('\0', capture->file);
	assert_non_null(strstr(printed(capture), ", SNR 20.0 dB, SINR -3.5 dB, path loss"));
	assert_non_null(strstr(strstr(printed(capture), "message 2"), ", SNR 20.0 dB, path loss"));
}

static void two_hops_have_a_line_each(void **state)
{
	struct capture *capture = *state;
	uint8_t link_bytes[LINK_MAX_BYTES];
	struct hop hops[2] = {hop_of(link_bytes)};
	const struct event_delivery delivery = {.sender = slice_str("uav1"),
						.to = slice_str("red"),
						.sequence = 3,
						.payload = slice_str("x"),
						.hops = hops,
						.hop_count = 2};
	const struct link_numbers first = {.delay_us = 1500, .distance_m = 10.0f};

	hops[0].link.size = link_write(link_bytes, &first);
	hops[0].late_by_us = 0;
	hops[1] = (struct hop){.transmitter = slice_str("hub"),
			       .receiver = slice_str("uav2"),
			       .outcome = OUTCOME_DELIVERED,
			       .source = SOURCE_BYPASSED,
			       .late_by_us = 2500};
	printer_text.delivery(capture->file, &delivery);
	(void)fputc('\0', capture->file);
	assert_string_equal(printed(capture),
			    "00:00:00.000 uav1 to red #3: x\n"
			    "    uav1 -> uav2: CORRUPTED, delay 1.500 ms, SNR 0.0 dB, path loss "
			    "0.0 dB, distance 10.0 m, LIVE\n"
			    "    hub -> uav2: DELIVERED, late by 2.500 ms, BYPASSED\n");
}

static void hubs_and_new_names_are_told(void **state)
{
	struct capture *capture = *state;
	const struct presence_entry entries[] = {
		{.drone_id = slice_str("gs"),
		 .what = PRESENCE_WHAT_HUB_UP,
		 .scenario = slice_str("star")},
		{.drone_id = slice_str("gs"),
		 .what = PRESENCE_WHAT_HUB_DOWN,
		 .scenario = slice_str("star")},
		{.drone_id = slice_str("uav1"),
		 .callsign = slice_str("Zo\xc3\xab"),
		 .what = PRESENCE_WHAT_RENAMED},
	};
	const struct event_presence presence = {.entries = entries, .count = 3};

	printer_text.presence(capture->file, &presence);
	(void)fputc('\0', capture->file);
	assert_string_equal(printed(capture), "* gs HUB_UP in star\n"
					      "* gs HUB_DOWN in star\n"
					      "* uav1 \"Zo\xc3\xab\" RENAMED\n");
	printer_json.presence(capture->file, &presence);
	(void)fputc('\0', capture->file);
	assert_non_null(strstr(printed(capture), "\"what\":\"HUB_DOWN\""));
}

static void text_delivery_is(struct capture *capture, struct slice payload, const char *wanted)
{
	const struct event_delivery delivery = {.sender = slice_str("uav1"),
						.sequence = 5,
						.payload = payload,
						.sent_at_us = 1700000000123456};

	printer_text.delivery(capture->file, &delivery);
	(void)fputc('\0', capture->file);
	assert_string_equal(printed(capture), wanted);
}

static void payloads_are_text_or_hex(void **state)
{
	text_delivery_is(*state, slice_str("two\nlines"), "22:13:20.123 uav1 #5: two\\nlines\n");
	text_delivery_is(*state, slice_str("\x1b]0;x\x07"),
			 "22:13:20.123 uav1 #5: hex 1b5d303b7807\n");
}

static void a_callsign_cannot_break_the_table(void **state)
{
	struct capture *capture = *state;
	const struct drone_entry drone = {.drone_id = slice_str("uav1"),
					  .callsign = slice_str("x\n\x1b[31m"),
					  .online_ms = 61000};

	struct table table;

	printer_text.drones_begin(&table);
	printer_text.drone(capture->file, &table, &drone);
	printer_text.list_end(capture->file, &table);
	table_fini(&table);
	(void)fputc('\0', capture->file);
	assert_string_equal(printed(capture),
			    "ID   CALLSIGN    KIND  SCENARIO ONLINE IDLE  POSITION\n"
			    "uav1 x\\n\\x1b[31m DRONE -        1m01s  0.0 s -\n");
}

static void a_scenario_that_is_not_available_says_why(void **state)
{
	struct capture *capture = *state;
	const struct scenario_entry plain = {.name = slice_str("field"),
					     .topology = TOPOLOGY_MESH,
					     .max_drones = 10000,
					     .available = true};
	const struct scenario_entry refused = {.name = slice_str("star"),
					       .description = slice_str("Around\ta hub"),
					       .topology = TOPOLOGY_STAR,
					       .hub = slice_str("gs"),
					       .message = slice_str("no model \x1b[2J"),
					       .drones = 3,
					       .max_drones = 50};
	struct table table;
	json_t *object;

	printer_text.scenarios_begin(&table);
	printer_text.scenario(capture->file, &table, &plain);
	printer_text.scenario(capture->file, &table, &refused);
	printer_text.list_end(capture->file, &table);
	table_fini(&table);
	(void)fputc('\0', capture->file);
	assert_string_equal(printed(capture),
			    "SCENARIO TOPOLOGY HUB DRONES/MAX AVAILABLE DESCRIPTION\n"
			    "field    MESH     -   0/10000    yes       -\n"
			    "star     STAR     gs  3/50       no        Around\\ta hub\n"
			    "    not available: no model \\x1b[2J\n");
	printer_json.scenarios_begin(NULL);
	printer_json.scenario(capture->file, NULL, &refused);
	printer_json.list_end(capture->file, NULL);
	object = printed_object(capture);
	assert_int_equal(json_object_size(object), 8);
	text_is(object, "name", "star");
	text_is(object, "description", "Around\ta hub");
	text_is(object, "topology", "STAR");
	text_is(object, "hub", "gs");
	text_is(object, "message", "no model \x1b[2J");
	integer_is(object, "drones", 3);
	integer_is(object, "max_drones", 50);
	assert_true(json_is_false(json_object_get(object, "available")));
	json_decref(object);
}

static void a_move_says_where_to(void **state)
{
	struct capture *capture = *state;
	const struct presence_entry entries[] = {
		{.drone_id = slice_str("s1"),
		 .what = PRESENCE_WHAT_SCENARIO,
		 .scenario = slice_str("field")},
		{.drone_id = slice_str("s1"), .what = PRESENCE_WHAT_SCENARIO},
	};
	const struct event_presence presence = {.entries = entries, .count = 2};

	printer_text.presence(capture->file, &presence);
	(void)fputc('\0', capture->file);
	assert_string_equal(printed(capture), "* s1 entered field\n* s1 left its scenario\n");
}

/* What is told, in a line and as JSON, when `now` follows `before`; *before becomes *now. */
static void change_is(struct capture *capture, struct standing *before,
		      const struct scenario_entry *now, const char *wanted, const char *what)
{
	json_t *object;

	printer_text.changed(capture->file, slice_str("ear"), before, now);
	(void)fputc('\0', capture->file);
	assert_string_equal(printed(capture), wanted);
	printer_json.changed(capture->file, slice_str("ear"), before, now);
	object = printed_object(capture);
	text_is(object, "event", "scenario");
	text_is(object, "what", what);
	text_is(object, "drone_id", "ear");
	text_is(object, "scenario", "field");
	assert_int_equal(json_object_size(object), now ? 11 : 4);
	json_decref(object);
	if (now) {
		standing_take(before, now);
	}
}

static void what_becomes_of_the_scenario_is_one_line(void **state)
{
	char why[] = "away\n";
	struct standing before = {0};
	struct scenario_entry now = {.name = slice_str("field"),
				     .topology = TOPOLOGY_STAR,
				     .hub = slice_str("gs"),
				     .max_drones = 5,
				     .available = true};

	standing_take(&before, &now);
	change_is(*state, &before, &now, "* scenario field was changed\n", "CHANGED");
	now.drones = 3;
	now.available = false;
	now.message = slice_str(why);
	change_is(*state, &before, &now, "* scenario field is not available: away\\n\n",
		  "UNAVAILABLE");
	why[0] = 'x'; /* what was told once is kept, not pointed to */
	now.message = slice_str("refused");
	now.hub = slice_str("tower");
	change_is(*state, &before, &now,
		  "* scenario field is not available: refused; hub gs -> tower\n", "UNAVAILABLE");
	change_is(*state, &before, &now, "* scenario field was changed\n", "CHANGED");
	now.available = true;
	now.message = slice_str("");
	change_is(*state, &before, &now, "* scenario field is available now\n", "AVAILABLE");
	now.topology = TOPOLOGY_MESH;
	now.hub = slice_str("");
	now.max_drones = 9;
	now.description = slice_str("\x1b");
	change_is(*state, &before, &now,
		  "* scenario field was changed; topology STAR -> MESH; hub tower -> -; max_drones "
		  "5 -> 9; description - -> \\x1b\n",
		  "CHANGED");
	change_is(*state, &before, NULL, "* scenario field was removed: ear is in none now\n",
		  "REMOVED");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text_passes_as_it_is),
		TEST(what_drives_a_terminal_is_escaped),
		TEST(what_cannot_be_seen_is_escaped),
		TEST(an_escape_cannot_be_forged),
		TEST(what_is_not_utf8_is_shown_byte_by_byte),
		cmocka_unit_test(text_is_told_from_bytes),
		TEST(an_outcome_has_every_number_digit_for_digit),
		TEST(a_hop_that_was_never_in_the_channel_has_no_link),
		TEST(payloads_are_text_and_base64),
		TEST(names_cannot_drive_a_terminal_through_json),
		TEST(traffic_has_the_names_of_the_protocol),
		TEST(presence_is_an_object_for_each_event),
		TEST(goodbye_tells_its_reason),
		TEST(an_outcome_tells_its_hops_in_lines),
		TEST(two_hops_have_a_line_each),
		TEST(what_disturbed_it_is_told),
		TEST(hubs_and_new_names_are_told),
		TEST(payloads_are_text_or_hex),
		TEST(a_move_says_where_to),
		TEST(what_becomes_of_the_scenario_is_one_line),
		TEST(a_callsign_cannot_break_the_table),
		TEST(a_scenario_that_is_not_available_says_why),
	};

	return cmocka_run_group_tests_name("cli print", tests, NULL, NULL);
}
