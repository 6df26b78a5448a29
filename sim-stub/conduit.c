#include "conduit.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

int conduit_open(struct conduit *conduit, int fd, struct tls_context *context)
{
	*conduit = (struct conduit){.fd = fd};
	if (!context) {
		return 0;
	}
	conduit->tls = tls_new(context, fd, NULL);
	if (!conduit->tls) {
		conduit_close(conduit);
		return -1;
	}
	return 0;
}

void conduit_close(struct conduit *conduit)
{
	if (conduit->tls) {
		if (conduit->shaken) {
			(void)tls_finish(conduit->tls);
		}
		tls_free(conduit->tls);
	}
	conduit->tls = NULL;
	if (conduit->fd >= 0) {
		(void)close(conduit->fd);
	}
	conduit->fd = -1;
}

/* ----------------------------------------------------------------- plain */

static enum tls_status failed(struct conduit *conduit, enum tls_status again)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK) {
		return again;
	}
	conduit->error = errno;
	return TLS_BROKEN;
}

static enum tls_status read_plain(struct conduit *conduit, void *data, size_t size, size_t *got)
{
	ssize_t received;

	do {
		received = recv(conduit->fd, data, size, 0);
	} while (received < 0 && errno == EINTR);
	if (received < 0) {
		return failed(conduit, TLS_WANTS_READ);
	}
	*got = (size_t)received;
	return received ? TLS_DONE : TLS_ENDED;
}

static enum tls_status write_plain(struct conduit *conduit, struct slice bytes, size_t *taken)
{
	ssize_t sent;

	do {
		sent = send(conduit->fd, bytes.data, bytes.size, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0) {
		return failed(conduit, TLS_WANTS_WRITE);
	}
	*taken = (size_t)sent;
	return TLS_DONE;
}

/* ------------------------------------------------------------------- TLS */

static enum tls_status read_tls(struct conduit *conduit, void *data, size_t size, size_t *got)
{
	enum tls_status status = conduit->shaken ? TLS_DONE : tls_handshake(conduit->tls);

	if (status == TLS_DONE) {
		conduit->shaken = true;
		status = tls_read(conduit->tls, data, size, got);
	}
	conduit->read_wants_room = status == TLS_WANTS_WRITE;
	return status;
}

/* ------------------------------------------------------------------ both */

enum tls_status conduit_read(struct conduit *conduit, void *data, size_t size, size_t *got)
{
	*got = 0;
	return conduit->tls ? read_tls(conduit, data, size, got)
			    : read_plain(conduit, data, size, got);
}

bool conduit_holds(const struct conduit *conduit)
{
	return conduit->tls && conduit->shaken && tls_holds(conduit->tls);
}

enum tls_status conduit_write(struct conduit *conduit, struct slice bytes, size_t *taken)
{
	enum tls_status status;

	*taken = 0;
	if (!conduit->tls) {
		return write_plain(conduit, bytes, taken);
	}
	status = conduit->shaken ? tls_write(conduit->tls, bytes.data, bytes.size, taken)
				 : TLS_WANTS_READ;
	conduit->write_wants_bytes = status == TLS_WANTS_READ;
	return status;
}

const char *conduit_why(const struct conduit *conduit)
{
	return conduit->tls ? tls_why(conduit->tls) : strerror(conduit->error);
}
