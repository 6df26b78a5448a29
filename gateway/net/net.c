#include "net/net.h"

#include "net/peer.h"

#include <stdlib.h>

enum {
	NET_ROUNDS = 4, /* of work between two polls, so that work that makes work ends */
	NET_CHUNKS_KEPT = 1024,
	NET_BOXES_KEPT = 4096,
	/* For handshakes in one turn, or one of them: what drones that are there wait for
	 * newcomers. A turn without them takes some 50 us. */
	NET_SHAKE_US = 2000,
	CLOCK_JITTER_US = 2,
};

/* --- work --- */

/* What the clocks are apart is looked at once a turn: one reading less for each that is read. Both
 * are whole microseconds, read one after the other, so that it seems to change by one or two where
 * it does not; then it stays as it was, and messages that the channel makes due at one moment keep
 * their order. */
void net_clock(struct net *net)
{
	if (net->clock_turn != net->turn) {
		uint64_t ahead_us;

		net->clock_turn = net->turn;
		net->now = clock_now();
		ahead_us = net->now.unix_us - net->now.mono_us;
		if (ahead_us - net->unix_ahead_us + CLOCK_JITTER_US > 2 * CLOCK_JITTER_US) {
			net->unix_ahead_us = ahead_us;
		}
	} else {
		net->now.mono_us = clock_mono_us();
	}
	net->now.unix_us = net->now.mono_us + net->unix_ahead_us;
	core_now(net->core, net->now);
}

void net_task_init(struct net_task *task, void (*run)(struct net_task *task))
{
	*task = (struct net_task){.run = run};
	list_init(&task->link);
}

static void put(struct list *tasks, struct net_task *task)
{
	list_remove(&task->link);
	list_push_back(tasks, &task->link);
}

void net_resume_later(struct net *net, struct net_task *task)
{
	put(&net->resumed, task);
}

void net_resume_next(struct net *net, struct net_task *task)
{
	put(&net->next, task);
}

void net_resume_last(struct net *net, struct net_task *task)
{
	put(&net->last, task);
}

void net_flush_later(struct net *net, struct net_task *task)
{
	if (list_empty(&task->link)) {
		list_push_back(&net->dirty, &task->link);
	}
}

/* When a reload has made linger_ms shorter, those ahead may keep this one until their end. */
void net_linger(struct net *net, struct net_timed *timed)
{
	timed->due_us = net->now.mono_us + (uint64_t)net->settings->linger_ms * 1000;
	put(&net->lingering, &timed->task);
}

static struct net_task *first_task(const struct list *tasks)
{
	struct list *link = list_first(tasks);

	return link ? LIST_ENTRY(link, struct net_task, link) : NULL;
}

/* Behind what is in `to`, which `from` then has no more. */
static void move_all(struct list *to, struct list *from)
{
	if (!list_empty(from)) {
		from->next->prev = to->prev;
		from->prev->next = to;
		to->prev->next = from->next;
		to->prev = from->prev;
		list_init(from);
	}
}

/* Runs what is in the list now, not what is added meanwhile. */
static void run_all(struct list *tasks)
{
	struct list batch;
	struct net_task *task;

	list_init(&batch);
	move_all(&batch, tasks);
	while ((task = first_task(&batch)) != NULL) {
		list_remove(&task->link);
		task->run(task);
	}
}

static uint64_t first_lingering_us(const struct net *net)
{
	struct list *link = list_first(&net->lingering);

	return link ? LIST_ENTRY(link, struct net_timed, task.link)->due_us : UINT64_MAX;
}

bool net_linger_cut(struct net *net)
{
	struct net_task *task = first_task(&net->lingering);

	if (!task) {
		return false;
	}
	list_remove(&task->link);
	task->run(task);
	return true;
}

static void run_lingering(struct net *net, uint64_t until_us)
{
	while (!list_empty(&net->lingering) && first_lingering_us(net) <= until_us) {
		(void)net_linger_cut(net);
	}
}

