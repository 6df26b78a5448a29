#include "timing.h"

#include "endpoint.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	READ_BYTES = 64 * 1024,
	EVENTS = 256,
	PATIENCE_MS = 30000, /* for a registration */
	RETRY_NS = 1000000,  /* what a socket does not take is offered again so much later */
	NS_PER_S = 1000000000,
	NS_PER_US = 1000,
};

/* In the payload's first byte. */
enum { COUNTS = 'c', WARMS_UP = 'w' };

static const struct dialect *const dialect = &dialect_uav;

static uint64_t unix_ns(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

/* --- what has come --- */

static struct timing_drone *sender_to(struct timing *timing, const struct timing_drone *drone)
{
	return &timing->drones[(size_t)(drone - timing->drones) ^ 1];
}

/* `at_ns` after it was due; one that came before counts as early, and as punctual. */
static void note(struct lateness *lateness, struct histogram *histogram, uint64_t due_ns,
		 uint64_t at_ns, bool last)
{
	if (at_ns >= due_ns) {
		histogram_note(histogram, at_ns - due_ns);
		return;
	}
	histogram_note(histogram, 0);
	if (last) {
		lateness->early++;
		if (due_ns - at_ns > lateness->earliest_ns) {
			lateness->earliest_ns = due_ns - at_ns;
		}
	}
}

static void note_all(struct lateness *lateness, const struct heard *heard, uint64_t stamp_ns,
		     uint64_t read_ns)
{
	uint64_t due_ns = heard->due_us * NS_PER_US;

	if (heard->delay_us > lateness->delay_most_us) {
		lateness->delay_most_us = heard->delay_us;
	}
	if (heard->delay_us < lateness->delay_least_us) {
		lateness->delay_least_us = heard->delay_us;
	}
	histogram_note(&lateness->gateway, (uint64_t)heard->late_us * NS_PER_US);
	lateness->stamped =
		lateness->stamped && stamp_ns; /* it begins to a little after the first */
	if (lateness->stamped) {
		note(lateness, &lateness->socket, due_ns, stamp_ns, true);
	}
	note(lateness, &lateness->process, due_ns, read_ns, !lateness->stamped);
}

static void delivered(struct timing *timing, struct timing_drone *drone, const struct heard *heard,
		      uint64_t stamp_ns, uint64_t read_ns)
{
	if (heard->payload.size != timing->shape.payload_bytes || timing->owed == 0) {
		endpoint_fail(1, "drone %u was handed what nobody sent", drone->number);
	}
	timing->owed--;
	if (heard->payload.data[0] == COUNTS) {
		timing->delivered++;
		note_all(&timing->lateness, heard, stamp_ns, read_ns);
	}
	if (timing->refill) {
		timing_send(timing, (uint32_t)(sender_to(timing, drone) - timing->drones) / 2);
	}
}

/* False: no whole one is left. */
static bool take_frame(struct timing *timing, struct timing_drone *drone, uint64_t stamp_ns,
		       uint64_t read_ns, bool *ready)
{
	struct heard heard = {.kind = HEARD_NOTHING};
	ssize_t used = dialect->drone_read(&timing->shape, drone->number, buf_slice(&drone->in),
					   &heard, &drone->out);

	if (used < 0) {
		endpoint_fail(1, "drone %u heard what makes no sense", drone->number);
	}
	if (heard.kind == HEARD_REFUSED) {
		endpoint_fail(1, "drone %u was told: %s", drone->number, heard.why);
	}
	*ready = *ready || heard.kind == HEARD_READY;
	if (heard.kind == HEARD_DELIVERY) {
		delivered(timing, drone, &heard, stamp_ns, read_ns);
	}
	buf_consume(&drone->in, (size_t)used);
	return used > 0 && buf_size(&drone->in) > 0;
}

/* The system's, or 0 when it gives none. */
static uint64_t stamp_of(struct msghdr *message)
{
	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec time;

			memcpy(&time, CMSG_DATA(at), sizeof(time));
			return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
		}
	}
	return 0;
}

