#include "net/simlink.h"

#include "base/version.h"
#include "net/backoff.h"
#include "net/host.h"
#include "net/outbox.h"
#include "wire/channel_codec.h"
#include "wire/frame.h"
#include "wire/hot_codec.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	SIMLINK_READ_BYTES = 64 * 1024,	   /* asked of the network at once */
	SIMLINK_READS_PER_TURN = 4,	   /* then the drones have theirs */
	SIMLINK_BLOCK_BYTES = 256 * 1024,  /* output is gathered in these */
	SIMLINK_INTAKE_KEPT = 1024 * 1024, /* a larger buffer is freed when it is empty */
	SIMLINK_BATCH = 64,		   /* receptions handed over by one call */
	SIMLINK_STEADY_MS = 1000,	   /* up for so long: the next delay is short again */
	SIMLINK_WHY_BYTES = 128,
};

enum simlink_state {
	SIMLINK_WAITING,    /* for the next attempt */
	SIMLINK_CONNECTING, /* until the network has connected */
	SIMLINK_GREETING,   /* hello sent, hello_ack awaited */
	SIMLINK_UP,
	SIMLINK_CLOSING, /* until the transport has closed */
};

struct simlink {
	struct net *net;
	const struct simulator_settings *settings;
	struct sockaddr_storage address;
	enum simlink_state state;
	struct transport *transport; /* NULL in WAITING and CLOSING */
	struct buf in;
	struct outbox out;
	struct pool blocks;   /* of the outbox */
	struct arena arena;   /* for decoding one answer */
	struct net_task task; /* flush, or end a link that failed */
	uv_timer_t timer;     /* what it rings for depends on the state */
	struct backoff backoff;
	struct rng rng;
	uint64_t heard_us;	   /* the last bytes */
	uint64_t up_us;		   /* since when */
	uint64_t nonce;		   /* of the last ping */
	uint32_t read_turn, reads; /* reads in that turn */
	bool pinged;		   /* since the last bytes */
	bool filled;		   /* over max_queued_bytes; core_sim_drained is owed */
	bool failed;		   /* `why` says it; to be ended by the task */
	bool stopped;
	char why[SIMLINK_WHY_BYTES];
	char told[SIMLINK_WHY_BYTES]; /* the last failure to connect that was logged */
};

/* --- failing --- */

/* From anywhere, even from inside the core: the link ends in its task. */
static void fail(struct simlink *link, const char *why)
{
	if (link->failed || !link->transport) {
		return;
	}
	link->failed = true;
	snprintf(link->why, sizeof(link->why), "%s", why);
	net_flush_later(link->net, &link->task);
}

/* A link that was up is told every time, attempts only when their reason changes. */
static void log_end(struct simlink *link, bool was_up)
{
	char text[HOST_TEXT_BYTES];
	const char *event = was_up ? "simulator_lost" : "simulator_unreachable";

	if (!was_up && strcmp(link->told, link->why) == 0) {
		return;
	}
	snprintf(link->told, sizeof(link->told), "%s", was_up ? "" : link->why);
	LOG(link->net->log, LOG_LEVEL_WARNING, event,
	    log_str("address", host_text((const struct sockaddr *)&link->address, text)),
	    log_str("why", link->why));
}

static void end(struct simlink *link)
{
	struct net *net = link->net;
	bool was_up = link->state == SIMLINK_UP;

	link->state = SIMLINK_CLOSING;
	link->failed = false;
	link->filled = false;
	uv_timer_stop(&link->timer);
	link->transport->ops->close(link->transport);
	link->transport = NULL;
	log_end(link, was_up);
	if (was_up) {
		if (net->now.mono_us - link->up_us >= SIMLINK_STEADY_MS * 1000ull) {
			backoff_reset(&link->backoff);
		}
		core_sim_down(net->core, link->why);
	}
}

/* --- output --- */

/* Where a message goes, or NULL when there is no way any more. */
static struct buf *gather(struct simlink *link)
{
	struct buf *out;

	if (!link->transport || link->failed) {
		return NULL;
	}
	net_flush_later(link->net, &link->task);
	out = outbox_gather(&link->out);
	if (!out) {
		fail(link, "out of memory");
	}
	return out;
}

