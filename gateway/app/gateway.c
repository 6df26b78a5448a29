#include "app/gateway.h"

#include "app/accounts.h"
#include "app/activation.h"
#include "app/core_settings.h"
#include "app/descriptors.h"
#include "app/links.h"
#include "app/readiness.h"
#include "app/reload.h"
#include "app/service.h"
#include "base/rng.h"
#include "base/version.h"
#include "net/listener.h"
#include "net/net.h"
#include "net/watch_table.h"

#include <signal.h>

_Static_assert(2 * NET_SPARE_PEERS <= RESERVED_DESCRIPTORS_LEAST,
	       "spare connections have descriptors");

enum {
	GATEWAY_STEP_MS = 10,	   /* how often the way down is looked at */
	GATEWAY_STATUS_MS = 10000, /* how often the service manager is told how many are here */
};

enum gateway_phase {
	GATEWAY_RUNNING,
	GATEWAY_DRAINING, /* in-flight messages may finish */
	GATEWAY_LEAVING,  /* goodbyes are being read */
	GATEWAY_ENDING,	  /* everything is closing */
};

enum { GATEWAY_SIGNALS = 3 };

struct gateway {
	const struct settings_source *source;
	struct in_force *in_force; /* the caller's */
	struct access_keeper keeper;
	struct log *log;
	enum gateway_phase phase;
	uint64_t phase_end_us; /* monotonic; of draining and leaving, at the latest */
	uv_loop_t loop;
	struct net net;
	struct core *core;
	struct links links;
	int inherited[SETTINGS_MAX_LISTENERS]; /* sockets, by listener; -1: none */
	struct listener *listeners[SETTINGS_MAX_LISTENERS];
	size_t listener_count;
	uv_signal_t signals[GATEWAY_SIGNALS];
	uv_timer_t timer; /* of the way down; before, of the status */
	uint32_t told_online;
	struct net_task reload;
	struct readiness readiness;
};

/* --- the way down --- */

static void close_listeners(struct gateway *gateway)
{
	for (size_t i = 0; i < gateway->listener_count; i++) {
		listener_close(gateway->listeners[i]);
	}
	gateway->listener_count = 0;
}

/* `how`: SIG_BLOCK or SIG_UNBLOCK. The log's thread takes none. */
static void mask_signals(int how)
{
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGHUP);
	(void)sigprocmask(how, &ours, NULL);
}

/* Closes all that is left, so that the loop ends. */
static void end(struct gateway *gateway)
{
	gateway->phase = GATEWAY_ENDING;
	close_listeners(gateway);
	links_stop(&gateway->links);
	mask_signals(SIG_BLOCK);
	for (size_t i = 0; i < GATEWAY_SIGNALS; i++) {
		uv_close((uv_handle_t *)&gateway->signals[i], NULL);
	}
	uv_close((uv_handle_t *)&gateway->timer, NULL);
	readiness_close(&gateway->readiness);
	net_close(&gateway->net);
}

static void leave(struct gateway *gateway)
{
	gateway->phase = GATEWAY_LEAVING;
	gateway->phase_end_us =
		gateway->net.now.mono_us + gateway->in_force->settings->linger_ms * 1000ull;
	core_shutdown(gateway->core);
}

static void step(struct gateway *gateway)
{
	if (gateway->phase == GATEWAY_DRAINING &&
	    (core_in_flight(gateway->core) == 0 ||
	     gateway->net.now.mono_us >= gateway->phase_end_us)) {
		leave(gateway);
	}
	/* Some may have begun to linger when linger_ms was more. */
	if (gateway->phase == GATEWAY_LEAVING &&
	    gateway->net.now.mono_us >= gateway->phase_end_us) {
		net_linger_end(&gateway->net);
	}
	if (gateway->phase == GATEWAY_LEAVING && gateway->net.peers == 0) {
		end(gateway);
	}
}

static void on_step(uv_timer_t *timer)
{
	struct gateway *gateway = timer->data;

	net_clock(&gateway->net);
	step(gateway);
}

static void drain(struct gateway *gateway)
{
	const struct settings *settings = gateway->in_force->settings;

	LOG(gateway->log, LOG_LEVEL_INFO, "stopping", log_num("drones", core_online(gateway->core)),
	    log_num("in_flight", core_in_flight(gateway->core)));
	gateway->phase = GATEWAY_DRAINING;
	gateway->phase_end_us = gateway->net.now.mono_us + settings->drain_ms * 1000ull;
	service_stopping(core_online(gateway->core),
			 (uint64_t)settings->drain_ms + settings->linger_ms);
	readiness_end(&gateway->readiness);
	close_listeners(gateway);
	core_drain(gateway->core);
	uv_timer_start(&gateway->timer, on_step, GATEWAY_STEP_MS, GATEWAY_STEP_MS);
	step(gateway);
}