void net_linger_end(struct net *net)
{
	run_lingering(net, UINT64_MAX);
}

/* --- handshakes --- */

static void run_shake(struct net *net, struct net_task *task)
{
	uint64_t begun_us = clock_mono_us();

	task->run(task);
	net->shaken_us += clock_mono_us() - begun_us;
}

void net_shake(struct net *net, struct net_task *task)
{
	if (list_empty(&net->shaking) && net->shaken_us < NET_SHAKE_US) {
		list_remove(&task->link);
		run_shake(net, task);
	} else {
		put(&net->shaking, task);
	}
}

static void run_shaking(struct net *net)
{
	struct net_task *task;

	while (net->shaken_us < NET_SHAKE_US && (task = first_task(&net->shaking)) != NULL) {
		list_remove(&task->link);
		run_shake(net, task);
	}
}

/* --- what waits for all together --- */

/* Bytes over the bound. */
static uint64_t output_excess(const struct net *net)
{
	uint64_t most = net->settings->limits.max_output_bytes;

	return most && net->backlog.bytes > most ? net->backlog.bytes - most : 0;
}

static void cut_output(struct net *net)
{
	while (output_excess(net) && net_linger_cut(net)) {
	}
}

/* Memory is bounded, however many read nothing: first those go who are told nothing any more,
 * then those for whom most waits; a goodbye that the network does not take now is lost. */
static void bound_output(struct net *net)
{
	if (!output_excess(net)) {
		net->output_crowded =
			net->output_crowded &&
			net->backlog.bytes > net->settings->limits.max_output_bytes / 2;
		return;
	}
	if (!net->output_crowded) {
		LOG(net->log, LOG_LEVEL_WARNING, "output_crowded",
		    log_num("bytes", (int64_t)net->backlog.bytes),
		    log_str("why", "more than max_output_bytes waits for drones; those for which "
				   "most waits are ended"));
	}
	net->output_crowded = true;
	cut_output(net);
	if (output_excess(net)) {
		core_crowded(net->core, output_excess(net));
		run_all(&net->dirty);
		cut_output(net);
	}
}

/* --- turns --- */

bool net_rests(struct net *net)
{
	return backlog_rests(&net->backlog, net->now.mono_us);
}

bool net_is_due(const struct net *net)
{
	return core_next_delivery(net->core) <= net->now.mono_us;
}

static uint64_t next_deadline(const struct net *net)
{
	return earliest(earliest(core_next_deadline(net->core), first_lingering_us(net)),
			backlog_rest_end_us(&net->backlog));
}

static bool has_tasks(const struct net *net)
{
	return !list_empty(&net->resumed) || !list_empty(&net->dirty);
}

/* The core is ticked once between two polls: what it has handed over must have had its chance
 * to be written before more is, or who reads it well would look slow. */
static bool tick_due(const struct net *net)
{
	return !net->ticked && core_next_deadline(net->core) <= net->now.mono_us;
}

static bool has_next(const struct net *net)
{
	return !list_empty(&net->next) || !list_empty(&net->last);
}

/* In the next turn, without waiting for the network. */
static bool goes_on(struct net *net)
{
	return !list_empty(&net->shaking) || (has_next(net) && !net_rests(net));
}

static bool has_work(const struct net *net)
{
	return has_tasks(net) || tick_due(net) || first_lingering_us(net) <= net->now.mono_us;
}

static void work(struct net *net)
{
	for (int round = 0; round < NET_ROUNDS; round++) {
		if (!has_work(net)) {
			return;
		}
		net_clock(net);
		run_all(&net->resumed);
		if (tick_due(net)) {
			net->ticked = true;
			core_tick(net->core);
			net->behind = net_is_due(net);
		}
		run_all(&net->dirty);
		bound_output(net);
		run_lingering(net, net->now.mono_us); /* even of 0 ms: a goodbye was flushed */
	}
}

