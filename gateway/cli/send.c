#include "cli/command.h"
#include "cli/dialogue.h"
#include "cli/wait.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* More than any frame holds. */
enum { PAYLOAD_MAX_BYTES = 1 << 20 };

struct sending {
	struct dialogue dialogue;
	FILE *out;
	struct request_send request;
	uint64_t count, sent, answered;
	uint32_t first_ref, ping_ref;
	size_t targets; /* outcomes told of the message being reported */
	bool refused, undelivered;
	bool fenced; /* the ping behind the last message has been queued */
};

/* ------------------------------------------------------------------ payload */

static enum cli_exit read_stream(FILE *file, const char *name, struct slice *payload)
{
	uint8_t *data = malloc(PAYLOAD_MAX_BYTES + 1);
	size_t size;

	if (!data) {
		return dialogue_trouble("out of memory");
	}
	*payload = slice_of(data, 0);
	size = fread(data, 1, PAYLOAD_MAX_BYTES + 1, file);
	if (ferror(file)) {
		return dialogue_trouble("cannot read %s: %s", name, strerror(errno));
	}
	if (size > PAYLOAD_MAX_BYTES) {
		return dialogue_trouble("%s is too large: no message holds over %d bytes", name,
					PAYLOAD_MAX_BYTES);
	}
	*payload = slice_of(data, size);
	return CLI_DONE;
}

static enum cli_exit read_file(const char *name, struct slice *payload)
{
	FILE *file = fopen(name, "rb");
	enum cli_exit status;

	if (!file) {
		return dialogue_trouble("cannot open %s: %s", name, strerror(errno));
	}
	status = read_stream(file, name, payload);
	(void)fclose(file);
	return status;
}

/* *own: what is to be freed, or NULL. */
static enum cli_exit read_payload(const struct options *options, struct slice *payload,
				  const uint8_t **own)
{
	enum cli_exit status;

	if (options->payload) {
		*payload = slice_str(options->payload);
		return CLI_DONE;
	}
	if (options->file && strcmp(options->file, "-") != 0) {
		status = read_file(options->file, payload);
	} else {
		status = read_stream(stdin, "standard input", payload);
	}
	*own = payload->data;
	return status;
}

/* ------------------------------------------------------------------ sending */

static enum cli_exit too_large(const struct sending *sending)
{
	return dialogue_trouble("the message is too large: %zu bytes of payload, and the gateway "
				"takes %" PRIu32,
				sending->request.payload.size,
				sending->dialogue.connection->stream.client.max_payload_bytes);
}

/* Who asks for no reports waits for the pong to a ping behind the last message. */
static enum cli_exit queue_fence(struct sending *sending)
{
	struct client *client = &sending->dialogue.connection->stream.client;
	int error = 0;

	if (sending->request.report == REPORT_WISH_NONE && !sending->fenced) {
		error = client_ping(client, 1, &sending->ping_ref);
		sending->fenced = error == 0;
	}
	return error && error != CLIENT_FULL ? dialogue_unasked("sending", error) : CLI_DONE;
}

/* Queues as many messages as there is room for. */
static enum cli_exit queue_messages(struct sending *sending)
{
	struct client *client = &sending->dialogue.connection->stream.client;

	while (sending->sent < sending->count) {
		uint32_t ref;
		int error = client_send(client, &sending->request, &ref);

		if (error == CLIENT_FULL) {
			return CLI_DONE;
		}
		if (error) {
			return error == CLIENT_TOO_LARGE ? too_large(sending)
							 : dialogue_unasked("sending", error);
		}
		if (sending->sent++ == 0) {
			sending->first_ref = ref;
		}
	}
	return queue_fence(sending);
}

/* ------------------------------------------------------------------ answers */

/* Which message, from 1, `ref` is of; 0: of none. Ours follow one another. */
static uint64_t message_of(const struct sending *sending, uint32_t ref)
{
	uint32_t place = ref - sending->first_ref;

	return ref && place < sending->sent ? (uint64_t)place + 1 : 0;
}

