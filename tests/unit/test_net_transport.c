/* Outbox and plain transport over real sockets, TCP on loopback and unix, both ends in one
 * loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/outbox.h"
#include "net/transport_plain.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, BLOCK = 4096 };

/* One end of the connection. */
struct side {
	struct transport *transport;
	struct outbox out;
	struct buf got;
	uint8_t memory[1024];
	size_t read_most; /* bytes wanted in all */
	int refuse_rooms; /* so many are refused first */
	int connected, ended, wrote, closed;
	int status; /* of ended or wrote */
	bool close_in_read;
};

struct fixture {
	uv_loop_t loop;
	union plain_handle listener;
	char folder[32]; /* of the unix socket; empty for TCP */
	uv_timer_t patience;
	struct pool writes, blocks;
	struct side client, server;
	bool late;
};

static struct transport_plain_options options_of(struct fixture *f)
{
	return (struct transport_plain_options){
		.loop = &f->loop, .writes = &f->writes, .user_timeout_ms = 30000};
}

static void close_side(struct side *side)
{
	if (side->transport) {
		side->transport->ops->close(side->transport);
		side->transport = NULL;
	}
}

static void on_connected(void *ctx, int status)
{
	struct side *side = ctx;

	side->connected++;
	side->status = status;
}

static struct room on_room(void *ctx)
{
	struct side *side = ctx;

	if (side->refuse_rooms > 0) {
		side->refuse_rooms--;
		return (struct room){0};
	}
	return (struct room){.data = side->memory, .size = sizeof(side->memory)};
}

static void on_read(void *ctx, const uint8_t *data, size_t size)
{
	struct side *side = ctx;

	assert_ptr_equal(data, side->memory);
	assert_int_equal(buf_append(&side->got, data, size), 0);
	if (side->close_in_read) {
		close_side(side);
	} else if (buf_size(&side->got) >= side->read_most) {
		side->transport->ops->read_stop(side->transport);
	}
}

static void on_ended(void *ctx, int status)
{
	struct side *side = ctx;

	side->ended++;
	side->status = status;
}

static void on_wrote(void *ctx, int status)
{
	struct side *side = ctx;

	side->wrote++;
	side->status = status;
	outbox_wrote(&side->out);
}

static void on_closed(void *ctx)
{
	((struct side *)ctx)->closed++;
}

static const struct transport_user user = {
	.connected = on_connected,
	.room = on_room,
	.read = on_read,
	.ended = on_ended,
	.wrote = on_wrote,
	.closed = on_closed,
};

static void on_connection(uv_stream_t *stream, int status)
{
	struct fixture *f = stream->data;
	struct transport_plain_options options = options_of(f);

	assert_int_equal(status, 0);
	assert_int_equal(
		transport_plain_accept(&options, stream, &user, &f->server, &f->server.transport),
		0);
}

static void on_patience(uv_timer_t *timer)
{
	((struct fixture *)timer->data)->late = true;
}

#define RUN_UNTIL(f, condition)                                                                    \
	while (!(condition)) {                                                                     \
		assert_false((f)->late);                                                           \
		uv_run(&(f)->loop, UV_RUN_ONCE);                                                   \
	}

static void init_side(struct fixture *f, struct side *side)
{
	outbox_init(&side->out, &f->blocks);
	buf_init(&side->got);
	side->read_most = SIZE_MAX;
}

static struct sockaddr_storage listen_tcp(struct fixture *f)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_storage bound;
	int size = sizeof(bound);

	assert_int_equal(uv_tcp_bind(&f->listener.tcp, (const struct sockaddr *)&any, 0), 0);
	assert_int_equal(uv_tcp_getsockname(&f->listener.tcp, (struct sockaddr *)&bound, &size), 0);
	return bound;
}

static struct sockaddr_storage listen_unix(struct fixture *f)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct sockaddr_storage bound = {0};

	snprintf(f->folder, sizeof(f->folder), "/tmp/uavtest.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/socket", f->folder);
	assert_int_equal(uv_pipe_bind(&f->listener.pipe, un.sun_path), 0);
	memcpy(&bound, &un, sizeof(un));
	return bound;
}

