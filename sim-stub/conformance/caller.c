#include "conformance/caller.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/version.h"

/* Wide numbers: whoever keeps 32 bits of them is found out. */
#define FIRST_NONCE 0x5eed000000000001u

void caller_init(struct caller *caller)
{
	*caller = (struct caller){0};
	line_init(&caller->line);
	buf_init(&caller->out);
}

void caller_fini(struct caller *caller)
{
	line_close(&caller->line);
	buf_fini(&caller->out);
	caller_init(caller);
}

/* ---------------------------------------------------------------- saying */

void caller_say(struct caller *caller, const struct to_sim *message)
{
	caller->no_memory |= channel_write_to_sim(&caller->out, message) < 0;
	caller->statuses_due += message->kind == TO_SIM_SET_SCENARIO;
}

void caller_say_hello(struct caller *caller, uint32_t protocol)
{
	const struct to_sim hello = {
		.kind = TO_SIM_HELLO,
		.hello = {protocol, slice_str("conformance"), slice_str("sim-stub/" UAV_VERSION)},
	};

	caller_say(caller, &hello);
	caller->acks_due++;
}

void caller_say_ping(struct caller *caller)
{
	const struct to_sim ping = {.kind = TO_SIM_PING, .ping = FIRST_NONCE + caller->pings};

	caller_say(caller, &ping);
	caller->pings++;
}

void caller_say_transmit(struct caller *caller, const struct sim_transmit *transmit)
{
	caller->no_memory |= hot_write_transmit(&caller->out, transmit) < 0;
}

void caller_say_bytes(struct caller *caller, const void *bytes, size_t size)
{
	caller->no_memory |= buf_append(&caller->out, bytes, size) < 0;
}

static bool trouble(struct caller *caller, const char *what)
{
	if (!caller->fault[0]) {
		snprintf(caller->fault, sizeof(caller->fault), "%s", what);
	}
	return false;
}

/* So that a piece is not sent together with the next. */
static void let_it_arrive(void)
{
	const struct timespec moment = {.tv_nsec = 200000};

	(void)nanosleep(&moment, NULL);
}

bool caller_send(struct caller *caller, size_t piece, uint64_t deadline_us)
{
	enum line_status status = LINE_MESSAGE;

	if (caller->no_memory) {
		return trouble(caller, "out of memory here");
	}
	while (status == LINE_MESSAGE && buf_size(&caller->out)) {
		struct slice bytes = buf_slice(&caller->out);

		if (piece && bytes.size > piece) {
			bytes.size = piece;
		}
		status = line_send(&caller->line, bytes, deadline_us);
		buf_consume(&caller->out, bytes.size);
		if (piece && buf_size(&caller->out)) {
			let_it_arrive();
		}
	}
	switch (status) {
	case LINE_MESSAGE:
	case LINE_OVER: /* what came before is still to be read */
		return true;
	case LINE_LATE:
		return trouble(caller, "nothing: what was sent has not been read in time");
	case LINE_BAD:
		break;
	}
	return trouble(caller, caller->line.fault);
}

/* --------------------------------------------------------------- hearing */

void caller_show(struct slice text, char *room, size_t size)
{
	size_t used = 0;

	while (text.size) {
		char unit[UTF8_ESCAPE_MAX];
		size_t taken, unit_size = utf8_escape(text, true, unit, &taken);

		if (used + unit_size + 1 > size) {
			break;
		}
		memcpy(room + used, unit, unit_size);
		used += unit_size;
		text = slice_of(text.data + taken, text.size - taken);
	}
	room[used] = '\0';
}

static void keep_model(struct caller_ack *kept, struct slice model)
{
	if (kept->kept_models < CALLER_MODELS_MAX && model.size < sizeof(kept->models[0])) {
		memcpy(kept->models[kept->kept_models], model.data, model.size);
		kept->models[kept->kept_models][model.size] = '\0';
		kept->kept_models++;
	}
}

static bool hear_ack(struct caller *caller, const struct from_sim *message)
{
	const struct channel_hello_ack *ack = &message->hello_ack;
	struct caller_ack *kept = &caller->ack;

	if (caller->acks_due == 0) {
		return trouble(caller, "a hello_ack, without a hello that it could answer");
	}
	caller->acks_due--;
	*kept = (struct caller_ack){
		.protocol = ack->protocol,
		.simulator_size = ack->simulator.size,
		.version_size = ack->version.size,
		.model_count = ack->model_count,
		.is_text = utf8_is_printable(ack->simulator) && utf8_is_printable(ack->version),
	};
	caller_show(ack->simulator, kept->simulator, sizeof(kept->simulator));
	caller_show(ack->version, kept->version, sizeof(kept->version));
	for (size_t i = 0; i < ack->model_count; i++) {
		keep_model(kept, ack->models[i]);
	}
	return true;
}

