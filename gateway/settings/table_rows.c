/* What is known of each key. */
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

static const struct choice format_choices[] = {
	{"logfmt", LOG_FORMAT_LOGFMT, false},
	{"json", LOG_FORMAT_JSON, false},
	{NULL, 0, false},
};

static const struct choice protocol_choices[] = {
	{"protobuf", 0, false},
	{"text", 0, false},
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
	{"star", TOPOLOGY_STAR, false},
	{NULL, 0, false},
};

static const struct choice spoke_choices[] = {
	{"relay", SPOKES_RELAY, false},
	{"deny", SPOKES_DENY, false},
	{NULL, 0, false},
};

static const struct choice auth_choices[] = {
	{"none", AUTH_NONE, false},
	{"secret", AUTH_SECRET, false},
	{"tls", AUTH_TLS, false},
	{NULL, 0, false},
};

static const struct choice yes_choices[] = {
	{"yes", true, false},
	{"no", false, false},
	{NULL, 0, false},
};

static const struct choice switch_choices[] = {
	{"on", true, false},
	{"off", false, false},
	{NULL, 0, false},
};

static const struct choice rate_choices[] = {
	{"hold", false, false},
	{"refuse", true, false},
	{NULL, 0, false},
};

static const struct choice window_choices[] = {
	{"fixed", true, false},
	{"adaptive", false, false},
	{NULL, 0, false},
};

static const struct choice delay_choices[] = {
	{"real", true, false},
	{"none", false, false},
	{NULL, 0, false},
};

/* The columns that the kinds of rows share. */
#define NUMBER(member, least, most)                                                                \
	.kind = VALUE_U32, .offset = offsetof(struct settings, member), .min = (least),            \
	.max = (most)
#define OF_SIMULATOR(member, least, most)                                                          \
	.kind = VALUE_U32, .offset = offsetof(struct simulator_settings, member), .min = (least),  \
	.max = (most)
#define OF_LISTENER(member, least, most)                                                           \
	.kind = VALUE_U32, .offset = offsetof(struct listener_settings, member), .min = (least),   \
	.max = (most)
#define OF_SCENARIO(member, least, most)                                                           \
	.kind = VALUE_U32, .offset = offsetof(struct scenario_config, member), .min = (least),     \
	.max = (most)
#define LIMIT(member, least, most) NUMBER(limits.member, least, most), .limit = true

#define WIDE_LIMIT(member, least, most)                                                            \
	.kind = VALUE_U64, .offset = offsetof(struct settings, limits.member), .min = (least),     \
	.max = (most), .limit = true
#define PATH_OF(structure, member)                                                                 \
	.kind = VALUE_PATH, .offset = offsetof(struct structure, member), .max = PATH_MAX_BYTES

