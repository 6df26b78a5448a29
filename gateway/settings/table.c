#include "settings/table.h"

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Upper bounds, beyond which a value is a slip rather than a wish. */
#define MINUTE_MS 60000u
#define HOUR_MS 3600000u
#define DAY_MS 86400000u
#define MILLION 1000000u
#define KIB 1024u
#define MIB (1024u * 1024u)
#define GIB (1024u * 1024u * 1024u)
#define TIB (1024ull * GIB)

static const struct choice level_choices[] = {
	{"debug", LOG_LEVEL_DEBUG, false},
	{"info", LOG_LEVEL_INFO, false},
	{"warning", LOG_LEVEL_WARNING, false},
	{"error", LOG_LEVEL_ERROR, false},
	{NULL, 0, false},
};

static const struct choice protocol_choices[] = {
	{"protobuf", 0, false},
	{"text", 0, true},
	{"mavlink", 0, true},
	{NULL, 0, false},
};

static const struct choice simulator_down_choices[] = {
	{"fail", DOWN_FAIL, false},
	{"queue", DOWN_QUEUE, false},
	{"bypass", DOWN_BYPASS, false},
	{NULL, 0, false},
};

static const struct choice topology_choices[] = {
	{"mesh", TOPOLOGY_MESH, false},
	{"star", TOPOLOGY_STAR, true},
	{NULL, 0, false},
};

const struct section table_sections[] = {
	{"gateway", TARGET_SETTINGS, false, "The gateway as a whole.", NULL},
	{"listen", TARGET_LISTENER, true,
	 "Where drones connect; one section for each address. NAME appears in the log. At "
	 "least one is needed.",
	 "drones"},
	{"simulator", TARGET_SIMULATOR, false,
	 "The link to the channel simulator. The gateway connects, the simulator listens; "
	 "they may be started in any order.",
	 NULL},
	{"sessions", TARGET_SETTINGS, false, "How long the gateway waits for a drone.", NULL},
	{"presence", TARGET_SETTINGS, false, "Telling drones who comes and goes.", NULL},
	{"limits", TARGET_SETTINGS, false, "Bounds on what drones may make the gateway spend.",
	 NULL},
	{"scenario", TARGET_SCENARIO, true,
	 "A scenario that drones can choose as NAME; one section for each. Only members of "
	 "one scenario reach each other.",
	 "example"},
};
const size_t table_section_count = COUNT(table_sections);

/* The columns that the kinds of rows share. */
#define NUMBER(member, least, most)                                                                \
	.kind = VALUE_U32, .offset = offsetof(struct settings, member), .min = (least),            \
	.max = (most)
#define OF_SIMULATOR(member, least, most)                                                          \
	.kind = VALUE_U32, .offset = offsetof(struct simulator_settings, member), .min = (least),  \
	.max = (most)
#define LIMIT(member, least, most) NUMBER(limits.member, least, most), .limit = true

