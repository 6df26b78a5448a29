/* Outbox and transports over real sockets, plain on TCP and unix, and TLS, both ends in one
 * loop; or one end is a bare socket that the test reads, writes and breaks by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "lib/certificates.h"
#include "lib/fake_ports.h"
#include "lib/hand_tls.h"
#include "net/outbox.h"
#include "net/transport_plain.h"
#include "net/transport_tls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, BLOCK = 4096, USER_TIMEOUT_MS = 30000 };

enum callback { NOWHERE, IN_CONNECTED, IN_ROOM, IN_READ, IN_ENDED, IN_WRITABLE };

/* One end of the connection. */
struct side {
	struct transport_socket *socket; /* of a transport_plain or _tls; freed when it is closed */
	struct transport *transport;	 /* NULL from its close on */
	struct outbox out;
	struct buf got;
	uint8_t memory[1024];
	size_t read_most; /* bytes wanted in all */
	int refuse_rooms; /* so many are refused first */
	int connected, rooms, ended, writable, closed;
	int status; /* of connected or ended */
	enum callback close_in;
};

struct fixture {
	uv_loop_t loop;
	int listener;
	struct sockaddr_storage bound;
	char folder[32]; /* of the unix socket; empty for TCP */
	uv_timer_t patience;
	struct pool blocks;
	struct side client, server;
	struct side third; /* a test's own */
	int far;	   /* instead of the server: a bare socket; -1: none */
	int descriptors_before;
	bool late;
	/* with TLS */
	bool tls;
	struct settings settings;
	struct fake_gateway gateway;
	struct net net;
};

/* Made once for all tests. */
struct keys {
	struct certificates files;
	struct certificate ca, server, client;
	struct tls_context *server_tls, *client_tls;
};

static struct keys keys;

/* --- what the transports tell --- */

static void close_side(struct side *side)
{
	if (side->transport) {
		side->transport->ops->close(side->transport);
		side->transport = NULL;
	}
}

/* Nothing but `closed` comes after a close. */
static struct side *told(void *ctx, enum callback what)
{
	struct side *side = ctx;

	assert_non_null(side->transport);
	assert_int_equal(side->closed, 0);
	if (side->close_in == what) {
		close_side(side);
	}
	return side;
}

static void on_connected(void *ctx, int status)
{
	struct side *side = told(ctx, IN_CONNECTED);

	side->connected++;
	side->status = status;
}

static struct room on_room(void *ctx)
{
	struct side *side = told(ctx, IN_ROOM);

	side->rooms++;
	if (side->refuse_rooms > 0) {
		side->refuse_rooms--;
		return (struct room){0};
	}
	return (struct room){.data = side->memory, .size = sizeof(side->memory)};
}

static void on_read(void *ctx, const uint8_t *data, size_t size)
{
	struct side *side = told(ctx, IN_READ);

	assert_ptr_equal(data, side->memory);
	assert_true(size > 0);
	assert_int_equal(buf_append(&side->got, data, size), 0);
	if (side->transport && buf_size(&side->got) >= side->read_most) {
		side->transport->ops->read_stop(side->transport);
	}
}

static void on_ended(void *ctx, int status)
{
	struct side *side = told(ctx, IN_ENDED);

	side->ended++;
	side->status = status;
}

static void on_writable(void *ctx)
{
	struct side *side = told(ctx, IN_WRITABLE);

	side->writable++;
	outbox_writable(&side->out);
}

static void on_closed(void *ctx)
{
	struct side *side = ctx;

	assert_null(side->transport);
	side->closed++;
	free(side->socket);
	side->socket = NULL;
}

static const struct transport_user user = {
	.connected = on_connected,
	.room = on_room,
	.read = on_read,
	.ended = on_ended,
	.writable = on_writable,
	.closed = on_closed,
};

/* --- the two ends --- */

static void on_patience(uv_timer_t *timer)
{
	((struct fixture *)timer->data)->late = true;
}

#define RUN_UNTIL(f, condition)                                                                    \
	while (!(condition)) {                                                                     \
		assert_false((f)->late);                                                           \
		uv_run(&(f)->loop, UV_RUN_ONCE);                                                   \
	}

/* Enough turns for what is ready to be told. */
static void run_what_is_ready(struct fixture *f)
{
	for (int i = 0; i < 5; i++) {
		uv_run(&f->loop, UV_RUN_NOWAIT);
	}
}

static int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(folder);
	while (readdir(folder)) {
		count++;
	}
	closedir(folder);
	return count;
}

static void init_side(struct fixture *f, struct side *side)
{
	*side = (struct side){.read_most = SIZE_MAX};
	outbox_init(&side->out, &f->blocks, NULL, 0);
}

/* After the loop has ended. */
static void fini_side(struct side *side)
{
	assert_null(side->socket);
	outbox_fini(&side->out);
	buf_fini(&side->got);
}

static void *new_socket(struct side *side, size_t size)
{
	side->socket = malloc(size);
	assert_non_null(side->socket);
	side->transport = &side->socket->base;
	return side->socket;
}

static struct transport_plain *new_plain(struct side *side)
{
	return new_socket(side, sizeof(struct transport_plain));
}

static struct transport_tls *new_tls(struct side *side)
{
	return new_socket(side, sizeof(struct transport_tls));
}

static bool is_ready(const struct side *side)
{
	return ((const struct transport_tls *)(const void *)side->socket)->ready;
}

static void connect_as(struct fixture *f, struct side *side, const char *name)
{
	const struct sockaddr *to = (const struct sockaddr *)&f->bound;
	struct transport_owner owner = {.user = &user, .ctx = side};
	int status = f->tls ? transport_tls_connect(new_tls(side), &f->net, to, keys.client_tls,
						    name, owner)
			    : transport_plain_connect(new_plain(side), &f->loop, to,
						      USER_TIMEOUT_MS, owner);

	assert_int_equal(status, 0);
	assert_int_equal(side->connected, 0); /* never from inside */
}

