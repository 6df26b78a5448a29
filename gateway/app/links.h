/* All connections to simulators: one net/simlink a lane of the core's. */
#ifndef UAV_APP_LINKS_H
#define UAV_APP_LINKS_H

#include "net/simlink.h"

struct links {
	struct sim_port *ports; /* as core_new wants them; ctx is the struct simlink */
	size_t count;
};

/* Connections that the settings ask for, of all simulators together. */
size_t links_wanted(const struct settings *settings);

/* Every connection of the first simulator in net->settings, then of the second and so on;
 * none connects yet. -1 with *why (static); links_fini is called even then. */
int links_init(struct links *links, struct net *net, const char **why)
	__attribute__((warn_unused_result));
/* The core is there: they connect, and go on until links_stop. */
void links_start(struct links *links);
/* Around what makes the core tell every simulator much at once. */
void links_bulk_begin(struct links *links);
void links_bulk_end(struct links *links);
/* The settings have taken the place of `before`. */
void links_reload(struct links *links, const struct settings *before);
/* Takes one more turn of the loop, then links_fini is allowed. */
void links_stop(struct links *links);
void links_fini(struct links *links);

#endif
