/* TLS over a socket. The handshake happens inside: who listens is told nothing of it until bytes
 * come, or that it has ended; who connects is told when it is done. Until then no write takes
 * anything, and await_writable waits for its end. Nothing here bounds how long it takes: the
 * user has a deadline for the first bytes, or for `connected`. With whom TLS has failed of those
 * who came is told at their close (net->tls_failures); who connects asks for the `fault`. */
#ifndef UAV_NET_TRANSPORT_TLS_H
#define UAV_NET_TRANSPORT_TLS_H

#include "base/tls.h"
#include "net/net.h"
#include "net/transport_socket.h"

/* Its user gives the memory, as a part of something larger, and has it back at `closed`. */
struct transport_tls {
	struct transport_socket socket;
	struct tls *tls; /* NULL from its close on */
	struct net *net;
	struct net_task more;		      /* to shake hands, or to be read on */
	uint8_t reads_on, writes_on;	      /* the event of the socket that it takes to go on */
	uint8_t listener;		      /* by which the other side has come */
	uint8_t host[ENDPOINT_ADDRESS_BYTES]; /* from where */
	bool connects;
	bool ready;  /* the handshake is done */
	bool failed; /* before that, or later */
	bool finishing;
};

/* As transport_plain_open, with net->tls[listener], which may be freed at once. */
int transport_tls_open(struct transport_tls *tls, struct net *net, int fd, uint8_t listener,
		       const struct sockaddr *remote, struct transport_owner owner)
	__attribute__((warn_unused_result));

/* As transport_plain_connect. `name` is what the other side's certificate must be for. */
int transport_tls_connect(struct transport_tls *tls, struct net *net, const struct sockaddr *to,
			  struct tls_context *context, const char *name,
			  struct transport_owner owner) __attribute__((warn_unused_result));

#endif