static void take_report(struct sending *sending, uint64_t message,
			const struct event_send_report *report)
{
	const struct options *options = sending->dialogue.options;

	for (size_t i = 0; i < report->count; i++) {
		sending->dialogue.printer->outcome(sending->out, message, &report->outcomes[i]);
		sending->undelivered |= report->outcomes[i].outcome != OUTCOME_DELIVERED;
	}
	sending->targets += report->count;
	if (report->more) {
		return;
	}
	if (sending->targets == 0) {
		(void)dialogue_trouble("message %" PRIu64 ": nobody else is in %s", message,
				       options->group_count ? options->groups[0]
							    : options->scenario);
		sending->undelivered = true;
	}
	sending->targets = 0;
	sending->answered++;
}

static void take_answer(struct sending *sending, const struct event *event)
{
	uint64_t message = message_of(sending, event->ref);

	switch (event->kind) {
	case EVENT_SEND_REPORT:
		if (message) {
			take_report(sending, message, &event->report);
		}
		break;
	case EVENT_DONE:
		sending->answered += message != 0;
		break;
	case EVENT_ERROR:
		(void)dialogue_refused("sending", &event->error);
		sending->refused = true;
		sending->answered += message != 0;
		break;
	case EVENT_PONG:
		if (sending->fenced && event->ref == sending->ping_ref) {
			sending->answered = sending->count;
		}
		break;
	default:
		break;
	}
}

/* Sends and takes answers until every message has its own. */
static enum cli_exit pump(struct sending *sending)
{
	struct dialogue *dialogue = &sending->dialogue;
	uint64_t deadline_us = dialogue_deadline(dialogue);
	enum cli_exit status = CLI_DONE;

	while (sending->answered < sending->count) {
		uint64_t before = sending->answered + sending->sent + sending->targets;
		struct event event;

		status = queue_messages(sending);
		if (status != CLI_DONE) {
			return status;
		}
		dialogue->connection->tell_room =
			sending->sent < sending->count ||
			(sending->request.report == REPORT_WISH_NONE && !sending->fenced);
		status = dialogue_next(dialogue, deadline_us, &event);
		if (status == CLI_TIMED_OUT) {
			(void)dialogue_late(dialogue);
		}
		if (status != CLI_DONE) {
			break;
		}
		take_answer(sending, &event);
		if (sending->answered + sending->sent + sending->targets != before) {
			deadline_us = dialogue_deadline(dialogue);
		}
	}
	if (status != CLI_DONE && sending->count > 1) {
		(void)dialogue_trouble("%" PRIu64 " of %" PRIu64 " messages answered",
				       sending->answered, sending->count);
	}
	return status;
}

static enum cli_exit send_all(struct sending *sending)
{
	enum cli_exit status = pump(sending);

	if (status != CLI_DONE) {
		return status;
	}
	if (sending->refused) {
		return CLI_REFUSED;
	}
	return sending->undelivered ? CLI_UNDELIVERED : CLI_DONE;
}

static enum send_to target_of(const struct options *options)
{
	if (options->to) {
		return SEND_TO_DRONE;
	}
	return options->group_count ? SEND_TO_GROUP : SEND_TO_EVERYONE;
}

enum cli_exit send_run(const struct options *options, const struct printer *printer, FILE *out)
{
	struct sending sending = {
		.dialogue = {.options = options, .printer = printer, .wake_fd = -1},
		.out = out,
		.count = options->count ? options->count : 1,
		.request = {.to = target_of(options),
			    .name = slice_str(options->to ? options->to : options->groups[0]),
			    .content_type = slice_str(options->content_type),
			    .report = options->report},
	};
	const uint8_t *own = NULL;
	enum cli_exit status = read_payload(options, &sending.request.payload, &own);

	if (status == CLI_DONE) {
		status = dialogue_open(&sending.dialogue, slice_str(options->scenario),
				       PRESENCE_WISH_NONE, NULL);
		if (status == CLI_DONE && options->wait) {
			status = wait_for_drone(&sending.dialogue, options->to);
		}
		if (status == CLI_DONE) {
			status = send_all(&sending);
		}
		dialogue_close(&sending.dialogue);
	}
	free((void *)own);
	return status;
}
