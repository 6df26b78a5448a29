#include "cli/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

void stream_set_trouble(struct stream *stream, const char *what, const char *why)
{
	(void)snprintf(stream->trouble, sizeof(stream->trouble), "%s%s%s", what, *why ? ": " : "",
		       why);
}

void stream_close(struct stream *stream)
{
	if (stream->fd >= 0) {
		(void)close(stream->fd);
	}
	stream->fd = -1;
}

int stream_connect(struct stream *stream, const struct address *address)
{
	int on = 1;

	stream->deaf = false;
	stream->fd = socket(address->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (stream->fd < 0) {
		return -errno;
	}
	if (address->at.ss_family != AF_UNIX) {
		(void)setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	if (connect(stream->fd, (const struct sockaddr *)&address->at, address->size) < 0) {
		int error = errno;

		if (error == EINPROGRESS) {
			return 1;
		}
		stream_close(stream);
		return -error;
	}
	return 0;
}

int stream_connected(struct stream *stream)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
		error = errno;
	}
	if (error) {
		stream_close(stream);
	}
	return -error;
}

/* ENOENT: a Unix socket that has not been made. */
bool stream_refused(int error)
{
	return error == -ECONNREFUSED || error == -ENOENT;
}

void stream_send(struct stream *stream)
{
	struct slice bytes = client_output(&stream->client);

	while (bytes.size && !stream->deaf) {
		ssize_t sent = send(stream->fd, bytes.data, bytes.size, MSG_NOSIGNAL);

		if (sent >= 0) {
			client_sent(&stream->client, (size_t)sent);
			bytes = client_output(&stream->client);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR) {
			stream->deaf = true;
		}
	}
}

bool stream_waits(struct stream *stream)
{
	return client_output(&stream->client).size > 0 && !stream->deaf;
}

int stream_receive(struct stream *stream)
{
	size_t room;
	uint8_t *at = client_room(&stream->client, &room);
	ssize_t received = recv(stream->fd, at, room, 0);

	if (received > 0) {
		client_received(&stream->client, (size_t)received);
		return 0;
	}
	if (received == 0) {
		stream_set_trouble(stream, "closed by the gateway", "");
		return -1;
	}
	if (errno == EAGAIN || errno == EINTR) {
		return 0;
	}
	stream_set_trouble(stream, strerror(errno), "");
	return -1;
}

enum client_status stream_next(struct stream *stream, struct event *event)
{
	enum client_status status = client_next(&stream->client, event);

	if (status == CLIENT_BAD) {
		stream_set_trouble(stream, "the gateway does not keep to the protocol",
				   client_why(&stream->client));
	}
	return status;
}
