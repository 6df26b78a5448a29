/* The file of a unix socket. The system leaves it behind when a process dies, and lets
 * nobody listen there until it is removed. */
#ifndef UAV_NET_SOCKET_FILE_H
#define UAV_NET_SOCKET_FILE_H

#include <sys/socket.h>

/* Makes way at the path of an AF_UNIX address: removes what stands there if it is a socket
 * at which nobody listens. 0 when there is nothing (any more), or -1 with *why, a static
 * sentence; what stands there has been left alone then. Does not wait. */
int socket_file_clear(const struct sockaddr_storage *address, const char **why)
	__attribute__((warn_unused_result));

#endif
