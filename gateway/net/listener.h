/* Where drones connect: one address, one front end. */
#ifndef UAV_NET_LISTENER_H
#define UAV_NET_LISTENER_H

#include "net/net.h"

struct listener;

/* Binds and listens, and logs where. `settings` outlives the listener. 0 with the
 * listener in *out, or a negative uv error, logged, with NULL there.
 *
 * At the limit of descriptors libuv takes and closes newcomers itself, so that the
 * loop does not spin; they are told nothing. The gateway compares that limit
 * with max_drones at its start for this reason. */
int listener_open(struct net *net, const struct listener_settings *settings, struct listener **out)
	__attribute__((warn_unused_result));

/* No more newcomers; those here stay. Frees the listener in a later turn. */
void listener_close(struct listener *listener);

#endif