const struct row table_rows[] = {
	{.section = "gateway",
	 .key = "name",
	 .kind = VALUE_NAME,
	 .offset = offsetof(struct settings, name),
	 .preset = "gateway",
	 .help = "What the gateway calls itself towards the simulator and in the log."},
	{.section = "gateway",
	 .key = "default_scenario",
	 .kind = VALUE_NAME,
	 .offset = offsetof(struct settings, default_scenario),
	 .refers = "scenario",
	 .example = "example",
	 .reloadable = true,
	 .help = "Where drones are put that name no scenario and whose listener has none."},
	{.section = "gateway",
	 .key = "log_level",
	 .kind = VALUE_CHOICE,
	 .offset = offsetof(struct settings, log_level),
	 .choices = level_choices,
	 .preset = "info",
	 .reloadable = true,
	 .help = "Lines below this level are not logged."},
	{.section = "gateway",
	 .key = "log_format",
	 .kind = VALUE_CHOICE,
	 .offset = offsetof(struct settings, log_format),
	 .choices = format_choices,
	 .preset = "logfmt",
	 .reloadable = true,
	 .help = "logfmt: key=value. json: one object a line."},
	{.section = "gateway",
	 .key = "retry_spread_ms",
	 LIMIT(retry_spread_ms, 0, HOUR_MS),
	 .preset = "5000",
	 .reloadable = true,
	 .help = "A gateway that stops tells its drones when to come again: each another time, "
		 "drawn "
		 "at random from this long, so that they do not all come at once."},
	{.section = "gateway",
	 .key = "include",
	 .kind = VALUE_INCLUDE,
	 .offset = ROW_NOT_STORED,
	 .example = "scenarios/*.ini",
	 .reloadable = true,
	 .help = "A file to be read as well, or a pattern (* ? [a-z]) of files, from the folder of "
		 "the file that this line stands in. May be given several times. An included "
		 "file may include others; of [gateway] it has no other key."},

	{.section = "listen",
	 .key = "address",
	 .kind = VALUE_ADDRESS,
	 .offset = offsetof(struct listener_settings, address),
	 .required = true,
	 .example = "127.0.0.1:7600",
	 .help = "Where to listen. Port 0 lets the system choose; the log tells which. Every "
		 "interface is 0.0.0.0 or [::]."},
	{.section = "listen",
	 .key = "scenario",
	 .kind = VALUE_NAME,
	 .offset = offsetof(struct listener_settings, scenario),
	 .refers = "scenario",
	 .example = "example",
	 .reloadable = true,
	 .help = "Where drones are put that connect here and name no scenario."},
	{.section = "listen",
	 .key = "protocol",
	 .kind = VALUE_WORD,
	 .offset = offsetof(struct listener_settings, protocol),
	 .max = sizeof(((struct listener_settings *)0)->protocol) - 1,
	 .choices = protocol_choices,
	 .preset = "protobuf",
	 .help = "What the drones that connect here speak. protobuf: proto/drone.proto. text: "
		 "lines that people write, proto/text.md."},
	{.section = "listen",
	 .key = "idle_timeout_ms",
	 OF_LISTENER(idle_timeout_ms, 10, DAY_MS),
	 .inherits = "[sessions] idle_timeout_ms",
	 .example = "600000",
	 .reloadable = true,
	 .help = "Silence after which a drone that has connected here is sent goodbye "
		 "(IDLE_TIMEOUT). Larger than its ping_interval_ms."},
	{.section = "listen",
	 .key = "ping_interval_ms",
	 OF_LISTENER(ping_interval_ms, 0, HOUR_MS),
	 .inherits = "[sessions] ping_interval_ms",
	 .example = "240000",
	 .reloadable = true,
	 .help = "Silence after which such a drone is sent a ping. 0: no pings."},
	{.section = "listen",
	 .key = "tls_cert",
	 PATH_OF(listener_settings, tls.cert),
	 .example = "gateway.pem",
	 .reloadable = true,
	 .help = "The certificate (PEM) that drones are shown, with the chain to its CA. With it "
		 "this listener speaks TLS and nothing else; whether it does can only change with "
		 "a restart. Read again at each reload."},
	{.section = "listen",
	 .key = "tls_key",
	 PATH_OF(listener_settings, tls.key),
	 .example = "gateway.key",
	 .reloadable = true,
	 .help = "The key of tls_cert (PEM, not encrypted), which nobody else may read."},
	{.section = "listen",
	 .key = "tls_ca",
	 PATH_OF(listener_settings, tls.ca),
	 .example = "drones-ca.pem",
	 .reloadable = true,
	 .help = "The CA (PEM) of the drones: with it whoever connects here must have a "
		 "certificate that it has signed."},
	{.section = "listen",
	 .key = "insecure",
	 .kind = VALUE_SWITCH,
	 .offset = offsetof(struct listener_settings, insecure),
	 .choices = yes_choices,
	 .preset = "no",
	 .reloadable = true,
	 .help = "yes: this listener may be reached from other machines although [auth] mode = "
		 "none lets everyone go by every id. For networks where everyone is trusted."},

	{.section = "auth",
	 .key = "mode",
	 .kind = VALUE_CHOICE,
	 .offset = offsetof(struct settings, auth_mode),
	 .choices = auth_choices,
	 .preset = "none",
	 .help = "none: who connects may have any id that is free; listeners keep to this machine "
		 "or say insecure = yes. secret: a drone shows that it knows the secret of its id, "
		 "see secrets_file. tls: its id is a name in its certificate (CN or DNS SAN); "
		 "every listener has tls_cert, tls_key and tls_ca."},
	{.section = "auth",
	 .key = "secrets_file",
	 PATH_OF(settings, secrets_file),
	 .example = "drones.secrets",
	 .reloadable = true,
	 .help = "For mode = secret: one line a drone, ID SECRET [SCENARIOS]. Only its owner may "
		 "read "
		 "and write it; if that is root, its group may read it, too. Read again at each "
		 "reload: who is no longer in it, or has another secret there, is sent goodbye "
		 "(KICKED)."},
	{.section = "auth",
	 .key = "delay_ms",
	 LIMIT(auth_delay_ms, 0, MINUTE_MS),
	 .preset = "100",
	 .reloadable = true,
	 .help = "How long a drone that failed to show who it is waits to be told so."},
	{.section = "auth",
	 .key = "max_failures",
	 LIMIT(auth_max_failures, 0, MILLION),
	 .preset = "20",
	 .reloadable = true,
	 .help = "As many failures within ban_ms ban the id from that host, whatever it shows "
		 "then. "
		 "0: nobody is banned."},
	{.section = "auth",
	 .key = "ban_ms",
	 LIMIT(auth_ban_ms, 1, DAY_MS),
	 .preset = "600000",
	 .reloadable = true,
	 .help = "See max_failures; the ban is as long."},

	{.section = "simulator",
	 .key = "address",
	 .kind = VALUE_ADDRESS,
	 .offset = offsetof(struct simulator_settings, address),
	 .preset = "127.0.0.1:7700",
	 .help = "Where the simulator listens. A [simulator:NAME] must have an address of its "
		 "own. sim-stub listens on TCP only; unix: is for other simulators."},
	{.section = "simulator",
	 .key = "connections",
	 OF_SIMULATOR(connections, 1, 64),
	 .preset = "1",
	 .help = "Connections to the simulator. Each scenario keeps to one of them, so several "
		 "let a simulator work on several scenarios at once."},
	{.section = "simulator",
	 .key = "timeout_ms",
	 OF_SIMULATOR(timeout_ms, 1, 10 * MINUTE_MS),
	 .preset = "1000",
	 .reloadable = true,
	 .help = "How long a message waits for the simulator's answer before its sender is told "
		 "SIMULATOR_TIMEOUT. Scenarios may have their own."},
	{.section = "simulator",
	 .key = "max_in_flight",
	 OF_SIMULATOR(max_in_flight, 1, 16 * MILLION),
	 .preset = "65536",
	 .reloadable = true,
	 .help = "Messages at the simulator at one time, for each connection; further ones wait "
		 "with their drones."},
	{.section = "simulator",
	 .key = "window",
	 .kind = VALUE_SWITCH,
	 .offset = offsetof(struct simulator_settings, window_fixed),
	 .choices = window_choices,
	 .preset = "adaptive",
	 .reloadable = true,
	 .help = "adaptive: no more than the simulator answers well within timeout_ms, so that "
		 "one that is asked for more than it can do does not answer in vain; at most "
		 "max_in_flight. fixed: max_in_flight always, for a simulator that waits for many "
		 "messages before it answers the first."},
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
	 .reloadable = true,
	 .help = "What happens to messages while the simulator is away. fail: their senders are "
		 "told SIMULATOR_DOWN at once. queue: they wait for it, see [limits] max_queued "
		 "and "
		 "queue_ms. bypass: they are handed over without a channel, marked as such. "
		 "A simulator that hangs counts as there until idle_timeout_ms of silence; until "
		 "then senders are told SIMULATOR_TIMEOUT. Scenarios may have their own."},
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
	 .key = "backoff_growth_percent",
	 OF_SIMULATOR(backoff_growth_percent, 100, 1000),
	 .preset = "160",
	 .reloadable = true,
	 .help = "Each pause may be so many percent of the one before. 100: all may be "
		 "backoff_min_ms."},
	{.section = "simulator",
	 .key = "max_queued_bytes",
	 OF_SIMULATOR(max_queued_bytes, 4 * KIB, GIB),
	 .preset = "4194304",
	 .reloadable = true,
	 .help = "Bytes waiting to be written to the simulator, beyond which new messages wait "
		 "with "
		 "their drones. At four times as many the link is dropped and made anew."},
	{.section = "simulator",
	 .key = "tls_ca",
	 PATH_OF(simulator_settings, tls.ca),
	 .example = "simulator-ca.pem",
	 .reloadable = true,
	 .help = "The CA (PEM) that has signed the simulator's certificate: with it the link is "
		 "TLS, and a simulator that shows none for tls_name gets nothing. Read again at "
		 "each reload, for the next connection; so are tls_cert and tls_key."},
	{.section = "simulator",
	 .key = "tls_cert",
	 PATH_OF(simulator_settings, tls.cert),
	 .example = "gateway.pem",
	 .reloadable = true,
	 .help = "The certificate (PEM) that is shown to a simulator that asks for one."},
	{.section = "simulator",
	 .key = "tls_key",
	 PATH_OF(simulator_settings, tls.key),
	 .example = "gateway.key",
	 .reloadable = true,
	 .help = "The key of tls_cert (PEM, not encrypted), which nobody else may read."},
	{.section = "simulator",
	 .key = "tls_name",
	 .kind = VALUE_HOST,
	 .offset = offsetof(struct simulator_settings, tls_name),
	 .max = DNS_NAME_MAX_BYTES,
	 .example = "simulator.example",
	 .reloadable = true,
	 .help = "What the simulator's certificate must be for: a DNS name or a numeric address. "
		 "Without it: the host of address. Must be given where address is a path."},

	{.section = "sessions",
	 .key = "idle_timeout_ms",
	 LIMIT(idle_timeout_ms, 10, DAY_MS),
	 .preset = "30000",
	 .reloadable = true,
	 .help = "Silence after which a drone is sent goodbye (IDLE_TIMEOUT). Larger than "
		 "ping_interval_ms."},
	{.section = "sessions",
	 .key = "ping_interval_ms",
	 LIMIT(ping_interval_ms, 0, HOUR_MS),
	 .preset = "10000",
	 .reloadable = true,
	 .help = "Silence after which a drone is sent a ping. 0: no pings; drones must speak "
		 "by themselves."},
	{.section = "sessions",
	 .key = "register_timeout_ms",
	 LIMIT(register_timeout_ms, 10, HOUR_MS),
	 .preset = "5000",
	 .reloadable = true,
	 .help = "From connecting to being registered."},
	{.section = "sessions",
	 .key = "frame_timeout_ms",
	 LIMIT(frame_timeout_ms, 10, HOUR_MS),
	 .preset = "10000",
	 .reloadable = true,
	 .help = "How long a drone may take to finish a frame that it has started."},
	{.section = "sessions",
	 .key = "takeover_ms",
	 LIMIT(takeover_ms, 0, HOUR_MS),
	 .preset = "2000",
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
	 .preset = "50",
	 .reloadable = true,
	 .help = "Who comes and goes is gathered this long and told in one message."},
	{.section = "presence",
	 .key = "backlog",
	 LIMIT(presence_backlog, 16, MILLION),
	 .preset = "16384",
	 .help = "Events kept for drones that read slowly. A drone that falls further behind is "
		 "told "
		 "how many it missed."},

	{.section = "limits",
	 .key = "max_drones",
	 LIMIT(max_drones, 1, MILLION),
	 .preset = "10000",
	 .reloadable = true,
	 .help = "Connections at one time, registered or not. The process needs as many open files "
		 "and a few more."},
	{.section = "limits",
	 .key = "max_unregistered",
	 LIMIT(max_unregistered, 1, MILLION),
	 .preset = "2048",
	 .reloadable = true,
	 .help = "Of these, connections that have not registered yet. One more, and the one that "
		 "has been here longest makes way: whoever only connects keeps nobody out."},
	{.section = "limits",
	 .key = "max_frame_bytes",
	 LIMIT(max_frame_bytes, FRAME_LEAST_BYTES, 16 * MIB),
	 .preset = "65536",
	 .reloadable = true,
	 .help = "The largest frame from a registered drone. From 2048 bytes up a payload may have "
		 "1024 "
		 "bytes less than this, below that half of it."},
	{.section = "limits",
	 .key = "max_frame_bytes_unregistered",
	 LIMIT(max_frame_bytes_unregistered, FRAME_LEAST_BYTES, 16 * MIB),
	 .preset = "4096",
	 .reloadable = true,
	 .help = "The largest frame from a drone that has not registered yet."},
	{.section = "limits",
	 .key = "output_hard_bytes",
	 LIMIT(output_hard_bytes, 2 * FRAME_LEAST_BYTES, GIB),
	 .preset = "262144",
	 .reloadable = true,
	 .help = "Bytes that may wait for one drone. Beyond that it is sent goodbye (TOO_SLOW). At "
		 "least "
		 "twice max_frame_bytes."},
	{.section = "limits",
	 .key = "output_soft_bytes",
	 LIMIT(output_soft_bytes, 256, GIB),
	 .preset = "65536",
	 .reloadable = true,
	 .help = "A drone for which more bytes than this wait for output_soft_ms is TOO_SLOW as "
		 "well."},
	{.section = "limits",
	 .key = "output_soft_ms",
	 LIMIT(output_soft_ms, 10, HOUR_MS),
	 .preset = "10000",
	 .reloadable = true,
	 .help = "See output_soft_bytes."},
	{.section = "limits",
	 .key = "max_output_bytes",
	 WIDE_LIMIT(max_output_bytes, 2 * FRAME_LEAST_BYTES, TIB),
	 .preset = "536870912",
	 .reloadable = true,
	 .help = "Bytes that may wait for all drones together. Beyond that those for which most "
		 "waits are TOO_SLOW. At least output_hard_bytes."},
	{.section = "limits",
	 .key = "accept_rate",
	 NUMBER(accept_rate, 0, MILLION),
	 .preset = "4000",
	 .reloadable = true,
	 .help = "Newcomers that are taken in one second, by all listeners together; further ones "
		 "wait in the system's queue. 0: as many as come."},
	{.section = "limits",
	 .key = "accept_burst",
	 NUMBER(accept_burst, 1, MILLION),
	 .preset = "1000",
	 .reloadable = true,
	 .help = "As many are taken at once when few came before."},
	{.section = "limits",
	 .key = "rate_messages",
	 LIMIT(rate_messages, 0, MILLION),
	 .preset = "0",
	 .reloadable = true,
	 .help = "Messages of all kinds that a drone may send in one second, a second's worth of "
		 "them at once. Beyond that see rate_exceeded. 0: any number."},
	{.section = "limits",
	 .key = "rate_bytes",
	 LIMIT(rate_bytes, 0, GIB),
	 .preset = "0",
	 .reloadable = true,
	 .help = "The same for the bytes of their frames."},
	{.section = "limits",
	 .key = "rate_exceeded",
	 .kind = VALUE_SWITCH,
	 .offset = offsetof(struct settings, limits.rate_refuse),
	 .choices = rate_choices,
	 .limit = true,
	 .preset = "hold",
	 .reloadable = true,
	 .help = "What becomes of a drone beyond rate_messages or rate_bytes. hold: it is not read "
		 "until it may send again. refuse: each message is RATE_LIMITED, and a drone that "
		 "sends ten times as much is sent goodbye."},
	{.section = "limits",
	 .key = "max_in_flight",
	 LIMIT(max_in_flight, 1, 16 * MILLION),
	 .preset = "65536",
	 .reloadable = true,
	 .help = "Messages in the channel or queued, of all drones. Beyond that senders are told "
		 "OVERLOADED. Deliveries that wait for their time are not among them: see "
		 "max_waiting."},
	{.section = "limits",
	 .key = "max_in_flight_per_drone",
	 LIMIT(max_in_flight_per_drone, 1, MILLION),
	 .preset = "64",
	 .reloadable = true,
	 .help = "The same for one drone. Beyond that the gateway stops reading from it until one "
		 "has left the channel or the queue."},
	{.section = "limits",
	 .key = "max_in_flight_bytes",
	 WIDE_LIMIT(max_in_flight_bytes, FRAME_LEAST_BYTES, TIB),
	 .preset = "536870912",
	 .reloadable = true,
	 .help = "Memory for payloads over 160 bytes in the channel or queued, of all drones."},
	{.section = "limits",
	 .key = "max_waiting",
	 LIMIT(max_waiting, 1, 16 * MILLION),
	 .preset = "262144",
	 .reloadable = true,
	 .help = "Deliveries that wait for their simulated time (delay = real), of all drones. "
		 "Beyond "
		 "that they are OVERLOADED."},
	{.section = "limits",
	 .key = "max_waiting_per_drone",
	 LIMIT(max_waiting_per_drone, 1, 16 * MILLION),
	 .preset = "16384",
	 .reloadable = true,
	 .help = "The same for the messages of one sender."},
	{.section = "limits",
	 .key = "max_waiting_bytes",
	 WIDE_LIMIT(max_waiting_bytes, FRAME_LEAST_BYTES, TIB),
	 .preset = "536870912",
	 .reloadable = true,
	 .help = "Memory for payloads over 160 bytes that wait for their simulated time, of all "
		 "drones."},
	{.section = "limits",
	 .key = "max_waiting_bytes_per_drone",
	 WIDE_LIMIT(max_waiting_bytes_per_drone, FRAME_LEAST_BYTES, TIB),
	 .preset = "33554432",
	 .reloadable = true,
	 .help = "The same for the messages of one sender."},
	{.section = "limits",
	 .key = "max_queued",
	 LIMIT(max_queued, 1, 16 * MILLION),
	 .preset = "4096",
	 .reloadable = true,
	 .help = "Messages that wait for a simulator that is away (on_simulator_down = queue), of "
		 "all drones."},
	{.section = "limits",
	 .key = "queue_ms",
	 LIMIT(queue_ms, 1, HOUR_MS),
	 .preset = "5000",
	 .reloadable = true,
	 .help = "How long each of these waits before its sender is told SIMULATOR_DOWN. What "
		 "waits already when this changes keeps the time that it was queued under."},
	{.section = "limits",
	 .key = "max_groups_per_drone",
	 LIMIT(max_groups_per_drone, 1, 1024),
	 .preset = "16",
	 .reloadable = true,
	 .help = "Groups that a drone may be in at one time."},
	{.section = "limits",
	 .key = "max_takeovers_per_minute",
	 LIMIT(max_takeovers_per_minute, 1, MILLION),
	 .preset = "15",
	 .reloadable = true,
	 .help = "How often an id may change hands in one minute. Beyond that nobody gets it for "
		 "takeover_ban_ms."},
	{.section = "limits",
	 .key = "takeover_ban_ms",
	 LIMIT(takeover_ban_ms, 0, DAY_MS),
	 .preset = "300000",
	 .reloadable = true,
	 .help = "See max_takeovers_per_minute."},
	{.section = "limits",
	 .key = "max_stray_results",
	 LIMIT(max_stray_results, 1, MILLION),
	 .preset = "100",
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
	 .key = "reserved_descriptors",
	 NUMBER(reserved_descriptors, RESERVED_DESCRIPTORS_LEAST, MILLION),
	 .preset = "128",
	 .reloadable = true,
	 .help = "Open files that are kept for all but drones and simulators. max_drones is "
		 "lowered to what the system's limit then leaves."},
	{.section = "limits",
	 .key = "drain_ms",
	 NUMBER(drain_ms, 0, HOUR_MS),
	 .preset = "5000",
	 .reloadable = true,
	 .help = "How long a gateway that is told to stop waits for what is in flight, at most. "
		 "Messages that are queued for a simulator that is away are waited for, too."},

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
	 .reloadable = true,
	 .help = "mesh: every drone reaches every other in one hop. star: one drone is the hub, "
		 "the "
		 "others are spokes and reach the hub in one hop, each other through it."},
	{.section = "scenario",
	 .key = "hub",
	 .kind = VALUE_NAME,
	 .offset = offsetof(struct scenario_config, hub),
	 .example = "ground",
	 .star_only = true,
	 .reloadable = true,
	 .help = "The drone_id of the hub. A star must have one, a mesh has none. While that drone "
		 "is away, nobody in the star reaches anybody (NO_ROUTE)."},
	{.section = "scenario",
	 .key = "spoke_to_spoke",
	 .kind = VALUE_CHOICE,
	 .offset = offsetof(struct scenario_config, spoke_to_spoke),
	 .choices = spoke_choices,
	 .preset = "relay",
	 .star_only = true,
	 .reloadable = true,
	 .help = "Only for a star. relay: the hub passes messages between spokes on, in two hops, "
		 "each through the channel. deny: spokes reach only the hub (NOT_ALLOWED)."},
	{.section = "scenario",
	 .key = "allow",
	 .kind = VALUE_GLOBS,
	 .offset = offsetof(struct scenario_config, allow),
	 .max = ALLOW_MAX_BYTES,
	 .example = "uav-*, ground",
	 .reloadable = true,
	 .help = "The drone_ids that may be members, as a list of patterns (* ? [a-z] [!a-z]); "
		 "others "
		 "are told SCENARIO_NOT_ALLOWED. Without it: everyone."},
	{.section = "scenario",
	 .key = "max_drones",
	 OF_SCENARIO(max_drones, 1, MILLION),
	 .inherits = "[limits] max_drones",
	 .example = "100",
	 .reloadable = true,
	 .help = "Members at one time."},
	{.section = "scenario",
	 .key = "delay",
	 .kind = VALUE_SWITCH,
	 .offset = offsetof(struct scenario_config, delay_real),
	 .choices = delay_choices,
	 .preset = "none",
	 .reloadable = true,
	 .help = "real: a message is handed over when its simulated delay has passed since it was "
		 "sent. none: as soon as the simulator has answered."},
	{.section = "scenario",
	 .key = "link_cache",
	 .kind = VALUE_SWITCH,
	 .offset = offsetof(struct scenario_config, link_cache),
	 .choices = switch_choices,
	 .preset = "off",
	 .reloadable = true,
	 .help = "on: where the simulator says for how long a link's numbers hold, they are used "
		 "again for as long, and messages with a payload of that size need not ask it; "
		 "their hops are marked CACHED. Chance still decides about each."},
	{.section = "scenario",
	 .key = "simulator",
	 .kind = VALUE_NAME,
	 .offset = offsetof(struct scenario_config, simulator),
	 .inherits = "the [simulator] without a name",
	 .refers = "simulator",
	 .example = "other",
	 .reloadable = true,
	 .help = "The NAME of the [simulator:NAME] that decides about messages here. Must be given "
		 "where all simulators have names."},
	{.section = "scenario",
	 .key = "timeout_ms",
	 OF_SCENARIO(timeout_ms, 1, 10 * MINUTE_MS),
	 .inherits = "its simulator's",
	 .example = "1000",
	 .reloadable = true,
	 .help = "How long a message here waits for the simulator's answer."},
	{.section = "scenario",
	 .key = "on_simulator_down",
	 .kind = VALUE_CHOICE,
	 .offset = offsetof(struct scenario_config, on_simulator_down),
	 .choices = simulator_down_choices,
	 .inherits = "its simulator's",
	 .example = "fail",
	 .reloadable = true,
	 .help = "What happens to messages here while the simulator is away."},
	{.section = "scenario",
	 .key = "origin",
	 .kind = VALUE_ORIGIN,
	 .offset = 0,
	 .example = "37.77, -122.42, 16",
	 .reloadable = true,
	 .help = "Where local coordinates start: latitude and longitude in degrees (WGS 84), "
		 "altitude in "
		 "metres. Without it drones cannot give geodetic positions here."},
	{.section = "scenario",
	 .key = CHANNEL_PREFIX "*",
	 .kind = VALUE_CHANNEL,
	 .offset = 0,
	 .example = "ideal",
	 .reloadable = true,
	 .help = "Parameters of the channel, such as channel.model. The gateway hands them to the "
		 "simulator unread, without \"channel.\"; what the simulator refuses is told in "
		 "the "
		 "log."},
};
const size_t table_row_count = COUNT(table_rows);
_Static_assert(COUNT(table_rows) <= TABLE_ROWS_MAX, "one line number for each row");
