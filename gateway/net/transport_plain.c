#include "net/transport_plain.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static struct transport_plain *plain_of(struct transport *transport)
{
	return (struct transport_plain *)(void *)transport;
}

static struct transport_plain *plain_of_poll(uv_poll_t *poll)
{
	char *at = (char *)poll;

	return (struct transport_plain *)(void *)(at - offsetof(struct transport_plain, poll));
}

static void *ctx_of(const struct transport_plain *plain)
{
	return plain->poll.data;
}

static void on_event(uv_poll_t *poll, int status, int events);

/* Waits for these events from now on. To change them costs system calls: done when
 * something happens that makes them wrong, not when they are asked for. */
static int watch(struct transport_plain *plain, unsigned events)
{
	int status = 0;

	if (events == plain->watched || plain->fd < 0) {
		return 0;
	}
	if (events) {
		status = uv_poll_start(&plain->poll, (int)events, on_event);
	} else {
		status = uv_poll_stop(&plain->poll);
	}
	plain->watched = status == 0 ? (uint8_t)events : 0;
	return status;
}

/* --- reading --- */

static void ended(struct transport_plain *plain, int status)
{
	plain->wanted = false;
	(void)watch(plain, plain->watched & ~(unsigned)UV_READABLE);
	plain->base.user->ended(ctx_of(plain), status);
}

/* Whether there may be more: the room was filled. */
static bool read_once(struct transport_plain *plain)
{
	struct room room = plain->base.user->room(ctx_of(plain));
	ssize_t size;

	/* No room: asked again in the next turn, as the socket stays readable. */
	if (room.size == 0) {
		return false;
	}
	do {
		size = recv(plain->fd, room.data, room.size, 0);
	} while (size < 0 && errno == EINTR);
	if (size > 0) {
		plain->base.user->read(ctx_of(plain), room.data, (size_t)size);
		return (size_t)size == room.size;
	}
	if (size == 0) {
		ended(plain, 0);
	} else if (errno != EAGAIN && errno != EWOULDBLOCK) {
		ended(plain, uv_translate_sys_error(errno));
	}
	return false;
}

static int plain_read_start(struct transport *transport)
{
	struct transport_plain *plain = plain_of(transport);

	plain->wanted = true;
	return watch(plain, plain->watched | (unsigned)UV_READABLE);
}

/* Takes effect when bytes arrive: a pause that ends before that costs nothing. */
static void plain_read_stop(struct transport *transport)
{
	plain_of(transport)->wanted = false;
}

/* --- writing --- */

static ssize_t send_pieces(int fd, const struct slice *pieces, size_t count)
{
	struct iovec parts[TRANSPORT_PIECES];
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};

	if (count == 1) {
		return send(fd, pieces->data, pieces->size, MSG_NOSIGNAL);
	}
	for (size_t i = 0; i < count; i++) {
		parts[i].iov_base = (void *)(uintptr_t)pieces[i].data;
		parts[i].iov_len = pieces[i].size;
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static ssize_t plain_write(struct transport *transport, const struct slice *pieces, size_t count)
{
	const struct transport_plain *plain = plain_of(transport);
	ssize_t size;

	do {
		size = send_pieces(plain->fd, pieces, count);
	} while (size < 0 && errno == EINTR);
	if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		return 0;
	}
	return size < 0 ? uv_translate_sys_error(errno) : size;
}

static int plain_await_writable(struct transport *transport)
{
	struct transport_plain *plain = plain_of(transport);

	plain->awaiting = true;
	return watch(plain, plain->watched | (unsigned)UV_WRITABLE);
}

/* --- what the loop tells --- */