static void connect_side(struct fixture *f, struct side *side)
{
	connect_as(f, side, "gateway.test");
}

/* The next one that has connected. */
static int take_connection(struct fixture *f)
{
	struct pollfd wait = {.fd = f->listener, .events = POLLIN};
	int fd;

	assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
	fd = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void open_side(struct fixture *f, struct side *side, int fd)
{
	struct transport_owner owner = {.user = &user, .ctx = side};
	int status = f->tls ? transport_tls_open(new_tls(side), &f->net, fd, 0,
						 (const struct sockaddr *)&f->bound, owner)
			    : transport_plain_open(new_plain(side), &f->loop, fd, owner);

	assert_int_equal(status, 0);
}

static void bind_to_loopback(struct fixture *f)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(f->bound);

	assert_int_equal(bind(f->listener, (const struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(getsockname(f->listener, (struct sockaddr *)&f->bound, &size), 0);
}

static void bind_to_file(struct fixture *f)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	snprintf(f->folder, sizeof(f->folder), "/tmp/uavtest.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/socket", f->folder);
	assert_int_equal(bind(f->listener, (const struct sockaddr *)&un, sizeof(un)), 0);
	memcpy(&f->bound, &un, sizeof(un));
}

static void listen_at(struct fixture *f, int family)
{
	f->listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(f->listener >= 0);
	transport_socket_tune(f->listener, family, USER_TIMEOUT_MS);
	if (family == AF_UNIX) {
		bind_to_file(f);
	} else {
		bind_to_loopback(f);
	}
	assert_int_equal(listen(f->listener, 8), 0);
}

/* As the gateway has it: a core and the loop's hooks. */
static void set_up_net(struct fixture *f)
{
	const char *why;

	f->settings.limits = limits_default();
	f->settings.decode_arena_bytes = 65536;
	f->settings.tcp_user_timeout_ms = USER_TIMEOUT_MS;
	fake_configure(&f->gateway, &f->settings.limits);
	f->gateway.now = clock_now();
	fake_start(&f->gateway);
	assert_int_equal(net_init(&f->net, &f->loop, NULL, &f->settings, &why), 0);
	f->net.core = f->gateway.core;
	f->net.tls[0] = keys.server_tls;
}

static struct fixture *set_up_bare(int family, bool tls)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(uv_loop_init(&f->loop), 0);
	f->tls = tls;
	f->far = -1;
	f->descriptors_before = count_descriptors();
	if (tls) {
		set_up_net(f);
	}
	pool_init(&f->blocks, BLOCK, 4);
	init_side(f, &f->client);
	init_side(f, &f->server);
	init_side(f, &f->third);
	uv_timer_init(&f->loop, &f->patience);
	f->patience.data = f;
	uv_timer_start(&f->patience, on_patience, PATIENCE_MS, 0);
	listen_at(f, family);
	return f;
}

static struct fixture *set_up_client(int family)
{
	struct fixture *f = set_up_bare(family, false);

	connect_side(f, &f->client);
	RUN_UNTIL(f, f->client.connected);
	assert_int_equal(f->client.status, 0);
	assert_false(uv_is_active((uv_handle_t *)&f->client.socket->poll)); /* nothing is wanted */
	f->far = take_connection(f);
	return f;
}

static struct fixture *set_up_both(int family)
{
	struct fixture *f = set_up_client(family);

	open_side(f, &f->server, f->far);
	f->far = -1;
	return f;
}

/* Two ends that have shaken hands. */
static int set_up_tls(void **state)
{
	struct fixture *f = set_up_bare(AF_INET, true);

	connect_side(f, &f->client);
	open_side(f, &f->server, take_connection(f));
	RUN_UNTIL(f, f->client.connected && is_ready(&f->server));
	assert_int_equal(f->client.status, 0);
	assert_false(uv_is_active((uv_handle_t *)&f->client.socket->poll));
	assert_false(uv_is_active((uv_handle_t *)&f->server.socket->poll));
	*state = f;
	return 0;
}

/* Nobody has connected yet. */
static int set_up_tls_bare(void **state)
{
	*state = set_up_bare(AF_INET, true);
	return 0;
}

static int set_up_tls_unix_bare(void **state)
{
	*state = set_up_bare(AF_UNIX, true);
	return 0;
}

static int set_up_tcp(void **state)
{
	*state = set_up_both(AF_INET);
	return 0;
}

static int set_up_unix(void **state)
{
	*state = set_up_both(AF_UNIX);
	return 0;
}

static int set_up_tcp_far(void **state)
{
	*state = set_up_client(AF_INET);
	return 0;
}

static int set_up_unix_far(void **state)
{
	*state = set_up_client(AF_UNIX);
	return 0;
}

static void remove_folder(const struct fixture *f)
{
	struct sockaddr_un un;

	if (f->folder[0]) {
		memcpy(&un, &f->bound, sizeof(un));
		assert_int_equal(unlink(un.sun_path), 0);
		assert_int_equal(rmdir(f->folder), 0);
	}
}

/* Whatever a test has done: no handle and no descriptor is left. */
static int tear_down(void **state)
{
	struct fixture *f = *state;

	close_side(&f->client);
	close_side(&f->server);
	close_side(&f->third);
	if (f->far >= 0) {
		close(f->far);
	}
	uv_close((uv_handle_t *)&f->patience, NULL);
	if (f->tls) {
		net_close(&f->net);
	}
	uv_run(&f->loop, UV_RUN_DEFAULT);
	if (f->tls) {
		net_fini(&f->net);
		fake_close(&f->gateway);
	}
	fini_side(&f->client);
	fini_side(&f->server);
	fini_side(&f->third);
	close(f->listener);
	remove_folder(f);
	assert_int_equal(count_descriptors(), f->descriptors_before);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	pool_fini(&f->blocks);
	free(f);
	return 0;
}

/* --- steps --- */

static void read_start(struct side *side)
{
	assert_int_equal(side->transport->ops->read_start(side->transport), 0);
}

static void put(struct side *side, const char *text)
{
	struct buf *out = outbox_gather(&side->out, 0);

	assert_non_null(out);
	assert_int_equal(buf_append(out, text, strlen(text)), 0);
}

static void flush(struct side *side)
{
	assert_int_equal(outbox_flush(&side->out, side->transport), 0);
}

static void assert_got(const struct side *side, const char *text)
{
	assert_int_equal(buf_size(&side->got), strlen(text));
	assert_memory_equal(buf_slice(&side->got).data, text, strlen(text));
}

/* Numbered lines until the network takes no more. How many. */
static uint32_t fill(struct side *side)
{
	char line[64];
	uint32_t lines = 0;

	while (!side->out.awaiting) {
		for (int i = 0; i < 1000; i++) {
			snprintf(line, sizeof(line), "line %08u\n", lines++);
			put(side, line);
		}
		flush(side);
	}
	return lines;
}

static void assert_lines(const struct side *side, uint32_t lines)
{
	char line[64];

	for (uint32_t i = 0; i < lines; i++) {
		snprintf(line, sizeof(line), "line %08u\n", i);
		assert_memory_equal(buf_slice(&side->got).data + i * strlen(line), line,
				    strlen(line));
	}
}

static void far_writes(const struct fixture *f, const char *text)
{
	assert_int_equal(send(f->far, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* The far side breaks the connection, and the client's socket knows of it. A unix socket
 * does so when it is closed with bytes unread. */
static void far_resets(struct fixture *f)
{
	struct linger at_once = {.l_onoff = 1};
	struct pollfd wait = {.fd = f->client.socket->fd};

	assert_int_equal(send(wait.fd, "?", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ||
				 f->client.out.awaiting,
			 1);
	assert_int_equal(setsockopt(f->far, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(f->far);
	f->far = -1;
	assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
	assert_true(wait.revents & POLLERR);
}

/* --- when all goes well --- */

static void carries_both_ways_and_owns_nothing_after(void **state)
{
	struct fixture *f = *state;

	read_start(&f->client);
	read_start(&f->server);
	put(&f->client, "hello ");
	put(&f->client, "server");
	put(&f->server, "hello client");
	assert_int_equal(outbox_queued(&f->client.out), 12);
	flush(&f->client);
	flush(&f->server);
	assert_true(outbox_empty(&f->client.out)); /* written at once, block given back */
	RUN_UNTIL(f, buf_size(&f->server.got) == 12 && buf_size(&f->client.got) == 12);
	assert_got(&f->server, "hello server");
	assert_got(&f->client, "hello client");
	assert_int_equal(f->client.writable, 0);
}

/* More than the network takes: the rest waits, what comes meanwhile is gathered behind it,
 * and all of it arrives in order. */
static void keeps_order_past_a_full_network(void **state)
{
	struct fixture *f = *state;
	uint32_t lines = fill(&f->client);
	size_t waiting = outbox_queued(&f->client.out);
	char line[64];

	assert_true(waiting > 0);
	snprintf(line, sizeof(line), "line %08u\n", lines++);
	put(&f->client, line);
	flush(&f->client); /* known to be full: nothing happens */
	assert_int_equal(outbox_queued(&f->client.out), waiting + strlen(line));

	read_start(&f->server);
	while (buf_size(&f->server.got) < lines * strlen(line)) {
		int before = f->client.writable;

		RUN_UNTIL(f, f->client.writable > before ||
				     buf_size(&f->server.got) == lines * strlen(line));
		flush(&f->client);
	}
	assert_lines(&f->server, lines);
	assert_true(outbox_empty(&f->client.out));
}

/* The server has read a part and stopped; then nothing is told until it goes on, and then
 * that there is room is told once. */
static void tells_once_that_there_is_room(void **state)
{
	struct fixture *f = *state;
	size_t total;

	f->server.read_most = 100;
	read_start(&f->server);
	total = fill(&f->client) * strlen("line 12345678\n");
	RUN_UNTIL(f, buf_size(&f->server.got) > 0);
	flush(&f->client);
	while (f->client.writable) { /* what was read may have made room */
		f->client.writable = 0;
		run_what_is_ready(f);
		flush(&f->client);
	}
	run_what_is_ready(f);
	assert_int_equal(buf_size(&f->server.got), sizeof(f->server.memory));
	assert_int_equal(f->client.writable, 0);
	assert_true(f->client.out.awaiting);

	f->server.read_most = SIZE_MAX;
	read_start(&f->server);
	RUN_UNTIL(f, f->client.writable);
	total -= outbox_queued(&f->client.out);
	RUN_UNTIL(f, buf_size(&f->server.got) == total);
	run_what_is_ready(f);
	assert_int_equal(f->client.writable, 1); /* nobody has asked again */
}

/* A full network is not an error. */
static void takes_nothing_when_the_network_is_full(void **state)
{
	static const uint8_t zeros[65536];
	const struct slice bytes = slice_of(zeros, sizeof(zeros));
	struct fixture *f = *state;
	struct transport *transport = f->client.transport;
	ssize_t taken;

	while ((taken = transport->ops->write(transport, &bytes, 1)) > 0) {
	}
	assert_int_equal(taken, 0);
}

static void asks_again_when_there_was_no_room(void **state)
{
	struct fixture *f = *state;

	f->server.refuse_rooms = 3;
	read_start(&f->server);
	put(&f->client, "patience");
	flush(&f->client);
	uv_run(&f->loop, UV_RUN_ONCE);
	assert_int_equal(f->server.rooms, 1); /* once a turn */
	RUN_UNTIL(f, buf_size(&f->server.got) == 8);
	assert_int_equal(f->server.refuse_rooms, 0);
}

static void stops_and_starts_reading(void **state)
{
	struct fixture *f = *state;
	char text[3001] = {0};

	memset(text, 'x', 3000);
	f->server.read_most = 1000; /* stops inside the first read of 1024 */
	read_start(&f->server);
	read_start(&f->server); /* harmless */
	put(&f->client, text);
	flush(&f->client);
	RUN_UNTIL(f, buf_size(&f->server.got) > 0);
	run_what_is_ready(f);
	assert_int_equal(buf_size(&f->server.got), sizeof(f->server.memory));
	assert_int_equal(f->server.rooms, 1);
	f->server.read_most = SIZE_MAX;
	read_start(&f->server);
	RUN_UNTIL(f, buf_size(&f->server.got) == 3000);
}

/* A pause that ends before bytes come; and one in which they come, and wait. */
static void pauses_lose_nothing(void **state)
{
	struct fixture *f = *state;

	read_start(&f->server);
	f->server.transport->ops->read_stop(f->server.transport);
	read_start(&f->server);
	put(&f->client, "one");
	flush(&f->client);
	RUN_UNTIL(f, buf_size(&f->server.got) == 3);
	f->server.transport->ops->read_stop(f->server.transport);
	put(&f->client, "two");
	flush(&f->client);
	assert_int_equal(f->client.transport->ops->shutdown(f->client.transport), 0);
	run_what_is_ready(f);
	assert_got(&f->server, "one");
	assert_int_equal(f->server.rooms, 1);
	assert_int_equal(f->server.ended, 0);
	assert_false(uv_is_active((uv_handle_t *)&f->server.socket->poll)); /* or it would spin */
	read_start(&f->server);
	RUN_UNTIL(f, f->server.ended);
	assert_got(&f->server, "onetwo");
	assert_int_equal(f->server.status, 0);
}

/* The goodbye arrives, then the end; the other direction still works. */
static void shuts_one_direction(void **state)
{
	struct fixture *f = *state;

	read_start(&f->client);
	read_start(&f->server);
	put(&f->server, "goodbye");
	flush(&f->server);
	assert_int_equal(f->server.transport->ops->shutdown(f->server.transport), 0);
	RUN_UNTIL(f, f->client.ended == 1);
	assert_int_equal(f->client.status, 0);
	assert_got(&f->client, "goodbye");
	run_what_is_ready(f);
	assert_int_equal(f->client.ended, 1); /* once */
	put(&f->client, "thanks");
	flush(&f->client);
	RUN_UNTIL(f, buf_size(&f->server.got) == 6);
}

/* --- what breaks --- */

/* Bytes that had arrived are read, in as many rooms as they need, and then the error. */
static void reads_what_came_before_a_reset(void **state)
{
	struct fixture *f = *state;
	char text[3001] = {0};

	memset(text, 'x', 3000);
	far_writes(f, text);
	read_start(&f->client);
	f->client.refuse_rooms = 2;
	far_resets(f);
	RUN_UNTIL(f, f->client.ended);
	assert_int_equal(f->client.status, UV_ECONNRESET);
	assert_got(&f->client, text);
	run_what_is_ready(f);
	assert_int_equal(f->client.ended, 1);
	assert_false(uv_is_active((uv_handle_t *)&f->client.socket->poll));
}

/* Who reads nothing is told nothing, and the loop has nothing to do. */
static void tells_of_a_reset_when_reading_starts_again(void **state)
{
	struct fixture *f = *state;

	read_start(&f->client);
	f->client.transport->ops->read_stop(f->client.transport);
	far_writes(f, "last words");
	far_resets(f);
	run_what_is_ready(f);
	assert_int_equal(f->client.rooms, 0);
	assert_int_equal(f->client.ended, 0);
	assert_false(uv_is_active((uv_handle_t *)&f->client.socket->poll));
	read_start(&f->client);
	RUN_UNTIL(f, f->client.ended);
	assert_got(&f->client, "last words");
	assert_int_equal(f->client.status, UV_ECONNRESET);
}

/* Who waits for room is woken, and its next write tells. */
static void wakes_who_waits_for_room_on_a_broken_connection(void **state)
{
	struct fixture *f = *state;

	(void)fill(&f->client);
	run_what_is_ready(f);
	assert_int_equal(f->client.writable, 0);
	far_resets(f);
	RUN_UNTIL(f, f->client.writable);
	assert_true(outbox_flush(&f->client.out, f->client.transport) < 0);
	run_what_is_ready(f);
	assert_int_equal(f->client.writable, 1);
}

/* No signal ends the process. */
static void a_write_to_nobody_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct transport *transport = f->client.transport;
	const struct slice hello = slice_str("hello?");
	ssize_t taken;

	far_resets(f);
	for (int i = 0; i < 3; i++) {
		taken = transport->ops->write(transport, &hello, 1);
		assert_true(taken == UV_EPIPE || (i == 0 && taken == UV_ECONNRESET));
	}
}

/* --- close --- */

/* From inside each callback, and once from outside: `closed` comes alone. */
static void closes_inside_every_callback(void **state)
{
	static const enum callback all[] = {IN_READ, IN_ENDED, IN_WRITABLE, NOWHERE};
	static const uint8_t rooms[3 * sizeof(((struct side *)0)->memory)]; /* it goes on reading */
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct side *side = &f->third;
		int far;

		connect_side(f, side);
		RUN_UNTIL(f, side->connected);
		far = take_connection(f);
		side->close_in = all[i];
		(void)fill(side);
		read_start(side);
		assert_int_equal(send(far, rooms, sizeof(rooms), MSG_NOSIGNAL), sizeof(rooms));
		if (all[i] == IN_ENDED) {
			shutdown(far, SHUT_WR);
		}
		while (all[i] == IN_WRITABLE && side->transport) {
			assert_false(f->late);
			(void)recv(far, side->memory, sizeof(side->memory), 0);
			uv_run(&f->loop, UV_RUN_NOWAIT);
		}
		if (all[i] == NOWHERE) {
			close_side(side);
			assert_int_equal(side->closed, 0); /* not from inside */
		}
		RUN_UNTIL(f, side->closed);
		assert_int_equal(side->ended, all[i] == IN_ENDED);
		assert_int_equal(side->writable, all[i] == IN_WRITABLE);
		run_what_is_ready(f);
		outbox_fini(&side->out);
		buf_fini(&side->got);
		init_side(f, side);
		close(far);
	}
}

static void closes_inside_connected(void **state)
{
	struct fixture *f = *state;
	struct side *side = &f->third;

	side->close_in = IN_CONNECTED;
	connect_side(f, side);
	RUN_UNTIL(f, side->closed);
	assert_int_equal(side->connected, 1);
	close(take_connection(f));
}

static void closes_before_it_has_connected(void **state)
{
	struct fixture *f = *state;
	struct side *side = &f->third;

	connect_side(f, side);
	close_side(side);
	RUN_UNTIL(f, side->closed);
	assert_int_equal(side->connected, 0);
	close(take_connection(f));
}

/* The system gives the number of a closed descriptor to the next socket, while the one
 * that had it is still being closed, and events of it may be on their way. */
static void number_of_a_descriptor_is_used_again(void **state)
{
	struct fixture *f = *state;
	struct side *next = &f->third;
	int fd = f->client.socket->fd;

	read_start(&f->client);
	far_writes(f, "for the one before");
	close_side(&f->client);
	connect_side(f, next);
	assert_int_equal(next->socket->fd, fd);
	close(f->far);
	RUN_UNTIL(f, next->connected && f->client.closed);
	f->far = take_connection(f);
	read_start(next);
	far_writes(f, "for the next");
	RUN_UNTIL(f, buf_size(&next->got) > 0);
	assert_got(next, "for the next");
	close_side(next);
	RUN_UNTIL(f, next->closed);
}

/* --- sockets --- */

static void assert_tuned(int fd, int user_timeout_ms)
{
	socklen_t size = sizeof(int);
	int nodelay = 0, keepalive = 1, timeout_ms = 0;

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &size), 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &keepalive, &size), 0);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, &size), 0);
	assert_true(nodelay);
	assert_false(keepalive);
	assert_int_equal(timeout_ms, user_timeout_ms);
}

