#include "net/simlink.h"

#include "base/version.h"
#include "net/host.h"
#include "net/simlink_parts.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	SIMLINK_BLOCK_BYTES = 256 * 1024, /* output is gathered in these */
	SIMLINK_STEADY_MS = 1000,	  /* up for so long: the next delay is short again */
};

/* --- failing --- */

/* From anywhere, even from inside the core: the link ends in its task. */
void simlink_fail(struct simlink *link, const char *why)
{
	if (link->failed || !link->transport) {
		return;
	}
	link->failed = true;
	snprintf(link->why, sizeof(link->why), "%s", why);
	net_flush_later(link->net, &link->task);
}

void simlink_fail_status(struct simlink *link, int status)
{
	const char *fault = link->transport ? link->transport->ops->fault(link->transport) : NULL;

	simlink_fail(link, fault ? fault : uv_strerror(status));
}

/* An attempt that failed is told when its reason is not that of the last one. */
static void log_unreachable(struct simlink *link)
{
	char text[HOST_TEXT_BYTES];

	if (strcmp(link->told, link->why) == 0) {
		return;
	}
	snprintf(link->told, sizeof(link->told), "%s", link->why);
	LOG(link->net->log, LOG_LEVEL_WARNING, "simulator_unreachable",
	    log_str("simulator", simlink_settings(link)->name),
	    log_num("connection", link->connection), log_num("lane", link->lane),
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
	link->bulk = false;
	link->bulk_bytes = 0;
	uv_timer_stop(&link->timer);
	list_remove(&link->more.link);
	link->transport->ops->close(link->transport);
	link->transport = NULL;
	if (was_up) {
		if (net->now.mono_us - link->up_us >= SIMLINK_STEADY_MS * 1000ull) {
			backoff_reset(&link->backoff);
		}
		core_sim_down(net->core, link->lane, link->why); /* which logs it */
	} else {
		log_unreachable(link);
	}
}

static void run_task(struct net_task *task)
{
	struct simlink *link = LIST_ENTRY(task, struct simlink, task);

	if (link->failed) {
		end(link);
	} else if (link->transport && link->state != SIMLINK_CONNECTING) {
		simlink_flush(link);
	}
}

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
void simlink_keep_alive(struct simlink *link)
{
	const struct simulator_settings *settings = simlink_settings(link);
	uint64_t now_us = link->net->now.mono_us;
	uint64_t drop_ms = remaining_ms(now_us, link->heard_us, settings->idle_timeout_ms);
	uint64_t ping_ms = remaining_ms(now_us, link->heard_us, settings->ping_interval_ms);
	uint64_t next_ms;

	if (drop_ms == 0) {
		simlink_fail(link, "nothing was heard for idle_timeout_ms");
		return;
	}
	if (ping_ms == 0 && !link->pinged) {
		link->pinged = true;
		simlink_say(link, &(struct to_sim){.kind = TO_SIM_PING, .ping = ++link->nonce});
	}
	next_ms = ping_ms ? ping_ms : settings->ping_interval_ms;
	set_timer(link, next_ms < drop_ms ? next_ms : drop_ms);
}

/* --- connecting --- */

static void on_ended(void *ctx, int status)
{
	if (status < 0) {
		simlink_fail_status(ctx, status);
	} else {
		simlink_fail(ctx, "the simulator closed the connection");
	}
}

static void wait_for_next(struct simlink *link)
{
	const struct simulator_settings *settings = simlink_settings(link);

	link->state = SIMLINK_WAITING;
	backoff_bound(&link->backoff, settings->backoff_min_ms, settings->backoff_max_ms,
		      settings->backoff_growth_percent);
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
		simlink_fail_status(link, status);
		return;
	}
	link->state = SIMLINK_GREETING;
	net_clock(link->net);
	link->heard_us = link->net->now.mono_us;
	link->pinged = false;
	simlink_say(link,
		    &(struct to_sim){.kind = TO_SIM_HELLO,
				     .hello = {.protocol = PROTOCOL_VERSION,
					       .gateway = slice_str(link->net->settings->name),
					       .software = slice_str("uav-gateway " UAV_VERSION)}});
}

