#include "cli/escape.h"
#include "cli/json.h"
#include "cli/json_drone.h"
#include "cli/printer.h"

#include "wire/hot_codec.h"

#include <stdlib.h>

static json_t *event_object(const char *event)
{
	json_t *object = json_object();

	json_set_name(object, "event", event);
	return object;
}

/* Lists of objects have none. */
static void json_begin(struct table *table)
{
	(void)table;
}

static void json_end(FILE *file, const struct table *table)
{
	(void)file;
	(void)table;
}

static void json_drone(FILE *file, struct table *table, const struct drone_entry *drone)
{
	(void)table;
	json_write_line(file, json_drone_object(drone));
}

static json_t *link_object(const struct link_numbers *numbers)
{
	json_t *object = json_object();

	json_set_integer(object, "delay_us", numbers->delay_us);
	json_set_integer(object, "propagation_ns", numbers->propagation_ns);
	json_set_integer(object, "airtime_us", numbers->airtime_us);
	json_set_float(object, "tx_power_dbm", numbers->tx_power_dbm);
	json_set_float(object, "rx_power_dbm", numbers->rx_power_dbm);
	json_set_float(object, "path_loss_db", numbers->path_loss_db);
	json_set_float(object, "snr_db", numbers->snr_db);
	json_set_float(object, "sinr_db", numbers->sinr_db);
	json_set_float(object, "packet_error_rate", numbers->packet_error_rate);
	json_set_float(object, "doppler_hz", numbers->doppler_hz);
	json_set_float(object, "distance_m", numbers->distance_m);
	json_set_name(object, "line_of_sight", line_of_sight_name(numbers->line_of_sight));
	json_set_integer(object, "bit_errors", numbers->bit_errors);
	return object;
}

static json_t *hop_object(const struct hop *hop)
{
	struct link_numbers numbers;
	json_t *object = json_object();

	json_set_text(object, "transmitter", hop->transmitter);
	json_set_text(object, "receiver", hop->receiver);
	json_set_name(object, "outcome", outcome_name(hop->outcome));
	json_set_name(object, "reason", reason_name(hop->reason));
	json_set_name(object, "source", source_name(hop->source));
	json_set_integer(object, "late_by_us", hop->late_by_us);
	if (hop->link.data && link_read(hop->link, &numbers) == HOT_OK) {
		json_set(object, "link", link_object(&numbers));
	}
	return object;
}

static void set_hops(json_t *object, const struct hop *hops, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		(void)json_array_append_new(array, hop_object(&hops[i]));
	}
	json_set(object, "hops", array);
}

static void json_outcome(FILE *file, uint64_t message, const struct target_outcome *outcome)
{
	json_t *object = event_object("outcome");

	json_set_integer(object, "message", message);
	json_set_text(object, "drone_id", outcome->drone_id);
	json_set_name(object, "outcome", outcome_name(outcome->outcome));
	json_set_name(object, "reason", reason_name(outcome->reason));
	set_hops(object, outcome->hops, outcome->hop_count);
	json_write_line(file, object);
}

/* All but its name. */
static void set_scenario(json_t *object, const struct scenario_entry *scenario)
{
	json_set_text(object, "description", scenario->description);
	json_set_name(object, "topology", topology_name(scenario->topology));
	json_set_text(object, "hub", scenario->hub);
	json_set_integer(object, "drones", scenario->drones);
	json_set_integer(object, "max_drones", scenario->max_drones);
	json_set_bool(object, "available", scenario->available);
	json_set_text(object, "message", scenario->message);
}

static void json_scenario(FILE *file, struct table *table, const struct scenario_entry *scenario)
{
	json_t *object = json_object();

	(void)table;
	json_set_text(object, "name", scenario->name);
	set_scenario(object, scenario);
	json_write_line(file, object);
}

static void json_joined(FILE *file, struct slice id, const struct scenario_entry *scenario)
{
	json_t *object = event_object("joined");

	json_set_text(object, "drone_id", id);
	json_set_text(object, "scenario", scenario->name);
	set_scenario(object, scenario);
	json_write_line(file, object);
}

static void json_changed(FILE *file, struct slice id, const struct standing *before,
			 const struct scenario_entry *now)
{
	static const char *const names[] = {
		[SCENARIO_AVAILABLE] = "AVAILABLE",
		[SCENARIO_UNAVAILABLE] = "UNAVAILABLE",
		[SCENARIO_CHANGED] = "CHANGED",
		[SCENARIO_REMOVED] = "REMOVED",
	};
	json_t *object = event_object("scenario");

	json_set_name(object, "what", names[standing_change(before, now)]);
	json_set_text(object, "drone_id", id);
	json_set_text(object, "scenario", before->entry.name);
	if (now) {
		set_scenario(object, now);
	}
	json_write_line(file, object);
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
		json_set(object, key, json_stringn(text, size));
	}
	free(text);
}

static void json_delivery(FILE *file, const struct event_delivery *delivery)
{
	json_t *object = event_object("delivery");

	json_set_text(object, "sender", delivery->sender);
	json_set_text(object, "to", delivery->to);
	json_set_integer(object, "sequence", delivery->sequence);
	if (escape_is_text(delivery->payload)) {
		json_set_text(object, "payload", delivery->payload);
	}
	set_base64(object, "payload_base64", delivery->payload);
	json_set_text(object, "content_type", delivery->content_type);
	json_set_integer(object, "sent_at_us", delivery->sent_at_us);
	set_hops(object, delivery->hops, delivery->hop_count);
	json_write_line(file, object);
}

static void json_presence(FILE *file, const struct event_presence *presence)
{
	for (size_t i = 0; i < presence->count; i++) {
		const struct presence_entry *entry = &presence->entries[i];
		json_t *object = event_object("presence");

		json_set_text(object, "drone_id", entry->drone_id);
		json_set_text(object, "callsign", entry->callsign);
		json_set_name(object, "what", presence_what_name(entry->what));
		json_set_name(object, "reason", goodbye_name(entry->reason));
		json_set_text(object, "scenario", entry->scenario);
		json_write_line(file, object);
	}
	if (presence->missed) {
		json_t *object = event_object("missed");

		json_set_integer(object, "missed", presence->missed);
		json_write_line(file, object);
	}
}

static void json_goodbye(FILE *file, const struct event_goodbye *goodbye)
{
	json_t *object = event_object("goodbye");

	json_set_name(object, "reason", goodbye_name(goodbye->reason));
	json_set_text(object, "message", goodbye->message);
	json_set_integer(object, "retry_after_ms", goodbye->retry_after_ms);
	json_write_line(file, object);
}

const struct printer printer_json = {
	.drones_begin = json_begin,
	.drone = json_drone,
	.scenarios_begin = json_begin,
	.list_end = json_end,
	.scenario = json_scenario,
	.outcome = json_outcome,
	.joined = json_joined,
	.changed = json_changed,
	.delivery = json_delivery,
	.presence = json_presence,
	.goodbye = json_goodbye,
};
