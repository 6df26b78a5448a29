/* gateway.ini and the files that it includes. Each key stands in one row of the table
 * (table.c): section, name, type, bounds, default, whether a reload takes it in, and
 * help. Reading, printing, comparing and the reference all go by that table. */
#ifndef UAV_SETTINGS_SETTINGS_H
#define UAV_SETTINGS_SETTINGS_H

#include "base/log.h"
#include "core/core.h"
#include "core/limits.h"

#include <stdio.h>

#define SETTINGS_MAX_LISTENERS 16
#define SETTINGS_MAX_SIMULATORS 16
#define SETTINGS_MAX_SCENARIOS 4096
#define ADDRESS_MAX_BYTES 128
#define PATH_MAX_BYTES 255
#define DNS_NAME_MAX_BYTES 253
#define TABLE_ROWS_MAX 96 /* keys; table_rows.c checks it */

/* host:port, [v6]:port or unix:path, taken apart; the host is a numeric address or
 * "localhost". Port 0 lets the system choose. */
struct address {
	char host[ADDRESS_MAX_BYTES]; /* or the path */
	uint16_t port;
	bool is_path; /* of a unix socket; `port` is 0 */
};

/* How a drone shows that it is the one whose id it gives. */
enum auth_mode {
	AUTH_NONE,
	AUTH_SECRET, /* by the secret that it shares with the gateway: [auth] secrets_file */
	AUTH_TLS,    /* by its certificate, whose CN or SAN the id is */
};

/* Where something is written. */
struct place {
	const char *file;
	int line; /* 0 when no line is to blame */
};

/* PEM files, absolute; empty: none. */
struct tls_files {
	char cert[PATH_MAX_BYTES + 1]; /* with the chain that leads to the other side's CA */
	char key[PATH_MAX_BYTES + 1];
	char ca[PATH_MAX_BYTES + 1];	     /* whose certificates are taken */
	struct place cert_at, key_at, ca_at; /* their lines; the section's, where there is none */
};

struct listener_settings {
	char name[NAME_MAX_BYTES + 1];
	struct address address;
	char protocol[16]; /* a front end's name */
	/* Where drones are put that connect here and name none; or empty. */
	char scenario[NAME_MAX_BYTES + 1];
	struct tls_files tls; /* with a cert it speaks TLS; with a ca it asks for theirs */
	bool insecure;	      /* AUTH_NONE outside of loopback (address_is_loopback) is meant so */
	uint32_t ping_interval_ms; /* of its drones; limits has those that no listener gives */
	uint32_t idle_timeout_ms;  /* the same */
	/* Whether the file gives it a key, by row of the table. */
	bool given[TABLE_ROWS_MAX];
};

/* Listeners, the log, files of the configuration, connections that are closing. */
#define RESERVED_DESCRIPTORS_LEAST 128u

struct simulator_settings {
	char name[NAME_MAX_BYTES + 1]; /* empty: [simulator] */
	struct address address;
	uint32_t connections;
	uint32_t timeout_ms;		    /* per transmit; scenarios may have their own */
	enum down_policy on_simulator_down; /* the same */
	uint32_t max_in_flight;		    /* per connection */
	bool window_fixed;		    /* to that, whatever the simulator can do */
	uint32_t max_frame_bytes;	    /* from the simulator */
	uint32_t connect_timeout_ms;	    /* connect to hello_ack */
	uint32_t ping_interval_ms;	    /* silence before a ping */
	uint32_t idle_timeout_ms;	    /* silence before the link is dropped */
	uint32_t backoff_min_ms, backoff_max_ms;
	uint32_t backoff_growth_percent;
	uint32_t max_queued_bytes; /* unwritten, before new transmits wait */
	/* With a ca the link is TLS: it must have signed the simulator's certificate. With a
	 * cert the gateway shows its own. */
	struct tls_files tls;
	char tls_name[DNS_NAME_MAX_BYTES + 1]; /* in its certificate; empty: its address */
};