static void gathered(struct simlink *link, int status)
{
	if (status < 0) {
		fail(link, "out of memory");
	}
	if (outbox_queued(&link->out, link->transport) > link->settings->max_queued_bytes) {
		link->filled = true;
	}
}

static void say(struct simlink *link, const struct to_sim *message)
{
	struct buf *out = gather(link);

	if (out) {
		gathered(link, channel_write_to_sim(out, message));
	}
}

static void flush(struct simlink *link)
{
	int status = outbox_flush(&link->out, link->transport);

	if (status < 0) {
		fail(link, uv_strerror(status));
		return;
	}
	if (link->filled &&
	    outbox_queued(&link->out, link->transport) < link->settings->max_queued_bytes / 2) {
		link->filled = false;
		core_sim_drained(link->net->core);
	}
}

static void run_task(struct net_task *task)
{
	struct simlink *link = LIST_ENTRY(task, struct simlink, task);

	if (link->failed) {
		end(link);
	} else if (link->transport && link->state != SIMLINK_CONNECTING) {
		flush(link);
	}
}

static void on_wrote(void *ctx, int status)
{
	struct simlink *link = ctx;

	outbox_wrote(&link->out);
	if (!link->transport) {
		return;
	}
	if (status < 0) {
		fail(link, uv_strerror(status));
	} else {
		net_flush_later(link->net, &link->task);
	}
}

/* --- the core's port --- */

static void port_set_scenario(void *ctx, const struct sim_scenario *scenario)
{
	say(ctx, &(struct to_sim){.kind = TO_SIM_SET_SCENARIO, .set_scenario = *scenario});
}

static void port_remove_scenario(void *ctx, uint32_t scenario)
{
	say(ctx, &(struct to_sim){.kind = TO_SIM_REMOVE_SCENARIO, .remove_scenario = scenario});
}

static void port_set_node(void *ctx, const struct sim_node *node)
{
	say(ctx, &(struct to_sim){.kind = TO_SIM_SET_NODE, .set_node = *node});
}

static void port_remove_node(void *ctx, uint32_t scenario, uint32_t node)
{
	say(ctx, &(struct to_sim){.kind = TO_SIM_REMOVE_NODE,
				  .remove_node = {.scenario = scenario, .node = node}});
}

static void port_transmit(void *ctx, const struct sim_transmit *transmit)
{
	struct simlink *link = ctx;
	struct buf *out = gather(link);

	if (out) {
		gathered(link, hot_write_transmit(out, transmit));
	}
}

static bool port_full(const void *ctx)
{
	const struct simlink *link = ctx;

	return link->filled;
}

static void port_reset(void *ctx, const char *why)
{
	fail(ctx, why);
}

const struct sim_ops simlink_ops = {
	.set_scenario = port_set_scenario,
	.remove_scenario = port_remove_scenario,
	.set_node = port_set_node,
	.remove_node = port_remove_node,
	.transmit = port_transmit,
	.full = port_full,
	.reset = port_reset,
};

/* --- keeping time --- */

static void on_timer(uv_timer_t *timer);

static void set_timer(struct simlink *link, uint64_t delay_ms)
{
	uv_timer_start(&link->timer, on_timer, delay_ms ? delay_ms : 1, 0);
}

/* Milliseconds, rounded up, until `since_us` + `after_ms`; 0 when that is past. */
static uint64_t remaining_ms(uint64_t now_us, uint64_t since_us, uint32_t after_ms)
{
	uint64_t due_us = since_us + after_ms * 1000ull;

	return due_us > now_us ? (due_us - now_us + 999) / 1000 : 0;
}

/* The timer is set for the next of ping and drop as things stand; bytes that come
 * meanwhile do not move it, it just finds less to do. */
static void keep_alive(struct simlink *link)
{
	const struct simulator_settings *settings = link->settings;
	uint64_t now_us = link->net->now.mono_us;
	uint64_t drop_ms = remaining_ms(now_us, link->heard_us, settings->idle_timeout_ms);
	uint64_t ping_ms = remaining_ms(now_us, link->heard_us, settings->ping_interval_ms);
	uint64_t next_ms;

	if (drop_ms == 0) {
		fail(link, "nothing was heard for idle_timeout_ms");
		return;
	}
	if (ping_ms == 0 && !link->pinged) {
		link->pinged = true;
		say(link, &(struct to_sim){.kind = TO_SIM_PING, .ping = ++link->nonce});
	}
	next_ms = ping_ms ? ping_ms : settings->ping_interval_ms;
	set_timer(link, next_ms < drop_ms ? next_ms : drop_ms);
}