/* Nobody sets them on the accepted side: it has them from the listening socket. */
static void sets_the_sockets_options(void **state)
{
	struct fixture *f = *state;
	int far;

	assert_tuned(f->client.socket->fd, USER_TIMEOUT_MS);
	assert_tuned(f->server.socket->fd, USER_TIMEOUT_MS);
	transport_socket_tune(f->listener, AF_INET, 12345);
	connect_side(f, &f->third);
	far = take_connection(f);
	assert_tuned(far, 12345);
	assert_tuned(f->server.socket->fd, USER_TIMEOUT_MS);
	close(far);
	close_side(&f->third);
	RUN_UNTIL(f, f->third.closed);
}

static void does_not_block_and_is_not_inherited(void **state)
{
	struct fixture *f = *state;

	assert_true(fcntl(f->client.socket->fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(f->client.socket->fd, F_GETFD) & FD_CLOEXEC);
}

/* --- nobody to connect to --- */

static void tells_that_nobody_listens(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(f->bound);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct side *nobody = &f->third;

	/* bound, so that the port is nobody else's, and deaf */
	assert_int_equal(bind(fd, (const struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&f->bound, &size), 0);
	connect_side(f, nobody);
	RUN_UNTIL(f, nobody->connected);
	assert_int_equal(nobody->status, UV_ECONNREFUSED);
	run_what_is_ready(f);
	assert_int_equal(nobody->connected, 1);
	assert_int_equal(nobody->ended, 0);
	close_side(nobody);
	RUN_UNTIL(f, nobody->closed);
	close(fd);
}

/* Known at once: there is nothing to close. */
static void says_at_once_that_there_is_no_such_path(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct transport_plain plain;
	int before = count_descriptors();

	snprintf(un.sun_path, sizeof(un.sun_path), "%s/nobody", f->folder);
	assert_int_equal(transport_plain_connect(&plain, &f->loop, (const struct sockaddr *)&un,
						 USER_TIMEOUT_MS,
						 (struct transport_owner){&user, NULL}),
			 UV_ENOENT);
	assert_int_equal(count_descriptors(), before);
}

static void says_at_once_that_a_path_is_deaf(void **state)
{
	struct fixture *f = *state;
	struct transport_plain plain;
	int before;

	close(f->listener);
	f->listener = open("/dev/null", O_RDONLY); /* for the end to close */
	before = count_descriptors();
	assert_int_equal(
		transport_plain_connect(&plain, &f->loop, (const struct sockaddr *)&f->bound,
					USER_TIMEOUT_MS, (struct transport_owner){&user, NULL}),
		UV_ECONNREFUSED);
	assert_int_equal(count_descriptors(), before);
}

/* What cannot be watched is still the caller's. */
static void refuses_what_is_not_a_socket(void **state)
{
	struct fixture *f = *state;
	struct transport_plain plain;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(transport_plain_open(&plain, &f->loop, fd,
					 (struct transport_owner){&user, NULL}) < 0);
	assert_int_equal(close(fd), 0);
}

/* --- with TLS --- */

/* Neither side is told more of the other than it has asked for. */
static void knows_who_has_connected(void **state)
{
	struct fixture *f = *state;
	const struct transport *server = f->server.transport, *client = f->client.transport;

	assert_true(server->ops->names(server, slice_str("uav1")));
	assert_false(server->ops->names(server, slice_str("uav2")));
	assert_true(client->ops->names(client, slice_str("gateway.test")));
	assert_null(server->ops->fault(server));
	assert_null(client->ops->fault(client));
}

static void plain_bytes_prove_nothing(void **state)
{
	const struct fixture *f = *state;

	assert_false(f->server.transport->ops->names(f->server.transport, slice_str("uav1")));
	assert_null(f->server.transport->ops->fault(f->server.transport));
}

/* All of it goes into TLS with the first read; the socket tells nothing of the rest. */
static void reads_on_without_the_socket(void **state)
{
	struct fixture *f = *state;
	char text[5001] = {0};

	memset(text, 'x', 5000);
	f->server.read_most = 1000;
	read_start(&f->server);
	put(&f->client, text);
	flush(&f->client);
	RUN_UNTIL(f, buf_size(&f->server.got) > 0);
	run_what_is_ready(f);
	assert_int_equal(buf_size(&f->server.got), sizeof(f->server.memory));
	assert_false(uv_is_active((uv_handle_t *)&f->server.socket->poll));
	f->server.read_most = SIZE_MAX;
	f->server.refuse_rooms = 2;
	f->server.rooms = 0;
	read_start(&f->server);
	while (f->server.rooms < 2) {
		int before = f->server.rooms;

		assert_false(f->late);
		uv_run(&f->loop, UV_RUN_ONCE);
		assert_true(f->server.rooms <= before + 1); /* asked once a turn */
	}
	RUN_UNTIL(f, buf_size(&f->server.got) == 5000);
	f->server.rooms = 0;
	run_what_is_ready(f);
	assert_int_equal(f->server.rooms, 0); /* nothing is held any more: it does not spin */
}

/* A head and a tail, small and large, are what they would be in one piece. */
static void writes_two_pieces(void **state)
{
	static const size_t tails[] = {1, 100, 16374, 16375, 40000};
	static uint8_t tail[40000];
	struct fixture *f = *state;
	size_t sent = 0;

	for (size_t i = 0; i < sizeof(tail); i++) {
		tail[i] = (uint8_t)(i % 251);
	}
	read_start(&f->server);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		const struct slice pieces[] = {slice_str("0123456789"), slice_of(tail, tails[i])};
		ssize_t size = f->client.transport->ops->write(f->client.transport, pieces, 2);
		const uint8_t *got;

		assert_int_equal(size, 10 + tails[i]);
		RUN_UNTIL(f, buf_size(&f->server.got) == sent + (size_t)size);
		got = buf_slice(&f->server.got).data + sent;
		assert_memory_equal(got, "0123456789", 10);
		assert_memory_equal(got + 10, tail, tails[i]);
		sent += (size_t)size;
	}
}

static void tells_of_a_cut(void **state)
{
	struct fixture *f = *state;
	int copy = dup(f->client.socket->fd);

	read_start(&f->server);
	assert_int_equal(shutdown(copy, SHUT_WR), 0); /* without a word in TLS */
	close(copy);
	RUN_UNTIL(f, f->server.ended);
	assert_int_equal(f->server.status, UV_ECONNRESET);
	assert_null(f->server.transport->ops->fault(f->server.transport)); /* the network's */
}

static void tells_of_a_change_on_the_way(void **state)
{
	struct fixture *f = *state;

	read_start(&f->server);
	assert_int_equal(send(f->client.socket->fd,
			      "\x17\x03\x03\x00\x20"
			      "0123456789abcdef0123456789abcdef",
			      37, 0),
			 37);
	RUN_UNTIL(f, f->server.ended);
	assert_int_equal(f->server.status, UV_EPROTO);
	assert_non_null(f->server.transport->ops->fault(f->server.transport));
	assert_int_equal(f->net.tls_failures.count, 0);
	close_side(&f->server);
	assert_int_equal(f->net.tls_failures.count, 1);
}

/* Closing says goodbye in TLS. */
static void a_close_is_an_end_in_order(void **state)
{
	struct fixture *f = *state;

	read_start(&f->server);
	close_side(&f->client);
	RUN_UNTIL(f, f->server.ended && f->client.closed);
	assert_int_equal(f->server.status, 0);
}

/* A write before the handshake is done takes nothing, and is told when it may come again. */
static void a_write_waits_for_the_handshake(void **state)
{
	struct fixture *f = *state;

	connect_side(f, &f->client);
	open_side(f, &f->server, take_connection(f));
	put(&f->server, "goodbye");
	flush(&f->server);
	assert_int_equal(outbox_queued(&f->server.out), 7);
	RUN_UNTIL(f, f->server.writable);
	flush(&f->server);
	assert_int_equal(f->server.transport->ops->shutdown(f->server.transport), 0);
	RUN_UNTIL(f, f->client.connected);
	read_start(&f->client);
	RUN_UNTIL(f, f->client.ended);
	assert_got(&f->client, "goodbye");
	assert_int_equal(f->client.status, 0);
	assert_int_equal(f->server.writable, 1);
}

static void tells_who_connects_that_a_name_is_wrong(void **state)
{
	struct fixture *f = *state;

	connect_as(f, &f->client, "moon.test");
	open_side(f, &f->server, take_connection(f));
	read_start(&f->server);
	RUN_UNTIL(f, f->client.connected && f->server.ended);
	assert_int_equal(f->client.status, UV_EPROTO);
	assert_string_equal(f->client.transport->ops->fault(f->client.transport),
			    "the other side's certificate is not for moon.test");
	assert_int_equal(f->server.status, UV_EPROTO);
	run_what_is_ready(f);
	assert_int_equal(f->client.connected, 1);
	assert_int_equal(f->client.ended, 0);
	assert_int_equal(f->server.ended, 1);
	close_side(&f->client);
	assert_int_equal(f->net.tls_failures.count, 0); /* who connects has asked */
	close_side(&f->server);
	assert_int_equal(f->net.tls_failures.count, 1);
}

/* Of who does not read it is told later, by a write or when reading starts. */
static void keeps_a_failure_until_it_is_asked_for(void **state)
{
	struct fixture *f = *state;
	const struct slice hello = slice_str("hello?");

	connect_as(f, &f->client, "moon.test");
	open_side(f, &f->server, take_connection(f));
	assert_int_equal(f->server.transport->ops->await_writable(f->server.transport), 0);
	RUN_UNTIL(f, f->server.writable);
	assert_int_equal(f->server.ended, 0);
	assert_int_equal(f->server.transport->ops->write(f->server.transport, &hello, 1),
			 UV_EPROTO);
	read_start(&f->server);
	RUN_UNTIL(f, f->server.ended);
	assert_int_equal(f->server.status, UV_EPROTO);
}

static void a_stalled_handshake_can_be_closed(void **state)
{
	struct fixture *f = *state;

	connect_side(f, &f->client);
	f->far = take_connection(f);
	run_what_is_ready(f);
	assert_int_equal(f->client.connected, 0);
	assert_null(f->client.transport->ops->fault(f->client.transport)); /* none of theirs */
	connect_side(f, &f->third); /* before it has connected */
	open_side(f, &f->server, take_connection(f));
	assert_string_equal(f->server.transport->ops->fault(f->server.transport),
			    "the TLS handshake was not finished");
	close_side(&f->server);
	close_side(&f->third);
	close_side(&f->client);
	RUN_UNTIL(f, f->server.closed && f->client.closed && f->third.closed);
	assert_int_equal(f->client.connected + f->third.connected, 0);
	assert_int_equal(f->net.tls_failures.count, 1); /* of who came, not of who connects */
}

static void closes_inside_every_callback_with_tls(void **state)
{
	static const enum callback all[] = {IN_CONNECTED, IN_READ, IN_ENDED, IN_WRITABLE};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct side *one = &f->client, *other = &f->server;

		one->close_in = all[i];
		connect_side(f, one);
		open_side(f, other, take_connection(f));
		RUN_UNTIL(f, one->closed || (one->connected && is_ready(other)));
		if (one->transport) {
			assert_int_equal(one->transport->ops->await_writable(one->transport), 0);
			read_start(one);
			put(other, "all that");
			flush(other);
			assert_int_equal(other->transport->ops->shutdown(other->transport), 0);
		}
		RUN_UNTIL(f, one->closed);
		assert_int_equal(one->ended, all[i] == IN_ENDED);
		close_side(other);
		RUN_UNTIL(f, other->closed);
		outbox_fini(&one->out);
		outbox_fini(&other->out);
		buf_fini(&one->got);
		buf_fini(&other->got);
		init_side(f, one);
		init_side(f, other);
	}
}

