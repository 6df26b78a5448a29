#include "app/gateway.h"

#include "app/accounts.h"
#include "app/descriptors.h"
#include "base/rng.h"
#include "base/version.h"
#include "net/listener.h"
#include "net/net.h"
#include "net/simlink.h"

#include <signal.h>

_Static_assert(2 * NET_SPARE_PEERS <= DESCRIPTORS_RESERVE, "spare connections have descriptors");

enum { GATEWAY_STEP_MS = 10 }; /* how often the way down is looked at */

enum gateway_phase {
	GATEWAY_RUNNING,
	GATEWAY_DRAINING, /* in-flight messages may finish */
	GATEWAY_LEAVING,  /* goodbyes are being read */
	GATEWAY_ENDING,	  /* everything is closing */
};

enum { GATEWAY_SIGNALS = 3 };

struct gateway {
	const struct settings *settings;
	struct log *log;
	enum gateway_phase phase;
	uint64_t drain_until_us; /* monotonic */
	uv_loop_t loop;
	struct net net;
	struct core *core;
	struct simlink *link;
	struct listener *listeners[SETTINGS_MAX_LISTENERS];
	size_t listener_count;
	uv_signal_t signals[GATEWAY_SIGNALS];
	uv_timer_t timer; /* of the way down */
};

/* --- the way down --- */

static void close_listeners(struct gateway *gateway)
{
	for (size_t i = 0; i < gateway->listener_count; i++) {
		listener_close(gateway->listeners[i]);
	}
	gateway->listener_count = 0;
}

/* Closes all that is left, so that the loop ends. */
static void end(struct gateway *gateway)
{
	gateway->phase = GATEWAY_ENDING;
	close_listeners(gateway);
	if (gateway->link) {
		simlink_stop(gateway->link);
	}
	for (size_t i = 0; i < GATEWAY_SIGNALS; i++) {
		uv_close((uv_handle_t *)&gateway->signals[i], NULL);
	}
	uv_close((uv_handle_t *)&gateway->timer, NULL);
	net_close(&gateway->net);
}

static void leave(struct gateway *gateway)
{
	gateway->phase = GATEWAY_LEAVING;
	core_shutdown(gateway->core);
}

static void step(struct gateway *gateway)
{
	if (gateway->phase == GATEWAY_DRAINING &&
	    (core_in_flight(gateway->core) == 0 ||
	     gateway->net.now.mono_us >= gateway->drain_until_us)) {
		leave(gateway);
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
	LOG(gateway->log, LOG_LEVEL_INFO, "stopping", log_num("drones", core_online(gateway->core)),
	    log_num("in_flight", core_in_flight(gateway->core)));
	gateway->phase = GATEWAY_DRAINING;
	gateway->drain_until_us = gateway->net.now.mono_us + gateway->settings->drain_ms * 1000ull;
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

static void on_reload(uv_signal_t *handle, int number)
{
	struct gateway *gateway = handle->data;

	(void)number;
	LOG(gateway->log, LOG_LEVEL_WARNING, "reload_unsupported",
	    log_str("why", "this version reads its configuration only at its start"));
}

/* --- the way up --- */

/* Cuts the limits to what the system's limit of descriptors allows: better a
 * SERVER_FULL than a connection that is dropped without a word. */
static void fit_limits(struct limits *limits, struct log *log)
{
	uint32_t wanted = limits->max_drones;
	uint64_t descriptors = descriptors_limit(wanted);

	limits->max_drones = descriptors_allow(descriptors, wanted);
	if (limits->max_drones < wanted) {
		LOG(log, LOG_LEVEL_WARNING, "descriptor_limit_low",
		    log_num("descriptors", (int64_t)descriptors), log_num("max_drones", wanted),
		    log_num("used_instead", limits->max_drones));
	}
}

/* NULL, and *why, when there is none. */
static struct core *make_core(struct gateway *gateway, const char **why)
{
	struct core_config config = {
		.limits = gateway->settings->limits,
		.simulators =
			&(struct simulator_config){
				.connections = 1,
				.max_in_flight = gateway->settings->simulators[0].max_in_flight,
			},
		.simulator_count = 1,
		.scenarios = gateway->settings->scenarios,
		.scenario_count = gateway->settings->scenario_count,
		.log = gateway->log,
	};
	struct rng rng;

	if (rng_seed_from_os(&rng) < 0) {
		*why = "the system gives no random numbers";
		return NULL;
	}
	config.key = (struct hash_key){.k0 = rng_next(&rng), .k1 = rng_next(&rng)};
	/* 48 bits: not repeated by the next start, exact in a double of a client */
	config.first_session = 1 + (rng_next(&rng) >> 16);
	*why = "out of memory";
	return core_new(&config, &(struct sim_port){&simlink_ops, gateway->link},
			gateway->net.now);
}

static int open_listeners(struct gateway *gateway)
{
	const struct settings *settings = gateway->settings;

	for (size_t i = 0; i < settings->listener_count; i++) {
		struct listener *listener;

		if (listener_open(&gateway->net, &settings->listeners[i], &listener) < 0) {
			return -1;
		}
		gateway->listeners[gateway->listener_count++] = listener;
	}
	return 0;
}

static void init_handles(struct gateway *gateway)
{
	for (size_t i = 0; i < GATEWAY_SIGNALS; i++) {
		uv_signal_init(&gateway->loop, &gateway->signals[i]);
		gateway->signals[i].data = gateway;
	}
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
	const char *why;

	LOG(gateway->log, LOG_LEVEL_INFO, "started", log_str("version", UAV_VERSION),
	    log_str("name", gateway->settings->name),
	    log_num("scenarios", (int64_t)gateway->settings->scenario_count));
	gateway->link = simlink_new(&gateway->net, &why);
	if (!gateway->link) {
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
	if (open_listeners(gateway) < 0) {
		return -1;
	}
	simlink_start(gateway->link);
	return 0;
}

static void fini(struct gateway *gateway)
{
	if (gateway->core) {
		core_free(gateway->core);
	}
	if (gateway->link) {
		simlink_free(gateway->link);
	}
	net_fini(&gateway->net);
	uv_loop_close(&gateway->loop);
}

int gateway_run(struct settings *settings, struct log *log)
{
	struct gateway gateway = {.settings = settings, .log = log};
	int status;

	fit_limits(&settings->limits, log);
	status = uv_loop_init(&gateway.loop);
	if (status < 0) {
		return cannot_start(&gateway, uv_strerror(status));
	}
	status = net_init(&gateway.net, &gateway.loop, log, settings);
	if (status < 0) {
		uv_loop_close(&gateway.loop);
		return cannot_start(&gateway, uv_strerror(status));
	}
	init_handles(&gateway);
	status = start(&gateway);
	if (status < 0) {
		end(&gateway);
	}
	uv_run(&gateway.loop, UV_RUN_DEFAULT);
	if (status == 0) {
		accounts_log(log, core_stats(gateway.core));
		LOG(log, LOG_LEVEL_INFO, "stopped", log_str("name", settings->name));
	}
	fini(&gateway);
	return status;
}
