/* How fast newcomers are taken, on all listeners together: settings.accept_rate a second, and
 * accept_burst at once after a pause. The others wait in the system's queues; nobody is
 * refused. While there is nothing to be had, listeners stand in line, and each is given one
 * newcomer when its turn comes. */
#ifndef UAV_NET_INFLUX_H
#define UAV_NET_INFLUX_H

#include "base/bucket.h"
#include "base/list.h"
#include "settings/settings.h"

#include <uv.h>

struct influx {
	struct bucket bucket;
	struct list line;			/* of struct influx_place */
	uv_timer_t timer;			/* active while the line is not empty */
	const struct settings *const *settings; /* where those in force are found */
};

struct influx_place {
	struct list link;
	/* One newcomer may be taken now, which influx_take tells then; the place stands in
	 * the line no more. */
	void (*admit)(struct influx_place *place);
};

/* `settings` is where the owner keeps those in force; it outlives the influx. */
void influx_init(struct influx *influx, uv_loop_t *loop, const struct settings *const *settings);
/* Takes one more turn of the loop. The line is empty. */
void influx_close(struct influx *influx);

void influx_place_init(struct influx_place *place, void (*admit)(struct influx_place *place));

/* Whether a newcomer may be taken now by who does not stand in the line: nobody does. */
bool influx_is_open(const struct influx *influx);
/* One has been. */
void influx_take(struct influx *influx);
/* Puts the place at the line's end. */
void influx_wait(struct influx *influx, struct influx_place *place);
/* Takes it out, if it stands there. */
void influx_leave(struct influx *influx, struct influx_place *place);

/* *settings are others now: what was taken at the old rate is not held against newcomers
 * longer than the new one has it. */
void influx_reload(struct influx *influx);

#endif
