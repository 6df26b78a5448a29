/* Messages under way. A closed loop (pairs, many) puts a window of messages in flight and sends
 * the next when one has arrived; an open loop sends on a schedule, whatever arrives. */
#include <endian.h>
#include <stdlib.h>

#include "load.h"

enum {
	NS_PER_S = 1000000000,
	LATE_NS = 1000000,
	/* Nothing has arrived for so long: what is still owed is lost. */
	GIVE_UP_S = 5,
	/* A schedule holds on while so much waits for a socket that takes no more. */
	MOST_WAITING_BYTES = 1024 * 1024,
	MOST_COUNTINGS = 20, /* times --counting */
};

/* ------------------------------------------------------------------ one message */

static void put_stamp(uint8_t *at, const struct drone *drone, uint64_t sent_ns)
{
	const struct stamp stamp = {
		.sent_ns = htole64(sent_ns),
		.sender = htole32(drone->number),
		.number = htole32(drone->next_number),
	};

	memcpy(at, &stamp, sizeof(stamp));
}

static struct stamp get_stamp(const uint8_t *at)
{
	struct stamp stamp;

	memcpy(&stamp, at, sizeof(stamp));
	return (struct stamp){
		.sent_ns = le64toh(stamp.sent_ns),
		.sender = le32toh(stamp.sender),
		.number = le32toh(stamp.number),
	};
}

/* Where the stamp stands in the frame; it must stand there as it is, once. */
static int find_stamp(struct load *load, struct drone *drone, struct slice stamp)
{
	const uint8_t *found = memmem(drone->frame.data, drone->frame.size, stamp.data, stamp.size);

	if (!found) {
		return load_fail(load, "dialect %s changes the payload on its way out",
				 load->options->dialect->name);
	}
	drone->stamp_at = (size_t)(found - drone->frame.data);
	return 0;
}

/* All messages of a sender are alike but for the stamp. So the dialect writes one, and what
 * goes out is copies of it with the stamp replaced: a copy of 200 bytes takes some 10 ns,
 * writing a frame anew takes ten times that. */
static int make_frame(struct load *load, struct drone *drone, uint32_t target)
{
	static const uint8_t mark[BENCH_STAMP_BYTES] = {
		0xb1, 0x5e, 0xed, 0x07, 0xc3, 0x2a, 0x91, 0x64,
		0xfe, 0x18, 0x7d, 0xa6, 0x3b, 0xc9, 0x50, 0xe7,
	};
	uint32_t size = load->options->shape.payload_bytes;
	uint8_t *payload = malloc(size);
	struct buf frame;
	int status = -1;

	buf_init(&frame);
	if (payload) {
		memset(payload, 'x', size);
		memcpy(payload, mark, sizeof(mark));
		status = load->options->dialect->drone_send(drone->shape, drone->number, target,
							    slice_of(payload, size), &frame);
	}
	free(payload);
	if (status < 0) {
		buf_fini(&frame);
		return load_fail(load, "memory is out");
	}
	drone->frame = buf_slice(&frame);
	return find_stamp(load, drone, slice_of(mark, sizeof(mark)));
}

int load_send(struct load *load, struct drone *drone, uint64_t sent_ns)
{
	struct buf *out = load_out(load, drone);
	uint8_t *at;

	if (buf_reserve(out, drone->frame.size) < 0) {
		return load_fail(load, "memory is out");
	}
	at = buf_tail(out);
	memcpy(at, drone->frame.data, drone->frame.size);
	put_stamp(at + drone->stamp_at, drone, sent_ns);
	buf_produce(out, drone->frame.size);
	if (load->missing) {
		load->missing[drone->next_number % load->options->window] = load->receivers;
	}
	drone->next_number++;
	load->counts.sent++;
	load->owed += load->receivers;
	return 0;
}

/* ------------------------------------------------------------------ it arrives */

/* Who has sent `drone` a message that comes from number `sender`: NULL when nobody should. */
static struct drone *sender_to(const struct load *load, const struct drone *drone, uint32_t sender)
{
	uint32_t index = (uint32_t)(drone - load->drones);