const struct row table_rows[] = {
	{.section = "gateway",
	 .key = "name",
	 .kind = VALUE_NAME,
	 .offset = offsetof(struct settings, name),
	 .preset = "gateway",
	 .help = "What the gateway calls itself towards the simulator and in the log."},
	{.section = "gateway",
	 .key = "log_level",
	 .kind = VALUE_CHOICE,
	 .offset = offsetof(struct settings, log_level),
	 .choices = level_choices,
	 .preset = "info",
	 .reloadable = true,
	 .help = "Lines below this level are not logged."},

	{.section = "listen",
	 .key = "address",
	 .kind = VALUE_ADDRESS,
	 .offset = offsetof(struct listener_settings, address),
	 .required = true,
	 .example = "127.0.0.1:7600",
	 .help = "Where to listen. Port 0 lets the system choose; the log tells which. Every "
		 "interface is 0.0.0.0 or [::]."},
	{.section = "listen",
	 .key = "protocol",
	 .kind = VALUE_WORD,
	 .offset = offsetof(struct listener_settings, protocol),
	 .max = sizeof(((struct listener_settings *)0)->protocol) - 1,
	 .choices = protocol_choices,
	 .preset = "protobuf",
	 .help = "What the drones that connect here speak."},

	{.section = "simulator",
	 .key = "address",
	 .kind = VALUE_ADDRESS,
	 .offset = offsetof(struct simulator_settings, address),
	 .preset = "127.0.0.1:7700",
	 .help = "Where the simulator listens."},
	{.section = "simulator",
	 .key = "timeout_ms",
	 OF_SIMULATOR(timeout_ms, 1, 10 * MINUTE_MS),
	 .preset = "1000",
	 .reloadable = true,
	 .help = "How long a message waits for the simulator's answer before its sender is told "
		 "SIMULATOR_TIMEOUT."},
	{.section = "simulator",
	 .key = "max_in_flight",
	 OF_SIMULATOR(max_in_flight, 1, 16 * MILLION),
	 .preset = "65536",
	 .reloadable = true,
	 .help = "Messages at the simulator at one time; further ones wait with their drones."},
	{.section = "simulator",
	 .key = "max_frame_bytes",
	 OF_SIMULATOR(max_frame_bytes, 4 * KIB, 64 * MIB),
	 .preset = "4194304",
	 .help = "The largest frame taken from the simulator."},
	{.section = "simulator",
	 .key = "on_simulator_down",
	 .kind = VALUE_CHOICE,
	 .offset = offsetof(struct simulator_settings, on_simulator_down),
	 .choices = simulator_down_choices,
	 .preset = "fail",
	 .help = "What happens to messages while the simulator is away. fail: their senders are "
		 "told SIMULATOR_DOWN at once."},
	{.section = "simulator",
	 .key = "connect_timeout_ms",
	 OF_SIMULATOR(connect_timeout_ms, 10, 10 * MINUTE_MS),
	 .preset = "5000",
	 .reloadable = true,
	 .help = "From the start of a connection to the simulator's greeting."},
	{.section = "simulator",
	 .key = "ping_interval_ms",
	 OF_SIMULATOR(ping_interval_ms, 10, HOUR_MS),
	 .preset = "10000",
	 .reloadable = true,
	 .help = "Silence from the simulator after which it is sent a ping."},
	{.section = "simulator",
	 .key = "idle_timeout_ms",
	 OF_SIMULATOR(idle_timeout_ms, 10, DAY_MS),
	 .preset = "30000",
	 .reloadable = true,
	 .help = "Silence from the simulator after which the link is dropped and made anew. Larger "
		 "than ping_interval_ms."},
	{.section = "simulator",
	 .key = "backoff_min_ms",
	 OF_SIMULATOR(backoff_min_ms, 1, HOUR_MS),
	 .preset = "100",
	 .reloadable = true,
	 .help = "The first pause between two attempts to connect. Pauses grow from here and are "
		 "drawn at random below that, so that many gateways do not call at once."},
	{.section = "simulator",
	 .key = "backoff_max_ms",
	 OF_SIMULATOR(backoff_max_ms, 1, HOUR_MS),
	 .preset = "30000",
	 .reloadable = true,
	 .help = "The longest pause between two attempts to connect."},
	{.section = "simulator",
	 .key = "max_queued_bytes",
	 OF_SIMULATOR(max_queued_bytes, 4 * KIB, GIB),
	 .preset = "4194304",
	 .reloadable = true,
	 .help = "Bytes waiting to be written to the simulator, beyond which new messages wait "
		 "with "
		 "their drones. At four times as many the link is dropped and made anew."},

	{.section = "sessions",
	 .key = "idle_timeout_ms",
	 LIMIT(idle_timeout_ms, 10, DAY_MS),
	 .reloadable = true,
	 .help = "Silence after which a drone is sent goodbye (IDLE_TIMEOUT). Larger than "
		 "ping_interval_ms."},
	{.section = "sessions",
	 .key = "ping_interval_ms",
	 LIMIT(ping_interval_ms, 0, HOUR_MS),
	 .reloadable = true,
	 .help = "Silence after which a drone is sent a ping. 0: no pings; drones must speak "
		 "by themselves."},
	{.section = "sessions",
	 .key = "register_timeout_ms",
	 LIMIT(register_timeout_ms, 10, HOUR_MS),
	 .reloadable = true,
	 .help = "From connecting to being registered."},
	{.section = "sessions",
	 .key = "frame_timeout_ms",
	 LIMIT(frame_timeout_ms, 10, HOUR_MS),
	 .reloadable = true,
	 .help = "How long a drone may take to finish a frame that it has started."},
	{.section = "sessions",
	 .key = "takeover_ms",
	 LIMIT(takeover_ms, 0, HOUR_MS),
	 .reloadable = true,
	 .help = "When a newcomer from another host uses the id of a drone that is online, that "
		 "drone "
		 "has this long to show that it is alive; else the newcomer gets the id."},
	{.section = "sessions",
	 .key = "linger_ms",
	 NUMBER(linger_ms, 0, MINUTE_MS),
	 .preset = "2000",
	 .reloadable = true,
	 .help = "How long a closing connection may take to accept its goodbye."},

	{.section = "presence",
	 .key = "interval_ms",
	 LIMIT(presence_interval_ms, 0, MINUTE_MS),
	 .reloadable = true,
	 .help = "Who comes and goes is gathered this long and told in one message."},
	{.section = "presence",
	 .key = "backlog",
	 LIMIT(presence_backlog, 16, MILLION),
	 .help = "Events kept for drones that read slowly. A drone that falls further behind is "
		 "told "
		 "how many it missed."},

	{.section = "limits",
	 .key = "max_drones",
	 LIMIT(max_drones, 1, MILLION),
	 .help = "Connections at one time, registered or not. The process needs as many open files "
		 "and a few more."},
	{.section = "limits",
	 .key = "max_unregistered",
	 LIMIT(max_unregistered, 1, MILLION),
	 .reloadable = true,
	 .help = "Of these, connections that have not registered yet."},
	{.section = "limits",
	 .key = "max_frame_bytes",
	 LIMIT(max_frame_bytes, FRAME_LEAST_BYTES, 16 * MIB),
	 .help = "The largest frame from a registered drone. From 2048 bytes up a payload may have "
		 "1024 "
		 "bytes less than this, below that half of it."},
	{.section = "limits",
	 .key = "max_frame_bytes_unregistered",
	 LIMIT(max_frame_bytes_unregistered, FRAME_LEAST_BYTES, 16 * MIB),
	 .reloadable = true,
	 .help = "The largest frame from a drone that has not registered yet."},
	{.section = "limits",
	 .key = "output_hard_bytes",
	 LIMIT(output_hard_bytes, 2 * FRAME_LEAST_BYTES, GIB),
	 .reloadable = true,
	 .help = "Bytes that may wait for one drone. Beyond that it is sent goodbye (TOO_SLOW). At "
		 "least "
		 "twice max_frame_bytes."},
	{.section = "limits",
	 .key = "output_soft_bytes",
	 LIMIT(output_soft_bytes, 256, GIB),
	 .reloadable = true,
	 .help = "A drone for which more bytes than this wait for output_soft_ms is TOO_SLOW as "
		 "well."},
	{.section = "limits",
	 .key = "output_soft_ms",
	 LIMIT(output_soft_ms, 10, HOUR_MS),
	 .reloadable = true,
	 .help = "See output_soft_bytes."},
	{.section = "limits",
	 .key = "max_in_flight",
	 LIMIT(max_in_flight, 1, 16 * MILLION),
	 .reloadable = true,
	 .help = "Messages accepted and not yet decided, of all drones. Beyond that senders are "
		 "told "
		 "OVERLOADED."},
	{.section = "limits",
	 .key = "max_in_flight_per_drone",
	 LIMIT(max_in_flight_per_drone, 1, MILLION),
	 .reloadable = true,
	 .help = "The same for one drone. Beyond that the gateway stops reading from it until one "
		 "is "
		 "decided."},
	{.section = "limits",
	 .key = "max_in_flight_bytes",
	 .kind = VALUE_U64,
	 .offset = offsetof(struct settings, limits.max_in_flight_bytes),
	 .min = FRAME_LEAST_BYTES,
	 .max = TIB,
	 .limit = true,
	 .reloadable = true,
	 .help = "Memory for payloads in flight over 160 bytes, of all drones."},
	{.section = "limits",
	 .key = "max_stray_results",
	 LIMIT(max_stray_results, 1, MILLION),
	 .reloadable = true,
	 .help = "Answers a second to messages that the simulator was never given or has answered "
		 "before. Beyond that the link is dropped and made anew."},
	{.section = "limits",
	 .key = "decode_arena_bytes",
	 NUMBER(decode_arena_bytes, 16 * KIB, GIB),
	 .preset = "1048576",
	 .help = "Memory that decoding one frame may take. At least twice max_frame_bytes."},
	{.section = "limits",
	 .key = "tcp_user_timeout_ms",
	 NUMBER(tcp_user_timeout_ms, 0, HOUR_MS),
	 .preset = "30000",
	 .help = "How long sent bytes may stay unacknowledged before the connection counts as lost "
		 "(TCP_USER_TIMEOUT). 0: as the system has it."},
	{.section = "limits",
	 .key = "drain_ms",
	 NUMBER(drain_ms, 0, HOUR_MS),
	 .preset = "5000",
	 .reloadable = true,
	 .help = "How long a gateway that is told to stop waits for what is in flight."},

	{.section = "scenario",
	 .key = "description",
	 .kind = VALUE_TEXT,
	 .offset = offsetof(struct scenario_config, description),
	 .max = DESCRIPTION_MAX_BYTES,
	 .preset = "",
	 .reloadable = true,
	 .help = "For people who choose among scenarios."},
	{.section = "scenario",
	 .key = "topology",
	 .kind = VALUE_CHOICE,
	 .offset = offsetof(struct scenario_config, topology),
	 .choices = topology_choices,
	 .preset = "mesh",
	 .help = "mesh: every drone reaches every other in one hop."},
	{.section = "scenario",
	 .key = "max_drones",
	 .kind = VALUE_U32,
	 .offset = offsetof(struct scenario_config, max_drones),
	 .min = 1,
	 .max = MILLION,
	 .example = "100",
	 .reloadable = true,
	 .help = "Members at one time. As many as [limits] max_drones when not given."},
	{.section = "scenario",
	 .key = "origin",
	 .kind = VALUE_ORIGIN,
	 .offset = 0,
	 .example = "37.77, -122.42, 16",
	 .help = "Where local coordinates start: latitude and longitude in degrees (WGS 84), "
		 "altitude in "
		 "metres. Without it drones cannot give geodetic positions here."},
	{.section = "scenario",
	 .key = CHANNEL_PREFIX "*",
	 .kind = VALUE_CHANNEL,
	 .offset = 0,
	 .example = "ideal",
	 .help = "Parameters of the channel, such as channel.model. The gateway hands them to the "
		 "simulator unread, without \"channel.\"; what the simulator refuses is told in "
		 "the "
		 "log."},
};
const size_t table_row_count = COUNT(table_rows);
_Static_assert(COUNT(table_rows) <= TABLE_ROWS_MAX, "one line number for each row");

const struct section *table_find_section(const char *name)
{
	for (size_t i = 0; i < table_section_count; i++) {
		if (strcmp(table_sections[i].name, name) == 0) {
			return &table_sections[i];
		}
	}
	return NULL;
}

const struct row *table_find_row(const char *section, const char *key)
{
	for (size_t i = 0; i < table_row_count; i++) {
		const struct row *row = &table_rows[i];

		if (strcmp(row->section, section) != 0) {
			continue;
		}
		if (row->kind == VALUE_CHANNEL
			    ? strncmp(key, CHANNEL_PREFIX, strlen(CHANNEL_PREFIX)) == 0
			    : strcmp(row->key, key) == 0) {
			return row;
		}
	}
	return NULL;
}