/* The second signal: nobody is waited for. */
static void hurry(struct gateway *gateway)
{
	LOG(gateway->log, LOG_LEVEL_WARNING, "stopping_now",
	    log_num("connections", gateway->net.peers));
	if (gateway->phase == GATEWAY_DRAINING) {
		leave(gateway);
	}
	net_linger_end(&gateway->net);
}

static void on_stop(uv_signal_t *handle, int number)
{
	struct gateway *gateway = handle->data;

	(void)number;
	net_clock(&gateway->net);
	if (gateway->phase == GATEWAY_RUNNING) {
		drain(gateway);
	} else if (gateway->phase != GATEWAY_ENDING) {
		hurry(gateway);
	}
}

/* --- another configuration --- */

/* Connections that have begun keep the certificates that they began with. */
static void give_contexts(struct gateway *gateway)
{
	const struct settings *settings = gateway->in_force->settings;
	const struct access *access = gateway->in_force->access;

	for (size_t i = 0; i < settings->listener_count; i++) {
		gateway->net.tls[i] = access_listener(access, i);
	}
	for (size_t i = 0; i < settings->simulator_count; i++) {
		gateway->net.sim_tls[i] = access_simulator(access, i);
	}
}

static void run_reload(struct net_task *task)
{
	struct gateway *gateway = LIST_ENTRY(task, struct gateway, reload);
	struct in_force before;
	struct reload work = {
		.source = gateway->source,
		.core = gateway->core,
		.log = gateway->log,
		.in_force = gateway->in_force,
		.keeper = &gateway->keeper,
		.in_use = &gateway->net.settings,
		.links = (uint32_t)gateway->links.count,
	};
	int status;

	if (gateway->phase != GATEWAY_RUNNING) {
		LOG(gateway->log, LOG_LEVEL_WARNING, "reload_ignored",
		    log_str("why", "the gateway is stopping"));
		return;
	}
	service_reloading();
	links_bulk_begin(&gateway->links);
	status = reload_perform(&work, &before);
	links_bulk_end(&gateway->links);
	if (status == 0) {
		give_contexts(gateway);
		links_reload(&gateway->links, before.settings);
		influx_reload(&gateway->net.influx);
		for (size_t i = 0; i < gateway->listener_count; i++) {
			listener_reload(gateway->listeners[i]);
		}
		in_force_free(&before);
	}
	service_ready(status == 0 ? "reloaded" : "the last reload was refused, see the log",
		      core_online(gateway->core));
}

/* However many signals come in one turn of the loop, the file is read once. */
static void on_reload(uv_signal_t *handle, int number)
{
	struct gateway *gateway = handle->data;

	(void)number;
	net_flush_later(&gateway->net, &gateway->reload);
}

/* --- the way up --- */

/* NULL, and *why, when there is none. */
static struct core *make_core(struct gateway *gateway, const char **why)
{
	struct core_settings core;
	struct rng rng;

	core_settings_init(&core, gateway->in_force->settings, gateway->log);
	if (rng_seed_from_os(&rng) < 0) {
		*why = "the system gives no random numbers";
		return NULL;
	}
	core.config.key = (struct hash_key){.k0 = rng_next(&rng), .k1 = rng_next(&rng)};
	/* 48 bits: not repeated by the next start, exact in a double of a client */
	core.config.first_session = 1 + (rng_next(&rng) >> 16);
	gateway->keeper = (struct access_keeper){.current = &gateway->in_force->access};
	core.config.access = (struct access_port){.ops = &access_ops, .ctx = &gateway->keeper};
	*why = "out of memory";
	return core_new(&core.config, gateway->links.ports, gateway->net.now);
}

/* Whoever reaches it is whoever it says it is. */
static void warn_insecure(const struct gateway *gateway)
{
	const struct settings *settings = gateway->in_force->settings;

	for (size_t i = 0; i < settings->listener_count && settings->auth_mode == AUTH_NONE; i++) {
		const struct listener_settings *listener = &settings->listeners[i];

		if (listener->insecure && !address_is_loopback(&listener->address)) {
			LOG(gateway->log, LOG_LEVEL_WARNING, "listener_insecure",
			    log_str("listener", listener->name),
			    log_str("why", "others than this machine reach it, and [auth] mode is "
					   "none: anybody can go by any drone_id"));
		}
	}
}

static int open_listeners(struct gateway *gateway)
{
	const struct settings *settings = gateway->in_force->settings;

	for (uint32_t i = 0; i < settings->listener_count; i++) {
		struct listener *listener;

		if (listener_open(&gateway->net, i, gateway->inherited[i], &listener) < 0) {
			return -1;
		}
		gateway->listeners[gateway->listener_count++] = listener;
	}
	return 0;
}