struct settings {
	char name[NAME_MAX_BYTES + 1];
	enum log_level log_level;
	enum log_format log_format;
	char default_scenario[NAME_MAX_BYTES + 1]; /* or empty */
	struct listener_settings listeners[SETTINGS_MAX_LISTENERS];
	size_t listener_count;
	struct simulator_settings simulators[SETTINGS_MAX_SIMULATORS];
	size_t simulator_count; /* at least 1 */
	enum auth_mode auth_mode;
	char secrets_file[PATH_MAX_BYTES + 1]; /* absolute; or empty */
	uint32_t accept_rate;		       /* newcomers a second, on all listeners; 0: any */
	uint32_t accept_burst;		       /* as many at once after a pause */
	struct limits limits;
	uint32_t decode_arena_bytes;
	uint32_t tcp_user_timeout_ms;
	uint32_t reserved_descriptors; /* for what is neither a drone nor a link */
	uint32_t drain_ms;
	uint32_t linger_ms; /* a closing connection has this long to take its goodbye */
	struct scenario_config *scenarios;
	size_t scenario_count;
	/* Whether the file gives a scenario a key, by scenario and row of the table:
	 * scenario * table_row_count + row. What it does not give and its simulator or
	 * [limits] has, is filled in all the same. */
	bool *scenario_given;
	char *includes; /* as written, of all files, ", " between them */
	char **files;	/* that were read: each struct place points to one */
	size_t file_count;
};

/* Where mistakes go: one call each, `line` 0 when no line is to blame. `message`
 * says what is wrong, what is allowed, and names the nearest known key when a
 * name is unknown. */
typedef void (*settings_complain_fn)(void *ctx, const char *file, int line, const char *message);

/* Where settings come from: a file, and what is said beside it, each "SECTION.KEY=VALUE", which
 * goes before what the file says. All of it lives as long as it is used. */
struct settings_source {
	const char *file;
	const char *const *overrides;
	size_t override_count;
};

/* Reads the file and what it includes. Every mistake is told, not just the first. The
 * settings, or NULL when there was any mistake or a file cannot be read. `file` may be a
 * pipe, which is read to its end; what is included must be regular files. Free with
 * settings_free. `complain` may be NULL. */
struct settings *settings_load(const char *file, settings_complain_fn complain, void *ctx);
/* The same for a gateway that runs with `running`: what it cannot take in without a
 * restart and would have to is a mistake, too. Listeners and simulators come out in the
 * order in which `running` has them, whatever their order in the file. `file` must be a
 * regular file here, so that nothing is waited for, and no more than some hundred mistakes are
 * told. `running` may be NULL: settings_load. */
struct settings *settings_load_anew(const char *file, const struct settings *running,
				    settings_complain_fn complain, void *ctx);
/* The same, but with mistakes (*mistakes) too there come out what could be read: to look for
 * mistakes in the files that are named there, and for nothing else. NULL when memory is out. */
struct settings *settings_read(const struct settings_source *source, const struct settings *running,
			       settings_complain_fn complain, void *ctx, size_t *mistakes);
/* settings_load_anew, from a source. A mistake in an override is told as one of the file
 * "--set SECTION.KEY", on line 0. */
struct settings *settings_load_from(const struct settings_source *source,
				    const struct settings *running, settings_complain_fn complain,
				    void *ctx);
void settings_free(struct settings *settings);

/* A key that has changed, or a section that is new or gone. `section` as written, such
 * as "scenario:field", `key` NULL when all of it is meant. Values as written; "" where
 * there is none, such as the origin of a scenario without. `before` is NULL when the
 * section or the channel.* key is new, `after` when it is gone. */
typedef void (*settings_change_fn)(void *ctx, const char *section, const char *key,
				   const char *before, const char *after);

/* One call for each difference. After the call for a new section comes one for each of
 * its keys that is not at its default. A value that a scenario does not give itself,
 * before and after, is told where it changed and not once more for the scenario. */
void settings_diff(const struct settings *before, const struct settings *after,
		   settings_change_fn change, void *ctx);

/* All that is in force, every key, as a gateway.ini that loads to the same settings. */
void settings_print(const struct settings *settings, FILE *out);

/* The reference: every key with its bounds, default and help, as a valid
 * gateway.ini whose keys are commented out. */
void settings_print_reference(FILE *out);

/* "host:port", "[v6]:port" or "unix:path". 0, or -1 with *why a static sentence. */
int address_parse(const char *text, struct address *address, const char **why);
/* As it was parsed; `cap` is ADDRESS_TEXT_BYTES or more. */
#define ADDRESS_TEXT_BYTES (ADDRESS_MAX_BYTES + 16)
void address_print(const struct address *address, char *text, size_t cap);
/* Whether only this machine can reach it: 127.0.0.0/8, ::1, ::ffff:127.0.0.0/104, localhost and
 * paths. */
bool address_is_loopback(const struct address *address);

#endif
