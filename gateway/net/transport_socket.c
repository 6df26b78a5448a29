#include "net/transport_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

int transport_socket_watch(struct transport_socket *sock, unsigned events, uv_poll_cb on_event)
{
	int status = 0;

	if (events == sock->watched || sock->fd < 0) {
		return 0;
	}
	if (events) {
		status = uv_poll_start(&sock->poll, (int)events, on_event);
	} else {
		status = uv_poll_stop(&sock->poll);
	}
	sock->watched = status == 0 ? (uint8_t)events : 0;
	return status;
}

int transport_socket_error(const struct transport_socket *sock)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(sock->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
		error = errno;
	}
	return uv_translate_sys_error(error);
}

/* --- the end --- */

static void on_closed(uv_handle_t *handle)
{
	struct transport_socket *sock = transport_socket_of_poll((uv_poll_t *)(void *)handle);

	sock->base.user->closed(transport_socket_ctx(sock));
}

void transport_socket_close(struct transport_socket *sock)
{
	if (sock->fd >= 0) {
		sock->wanted = false;
		sock->awaiting = false;
		uv_close((uv_handle_t *)&sock->poll, on_closed);
		close(sock->fd);
		sock->fd = -1;
	}
}

/* --- the beginning --- */

void transport_socket_tune(int fd, int family, uint32_t user_timeout_ms)
{
	unsigned timeout_ms = user_timeout_ms;
	int on = 1;

	if (family == AF_UNIX) {
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

int transport_socket_open(struct transport_socket *sock, const struct transport_ops *ops,
			  uv_loop_t *loop, int fd, struct transport_owner owner)
{
	*sock = (struct transport_socket){
		.base = {.ops = ops, .user = owner.user},
		.poll.data = owner.ctx,
		.fd = fd,
	};
	return uv_poll_init(loop, &sock->poll, fd);
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

int transport_socket_begin(const struct sockaddr *to, uint32_t user_timeout_ms)
{
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int status;

	if (fd < 0) {
		return uv_translate_sys_error(errno);
	}
	transport_socket_tune(fd, to->sa_family, user_timeout_ms);
	if (connect(fd, to, address_size(to)) < 0 && errno != EINPROGRESS) {
		status = uv_translate_sys_error(errno);
		close(fd);
		return status;
	}
	return fd;
}
