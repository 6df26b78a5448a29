#include "cli/fleet.h"

#include "base/version.h"
#include "cli/connection.h"
#include "cli/dialogue.h"
#include "cli/fleet_events.h"
#include "cli/signals.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	BOARDING_MAX = 64, /* on their way to being members: a listen backlog is short */
	TURN_EVENTS = 256,
	RETRY_US = 100000,  /* between attempts while nobody listens */
	LEAVE_US = 2000000, /* how long the next goodbye is waited for */
	DESCRIPTORS_BESIDE = 16,
};
#define WAKE_DATA UINT32_MAX

/* ----------------------------------------------------------------------------- begin */

/* Each drone is an open file. */
static enum cli_exit raise_files(size_t drones)
{
	rlim_t wanted = drones + DESCRIPTORS_BESIDE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted) {
		return CLI_DONE;
	}
	if (limit.rlim_max < wanted) {
		return dialogue_trouble("%zu drones need %llu open files, and this process may "
					"have %llu; raise it with ulimit -n, or fly fewer",
					drones, (unsigned long long)wanted,
					(unsigned long long)limit.rlim_max);
	}
	limit.rlim_cur = wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
		return dialogue_trouble("cannot have %llu open files: %s",
					(unsigned long long)wanted, strerror(errno));
	}
	return CLI_DONE;
}

static enum cli_exit find_gateway(struct fleet *fleet)
{
	char why[128];
	int count = address_find(fleet->options, fleet->addresses, FLEET_ADDRESSES_MAX, why,
				 sizeof(why));

	if (count <= 0) {
		(void)dialogue_trouble("cannot connect to %s: %s", fleet->options->gateway,
				       count < 0 ? why : "no address");
		return CLI_UNCONNECTED;
	}
	fleet->address_count = (size_t)count;
	return CLI_DONE;
}

static enum cli_exit make_drones(struct fleet *fleet)
{
	fleet->drones = calloc(fleet->flight->count, sizeof(*fleet->drones));
	if (!fleet->drones) {
		return dialogue_trouble("out of memory");
	}
	for (; fleet->count < fleet->flight->count; fleet->count++) {
		if (swarm_drone_init(&fleet->drones[fleet->count],
				     fleet->options->swarm.size_bytes) < 0) {
			return dialogue_trouble("out of memory: %zu drones are too many",
						fleet->flight->count);
		}
	}
	return CLI_DONE;
}

/* What a drone lacks is told before any of them flies. */
static enum cli_exit read_credentials(struct fleet *fleet)
{
	char why[CREDENTIALS_WHY_BYTES];
	int status = credentials_init(&fleet->credentials, fleet->options, why);

	for (size_t i = 0; i < fleet->flight->count && status == 0; i++) {
		status = credentials_check(&fleet->credentials, fleet->flight->ids[i], why);
	}
	return status < 0 ? dialogue_trouble("%s", why) : CLI_DONE;
}

static enum cli_exit open_loop(struct fleet *fleet)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = WAKE_DATA};

	fleet->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	fleet->wake_fd = signals_open();
	if (fleet->epoll_fd < 0 || fleet->wake_fd < 0 ||
	    epoll_ctl(fleet->epoll_fd, EPOLL_CTL_ADD, fleet->wake_fd, &event) < 0) {
		return dialogue_trouble("cannot wait for events: %s", strerror(errno));
	}
	return CLI_DONE;
}

enum cli_exit fleet_init(struct fleet *fleet, const struct options *options,
			 const struct flight *flight, struct tally *tally)
{
	*fleet = (struct fleet){.options = options,
				.flight = flight,
				.tally = tally,
				.epoll_fd = -1,
				.wake_fd = -1};
	fleet->status = read_credentials(fleet);
	if (fleet->status == CLI_DONE) {
		fleet->status = raise_files(flight->count);
	}
	if (fleet->status == CLI_DONE) {
		fleet->status = open_loop(fleet);
	}
	if (fleet->status == CLI_DONE) {
		fleet->status = find_gateway(fleet);
	}
	if (fleet->status == CLI_DONE) {
		fleet->status = make_drones(fleet);
	}
	return fleet->status;
}

