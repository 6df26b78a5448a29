/* The thinnest honest relay of the gateway's shape: what it costs to carry a message from a
 * drone to the simulator and from there to another drone, when nothing is looked at but whom
 * it is for. What the gateway costs is told as a multiple of this.
 *
 *      drone --send--> relay --transmit--> simulator
 *                                              |
 *      drone <--delivery-- relay <---result----+
 *
 * Each of the four frames is as large as the gateway's, and its bytes are really copied. Of all
 * else there is the least that a relay can do:
 *
 *   - a round is one epoll_wait, one read of each socket that it names, and one write to each
 *     connection for which the round made something. Level-triggered, so that a read need not
 *     go on until nothing comes;
 *   - what is read lies in one buffer for all drones; only a frame cut short is kept;
 *   - what is to be written lies in a buffer that a connection has only while something waits.
 *     Buffers go round in a pool whose last one given back is the first one taken, for it is
 *     still in the cache. Nothing is allocated for a message;
 *   - a target is its index in an array;
 *   - whoever wants presence is told every 50 ms, by one write, of all who came in that time.
 *     What is told is built once for all: who came later than others is told its end.
 *
 * What is checked keeps the memory safe: a frame's size, a drone's number. */
#include "limit_relay.h"
#include "base/clock.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
	EVENTS = 1024,
	DRONE_READ_BYTES = 64 << 10,
	SIMULATOR_READ_BYTES = 1 << 20, /* as much as the gateway does in a turn */
	GATHERING_MS = 50,
};

/* Without its first `size` bytes, which it has. */
static inline struct slice slice_behind(struct slice slice, size_t size)
{
	return slice_of(slice.data + size, slice.size - size);
}

/* A frame of header->size bytes: as much of `body` as fits, filler behind it. */
static void put_frame(struct buf *out, const struct limit_header *header, struct slice body)
{
	reserve(out, header->size);
	limit_frame_put(out, header, body);
}

static void on_send(struct relay *relay, const struct connection *sender,
		    const struct limit_header *send, struct slice body)
{
	bool all = send->target == BENCH_EVERYONE;
	struct limit_header transmit = {
		.size = relay->sizes.transmit,
		.kind = all ? LIMIT_TRANSMIT_ALL : LIMIT_TRANSMIT,
		.target = all ? relay->drone_count - 1 : send->target,
		.sender = sender->number,
	};

	put_frame(connection_output(relay, relay->simulator), &transmit, body);
}

static struct connection *drone_of(const struct relay *relay, uint32_t number)
{
	return number < LIMIT_DRONES_MAX ? relay->by_number[number] : NULL;
}

static void on_result(struct relay *relay, const struct limit_header *result, struct slice body)
{
	struct connection *target = drone_of(relay, result->target);
	struct limit_header delivery = *result;

	if (target) {
		delivery.size = relay->sizes.delivery;
		delivery.kind = LIMIT_DELIVERY;
		put_frame(connection_output(relay, target), &delivery, body);
	}
}

/* One delivery of its own to each but the sender: the stamp, and what the result says of this
 * receiver alone, which stands behind what it says of the receivers before it. */
static void on_result_all(struct relay *relay, const struct limit_header *result, struct slice body)
{
	const struct frame_sizes *sizes = &relay->sizes;
	struct limit_header delivery = {sizes->delivery, LIMIT_DELIVERY, BENCH_EVERYONE,
					result->sender};
	size_t room = sizes->delivery - LIMIT_MESSAGE_MIN;
	size_t own = limit_least(sizes->result_more, room);
	struct slice stamp = slice_of(body.data, BENCH_STAMP_BYTES);
	struct slice rest = slice_behind(body, BENCH_STAMP_BYTES);

	for (uint32_t i = 0; i < relay->drone_count; i++) {
		struct connection *target = relay->drones[i];
		size_t carried = limit_least(own, rest.size);
		struct buf *out;
		uint8_t *at;

		if (target->number == result->sender) {
			continue;
		}
		out = connection_output(relay, target);
		reserve(out, sizes->delivery);
		at = limit_put(buf_tail(out), &delivery, LIMIT_HEADER_BYTES);
		at = limit_put(at, stamp.data, stamp.size);
		at = limit_put(at, rest.data, carried);
		limit_put_filler(at, room - carried);
		buf_produce(out, sizes->delivery);
		rest = slice_behind(rest, limit_least(sizes->result_more, rest.size));
	}
}

/* What others are told of `subject`, 50 ms after the first of them. */
static void note(struct relay *relay, const struct connection *subject)
{
	struct limit_header presence = {relay->sizes.presence, LIMIT_PRESENCE, 0, subject->number};

	put_frame(&relay->journal, &presence, slice_of(limit_filler, 0));
	if (!relay->tell_ms) {
		relay->tell_ms = clock_now().mono_us / 1000 + GATHERING_MS;
	}
}

