#include "net/watch_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct probe {
	uv_poll_t poll;
	int fd;
};

/* A descriptor that can be watched and never rings, with that number or the next that is free; or
 * a negative uv error. */
static int open_high(uint32_t number)
{
	int low = eventfd(0, EFD_CLOEXEC);
	int high = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, (int)number);
	int status = high < 0 ? uv_translate_sys_error(errno) : high;

	if (low >= 0) {
		close(low);
	}
	return status;
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	(void)poll;
	(void)status;
	(void)events;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* The table has grown when this returns, and never shrinks. */
static int watch_once(uv_loop_t *loop, struct probe *probe)
{
	int status = uv_poll_init(loop, &probe->poll, probe->fd);

	if (status == 0) {
		probe->poll.data = probe;
		status = uv_poll_start(&probe->poll, UV_READABLE, on_event);
		uv_close((uv_handle_t *)&probe->poll, on_closed);
	} else {
		free(probe);
	}
	return status;
}

int watch_table_reserve(uv_loop_t *loop, uint32_t descriptors)
{
	struct probe *probe = malloc(sizeof(*probe));
	int fd, status;

	if (!probe) {
		return UV_ENOMEM;
	}
	fd = open_high(descriptors - 1);
	if (fd < 0) {
		free(probe);
		return fd;
	}
	probe->fd = fd;
	status = watch_once(loop, probe);
	close(fd); /* it is watched no more */
	return status;
}