static void on_status(uv_timer_t *timer)
{
	struct gateway *gateway = timer->data;
	uint32_t online = core_online(gateway->core);

	if (online != gateway->told_online) {
		gateway->told_online = online;
		service_status(online);
	}
}

static void init_handles(struct gateway *gateway)
{
	for (size_t i = 0; i < GATEWAY_SIGNALS; i++) {
		uv_signal_init(&gateway->loop, &gateway->signals[i]);
		gateway->signals[i].data = gateway;
	}
	net_task_init(&gateway->reload, run_reload);
	uv_timer_init(&gateway->loop, &gateway->timer);
	gateway->timer.data = gateway;
}

static int cannot_start(struct gateway *gateway, const char *why)
{
	LOG(gateway->log, LOG_LEVEL_ERROR, "start_failed", log_str("why", why));
	return -1;
}

static int start(struct gateway *gateway)
{
	const struct settings *settings = gateway->in_force->settings;
	const char *why;

	LOG(gateway->log, LOG_LEVEL_INFO, "started", log_str("version", UAV_VERSION),
	    log_str("name", settings->name),
	    log_num("scenarios", (int64_t)settings->scenario_count));
	in_force_tell(gateway->in_force, gateway->log);
	warn_insecure(gateway);
	if (links_init(&gateway->links, &gateway->net, &why) < 0) {
		return cannot_start(gateway, why);
	}
	gateway->core = make_core(gateway, &why);
	if (!gateway->core) {
		return cannot_start(gateway, why);
	}
	gateway->net.core = gateway->core;
	/* Before the log says that we listen: who waits for that may signal at once. */
	if (uv_signal_start(&gateway->signals[0], on_stop, SIGTERM) < 0 ||
	    uv_signal_start(&gateway->signals[1], on_stop, SIGINT) < 0 ||
	    uv_signal_start(&gateway->signals[2], on_reload, SIGHUP) < 0) {
		return cannot_start(gateway, "signals cannot be caught");
	}
	mask_signals(SIG_UNBLOCK);
	if (open_listeners(gateway) < 0) {
		return -1;
	}
	links_start(&gateway->links);
	readiness_watch(&gateway->readiness, gateway->in_force, gateway->core, gateway->listeners);
	service_ready("listening", 0);
	if (service_is_watched()) {
		uv_timer_start(&gateway->timer, on_status, GATEWAY_STATUS_MS, GATEWAY_STATUS_MS);
	}
	return 0;
}

static void fini(struct gateway *gateway)
{
	if (gateway->core) {
		core_free(gateway->core);
	}
	links_fini(&gateway->links);
	net_fini(&gateway->net);
	uv_loop_close(&gateway->loop);
}

/* For all that can come. Without it only a gateway that runs out of memory is worse off. */
static void reserve(struct gateway *gateway)
{
	const struct settings *settings = gateway->in_force->settings;
	uint32_t links = (uint32_t)links_wanted(settings);
	uint32_t descriptors =
		settings->limits.max_drones + (uint32_t)descriptors_of_others(settings, links);
	int status = watch_table_reserve(&gateway->loop, descriptors);

	if (status < 0) {
		LOG(gateway->log, LOG_LEVEL_WARNING, "reserve_failed",
		    log_num("descriptors", descriptors), log_str("why", uv_strerror(status)));
	}
}

int gateway_run(const struct settings_source *source, struct ready_file *ready,
		struct in_force *in_force, struct log *log)
{
	struct gateway gateway = {
		.source = source,
		.in_force = in_force,
		.log = log,
	};
	const char *why;
	int status;

	/* before there is any descriptor of our own that could be taken for an inherited one */
	if (activation_take(in_force->settings, log, gateway.inherited) < 0) {
		return -1;
	}
	descriptors_fit(in_force->settings, (uint32_t)links_wanted(in_force->settings), log);
	status = uv_loop_init(&gateway.loop);
	if (status < 0) {
		return cannot_start(&gateway, uv_strerror(status));
	}
	if (net_init(&gateway.net, &gateway.loop, log, in_force->settings, &why) < 0) {
		uv_loop_close(&gateway.loop);
		return cannot_start(&gateway, why);
	}
	give_contexts(&gateway);
	init_handles(&gateway);
	readiness_init(&gateway.readiness, &gateway.loop, ready, log);
	reserve(&gateway);
	status = start(&gateway);
	if (status < 0) {
		end(&gateway);
	}
	uv_run(&gateway.loop, UV_RUN_DEFAULT);
	if (status == 0) {
		accounts_log(log, core_stats(gateway.core), gateway.net.tls_failures.count);
		LOG(log, LOG_LEVEL_INFO, "stopped", log_str("name", in_force->settings->name));
	}
	fini(&gateway);
	return status;
}
