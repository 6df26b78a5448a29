#include "base/conduit.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void conduit_init(struct conduit *conduit, int fd)
{
	*conduit = (struct conduit){.fd = fd};
}

int conduit_secure(struct conduit *conduit, struct tls_context *context, const char *name)
{
	conduit->tls = tls_new(context, conduit->fd, name);
	return conduit->tls ? 0 : -1;
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

bool conduit_is_ready(const struct conduit *conduit)
{
	return conduit->fd >= 0 && (!conduit->tls || conduit->shaken);
}

enum tls_status conduit_begin(struct conduit *conduit)
{
	enum tls_status status;

	if (!conduit->tls || conduit->shaken) {
		return TLS_DONE;
	}
	status = tls_handshake(conduit->tls);
	conduit->shaken = status == TLS_DONE;
	conduit->read_wants_room = status == TLS_WANTS_WRITE;
	return status;
}

static enum tls_status read_tls(struct conduit *conduit, void *data, size_t size, size_t *got)
{
	enum tls_status status = conduit_begin(conduit);

	if (status == TLS_DONE) {
		status = tls_read(conduit->tls, data, size, got);
		conduit->read_wants_room = status == TLS_WANTS_WRITE;
	}
	return status;
}

static enum tls_status write_tls(struct conduit *conduit, struct slice bytes, size_t *taken)
{
	enum tls_status status = conduit->shaken
					 ? tls_write(conduit->tls, bytes.data, bytes.size, taken)
					 : TLS_WANTS_READ;

	conduit->write_wants_bytes = status == TLS_WANTS_READ;
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
	*taken = 0;
	return conduit->tls ? write_tls(conduit, bytes, taken) : write_plain(conduit, bytes, taken);
}

const char *conduit_why(const struct conduit *conduit)
{
	return conduit->tls ? tls_why(conduit->tls) : strerror(conduit->error);
}

int conduit_cut(const struct conduit *conduit)
{
	return conduit->tls ? tls_cut(conduit->tls) : conduit->error;
}
