/* The file of a unix socket. The system leaves it behind when a process dies, and lets
 * nobody listen there until it is removed. */
#ifndef UAV_NET_SOCKET_FILE_H
#define UAV_NET_SOCKET_FILE_H

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

/* Makes way at the path of an AF_UNIX address: removes what stands there if it is a socket
 * at which nobody listens. 0 when there is nothing (any more), or -1 with *why, a static
 * sentence; what stands there has been left alone then. Does not wait. */
int socket_file_clear(const struct sockaddr_storage *address, const char **why)
	__attribute__((warn_unused_result));

/* A file that was made, known by more than its path: another process may have put its own
 * there since. */
struct socket_file {
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	dev_t device;
	ino_t inode; /* 0: there is none */
};

/* Makes way as socket_file_clear does, then a socket bound to the path of an AF_UNIX address;
 * *file is its file. The descriptor, which is the caller's and does not block, or -1 with
 * *why, a static sentence, and nothing in *file. */
int socket_file_bind(struct socket_file *file, const struct sockaddr_storage *address,
		     const char **why) __attribute__((warn_unused_result));

/* Removes the file, if it is still the one that was made. Before the socket is closed: until
 * then nobody else's file can be taken for it. Harmless when there is none. */
void socket_file_remove(struct socket_file *file);

#endif