	if (load->options->everyone) {
		uint32_t from = sender - load->options->first;

		return from < load->drone_count && from != index ? &load->drones[from] : NULL;
	}
	if (load->options->mode == MODE_MANY) {
		return index ? &load->drones[0] : NULL;
	}
	return index % 2 && index < load->options->drones ? &load->drones[index - 1] : NULL;
}

/* Message `number` of `sender` will reach one receiver no more, or has reached it. The next
 * goes out when that was the last one. */
static int settle(struct load *load, struct drone *sender, uint32_t number)
{
	load->owed--;
	if (load->missing && --load->missing[number % load->options->window] > 0) {
		return 0;
	}
	return load->refill ? load_send(load, sender, load->now_ns) : 0;
}

/* Messages of one sender come in order on all that is measured, so that a gap is a loss. */
static int settle_up_to(struct load *load, struct drone *drone, struct drone *sender,
			uint32_t number)
{
	while (drone->expected != number) {
		load->counts.lost++;
		if (settle(load, sender, drone->expected++) < 0) {
			return -1;
		}
	}
	drone->expected++;
	return settle(load, sender, number);
}

int load_delivered(struct load *load, struct drone *drone, struct slice payload)
{
	struct drone *sender;
	struct stamp stamp;
	uint32_t expected; /* the least; from many senders it is not known */

	if (payload.size != load->options->shape.payload_bytes) {
		return load_fail(load, "drone %u was handed %zu bytes instead of %u", drone->number,
				 payload.size, load->options->shape.payload_bytes);
	}
	stamp = get_stamp(payload.data);
	sender = sender_to(load, drone, stamp.sender);
	expected = load->options->everyone || load->options->any_order ? 0 : drone->expected;
	if (!sender || stamp.sender != sender->number ||
	    stamp.number - expected >= sender->next_number - expected) {
		return load_fail(load,
				 "drone %u was handed message %u of drone %u, which is not for it, "
				 "or twice, or out of order",
				 drone->number, stamp.number, stamp.sender);
	}
	load->counts.delivered++;
	if (load->options->mode == MODE_OVERLOAD) { /* what is lost is told by reports */
		drone->expected = stamp.number + 1;
		load_overload_delivered(load, stamp.sent_ns);
		return 0;
	}
	if (load->measure.running) {
		histogram_note(&load->measure.latency,
			       load->now_ns > stamp.sent_ns ? load->now_ns - stamp.sent_ns : 0);
	}
	if (stamp.number < drone->expected) { /* any_order: a later one came first */
		load->counts.lost--;
		return 0;
	}
	return settle_up_to(load, drone, sender, stamp.number);
}

/* -------------------------------------------------------------- an open loop */

static uint64_t due_ns(const struct load *load)
{
	return load->schedule_ns +
	       (uint64_t)((double)load->scheduled * (double)NS_PER_S / load->options->rate);
}

/* All that is due goes out, the pairs in turn. A sender whose socket takes no more holds the
 * schedule up; when it goes on, its messages count from when they were due. */
static int send_due(struct load *load)
{
	uint32_t pairs = load->options->drones / 2;

	for (;;) {
		struct drone *sender = &load->drones[load->scheduled % pairs * 2];
		uint64_t due = due_ns(load);

		if (due > load->now_ns || buf_size(&sender->out) > MOST_WAITING_BYTES) {
			return 0;
		}
		load->counts.late += load->now_ns - due > LATE_NS || sender->full;
		if (load_send(load, sender, due) < 0) {
			return -1;
		}
		load->scheduled++;
	}
}

/* ------------------------------------------------------------------ the run */

static bool is_open(const struct load *load)
{
	return load->options->mode == MODE_OPEN;
}

/* When there is something to do that no event tells: the next message that is due, unless the
 * schedule is held up. */