/* --- input --- */

static void take_hello_ack(struct simlink *link, const struct channel_hello_ack *ack)
{
	struct net *net = link->net;
	char text[HOST_TEXT_BYTES];

	if (ack->protocol != PROTOCOL_VERSION) {
		fail(link, "the simulator speaks no version of the protocol that we speak");
		return;
	}
	LOG(net->log, LOG_LEVEL_INFO, "simulator_connected",
	    log_str("address", host_text((const struct sockaddr *)&link->address, text)),
	    log_text("simulator", ack->simulator), log_text("version", ack->version));
	link->told[0] = '\0';
	link->state = SIMLINK_UP;
	link->up_us = net->now.mono_us;
	keep_alive(link);
	core_sim_up(net->core);
}

static void take_result(struct simlink *link, struct slice body)
{
	struct reception batch[SIMLINK_BATCH];
	struct reception ahead;
	struct hot_result result;
	size_t count = 0;
	int got;

	if (hot_result_begin(body, &result) != HOT_OK) {
		fail(link, "a result that cannot be read");
		return;
	}
	while ((got = hot_result_next(&result, &ahead)) == 1 && !link->failed) {
		if (count == SIMLINK_BATCH) {
			core_sim_result(link->net->core, result.id, batch, count, true);
			count = 0;
		}
		batch[count++] = ahead;
	}
	if (got < 0) {
		fail(link, "a result that cannot be read");
	} else if (!link->failed) {
		core_sim_result(link->net->core, result.id, batch, count, result.more);
	}
}

