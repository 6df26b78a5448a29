#include "net/transport_plain.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

struct plain {
	struct transport base; /* first: a struct transport * is a struct plain * */
	struct pool *writes;
	bool wanted;  /* the user wants to read */
	bool reading; /* libuv reads */
	bool closing;
	union plain_handle on;
};

struct plain_write {
	uv_write_t request;
	struct plain *plain;
};

void transport_plain_pool(struct pool *writes, uint32_t keep)
{
	pool_init(writes, sizeof(struct plain_write), keep);
}

static struct plain *plain_of(struct transport *transport)
{
	return (struct plain *)(void *)transport;
}

static const struct plain *plain_of_const(const struct transport *transport)
{
	return (const struct plain *)(const void *)transport;
}

static uv_stream_t *plain_stream(struct plain *plain)
{
	return &plain->on.stream;
}

/* --- reading --- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct plain *plain = handle->data;
	struct room room = {0};

	(void)suggested;
	if (plain->wanted) {
		room = plain->base.user->room(plain->base.ctx);
	}
	/* No room: libuv calls on_read with UV_ENOBUFS and asks again in the next
	 * turn, at the price of no system call. */
	*buf = uv_buf_init((char *)room.data, (unsigned)room.size);
}

static void plain_ended(struct plain *plain, int status)
{
	uv_read_stop(plain_stream(plain));
	plain->reading = false;
	plain->wanted = false;
	plain->base.user->ended(plain->base.ctx, status);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
	struct plain *plain = stream->data;

	if (size > 0) {
		plain->base.user->read(plain->base.ctx, (const uint8_t *)buf->base, (size_t)size);
	} else if (size == UV_ENOBUFS) {
		/* Not in on_alloc: libuv still needs its callbacks there. */
		if (!plain->wanted) {
			uv_read_stop(stream);
			plain->reading = false;
		}
	} else if (size < 0) {
		plain_ended(plain, size == UV_EOF ? 0 : (int)size);
	}
}

static int plain_read_start(struct transport *transport)
{
	struct plain *plain = plain_of(transport);
	int status = 0;

	plain->wanted = true;
	if (!plain->reading) {
		status = uv_read_start(plain_stream(plain), on_alloc, on_read);
		plain->reading = status == 0;
	}
	return status;
}

/* Takes effect when bytes arrive: a pause that ends before that costs nothing. */
static void plain_read_stop(struct transport *transport)
{
	plain_of(transport)->wanted = false;
}

/* --- writing --- */

static ssize_t plain_try_write(struct transport *transport, struct slice bytes)
{
	uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes.data, (unsigned)bytes.size);
	int taken = uv_try_write(plain_stream(plain_of(transport)), &buf, 1);

	return taken == UV_EAGAIN ? 0 : taken;
}

static void on_write(uv_write_t *request, int status)
{
	struct plain_write *write = request->data;
	struct plain *plain = write->plain;

	pool_give(plain->writes, write);
	plain->base.user->wrote(plain->base.ctx, status);
}

static int plain_write(struct transport *transport, struct slice bytes)
{
	struct plain *plain = plain_of(transport);
	struct plain_write *write = pool_take(plain->writes);
	uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes.data, (unsigned)bytes.size);
	int status;

	if (!write) {
		return UV_ENOMEM;
	}
	write->plain = plain;
	write->request.data = write;
	status = uv_write(&write->request, plain_stream(plain), &buf, 1, on_write);
	if (status < 0) {
		pool_give(plain->writes, write);
	}
	return status;
}

static size_t plain_unwritten(const struct transport *transport)
{
	return uv_stream_get_write_queue_size(&plain_of_const(transport)->on.stream);
}

/* --- the end --- */

static int plain_shutdown(struct transport *transport)
{
	uv_os_fd_t fd;
	int status = uv_fileno(&plain_of(transport)->on.handle, &fd);

	if (status == 0 && shutdown(fd, SHUT_WR) < 0) {
		status = uv_translate_sys_error(errno);
	}
	return status;
}

static void on_close(uv_handle_t *handle)
{
	struct plain *plain = handle->data;
	const struct transport_user *user = plain->base.user;
	void *ctx = plain->base.ctx;

	free(plain);
	user->closed(ctx);
}

static void plain_close(struct transport *transport)
{
	struct plain *plain = plain_of(transport);

	if (!plain->closing) {
		plain->closing = true;
		plain->wanted = false;
		uv_close(&plain->on.handle, on_close);
	}
}

static const struct transport_ops plain_ops = {
	.read_start = plain_read_start,
	.read_stop = plain_read_stop,
	.try_write = plain_try_write,
	.write = plain_write,
	.unwritten = plain_unwritten,
	.shutdown = plain_shutdown,
	.close = plain_close,
};

