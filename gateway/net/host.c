#include "net/host.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/un.h>

/* A struct sockaddr is a view of something larger; copying it out of there
 * keeps the alignment right. */
static struct sockaddr_in host_in(const struct sockaddr *from)
{
	struct sockaddr_in in;

	memcpy(&in, from, sizeof(in));
	return in;
}

static struct sockaddr_in6 host_in6(const struct sockaddr *from)
{
	struct sockaddr_in6 in6;

	memcpy(&in6, from, sizeof(in6));
	return in6;
}

static int host_path(const char *path, struct sockaddr_storage *out)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t size = strlen(path);

	if (size == 0 || size >= sizeof(un.sun_path)) {
		return -1;
	}
	memcpy(un.sun_path, path, size);
	memcpy(out, &un, sizeof(un));
	return 0;
}

int host_resolve(const struct address *address, struct sockaddr_storage *out)
{
	const char *host = strcmp(address->host, "localhost") == 0 ? "127.0.0.1" : address->host;
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(address->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};

	memset(out, 0, sizeof(*out));
	if (address->is_path) {
		return host_path(address->host, out);
	}
	if (inet_pton(AF_INET, host, &in.sin_addr) == 1) {
		memcpy(out, &in, sizeof(in));
		return 0;
	}
	if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1) {
		memcpy(out, &in6, sizeof(in6));
		return 0;
	}
	return -1;
}

static struct sockaddr_un host_un(const struct sockaddr *from)
{
	struct sockaddr_un un;

	memcpy(&un, from, sizeof(un));
	return un;
}

void host_bytes(const struct sockaddr *from, uint8_t bytes[ENDPOINT_ADDRESS_BYTES])
{
	static const uint8_t this_host[ENDPOINT_ADDRESS_BYTES] = {[10] = 0xff, 0xff, 127, 0, 0, 1};

	memset(bytes, 0, ENDPOINT_ADDRESS_BYTES);
	if (from->sa_family == AF_UNIX) {
		memcpy(bytes, this_host, ENDPOINT_ADDRESS_BYTES);
	} else if (from->sa_family == AF_INET) {
		struct sockaddr_in in = host_in(from);

		bytes[10] = 0xff;
		bytes[11] = 0xff;
		memcpy(bytes + 12, &in.sin_addr, 4);
	} else if (from->sa_family == AF_INET6) {
		struct sockaddr_in6 in6 = host_in6(from);

		memcpy(bytes, &in6.sin6_addr, ENDPOINT_ADDRESS_BYTES);
	}
}

const char *host_text(const struct sockaddr *from, char text[HOST_TEXT_BYTES])
{
	char host[INET6_ADDRSTRLEN];

	if (from->sa_family == AF_INET) {
		struct sockaddr_in in = host_in(from);

		inet_ntop(AF_INET, &in.sin_addr, host, sizeof(host));
		snprintf(text, HOST_TEXT_BYTES, "%s:%u", host, ntohs(in.sin_port));
	} else if (from->sa_family == AF_INET6) {
		struct sockaddr_in6 in6 = host_in6(from);

		inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof(host));
		snprintf(text, HOST_TEXT_BYTES, "[%s]:%u", host, ntohs(in6.sin6_port));
	} else if (from->sa_family == AF_UNIX) {
		struct sockaddr_un un = host_un(from);

		snprintf(text, HOST_TEXT_BYTES, "unix:%s", un.sun_path);
	} else {
		snprintf(text, HOST_TEXT_BYTES, "?");
	}
	return text;
}