void fleet_fini(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++) {
		swarm_drone_fini(&fleet->drones[i]);
	}
	free(fleet->drones);
	credentials_fini(&fleet->credentials);
	if (fleet->epoll_fd >= 0) {
		(void)close(fleet->epoll_fd);
	}
	if (fleet->wake_fd >= 0) {
		(void)close(fleet->wake_fd);
	}
}

/* ------------------------------------------------------------------------------ loop */

/* Has epoll(7) look for what the drone waits for. */
static void watch(struct fleet *fleet, size_t number)
{
	struct swarm_drone *drone = &fleet->drones[number];
	bool out = drone->state == SWARM_DRONE_CONNECTING || stream_wants_room(&drone->stream);
	struct epoll_event event = {.events = EPOLLIN | (out ? EPOLLOUT : 0u),
				    .data.u32 = (uint32_t)number};

	if (drone->stream.conduit.fd < 0 || drone->events == event.events) {
		return;
	}
	if (epoll_ctl(fleet->epoll_fd, drone->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
		      drone->stream.conduit.fd, &event) < 0) {
		fleet_lost(fleet, number, strerror(errno));
		return;
	}
	drone->events = event.events;
}

static void flush(struct fleet *fleet, size_t number)
{
	struct stream *stream = &fleet->drones[number].stream;

	if (stream_send(stream) < 0) {
		fleet_lost(fleet, number, stream->trouble);
		return;
	}
	watch(fleet, number);
}

static void begin_session(struct fleet *fleet, size_t number)
{
	const struct request_registration registration = {
		.drone_id = slice_str(fleet->flight->ids[number]),
		.kind = fleet->flight->has_hub && number == 0 ? DRONE_KIND_GROUND_STATION
							      : DRONE_KIND_DRONE,
		.software = slice_str("uav-drone " UAV_VERSION),
		.scenario = slice_str(fleet->options->scenario),
		.presence = PRESENCE_WISH_NONE,
	};
	struct swarm_drone *drone = &fleet->drones[number];
	char why[CREDENTIALS_WHY_BYTES];
	int error;

	drone->state = SWARM_DRONE_REGISTERING;
	if (credentials_secure(&fleet->credentials, fleet->flight->ids[number], &drone->stream,
			       why) < 0) {
		fleet_cannot_fly(fleet, CLI_TROUBLE, "%s", why);
		return;
	}
	error = client_register(&drone->stream.client, &registration, NULL);
	if (error) {
		fleet_lost(fleet, number, client_error_text(error));
		return;
	}
	flush(fleet, number);
}

/* The next address is tried, or all again after a while. */
static void cannot_connect(struct fleet *fleet, size_t number, int error)
{
	struct swarm_drone *drone = &fleet->drones[number];

	drone->state = SWARM_DRONE_IDLE;
	drone->events = 0;
	fleet->opening--;
	fleet->idle = number < fleet->idle ? number : fleet->idle;
	if (fleet->members == 0 && fleet->address + 1 < fleet->address_count) {
		fleet->address++;
		return;
	}
	if (error != -EAGAIN && !stream_refused(error)) {
		fleet_cannot_fly(fleet, CLI_UNCONNECTED, "cannot connect to %s: %s",
				 fleet->options->gateway, strerror(-error));
		return;
	}
	fleet->address = fleet->members ? fleet->address : 0;
	fleet->retry_us = connection_clock() + RETRY_US;
	if (error != -EAGAIN && !fleet->waited) {
		fleet->waited = true;
		(void)dialogue_trouble("nobody listens at %s yet; trying again for %g s",
				       fleet->options->gateway,
				       (double)fleet->options->timeout_us / 1e6);
	}
}