/* --- how long handshakes may take --- */

/* A step of a handshake that takes long. */
struct step {
	struct net_task task;
	struct net *net;
	uint32_t turn; /* in which it ran; 0: not yet */
};

enum { STEP_US = 1200 }; /* two of these are more than a turn's share */

static void run_step(struct net_task *task)
{
	struct step *step = LIST_ENTRY(task, struct step, task);
	uint64_t until_us = clock_mono_us() + STEP_US;

	while (clock_mono_us() < until_us) {
	}
	step->turn = step->net->turn;
}

static void add_step(struct fixture *f, struct step *step)
{
	*step = (struct step){.net = &f->net};
	net_task_init(&step->task, run_step);
	net_shake(&f->net, &step->task);
}

static void handshakes_take_turns(void **state)
{
	enum { STEPS = 7 };
	struct fixture *f = *state;
	struct step steps[STEPS];

	run_what_is_ready(f);
	assert_true(f->net.turn > 0);
	for (size_t i = 0; i < STEPS; i++) {
		add_step(f, &steps[i]);
	}
	assert_true(steps[0].turn > 0); /* at once */
	assert_int_equal(steps[2].turn, 0);
	RUN_UNTIL(f, steps[STEPS - 1].turn);
	for (size_t i = 2; i < STEPS; i++) {
		assert_true(steps[i].turn > steps[i - 2].turn); /* at most two in each, in order */
		assert_true(steps[i].turn >= steps[i - 1].turn);
	}
	run_what_is_ready(f);
	assert_false(uv_is_active((uv_handle_t *)&f->net.spin));
}

