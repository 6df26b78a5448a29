/* What comes from the simulator. */
#include "net/simlink_parts.h"

#include "net/host.h"
#include "wire/frame.h"
#include "wire/hot_codec.h"

enum {
	SIMLINK_READ_BYTES = 64 * 1024, /* asked of the network at once */
	/* Then the drones have theirs, and what was gathered for them is written: a result for 1000
	 * receivers is 80 KB, and with 4 reads each receiver had a write for every 3.7 messages
	 * (1.9 us of CPU a delivery; 1.0 with 16: make bench ARGS="--rows everyone"). A turn so
	 * takes some milliseconds at most. */
	SIMLINK_READS_PER_TURN = 16,
	/* Payloads that they are handed over in one turn, so that results for large ones make no
	 * long turns. */
	SIMLINK_HANDED_PER_TURN = 512 * 1024,
	/* For answers in one turn, once a delivery is due. */
	SIMLINK_DUE_US = 1000,
	SIMLINK_INTAKE_KEPT = 1024 * 1024, /* a larger buffer is freed when it is empty */
	SIMLINK_BATCH = 64,		   /* receptions handed over by one call */
};

static void take_hello_ack(struct simlink *link, const struct channel_hello_ack *ack)
{
	struct net *net = link->net;
	char text[HOST_TEXT_BYTES];

	if (ack->protocol != PROTOCOL_VERSION) {
		simlink_fail(link, "the simulator speaks no version of the protocol that we speak");
		return;
	}
	LOG(net->log, LOG_LEVEL_INFO, "simulator_connected",
	    log_str("simulator", simlink_settings(link)->name),
	    log_num("connection", link->connection), log_num("lane", link->lane),
	    log_str("address", host_text((const struct sockaddr *)&link->address, text)),
	    log_text("software", ack->simulator), log_text("version", ack->version));
	link->told[0] = '\0';
	link->state = SIMLINK_UP;
	link->up_us = net->now.mono_us;
	simlink_keep_alive(link);
	if (ack->has_draws) {
		core_sim_draws(net->core, link->lane, ack->draw_seed);
	}
	simlink_bulk_begin(link);
	core_sim_up(net->core, link->lane);
	simlink_bulk_end(link);
}

static void take_result(struct simlink *link, struct slice body)
{
	struct reception batch[SIMLINK_BATCH + 1]; /* one ahead, to know whether it is the last */
	struct hot_result result;
	size_t count = 0;
	int got;

	if (hot_result_begin(body, &result) != HOT_OK) {
		simlink_fail(link, "a result that cannot be read");
		return;
	}
	while ((got = hot_result_next(&result, &batch[count])) == 1 && !link->failed) {
		if (count == SIMLINK_BATCH) {
			core_sim_result(link->net->core, link->lane, result.id, batch, count, true);
			batch[0] = batch[count];
			count = 0;
		}
		count++;
	}
	if (got < 0) {
		simlink_fail(link, "a result that cannot be read");
	} else if (!link->failed) {
		core_sim_result(link->net->core, link->lane, result.id, batch, count, result.more);
	}
}

static void take_message(struct simlink *link, const struct from_sim *message)
{
	if ((link->state == SIMLINK_GREETING) != (message->kind == FROM_SIM_HELLO_ACK)) {
		simlink_fail(link, link->state == SIMLINK_GREETING
					   ? "the first answer is not hello_ack"
					   : "a second hello_ack");
		return;
	}
	switch (message->kind) {
	case FROM_SIM_HELLO_ACK:
		take_hello_ack(link, &message->hello_ack);
		break;
	case FROM_SIM_SCENARIO_STATUS:
		core_sim_status(link->net->core, link->lane, message->status.scenario,
				message->status.ok, message->status.message);
		break;
	case FROM_SIM_RESULT:
		take_result(link, message->result);
		break;
	case FROM_SIM_PONG:
	case FROM_SIM_UNKNOWN:
		break;
	}
}