static void open_drone(struct fleet *fleet, size_t number)
{
	struct swarm_drone *drone = &fleet->drones[number];
	int status = stream_connect(&drone->stream, &fleet->addresses[fleet->address]);

	fleet->opening++;
	drone->state = SWARM_DRONE_CONNECTING;
	if (status < 0) {
		cannot_connect(fleet, number, status);
	} else if (status == 0) {
		begin_session(fleet, number);
	} else {
		watch(fleet, number);
	}
}

static void take_bytes(struct fleet *fleet, size_t number)
{
	struct swarm_drone *drone = &fleet->drones[number];
	struct event event;
	enum client_status status;

	do {
		if (stream_receive(&drone->stream) < 0) {
			fleet_lost(fleet, number, drone->stream.trouble);
			return;
		}
		while ((status = stream_next(&drone->stream, &event)) == CLIENT_EVENT) {
			fleet_take_event(fleet, number, &event);
			if (drone->stream.conduit.fd < 0) {
				return;
			}
		}
		if (status == CLIENT_BAD) {
			fleet_lost(fleet, number, drone->stream.trouble);
			return;
		}
	} while (stream_holds(&drone->stream));
}

static void take_ready(struct fleet *fleet, size_t number, uint32_t events)
{
	struct swarm_drone *drone = &fleet->drones[number];

	if (drone->state == SWARM_DRONE_CONNECTING) {
		int error = stream_connected(&drone->stream);

		if (error) {
			cannot_connect(fleet, number, error);
		} else {
			begin_session(fleet, number);
		}
		return;
	}
	if ((events & ~(uint32_t)EPOLLOUT) || drone->stream.conduit.tls) {
		take_bytes(fleet, number);
	}
	if (drone->stream.conduit.fd >= 0) {
		flush(fleet, number);
	}
}

static int milliseconds(uint64_t deadline_us)
{
	uint64_t now_us = connection_clock();
	uint64_t ms = deadline_us > now_us ? (deadline_us - now_us + 999) / 1000 : 0;

	return ms < 1000 ? (int)ms : 1000;
}

enum cli_exit fleet_turn(struct fleet *fleet, uint64_t deadline_us)
{
	struct epoll_event events[TURN_EVENTS];
	int count = epoll_wait(fleet->epoll_fd, events, TURN_EVENTS, milliseconds(deadline_us));

	if (count < 0 && errno != EINTR) {
		return dialogue_trouble("cannot wait for events: %s", strerror(errno));
	}
	for (int i = 0; i < count; i++) {
		uint32_t number = events[i].data.u32;

		if (number == WAKE_DATA) {
			fleet->signals += signals_take(fleet->wake_fd);
		} else if (fleet->drones[number].stream.conduit.fd >= 0) {
			take_ready(fleet, number, events[i].events);
		}
	}
	return CLI_DONE;
}

/* -------------------------------------------------------------------------- boarding */

/* Begins with as many as may be on their way. The first goes alone: what is wrong with it is
 * wrong with all. */