static void connect_far(struct fixture *f)
{
	int family = f->bound.ss_family;
	socklen_t size =
		family == AF_UNIX ? sizeof(struct sockaddr_un) : sizeof(struct sockaddr_in);

	f->far = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(f->far, (const struct sockaddr *)&f->bound, size), 0);
	open_side(f, &f->server, take_connection(f));
}

static int64_t unread(int fd)
{
	int size = 0;

	assert_int_equal(ioctl(fd, FIONREAD, &size), 0);
	return size;
}

/* Somebody has come, and steps of others take this turn's time and that of the next. */
static void come_behind(struct fixture *f, struct step *steps, size_t count)
{
	struct pollfd wait = {.events = POLLIN};

	connect_far(f);
	far_writes(f, "\x16\x03\x01");
	wait.fd = f->server.socket->fd;
	assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
	for (size_t i = 0; i < count; i++) {
		add_step(f, &steps[i]);
	}
	assert_int_equal(steps[count - 1].turn, 0);
	uv_run(&f->loop, UV_RUN_NOWAIT);
	assert_int_equal(f->server.socket->watched, 0);
}

/* Nothing is read of who stands in line, nor is the loop told of it again and again. */
static void who_stands_in_line_is_not_watched(void **state)
{
	struct fixture *f = *state;
	struct step steps[4];

	come_behind(f, steps, 4);
	assert_int_equal(unread(f->server.socket->fd), 3);
	RUN_UNTIL(f, f->server.socket->watched == UV_READABLE);
	assert_int_equal(unread(f->server.socket->fd), 0);
	run_what_is_ready(f);
	assert_false(uv_is_active((uv_handle_t *)&f->net.spin));
}