static bool take_frame(struct simlink *link, struct slice bytes, size_t *used)
{
	struct slice body;
	struct from_sim message;
	const char *why = NULL;
	enum frame_status status =
		frame_read(bytes, simlink_settings(link)->max_frame_bytes, &body, used, &why);

	if (status == FRAME_MORE) {
		return false;
	}
	arena_reset(&link->arena);
	if (status == FRAME_BAD ||
	    channel_read_from_sim(body, &link->arena, &message, &why) == CODEC_BAD) {
		simlink_fail(link, why);
		return false;
	}
	/* What the next answer is about has mostly left the cache: it is fetched meanwhile. */
	core_sim_expect(link->net->core,
			hot_result_hint(slice_of(bytes.data + *used, bytes.size - *used)));
	take_message(link, &message);
	return true;
}

/* What is counted for a turn begins anew in the next. */
static void begin_turn(struct simlink *link)
{
	if (link->read_turn != link->net->turn) {
		link->read_turn = link->net->turn;
		link->reads = 0;
		link->turn_us = 0;
		link->handed_over = 0;
	}
}

/* Works on what has been read, as much of it as one turn takes, and nobody is given time. Nothing
 * is read while some of it is left. */
static void take_frames(struct simlink *link)
{
	const struct stats *stats = core_stats(link->net->core);
	bool whole = true;
	size_t used;

	while (!link->failed && whole && buf_size(&link->in)) {
		uint64_t before = stats->delivered_bytes;

		if (link->handed_over >= SIMLINK_HANDED_PER_TURN || net_rests(link->net)) {
			link->transport->ops->read_stop(link->transport);
			net_resume_next(link->net, &link->more);
			return;
		}
		whole = take_frame(link, buf_slice(&link->in), &used);
		if (whole) {
			buf_consume(&link->in, used);
		}
		link->handed_over += stats->delivered_bytes - before;
	}
	if (buf_size(&link->in) == 0 && link->in.cap > SIMLINK_INTAKE_KEPT) {
		buf_fini(&link->in);
	}
}

static void heard(struct simlink *link)
{
	net_clock(link->net);
	if (link->turn_us == 0) {
		link->turn_us = link->net->now.mono_us;
	}
	link->heard_us = link->net->now.mono_us;
	link->pinged = false;
}

/* Nothing is read meanwhile: that it is not heard is not its fault. */
void simlink_go_on(struct net_task *task)
{
	struct simlink *link = LIST_ENTRY(task, struct simlink, more);

	begin_turn(link);
	heard(link);
	take_frames(link);
	if (!link->failed && list_empty(&link->more.link) &&
	    link->transport->ops->read_start(link->transport) < 0) {
		simlink_fail(link, "it cannot be watched any more");
	}
}

/* Deliveries that are due go before answers: no more of these are read in this turn. Without that
 * they were some 80 ms late under full load, and 4 with it, at the same throughput (make
 * bench-timing ARGS="--rates full"). One read a turn there is always: deliveries may be due for as
 * long as somebody sends over links that are known, and others wait for answers meanwhile. */
static bool gives_way(const struct simlink *link)
{
	const struct net *net = link->net;

	return link->reads && net_is_due(net) &&
	       (net->behind || net->now.mono_us - link->turn_us >= SIMLINK_DUE_US);
}

struct room simlink_room(void *ctx)
{
	struct simlink *link = ctx;

	begin_turn(link);
	if (link->failed || link->reads == SIMLINK_READS_PER_TURN || gives_way(link) ||
	    !list_empty(&link->more.link)) {
		return (struct room){0};
	}
	if (buf_reserve(&link->in, SIMLINK_READ_BYTES) < 0) {
		simlink_fail(link, "out of memory");
		return (struct room){0};
	}
	link->reads++;
	return (struct room){.data = buf_tail(&link->in), .size = SIMLINK_READ_BYTES};
}

void simlink_read(void *ctx, const uint8_t *data, size_t size)
{
	struct simlink *link = ctx;

	(void)data;
	heard(link);
	buf_produce(&link->in, size);
	take_frames(link);
}
