#include "cli/console.h"
#include "cli/console_print.h"

#include <string.h>

static void complain_client(struct console *console, int error)
{
	console_complain(console,
			 error == CLIENT_FULL
				 ? "not sent: the gateway takes no more just now; try again"
			 : error == CLIENT_TOO_LARGE
				 ? "not sent: the message is longer than the gateway takes"
				 : client_error_text(error));
}

/* Notes that an answer is awaited; `error` is what the client said. */
static struct console_request *expect(struct console *console, enum console_verb verb, int error,
				      uint32_t ref)
{
	struct console_request *request = NULL;

	if (error) {
		complain_client(console, error);
		return NULL;
	}
	request = console_requests_add(&console->requests, ref, verb,
				       dialogue_deadline(&console->dialogue));
	return request;
}

static bool has_room(struct console *console)
{
	if (console->requests.count < CONSOLE_REQUESTS_MAX) {
		return true;
	}
	console_complain(console, "not sent: too many answers are awaited; try again");
	return false;
}

static struct client *client_of(struct console *console)
{
	return &console->dialogue.connection->stream.client;
}

static void send_text(struct console *console, const struct console_command *command,
		      enum send_to to, struct slice name)
{
	const struct request_send send = {
		.to = to, .name = name, .payload = command->text, .report = REPORT_WISH_ALL};
	struct console_request *request;
	uint32_t ref = 0;
	int error = client_send(client_of(console), &send, &ref);

	request = expect(console, command->verb, error, ref);
	if (request) {
		request->message = ++console->messages;
	}
}

struct slice console_resolve(struct console *console, struct slice name)
{
	struct console_found found = console_directory_find(&console->directory, name);
	FILE *file;

	if (found.id && !found.other) {
		return slice_str(found.id);
	}
	file = console_complaint_begin(console);
	(void)fputs(found.id ? "several are called " : "nobody online is called ", file);
	console_print_label(file, name);
	if (found.id) {
		(void)fprintf(file,
			      ": %s and %s; give the id of the one that you mean, or its other "
			      "name",
			      found.id, found.other);
	} else if (found.near) {
		(void)fputs("; did you mean ", file);
		console_print_label(file, slice_str(found.near));
		(void)fputc('?', file);
	} else {
		(void)fputs("; who lists them", file);
	}
	console_complaint_end(file);
	return slice_str("");
}

static void send_to_drone(struct console *console, const struct console_command *command)
{
	struct slice id = console_resolve(console, command->name);

	if (id.size) {
		send_text(console, command, SEND_TO_DRONE, id);
	}
}

/* A request about a name; NULL when it did not go out. */
static struct console_request *ask(struct console *console, const struct console_command *command)
{
	struct client *client = client_of(console);
	struct console_request *request;
	uint32_t ref = 0;
	int error = 0;

	switch (command->verb) {
	case CONSOLE_WHO:
		error = client_list_drones(client, command->name, &ref);
		break;
	case CONSOLE_SCENARIOS:
		error = client_list_scenarios(client, &ref);
		break;
	case CONSOLE_SCENARIO:
		error = client_choose(client, command->name, &ref);
		break;
	case CONSOLE_RENAME:
		error = client_rename(client, command->name, &ref);
		break;
	case CONSOLE_JOIN:
		error = client_join_group(client, command->name, &ref);
		break;
	case CONSOLE_LEAVE:
		error = client_leave_group(client, command->name, &ref);
		break;
	default:
		error = client_ping(client, console->messages, &ref);
		break;
	}
	request = expect(console, command->verb, error, ref);
	if (request) {
		(void)snprintf(request->name, sizeof(request->name), "%.*s",
			       SLICE_ARG(command->name));
	}
	return request;
}

static void move(struct console *console, const struct console_command *command)
{
	const struct state state = {.position = command->position};
	uint32_t ref = 0;
	int error = client_update_state(client_of(console), &state, &ref);

	(void)expect(console, CONSOLE_MOVE, error, ref);
}

static void help(struct console *console)
{
	FILE *out = console_out(console);
	const char *usage, *what;

	for (size_t i = 0; console_command_help(i, &usage, &what); i++) {
		(void)fprintf(out, strlen(usage) < 24 ? "%-23s %s\n" : "%s\n%-23s %s\n", usage,
			      strlen(usage) < 24 ? what : "", what);
	}
	(void)fputs("anything else           goes to everyone in the scenario\n", out);
}

/* A scenario that is not known may have come since: the gateway says so. */
static void obey(struct console *console, const struct console_command *command)
{
	switch (command->verb) {
	case CONSOLE_NOTHING:
		break;
	case CONSOLE_WRONG:
		console_complain(console, command->why);
		break;
	case CONSOLE_TO:
		send_to_drone(console, command);
		break;
	case CONSOLE_ALL:
		send_text(console, command, SEND_TO_EVERYONE, command->name);
		break;
	case CONSOLE_GROUP:
		send_text(console, command, SEND_TO_GROUP, command->name);
		break;
	case CONSOLE_MOVE:
		move(console, command);
		break;
	case CONSOLE_SEND_FILE:
		console_send_file(console, command);
		break;
	case CONSOLE_HELP:
		help(console);
		break;
	case CONSOLE_QUIT:
		console->ending = true;
		break;
	default:
		(void)ask(console, command);
		break;
	}
}

/* A secret that was typed, or pasted, by mistake. */
static bool has_secret(const struct console *console, struct slice line)
{
	struct slice secret = keyring_secret(&console->dialogue.credentials.keyring,
					     slice_str(console->dialogue.options->id));

	return secret.size && line.size >= secret.size &&
	       memmem(line.data, line.size, secret.data, secret.size) != NULL;
}

void console_obey(struct console *console, struct slice line)
{
	struct console_command command;

	if (has_secret(console, line)) {
		console_complain(console, "not sent and not remembered: this drone's secret "
					  "stands in that line");
		return;
	}
	console_command_parse(line, &command);
	if (command.verb != CONSOLE_NOTHING && line.data[0] != ' ' &&
	    !(command.verb == CONSOLE_WRONG && memchr(line.data, '|', line.size))) {
		console_screen_remember(console->screen, line);
	}
	if (has_room(console)) {
		obey(console, &command);
	}
}

void console_join(struct console *console, struct slice group)
{
	const struct console_command command = {.verb = CONSOLE_JOIN, .name = group};

	if (has_room(console)) {
		(void)ask(console, &command);
	}
}

void console_refresh(struct console *console, enum console_verb verb)
{
	const struct console_command command = {.verb = verb};
	struct console_request *request = has_room(console) ? ask(console, &command) : NULL;

	if (request) {
		request->quiet = true;
	}
}
