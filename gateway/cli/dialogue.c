#include "cli/dialogue.h"

#include "base/version.h"
#include "cli/escape.h"

#include <stdarg.h>

enum {
	LEAVE_US = 1000000, /* how long a goodbye is waited for after leaving */
	RETRY_US = 100000,  /* between two attempts to connect */
};

/* -------------------------------------------------------------- complaints */

enum cli_exit dialogue_trouble(const char *format, ...)
{
	va_list args;

	(void)fputs("uav-drone: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return CLI_TROUBLE;
}

/* Which option to look at. What is wrong, the gateway says. */
static const char *option_of(enum error_code code)
{
	switch (code) {
	case ERROR_BAD_ID:
		return "; see --id";
	case ERROR_BAD_NAME:
		return "; see --callsign and --scenario";
	case ERROR_NAME_TAKEN:
		return "; choose another --id or --callsign";
	case ERROR_NO_SUCH_SCENARIO:
	case ERROR_SCENARIO_UNAVAILABLE:
	case ERROR_SCENARIO_FULL:
		return "; see uav-drone scenarios";
	case ERROR_NO_ORIGIN:
		return "; use a scenario with an origin, or local positions";
	case ERROR_AUTH_FAILED:
		return "; is the secret, or the certificate, that of this id? See --id, "
		       "--secret-file and --tls-cert";
	case ERROR_SCENARIO_NOT_ALLOWED:
		return "; choose another --scenario, or ask the operator for this one";
	default:
		return "";
	}
}

void dialogue_print_error(FILE *file, const char *doing, const struct event_error *error,
			  const char *advice)
{
	(void)fprintf(file, "uav-drone: %s: refused by the gateway: %s", doing,
		      error_name(error->code));
	if (error->message.size) {
		(void)fputs(": ", file);
		(void)escape_print(file, error->message);
	}
	(void)fprintf(file, "%s\n", advice);
}

enum cli_exit dialogue_refused(const char *doing, const struct event_error *error)
{
	dialogue_print_error(stderr, doing, error, option_of(error->code));
	return CLI_REFUSED;
}

enum cli_exit dialogue_unasked(const char *doing, int error)
{
	return dialogue_trouble("%s: %s", doing, client_error_text(error));
}

static enum cli_exit lost(const struct dialogue *dialogue)
{
	const struct stream *stream = &dialogue->connection->stream;