static void one_in_line_can_be_closed(void **state)
{
	struct fixture *f = *state;
	struct step steps[4];

	come_behind(f, steps, 4);
	close_side(&f->server);
	RUN_UNTIL(f, f->server.closed);
	run_what_is_ready(f);
}

/* --- what is answered in TLS --- */

static void shake_by_hand(struct fixture *f, struct hand_tls *hand,
			  const struct tls_identity *identity)
{
	connect_far(f);
	assert_int_equal(fcntl(f->far, F_SETFL, O_NONBLOCK), 0);
	hand_tls_open(hand, f->far, identity);
	while (!hand_tls_shake(hand) || !is_ready(&f->server)) {
		assert_false(f->late);
		uv_run(&f->loop, UV_RUN_NOWAIT);
	}
}

/* New keys, which the network has no room to answer, with bytes behind them. */
static void rests_until_there_is_room_to_answer(void **state)
{
	struct fixture *f = *state;
	struct tls_identity identity = certificate_identity(&keys.client, NULL);
	struct hand_tls hand;
	char data[4096] = {0};

	shake_by_hand(f, &hand, &identity);
	read_start(&f->server);
	run_what_is_ready(f);
	while (send(f->server.socket->fd, data, 1, MSG_NOSIGNAL) > 0) {
	}
	hand_tls_renew(&hand, 2, true);
	hand_tls_write(&hand, slice_str("behind it"));
	RUN_UNTIL(f, f->server.socket->watched == UV_WRITABLE);
	run_what_is_ready(f);
	assert_false(uv_is_active((uv_handle_t *)&f->net.spin));
	assert_int_equal(buf_size(&f->server.got), 0);
	while (buf_size(&f->server.got) == 0) {
		while (recv(f->far, data, sizeof(data), 0) > 0) {
		}
		assert_false(f->late);
		uv_run(&f->loop, UV_RUN_NOWAIT);
	}
	assert_got(&f->server, "behind it");
	hand_tls_close(&hand);
}

