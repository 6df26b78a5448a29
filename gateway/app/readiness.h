/* When the gateway can be used, and the file that says so: every listener listens, every connection
 * to a simulator is up, and each scenario has been answered for, so that messages pass in those
 * that were not refused. A simulator that goes away later changes nothing: it is told once. */
#ifndef UAV_APP_READINESS_H
#define UAV_APP_READINESS_H

#include "app/in_force.h"
#include "base/ready_file.h"
#include "net/listener.h"

struct readiness {
	struct ready_file *file; /* claimed, the caller's */
	struct log *log;
	const struct in_force *in_force;
	const struct core *core;
	struct listener *const *listeners; /* as many as the settings have */
	uv_check_t look;
	bool told; /* ready, or that it will not be */
};

/* Without a ready file (its path is NULL) all of these do nothing that anybody would see. */
void readiness_init(struct readiness *readiness, uv_loop_t *loop, struct ready_file *file,
		    struct log *log);
/* All listen, and the links have begun: from now on it is looked for after each turn of the loop;
 * what is pointed to lives until readiness_end. The file has "listen:NAME ADDRESS" for each
 * listener and "scenario:NAME available" or "refused" for each scenario. */
void readiness_watch(struct readiness *readiness, const struct in_force *in_force,
		     const struct core *core, struct listener *const *listeners);
/* Nobody new is taken any more: removes the file. One that never came is told of in the log, with
 * what was missing. */
void readiness_end(struct readiness *readiness);
/* Takes one more turn of the loop. */
void readiness_close(struct readiness *readiness);

#endif
