#include "cli/address.h"

#include <errno.h>
#include <netdb.h>
#include <sys/un.h>

static int find_socket(const char *path, struct address *address)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};

	(void)snprintf(local.sun_path, sizeof(local.sun_path), "%s", path);
	memcpy(&address->at, &local, sizeof(local));
	address->size = sizeof(local);
	return 1;
}

int address_find(const struct options *options, struct address *list, size_t most, char *trouble,
		 size_t trouble_size)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	size_t count = 0;
	int error;

	if (options->socket_path) {
		return find_socket(options->socket_path, list);
	}
	error = getaddrinfo(options->host, options->port, &hints, &found);
	if (error) {
		(void)snprintf(trouble, trouble_size, "%s",
			       error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
		return -1;
	}
	for (const struct addrinfo *one = found; one && count < most; one = one->ai_next) {
		if (one->ai_addrlen <= sizeof(list->at)) {
			memcpy(&list[count].at, one->ai_addr, one->ai_addrlen);
			list[count++].size = one->ai_addrlen;
		}
	}
	freeaddrinfo(found);
	return (int)count;
}