static struct tls_context *context_of(struct tls_context *(*make)(const struct tls_identity *,
								  struct tls_mistake *),
				      const struct certificate *own)
{
	struct tls_identity identity = certificate_identity(own, &keys.ca);
	struct tls_mistake mistake;
	struct tls_context *context = make(&identity, &mistake);

	assert_non_null(context);
	return context;
}

static int set_up_keys(void **state)
{
	(void)state;
	certificates_set_up(&keys.files);
	keys.ca = certificate_make(
		&keys.files, &(struct certificate_wish){.cn = slice_str("a CA"), .is_ca = true});
	keys.server = certificate_make(&keys.files,
				       &(struct certificate_wish){.cn = slice_str("gateway.test"),
								  .san = "DNS:gateway.test",
								  .signer = &keys.ca});
	keys.client =
		certificate_make(&keys.files, &(struct certificate_wish){.cn = slice_str("uav1"),
									 .signer = &keys.ca});
	keys.server_tls = context_of(tls_context_server, &keys.server);
	keys.client_tls = context_of(tls_context_client, &keys.client);
	return 0;
}

static int tear_down_keys(void **state)
{
	(void)state;
	tls_context_free(keys.server_tls);
	tls_context_free(keys.client_tls);
	certificate_free(&keys.ca);
	certificate_free(&keys.server);
	certificate_free(&keys.client);
	certificates_tear_down(&keys.files);
	return 0;
}