/* False: its number is none, or another has it. */
static bool on_registration(struct relay *relay, struct connection *connection,
			    const struct limit_header *registration)
{
	struct limit_header welcome = {relay->sizes.welcome, LIMIT_WELCOME, 0,
				       registration->sender};

	if (connection->registered || registration->sender >= LIMIT_DRONES_MAX ||
	    relay->by_number[registration->sender]) {
		return false;
	}
	connection->registered = true;
	connection->wants_presence = registration->target != 0;
	connection->number = registration->sender;
	connection->place = relay->drone_count;
	relay->by_number[connection->number] = connection;
	relay->drones[relay->drone_count++] = connection;
	put_frame(connection_output(relay, connection), &welcome, slice_of(limit_filler, 0));
	note(relay, connection);
	connection->told = (uint32_t)buf_size(&relay->journal);
	return true;
}

/* What has been gathered, straight from the journal; what the socket does not take is kept. */
static void tell_one(struct relay *relay, struct connection *connection)
{
	struct slice news = slice_behind(buf_slice(&relay->journal), connection->told);
	size_t taken = 0;

	connection->told = 0;
	if (!connection->wants_presence || news.size == 0) {
		return;
	}
	if (!connection->out) {
		taken = connection_send(relay, connection, news);
	}
	if (taken < news.size && !connection->gone) {
		struct buf *out = connection_output(relay, connection);

		append(out, slice_behind(news, taken));
	}
}

static void tell(struct relay *relay)
{
	relay->tell_ms = 0;
	/* from the end: one that is dropped has the last one take its place */
	for (uint32_t i = relay->drone_count; i > 0; i--) {
		tell_one(relay, relay->drones[i - 1]);
	}
	buf_clear(&relay->journal);
}

static bool on_drone_frame(struct relay *relay, struct connection *drone,
			   const struct limit_header *header, struct slice body)
{
	switch (header->kind) {
	case LIMIT_SEND:
		if (drone->registered) {
			on_send(relay, drone, header, body);
		}
		return drone->registered;
	case LIMIT_REGISTRATION:
		return on_registration(relay, drone, header);
	case LIMIT_CHANGE:
		if (drone->registered) {
			note(relay, drone);
		}
		return drone->registered;
	default:
		return false;
	}
}

static bool on_simulator_frame(struct relay *relay, const struct limit_header *header,
			       struct slice body)
{
	switch (header->kind) {
	case LIMIT_RESULT:
		on_result(relay, header, body);
		return true;
	case LIMIT_RESULT_ALL:
		if (body.size >= BENCH_STAMP_BYTES) {
			on_result_all(relay, header, body);
		}
		return body.size >= BENCH_STAMP_BYTES;
	default:
		return false;
	}
}

/* All whole frames of `in`. False: one of them makes no sense. */
static bool take_frames(struct relay *relay, struct connection *connection, struct buf *in)
{
	struct slice rest = buf_slice(in);
	struct limit_header header;
	ssize_t size;

	while ((size = limit_frame_read(rest, &header)) > 0) {
		struct slice body =
			slice_of(rest.data + LIMIT_HEADER_BYTES, header.size - LIMIT_HEADER_BYTES);

		if (!(connection->simulator ? on_simulator_frame(relay, &header, body)
					    : on_drone_frame(relay, connection, &header, body))) {
			return false;
		}
		rest = slice_behind(rest, (size_t)size);
	}
	buf_consume(in, buf_size(in) - rest.size);
	return size == 0;
}

/* One read, behind what is left of the last one. False: the connection is over. */
static bool read_some(struct relay *relay, struct connection *connection, struct buf *in)
{
	size_t most = connection->simulator ? SIMULATOR_READ_BYTES : DRONE_READ_BYTES;
	ssize_t count;

	reserve(in, most);
	count = recv(connection->fd, buf_tail(in), most, 0);
	if (count <= 0) {
		return count < 0 && errno == EAGAIN;
	}
	buf_produce(in, (size_t)count);
	return take_frames(relay, connection, in);
}

/* A frame cut short is kept with the connection, a buffer without anything given back. */
static void keep_rest(struct relay *relay, struct connection *connection)
{
	if (!connection->in && buf_size(&relay->scratch)) {
		connection->in = pool_take(relay);
		append(connection->in, buf_slice(&relay->scratch));
	} else if (connection->in && buf_size(connection->in) == 0 && !connection->simulator) {
		pool_give(relay, connection->in);
		connection->in = NULL;
	}
	buf_clear(&relay->scratch);
}

