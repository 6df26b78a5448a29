/* Where drones connect: one address, one front end. */
#ifndef UAV_NET_LISTENER_H
#define UAV_NET_LISTENER_H

#include "net/net.h"

struct listener;

/* Binds to the address of net->settings->listeners[number] and listens there, and logs where. Or
 * takes over `inherited`, unless that is -1: a socket that listens already, does not block, and
 * stays as it is for others who have it, the file of a unix socket too. 0 with the listener in
 * *out, or -1, logged, with NULL there; `inherited` is closed then.
 *
 * The file of a unix socket has the permissions that the process's umask leaves; who may
 * write to it may connect. One that a dead process has left is removed first; anything
 * else in its place makes this fail.
 *
 * At the limit of descriptors newcomers are taken and closed at once, so that the
 * loop does not spin; they are told nothing. The gateway compares that limit
 * with max_drones at its start for this reason. */
int listener_open(struct net *net, uint32_t number, int inherited, struct listener **out)
	__attribute__((warn_unused_result));

/* Where it listens, as it is bound: the system may have chosen the port. Returns `text`, which has
 * HOST_TEXT_BYTES. */
const char *listener_address(const struct listener *listener, char *text);

/* net->settings are others now: what newcomers get from the socket follows them. Who waits to
 * be taken has what was there before. */
void listener_reload(struct listener *listener);

/* No more newcomers; those here stay. Removes the file of a unix socket, unless another
 * process has put its own there. Frees the listener in a later turn. */
void listener_close(struct listener *listener);

#endif