static uint64_t wait_until(const struct load *load, uint64_t end_ns)
{
	uint64_t due = is_open(load) ? due_ns(load) : end_ns;

	return due > load->now_ns && due < end_ns ? due : end_ns;
}

static int run_for(struct load *load, uint64_t ns)
{
	uint64_t end_ns = load->now_ns + ns;

	while (load->now_ns < end_ns) {
		if ((is_open(load) && send_due(load) < 0) || load_flush(load) < 0 ||
		    load_wait(load, wait_until(load, end_ns)) < 0) {
			return -1;
		}
	}
	return 0;
}

int load_make_frames(struct load *load)
{
	if (load->options->mode == MODE_MANY) {
		return make_frame(load, &load->drones[0], BENCH_EVERYONE);
	}
	for (uint32_t i = 0; load->options->everyone && i < load->options->drones; i++) {
		if (make_frame(load, &load->drones[i], BENCH_EVERYONE) < 0) {
			return -1;
		}
	}
	if (load->options->everyone) {
		return 0;
	}
	for (uint32_t i = 0; i + 1 < load->options->drones; i += 2) {
		if (make_frame(load, &load->drones[i], load->drones[i + 1].number) < 0) {
			return -1;
		}
	}
	return 0;
}

static int fill_window(struct load *load, struct drone *sender)
{
	for (uint32_t i = 0; i < load->options->window; i++) {
		if (load_send(load, sender, load->now_ns) < 0) {
			return -1;
		}
	}
	return 0;
}

static int start(struct load *load)
{
	bool many = load->options->mode == MODE_MANY;

	load->now_ns = load_clock_ns();
	load->receivers = many ? load->drone_count - 1 : 1;
	if (is_open(load)) {
		load->schedule_ns = load->now_ns;
		return 0;
	}
	load->refill = true;
	if (many) {
		load->missing = calloc(load->options->window, sizeof(*load->missing));
		return load->missing ? fill_window(load, &load->drones[0])
				     : load_fail(load, "memory is out");
	}
	for (uint32_t i = 0; i + 1 < load->options->drones; i += 2) {
		if (fill_window(load, &load->drones[i]) < 0) {
			return -1;
		}
	}
	return 0;
}

static int count_calls(struct load *load)
{
	const double counting_ns = load->options->counting * (double)NS_PER_S;

	if (counting_ns <= 0 || !load_measure_calls_begin(load)) {
		return 0;
	}
	for (int i = 0; i == 0 || (i < MOST_COUNTINGS && !load_measure_calls_enough(load)); i++) {
		if (run_for(load, (uint64_t)counting_ns) < 0) {
			return -1;
		}
	}
	load_measure_calls_end(load);
	return 0;
}

/* Waits for all that is in flight; what does not come is lost. */
static int drain(struct load *load)
{
	uint64_t owed = load->owed;
	const uint64_t patience_ns = (uint64_t)GIVE_UP_S * NS_PER_S;
	uint64_t give_up_ns = load->now_ns + patience_ns;

	load->refill = false;
	/* what the last turn made is still to go out */
	if (load_flush(load) < 0) {
		return -1;
	}
	while (load->owed && load->now_ns < give_up_ns) {
		if (load_turn(load, give_up_ns) < 0) {
			return -1;
		}
		if (load->owed != owed) {
			owed = load->owed;
			give_up_ns = load->now_ns + patience_ns;
		}
	}
	load->counts.lost += load->owed;
	return 0;
}

int load_run_traffic(struct load *load)
{
	const double warmup_ns = load->options->warmup * (double)NS_PER_S;
	const double window_ns = load->options->seconds * (double)NS_PER_S;

	if (load_register_all(load) < 0 || load_make_frames(load) < 0 || start(load) < 0 ||
	    run_for(load, (uint64_t)warmup_ns) < 0 || load_measure_begin(load) < 0 ||
	    run_for(load, (uint64_t)window_ns) < 0 || load_measure_end(load) < 0 ||
	    count_calls(load) < 0) {
		return -1;
	}
	return drain(load);
}
