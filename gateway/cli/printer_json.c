#include "cli/escape.h"
#include "cli/printer.h"

#include "wire/hot_codec.h"

#include <jansson.h>
#include <stdlib.h>

/* Setting a member to what could not be made (out of memory, text that is not
 * UTF-8) fails, and leaves the member out. */

static void set(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

static void set_text(json_t *object, const char *key, struct slice text)
{
	set(object, key, json_stringn(text.size ? (const char *)text.data : "", text.size));
}

static void set_name(json_t *object, const char *key, const char *name)
{
	set(object, key, json_string(name));
}

/* JSON readers agree on integers up to 2^63 - 1 at most. */
static void set_integer(json_t *object, const char *key, uint64_t value)
{
	set(object, key, json_integer(value < INT64_MAX ? (json_int_t)value : INT64_MAX));
}

static void set_float(json_t *object, const char *key, float value)
{
	set(object, key, json_real((double)value));
}

static void set_bool(json_t *object, const char *key, bool value)
{
	set(object, key, json_boolean(value));
}

/* jansson escapes everything that is not ASCII, but lets DEL through. It stands in
 * strings alone. */
static int write_piece(const char *piece, size_t size, void *file)
{
	for (size_t i = 0; i < size; i++) {
		int written = piece[i] == 0x7f ? fputs("\\u007f", file) : fputc(piece[i], file);

		if (written == EOF) {
			return -1;
		}
	}
	return 0;
}

/* One line; the object is given back. */
static void write_line(FILE *file, json_t *object)
{
	(void)json_dump_callback(object, write_piece, file,
				 JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9));
	(void)fputc('\n', file);
	json_decref(object);
}

static json_t *event_object(const char *event)
{
	json_t *object = json_object();

	set_name(object, "event", event);
	return object;
}

static json_t *position_object(const struct position *position)
{
	json_t *object = json_object(), *frame = json_object();

	if (position->frame == POSITION_GEODETIC) {
		set(frame, "latitude_e7", json_integer(position->geodetic.latitude_e7));
		set(frame, "longitude_e7", json_integer(position->geodetic.longitude_e7));
		set(frame, "altitude_mm", json_integer(position->geodetic.altitude_mm));
		set(object, "geodetic", frame);
	} else {
		set_float(frame, "east_m", position->local.east);
		set_float(frame, "north_m", position->local.north);
		set_float(frame, "up_m", position->local.up);
		set(object, "local", frame);
	}
	return object;
}

static void json_drone_head(FILE *file)
{
	(void)file;
}

static void json_drone(FILE *file, const struct drone_entry *drone)
{
	json_t *object = json_object();

	set_text(object, "drone_id", drone->drone_id);
	set_text(object, "callsign", drone->callsign);
	set_name(object, "kind", drone_kind_name(drone->kind));
	set_text(object, "scenario", drone->scenario);
	set_integer(object, "online_ms", drone->online_ms);
	set_integer(object, "idle_ms", drone->idle_ms);
	if (drone->position.frame != POSITION_UNKNOWN) {
		set(object, "position", position_object(&drone->position));
	}
	write_line(file, object);
}

static json_t *link_object(const struct link_numbers *numbers)
{
	json_t *object = json_object();

	set_integer(object, "delay_us", numbers->delay_us);
	set_integer(object, "propagation_ns", numbers->propagation_ns);
	set_integer(object, "airtime_us", numbers->airtime_us);
	set_float(object, "tx_power_dbm", numbers->tx_power_dbm);
	set_float(object, "rx_power_dbm", numbers->rx_power_dbm);
	set_float(object, "path_loss_db", numbers->path_loss_db);
	set_float(object, "snr_db", numbers->snr_db);
	set_float(object, "sinr_db", numbers->sinr_db);
	set_float(object, "packet_error_rate", numbers->packet_error_rate);
	set_float(object, "doppler_hz", numbers->doppler_hz);
	set_float(object, "distance_m", numbers->distance_m);
	set_name(object, "line_of_sight", line_of_sight_name(numbers->line_of_sight));
	set_integer(object, "bit_errors", numbers->bit_errors);
	return object;
}

