#include "settings/settings.h"

#include "base/utf8.h"

#include <arpa/inet.h>
#include <sys/un.h>

static int parse_port(const char *text, uint16_t *port)
{
	unsigned value = 0;
	size_t size = strlen(text);

	if (size < 1 || size > 5 || strspn(text, "0123456789") != size) {
		return -1;
	}
	for (; *text; text++) {
		value = value * 10 + (unsigned)(*text - '0');
	}
	if (value > UINT16_MAX) {
		return -1;
	}
	*port = (uint16_t)value;
	return 0;
}

static int check_host(const char *host, bool bracketed, const char **why)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (bracketed) {
		*why = "what stands in brackets is not a numeric IPv6 address";
		return inet_pton(AF_INET6, host, &v6) == 1 ? 0 : -1;
	}
	if (strchr(host, ':')) {
		*why = "an IPv6 address stands in brackets, as in [::1]:7600";
		return -1;
	}
	*why = "the host is neither a numeric address nor \"localhost\"; every interface "
	       "is 0.0.0.0 or [::]";
	return strcmp(host, "localhost") == 0 || inet_pton(AF_INET, host, &v4) == 1 ? 0 : -1;
}

#define UNIX_PREFIX "unix:"

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) <= ADDRESS_MAX_BYTES, "paths fit");

static int parse_path(const char *path, struct address *address, const char **why)
{
	size_t size = strlen(path);

	if (size == 0) {
		*why = "the path is missing, as in unix:/run/uav/gateway.sock";
		return -1;
	}
	if (size >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		*why = "the path of a unix socket has at most 107 bytes";
		return -1;
	}
	if (!utf8_is_printable(slice_str(path))) {
		*why = "the path has bytes that are not text";
		return -1;
	}
	*address = (struct address){.is_path = true};
	memcpy(address->host, path, size + 1);
	return 0;
}

static int parse_host_and_port(const char *text, struct address *address, const char **why)
{
	struct address parsed = {.port = 0};
	bool bracketed = text[0] == '[';
	const char *host = bracketed ? text + 1 : text;
	const char *end = bracketed ? strchr(text, ']') : strrchr(text, ':');
	const char *colon = bracketed && end ? end + 1 : end;
	size_t size;

	if (bracketed && !end) {
		*why = "the ] behind the IPv6 address is missing, as in [::1]:7600";
		return -1;
	}
	if (!end || *colon != ':') {
		*why = "the port is missing, as in 127.0.0.1:7600 or [::1]:7600";
		return -1;
	}
	size = (size_t)(end - host);
	if (size == 0 || size >= sizeof(parsed.host)) {
		*why = size ? "the host is too long" : "the host is missing";
		return -1;
	}
	memcpy(parsed.host, host, size);
	if (check_host(parsed.host, bracketed, why) < 0) {
		return -1;
	}
	if (parse_port(colon + 1, &parsed.port) < 0) {
		*why = "the port is not a number from 0 to 65535";
		return -1;
	}
	*address = parsed;
	return 0;
}

int address_parse(const char *text, struct address *address, const char **why)
{
	size_t prefix = strlen(UNIX_PREFIX);

	return strncmp(text, UNIX_PREFIX, prefix) == 0 ? parse_path(text + prefix, address, why)
						       : parse_host_and_port(text, address, why);
}

void address_print(const struct address *address, char *text, size_t cap)
{
	bool bracketed = strchr(address->host, ':') != NULL;

	if (address->is_path) {
		(void)snprintf(text, cap, UNIX_PREFIX "%s", address->host);
	} else {
		(void)snprintf(text, cap, "%s%s%s:%u", bracketed ? "[" : "", address->host,
			       bracketed ? "]" : "", (unsigned)address->port);
	}
}

bool address_is_loopback(const struct address *address)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (address->is_path || strcmp(address->host, "localhost") == 0) {
		return true;
	}
	if (inet_pton(AF_INET, address->host, &v4) == 1) {
		return (ntohl(v4.s_addr) >> 24) == 127;
	}
	return inet_pton(AF_INET6, address->host, &v6) == 1 &&
	       (IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127));
}
