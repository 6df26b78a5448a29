/* Where the gateway listens, as socket addresses. */
#ifndef UAV_CLI_ADDRESS_H
#define UAV_CLI_ADDRESS_H

#include "cli/options.h"

#include <sys/socket.h>

struct address {
	struct sockaddr_storage at;
	socklen_t size;
};

/* The addresses of --gateway, in the order in which they are to be tried. Looking up a
 * host's name may take a while. How many, at most `most`; or -1, and `trouble` says why. */
int address_find(const struct options *options, struct address *list, size_t most, char *trouble,
		 size_t trouble_size);

#endif
