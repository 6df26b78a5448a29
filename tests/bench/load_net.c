#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoint.h"
#include "load.h"

enum {
	EVENTS = 4096, /* of one round */
	READ_BYTES = 256 * 1024,
	FRAME_BYTES = 4 * 1024 * 1024, /* no frame is longer */
	KEEP_BYTES = 4096,	       /* a buffer that has grown beyond is given back when empty */
	NS_PER_S = 1000000000,
	AGAIN_NS = 200000000,
};

static int make_drones(struct load *load)
{
	struct load_options *options = load->options;
	uint32_t plain = options->base + options->drones;
	bool hub = options->hub_prefix[0] != '\0';

	load->drone_count = plain + hub;
	load->drones = calloc(load->drone_count, sizeof(*load->drones));
	load->dirty = calloc(load->drone_count, sizeof(*load->dirty));
	load->away = calloc(load->drone_count, sizeof(*load->away));
	if (!load->drones || !load->dirty || !load->away) {
		return load_fail(load, "memory is out");
	}
	for (uint32_t i = 0; i < load->drone_count; i++) {
		load->drones[i] = (struct drone){
			.fd = -1,
			.number = options->first + i,
			.shape = &options->shape,
		};
	}
	if (hub) {
		load->hub_shape = options->shape;
		load->hub_shape.drone_prefix = options->hub_prefix;
		load->drones[plain].shape = &load->hub_shape;
		load->drones[plain].number = options->hub_number;
	}
	return 0;
}

int load_net_open(struct load *load)
{
	load->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (load->epoll < 0) {
		return load_fail(load, "epoll_create1: %s", strerror(errno));
	}
	/* Pages of it that no long frame has touched are not resident. */
	load->input = malloc(READ_BYTES + FRAME_BYTES);
	if (!load->input) {
		return load_fail(load, "memory is out");
	}
	return make_drones(load);
}

void load_net_close(struct load *load)
{
	for (uint32_t i = 0; load->drones && i < load->drone_count; i++) {
		struct drone *drone = &load->drones[i];

		if (drone->fd >= 0) {
			close(drone->fd);
		}
		buf_fini(&drone->in);
		buf_fini(&drone->out);
		free((void *)drone->frame.data);
	}
	if (load->epoll >= 0) {
		close(load->epoll);
	}
	free(load->drones);
	free(load->dirty);
	free(load->away);
	free(load->input);
}

static int poll_for(struct load *load, const struct drone *drone, int operation, uint32_t events)
{
	struct epoll_event event = {
		.events = events,
		.data.u32 = (uint32_t)(drone - load->drones),
	};

	if (epoll_ctl(load->epoll, operation, drone->fd, &event) < 0) {
		return load_fail(load, "epoll_ctl: %s", strerror(errno));
	}
	return 0;
}

static int greet(struct load *load, struct drone *drone)
{
	drone->stage = DRONE_GREETING;
	if (load->options->dialect->drone_hello(drone->shape, drone->number,
						load_out(load, drone)) < 0) {
		return load_fail(load, "memory is out");
	}
	return 0;
}

