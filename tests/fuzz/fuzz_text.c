/* The text protocol, both ways, through a real core.
 *
 * Byte 0, bits: who connects must prove its id; the simulator answers between reads; it alters
 * payloads; time passes; the drone does not read; the rest is no stream, but what a line is made
 * of. Byte 1: how the stream is cut into reads. The rest is what the drone writes, or, parted by
 * bytes 0x1d: names of a sender, a group and a content type, then a payload.
 *
 * However it is cut, the same is read. Whatever is said, each line that the gateway writes begins
 * with a mark of its event's kind, has no control character, and its names end where they seem to.
 * Nobody gets in without a proof, and the accounts close. */
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "core/state.h"
#include "front/front.h"
#include "lib/fake_ports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 2, ARENA = 1024 * 1024, STREAM_MAX = 16 * 1024, LINE_MAX_BYTES = 4096 };
enum {
	FLAG_SECRET = 1,
	FLAG_ANSWER = 2,
	FLAG_ALTER = 4,
	FLAG_TIME = 8,
	FLAG_DEAF = 16,
	FLAG_PARTS = 32
};

static struct fake_gateway gateway;
static struct fake_drone drone, other;
static bool challenged, proved, held;
static uint32_t held_at;
static struct arena arena;

static void must(bool ok, const char *what)
{
	if (!ok) {
		(void)fprintf(stderr, "text: %s\n", what);
		abort();
	}
}

/* ------------------------------------------------------------------------- lines */

static const char *marks_of(const struct event *event)
{
	switch (event->kind) {
	case EVENT_CHALLENGE:
	case EVENT_PING:
		return "?";
	case EVENT_SCENARIOS:
	case EVENT_DRONES:
		return "-";
	case EVENT_DELIVERY:
		return "<";
	case EVENT_SEND_REPORT:
		return "=";
	case EVENT_ERROR:
		return "!";
	case EVENT_ASIDE:
		return "*!";
	default:
		return "*";
	}
}

/* How many lines it must be; SIZE_MAX: some. */
static size_t lines_of(const struct event *event)
{
	switch (event->kind) {
	case EVENT_SCENARIOS:
		return event->scenarios.count + !event->scenarios.more;
	case EVENT_DRONES:
		return event->drones.count + !event->drones.more;
	case EVENT_PRESENCE:
		return event->presence.count + (event->presence.missed > 0);
	case EVENT_SEND_REPORT:
	case EVENT_ASIDE: /* help; a mark has no line, an interrupted one has */
		return SIZE_MAX;
	default:
		return 1;
	}
}

static bool takes_backslash(uint32_t code)
{
	return code == ' ' || code == '|' || code == '<' || code == '>';
}

/* Takes a name off the front: up to a sign that ends it, which stays. */
static struct slice take_name(struct slice *line)
{
	struct slice name = *line;
	size_t at = 0;

	while (at < line->size && !takes_backslash(line->data[at])) {
		at += line->data[at] == '\\' ? 2 : 1;
	}
	must(at <= line->size, "a name ends in a backslash");
	name.size = at;
	*line = slice_of(line->data + at, line->size - at);
	return name;
}

static bool take(struct slice *line, const char *words)
{
	size_t size = strlen(words);

	if (line->size < size || memcmp(line->data, words, size) != 0) {
		return false;
	}
	*line = slice_of(line->data + size, line->size - size);
	return true;
}

static void check_message(struct slice line, const struct event_delivery *delivery)
{
	must(take(&line, "<"), "no <");
	must(take_name(&line).size > 0 || !delivery->sender.size, "no sender");
	must(take(&line, "|") == (delivery->to.size > 0), "a group that is not, or none");
	must(!delivery->to.size || take_name(&line).size > 0, "no group");
	must(take(&line, "> ["), "the names do not end");
}

static void check_presence(struct slice line)
{
	struct slice rest = line;

	if (take(&rest, "* missed ")) {
		return;
	}
	must(take(&line, "* ") && take_name(&line).size > 0, "no name");
	if (take(&line, " is here") || take(&line, " is in no scenario")) {
	} else if (take(&line, " is gone (")) {
		(void)take_name(&line);
	} else if (take(&line, " entered ")) {
		must(take_name(&line).size > 0, "no scenario");
	} else if (take(&line, " is ")) {
		must(take_name(&line).size > 0, "no other name");
		must(take(&line, " now") || take(&line, " again"), "not renamed");
	} else {
		/* the comma belongs to the name's last word */
		must(take(&line, " the hub of ") && take_name(&line).size > 0, "no such line");
		must(take(&line, " is up") || take(&line, " is down"), "neither up nor down");
	}
	must(line.size == 0, "more than there can be");
}

