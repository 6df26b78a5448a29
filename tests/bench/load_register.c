#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "load.h"

enum {
	NS_PER_S = 1000000000,
	NS_PER_MS = 1000000,
	/* Nobody has become ready, or been told of anything, for so long. */
	GIVE_UP_S = 15,
	/* More than presence is gathered for: what is told of the past has been told. */
	SETTLE_MS = 250,
};

static uint64_t later_ns(uint64_t from_ns, uint64_t than_ns)
{
	return from_ns > than_ns ? from_ns : than_ns;
}

/* Those who were turned away, when it is time. */
static int come_again(struct load *load)
{
	if (load->away_count == 0 || load->now_ns < load->again_ns) {
		return 0;
	}
	while (load->away_count) {
		if (load_connect(load, &load->drones[load->away[--load->away_count]]) < 0) {
			return -1;
		}
	}
	return 0;
}

/* The next turn's end. */
static uint64_t patience_ns(const struct load *load, uint64_t give_up_ns)
{
	return load->away_count && load->again_ns < give_up_ns ? load->again_ns : give_up_ns;
}

int load_register(struct load *load, uint32_t from, uint32_t to)
{
	uint32_t wanted = load->ready + to - from;
	uint64_t start_ns = load_clock_ns(), give_up_ns;

	load->last_ready_ns = start_ns;
	while (load->ready < wanted) {
		while (from < to && load->under_way < load->options->under_way) {
			if (load_connect(load, &load->drones[from++]) < 0) {
				return -1;
			}
		}
		give_up_ns = load->last_ready_ns + (uint64_t)GIVE_UP_S * NS_PER_S;
		if (load_turn(load, patience_ns(load, give_up_ns)) < 0 || come_again(load) < 0) {
			return -1;
		}
		if (load->now_ns >= give_up_ns) {
			return load_fail(
				load,
				"%u drones are registered and %u are still waiting; nobody "
				"has got on for %d s (is the simulator there, and does the "
				"scenario's name stand in the relay's settings?)",
				load->ready, load->under_way, GIVE_UP_S);
		}
	}
	load->registered = load->ready;
	load->register_seconds = (double)(load->last_ready_ns - start_ns) / NS_PER_S;
	return 0;
}

int load_register_all(struct load *load)
{
	uint32_t plain = load->options->base + load->options->drones;

	if (load_register(load, plain, load->drone_count) < 0) {
		return -1;
	}
	return load_register(load, 0, plain);
}

/* ------------------------------------------------------------------ mode idle */

static bool input_ended(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char bytes[256];

	if (poll(&input, 1, 0) <= 0) {
		return false;
	}
	return read(STDIN_FILENO, bytes, sizeof(bytes)) <= 0;
}

/* The line before the wait has the memory with all drones there; the line at the end what
 * they cost while they waited. */
int load_run_idle(struct load *load)
{
	if (load_register_all(load) < 0 ||
	    load_idle(load, load_clock_ns() + (uint64_t)SETTLE_MS * NS_PER_MS) < 0 ||
	    load_measure_begin(load) < 0 || load_measure_end(load) < 0) {
		return -1;
	}
	load_report(load, true);
	if (load_measure_begin(load) < 0) {
		return -1;
	}
	while (!input_ended()) {
		if (load_idle(load, load_clock_ns() + 20 * (uint64_t)NS_PER_MS) < 0) {
			return -1;
		}
	}
	return load_measure_end(load);
}

/* -------------------------------------------------------------- mode register */

/* Each of the base must be told of all who come, and of two who come one must be told of the
 * other: the one that was there first, at the least. */
static bool all_told(const struct load *load)
{
	if (load->counts.told - load->measure.start.told < load->told_expected) {
		return false;
	}
	for (uint32_t i = 0; i < load->options->base; i++) {
		if (load->drones[i].told < load->options->drones) {
			return false;
		}
	}
	return true;
}

static void expect_told(struct load *load)
{
	uint64_t base = load->options->base, come = load->options->drones;

	load->told_expected =
		load->options->shape.presence ? base * come + come * (come - 1) / 2 : 0;
	for (uint32_t i = 0; i < load->drone_count; i++) {
		load->drones[i].told = 0;
	}
}

/* Until all have been told; a relay that leaves some out is waited for in vain, and the
 * result shows it. */
static int wait_told(struct load *load)
{
	load->last_told_ns = later_ns(load->last_told_ns, load->now_ns);
	while (load->told_expected && !all_told(load)) {
		uint64_t give_up_ns = load->last_told_ns + (uint64_t)GIVE_UP_S * NS_PER_S;

		if (load_turn(load, give_up_ns) < 0) {
			return -1;
		}
		if (load->now_ns >= give_up_ns) {
			return 0;
		}
	}
	return 0;
}

int load_run_register(struct load *load)
{
	uint32_t base = load->options->base, come = load->options->drones;
	uint32_t plain = base + come;

	if (load_register(load, plain, load->drone_count) < 0 || load_register(load, 0, base) < 0 ||
	    load_idle(load, load_clock_ns() + (uint64_t)SETTLE_MS * NS_PER_MS) < 0) {
		return -1;
	}
	expect_told(load);
	if (load_measure_begin(load) < 0 || load_register(load, base, plain) < 0 ||
	    wait_told(load) < 0) {
		return -1;
	}
	load->registered = come;
	return load_measure_end(load);
}

/* -------------------------------------------------------------- mode presence */

static uint32_t changers(const struct load *load)
{
	uint32_t wanted = load->options->changers;

	return wanted && wanted < load->options->drones ? wanted : load->options->drones;
}

static uint64_t due_ns(const struct load *load)
{
	return load->schedule_ns +
	       (uint64_t)((double)load->scheduled * (double)NS_PER_S / load->options->rate);
}

/* In turn, each to something else and then back. */
static int change_due(struct load *load)
{
	uint32_t count = changers(load);

	while (due_ns(load) <= load->now_ns) {
		struct drone *drone = &load->drones[load->scheduled % count];
		uint32_t turn = (uint32_t)(load->scheduled / count);

		if (load->options->dialect->drone_change(drone->shape, drone->number, turn,
							 load_out(load, drone)) < 0) {
			return load_fail(load, "memory is out");
		}
		load->counts.sent++;
		load->scheduled++;
	}
	return 0;
}

static int change_for(struct load *load, double seconds)
{
	uint64_t end_ns = load->now_ns + (uint64_t)(seconds * (double)NS_PER_S);

	while (load->now_ns < end_ns) {
		uint64_t due;

		if (change_due(load) < 0) {
			return -1;
		}
		due = due_ns(load);
		if (load_flush(load) < 0 || load_wait(load, due < end_ns ? due : end_ns) < 0) {
			return -1;
		}
	}
	return 0;
}

int load_run_presence(struct load *load)
{
	const uint64_t settle_ns = (uint64_t)SETTLE_MS * NS_PER_MS;

	if (load_register_all(load) < 0 || load_idle(load, load_clock_ns() + settle_ns) < 0) {
		return -1;
	}
	load->schedule_ns = load->now_ns;
	if (change_for(load, load->options->warmup) < 0 || load_measure_begin(load) < 0 ||
	    change_for(load, load->options->seconds) < 0 || load_measure_end(load) < 0) {
		return -1;
	}
	return load_idle(load, load_clock_ns() + settle_ns);
}