	(void)dialogue_trouble(stream_ready(stream) ? "connection to %s lost: %s"
						    : "cannot connect to %s: %s",
			       dialogue->options->gateway, stream->trouble);
	return CLI_UNCONNECTED;
}

enum cli_exit dialogue_late(const struct dialogue *dialogue)
{
	(void)dialogue_trouble("no answer from %s within %g s (--timeout)",
			       dialogue->options->gateway,
			       (double)dialogue->options->timeout_us / 1e6);
	return CLI_TIMED_OUT;
}

/* ------------------------------------------------------------------ answers */

uint64_t dialogue_deadline(const struct dialogue *dialogue)
{
	return connection_clock() + dialogue->options->timeout_us;
}

static void tell_goodbye(const struct event_goodbye *goodbye)
{
	(void)fputs("uav-drone: ended by the gateway: ", stderr);
	printer_text.goodbye(stderr, goodbye);
}

static void announce_trouble(const struct dialogue *dialogue)
{
	if (dialogue->before_trouble) {
		dialogue->before_trouble(dialogue->ctx);
	}
}

enum cli_exit dialogue_take(struct dialogue *dialogue, enum connection_status status,
			    struct event *event)
{
	switch (status) {
	case CONNECTION_EVENT:
		break;
	case CONNECTION_LOST:
		announce_trouble(dialogue);
		return lost(dialogue);
	case CONNECTION_WOKEN:
		dialogue->woken = true;
		event->kind = EVENT_COUNT;
		break;
	case CONNECTION_ROOM:
		event->kind = EVENT_COUNT;
		break;
	case CONNECTION_TIMEOUT:
		return CLI_TIMED_OUT;
	}
	if (event->kind == EVENT_GOODBYE) {
		announce_trouble(dialogue);
		tell_goodbye(&event->goodbye);
		return CLI_REFUSED;
	}
	return CLI_DONE;
}

enum cli_exit dialogue_next(struct dialogue *dialogue, uint64_t deadline_us, struct event *event)
{
	return dialogue_take(dialogue, connection_next(dialogue->connection, deadline_us, event),
			     event);
}

static enum cli_exit answer_by(struct dialogue *dialogue, uint64_t deadline_us, uint32_t ref,
			       const char *doing, struct event *event)
{
	for (;;) {
		enum cli_exit status = dialogue_next(dialogue, deadline_us, event);

		if (status != CLI_DONE) {
			return status == CLI_TIMED_OUT ? dialogue_late(dialogue) : status;
		}
		if (dialogue->woken) {
			return CLI_TROUBLE;
		}
		/* One to another request: who asks for no scenario may be refused the one in
		 * which the operator puts it. */
		if (event->kind == EVENT_ERROR && (event->ref == ref || event->ref == 0)) {
			return dialogue_refused(doing, &event->error);
		}
		if (event->ref == ref) {
			return CLI_DONE;
		}
		if (dialogue->other) {
			dialogue->other(dialogue->ctx, event);
		}
	}
}

enum cli_exit dialogue_answer(struct dialogue *dialogue, uint32_t ref, const char *doing,
			      struct event *event)
{
	return answer_by(dialogue, dialogue_deadline(dialogue), ref, doing, event);
}

/* The same, but at most *left_us may be waited, of which what was waited is taken. */
static enum cli_exit answer_within(struct dialogue *dialogue, uint64_t *left_us, uint32_t ref,
				   const char *doing, struct event *event)
{
	uint64_t begin_us = connection_clock(), waited_us;
	enum cli_exit status = answer_by(dialogue, begin_us + *left_us, ref, doing, event);

	waited_us = connection_clock() - begin_us;
	*left_us -= waited_us < *left_us ? waited_us : *left_us;
	return status;
}

enum cli_exit dialogue_endless(const struct dialogue *dialogue, const char *doing)
{
	return dialogue_trouble("%s: %s sends more than %d entries", doing,
				dialogue->options->gateway, DIALOGUE_LIST_MAX);
}

static size_t entries_of(const struct event *event)
{
	return event->kind == EVENT_DRONES ? event->drones.count : event->scenarios.count;
}

enum cli_exit dialogue_hear_list(struct dialogue *dialogue, uint32_t ref, const char *doing,
				 enum event_kind kind,
				 bool (*frame)(void *ctx, const struct event *event), void *ctx)
{
	uint64_t left_us = dialogue->options->timeout_us;
	size_t entries = 0;
	enum cli_exit status;
	bool more = true;

	do {
		struct event event;

		status = answer_within(dialogue, &left_us, ref, doing, &event);
		if (status == CLI_DONE && event.kind == kind) {
			entries += entries_of(&event);
			if (entries > DIALOGUE_LIST_MAX) {
				return dialogue_endless(dialogue, doing);
			}
			more = frame(ctx, &event);
		}
	} while (status == CLI_DONE && more);
	return status;
}

/* A list, and what prints it. */
struct printing {
	const struct dialogue *dialogue;
	const struct dialogue_list *list;
	struct table table;
	FILE *out;
};

static bool print_frame(void *ctx, const struct event *event)
{
	struct printing *printing = ctx;

	return printing->list->frame(printing->dialogue, event, &printing->table, printing->out);
}

enum cli_exit dialogue_print_list(struct dialogue *dialogue, uint32_t ref,
				  const struct dialogue_list *list, FILE *out)
{
	struct printing printing = {.dialogue = dialogue, .list = list, .out = out};
	enum cli_exit status;

	list->begin(&printing.table);
	status = dialogue_hear_list(dialogue, ref, list->doing, list->kind, print_frame, &printing);
	if (status == CLI_DONE) {
		dialogue->printer->list_end(out, &printing.table);
	}
	table_fini(&printing.table);
	return status;
}

/* --------------------------------------------------------------------- open */

/* Whether to try again: the gateway may be just starting. */
static bool wait_for_gateway(const struct dialogue *dialogue, uint64_t deadline_us, bool first)
{
	const struct options *options = dialogue->options;

	if (!dialogue->connection || !dialogue->connection->refused) {
		return false;
	}
	if (first) {
		(void)dialogue_trouble("nobody listens at %s yet; trying again for %g s",
				       options->gateway, (double)options->timeout_us / 1e6);
	}
	return connection_pause(dialogue->wake_fd, RETRY_US, deadline_us);
}

static enum cli_exit read_credentials(struct dialogue *dialogue)
{
	char why[CREDENTIALS_WHY_BYTES];

	if (credentials_init(&dialogue->credentials, dialogue->options, why) < 0 ||
	    credentials_check(&dialogue->credentials, dialogue->options->id, why) < 0) {
		return dialogue_trouble("%s", why);
	}
	return CLI_DONE;
}

static enum cli_exit connect_gateway(struct dialogue *dialogue)
{
	const struct options *options = dialogue->options;
	uint64_t deadline_us = dialogue_deadline(dialogue);
	unsigned attempts = 0;