static void check_line(struct slice line, const struct event *event)
{
	must(line.size > 1 && strchr(marks_of(event), line.data[0]), "another mark");
	must(utf8_is_printable(line), "a control character, or not UTF-8");
	if (event->kind == EVENT_DELIVERY) {
		check_message(line, &event->delivery);
	} else if (event->kind == EVENT_PRESENCE) {
		check_presence(line);
	}
}

static void check_written(struct slice bytes, const struct event *event)
{
	static const uint8_t mark[] = {0xff, 0xfc, 6}; /* to telnet, not to who reads */
	size_t lines = 0, wanted = lines_of(event);

	if (event->kind == EVENT_ASIDE && bytes.size >= sizeof(mark) &&
	    memcmp(bytes.data, mark, sizeof(mark)) == 0) {
		bytes = slice_of(bytes.data + sizeof(mark), bytes.size - sizeof(mark));
		wanted = bytes.size > 0;
	}
	must(bytes.size || wanted == 0 || (event->kind == EVENT_SEND_REPORT && event->report.more),
	     "an event is written as nothing");
	while (bytes.size) {
		const uint8_t *end = memchr(bytes.data, '\n', bytes.size);
		size_t size;

		must(end != NULL, "a line does not end");
		size = (size_t)(end - bytes.data);
		check_line(slice_of(bytes.data, size), event);
		bytes = slice_of(bytes.data + size + 1, bytes.size - size - 1);
		lines++;
	}
	must(wanted == SIZE_MAX || lines == wanted, "more or fewer lines than there are to tell");
}

static void write_with(const struct event *event, const struct names *names)
{
	struct buf out;

	buf_init(&out);
	must(front_text.write(&out, event, LINE_MAX_BYTES, names) == 0, "cannot be written");
	check_written(buf_slice(&out), event);
	must(event->kind != EVENT_DELIVERY || buf_size(&out) <= 2 * LINE_MAX_BYTES,
	     "a line that grows");
	buf_fini(&out);
}

/* ------------------------------------------------------------------- what it hears */

static struct slice callsign_of(const void *ctx, struct slice id)
{
	return core_callsign(ctx, id);
}

static struct slice id_of(const void *ctx, struct slice name)
{
	return core_id(ctx, name);
}

static bool hear(struct fake_drone *reader, const struct event *event, uint32_t max_frame)
{
	const struct names names = {gateway.core, callsign_of, id_of};

	(void)reader;
	(void)max_frame;
	write_with(event, &names);
	return true;
}

/* ------------------------------------------------------------------- who gets in */

static bool give_nonce(void *ctx, uint8_t nonce[AUTH_NONCE_BYTES])
{
	(void)ctx;
	memset(nonce, 0xaa, AUTH_NONCE_BYTES);
	return true;
}

/* The proof is the nonce, for ids that have a secret. */
static enum proof_verdict proves(void *ctx, struct slice id, const uint8_t nonce[AUTH_NONCE_BYTES],
				 const uint8_t *proof)
{
	(void)ctx;
	must(challenged && !proved, "a proof that nobody asked for");
	proved = !slice_equal(id, slice_str("stranger")) &&
		 memcmp(nonce, proof, AUTH_NONCE_BYTES) == 0;
	return proved ? PROOF_RIGHT : PROOF_WRONG;
}

static bool allows(void *ctx, struct slice id, struct slice scenario)
{
	(void)ctx;
	(void)id;
	(void)scenario;
	return true;
}

static bool is_withdrawn(void *ctx, struct slice id)
{
	(void)ctx;
	(void)id;
	return false;
}

static const struct access_ops access_ops = {
	.nonce = give_nonce, .proves = proves, .allows = allows, .withdrawn = is_withdrawn};

/* ------------------------------------------------------------------------- reading */

static void complete(struct request *request)
{
	if (request->kind == REQUEST_REGISTRATION) {
		request->registration.placement = slice_str("alpha");
		request->registration.id_proof = challenged ? ID_SECRET : ID_FREE;
	}
}

static bool is_held(void)
{
	return held && drone.resumes == held_at;
}

static bool present(struct buf *in)
{
	const struct names names = {gateway.core, callsign_of, id_of};

	while (drone.session && buf_size(in) && !is_held()) {
		uint32_t resumes = drone.resumes;
		struct request request;
		const char *why = NULL;
		size_t used = 0;

		arena_reset(&arena);
		switch (front_text.read(buf_slice(in), 0,
					core_frame_limit(gateway.core, drone.session), &names,
					&arena, &request, &used, &why)) {
		case FRONT_MORE:
			return true;
		case FRONT_BAD:
			must(why != NULL, "no word on what is wrong");
			core_malformed(gateway.core, drone.session, why);
			return false;
		case FRONT_SKIP:
			must(used > 0 && used <= buf_size(in),
			     "nothing, or too much, is passed over");
			break;
		case FRONT_OK:
			must(used > 0 && used <= buf_size(in), "a line of no size");
			complete(&request);
			if (core_request(gateway.core, drone.session, &request) == CORE_HOLD) {
				held = true;
				held_at = resumes;
				return true;
			}
			break;
		}
		buf_consume(in, used);
	}
	return drone.session != NULL;
}