/* --- the loop's hooks --- */

static void on_alarm(void *ctx)
{
	net_clock(ctx); /* on_check, which comes next, does what is due */
}

static void on_spin(uv_idle_t *idle)
{
	(void)idle;
}

static void on_check(uv_check_t *check)
{
	struct net *net = check->data;

	net->ticked = false;
	net->settled = 0; /* those who have waited have the first of it */
	run_shaking(net);
	if (has_next(net) || net->busy.since_us) {
		net_clock(net);
	}
	busy_poll_end(&net->busy, net->now.mono_us);
	if (!net_rests(net)) {
		move_all(&net->resumed, &net->next);
		move_all(&net->resumed, &net->last);
	}
	work(net);
}

/* Whether the next poll is not to wait; else the alarm is set. It is moved only to ring earlier:
 * one that rings too early finds nothing to do and is set anew. */
static bool stays_awake(struct net *net)
{
	uint64_t now_us = net->now.mono_us;
	uint64_t due_us = next_deadline(net);
	uint64_t wake_us = busy_poll_wake_us(&net->busy, core_next_delivery(net->core), now_us);

	if (has_tasks(net) || goes_on(net) || due_us <= now_us) {
		return true;
	}
	if (wake_us <= now_us) {
		busy_poll_begin(&net->busy, now_us);
		return true;
	}
	alarm_set(&net->alarm, earliest(due_us, wake_us));
	return false;
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct net *net = prepare->data;

	net->turn++;
	net->shaken_us = 0;
	work(net);
	if (stays_awake(net)) {
		uv_idle_start(&net->spin, on_spin);
	} else {
		uv_idle_stop(&net->spin);
	}
}

/* --- life --- */

static void start_hooks(struct net *net, uv_loop_t *loop)
{
	uv_check_init(loop, &net->check);
	uv_prepare_init(loop, &net->prepare);
	uv_idle_init(loop, &net->spin);
	net->check.data = net;
	net->prepare.data = net;
	net->spin.data = net;
	uv_check_start(&net->check, on_check);
	uv_prepare_start(&net->prepare, on_prepare);
}

int net_init(struct net *net, uv_loop_t *loop, struct log *log, const struct settings *settings,
	     const char **why)
{
	int status;

	*net = (struct net){
		.loop = loop,
		.log = log,
		.settings = settings,
		.now = clock_now(),
		.clock_turn = UINT32_MAX,
		.shared = malloc(NET_CHUNK_BYTES),
	};
	if (!net->shared) {
		*why = "out of memory";
		return UV_ENOMEM;
	}
	status = alarm_open(&net->alarm, loop, on_alarm, net);
	if (status < 0) {
		*why = "the system gives no timer (timerfd)";
		free(net->shared);
		return status;
	}
	arena_init(&net->arena, settings->decode_arena_bytes);
	pool_init(&net->chunks, NET_CHUNK_BYTES, NET_CHUNKS_KEPT);
	peer_pool(&net->boxes, NET_BOXES_KEPT);
	list_init(&net->resumed);
	list_init(&net->dirty);
	list_init(&net->next);
	list_init(&net->last);
	list_init(&net->shaking);
	list_init(&net->lingering);
	influx_init(&net->influx, loop, &net->settings);
	tls_failures_init(&net->tls_failures, loop, log);
	start_hooks(net, loop);
	return 0;
}

void net_close(struct net *net)
{
	tls_failures_close(&net->tls_failures);
	uv_close((uv_handle_t *)&net->check, NULL);
	uv_close((uv_handle_t *)&net->prepare, NULL);
	uv_close((uv_handle_t *)&net->spin, NULL);
	influx_close(&net->influx);
	alarm_close(&net->alarm);
}

void net_fini(struct net *net)
{
	pool_fini(&net->boxes);
	pool_fini(&net->chunks);
	arena_fini(&net->arena);
	free(net->shared);
}