/* Of a socket that has one, else 0. */
static int pending_error(const struct transport_plain *plain)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(plain->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
		error = errno;
	}
	return uv_translate_sys_error(error);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct transport_plain *plain = plain_of_poll(poll);
	const struct transport_user *user = plain->base.user;
	unsigned wrong = 0;

	if (status < 0) {
		/* The socket has an error, and libuv has stopped watching it. What had
		 * arrived before can still be read; then reading or writing tells. */
		plain->watched = 0;
		events = UV_READABLE | UV_WRITABLE;
	}
	if (plain->connecting) {
		plain->connecting = false;
		(void)watch(plain, 0);
		user->connected(ctx_of(plain), pending_error(plain));
		return;
	}
	if ((events & UV_WRITABLE) && plain->awaiting) {
		plain->awaiting = false;
		user->writable(ctx_of(plain));
	}
	if ((events & UV_READABLE) && !plain->wanted) {
		wrong |= (unsigned)UV_READABLE;
	}
	while ((events & UV_READABLE) && plain->wanted && read_once(plain)) {
	}
	if (!plain->awaiting) {
		wrong |= (unsigned)UV_WRITABLE;
	}
	/* Cannot fail: uv_poll_start does so only for a socket that another handle has. */
	(void)watch(plain, (plain->watched | (plain->wanted ? (unsigned)UV_READABLE : 0)) & ~wrong);
}

/* --- the end --- */

static int plain_shutdown(struct transport *transport)
{
	return shutdown(plain_of(transport)->fd, SHUT_WR) < 0 ? uv_translate_sys_error(errno) : 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct transport_plain *plain = plain_of_poll((uv_poll_t *)(void *)handle);

	plain->base.user->closed(ctx_of(plain));
}

static void plain_close(struct transport *transport)
{
	struct transport_plain *plain = plain_of(transport);

	if (plain->fd >= 0) {
		plain->wanted = false;
		plain->awaiting = false;
		uv_close((uv_handle_t *)&plain->poll, on_closed);
		close(plain->fd);
		plain->fd = -1;
	}
}

static const struct transport_ops plain_ops = {
	.read_start = plain_read_start,
	.read_stop = plain_read_stop,
	.write = plain_write,
	.await_writable = plain_await_writable,
	.shutdown = plain_shutdown,
	.close = plain_close,
};

/* --- the beginning --- */

void transport_plain_tune(int fd, int family, uint32_t user_timeout_ms)
{
	unsigned timeout_ms = user_timeout_ms;
	int on = 1;

	if (family == AF_UNIX) {
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

int transport_plain_open(struct transport_plain *plain, uv_loop_t *loop, int fd,
			 const struct transport_user *user, void *ctx)
{
	*plain = (struct transport_plain){
		.base = {.ops = &plain_ops, .user = user},
		.poll.data = ctx,
		.fd = fd,
	};
	return uv_poll_init(loop, &plain->poll, fd);
}

static socklen_t address_size(const struct sockaddr *address)
{
	switch (address->sa_family) {
	case AF_UNIX:
		return sizeof(struct sockaddr_un);
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	default:
		return sizeof(struct sockaddr_in);
	}
}

/* A socket that is connecting or connected, or a negative uv error. */
static int begin(const struct sockaddr *to, uint32_t user_timeout_ms)
{
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int status;

	if (fd < 0) {
		return uv_translate_sys_error(errno);
	}
	transport_plain_tune(fd, to->sa_family, user_timeout_ms);
	if (connect(fd, to, address_size(to)) < 0 && errno != EINPROGRESS) {
		status = uv_translate_sys_error(errno);
		close(fd);
		return status;
	}
	return fd;
}

int transport_plain_connect(struct transport_plain *plain, uv_loop_t *loop,
			    const struct sockaddr *to, uint32_t user_timeout_ms,
			    const struct transport_user *user, void *ctx)
{
	int fd = begin(to, user_timeout_ms);
	int status;

	if (fd < 0) {
		return fd;
	}
	status = transport_plain_open(plain, loop, fd, user, ctx);
	if (status < 0) {
		close(fd);
		return status;
	}
	plain->connecting = true;
	return watch(plain, UV_WRITABLE); /* a handle just made: cannot fail */
}
