/* What a peer does with what the core emits, over a real unix socket. The other side is read
 * by hand, so that a test says when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/state.h"
#include "lib/fake_ports.h"
#include "net/peer.h"
#include "net/transport_socket.h"
#include "wire/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	PATIENCE_MS = 20000,
	EVENT_BYTES = 1000,
	LENT_HEAD = 10,
	SOFT_BYTES = 32 * 1024,
	HARD_BYTES = 64 * 1024,
};

struct fixture {
	char folder[32], path[64];
	uv_loop_t loop;
	uv_timer_t patience;
	bool late;
	int listener;
	struct settings settings;
	struct fake_gateway gateway;
	struct net net;
	struct session *session;  /* of the one peer */
	struct endpoint endpoint; /* its */
	int drone;		  /* the other side's socket */
	uint32_t sent, seen;	  /* bytes; each is its place's */
	uint8_t bytes[256 * 1024];
	size_t event_bytes; /* of what is written; 0: EVENT_BYTES */
	/* what the front lends: of so many bytes behind its head, or nothing */
	size_t tail_size;
	bool lends_nothing;
	uint32_t names;		/* how often the transport was asked for its certificate */
	uint32_t writes, loans; /* how often it did the one and the other */
	uint8_t tail[2 * 1024 * 1024];
	/* what the network takes of the next write; of the ones after it, all that it can */
	struct transport_ops stingy;
	const struct transport_ops *real;
	uv_poll_t *poll;
	size_t takes;
};

static struct fixture fixture;

/* Bytes at each place that show when one is lost, repeated or out of order. */
static uint8_t byte_at(uint32_t place)
{
	return (uint8_t)(place * 2654435761u >> 24);
}

static enum front_status read_nothing(struct slice bytes, size_t looked, uint32_t max_frame_bytes,
				      const struct names *names, struct arena *arena,
				      struct request *request, size_t *used, const char **why)
{
	(void)looked, (void)bytes, (void)names, (void)max_frame_bytes, (void)arena, (void)request,
		(void)used, (void)why;
	return FRONT_MORE;
}

/* Each byte is a registration. */
static enum front_status read_registration(struct slice bytes, size_t looked,
					   uint32_t max_frame_bytes, const struct names *names,
					   struct arena *arena, struct request *request,
					   size_t *used, const char **why)
{
	(void)looked, (void)names, (void)max_frame_bytes, (void)arena, (void)why;
	*request = (struct request){.kind = REQUEST_REGISTRATION,
				    .registration = fake_registration("uav1")};
	*used = 1;
	return bytes.size ? FRONT_OK : FRONT_MORE;
}

static int write_counted(struct buf *out, const struct event *event, uint32_t max_frame,
			 const struct names *names)
{
	size_t size = fixture.event_bytes ? fixture.event_bytes : EVENT_BYTES;

	(void)event, (void)max_frame, (void)names;
	fixture.writes++;
	assert_int_equal(buf_reserve(out, size), 0);
	for (size_t i = 0; i < size; i++) {
		*buf_tail(out) = byte_at(fixture.sent++);
		buf_produce(out, 1);
	}
	return 0;
}

static bool lend_counted(const struct event *event, uint32_t max_frame, struct lent *lent)
{
	(void)event, (void)max_frame;
	if (fixture.lends_nothing) {
		return false;
	}
	fixture.loans++;
	for (int i = 0; i < LENT_HEAD; i++) {
		lent->head[i] = byte_at(fixture.sent++);
	}
	for (size_t i = 0; i < fixture.tail_size; i++) {
		fixture.tail[i] = byte_at(fixture.sent++);
	}
	lent->head_size = LENT_HEAD;
	lent->tail = slice_of(fixture.tail, fixture.tail_size);
	return true;
}

static const struct front counted = {.name = "counted",
				     .read = read_nothing,
				     .size = frame_size,
				     .write = write_counted,
				     .lend = lend_counted};

