/* How fast newcomers are taken, on all listeners together: settings.accept_rate a second, and
 * accept_burst at once after a pause. The others wait in the system's queues; nobody is
 * refused. While there is nothing to be had, listeners stand in line, and each is given one
 * newcomer when its turn comes. */
#ifndef UAV_NET_ADMISSION_H
#define UAV_NET_ADMISSION_H

#include "base/bucket.h"
#include "base/list.h"
#include "settings/settings.h"

#include <uv.h>

struct admission {
	struct bucket bucket;
	struct list line;			/* of struct admission_place */
	uv_timer_t timer;			/* active while the line is not empty */
	const struct settings *const *settings; /* where those in force are found */
};

struct admission_place {
	struct list link;
	/* One newcomer may be taken now, which admission_take tells then; the place stands in
	 * the line no more. */
	void (*admit)(struct admission_place *place);
};

/* `settings` is where the owner keeps those in force; it outlives the admission. */
void admission_init(struct admission *admission, uv_loop_t *loop,
		    const struct settings *const *settings);
/* Takes one more turn of the loop. The line is empty. */
void admission_close(struct admission *admission);

void admission_place_init(struct admission_place *place,
			  void (*admit)(struct admission_place *place));

/* Whether a newcomer may be taken now by who does not stand in the line: nobody does. */
bool admission_is_open(const struct admission *admission);
/* One has been. */
void admission_take(struct admission *admission);
/* Puts the place at the line's end. */
void admission_wait(struct admission *admission, struct admission_place *place);
/* Takes it out, if it stands there. */
void admission_leave(struct admission *admission, struct admission_place *place);

/* *settings are others now: what was taken at the old rate is not held against newcomers
 * longer than the new one has it. */
void admission_reload(struct admission *admission);

#endif
