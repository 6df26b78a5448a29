/* A channel simulator that answers at once: whatever one read brings is answered by one
 * write. It computes nothing; what it costs is the bytes. With --rate it answers so many a
 * second, in the order in which they came, as one that computes would: what it has not come
 * to waits, and while anything waits nothing more is read. */
#include "dialect.h"
#include "endpoint.h"
#include "limit_frame.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	READ_BYTES = 256 << 10,
	/* Answers may be far larger than what is answered: no more is read or answered while
	 * so much waits. */
	ANSWERS_MAX = 4 << 20,
	EVENTS = 64,
	DRONES_MAX = 100000, /* as many as the load's */
	RATE_MAX = 10000000,
	DELAY_MAX_US = 1000000000,
	NS_PER_S = 1000000000,
	/* With a rate, answers are gathered for so long; who had nothing to do is taken to have
	 * begun so long ago at most. */
	GATHER_MS = 1,
	GATHER_NS = 1000000,
};

struct simulator {
	const struct dialect *dialect;
	struct shape shape;
	const char *listen, *connect;
	int epoll, listener;
	uint32_t rate;	      /* requests answered a second; 0: as fast as it can */
	uint64_t free_ns;     /* with a rate: when it is done with what it has answered */
	struct peer *waiting; /* whose requests have not been come to */
};

/* A connection, from whichever side it was made. */
struct peer {
	int fd;
	uint32_t events; /* that are waited for */
	struct buf in, out;
	bool waits; /* stands in the simulator's list */
	struct peer *next;
};

static uint64_t clock_ns(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static void watch(struct simulator *simulator, int operation, int fd, uint32_t events,
		  struct peer *peer)
{
	struct epoll_event event = {.events = events, .data.ptr = peer};

	if (epoll_ctl(simulator->epoll, operation, fd, &event) < 0) {
		endpoint_fail(1, "epoll: %s", strerror(errno));
	}
}

static struct peer *peer_new(struct simulator *simulator, int fd)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer) {
		endpoint_fail(1, "memory is out");
	}
	peer->fd = fd;
	peer->events = EPOLLIN;
	watch(simulator, EPOLL_CTL_ADD, fd, peer->events, peer);
	return peer;
}

static void peer_free(struct simulator *simulator, struct peer *peer)
{
	struct peer **at = &simulator->waiting;

	while (*at && *at != peer) {
		at = &(*at)->next;
	}
	if (*at) {
		*at = peer->next;
	}
	close(peer->fd);
	buf_fini(&peer->in);
	buf_fini(&peer->out);
	free(peer);
}

/* One read. False: the connection is over. */
static bool read_some(struct peer *peer)
{
	ssize_t count;

	if (buf_reserve(&peer->in, READ_BYTES) < 0) {
		endpoint_fail(1, "memory is out");
	}
	count = recv(peer->fd, buf_tail(&peer->in), READ_BYTES, 0);
	if (count > 0) {
		buf_produce(&peer->in, (size_t)count);
	}
	return count > 0 || (count < 0 && errno == EAGAIN);
}

/* One write of all that waits. False: the connection is over. */
static bool write_all(struct peer *peer)
{
	struct slice bytes = buf_slice(&peer->out);
	ssize_t count;

	if (bytes.size == 0) {
		return true;
	}
	count = send(peer->fd, bytes.data, bytes.size, MSG_NOSIGNAL);
	if (count > 0) {
		buf_consume(&peer->out, (size_t)count);
	}
	return count > 0 || (count < 0 && errno == EAGAIN);
}

/* It has answered: the time that took is over later. Who had nothing to do begins now. */
static void take_time(struct simulator *simulator, const struct peer *peer, uint64_t now_ns)
{
	if (!peer->waits && simulator->free_ns < now_ns - GATHER_NS) {
		simulator->free_ns = now_ns - GATHER_NS;
	}
	simulator->free_ns += NS_PER_S / simulator->rate;
}

/* Answers what has been read, up to ANSWERS_MAX bytes or until its time is used up (`now_ns`;
 * without a rate that is nothing). The last frame's size: 0 when there is no whole one left, -1
 * when it makes no sense. */
static ssize_t answer_some(struct simulator *simulator, struct peer *peer, uint64_t now_ns)
{
	ssize_t size = 1;

	while (size > 0 && buf_size(&peer->out) < ANSWERS_MAX && simulator->free_ns <= now_ns) {
		size_t before = buf_size(&peer->out);

		size = simulator->dialect->simulator_read(&simulator->shape, buf_slice(&peer->in),
							  &peer->out);
		if (size > 0) {
			buf_consume(&peer->in, (size_t)size);
		}
		if (simulator->rate && buf_size(&peer->out) > before) {
			take_time(simulator, peer, now_ns);
		}
	}
	return size;
}