static void open_some(struct fleet *fleet)
{
	size_t most = fleet->members ? BOARDING_MAX : 1;

	if (connection_clock() < fleet->retry_us) {
		return;
	}
	while (fleet->idle < fleet->count && fleet->opening < most) {
		size_t number = fleet->idle++;

		if (fleet->drones[number].state == SWARM_DRONE_IDLE) {
			open_drone(fleet, number);
			if (fleet->drones[number].state == SWARM_DRONE_IDLE) {
				return;
			}
		}
	}
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static enum cli_exit boarding_late(struct fleet *fleet)
{
	if (fleet->waited && fleet->members == 0) {
		(void)dialogue_trouble("cannot connect to %s: nobody listens there; is the gateway "
				       "running? (--gateway HOST:PORT or unix:PATH)",
				       fleet->options->gateway);
		return CLI_UNCONNECTED;
	}
	(void)dialogue_trouble("no answer from %s within %g s (--timeout); %zu of %zu drones are "
			       "in %s",
			       fleet->options->gateway, (double)fleet->options->timeout_us / 1e6,
			       fleet->members, fleet->count, fleet->options->scenario);
	return CLI_TIMED_OUT;
}

enum cli_exit fleet_board(struct fleet *fleet)
{
	uint64_t heard = fleet->heard, late_us = connection_clock() + fleet->options->timeout_us;

	while (fleet->members < fleet->count) {
		enum cli_exit status;

		open_some(fleet);
		status = fleet_turn(fleet, sooner(late_us, connection_clock() + RETRY_US));
		if (status != CLI_DONE || fleet->status != CLI_DONE) {
			return status != CLI_DONE ? status : fleet->status;
		}
		if (fleet->signals) {
			return CLI_TROUBLE;
		}
		if (fleet->heard != heard) {
			heard = fleet->heard;
			late_us = connection_clock() + fleet->options->timeout_us;
		} else if (connection_clock() >= late_us) {
			return boarding_late(fleet);
		}
	}
	return CLI_DONE;
}

/* -------------------------------------------------------------------------- requests */

static struct client *client_of(struct fleet *fleet, size_t number)
{
	struct swarm_drone *drone = &fleet->drones[number];

	return drone->state == SWARM_DRONE_MEMBER ? &drone->stream.client : NULL;
}

/* The swarm waits for the answer to `ref`. */
static void await(struct fleet *fleet, size_t number, uint32_t ref)
{
	fleet->drones[number].answer_ref = ref;
	fleet->answers++;
}

void fleet_tell_state(struct fleet *fleet, size_t number, const struct state *state, bool answer)
{
	struct client *client = client_of(fleet, number);
	uint32_t ref;

	/* Where there is no room, the next state is as good. */
	if (!client || client_update_state(client, state, &ref) < 0) {
		return;
	}
	if (answer) {
		await(fleet, number, ref);
	}
	flush(fleet, number);
}

void fleet_send(struct fleet *fleet, size_t number, const struct request_send *send,
		uint64_t time_us, uint64_t round)
{
	struct swarm_drone *drone = &fleet->drones[number];
	struct client *client = client_of(fleet, number);
	struct swarm_pending *pending;
	uint32_t ref;

	if (!client) {
		return;
	}
	drone->number++;
	if (drone->pending_count == SWARM_PENDING_MAX || client_send(client, send, &ref) < 0) {
		fleet->tally->held_back++;
		return;
	}
	pending = swarm_drone_expect(drone, ref);
	pending->number = drone->number;
	pending->time_us = time_us;
	pending->round = round;
	fleet->pending++;
	tally_sent(fleet->tally, number);
	flush(fleet, number);
}

/* ------------------------------------------------------------------------------- end */

enum cli_exit fleet_settle(struct fleet *fleet, unsigned enough)
{
	uint64_t heard = fleet->heard, late_us = connection_clock() + fleet->options->timeout_us;

	while ((fleet->answers || fleet->pending) && fleet->signals < enough) {
		enum cli_exit status = fleet_turn(fleet, late_us);

		if (status != CLI_DONE || fleet->status != CLI_DONE) {
			return status != CLI_DONE ? status : fleet->status;
		}
		if (fleet->heard != heard) {
			heard = fleet->heard;
			late_us = connection_clock() + fleet->options->timeout_us;
		} else if (connection_clock() >= late_us) {
			return CLI_TIMED_OUT;
		}
	}
	return CLI_DONE;
}

void fleet_leave(struct fleet *fleet)
{
	uint64_t deadline_us;
	size_t members;

	fleet->ending = true;
	for (size_t i = 0; i < fleet->count; i++) {
		struct client *client = client_of(fleet, i);

		fleet->tally->unanswered += fleet->drones[i].pending_count;
		fleet->pending -= fleet->drones[i].pending_count;
		fleet->drones[i].pending_count = 0;
		if (client && client_leave(client, NULL) == 0) {
			fleet->drones[i].state = SWARM_DRONE_LEAVING;
			flush(fleet, i);
		}
	}
	do {
		members = fleet->members;
		deadline_us = connection_clock() + LEAVE_US;
		while (fleet->members == members && members && connection_clock() < deadline_us &&
		       fleet_turn(fleet, deadline_us) == CLI_DONE) {
		}
	} while (fleet->members != members);
}