static void on_readable(struct relay *relay, struct connection *connection)
{
	struct buf *in = connection->in ? connection->in : &relay->scratch;

	if (!read_some(relay, connection, in)) {
		connection_drop(relay, connection);
	}
	keep_rest(relay, connection);
}

static void accept_all(struct relay *relay)
{
	int fd;

	/* epoll has the new connection, where clang-tidy does not see it */
	while ((fd = endpoint_accept(relay->listener)) >= 0) { /* NOLINT(*-unix.Malloc) */
		connection_new(relay, fd);
	}
}

static void on_event(struct relay *relay, const struct epoll_event *event)
{
	struct connection *connection = event->data.ptr;

	if (!connection) {
		accept_all(relay);
		return;
	}
	if (event->events & EPOLLOUT) {
		connection_flush(relay, connection);
	}
	if ((event->events & ~(uint32_t)EPOLLOUT) && !connection->gone) {
		on_readable(relay, connection);
	}
}

/* Until the next event, or until it is time to tell. */
static int timeout_ms(const struct relay *relay)
{
	uint64_t now;

	if (!relay->tell_ms) {
		return -1;
	}
	now = clock_now().mono_us / 1000;
	return relay->tell_ms > now ? (int)(relay->tell_ms - now) : 0;
}

/* While the simulator does not keep up, only it is served: the drones' bytes wait in their
 * sockets. */
static int wait_for_events(struct relay *relay, struct epoll_event *events)
{
	struct connection *simulator = relay->simulator;
	struct pollfd both = {.fd = simulator->fd, .events = POLLIN | POLLOUT};
	int count;

	if (!simulator->blocked || buf_size(simulator->out) < SIMULATOR_BEHIND) {
		return epoll_wait(relay->epoll, events, EVENTS, timeout_ms(relay));
	}
	count = poll(&both, 1, timeout_ms(relay));
	events[0] = (struct epoll_event){
		.events = (both.revents & POLLIN ? EPOLLIN : 0u) |
			  (both.revents & POLLOUT ? EPOLLOUT : 0u) |
			  (both.revents & ~(POLLIN | POLLOUT) ? EPOLLHUP : 0u),
		.data.ptr = simulator,
	};
	return count;
}

static void run(struct relay *relay)
{
	struct epoll_event events[EVENTS];
	int count;

	for (;;) {
		count = wait_for_events(relay, events);
		for (int i = 0; i < count; i++) {
			on_event(relay, &events[i]);
		}
		if (relay->tell_ms && timeout_ms(relay) == 0) {
			tell(relay);
		}
		connection_flush_all(relay);
	}
}

static void start(struct relay *relay, const char *listen, const char *simulator)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

	relay->epoll = epoll_create1(EPOLL_CLOEXEC);
	relay->by_number = must(calloc(LIMIT_DRONES_MAX, sizeof(struct connection *)));
	relay->simulator = connection_new(relay, endpoint_connect(simulator));
	relay->simulator->simulator = true;
	/* its buffers are its own: they grow to what a round brings, far more than a drone's */
	relay->simulator->in = must(calloc(1, sizeof(struct buf)));
	relay->simulator->out = must(calloc(1, sizeof(struct buf)));
	relay->listener = endpoint_listen(listen);
	if (relay->epoll < 0 ||
	    epoll_ctl(relay->epoll, EPOLL_CTL_ADD, relay->listener, &event) < 0) {
		endpoint_fail(1, "epoll: %s", strerror(errno));
	}
}

static const char usage[] =
	"usage: limit_relay --listen HOST:PORT --simulator HOST:PORT --sizes A,..,H\n"
	"  --listen ADDRESS     for drones; port 0: any, told on stdout\n"
	"  --simulator ADDRESS  where `simulator --dialect limit` listens\n"
	"  --sizes A,..,H       of the frames, as `load --print-sizes` tells them\n";

static const struct option options[] = {
	{"listen", required_argument, NULL, 'l'},
	{"simulator", required_argument, NULL, 'u'},
	{"sizes", required_argument, NULL, 's'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
	static struct relay relay;
	const char *listen = NULL, *simulator = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			listen = optarg;
			break;
		case 'u':
			simulator = optarg;
			break;
		case 's':
			if (limit_sizes_parse(optarg, &relay.sizes) < 0) {
				endpoint_fail(2, "--sizes %s: eight numbers with commas are needed",
					      optarg);
			}
			break;
		default:
			fputs(usage, option == 'h' ? stdout : stderr);
			return option == 'h' ? 0 : 2;
		}
	}
	if (!listen || !simulator || !relay.sizes.send || optind < argc) {
		endpoint_fail(2, "--listen, --simulator and --sizes are needed; --help tells more");
	}
	endpoint_prepare();
	start(&relay, listen, simulator);
	run(&relay);
	return 0;
}