#define TCP(test) cmocka_unit_test_setup_teardown(test, set_up_tcp, tear_down)
#define UNIX(test) cmocka_unit_test_setup_teardown(test, set_up_unix, tear_down)
#define BOTH(test) TCP(test), UNIX(test)
#define TLS(test) cmocka_unit_test_setup_teardown(test, set_up_tls, tear_down)
#define TLS_BARE(test) cmocka_unit_test_setup_teardown(test, set_up_tls_bare, tear_down)
#define TLS_UNIX_BARE(test) cmocka_unit_test_setup_teardown(test, set_up_tls_unix_bare, tear_down)
#define ALL(test) BOTH(test), TLS(test)
/* the far end is a bare socket */
#define FAR(test)                                                                                  \
	cmocka_unit_test_setup_teardown(test, set_up_tcp_far, tear_down),                          \
		cmocka_unit_test_setup_teardown(test, set_up_unix_far, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ALL(carries_both_ways_and_owns_nothing_after),
		ALL(keeps_order_past_a_full_network),
		ALL(tells_once_that_there_is_room),
		ALL(takes_nothing_when_the_network_is_full),
		ALL(asks_again_when_there_was_no_room),
		ALL(stops_and_starts_reading),
		ALL(pauses_lose_nothing),
		ALL(shuts_one_direction),
		FAR(reads_what_came_before_a_reset),
		FAR(tells_of_a_reset_when_reading_starts_again),
		FAR(wakes_who_waits_for_room_on_a_broken_connection),
		FAR(a_write_to_nobody_is_an_error),
		BOTH(closes_inside_every_callback),
		BOTH(closes_inside_connected),
		ALL(closes_before_it_has_connected),
		FAR(number_of_a_descriptor_is_used_again),
		TCP(sets_the_sockets_options),
		TLS(sets_the_sockets_options),
		ALL(does_not_block_and_is_not_inherited),
		TCP(tells_that_nobody_listens),
		TLS(tells_that_nobody_listens),
		UNIX(says_at_once_that_there_is_no_such_path),
		UNIX(says_at_once_that_a_path_is_deaf),
		BOTH(refuses_what_is_not_a_socket),
		TLS(knows_who_has_connected),
		BOTH(plain_bytes_prove_nothing),
		TLS(reads_on_without_the_socket),
		ALL(writes_two_pieces),
		TLS(tells_of_a_cut),
		TLS(tells_of_a_change_on_the_way),
		ALL(a_close_is_an_end_in_order),
		TLS_BARE(a_write_waits_for_the_handshake),
		TLS_BARE(tells_who_connects_that_a_name_is_wrong),
		TLS_BARE(keeps_a_failure_until_it_is_asked_for),
		TLS_BARE(a_stalled_handshake_can_be_closed),
		TLS_BARE(closes_inside_every_callback_with_tls),
		TLS_BARE(handshakes_take_turns),
		TLS_BARE(who_stands_in_line_is_not_watched),
		TLS_BARE(one_in_line_can_be_closed),
		TLS_UNIX_BARE(rests_until_there_is_room_to_answer),
	};

	return cmocka_run_group_tests_name("net_transport", tests, set_up_keys, tear_down_keys);
}