static json_t *hop_object(const struct hop *hop)
{
	struct link_numbers numbers;
	json_t *object = json_object();

	set_text(object, "transmitter", hop->transmitter);
	set_text(object, "receiver", hop->receiver);
	set_name(object, "outcome", outcome_name(hop->outcome));
	set_name(object, "reason", reason_name(hop->reason));
	set_name(object, "source", source_name(hop->source));
	set_integer(object, "late_by_us", hop->late_by_us);
	if (hop->link.data && link_read(hop->link, &numbers) == HOT_OK) {
		set(object, "link", link_object(&numbers));
	}
	return object;
}

static void set_hops(json_t *object, const struct hop *hops, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		(void)json_array_append_new(array, hop_object(&hops[i]));
	}
	set(object, "hops", array);
}

static void json_outcome(FILE *file, uint64_t message, const struct target_outcome *outcome)
{
	json_t *object = event_object("outcome");

	set_integer(object, "message", message);
	set_text(object, "drone_id", outcome->drone_id);
	set_name(object, "outcome", outcome_name(outcome->outcome));
	set_name(object, "reason", reason_name(outcome->reason));
	set_hops(object, outcome->hops, outcome->hop_count);
	write_line(file, object);
}

static void json_joined(FILE *file, struct slice id, const struct scenario_entry *scenario)
{
	json_t *object = event_object("joined");

	set_text(object, "drone_id", id);
	set_text(object, "scenario", scenario->name);
	set_text(object, "description", scenario->description);
	set_name(object, "topology", topology_name(scenario->topology));
	set_text(object, "hub", scenario->hub);
	set_integer(object, "drones", scenario->drones);
	set_integer(object, "max_drones", scenario->max_drones);
	set_bool(object, "available", scenario->available);
	set_text(object, "message", scenario->message);
	write_line(file, object);
}

/* RFC 4648, section 4. */
static void set_base64(json_t *object, const char *key, struct slice bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="; /* [64] fills
											up */
	size_t size = (bytes.size + 2) / 3 * 4, at = 0;
	char *text = malloc(size + 1);

	for (size_t i = 0; text && i < bytes.size; i += 3) {
		size_t left = bytes.size - i;
		uint32_t three = (uint32_t)bytes.data[i] << 16 |
				 (left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0) |
				 (left > 2 ? bytes.data[i + 2] : 0);

		text[at++] = digits[three >> 18];
		text[at++] = digits[three >> 12 & 63];
		text[at++] = digits[left > 1 ? three >> 6 & 63 : 64];
		text[at++] = digits[left > 2 ? three & 63 : 64];
	}
	if (text) {
		set(object, key, json_stringn(text, size));
	}
	free(text);
}

static void json_delivery(FILE *file, const struct event_delivery *delivery)
{
	json_t *object = event_object("delivery");

	set_text(object, "sender", delivery->sender);
	set_text(object, "to", delivery->to);
	set_integer(object, "sequence", delivery->sequence);
	if (escape_is_text(delivery->payload)) {
		set_text(object, "payload", delivery->payload);
	}
	set_base64(object, "payload_base64", delivery->payload);
	set_text(object, "content_type", delivery->content_type);
	set_integer(object, "sent_at_us", delivery->sent_at_us);
	set_hops(object, delivery->hops, delivery->hop_count);
	write_line(file, object);
}

static void json_presence(FILE *file, const struct event_presence *presence)
{
	for (size_t i = 0; i < presence->count; i++) {
		const struct presence_entry *entry = &presence->entries[i];
		json_t *object = event_object("presence");

		set_text(object, "drone_id", entry->drone_id);
		set_text(object, "callsign", entry->callsign);
		set_name(object, "what", presence_what_name(entry->what));
		set_name(object, "reason", goodbye_name(entry->reason));
		set_text(object, "scenario", entry->scenario);
		write_line(file, object);
	}
	if (presence->missed) {
		json_t *object = event_object("missed");

		set_integer(object, "missed", presence->missed);
		write_line(file, object);
	}
}

static void json_goodbye(FILE *file, const struct event_goodbye *goodbye)
{
	json_t *object = event_object("goodbye");

	set_name(object, "reason", goodbye_name(goodbye->reason));
	set_text(object, "message", goodbye->message);
	set_integer(object, "retry_after_ms", goodbye->retry_after_ms);
	write_line(file, object);
}

const struct printer printer_json = {
	.drone_head = json_drone_head,
	.drone = json_drone,
	.outcome = json_outcome,
	.joined = json_joined,
	.delivery = json_delivery,
	.presence = json_presence,
	.goodbye = json_goodbye,
};
