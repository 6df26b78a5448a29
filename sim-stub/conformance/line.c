#include "conformance/line.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { READ_BYTES = 64 << 10, ARENA_MAX = 8 << 20 };

void line_init(struct line *line)
{
	*line = (struct line){.fd = -1};
	buf_init(&line->in);
	arena_init(&line->arena, ARENA_MAX);
}

void line_close(struct line *line)
{
	if (line->fd >= 0) {
		(void)close(line->fd);
	}
	buf_fini(&line->in);
	arena_fini(&line->arena);
	line_init(line);
}

void line_reset(struct line *line)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(line->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	line_close(line);
}

/* Waits until the socket can be read or written. False: the time is over. */
static bool wait_for(const struct line *line, short events, uint64_t deadline_us)
{
	for (;;) {
		struct pollfd watched = {.fd = line->fd, .events = events};
		uint64_t now_us = clock_mono_us();
		int left_ms = now_us < deadline_us ? (int)((deadline_us - now_us + 999) / 1000) : 0;
		int ready = poll(&watched, 1, left_ms);

		if (ready > 0) {
			return true;
		}
		if (ready == 0 && left_ms == 0) {
			return false;
		}
		if (ready < 0 && errno != EINTR) {
			return false;
		}
	}
}

static int finish_connecting(const struct line *line, uint64_t deadline_us)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (!wait_for(line, POLLOUT, deadline_us)) {
		return -ETIMEDOUT;
	}
	if (getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
		return -errno;
	}
	return -error;
}

int line_open(struct line *line, const struct sockaddr *address, socklen_t size,
	      uint64_t deadline_us)
{
	const int on = 1;

	line->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (line->fd < 0) {
		return -errno;
	}
	(void)setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(line->fd, address, size) == 0) {
		return 0;
	}
	return errno == EINPROGRESS ? finish_connecting(line, deadline_us) : -errno;
}

/* --------------------------------------------------------------- reading */

static enum line_status fail(struct line *line, const char *why)
{
	if (!line->fault[0]) {
		snprintf(line->fault, sizeof(line->fault), "%s", why);
	}
	return LINE_BAD;
}

/* What is there to be read, without waiting. LINE_MESSAGE: some of it came, or nothing is there
 * yet. */
static enum line_status read_some(struct line *line)
{
	ssize_t got;

	if (line->fault[0] || buf_size(&line->in) > LINE_WAITING_MAX) {
		return fail(line, "bytes without end, more than 64 MiB of them");
	}
	if (buf_reserve(&line->in, READ_BYTES) < 0) {
		return fail(line, "out of memory here");
	}
	got = recv(line->fd, buf_tail(&line->in), READ_BYTES, MSG_DONTWAIT);
	if (got > 0) {
		buf_produce(&line->in, (size_t)got);
		return LINE_MESSAGE;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		return LINE_MESSAGE;
	}
	line->over = true; /* in order, or by a reset */
	return LINE_OVER;
}

/* The first message of those that have been read. LINE_LATE: there is none yet. */
static enum line_status take_message(struct line *line, struct from_sim *message)
{
	const char *why = NULL;
	struct slice body;

	switch (frame_read(buf_slice(&line->in), LINE_FRAME_MAX, &body, &line->taken, &why)) {
	case FRAME_MORE:
		line->taken = 0;
		return LINE_LATE;
	case FRAME_BAD:
		line->taken = 0;
		return fail(line, why);
	case FRAME_OK:
		break;
	}
	arena_reset(&line->arena);
	return channel_read_from_sim(body, &line->arena, message, &why) == CODEC_OK
		       ? LINE_MESSAGE
		       : fail(line, why);
}

enum line_status line_next(struct line *line, struct from_sim *message, uint64_t deadline_us)
{
	buf_consume(&line->in, line->taken);
	line->taken = 0;
	for (;;) {
		enum line_status status = line->fault[0] ? LINE_BAD : take_message(line, message);

		if (status != LINE_LATE) {
			return status;
		}
		if (line->over) {
			return LINE_OVER;
		}
		if (!wait_for(line, POLLIN, deadline_us)) {
			return LINE_LATE;
		}
		if (read_some(line) == LINE_BAD) {
			return LINE_BAD;
		}
	}
}

enum line_status line_wait_over(struct line *line, uint64_t deadline_us)
{
	size_t passed = 0;

	while (!line->over) {
		if (!wait_for(line, POLLIN, deadline_us)) {
			return LINE_LATE;
		}
		if (read_some(line) == LINE_BAD) {
			return LINE_BAD;
		}
		passed += buf_size(&line->in);
		buf_clear(&line->in);
		if (passed > LINE_WAITING_MAX) {
			return fail(line, "bytes without end, more than 64 MiB of them");
		}
	}
	return LINE_OVER;
}

/* --------------------------------------------------------------- writing */

/* Puts out what the socket takes. False: the connection is over. */
static bool write_some(struct line *line, struct slice *bytes)
{
	ssize_t put = send(line->fd, bytes->data, bytes->size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (put >= 0) {
		*bytes = slice_of(bytes->data + put, bytes->size - (size_t)put);
		return true;
	}
	return errno == EAGAIN || errno == EINTR;
}

/* What comes is taken in first: a simulator that waits for us to read must not be waited for. */
enum line_status line_send(struct line *line, struct slice bytes, uint64_t deadline_us)
{
	while (bytes.size) {
		if (!wait_for(line, POLLIN | POLLOUT, deadline_us)) {
			return LINE_LATE;
		}
		if (read_some(line) == LINE_BAD) {
			return LINE_BAD;
		}
		if (line->over || !write_some(line, &bytes)) {
			line->over = true;
			return LINE_OVER;
		}
	}
	return LINE_MESSAGE;
}

void line_send_deaf(struct line *line, struct slice bytes, uint64_t deadline_us)
{
	while (bytes.size && wait_for(line, POLLOUT, deadline_us) && write_some(line, &bytes)) {
	}
}
