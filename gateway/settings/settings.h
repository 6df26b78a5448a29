/* gateway.ini. Each key stands in one row of the table (table.c): section, name,
 * type, bounds, default, whether a reload takes it in, and help. The
 * reference is printed from that table. */
#ifndef UAV_SETTINGS_SETTINGS_H
#define UAV_SETTINGS_SETTINGS_H

#include "base/log.h"
#include "core/core.h"
#include "core/limits.h"

#include <stdio.h>

#define SETTINGS_MAX_LISTENERS 16
#define SETTINGS_MAX_SIMULATORS 16
#define ADDRESS_MAX_BYTES 128

/* host:port, [v6]:port or unix:path, taken apart; the host is a numeric address or
 * "localhost". Port 0 lets the system choose. */
struct address {
	char host[ADDRESS_MAX_BYTES]; /* or the path */
	uint16_t port;
	bool is_path; /* of a unix socket; `port` is 0 */
};

struct listener_settings {
	char name[NAME_MAX_BYTES + 1];
	struct address address;
	char protocol[16]; /* a front end's name */
	/* Where drones are put that connect here and name none; or empty. */
	char scenario[NAME_MAX_BYTES + 1];
};

struct simulator_settings {
	char name[NAME_MAX_BYTES + 1]; /* empty: [simulator] */
	struct address address;
	uint32_t connections;
	uint32_t timeout_ms;		    /* per transmit; scenarios may have their own */
	enum down_policy on_simulator_down; /* the same */
	uint32_t max_in_flight;		    /* per connection */
	uint32_t max_frame_bytes;	    /* from the simulator */
	uint32_t connect_timeout_ms;	    /* connect to hello_ack */
	uint32_t ping_interval_ms;	    /* silence before a ping */
	uint32_t idle_timeout_ms;	    /* silence before the link is dropped */
	uint32_t backoff_min_ms, backoff_max_ms;
	uint32_t max_queued_bytes; /* unwritten, before new transmits wait */
};

struct settings {
	char name[NAME_MAX_BYTES + 1];
	enum log_level log_level;
	char default_scenario[NAME_MAX_BYTES + 1]; /* or empty */
	struct listener_settings listeners[SETTINGS_MAX_LISTENERS];
	size_t listener_count;
	struct simulator_settings simulators[SETTINGS_MAX_SIMULATORS];
	size_t simulator_count; /* at least 1 */
	struct limits limits;
	uint32_t decode_arena_bytes;
	uint32_t tcp_user_timeout_ms;
	uint32_t drain_ms;
	uint32_t linger_ms; /* a closing connection has this long to take its goodbye */
	struct scenario_config *scenarios;
	size_t scenario_count;
};

/* Where mistakes go: one call each, `line` 0 when no line is to blame. `message`
 * says what is wrong, what is allowed, and names the nearest known key when a
 * name is unknown. */
typedef void (*settings_complain_fn)(void *ctx, const char *file, int line, const char *message);

/* Reads the file. Every mistake is told, not just the first. The settings, or
 * NULL when there was any mistake or the file cannot be read. Free with
 * settings_free. */
struct settings *settings_load(const char *file, settings_complain_fn complain, void *ctx);
void settings_free(struct settings *settings);

/* The reference: every key with its bounds, default and help, as a valid
 * gateway.ini whose keys are commented out. */
void settings_print_reference(FILE *out);

/* "host:port" or "[v6]:port". 0, or -1 with *why a static sentence. */
int address_parse(const char *text, struct address *address, const char **why);

#endif