/* Answers what the simulator was asked last, payload altered or not. */
static void answer(uint8_t flags)
{
	static const uint8_t noise[] = "\n* goodbye\r<x> \xff\x1b[2J|\xe2\x80\xae";
	const struct fake_transmit *last = fake_transmit(&gateway, 0);

	if (!last) {
		return;
	}
	for (size_t i = 0; i < last->count && i < FAKE_ITEMS; i++) {
		struct reception reception =
			fake_reception(last->receivers[i], OUTCOME_DELIVERED, NULL);

		if ((flags & FLAG_ALTER) && last->payload_size <= sizeof(noise)) {
			reception.outcome = OUTCOME_CORRUPTED;
			reception.altered = true;
			reception.payload = slice_of(noise, last->payload_size);
		}
		core_sim_result(gateway.core, last->lane, last->id, &reception, 1,
				i + 1 < last->count);
	}
}

static void between(uint8_t flags)
{
	if (flags & FLAG_ANSWER) {
		answer(flags);
	}
	if (flags & FLAG_TIME) {
		fake_pass(&gateway, 20000);
	}
	if (!(flags & FLAG_DEAF)) {
		fake_drain(&drone);
	}
	fake_drain(&other);
}

static void play(struct slice stream, uint8_t cut, uint8_t flags)
{
	struct buf in;
	bool on = drone.session != NULL;

	buf_init(&in);
	while (on && stream.size) {
		size_t size = cut % 64 ? cut % 64u : stream.size;

		size = size < stream.size ? size : stream.size;
		must(buf_append(&in, stream.data, size) == 0, "memory is out");
		stream = slice_of(stream.data + size, stream.size - size);
		cut = (uint8_t)(cut * 5 + 1);
		on = present(&in);
		must(!challenged || proved || !drone.session ||
			     drone.session->state != SESSION_ACTIVE,
		     "let in without a proof");
		between(flags);
	}
	buf_fini(&in);
}

/* --------------------------------------------------------------------- cuts alone */

/* What a stream came to: its lines, and how it ended. */
struct came {
	size_t ends[STREAM_MAX], count;
	uint64_t sum; /* of what was asked for */
	bool bad;
};

static struct slice same(const void *ctx, struct slice name)
{
	(void)ctx;
	return name;
}

static void add(struct came *came, struct slice bytes)
{
	for (size_t i = 0; i < bytes.size; i++) {
		came->sum = came->sum * 31 + bytes.data[i];
	}
}

static void note(struct came *came, const struct request *request, size_t end)
{
	came->ends[came->count++] = end;
	came->sum = came->sum * 31 + (uint64_t)request->kind;
	if (request->kind == REQUEST_SEND) {
		add(came, request->send.name);
		add(came, request->send.payload);
	}
}

static void read_some(struct slice stream, size_t seen, size_t have, size_t *at, struct came *came)
{
	const struct names names = {NULL, same, same};
	struct request request;
	const char *why;
	size_t used;

	while (!came->bad) {
		arena_reset(&arena);
		switch (front_text.read(slice_of(stream.data + *at, have - *at),
					seen > *at ? seen - *at : 0, 300, &names, &arena, &request,
					&used, &why)) {
		case FRONT_MORE:
			return;
		case FRONT_OK:
			note(came, &request, *at + used);
			*at += used;
			break;
		case FRONT_SKIP:
			*at += used;
			break;
		case FRONT_BAD:
			came->bad = true;
			break;
		}
	}
}

static void compare_cuts(struct slice stream, uint8_t cut)
{
	static struct came whole, pieces;
	size_t at = 0, have = 0, seen;

	whole.count = pieces.count = 0;
	whole.sum = pieces.sum = 0;
	whole.bad = pieces.bad = false;
	read_some(stream, 0, stream.size, &at, &whole);
	at = 0;
	while (have < stream.size) {
		seen = have;
		have += cut % 16 + 1u;
		have = have < stream.size ? have : stream.size;
		cut = (uint8_t)(cut * 5 + 1);
		read_some(stream, seen, have, &at, &pieces);
	}
	must(whole.count == pieces.count && whole.bad == pieces.bad && whole.sum == pieces.sum,
	     "cuts change what is read");
	must(memcmp(whole.ends, pieces.ends, whole.count * sizeof(whole.ends[0])) == 0,
	     "cuts change where lines end");
}