static void on_patience(uv_timer_t *timer)
{
	((struct fixture *)timer->data)->late = true;
}

#define RUN_UNTIL(f, condition)                                                                    \
	while (!(condition)) {                                                                     \
		assert_false((f)->late);                                                           \
		uv_run(&(f)->loop, UV_RUN_ONCE);                                                   \
	}

/* The core has one session: the one whose deadline is next. */
static struct session *session_of(const struct core *core)
{
	char *entry = (char *)heap_first(&core->deadlines);

	return (struct session *)(void *)(entry - offsetof(struct session, deadline));
}

static struct sockaddr_un listen_at(struct fixture *f)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	snprintf(f->path, sizeof(f->path), "%s/socket", f->folder);
	memcpy(un.sun_path, f->path, sizeof(f->path));
	f->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(f->listener >= 0);
	assert_int_equal(bind(f->listener, (const struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(f->listener, 1), 0);
	return un;
}

static void connect_drone(struct fixture *f)
{
	struct sockaddr_un un = listen_at(f);
	struct sockaddr nobody = {.sa_family = AF_UNIX};
	int fd;

	f->drone = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(f->drone >= 0);
	assert_int_equal(connect(f->drone, (const struct sockaddr *)&un, sizeof(un)), 0);
	fd = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(peer_accept(&f->net, 0, fd, &nobody), 0);
	assert_int_equal(core_sessions(f->net.core), 1);
	f->session = session_of(f->net.core);
	f->endpoint = f->session->endpoint;
}

static int set_up(void **state)
{
	struct fixture *f = &fixture;
	const char *why;

	*f = (struct fixture){.folder = "/tmp/uavtest.XXXXXX"};
	assert_non_null(mkdtemp(f->folder));
	f->settings.limits = limits_default();
	f->settings.limits.output_soft_bytes = SOFT_BYTES;
	f->settings.limits.output_hard_bytes = HARD_BYTES;
	f->settings.limits.register_timeout_ms = 2 * PATIENCE_MS;
	f->settings.linger_ms = 2 * PATIENCE_MS;
	f->settings.listeners[0].idle_timeout_ms = 4 * PATIENCE_MS;
	f->settings.listeners[0].ping_interval_ms = 2 * PATIENCE_MS;
	f->settings.decode_arena_bytes = 65536;
	assert_int_equal(uv_loop_init(&f->loop), 0);
	uv_timer_init(&f->loop, &f->patience);
	f->patience.data = f;
	uv_timer_start(&f->patience, on_patience, PATIENCE_MS, 0);
	fake_configure(&f->gateway, &f->settings.limits);
	f->gateway.now = clock_now();
	fake_start(&f->gateway);
	assert_int_equal(net_init(&f->net, &f->loop, NULL, &f->settings, &why), 0);
	f->net.core = f->gateway.core;
	f->net.fronts[0] = &counted;
	connect_drone(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->drone >= 0) {
		close(f->drone);
	}
	RUN_UNTIL(f, f->net.peers == 0);
	assert_int_equal(f->net.open, 0);
	assert_true(list_empty(&f->net.lingering)); /* who is gone lingers no more */
	close(f->listener);
	assert_int_equal(unlink(f->path), 0);
	uv_close((uv_handle_t *)&f->patience, NULL);
	net_close(&f->net);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	net_fini(&f->net);
	fake_close(&f->gateway);
	return rmdir(f->folder);
}

static void emit(struct fixture *f)
{
	struct event event = {.kind = EVENT_DONE};

	assert_true(f->endpoint.ops->emit(f->endpoint.ctx, &event, 65536));
}

static size_t queued(const struct fixture *f)
{
	return f->endpoint.ops->queued(f->endpoint.ctx);
}

/* The drone reads all that has reached it. */
static void drone_reads(struct fixture *f)
{
	ssize_t size;

	while ((size = recv(f->drone, f->bytes, sizeof(f->bytes), MSG_DONTWAIT)) > 0) {
		for (ssize_t i = 0; i < size; i++) {
			assert_int_equal(f->bytes[i], byte_at(f->seen++));
		}
	}
	assert_true(size < 0 && errno == EAGAIN);
}

/* Many times what the network holds, in one turn: what the drone reads meanwhile makes way,
 * even when the network has been full in between. */
static void burst_goes_on_while_the_drone_reads(void **state)
{
	struct fixture *f = *state;
	int pauses = 0;

	for (int i = 0; i < 4000; i++) {
		emit(f);
		assert_true(queued(f) <= HARD_BYTES);
		if (queued(f) > SOFT_BYTES) { /* the network is full */
			pauses++;
			drone_reads(f);
		}
	}
	assert_true(pauses > 1);
	while (f->seen < f->sent) {
		assert_false(f->late);
		uv_run(&f->loop, UV_RUN_NOWAIT);
		drone_reads(f);
	}
	assert_int_equal(queued(f), 0);
}

/* Bounds are what tells a drone that does not read: its bytes are counted. */
static void who_does_not_read_exceeds_the_bounds(void **state)
{
	struct fixture *f = *state;
	size_t before = 0;

	while (queued(f) <= HARD_BYTES) {
		assert_true(f->sent < 64 * 1024 * 1024);
		emit(f);
	}
	for (int i = 0; i < 100; i++) {
		before = queued(f);
		emit(f);
		assert_int_equal(queued(f), before + EVENT_BYTES);
	}
	drone_reads(f);
	emit(f);
	assert_true(queued(f) < before);
	while (f->seen < f->sent) {
		assert_false(f->late);
		uv_run(&f->loop, UV_RUN_NOWAIT);
		drone_reads(f);
	}
}

/* A connection that breaks in the middle of a burst: the core is told by the loop. */
static void breaks_outside_the_core(void **state)
{
	struct fixture *f = *state;

	close(f->drone);
	f->drone = -1;
	for (int i = 0; i < 200; i++) {
		emit(f);
		assert_int_equal(core_sessions(f->net.core), 1);
	}
	RUN_UNTIL(f, core_sessions(f->net.core) == 0);
}

/* Emits until the network is full and the peer waits for it. */
static void fill(struct fixture *f)
{
	while (queued(f) <= SOFT_BYTES) {
		assert_true(f->sent < 64 * 1024 * 1024);
		emit(f);
	}
	for (int i = 0; i < 3; i++) {
		uv_run(&f->loop, UV_RUN_NOWAIT);
	}
	assert_true(queued(f) > 0);
}

/* The network is full and is awaited: nobody emits anything, and still the rest arrives. */
static void rest_follows_as_the_drone_reads(void **state)
{
	struct fixture *f = *state;

	fill(f);
	while (f->seen < f->sent) {
		assert_false(f->late);
		drone_reads(f);
		uv_run(&f->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(queued(f), 0);
}

/* The session ends while the network is full: all that was said before, the goodbye too, is
 * still written; then the stream ends, and the connection stays until the drone closes it. */
static void goodbye_follows_what_waits(void **state)
{
	struct fixture *f = *state;
	uint32_t before;
	ssize_t size;

	fill(f);
	before = f->sent;
	core_malformed(f->net.core, f->session, "of no use");
	assert_true(f->sent > before);
	RUN_UNTIL(f, core_sessions(f->net.core) == 0);
	while ((size = recv(f->drone, f->bytes, sizeof(f->bytes), MSG_DONTWAIT)) != 0) {
		assert_false(f->late);
		for (ssize_t i = 0; i < size; i++) {
			assert_int_equal(f->bytes[i], byte_at(f->seen++));
		}
		uv_run(&f->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(f->seen, f->sent);
	assert_int_equal(f->net.peers, 1);
}

/* The drone goes while the network is full and is awaited. */
static void breaks_while_it_waits_for_the_network(void **state)
{
	struct fixture *f = *state;

	fill(f);
	close(f->drone);
	f->drone = -1;
	RUN_UNTIL(f, core_sessions(f->net.core) == 0);
}

/* The same, after the session's end: there is nobody left to tell, and nothing lingers. */
static void breaks_while_it_lingers(void **state)
{
	struct fixture *f = *state;

	fill(f);
	core_malformed(f->net.core, f->session, "of no use");
	uv_run(&f->loop, UV_RUN_NOWAIT);
	assert_int_equal(f->net.peers, 1);
	close(f->drone);
	f->drone = -1;
	RUN_UNTIL(f, f->net.peers == 0);
	assert_true(list_empty(&f->net.lingering));
}

/* A stay that ends by itself, with bytes that the network never took. */
static void lingering_ends_with_bytes_left(void **state)
{
	struct fixture *f = *state;

	fill(f);
	core_malformed(f->net.core, f->session, "of no use");
	uv_run(&f->loop, UV_RUN_NOWAIT);
	net_linger_end(&f->net);
	assert_int_equal(f->net.open, 0);
	assert_int_equal(f->net.peers, 1); /* its memory goes in a later turn */
	RUN_UNTIL(f, f->net.peers == 0);
}

/* A goodbye that is offered in no turn before the stay ends is offered at its end. */
static void goodbye_of_a_stay_cut_short(void **state)
{
	struct fixture *f = *state;

	core_malformed(f->net.core, f->session, "of no use");
	assert_int_equal(f->seen, 0);
	net_linger_end(&f->net);
	assert_int_equal(f->net.open, 0);
	while (f->seen < f->sent) {
		ssize_t size = recv(f->drone, f->bytes, sizeof(f->bytes), MSG_DONTWAIT);

		assert_true(size > 0);
		f->seen += (uint32_t)size;
	}
	assert_int_equal(recv(f->drone, f->bytes, sizeof(f->bytes), MSG_DONTWAIT), 0);
}

/* What cannot be watched is refused, counted nowhere, and still the caller's. */
static void refuses_what_is_not_a_socket(void **state)
{
	struct fixture *f = *state;
	struct sockaddr nobody = {.sa_family = AF_UNIX};
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(peer_accept(&f->net, 0, fd, &nobody) < 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(f->net.peers, 1);
	assert_int_equal(f->net.open, 1);
	assert_int_equal(core_sessions(f->net.core), 1);
}

/* Few and small ones take another memory than many and large ones: what stands in the one goes
 * on in the other, in its order, whatever is added to whatever waits. */
static void events_of_every_size_keep_their_order(void **state)
{
	enum { LARGEST = 600 };
	struct fixture *f = *state;

	for (size_t first = 1; first < LARGEST; first += 7) {
		for (size_t next = 1; next < LARGEST; next += 41) {
			uint32_t before = f->sent;

			f->event_bytes = first;
			emit(f);
			f->event_bytes = next;
			emit(f);
			emit(f);
			assert_int_equal(queued(f), first + 2 * next);
			assert_int_equal(f->sent - before, first + 2 * next);
			while (f->seen < f->sent) {
				assert_false(f->late);
				uv_run(&f->loop, UV_RUN_NOWAIT);
				drone_reads(f);
			}
		}
	}
}

/* ------------------------------------------------------------- what is the same for many */

/* Nothing of it may be looked at afterwards: what was lent is overwritten. */
static void emit_to_many(struct fixture *f, size_t tail_size)
{
	struct encoded encoded = {0};
	struct event event = {.kind = EVENT_PRESENCE, .encoded = &encoded};

	f->tail_size = tail_size;
	assert_true(f->endpoint.ops->emit(f->endpoint.ctx, &event, 65536));
	memset(f->tail, 0, tail_size);
}

static void all_arrives(struct fixture *f)
{
	while (f->seen < f->sent) {
		assert_false(f->late);
		uv_run(&f->loop, UV_RUN_NOWAIT);
		drone_reads(f);
	}
	assert_int_equal(f->seen, f->sent);
	assert_int_equal(queued(f), 0);
	/* what waited is put away by a flush that may still be to come */
	for (int i = 0; i < 3; i++) {
		uv_run(&f->loop, UV_RUN_NOWAIT);
	}
}

/* It is there before the loop has turned, and nothing is kept. */
static void what_is_lent_is_written_at_once(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 1; i <= 5; i++) {
		emit_to_many(f, 100 * i);
		assert_int_equal(f->loans, i);
		assert_int_equal(queued(f), 0);
		drone_reads(f);
		assert_int_equal(f->seen, f->sent);
	}
	assert_int_equal(f->writes, 0);
}

/* Behind what is gathered, and behind what the network did not take. */
static void what_is_lent_keeps_the_order(void **state)
{
	struct fixture *f = *state;

	emit(f);
	emit_to_many(f, 5000);
	assert_int_equal(f->loans, 0);
	assert_int_equal(f->writes, 2);
	assert_int_equal(queued(f), 2 * EVENT_BYTES);
	all_arrives(f);
	emit_to_many(f, 5000);
	assert_int_equal(f->loans, 1);
	emit(f);
	emit_to_many(f, 5000);
	assert_int_equal(f->loans, 1);
	all_arrives(f);
	fill(f);
	f->writes = 0;
	emit_to_many(f, 5000);
	assert_int_equal(f->loans, 1);
	assert_int_equal(f->writes, 1);
	all_arrives(f);
	emit_to_many(f, 5000); /* nothing waits any more */
	assert_int_equal(f->loans, 2);
	all_arrives(f);
}

static void what_is_not_lent_is_gathered(void **state)
{
	struct fixture *f = *state;

	f->lends_nothing = true;
	emit_to_many(f, 5000);
	assert_int_equal(f->writes, 1);
	assert_int_equal(queued(f), EVENT_BYTES);
	f->lends_nothing = false;
	all_arrives(f);
	/* nor what is for one alone, whoever could lend it */
	emit(f);
	assert_int_equal(f->loans, 0);
	assert_int_equal(f->writes, 2);
	all_arrives(f);
}

static ssize_t write_stingily(struct transport *transport, const struct slice *pieces, size_t count)
{
	struct slice cut[TRANSPORT_PIECES] = {0};
	size_t rest = fixture.takes;

	assert_true(count <= TRANSPORT_PIECES);
	fixture.takes = SIZE_MAX;
	for (size_t i = 0; i < count; i++) {
		cut[i] = slice_of(pieces[i].data, pieces[i].size < rest ? pieces[i].size : rest);
		rest -= cut[i].size;
	}
	return cut[0].size ? fixture.real->write(transport, cut, count) : 0;
}

/* The peer's own: the one poll of the loop whose ctx it is. */
static void find_poll(uv_handle_t *handle, void *arg)
{
	struct fixture *f = arg;

	if (handle->type == UV_POLL && handle->data == f->endpoint.ctx) {
		f->poll = (uv_poll_t *)(void *)handle;
	}
}

static struct transport *transport_of(struct fixture *f)
{
	uv_walk(&f->loop, find_poll, f);
	assert_non_null(f->poll);
	return &transport_socket_of_poll(f->poll)->base;
}

/* A peer begins with its transport. */
static void make_stingy(struct fixture *f)
{
	struct transport *transport = transport_of(f);

	f->real = transport->ops;
	f->stingy = *f->real;
	f->stingy.write = write_stingily;
	f->takes = SIZE_MAX;
	transport->ops = &f->stingy;
}

static bool names_counted(const struct transport *transport, struct slice id)
{
	(void)transport;
	fixture.names++;
	return slice_equal(id, slice_str("uav1"));
}

/* To read a certificate is work: who has an id already does not get it done again and again. */
static void certificate_is_read_until_it_is_registered(void **state)
{
	static struct front registering;
	struct fixture *f = *state;

	registering = counted;
	registering.read = read_registration;
	f->net.fronts[0] = &registering;
	f->settings.auth_mode = AUTH_TLS;
	make_stingy(f);
	f->stingy.names = names_counted;
	assert_int_equal(send(f->drone, "xxxxx", 5, 0), 5);
	RUN_UNTIL(f, f->writes >= 5); /* the welcome, and an error each */
	assert_int_equal(core_online(f->net.core), 1);
	assert_int_equal(f->names, 1);
	drone_reads(f);
}

/* Each byte is a message to everyone, but for the first. */
static enum front_status read_sends(struct slice bytes, size_t looked, uint32_t max_frame_bytes,
				    const struct names *names, struct arena *arena,
				    struct request *request, size_t *used, const char **why)
{
	enum front_status status =
		read_registration(bytes, looked, max_frame_bytes, names, arena, request, used, why);

	if (bytes.size && bytes.data[0] == 's') {
		*request = (struct request){
			.kind = REQUEST_SEND,
			.send = {.to = SEND_TO_EVERYONE, .report = REPORT_WISH_NONE},
		};
	} else {
		request->registration.scenario = slice_str("alpha");
	}
	return status;
}

static bool hears_nothing(struct fake_drone *drone, const struct event *event, uint32_t max_frame)
{
	(void)drone, (void)event, (void)max_frame;
	return true;
}

/* A turn takes no more of them than so many targets, whose fate is clear without the channel (two
 * may begin in one call of the loop);
 * what is left waits for the next, in which others have had theirs. */
static void messages_to_many_have_a_share_of_the_turn(void **state)
{
	enum { RECEIVERS = 50, SENDS = 250, SHARE = 4096 };
	static struct front sending;
	struct fixture *f = *state;
	const struct stats *stats = core_stats(f->net.core);
	struct fake_drone *drones = calloc(RECEIVERS, sizeof(*drones));
	char bytes[1 + SENDS] = "r", id[16];

	assert_non_null(drones);
	memset(bytes + 1, 's', SENDS);
	for (int i = 0; i < RECEIVERS; i++) {
		(void)snprintf(id, sizeof(id), "r%d", i);
		fake_join(&f->gateway, &drones[i], id, "alpha");
		drones[i].watch = hears_nothing;
	}
	sending = counted;
	sending.read = read_sends;
	f->net.fronts[0] = &sending;
	assert_int_equal(send(f->drone, bytes, sizeof(bytes), 0), sizeof(bytes));
	while (stats->sends < SENDS) {
		uint64_t before = stats->accepted;

		assert_false(f->late);
		uv_run(&f->loop, UV_RUN_NOWAIT);
		assert_true(stats->accepted - before < 2 * (SHARE + RECEIVERS));
	}
	assert_int_equal(stats->accepted, SENDS * RECEIVERS);
	drone_reads(f);
	for (int i = 0; i < RECEIVERS; i++) {
		core_detach(f->net.core, drones[i].session);
	}
	free(drones);
}

/* Cut anywhere in its head, between the two, in its tail; with something behind it or not. */
static void rest_of_what_is_lent_is_kept(void **state)
{
	enum { TAIL = 30, WHOLE = LENT_HEAD + TAIL };
	struct fixture *f = *state;

	make_stingy(f);
	for (size_t takes = 0; takes <= WHOLE; takes++) {
		for (int behind = 0; behind < 3; behind++) {
			f->loans = 0;
			f->takes = takes;
			emit_to_many(f, TAIL);
			assert_int_equal(f->loans, 1);
			assert_int_equal(queued(f), WHOLE - takes);
			drone_reads(f);
			assert_int_equal(f->sent - f->seen, WHOLE - takes);
			if (behind == 1) {
				emit(f);
			} else if (behind == 2) {
				emit_to_many(f, TAIL);
				assert_int_equal(f->loans, takes == WHOLE ? 2 : 1);
			}
			all_arrives(f);
		}
	}
}

/* More than the network holds: the rest follows as the drone reads. */
static void more_is_lent_than_the_network_takes(void **state)
{
	struct fixture *f = *state;

	emit_to_many(f, sizeof(f->tail));
	assert_int_equal(f->loans, 1);
	assert_true(queued(f) > 0);
	assert_true(queued(f) < f->sent);
	emit_to_many(f, 100);
	assert_int_equal(f->loans, 1);
	all_arrives(f);
	emit_to_many(f, 100);
	assert_int_equal(f->loans, 2);
	all_arrives(f);
}

/* The session ends behind a part: the rest and the goodbye are still written. */
static void goodbye_follows_what_was_lent(void **state)
{
	struct fixture *f = *state;
	ssize_t size;

	emit_to_many(f, sizeof(f->tail));
	core_malformed(f->net.core, f->session, "of no use");
	while ((size = recv(f->drone, f->bytes, sizeof(f->bytes), MSG_DONTWAIT)) != 0) {
		assert_false(f->late);
		for (ssize_t i = 0; i < size; i++) {
			assert_int_equal(f->bytes[i], byte_at(f->seen++));
		}
		uv_run(&f->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(f->seen, f->sent);
	assert_true(f->writes > 0);
}

/* That the connection is broken is noted, and told to the core by the loop alone. */
static void breaks_while_it_is_lent(void **state)
{
	struct fixture *f = *state;

	close(f->drone);
	f->drone = -1;
	for (int i = 0; i < 5; i++) {
		emit_to_many(f, 1000);
		assert_int_equal(f->loans, 1); /* nothing more is offered to it */
		assert_int_equal(core_sessions(f->net.core), 1);
	}
	RUN_UNTIL(f, core_sessions(f->net.core) == 0);
}

/* The same when nothing else would show it: nobody reads, and nothing is emitted after it. */
static ssize_t write_broken(struct transport *transport, const struct slice *pieces, size_t count)
{
	(void)transport, (void)pieces, (void)count;
	return UV_EPIPE;
}

static void break_is_noted_by_what_is_lent(void **state)
{
	struct fixture *f = *state;

	make_stingy(f);
	f->stingy.write = write_broken;
	emit_to_many(f, 1000);
	assert_int_equal(core_sessions(f->net.core), 1);
	uv_run(&f->loop, UV_RUN_NOWAIT);
	uv_run(&f->loop, UV_RUN_NOWAIT);
	assert_int_equal(core_sessions(f->net.core), 0);
}

#define WITH_A_DRONE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_A_DRONE(burst_goes_on_while_the_drone_reads),
		WITH_A_DRONE(who_does_not_read_exceeds_the_bounds),
		WITH_A_DRONE(breaks_outside_the_core),
		WITH_A_DRONE(rest_follows_as_the_drone_reads),
		WITH_A_DRONE(goodbye_follows_what_waits),
		WITH_A_DRONE(breaks_while_it_waits_for_the_network),
		WITH_A_DRONE(breaks_while_it_lingers),
		WITH_A_DRONE(lingering_ends_with_bytes_left),
		WITH_A_DRONE(goodbye_of_a_stay_cut_short),
		WITH_A_DRONE(refuses_what_is_not_a_socket),
		WITH_A_DRONE(events_of_every_size_keep_their_order),
		WITH_A_DRONE(what_is_lent_is_written_at_once),
		WITH_A_DRONE(what_is_lent_keeps_the_order),
		WITH_A_DRONE(what_is_not_lent_is_gathered),
		WITH_A_DRONE(certificate_is_read_until_it_is_registered),
		WITH_A_DRONE(messages_to_many_have_a_share_of_the_turn),
		WITH_A_DRONE(rest_of_what_is_lent_is_kept),
		WITH_A_DRONE(more_is_lent_than_the_network_takes),
		WITH_A_DRONE(goodbye_follows_what_was_lent),
		WITH_A_DRONE(breaks_while_it_is_lent),
		WITH_A_DRONE(break_is_noted_by_what_is_lent),
	};

	return cmocka_run_group_tests_name("net_peer", tests, NULL, NULL);
}