static void take_message(struct simlink *link, const struct from_sim *message)
{
	if ((link->state == SIMLINK_GREETING) != (message->kind == FROM_SIM_HELLO_ACK)) {
		fail(link, link->state == SIMLINK_GREETING ? "the first answer is not hello_ack"
							   : "a second hello_ack");
		return;
	}
	switch (message->kind) {
	case FROM_SIM_HELLO_ACK:
		take_hello_ack(link, &message->hello_ack);
		break;
	case FROM_SIM_SCENARIO_STATUS:
		core_sim_status(link->net->core, message->status.scenario, message->status.ok,
				message->status.message);
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
		frame_read(bytes, link->settings->max_frame_bytes, &body, used, &why);

	if (status == FRAME_MORE) {
		return false;
	}
	arena_reset(&link->arena);
	if (status == FRAME_BAD ||
	    channel_read_from_sim(body, &link->arena, &message, &why) == CODEC_BAD) {
		fail(link, why);
		return false;
	}
	take_message(link, &message);
	return true;
}

static struct room on_room(void *ctx)
{
	struct simlink *link = ctx;

	if (link->read_turn != link->net->turn) {
		link->read_turn = link->net->turn;
		link->reads = 0;
	}
	if (link->failed || link->reads == SIMLINK_READS_PER_TURN) {
		return (struct room){0};
	}
	if (buf_reserve(&link->in, SIMLINK_READ_BYTES) < 0) {
		fail(link, "out of memory");
		return (struct room){0};
	}
	link->reads++;
	return (struct room){.data = buf_tail(&link->in), .size = SIMLINK_READ_BYTES};
}

static void on_read(void *ctx, const uint8_t *data, size_t size)
{
	struct simlink *link = ctx;
	size_t used;

	(void)data;
	net_clock(link->net);
	link->heard_us = link->net->now.mono_us;
	link->pinged = false;
	buf_produce(&link->in, size);
	while (!link->failed && buf_size(&link->in) &&
	       take_frame(link, buf_slice(&link->in), &used)) {
		buf_consume(&link->in, used);
	}
	if (buf_size(&link->in) == 0 && link->in.cap > SIMLINK_INTAKE_KEPT) {
		buf_fini(&link->in);
	}
}

static void on_ended(void *ctx, int status)
{
	fail(ctx, status < 0 ? uv_strerror(status) : "the simulator closed the connection");
}

/* --- connecting --- */

static void wait_for_next(struct simlink *link)
{
	link->state = SIMLINK_WAITING;
	set_timer(link, backoff_next(&link->backoff, &link->rng));
}

static void on_closed(void *ctx)
{
	struct simlink *link = ctx;

	outbox_fini(&link->out);
	buf_clear(&link->in);
	if (!link->stopped) {
		wait_for_next(link);
	}
}

static void on_connected(void *ctx, int status)
{
	struct simlink *link = ctx;

	if (status == 0) {
		status = link->transport->ops->read_start(link->transport);
	}
	if (status < 0) {
		fail(link, uv_strerror(status));
		return;
	}
	link->state = SIMLINK_GREETING;
	net_clock(link->net);
	link->heard_us = link->net->now.mono_us;
	link->pinged = false;
	say(link, &(struct to_sim){.kind = TO_SIM_HELLO,
				   .hello = {.protocol = PROTOCOL_VERSION,
					     .gateway = slice_str(link->net->settings->name),
					     .software = slice_str("uav-gateway " UAV_VERSION)}});
}

static const struct transport_user simlink_user = {
	.connected = on_connected,
	.room = on_room,
	.read = on_read,
	.ended = on_ended,
	.wrote = on_wrote,
	.closed = on_closed,
};

static void connect_now(struct simlink *link)
{
	struct transport_plain_options options = net_transport_options(link->net);
	int status = transport_plain_connect(&options, (const struct sockaddr *)&link->address,
					     &simlink_user, link, &link->transport);

	if (status < 0) {
		snprintf(link->why, sizeof(link->why), "%s", uv_strerror(status));
		log_end(link, false);
		wait_for_next(link);
		return;
	}
	link->state = SIMLINK_CONNECTING;
	set_timer(link, link->settings->connect_timeout_ms);
}

static void on_timer(uv_timer_t *timer)
{
	struct simlink *link = timer->data;

	net_clock(link->net);
	switch (link->state) {
	case SIMLINK_WAITING:
		connect_now(link);
		break;
	case SIMLINK_CONNECTING:
	case SIMLINK_GREETING:
		fail(link, "no answer within connect_timeout_ms");
		break;
	case SIMLINK_UP:
		keep_alive(link);
		break;
	case SIMLINK_CLOSING:
		break;
	}
}

/* --- life --- */

struct simlink *simlink_new(struct net *net, const char **why)
{
	const struct simulator_settings *settings = &net->settings->simulator;
	struct simlink *link = calloc(1, sizeof(*link));

	*why = "out of memory";
	if (!link) {
		return NULL;
	}
	link->net = net;
	link->settings = settings;
	link->state = SIMLINK_WAITING;
	if (host_resolve(&settings->address, &link->address) < 0) {
		*why = "the simulator's address is not numeric";
		goto fail;
	}
	if (rng_seed_from_os(&link->rng) < 0) {
		*why = "the system gives no random numbers";
		goto fail;
	}
	pool_init(&link->blocks, SIMLINK_BLOCK_BYTES, 2);
	outbox_init(&link->out, &link->blocks);
	buf_init(&link->in);
	arena_init(&link->arena, net->settings->decode_arena_bytes);
	backoff_init(&link->backoff, settings->backoff_min_ms, settings->backoff_max_ms);
	net_task_init(&link->task, run_task);
	uv_timer_init(net->loop, &link->timer);
	link->timer.data = link;
	return link;
fail:
	free(link);
	return NULL;
}

void simlink_start(struct simlink *link)
{
	connect_now(link);
}

void simlink_stop(struct simlink *link)
{
	link->stopped = true;
	list_remove(&link->task.link);
	if (link->transport) {
		link->transport->ops->close(link->transport);
		link->transport = NULL;
	}
	uv_close((uv_handle_t *)&link->timer, NULL);
}

void simlink_free(struct simlink *link)
{
	outbox_fini(&link->out);
	pool_fini(&link->blocks);
	buf_fini(&link->in);
	arena_fini(&link->arena);
	free(link);
}
