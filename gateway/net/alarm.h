/* Rings once, at a time of the monotonic clock, to the microsecond: a timerfd that the loop
 * watches. The loop's own timers have milliseconds, which is too coarse for messages that
 * are handed over at their simulated time. */
#ifndef UAV_NET_ALARM_H
#define UAV_NET_ALARM_H

#include <stdint.h>
#include <uv.h>

struct alarm {
	uv_poll_t poll;
	int fd;
	uint64_t due_us; /* when it rings; UINT64_MAX: not set */
	void (*rang)(void *ctx);
	void *ctx;
};

/* `rang` is called from the loop, never before the time that was set; the alarm is not set
 * any more then. 0 or a negative uv error; nothing is owned then. */
int alarm_open(struct alarm *alarm, uv_loop_t *loop, void (*rang)(void *ctx), void *ctx)
	__attribute__((warn_unused_result));

/* It rings at `due_us` (monotonic; at once when that is past) at the latest: an alarm that
 * is set for an earlier time stays as it is, so a later time costs no system call.
 * UINT64_MAX changes nothing. */
void alarm_set(struct alarm *alarm, uint64_t due_us);

/* Takes one more turn of the loop, for which the memory must stay. */
void alarm_close(struct alarm *alarm);

#endif