static const struct transport_user simlink_user = {
	.connected = on_connected,
	.room = simlink_room,
	.read = simlink_read,
	.ended = on_ended,
	.writable = simlink_writable,
	.closed = on_closed,
};

/* 0 or a negative uv error: there is nothing to close. */
static int begin(struct simlink *link)
{
	const struct simulator_settings *settings = simlink_settings(link);
	struct net *net = link->net;
	struct tls_context *tls = net->sim_tls[link->simulator];
	const struct sockaddr *to = (const struct sockaddr *)&link->address;
	struct transport_owner owner = {.user = &simlink_user, .ctx = link};

	if (tls) {
		link->transport = &link->carrier.tls.socket.base;
		return transport_tls_connect(
			&link->carrier.tls, net, to, tls,
			settings->tls_name[0] ? settings->tls_name : settings->address.host, owner);
	}
	link->transport = &link->carrier.plain.socket.base;
	return transport_plain_connect(&link->carrier.plain, net->loop, to,
				       net->settings->tcp_user_timeout_ms, owner);
}

static void connect_now(struct simlink *link)
{
	int status = begin(link);

	if (status < 0) {
		link->transport = NULL;
		snprintf(link->why, sizeof(link->why), "%s", uv_strerror(status));
		log_unreachable(link);
		wait_for_next(link);
		return;
	}
	link->state = SIMLINK_CONNECTING;
	set_timer(link, simlink_settings(link)->connect_timeout_ms);
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
		simlink_fail(link, "no answer within connect_timeout_ms");
		break;
	case SIMLINK_UP:
		simlink_keep_alive(link);
		break;
	case SIMLINK_CLOSING:
		break;
	}
}

/* --- life --- */

struct simlink *simlink_new(struct net *net, uint32_t simulator, uint32_t connection, uint32_t lane,
			    const char **why)
{
	const struct simulator_settings *settings = &net->settings->simulators[simulator];
	struct simlink *link = calloc(1, sizeof(*link));

	*why = "out of memory";
	if (!link) {
		return NULL;
	}
	link->net = net;
	link->simulator = simulator;
	link->connection = connection;
	link->lane = lane;
	link->state = SIMLINK_WAITING;
	if (host_resolve(&settings->address, &link->address) < 0) {
		*why = "the simulator's address is neither numeric nor localhost, or its path is "
		       "too long";
		goto fail;
	}
	if (rng_seed_from_os(&link->rng) < 0) {
		*why = "the system gives no random numbers";
		goto fail;
	}
	pool_init(&link->blocks, SIMLINK_BLOCK_BYTES, 2);
	outbox_init(&link->out, &link->blocks, NULL, 0);
	buf_init(&link->in);
	arena_init(&link->arena, net->settings->decode_arena_bytes);
	backoff_init(&link->backoff, settings->backoff_min_ms, settings->backoff_max_ms,
		     settings->backoff_growth_percent);
	net_task_init(&link->task, run_task);
	net_task_init(&link->more, simlink_go_on);
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

void simlink_bulk_begin(struct simlink *link)
{
	link->bulk = link->state == SIMLINK_UP;
}

void simlink_bulk_end(struct simlink *link)
{
	if (link->bulk) {
		link->bulk_bytes = outbox_queued(&link->out);
	}
	link->bulk = false;
}

void simlink_reload(struct simlink *link, const struct settings *before)
{
	const struct simulator_settings *old = &before->simulators[link->simulator];
	const struct simulator_settings *settings = simlink_settings(link);
	bool changed = old->ping_interval_ms != settings->ping_interval_ms ||
		       old->idle_timeout_ms != settings->idle_timeout_ms;

	if (changed && link->state == SIMLINK_UP) {
		link->heard_us = link->net->now.mono_us;
		link->pinged = false;
		simlink_keep_alive(link);
	}
}

void simlink_stop(struct simlink *link)
{
	link->stopped = true;
	list_remove(&link->task.link);
	list_remove(&link->more.link);
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