/* One read, and all whole frames of it. True: what makes a drone ready was among them. */
static bool read_drone(struct timing *timing, struct timing_drone *drone)
{
	char control[CMSG_SPACE(sizeof(struct timespec))];
	struct iovec room;
	struct msghdr message = {.msg_iov = &room,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	uint64_t stamp_ns, read_ns;
	bool ready = false;
	ssize_t got;

	if (buf_reserve(&drone->in, READ_BYTES) < 0) {
		endpoint_fail(1, "memory is out");
	}
	room = (struct iovec){.iov_base = buf_tail(&drone->in), .iov_len = READ_BYTES};
	got = recvmsg(drone->fd, &message, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		return false;
	}
	if (got <= 0) {
		endpoint_fail(1, "drone %u: the gateway closed the connection", drone->number);
	}
	read_ns = unix_ns();
	stamp_ns = stamp_of(&message);
	buf_produce(&drone->in, (size_t)got);
	while (take_frame(timing, drone, stamp_ns, read_ns, &ready)) {
	}
	return ready;
}

static bool has_output(const struct timing *timing)
{
	for (uint32_t i = 0; i < 2 * timing->pairs; i++) {
		if (buf_size(&timing->drones[i].out)) {
			return true;
		}
	}
	return false;
}

void timing_wait(struct timing *timing, uint64_t wait_ns)
{
	static struct epoll_event events[EVENTS];
	struct timespec patience;
	int count;

	if (has_output(timing) && wait_ns > RETRY_NS) {
		wait_ns = RETRY_NS;
	}
	patience = (struct timespec){.tv_sec = (time_t)(wait_ns / NS_PER_S),
				     .tv_nsec = (long)(wait_ns % NS_PER_S)};
	count = epoll_pwait2(timing->epoll, events, EVENTS, &patience, NULL);
	if (count < 0 && errno != EINTR) {
		endpoint_fail(1, "epoll_pwait2: %s", strerror(errno));
	}
	for (int i = 0; i < count; i++) {
		(void)read_drone(timing, &timing->drones[events[i].data.u32]);
	}
}

/* --- what goes out --- */

void timing_send(struct timing *timing, uint32_t pair)
{
	struct timing_drone *from = &timing->drones[(size_t)2 * pair];
	static uint8_t payload[UINT16_MAX];

	payload[0] = timing->measured ? COUNTS : WARMS_UP;
	if (dialect->drone_send(&timing->shape, from->number, from->number + 1,
				slice_of(payload, timing->shape.payload_bytes), &from->out) < 0) {
		endpoint_fail(1, "memory is out");
	}
	timing->sent += timing->measured;
	timing->owed++;
}

static void flush(struct timing_drone *drone)
{
	struct slice bytes = buf_slice(&drone->out);
	ssize_t put = send(drone->fd, bytes.data, bytes.size, MSG_NOSIGNAL);

	if (put < 0 && errno != EAGAIN && errno != EINTR) {
		endpoint_fail(1, "drone %u cannot write: %s", drone->number, strerror(errno));
	}
	buf_consume(&drone->out, put > 0 ? (size_t)put : 0);
}

void timing_flush(struct timing *timing)
{
	for (uint32_t i = 0; i < 2 * timing->pairs; i++) {
		if (buf_size(&timing->drones[i].out)) {
			flush(&timing->drones[i]);
		}
	}
}

/* --- they come and go --- */

static void register_one(struct timing *timing, struct timing_drone *drone)
{
	struct pollfd poll_in = {.events = POLLIN};
	int on = 1;

	drone->fd = endpoint_connect(timing->address);
	poll_in.fd = drone->fd;
	if (setsockopt(drone->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0) {
		timing->lateness.stamped = false;
	}
	if (dialect->drone_hello(&timing->shape, drone->number, &drone->out) < 0) {
		endpoint_fail(1, "memory is out");
	}
	do {
		if (buf_size(&drone->out)) {
			flush(drone);
		}
		if (poll(&poll_in, 1, PATIENCE_MS) <= 0) {
			endpoint_fail(1, "drone %u: no welcome in %d s", drone->number,
				      PATIENCE_MS / 1000);
		}
	} while (!read_drone(timing, drone));
}

static void watch_one(struct timing *timing, uint32_t index)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};

	if (epoll_ctl(timing->epoll, EPOLL_CTL_ADD, timing->drones[index].fd, &event) < 0) {
		endpoint_fail(1, "epoll_ctl: %s", strerror(errno));
	}
}

void timing_drones_open(struct timing *timing)
{
	uint32_t count = 2 * timing->pairs;

	timing->lateness.stamped = true;
	timing->lateness.delay_least_us = UINT64_MAX;
	timing->epoll = epoll_create1(EPOLL_CLOEXEC);
	timing->drones = calloc(count, sizeof(*timing->drones));
	if (timing->epoll < 0 || !timing->drones) {
		endpoint_fail(1, "no epoll, or memory is out");
	}
	for (uint32_t i = 0; i < count; i++) {
		timing->drones[i].number = i;
		register_one(timing, &timing->drones[i]);
		watch_one(timing, i);
	}
}

void timing_drones_close(struct timing *timing)
{
	for (uint32_t i = 0; i < 2 * timing->pairs; i++) {
		close(timing->drones[i].fd);
		buf_fini(&timing->drones[i].in);
		buf_fini(&timing->drones[i].out);
	}
	close(timing->epoll);
	free(timing->drones);
}
