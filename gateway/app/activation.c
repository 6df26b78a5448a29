#include "app/activation.h"

#include "net/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* What one inherited socket is. */
struct inherited {
	int fd;
	const char *name;
	bool listens; /* it is of the kind that a listener takes over */
	char address[HOST_TEXT_BYTES];
};

struct activation {
	const struct settings *settings;
	struct log *log;
	int *descriptors; /* of each listener */
};

static const char not_listening[] = "it is no listening stream socket; of a systemd socket unit, "
				    "that is one with ListenStream= and Accept=no";

static struct inherited look_at(int fd, const char *name)
{
	struct inherited socket = {.fd = fd, .name = name, .address = "?"};
	struct sockaddr_storage bound = {0};
	socklen_t size = sizeof(bound);

	if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0 &&
	    getsockname(fd, (struct sockaddr *)&bound, &size) == 0) {
		(void)host_text((const struct sockaddr *)&bound, socket.address);
		socket.listens = bound.ss_family == AF_INET || bound.ss_family == AF_INET6 ||
				 bound.ss_family == AF_UNIX;
	}
	return socket;
}

/* --- whose it is --- */

static bool has_address(const struct listener_settings *listener, const struct inherited *socket)
{
	struct sockaddr_storage wanted;
	char text[HOST_TEXT_BYTES];

	return socket->listens && host_resolve(&listener->address, &wanted) == 0 &&
	       strcmp(host_text((const struct sockaddr *)&wanted, text), socket->address) == 0;
}

static bool has_name(const struct listener_settings *listener, const struct inherited *socket)
{
	return strcmp(listener->name, socket->name) == 0;
}

/* The listener without a socket for which `is_its` holds; -1 when there is none. */
static int find(const struct activation *activation, const struct inherited *socket,
		bool (*is_its)(const struct listener_settings *, const struct inherited *))
{
	const struct settings *settings = activation->settings;

	for (size_t i = 0; i < settings->listener_count; i++) {
		if (activation->descriptors[i] < 0 && is_its(&settings->listeners[i], socket)) {
			return (int)i;
		}
	}
	return -1;
}

static bool is_given(const struct activation *activation, int fd)
{
	for (size_t i = 0; i < activation->settings->listener_count; i++) {
		if (activation->descriptors[i] == fd) {
			return true;
		}
	}
	return false;
}

/* --- whether it may be --- */

/* The configuration was checked for its own address, which need not be the socket's. */
static bool is_open_to_all(const struct activation *activation,
			   const struct listener_settings *listener, const struct inherited *socket)
{
	struct address address;
	const char *why;

	return activation->settings->auth_mode == AUTH_NONE && !listener->insecure &&
	       (address_parse(socket->address, &address, &why) < 0 ||
		!address_is_loopback(&address));
}

static int give(const struct activation *activation, int number, const struct inherited *socket)
{
	const struct listener_settings *listener = &activation->settings->listeners[number];
	const char *why = NULL;

	if (!socket->listens) {
		why = not_listening;
	} else if (is_open_to_all(activation, listener, socket)) {
		why = "others than this machine reach it, and [auth] mode is none: choose another "
		      "mode, bind the socket to a loopback address, or say insecure = yes in the "
		      "listener's section";
	} else if (fcntl(socket->fd, F_SETFL, O_NONBLOCK) < 0) {
		why = strerror(errno);
	}
	if (why) {
		LOG(activation->log, LOG_LEVEL_ERROR, "inherited_socket_refused",
		    log_str("listener", listener->name), log_num("descriptor", socket->fd),
		    log_str("address", socket->address), log_str("why", why));
		return -1;
	}
	activation->descriptors[number] = socket->fd;
	return 0;
}

static void drop(const struct activation *activation, const struct inherited *socket)
{
	LOG(activation->log, LOG_LEVEL_WARNING, "inherited_socket_closed",
	    log_str("name", socket->name), log_num("descriptor", socket->fd),
	    log_str("address", socket->address),
	    log_str("why", socket->listens ? "no listener has its name or address, or has it alone"
					   : not_listening));
	close(socket->fd);
}

/* Names go first: a socket that has none may be at the address of a listener that has one. */
static int share_out(const struct activation *activation, char **names, int count)
{
	struct inherited socket;
	int owner;

	for (int i = 0; i < count; i++) {
		socket = look_at(SD_LISTEN_FDS_START + i, names[i]);
		owner = find(activation, &socket, has_name);
		if (owner >= 0 && give(activation, owner, &socket) < 0) {
			return -1;
		}
	}
	for (int i = 0; i < count; i++) {
		if (is_given(activation, SD_LISTEN_FDS_START + i)) {
			continue;
		}
		socket = look_at(SD_LISTEN_FDS_START + i, names[i]);
		owner = find(activation, &socket, has_address);
		if (owner < 0) {
			drop(activation, &socket);
		} else if (give(activation, owner, &socket) < 0) {
			return -1;
		}
	}
	return 0;
}

static void free_names(char **names)
{
	for (char **name = names; name && *name; name++) {
		free(*name);
	}
	free(names);
}

int activation_take(const struct settings *settings, struct log *log,
		    int descriptors[SETTINGS_MAX_LISTENERS])
{
	struct activation activation = {
		.settings = settings, .log = log, .descriptors = descriptors};
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names), status;

	for (size_t i = 0; i < SETTINGS_MAX_LISTENERS; i++) {
		descriptors[i] = -1;
	}
	if (count < 0) {
		LOG(log, LOG_LEVEL_ERROR, "inherited_sockets_unknown",
		    log_str("why", strerror(-count)),
		    log_str("hint", "LISTEN_FDS, LISTEN_PID or LISTEN_FDNAMES is wrong"));
		return -1;
	}
	status = share_out(&activation, names, count);
	for (int i = 0; i < count && status < 0; i++) {
		close(SD_LISTEN_FDS_START + i);
	}
	free_names(names);
	return status;
}
