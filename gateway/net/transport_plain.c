#include "net/transport_plain.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

static void on_event(uv_poll_t *poll, int status, int events);

static int watch(struct transport_socket *sock, unsigned events)
{
	return transport_socket_watch(sock, events, on_event);
}

/* --- reading --- */

static void ended(struct transport_socket *sock, int status)
{
	sock->wanted = false;
	(void)watch(sock, sock->watched & ~(unsigned)UV_READABLE);
	sock->base.user->ended(transport_socket_ctx(sock), status);
}

/* Whether there may be more: the room was filled. */
static bool read_once(struct transport_socket *sock)
{
	struct room room = sock->base.user->room(transport_socket_ctx(sock));
	ssize_t size;

	/* No room: asked again in the next turn, as the socket stays readable. */
	if (room.size == 0) {
		return false;
	}
	do {
		size = recv(sock->fd, room.data, room.size, 0);
	} while (size < 0 && errno == EINTR);
	if (size > 0) {
		sock->base.user->read(transport_socket_ctx(sock), room.data, (size_t)size);
		return (size_t)size == room.size;
	}
	if (size == 0) {
		ended(sock, 0);
	} else if (errno != EAGAIN && errno != EWOULDBLOCK) {
		ended(sock, uv_translate_sys_error(errno));
	}
	return false;
}

static int plain_read_start(struct transport *transport)
{
	struct transport_socket *sock = transport_socket_of(transport);

	sock->wanted = true;
	return watch(sock, sock->watched | (unsigned)UV_READABLE);
}

/* Takes effect when bytes arrive: a pause that ends before that costs nothing. */
static void plain_read_stop(struct transport *transport)
{
	transport_socket_of(transport)->wanted = false;
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
	const struct transport_socket *sock = transport_socket_of(transport);
	ssize_t size;

	do {
		size = send_pieces(sock->fd, pieces, count);
	} while (size < 0 && errno == EINTR);
	if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		return 0;
	}
	return size < 0 ? uv_translate_sys_error(errno) : size;
}

static int plain_await_writable(struct transport *transport)
{
	struct transport_socket *sock = transport_socket_of(transport);

	sock->awaiting = true;
	return watch(sock, sock->watched | (unsigned)UV_WRITABLE);
}

/* --- what the loop tells --- */

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct transport_socket *sock = transport_socket_of_poll(poll);
	const struct transport_user *user = sock->base.user;
	unsigned wrong = 0;

	if (status < 0) {
		/* The socket has an error, and libuv has stopped watching it. What had
		 * arrived before can still be read; then reading or writing tells. */
		sock->watched = 0;
		events = UV_READABLE | UV_WRITABLE;
	}
	if (sock->connecting) {
		sock->connecting = false;
		(void)watch(sock, 0);
		user->connected(transport_socket_ctx(sock), transport_socket_error(sock));
		return;
	}
	if ((events & UV_WRITABLE) && sock->awaiting) {
		sock->awaiting = false;
		user->writable(transport_socket_ctx(sock));
	}
	if ((events & UV_READABLE) && !sock->wanted) {
		wrong |= (unsigned)UV_READABLE;
	}
	while ((events & UV_READABLE) && sock->wanted && read_once(sock)) {
	}
	if (!sock->awaiting) {
		wrong |= (unsigned)UV_WRITABLE;
	}
	/* Cannot fail: uv_poll_start does so only for a socket that another handle has. */
	(void)watch(sock, (sock->watched | (sock->wanted ? (unsigned)UV_READABLE : 0)) & ~wrong);
}

/* --- the end --- */

static int plain_shutdown(struct transport *transport)
{
	int fd = transport_socket_of(transport)->fd;

	return shutdown(fd, SHUT_WR) < 0 ? uv_translate_sys_error(errno) : 0;
}

static void plain_close(struct transport *transport)
{
	transport_socket_close(transport_socket_of(transport));
}

/* --- who it is --- */

static bool plain_names(const struct transport *transport, struct slice id)
{
	(void)transport, (void)id;
	return false;
}

static bool plain_begun(const struct transport *transport)
{
	(void)transport;
	return true;
}

static const char *plain_fault(const struct transport *transport)
{
	(void)transport;
	return NULL;
}

static const struct transport_ops plain_ops = {
	.read_start = plain_read_start,
	.read_stop = plain_read_stop,
	.write = plain_write,
	.await_writable = plain_await_writable,
	.shutdown = plain_shutdown,
	.close = plain_close,
	.names = plain_names,
	.begun = plain_begun,
	.fault = plain_fault,
};

/* --- the beginning --- */

int transport_plain_open(struct transport_plain *plain, uv_loop_t *loop, int fd,
			 struct transport_owner owner)
{
	return transport_socket_open(&plain->socket, &plain_ops, loop, fd, owner);
}

int transport_plain_connect(struct transport_plain *plain, uv_loop_t *loop,
			    const struct sockaddr *to, uint32_t user_timeout_ms,
			    struct transport_owner owner)
{
	int fd = transport_socket_begin(to, user_timeout_ms);
	int status;

	if (fd < 0) {
		return fd;
	}
	status = transport_plain_open(plain, loop, fd, owner);
	if (status < 0) {
		close(fd);
		return status;
	}
	plain->socket.connecting = true;
	return watch(&plain->socket, UV_WRITABLE); /* a handle just made: cannot fail */
}