/* --------------------------------------------------------------- what lines hold */

/* The next part; the rest is the last one's. */
static struct slice next_part(struct slice *rest, bool last)
{
	const uint8_t *end = last || !rest->size ? NULL : memchr(rest->data, 0x1d, rest->size);
	struct slice part = *rest;

	if (end) {
		part.size = (size_t)(end - rest->data);
	}
	*rest = slice_of(rest->data + part.size + (end != NULL),
			 rest->size - part.size - (end != NULL));
	return part;
}

static struct slice name_of_ctx(const void *ctx, struct slice id)
{
	const struct slice *name = ctx;

	(void)id;
	return *name;
}

static void write_parts(struct slice rest)
{
	struct slice sender = next_part(&rest, false), group = next_part(&rest, false);
	struct slice type = next_part(&rest, false), payload = next_part(&rest, true);
	const struct names names = {&sender, name_of_ctx, name_of_ctx};
	struct hop hop = {.outcome = OUTCOME_CORRUPTED, .link = payload};
	struct target_outcome outcome = {sender, OUTCOME_LOST, REASON_BLOCKED, &hop, 1};
	struct event event = {.kind = EVENT_DELIVERY};

	if (type.size > CONTENT_TYPE_MAX_BYTES) { /* the core lets none longer in */
		type.size = CONTENT_TYPE_MAX_BYTES;
	}
	if (group.size > NAME_MAX_BYTES) {
		group.size = NAME_MAX_BYTES;
	}
	if (sender.size > CALLSIGN_MAX_BYTES) {
		sender.size = CALLSIGN_MAX_BYTES;
	}
	event.delivery = (struct event_delivery){.sender = sender,
						 .to = group,
						 .content_type = type,
						 .payload = payload,
						 .hops = &hop,
						 .hop_count = 1};
	write_with(&event, &names);
	event.kind = EVENT_SEND_REPORT;
	event.report = (struct event_send_report){.outcomes = &outcome, .count = 1};
	write_with(&event, &names);
	event.kind = EVENT_ERROR;
	event.error = (struct event_error){ERROR_BAD_NAME, payload};
	write_with(&event, &names);
	for (int what = PRESENCE_WHAT_ONLINE; sender.size && what < PRESENCE_WHAT_COUNT; what++) {
		struct presence_entry entry = {slice_str("uav1"), sender, group,
					       (enum presence_what)what, GOODBYE_LEFT};

		if (!group.size && what >= PRESENCE_WHAT_HUB_UP) {
			break;
		}
		event.kind = EVENT_PRESENCE;
		event.presence = (struct event_presence){&entry, 1, 0, 0};
		write_with(&event, &names);
	}
}

/* ------------------------------------------------------------------------- all of it */

static void begin(uint8_t flags)
{
	struct request request = {.kind = REQUEST_REGISTRATION};
	struct limits limits = fake_limits();

	limits.max_in_flight_per_drone = 3;
	limits.max_groups_per_drone = 2;
	limits.auth_delay_ms = 30;
	challenged = flags & FLAG_SECRET;
	proved = held = false;
	fake_configure(&gateway, &limits);
	gateway.config.access = (struct access_port){.ops = &access_ops};
	fake_start(&gateway);
	fake_sim_up(&gateway);
	fake_join(&gateway, &other, "other", "alpha");
	fake_ask(&other, REQUEST_JOIN_GROUP, "wing");
	other.watch = hear;
	fake_attach(&gateway, &drone, 1);
	drone.watch = hear;
	request.registration = *front_text.guest;
	complete(&request);
	core_greet(gateway.core, drone.session, &request.registration);
}

static void end(void)
{
	for (int i = 0; i < 3; i++) {
		fake_pass(&gateway, 100000);
	}
	must(fake_accounts_close(&gateway), "the accounts do not close");
	core_shutdown(gateway.core);
	must(drone.session == NULL && other.session == NULL, "a session is left");
	must(core_sessions(gateway.core) == 0, "something is left");
	fake_close(&gateway);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest;

	if (size < HEAD || size > STREAM_MAX) {
		return 0;
	}
	rest = slice_of(data + HEAD, size - HEAD);
	if (data[0] & FLAG_PARTS) {
		write_parts(rest);
		return 0;
	}
	arena_init(&arena, ARENA);
	compare_cuts(rest, data[1]);
	begin(data[0]);
	play(rest, data[1], data[0]);
	end();
	arena_fini(&arena);
	return 0;
}