	do {
		connection_close(dialogue->connection);
		dialogue->connection =
			connection_open(&dialogue->credentials, dialogue->wake_fd, deadline_us);
	} while (wait_for_gateway(dialogue, deadline_us, attempts++ == 0));
	if (!dialogue->connection) {
		return dialogue_trouble("out of memory");
	}
	if (dialogue->connection->stream.conduit.fd < 0) {
		(void)dialogue_trouble("cannot connect to %s: %s; is the gateway running there? "
				       "(--gateway HOST:PORT or unix:PATH)",
				       options->gateway, dialogue->connection->stream.trouble);
		return CLI_UNCONNECTED;
	}
	return CLI_DONE;
}

/* Who is refused for good is told goodbye as well, and how long to stay away. */
static void hear_goodbye(struct dialogue *dialogue)
{
	uint64_t deadline_us = connection_clock() + LEAVE_US;
	struct event event;

	while (dialogue->connection->stream.client.state == CLIENT_STATE_CLOSED &&
	       connection_next(dialogue->connection, deadline_us, &event) == CONNECTION_EVENT) {
		if (event.kind == EVENT_GOODBYE) {
			if (event.goodbye.retry_after_ms) {
				tell_goodbye(&event.goodbye);
			}
			return;
		}
	}
}

/* Answers the challenge; *ref becomes that of the answer. */
static enum cli_exit prove(struct dialogue *dialogue, struct event *event, uint32_t *ref)
{
	char why[CREDENTIALS_WHY_BYTES];

	if (credentials_prove(&dialogue->credentials, &dialogue->connection->stream.client,
			      event->nonce, ref, why) < 0) {
		(void)dialogue_trouble("%s", why);
		return CLI_REFUSED;
	}
	return dialogue_answer(dialogue, *ref, "registration", event);
}

/* *ref: of what the welcome answers, which the scenario's answer carries too. */
static enum cli_exit register_drone(struct dialogue *dialogue, struct slice scenario,
				    enum presence_wish presence, uint32_t *ref)
{
	const struct request_registration registration = {
		.drone_id = slice_str(dialogue->options->id),
		.callsign = slice_str(dialogue->options->callsign),
		.kind = dialogue->options->kind,
		.software = slice_str("uav-drone " UAV_VERSION),
		.scenario = scenario,
		.presence = presence,
	};
	int error = client_register(&dialogue->connection->stream.client, &registration, ref);
	enum cli_exit status;
	struct event event;

	if (error) {
		return dialogue_unasked("registration", error);
	}
	status = dialogue_answer(dialogue, *ref, "registration", &event);
	if (status == CLI_DONE && event.kind == EVENT_CHALLENGE) {
		status = prove(dialogue, &event, ref);
	}
	if (status == CLI_REFUSED) {
		hear_goodbye(dialogue);
	}
	return status;
}

static enum cli_exit tell_position(struct dialogue *dialogue)
{
	const struct state state = {.position = dialogue->options->position};
	struct event event;
	uint32_t ref;
	int error;

	if (state.position.frame == POSITION_UNKNOWN) {
		return CLI_DONE;
	}
	error = client_update_state(&dialogue->connection->stream.client, &state, &ref);
	if (error) {
		return dialogue_unasked("position", error);
	}
	return dialogue_answer(dialogue, ref, "position", &event);
}

enum cli_exit dialogue_open(struct dialogue *dialogue, struct slice scenario,
			    enum presence_wish presence,
			    void (*chosen)(void *ctx, const struct scenario_entry *scenario))
{
	enum cli_exit status = read_credentials(dialogue);
	struct event event;
	uint32_t ref = 0;

	if (status == CLI_DONE) {
		status = connect_gateway(dialogue);
	}
	if (status == CLI_DONE) {
		status = register_drone(dialogue, scenario, presence, &ref);
	}
	if (status == CLI_DONE && scenario.size) {
		status = dialogue_answer(dialogue, ref, "joining the scenario", &event);
		if (status == CLI_DONE && event.kind == EVENT_SCENARIO_CHOSEN && event.chosen &&
		    chosen) {
			chosen(dialogue->ctx, event.chosen);
		}
	}
	if (status == CLI_DONE) {
		status = tell_position(dialogue);
	}
	return status;
}

void dialogue_close(struct dialogue *dialogue)
{
	struct connection *connection = dialogue->connection;
	struct event event;

	if (connection && connection->stream.conduit.fd >= 0 &&
	    client_leave(&connection->stream.client, NULL) == 0) {
		uint64_t deadline_us = connection_clock() + LEAVE_US;

		connection->wake_fd = -1;
		connection->tell_room = false;
		while (connection_next(connection, deadline_us, &event) == CONNECTION_EVENT &&
		       event.kind != EVENT_GOODBYE) {
		}
	}
	connection_close(connection);
	dialogue->connection = NULL;
	credentials_fini(&dialogue->credentials);
}