/* One that nobody asked for is a change of mind. */
static bool hear_status(struct caller *caller, const struct from_sim *message)
{
	const struct channel_status *status = &message->status;

	if (caller->statuses_due) {
		caller->statuses_due--;
	}
	caller->status = (struct caller_status){
		.scenario = status->scenario,
		.ok = status->ok,
		.message_size = status->message.size,
		.message_is_text = utf8_is_printable(status->message),
	};
	caller_show(status->message, caller->status.message, sizeof(caller->status.message));
	return true;
}

static bool hear_pong(struct caller *caller, const struct from_sim *message)
{
	uint64_t number = message->pong - FIRST_NONCE;

	if (number >= caller->pings) {
		snprintf(caller->fault, sizeof(caller->fault),
			 "a pong with the nonce %" PRIu64 ", which no ping had", message->pong);
		return false;
	}
	if (caller->ponged[number % CALLER_PINGS_MAX]) {
		return trouble(caller, "two pongs for one ping");
	}
	caller->ponged[number % CALLER_PINGS_MAX] = true;
	caller->pongs++;
	return true;
}

static bool hear_result(struct caller *caller, const struct from_sim *message)
{
	if (!caller->answers) {
		return trouble(caller, "a result, and no transmit was sent");
	}
	return answers_take(caller->answers, message->result, caller->fault, sizeof(caller->fault));
}

static bool hear(struct caller *caller, const struct from_sim *message)
{
	if (caller->acks_due && message->kind != FROM_SIM_HELLO_ACK && caller->pings == 0 &&
	    !caller->answers) {
		return trouble(caller, "another message before hello_ack");
	}
	switch (message->kind) {
	case FROM_SIM_HELLO_ACK:
		return hear_ack(caller, message);
	case FROM_SIM_SCENARIO_STATUS:
		return hear_status(caller, message);
	case FROM_SIM_RESULT:
		return hear_result(caller, message);
	case FROM_SIM_PONG:
		return hear_pong(caller, message);
	case FROM_SIM_UNKNOWN:
		break;
	}
	return true;
}

static bool all_heard(const struct caller *caller)
{
	return caller->acks_due == 0 && caller->statuses_due == 0 &&
	       caller->pongs == caller->pings &&
	       (!caller->answers || answers_complete(caller->answers));
}

/* One message more. CALLER_HEARD: it may be one. */
static enum caller_status_code hear_next(struct caller *caller, uint64_t deadline_us)
{
	struct from_sim message;

	if (caller->fault[0]) {
		return CALLER_FAULT;
	}
	switch (line_next(&caller->line, &message, deadline_us)) {
	case LINE_MESSAGE:
		return hear(caller, &message) ? CALLER_HEARD : CALLER_FAULT;
	case LINE_LATE:
		return CALLER_LATE;
	case LINE_OVER:
		return CALLER_OVER;
	case LINE_BAD:
		break;
	}
	snprintf(caller->fault, sizeof(caller->fault), "what cannot be read: %s",
		 caller->line.fault);
	return CALLER_FAULT;
}

/* A simulator that never stops talking is not listened to for ever. */
enum caller_status_code caller_listen(struct caller *caller, uint64_t deadline_us)
{
	while (!all_heard(caller)) {
		enum caller_status_code status = hear_next(caller, deadline_us);

		if (status != CALLER_HEARD) {
			return status;
		}
		if (clock_mono_us() > deadline_us) {
			return CALLER_LATE;
		}
	}
	return caller->fault[0] ? CALLER_FAULT : CALLER_HEARD;
}

enum caller_status_code caller_listen_on(struct caller *caller, uint64_t until_us)
{
	enum caller_status_code status = CALLER_HEARD;

	while (status == CALLER_HEARD && clock_mono_us() < until_us) {
		status = hear_next(caller, until_us);
	}
	return status == CALLER_LATE ? CALLER_HEARD : status;
}

/* -------------------------------------------------------------- what is due */

static void due_results(const struct caller *caller, char *text, size_t size)
{
	const struct answers *answers = caller->answers;

	snprintf(text, size,
		 "a result for each of %zu transmits, of which %zu are missing, the first of them "
		 "for "
		 "transmit %zu",
		 answers->asked_count, answers->asked_count - answers->done_count,
		 answers_missing(answers) + 1);
}

void caller_due(const struct caller *caller, char *text, size_t size)
{
	if (caller->acks_due) {
		snprintf(text, size, "hello_ack");
	} else if (caller->statuses_due) {
		snprintf(text, size,
			 "a scenario_status for each set_scenario, of which %u are missing",
			 caller->statuses_due);
	} else if (caller->answers && !answers_complete(caller->answers)) {
		due_results(caller, text, size);
	} else {
		snprintf(text, size, "a pong for each of %u pings, of which %u are missing",
			 caller->pings, caller->pings - caller->pongs);
	}
}
