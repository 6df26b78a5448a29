#include "net/alarm.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void on_ring(uv_poll_t *poll, int status, int events)
{
	struct alarm *alarm = poll->data;
	uint64_t rings;

	(void)status;
	(void)events;
	/* Nothing to read: it was set anew after the loop had seen it ring. */
	if (read(alarm->fd, &rings, sizeof(rings)) == sizeof(rings)) {
		alarm->due_us = UINT64_MAX;
		alarm->rang(alarm->ctx);
	}
}

int alarm_open(struct alarm *alarm, uv_loop_t *loop, void (*rang)(void *ctx), void *ctx)
{
	int status;

	*alarm = (struct alarm){.due_us = UINT64_MAX, .rang = rang, .ctx = ctx};
	alarm->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (alarm->fd < 0) {
		return uv_translate_sys_error(errno);
	}
	status = uv_poll_init(loop, &alarm->poll, alarm->fd);
	if (status < 0) {
		close(alarm->fd);
		return status;
	}
	alarm->poll.data = alarm;
	(void)uv_poll_start(&alarm->poll, UV_READABLE,
			    on_ring); /* a handle just made: cannot fail */
	return 0;
}

void alarm_set(struct alarm *alarm, uint64_t due_us)
{
	/* 0 would turn it off; 1 ns after the system's start is past as well */
	struct itimerspec at = {.it_value.tv_nsec = 1};

	if (due_us >= alarm->due_us) {
		return;
	}
	if (due_us) {
		at.it_value.tv_sec = (time_t)(due_us / 1000000);
		at.it_value.tv_nsec = (long)(due_us % 1000000) * 1000;
	}
	/* Fails only for times that are none. */
	(void)timerfd_settime(alarm->fd, TFD_TIMER_ABSTIME, &at, NULL);
	alarm->due_us = due_us;
}

static void on_closed(uv_handle_t *handle)
{
	struct alarm *alarm = handle->data;

	close(alarm->fd);
}

void alarm_close(struct alarm *alarm)
{
	uv_close((uv_handle_t *)&alarm->poll, on_closed);
}