/* It is come back to when there is time for it. */
static void wait_for_time(struct simulator *simulator, struct peer *peer)
{
	peer->waits = true;
	peer->next = simulator->waiting;
	simulator->waiting = peer;
}

/* Of one that is not in the list of those who wait. False: the connection is over. */
static bool answer(struct simulator *simulator, struct peer *peer)
{
	uint64_t now_ns = simulator->rate ? clock_ns() : 0;
	ssize_t size;

	do {
		size = answer_some(simulator, peer, now_ns);
		if (size < 0) {
			fprintf(stderr, "simulator: bytes that are no %s: connection closed\n",
				simulator->dialect->name);
			return false;
		}
		if (!write_all(peer)) {
			return false;
		}
	} while (size > 0 && buf_size(&peer->out) == 0 && simulator->free_ns <= now_ns);
	peer->waits = false;
	if (size > 0 && simulator->free_ns > now_ns) {
		wait_for_time(simulator, peer);
	}
	return true;
}

static void listen_for(struct simulator *simulator, struct peer *peer)
{
	uint32_t wanted = buf_size(&peer->out) ? EPOLLOUT : peer->waits ? 0 : EPOLLIN;

	if (wanted != peer->events) {
		peer->events = wanted;
		watch(simulator, EPOLL_CTL_MOD, peer->fd, wanted, peer);
	}
}

/* A round of one connection. While its answers are not taken, or its requests wait, nothing is
 * read. */
static bool serve(struct simulator *simulator, struct peer *peer, uint32_t events)
{
	if ((events & EPOLLOUT) && !write_all(peer)) {
		return false;
	}
	if (events & (EPOLLERR | EPOLLHUP) && (buf_size(&peer->out) || peer->waits)) {
		return false;
	}
	if (buf_size(&peer->out) == 0 && !peer->waits) {
		if (!(events & EPOLLOUT) && !read_some(peer)) {
			return false;
		}
		if (!answer(simulator, peer)) {
			return false;
		}
	}
	listen_for(simulator, peer);
	return true;
}

static void accept_one(struct simulator *simulator)
{
	int fd = endpoint_accept(simulator->listener);

	if (fd >= 0) {
		peer_new(simulator, fd);
	}
} /* NOLINT(*-unix.Malloc): epoll has the peer, where clang-tidy does not see it */

static void peer_over(struct simulator *simulator, struct peer *peer)
{
	peer_free(simulator, peer);
	if (simulator->connect) {
		endpoint_fail(1, "%s closed the connection", simulator->connect);
	}
}

static void on_event(struct simulator *simulator, const struct epoll_event *event)
{
	struct peer *peer = event->data.ptr;

	if (!peer) {
		accept_one(simulator);
	} else if (!serve(simulator, peer, event->events)) {
		peer_over(simulator, peer);
	}
}

/* Those who wait are come to, as far as the time goes. */
static void go_on(struct simulator *simulator)
{
	struct peer *peer = simulator->waiting, *next;

	simulator->waiting = NULL;
	for (; peer; peer = next) {
		next = peer->next;
		if (buf_size(&peer->out)) { /* what it was answered goes out first */
			wait_for_time(simulator, peer);
		} else if (answer(simulator, peer)) {
			listen_for(simulator, peer);
		} else {
			peer_over(simulator, peer);
		}
	}
}

static void run(struct simulator *simulator)
{
	struct epoll_event events[EVENTS];
	int count;

	for (;;) {
		count = epoll_wait(simulator->epoll, events, EVENTS,
				   simulator->waiting ? GATHER_MS : -1);
		for (int i = 0; i < count; i++) {
			on_event(simulator, &events[i]);
		}
		go_on(simulator);
	}
}

static void start(struct simulator *simulator)
{
	struct peer *peer;

	simulator->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (simulator->listen) {
		simulator->listener = endpoint_listen(simulator->listen);
		watch(simulator, EPOLL_CTL_ADD, simulator->listener, EPOLLIN, NULL);
		return;
	}
	peer = peer_new(simulator, endpoint_connect(simulator->connect));
	if (simulator->dialect->simulator_hello(&simulator->shape, &peer->out) < 0) {
		endpoint_fail(1, "memory is out");
	}
	if (!write_all(peer) || buf_size(&peer->out)) {
		endpoint_fail(1, "%s does not take the first bytes", simulator->connect);
	}
	printf("connected to %s\n", simulator->connect);
	fflush(stdout);
}

