#include "cli/console_source.h"

#include "cli/signals.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int watch(const struct console_source *source, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(source->fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int console_source_open(struct console_source *source)
{
	int error;

	source->ready_fd = -1;
	source->heard = source->ended = source->overlong = false;
	source->first = source->last = 0;
	source->signal_fd = signals_open();
	source->fd = source->signal_fd < 0 ? -1 : epoll_create1(EPOLL_CLOEXEC);
	error = source->fd < 0 ? -errno : watch(source, source->signal_fd);
	if (error) {
		console_source_close(source);
	}
	return error;
}

void console_source_close(struct console_source *source)
{
	const int fds[] = {source->fd, source->signal_fd, source->ready_fd};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (fds[i] >= 0) {
			(void)close(fds[i]);
		}
	}
	source->fd = source->signal_fd = source->ready_fd = -1;
}

/* A file, which epoll(7) takes for none that can be waited for, has its bytes ready. */
static void hear_file(struct console_source *source)
{
	if (source->ready_fd < 0) {
		source->ready_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	}
	(void)watch(source, source->ready_fd);
}

void console_source_hear(struct console_source *source, bool heard)
{
	heard = heard && !source->ended;
	if (heard == source->heard) {
		return;
	}
	source->heard = heard;
	if (heard) {
		if (watch(source, STDIN_FILENO) == -EPERM) {
			hear_file(source);
		}
		return;
	}
	(void)epoll_ctl(source->fd, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
	if (source->ready_fd >= 0) {
		(void)epoll_ctl(source->fd, EPOLL_CTL_DEL, source->ready_fd, NULL);
	}
}

bool console_source_has_input(void)
{
	struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

void console_source_read(struct console_source *source)
{
	ssize_t got;

	memmove(source->bytes, source->bytes + source->first, source->last - source->first);
	source->last -= source->first;
	source->first = 0;
	got = read(STDIN_FILENO, source->bytes + source->last,
		   sizeof(source->bytes) - source->last);
	if (got > 0) {
		source->last += (size_t)got;
	} else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
		source->ended = true;
	}
}

/* Without its end, "\n" or "\r\n". */
static struct slice take_line(struct console_source *source, size_t size, size_t end_size)
{
	struct slice line = slice_of(source->bytes + source->first, size);

	source->first += size + end_size;
	if (line.size && line.data[line.size - 1] == '\r') {
		line.size--;
	}
	return line;
}

enum console_source_line console_source_next(struct console_source *source, struct slice *line)
{
	const uint8_t *start = source->bytes + source->first;
	size_t size = source->last - source->first;
	const uint8_t *end = size ? memchr(start, '\n', size) : NULL;

	if (!end && size == sizeof(source->bytes)) {
		source->overlong = true;
		source->first = source->last = 0;
		return CONSOLE_SOURCE_MORE;
	}
	if (!end && !source->ended) {
		return CONSOLE_SOURCE_MORE;
	}
	if (!end && size == 0 && !source->overlong) {
		return CONSOLE_SOURCE_END;
	}
	*line = end ? take_line(source, (size_t)(end - start), 1) : take_line(source, size, 0);
	if (source->overlong) {
		source->overlong = false;
		return CONSOLE_SOURCE_TOO_LONG;
	}
	return CONSOLE_SOURCE_LINE;
}