static int set_up(void **state, int family)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct transport_plain_options options;
	struct sockaddr_storage bound;

	assert_non_null(f);
	assert_int_equal(uv_loop_init(&f->loop), 0);
	transport_plain_pool(&f->writes, 4);
	pool_init(&f->blocks, BLOCK, 4);
	init_side(f, &f->client);
	init_side(f, &f->server);
	uv_timer_init(&f->loop, &f->patience);
	f->patience.data = f;
	uv_timer_start(&f->patience, on_patience, PATIENCE_MS, 0);
	plain_handle_init(&f->listener, &f->loop, family);
	f->listener.handle.data = f;
	bound = family == AF_UNIX ? listen_unix(f) : listen_tcp(f);
	assert_int_equal(uv_listen(&f->listener.stream, 8, on_connection), 0);
	options = options_of(f);
	assert_int_equal(transport_plain_connect(&options, (const struct sockaddr *)&bound, &user,
						 &f->client, &f->client.transport),
			 0);
	RUN_UNTIL(f, f->client.connected && f->server.transport);
	assert_int_equal(f->client.status, 0);
	*state = f;
	return 0;
}

static int set_up_tcp(void **state)
{
	return set_up(state, AF_INET);
}

static int set_up_unix(void **state)
{
	return set_up(state, AF_UNIX);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	close_side(&f->client);
	close_side(&f->server);
	uv_close(&f->listener.handle, NULL);
	uv_close((uv_handle_t *)&f->patience, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	if (f->folder[0]) {
		assert_int_equal(rmdir(f->folder), 0); /* the socket's file has gone with it */
	}
	assert_int_equal(f->client.closed, 1);
	assert_int_equal(f->server.closed, 1);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	outbox_fini(&f->client.out);
	outbox_fini(&f->server.out);
	buf_fini(&f->client.got);
	buf_fini(&f->server.got);
	pool_fini(&f->writes);
	pool_fini(&f->blocks);
	free(f);
	return 0;
}

static void read_start(struct side *side)
{
	assert_int_equal(side->transport->ops->read_start(side->transport), 0);
}

static void put(struct side *side, const char *text)
{
	struct buf *out = outbox_gather(&side->out);

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
	assert_memory_equal(side->got.data + side->got.start, text, strlen(text));
}

static void carries_both_ways_and_owns_nothing_after(void **state)
{
	struct fixture *f = *state;

	read_start(&f->client);
	read_start(&f->server);
	put(&f->client, "hello ");
	put(&f->client, "server");
	put(&f->server, "hello client");
	assert_int_equal(outbox_queued(&f->client.out, f->client.transport), 12);
	flush(&f->client);
	flush(&f->server);
	assert_true(outbox_empty(&f->client.out)); /* written at once, block given back */
	RUN_UNTIL(f, buf_size(&f->server.got) == 12 && buf_size(&f->client.got) == 12);
	assert_got(&f->server, "hello server");
	assert_got(&f->client, "hello client");
	assert_int_equal(f->client.wrote, 0);
}

/* More than the network takes: the rest is in flight, what comes meanwhile is
 * gathered, and all of it arrives in order. */
static void keeps_order_past_a_full_network(void **state)
{
	struct fixture *f = *state;
	char line[64];
	size_t total = 0, in_flight;
	uint32_t lines = 0;

	while (outbox_empty(&f->client.out) || !f->client.out.flight.data) {
		for (int i = 0; i < 1000; i++) {
			snprintf(line, sizeof(line), "line %08u\n", lines++);
			put(&f->client, line);
			total += strlen(line);
		}
		flush(&f->client);
	}
	in_flight = outbox_queued(&f->client.out, f->client.transport);
	assert_true(in_flight > 0);
	snprintf(line, sizeof(line), "line %08u\n", lines++);
	put(&f->client, line);
	total += strlen(line);
	flush(&f->client); /* a write is under way: nothing happens */
	assert_int_equal(outbox_queued(&f->client.out, f->client.transport),
			 in_flight + strlen(line));

	read_start(&f->server);
	RUN_UNTIL(f, f->client.wrote == 1);
	assert_int_equal(f->client.status, 0);
	flush(&f->client);
	RUN_UNTIL(f, buf_size(&f->server.got) == total);
	for (uint32_t i = 0; i < lines; i++) {
		snprintf(line, sizeof(line), "line %08u\n", i);
		assert_memory_equal(buf_slice(&f->server.got).data + i * strlen(line), line,
				    strlen(line));
	}
}

/* A full network is not an error. */
static void takes_nothing_when_the_network_is_full(void **state)
{
	static const uint8_t zeros[65536];
	struct fixture *f = *state;
	struct transport *transport = f->client.transport;
	ssize_t taken;

	while ((taken = transport->ops->try_write(transport, slice_of(zeros, sizeof(zeros)))) > 0) {
	}
	assert_int_equal(taken, 0);
	assert_int_equal(transport->ops->unwritten(transport), 0);
}

static void asks_again_when_there_was_no_room(void **state)
{
	struct fixture *f = *state;

	f->server.refuse_rooms = 3;
	read_start(&f->server);
	put(&f->client, "patience");
	flush(&f->client);
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
	put(&f->client, text);
	flush(&f->client);
	RUN_UNTIL(f, buf_size(&f->server.got) > 0);
	for (int i = 0; i < 5; i++) {
		uv_run(&f->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(buf_size(&f->server.got), sizeof(f->server.memory));
	f->server.read_most = SIZE_MAX;
	read_start(&f->server);
	RUN_UNTIL(f, buf_size(&f->server.got) == 3000);
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
	put(&f->client, "thanks");
	flush(&f->client);
	RUN_UNTIL(f, buf_size(&f->server.got) == 6);
}

static void closes_inside_its_own_read(void **state)
{
	struct fixture *f = *state;

	f->server.close_in_read = true;
	read_start(&f->server);
	read_start(&f->client);
	put(&f->client, "last words");
	flush(&f->client);
	RUN_UNTIL(f, f->server.closed == 1 && f->client.ended == 1);
	assert_int_equal(f->server.ended, 0);
}

static void tells_of_a_write_that_close_cuts_off(void **state)
{
	struct fixture *f = *state;
	char text[1001] = {0};

	memset(text, 'x', 1000);
	while (!f->client.out.flight.data) {
		put(&f->client, text);
		flush(&f->client);
	}
	close_side(&f->client);
	RUN_UNTIL(f, f->client.closed == 1);
	assert_int_equal(f->client.wrote, 1);
	assert_int_equal(f->client.status, UV_ECANCELED);
}

static void sets_the_sockets_options(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_storage remote;
	int found = 0;

	/* The sockets are libuv's own business; look at all of this process. */
	assert_int_equal(transport_plain_remote(f->server.transport, &remote), 0);
	assert_int_equal(((struct sockaddr_in *)&remote)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	for (int fd = 0; fd < 64; fd++) {
		struct sockaddr_storage peer = {0};
		socklen_t size = sizeof(peer), int_size = sizeof(int);
		int nodelay = 0, keepalive = 1, timeout_ms = 0;

		if (getpeername(fd, (struct sockaddr *)&peer, &size) < 0 ||
		    peer.ss_family != AF_INET) {
			continue;
		}
		getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &int_size);
		getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &keepalive, &int_size);
		getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, &int_size);
		assert_true(nodelay);
		assert_false(keepalive);
		assert_int_equal(timeout_ms, 30000);
		found++;
	}
	assert_int_equal(found, 2);
}

static void knows_who_comes_by_a_unix_socket(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_storage remote;

	assert_int_equal(transport_plain_remote(f->server.transport, &remote), 0);
	assert_int_equal(remote.ss_family, AF_UNIX);
}

/* As every failure to connect: by `connected`, and only close follows. */
static void tells_that_nobody_listens_at_a_path(void **state)
{
	struct fixture *f = *state;
	struct transport_plain_options options = options_of(f);
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct sockaddr_storage to = {0};
	struct side nobody = {0};

	snprintf(un.sun_path, sizeof(un.sun_path), "%s/nobody", f->folder);
	memcpy(&to, &un, sizeof(un));
	assert_int_equal(transport_plain_connect(&options, (const struct sockaddr *)&to, &user,
						 &nobody, &nobody.transport),
			 0);
	assert_int_equal(nobody.connected, 0);
	RUN_UNTIL(f, nobody.connected == 1);
	assert_int_equal(nobody.status, UV_ENOENT);
	close_side(&nobody);
	RUN_UNTIL(f, nobody.closed == 1);
}

#define TCP(test) cmocka_unit_test_setup_teardown(test, set_up_tcp, tear_down)
#define UNIX(test) cmocka_unit_test_setup_teardown(test, set_up_unix, tear_down)
#define BOTH(test) TCP(test), UNIX(test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(carries_both_ways_and_owns_nothing_after),
		BOTH(keeps_order_past_a_full_network),
		BOTH(takes_nothing_when_the_network_is_full),
		BOTH(asks_again_when_there_was_no_room),
		BOTH(stops_and_starts_reading),
		BOTH(shuts_one_direction),
		BOTH(closes_inside_its_own_read),
		BOTH(tells_of_a_write_that_close_cuts_off),
		TCP(sets_the_sockets_options),
		UNIX(knows_who_comes_by_a_unix_socket),
		UNIX(tells_that_nobody_listens_at_a_path),
	};

	return cmocka_run_group_tests_name("net_transport", tests, NULL, NULL);
}