static const char usage[] =
	"usage: simulator --dialect NAME --listen HOST:PORT | --connect HOST:PORT\n"
	"  --dialect NAME     one of " DIALECT_NAMES "\n"
	"  --listen ADDRESS   for uav and limit, whose relay connects to it; port 0: any\n"
	"  --connect ADDRESS  for the brokers\n"
	"  --sizes A,..,H     of limit's frames, as `load --print-sizes` tells them\n"
	"  --payload BYTES    of a message (default 128)\n"
	"  --prefix TEXT      what a drone's id begins with (default d)\n"
	"  --piece N          receivers that one answer tells of, in dialect uav (default: all)\n"
	"  --delays A,B       microseconds, each message its own from A to B, in dialect uav\n"
	"  --valid-for-us N   said of every link, in dialect uav (default: nothing is said)\n"
	"  --rate N           answers a second at the most, in order (default: no bound)\n"
	"  --drones N         for the brokers: whom a message to everyone is for, with its sender "
	"(default 2)\n";

static const struct option options[] = {
	{"dialect", required_argument, NULL, 'd'},
	{"listen", required_argument, NULL, 'l'},
	{"connect", required_argument, NULL, 'c'},
	{"sizes", required_argument, NULL, 's'},
	{"payload", required_argument, NULL, 'p'},
	{"prefix", required_argument, NULL, 'x'},
	{"drones", required_argument, NULL, 'r'},
	{"rate", required_argument, NULL, 'a'},
	{"piece", required_argument, NULL, 'i'},
	{"delays", required_argument, NULL, 'y'},
	{"valid-for-us", required_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* Cuts the argument at its comma. */
static void take_delays(char *text, struct shape *shape)
{
	char *comma = strchr(text, ',');

	if (!comma) {
		endpoint_fail(2, "--delays %s: two numbers with a comma between are needed", text);
	}
	*comma = '\0';
	shape->delay_least_us = endpoint_number("--delays", text, 0, DELAY_MAX_US);
	shape->delay_most_us =
		endpoint_number("--delays", comma + 1, shape->delay_least_us, DELAY_MAX_US);
}

static void take_option(struct simulator *simulator, int option)
{
	switch (option) {
	case 'd':
		simulator->dialect = dialect_find(optarg);
		if (!simulator->dialect) {
			endpoint_fail(2, "--dialect %s: it takes one of " DIALECT_NAMES, optarg);
		}
		break;
	case 'l':
		simulator->listen = optarg;
		break;
	case 'c':
		simulator->connect = optarg;
		break;
	case 's':
		if (limit_sizes_parse(optarg, &simulator->shape.sizes) < 0) {
			endpoint_fail(2, "--sizes %s: eight numbers with commas are needed",
				      optarg);
		}
		break;
	case 'p':
		simulator->shape.payload_bytes =
			endpoint_number("--payload", optarg, BENCH_STAMP_BYTES, LIMIT_FRAME_MAX);
		break;
	case 'x':
		simulator->shape.drone_prefix = optarg;
		break;
	case 'r':
		simulator->shape.drones = endpoint_number("--drones", optarg, 1, DRONES_MAX);
		break;
	case 'i':
		simulator->shape.piece = endpoint_number("--piece", optarg, 1, DRONES_MAX);
		break;
	case 'y':
		take_delays(optarg, &simulator->shape);
		break;
	case 'v':
		simulator->shape.valid_for_us =
			endpoint_number("--valid-for-us", optarg, 1, RATE_MAX);
		break;
	case 'a':
		simulator->rate = endpoint_number("--rate", optarg, 1, RATE_MAX);
		break;
	default:
		fputs(usage, option == 'h' ? stdout : stderr);
		exit(option == 'h' ? 0 : 2);
	}
}

static void check_options(const struct simulator *simulator)
{
	if (!simulator->dialect) {
		endpoint_fail(2, "--dialect is missing; --help tells more");
	}
	if (simulator->dialect->simulator_connects && (!simulator->connect || simulator->listen)) {
		endpoint_fail(
			2, "in dialect %s the simulator connects: --connect HOST:PORT, no --listen",
			simulator->dialect->name);
	}
	if (!simulator->dialect->simulator_connects && (simulator->connect || !simulator->listen)) {
		endpoint_fail(2,
			      "in dialect %s the relay connects: --listen HOST:PORT, no --connect",
			      simulator->dialect->name);
	}
}

int main(int argc, char **argv)
{
	struct simulator simulator = {
		.shape = {.payload_bytes = 128, .drone_prefix = "d", .drones = 2}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		take_option(&simulator, option);
	}
	if (optind < argc) {
		endpoint_fail(2, "%s: no such argument; --help tells more", argv[optind]);
	}
	check_options(&simulator);
	endpoint_prepare();
	start(&simulator);
	run(&simulator);
	return 0;
}
