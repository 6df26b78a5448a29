#include "endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

void endpoint_fail(int code, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(code);
}

uint32_t endpoint_number(const char *option, const char *text, uint32_t least, uint32_t most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || value < least || value > most) {
		endpoint_fail(2, "%s %s: a number from %u to %u is needed", option, text, least,
			      most);
	}
	return (uint32_t)value;
}

static struct sockaddr_in address_read(const char *text)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	const char *colon = strrchr(text, ':');
	char host[INET_ADDRSTRLEN] = "";

	if (colon && (size_t)(colon - text) < sizeof(host)) {
		memcpy(host, text, (size_t)(colon - text));
	}
	if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
		endpoint_fail(2, "%s: an address such as 127.0.0.1:7000 is needed", text);
	}
	address.sin_port = htons((uint16_t)endpoint_number("port", colon + 1, 0, UINT16_MAX));
	return address;
}

/* `flags`: SOCK_NONBLOCK, or 0 for a connect that waits. */
static int socket_new(int flags)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	int on = 1;

	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0) {
		endpoint_fail(1, "no socket: %s (ulimit -n says how many there may be)",
			      strerror(errno));
	}
	return fd;
}

static void set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		endpoint_fail(1, "no non-blocking socket: %s", strerror(errno));
	}
}

int endpoint_listen(const char *address)
{
	struct sockaddr_in bound = address_read(address);
	socklen_t size = sizeof(bound);
	char host[INET_ADDRSTRLEN];
	int fd = socket_new(SOCK_NONBLOCK), on = 1;

	/* accepted sockets inherit TCP_NODELAY: no call for each */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&bound, size) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&bound, &size) < 0) {
		endpoint_fail(1, "cannot listen on %s: %s", address, strerror(errno));
	}
	printf("listening on %s:%u\n", inet_ntop(AF_INET, &bound.sin_addr, host, sizeof(host)),
	       ntohs(bound.sin_port));
	fflush(stdout);
	return fd;
}

int endpoint_connect(const char *address)
{
	struct sockaddr_in target = address_read(address);
	int fd = socket_new(0);

	if (connect(fd, (struct sockaddr *)&target, sizeof(target)) < 0) {
		endpoint_fail(1, "cannot connect to %s: %s", address, strerror(errno));
	}
	set_nonblocking(fd);
	return fd;
}

int endpoint_connect_begin(const char *address)
{
	struct sockaddr_in target = address_read(address);
	int fd = socket_new(SOCK_NONBLOCK);

	if (connect(fd, (struct sockaddr *)&target, sizeof(target)) < 0 && errno != EINPROGRESS) {
		endpoint_fail(1, "cannot connect to %s: %s", address, strerror(errno));
	}
	return fd;
}

int endpoint_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
		endpoint_fail(1, "cannot accept: %s", strerror(errno));
	}
	return fd;
}

void endpoint_raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

static void on_terminate(int number)
{
	(void)number;
	_exit(0);
}

void endpoint_prepare(void)
{
	struct sigaction action = {.sa_handler = on_terminate};

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	endpoint_raise_files();
}