int load_connect(struct load *load, struct drone *drone)
{
	drone->fd = endpoint_connect_begin(load->options->address);
	drone->stage = DRONE_CONNECTING;
	load->under_way++;
	if (load->options->send_buffer) {
		int bytes = (int)load->options->send_buffer;

		(void)setsockopt(drone->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	}
	if (load->options->reset) {
		const struct linger none = {.l_onoff = 1};

		(void)setsockopt(drone->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	}
	return poll_for(load, drone, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

static bool may_come_again(const struct load *load, const struct drone *drone)
{
	return load->options->insist &&
	       (drone->stage == DRONE_CONNECTING || drone->stage == DRONE_GREETING);
}

static int turned_away(struct load *load, struct drone *drone)
{
	close(drone->fd);
	drone->fd = -1;
	drone->stage = DRONE_AWAY;
	drone->full = false;
	buf_fini(&drone->in);
	buf_fini(&drone->out);
	load->under_way--;
	load->turned_away++;
	if (load->away_count == 0) {
		load->again_ns = load_clock_ns() + AGAIN_NS;
	}
	load->away[load->away_count++] = (uint32_t)(drone - load->drones);
	return 0;
}

static int connected(struct load *load, struct drone *drone)
{
	int error = 0;
	socklen_t size = sizeof(error);

	(void)getsockopt(drone->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error && may_come_again(load, drone)) {
		return turned_away(load, drone);
	}
	if (error) {
		return load_fail(load, "cannot connect to %s: %s", load->options->address,
				 strerror(error));
	}
	return poll_for(load, drone, EPOLL_CTL_MOD, EPOLLIN) < 0 ? -1 : greet(load, drone);
}

/* ------------------------------------------------------------------ reading */

static int take_heard(struct load *load, struct drone *drone, const struct heard *heard)
{
	switch (heard->kind) {
	case HEARD_DELIVERY:
		return load_delivered(load, drone, heard->payload);
	case HEARD_READY:
		if (drone->stage == DRONE_GREETING) {
			drone->stage = DRONE_READY;
			load->ready++;
			load->under_way--;
			load->last_ready_ns = load->now_ns;
		}
		return 0;
	case HEARD_PRESENCE:
		drone->told += heard->count;
		load->counts.told += heard->count;
		load->last_told_ns = load->now_ns;
		return 0;
	case HEARD_REPORT:
		load->counts.reported += heard->count;
		return load->options->mode == MODE_OVERLOAD
			       ? load_overload_reported(load, drone, heard)
			       : 0;
	case HEARD_REFUSED:
		if (may_come_again(load, drone)) {
			drone->stage = DRONE_REFUSED;
			return 0;
		}
		return load_fail(load, "drone %s%05u was told: %s", drone->shape->drone_prefix,
				 drone->number, heard->why);
	default:
		return 0;
	}
}

/* All whole frames of `bytes`. Returns how many bytes they were, or -1. */
static ssize_t take_frames(struct load *load, struct drone *drone, struct slice bytes)
{
	const struct dialect *dialect = load->options->dialect;
	size_t done = 0;

	while (done < bytes.size) {
		struct heard heard;
		size_t before = buf_size(&drone->out);
		ssize_t used;

		heard.kind = HEARD_NOTHING;
		used = dialect->drone_read(drone->shape, drone->number,
					   slice_of(bytes.data + done, bytes.size - done), &heard,
					   &drone->out);
		if (used < 0) {
			return load_fail(load, "drone %s%05u heard what makes no sense",
					 drone->shape->drone_prefix, drone->number);
		}
		if (used == 0) {
			break;
		}
		if (buf_size(&drone->out) != before) {
			(void)load_out(load, drone);
		}
		if (take_heard(load, drone, &heard) < 0) {
			return -1;
		}
		done += (size_t)used;
	}
	return (ssize_t)done;
}

/* What is left of a frame is kept, and copied in front of what is read next. */
static int take_bytes(struct load *load, struct drone *drone, size_t size)
{
	ssize_t done = take_frames(load, drone, slice_of(load->input, size));

	if (done < 0) {
		return -1;
	}
	buf_clear(&drone->in);
	if ((size_t)done < size) {
		if (size - (size_t)done > FRAME_BYTES) {
			return load_fail(load, "drone %u heard a frame of over 4 MiB",
					 drone->number);
		}
		if (buf_append(&drone->in, load->input + done, size - (size_t)done) < 0) {
			return load_fail(load, "memory is out");
		}
	} else if (drone->in.cap > KEEP_BYTES) {
		buf_fini(&drone->in);
	}
	return 0;
}

static int read_drone(struct load *load, struct drone *drone)
{
	size_t left = buf_size(&drone->in);
	ssize_t got = read(drone->fd, load->input + left, READ_BYTES);

	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		return 0;
	}
	if (got <= 0 && may_come_again(load, drone)) {
		return turned_away(load, drone);
	}
	if (got <= 0) {
		return load_fail(load, "drone %s%05u: the relay closed the connection%s%s",
				 drone->shape->drone_prefix, drone->number, got < 0 ? ": " : "",
				 got < 0 ? strerror(errno) : "");
	}
	load->now_ns = load_clock_ns();
	if (left) {
		memcpy(load->input, drone->in.data + drone->in.start, left);
	}
	if (take_bytes(load, drone, left + (size_t)got) < 0) {
		return -1;
	}
	return drone->stage == DRONE_REFUSED ? turned_away(load, drone) : 0;
}

/* ------------------------------------------------------------------ writing */

struct buf *load_out(struct load *load, struct drone *drone)
{
	if (!drone->dirty) {
		drone->dirty = true;
		load->dirty[load->dirty_count++] = (uint32_t)(drone - load->drones);
	}
	return &drone->out;
}

static int set_full(struct load *load, struct drone *drone, bool full)
{
	if (drone->full == full) {
		return 0;
	}
	drone->full = full;
	return poll_for(load, drone, EPOLL_CTL_MOD, full ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static int write_drone(struct load *load, struct drone *drone)
{
	size_t size = buf_size(&drone->out);
	ssize_t put = send(drone->fd, drone->out.data + drone->out.start, size, MSG_NOSIGNAL);

	if (put < 0 && errno != EAGAIN && errno != EINTR) {
		if (may_come_again(load, drone)) {
			return turned_away(load, drone);
		}
		return load_fail(load, "drone %s%05u cannot write: %s", drone->shape->drone_prefix,
				 drone->number, strerror(errno));
	}
	buf_consume(&drone->out, put > 0 ? (size_t)put : 0);
	return set_full(load, drone, put < 0 || (size_t)put < size);
}

int load_flush(struct load *load)
{
	uint32_t count = load->dirty_count;

	load->dirty_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct drone *drone = &load->drones[load->dirty[i]];

		drone->dirty = false;
		if (!drone->full && buf_size(&drone->out) && write_drone(load, drone) < 0) {
			return -1;
		}
	}
	return 0;
}

/* -------------------------------------------------------------------- rounds */

static int take_event(struct load *load, const struct epoll_event *event)
{
	struct drone *drone = &load->drones[event->data.u32];

	if (drone->stage == DRONE_CONNECTING) {
		return connected(load, drone);
	}
	if (event->events & EPOLLOUT && write_drone(load, drone) < 0) {
		return -1;
	}
	return event->events & ~(uint32_t)EPOLLOUT && drone->fd >= 0 ? read_drone(load, drone) : 0;
}

int load_wait(struct load *load, uint64_t until_ns)
{
	static struct epoll_event events[EVENTS];
	uint64_t now_ns = load_clock_ns();
	uint64_t patience_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	struct timespec patience = {
		.tv_sec = (time_t)(patience_ns / NS_PER_S),
		.tv_nsec = (long)(patience_ns % NS_PER_S),
	};
	int count = epoll_pwait2(load->epoll, events, EVENTS, &patience, NULL);

	if (count < 0 && errno != EINTR) {
		return load_fail(load, "epoll_pwait2: %s", strerror(errno));
	}
	for (int i = 0; i < count; i++) {
		if (take_event(load, &events[i]) < 0) {
			return -1;
		}
	}
	load->now_ns = load_clock_ns();
	load_progress(load);
	return 0;
}

int load_turn(struct load *load, uint64_t until_ns)
{
	if (load_flush(load) < 0) {
		return -1;
	}
	return load_wait(load, until_ns);
}

int load_idle(struct load *load, uint64_t until_ns)
{
	do {
		if (load_turn(load, until_ns) < 0) {
			return -1;
		}
	} while (load->now_ns < until_ns);
	return 0;
}