/* --- the beginning --- */

void plain_handle_init(union plain_handle *handle, uv_loop_t *loop, int family)
{
	if (family == AF_UNIX) {
		(void)uv_pipe_init(loop, &handle->pipe, 0);
	} else {
		(void)uv_tcp_init(loop, &handle->tcp);
	}
}

int plain_handle_family(const uv_stream_t *stream)
{
	return stream->type == UV_NAMED_PIPE ? AF_UNIX : AF_INET;
}

/* Best effort: a connection without these still works. A unix socket has none of them. */
static void plain_set_options(struct plain *plain, uint32_t user_timeout_ms)
{
	unsigned timeout_ms = user_timeout_ms;
	uv_os_fd_t fd;

	if (plain_handle_family(&plain->on.stream) == AF_UNIX) {
		return;
	}
	uv_tcp_nodelay(&plain->on.tcp, 1);
	if (timeout_ms && uv_fileno(&plain->on.handle, &fd) == 0) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms,
				 sizeof(timeout_ms));
	}
}

static struct plain *plain_new(const struct transport_plain_options *options, int family,
			       const struct transport_user *user, void *ctx)
{
	struct plain *plain = calloc(1, sizeof(*plain));

	if (!plain) {
		return NULL;
	}
	plain->base = (struct transport){.ops = &plain_ops, .user = user, .ctx = ctx};
	plain->writes = options->writes;
	plain_handle_init(&plain->on, options->loop, family);
	plain->on.handle.data = plain;
	return plain;
}

static void on_discard(uv_handle_t *handle)
{
	free(handle->data);
}

/* For a transport that its user has never seen. */
static void plain_discard(struct plain *plain)
{
	uv_close(&plain->on.handle, on_discard);
}

int transport_plain_accept(const struct transport_plain_options *options, uv_stream_t *listener,
			   const struct transport_user *user, void *ctx, struct transport **out)
{
	struct plain *plain = plain_new(options, plain_handle_family(listener), user, ctx);
	int status;

	*out = NULL;
	if (!plain) {
		return UV_ENOMEM;
	}
	status = uv_accept(listener, plain_stream(plain));
	if (status < 0) {
		plain_discard(plain);
		return status;
	}
	plain_set_options(plain, options->user_timeout_ms);
	*out = &plain->base;
	return 0;
}

struct plain_attempt {
	uv_connect_t request;
	uint32_t user_timeout_ms;
};

static void on_connect(uv_connect_t *request, int status)
{
	struct plain *plain = request->handle->data;
	struct plain_attempt *attempt = request->data;
	uint32_t user_timeout_ms = attempt->user_timeout_ms;

	free(attempt);
	if (plain->closing) {
		return;
	}
	if (status == 0) {
		plain_set_options(plain, user_timeout_ms);
	}
	plain->base.user->connected(plain->base.ctx, status);
}

static int plain_connect(struct plain *plain, uv_connect_t *request, const struct sockaddr *to)
{
	struct sockaddr_un path;

	if (to->sa_family != AF_UNIX) {
		return uv_tcp_connect(request, &plain->on.tcp, to, on_connect);
	}
	memcpy(&path, to, sizeof(path));
	uv_pipe_connect(request, &plain->on.pipe, path.sun_path, on_connect);
	return 0;
}

int transport_plain_connect(const struct transport_plain_options *options,
			    const struct sockaddr *to, const struct transport_user *user, void *ctx,
			    struct transport **out)
{
	struct plain_attempt *attempt = malloc(sizeof(*attempt));
	struct plain *plain = NULL;
	int status = UV_ENOMEM;

	*out = NULL;
	if (!attempt) {
		goto fail;
	}
	plain = plain_new(options, to->sa_family, user, ctx);
	if (!plain) {
		goto fail;
	}
	attempt->request.data = attempt;
	attempt->user_timeout_ms = options->user_timeout_ms;
	status = plain_connect(plain, &attempt->request, to);
	if (status < 0) {
		goto fail;
	}
	*out = &plain->base;
	return 0;
fail:
	if (plain) {
		plain_discard(plain);
	}
	free(attempt);
	return status;
}

int transport_plain_remote(const struct transport *transport, struct sockaddr_storage *remote)
{
	const union plain_handle *on = &plain_of_const(transport)->on;
	int size = sizeof(*remote);

	memset(remote, 0, sizeof(*remote));
	if (plain_handle_family(&on->stream) == AF_UNIX) {
		remote->ss_family = AF_UNIX;
		return 0;
	}
	return uv_tcp_getpeername(&on->tcp, (struct sockaddr *)remote, &size);
}
