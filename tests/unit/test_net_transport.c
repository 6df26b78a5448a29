/* Outbox and plain transport over real sockets, TCP on loopback and unix, both ends in one
 * loop; or one end is a bare socket that the test reads, writes and breaks by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/outbox.h"
#include "net/transport_plain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, BLOCK = 4096, USER_TIMEOUT_MS = 30000 };

enum callback { NOWHERE, IN_CONNECTED, IN_ROOM, IN_READ, IN_ENDED, IN_WRITABLE };

/* One end of the connection. */
struct side {
	struct transport_plain *plain; /* freed when it is closed */
	struct transport *transport;   /* NULL from its close on */
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
};

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
	free(side->plain);
	side->plain = NULL;
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
	assert_null(side->plain);
	outbox_fini(&side->out);
	buf_fini(&side->got);
}

static struct transport_plain *new_plain(struct side *side)
{
	side->plain = malloc(sizeof(*side->plain));
	assert_non_null(side->plain);
	side->transport = &side->plain->socket.base;
	return side->plain;
}

static void connect_side(struct fixture *f, struct side *side)
{
	assert_int_equal(transport_plain_connect(
				 new_plain(side), &f->loop, (const struct sockaddr *)&f->bound,
				 USER_TIMEOUT_MS, (struct transport_owner){&user, side}),
			 0);
	assert_int_equal(side->connected, 0); /* never from inside */
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
	assert_int_equal(transport_plain_open(new_plain(side), &f->loop, fd,
					      (struct transport_owner){&user, side}),
			 0);
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

static struct fixture *set_up_client(int family)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(uv_loop_init(&f->loop), 0);
	f->descriptors_before = count_descriptors();
	pool_init(&f->blocks, BLOCK, 4);
	init_side(f, &f->client);
	init_side(f, &f->server);
	init_side(f, &f->third);
	uv_timer_init(&f->loop, &f->patience);
	f->patience.data = f;
	uv_timer_start(&f->patience, on_patience, PATIENCE_MS, 0);
	listen_at(f, family);
	connect_side(f, &f->client);
	RUN_UNTIL(f, f->client.connected);
	assert_int_equal(f->client.status, 0);
	assert_false(
		uv_is_active((uv_handle_t *)&f->client.plain->socket.poll)); /* nothing is wanted */
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
	uv_run(&f->loop, UV_RUN_DEFAULT);
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
	struct pollfd wait = {.fd = f->client.plain->socket.fd};

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
	assert_false(
		uv_is_active((uv_handle_t *)&f->server.plain->socket.poll)); /* or it would spin */
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
	assert_false(uv_is_active((uv_handle_t *)&f->client.plain->socket.poll));
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
	assert_false(uv_is_active((uv_handle_t *)&f->client.plain->socket.poll));
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
	int fd = f->client.plain->socket.fd;

	read_start(&f->client);
	far_writes(f, "for the one before");
	close_side(&f->client);
	connect_side(f, next);
	assert_int_equal(next->plain->socket.fd, fd);
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

	assert_tuned(f->client.plain->socket.fd, USER_TIMEOUT_MS);
	assert_tuned(f->server.plain->socket.fd, USER_TIMEOUT_MS);
	transport_socket_tune(f->listener, AF_INET, 12345);
	connect_side(f, &f->third);
	far = take_connection(f);
	assert_tuned(far, 12345);
	assert_tuned(f->server.plain->socket.fd, USER_TIMEOUT_MS);
	close(far);
	close_side(&f->third);
	RUN_UNTIL(f, f->third.closed);
}

static void does_not_block_and_is_not_inherited(void **state)
{
	struct fixture *f = *state;

	assert_true(fcntl(f->client.plain->socket.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(f->client.plain->socket.fd, F_GETFD) & FD_CLOEXEC);
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

#define TCP(test) cmocka_unit_test_setup_teardown(test, set_up_tcp, tear_down)
#define UNIX(test) cmocka_unit_test_setup_teardown(test, set_up_unix, tear_down)
#define BOTH(test) TCP(test), UNIX(test)
/* the far end is a bare socket */
#define FAR(test)                                                                                  \
	cmocka_unit_test_setup_teardown(test, set_up_tcp_far, tear_down),                          \
		cmocka_unit_test_setup_teardown(test, set_up_unix_far, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(carries_both_ways_and_owns_nothing_after),
		BOTH(keeps_order_past_a_full_network),
		BOTH(tells_once_that_there_is_room),
		BOTH(takes_nothing_when_the_network_is_full),
		BOTH(asks_again_when_there_was_no_room),
		BOTH(stops_and_starts_reading),
		BOTH(pauses_lose_nothing),
		BOTH(shuts_one_direction),
		FAR(reads_what_came_before_a_reset),
		FAR(tells_of_a_reset_when_reading_starts_again),
		FAR(wakes_who_waits_for_room_on_a_broken_connection),
		FAR(a_write_to_nobody_is_an_error),
		BOTH(closes_inside_every_callback),
		BOTH(closes_inside_connected),
		BOTH(closes_before_it_has_connected),
		FAR(number_of_a_descriptor_is_used_again),
		TCP(sets_the_sockets_options),
		BOTH(does_not_block_and_is_not_inherited),
		TCP(tells_that_nobody_listens),
		UNIX(says_at_once_that_there_is_no_such_path),
		UNIX(says_at_once_that_a_path_is_deaf),
		BOTH(refuses_what_is_not_a_socket),
	};

	return cmocka_run_group_tests_name("net_transport", tests, NULL, NULL);
}
