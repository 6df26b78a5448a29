/* Fair shares: drones send through one simulator that carries less than they want. One of them
 * floods: it always has more, and always comes first. The others have a demand of so many
 * messages a step, and keep what was not taken. Whatever the windows and the simulator's rate,
 * each must get its share by max-min fairness (D. Bertsekas, R. Gallager, Data Networks, 2nd
 * edition, 6.5.2): nobody has less than an equal part but who wants less. */
#include "fair.h"

#include "base/rng.h"
#include "lib/fake_ports.h"

#include <stdio.h>

enum {
	RIDERS_MOST = 12,
	WARM_UP_STEPS = 100,
	STEPS = 1000,
	RESUMED_MOST = 4096, /* in one step */
	A_TURN = 200,	     /* messages that the flooder presents in one */
	UNBOUNDED = 1000
};

struct rider {
	struct fake_drone drone;
	double demand;	/* messages a step; the flooder's: UNBOUNDED */
	double backlog; /* asked for, not taken */
	bool held, queued;
	uint32_t resumes; /* seen so far */
	uint64_t taken;
};

static struct fake_gateway gateway;
static struct rider riders[RIDERS_MOST];
static unsigned rider_count;
static struct rider *resumed[RESUMED_MOST];
static unsigned resumed_count;
static uint32_t answered, capacity; /* answers a step */

static bool is_resumed(const struct rider *rider)
{
	return rider->held && rider->drone.resumes != rider->resumes;
}

/* Those that were let go on since this was last asked, behind those before them. */
static void note_resumed(void)
{
	for (unsigned i = 0; i < rider_count; i++) {
		if (is_resumed(&riders[i]) && !riders[i].queued) {
			riders[i].queued = true;
			resumed[resumed_count++] = &riders[i];
		}
	}
}

/* As a peer does: presents what there is, until it is told to hold. */
static void present(struct rider *rider)
{
	if (rider->held && !is_resumed(rider)) {
		return;
	}
	rider->held = false;
	while (rider->backlog >= 1) {
		if (fake_send(&rider->drone, rider == riders ? "uav1" : "uav0", "x",
			      REPORT_WISH_NONE) == CORE_HOLD) {
			rider->held = true;
			rider->resumes = rider->drone.resumes;
			return;
		}
		rider->taken++;
		rider->backlog -= 1;
	}
}

static void simulate(void)
{
	for (uint32_t i = 0; i < capacity && answered < gateway.sim.count; i++) {
		uint32_t back = gateway.sim.count - answered - 1;
		const struct fake_transmit *transmit = fake_transmit(&gateway, back);
		struct reception reception =
			fake_reception(transmit->receivers[0], OUTCOME_DELIVERED, NULL);

		answered++;
		fake_result(&gateway, back, &reception, 1, false);
		note_resumed();
	}
}

/* Whoever is let go on does so in the same turn, in the order in which it was. */
static void go_on(void)
{
	for (unsigned at = 0; at < resumed_count; at++) {
		resumed[at]->queued = false;
		present(resumed[at]);
		note_resumed();
	}
	resumed_count = 0;
}

static void step(struct rng *rng)
{
	unsigned first = 1 + (unsigned)rng_below(rng, rider_count - 1);

	riders[0].backlog = A_TURN;
	present(&riders[0]);
	for (unsigned i = 0; i + 1 < rider_count; i++) {
		struct rider *rider = &riders[1 + (first + i) % (rider_count - 1)];

		rider->backlog += rider->demand;
		present(rider);
	}
	simulate();
	go_on();
	for (unsigned i = 0; i < rider_count; i++) {
		fake_drain(&riders[i].drone);
	}
	fake_pass(&gateway, 1000);
}

/* What each of those that want no less than it can have. */
static double fair_share(void)
{
	double left = capacity;
	bool served[RIDERS_MOST] = {false};
	unsigned unserved = rider_count;

	for (;;) {
		double share = left / unserved;
		bool any = false;

		for (unsigned i = 0; i < rider_count; i++) {
			if (!served[i] && riders[i].demand <= share) {
				served[i] = true;
				left -= riders[i].demand;
				unserved--;
				any = true;
			}
		}
		if (!any) {
			return share;
		}
	}
}

static void set_up(struct rng *rng)
{
	struct limits limits = fake_limits();

	rider_count = 3 + (unsigned)rng_below(rng, RIDERS_MOST - 2);
	capacity = 1 + (uint32_t)rng_below(rng, 12);
	limits.max_in_flight_per_drone = 1 + (uint32_t)rng_below(rng, 64);
	limits.idle_timeout_ms = 1000000;
	limits.ping_interval_ms = 0;
	limits.max_unregistered = RIDERS_MOST;
	fake_configure(&gateway, &limits);
	/* no more than fake_ports keeps, and at least what a step answers */
	gateway.simulators[0].max_in_flight =
		2 * capacity + (uint32_t)rng_below(rng, FAKE_TRANSMITS - 2 * capacity);
	gateway.scenarios[FAKE_ALPHA].timeout_ms = 1000000;
	fake_start(&gateway);
	fake_sim_up(&gateway);
	answered = 0;
	for (unsigned i = 0; i < rider_count; i++) {
		char id[16];

		riders[i].held = false;
		riders[i].queued = false;
		riders[i].taken = 0;
		riders[i].backlog = 0;
		riders[i].demand = i ? (double)(1 + rng_below(rng, 300)) / 100 : UNBOUNDED;
		snprintf(id, sizeof(id), "uav%u", i);
		fake_join(&gateway, &riders[i].drone, id, "alpha");
	}
}

/* More than a drone's own window lets through: each message is answered, in turn, in the step
 * after those that were in the channel before it. */
static double most_by_window(void)
{
	double window = gateway.config.limits.max_in_flight_per_drone;
	double lane = gateway.config.simulators[0].max_in_flight, all = window * rider_count;

	return window / ((lane < all ? lane : all) / capacity + 1);
}

/* Whether everyone had its share: more than nine tenths of it, but for what is under way. */
static bool is_fair(uint64_t seed)
{
	double share = fair_share(), most = most_by_window();
	bool fair = true;

	for (unsigned i = 0; i < rider_count; i++) {
		const struct rider *rider = &riders[i];
		double due = rider->demand < share ? rider->demand : share;

		due = due < most ? due : most;
		if ((double)rider->taken < 0.9 * due * STEPS - 2) {
			printf("# seed %llu: drone %u of %u wants %.2f a step, is due %.2f of %u, "
			       "and got %.2f\n",
			       (unsigned long long)seed, i, rider_count, rider->demand, due,
			       capacity, (double)rider->taken / STEPS);
			fair = false;
		}
	}
	return fair;
}

bool fair_play(uint64_t seed)
{
	struct rng rng;
	bool fair;

	rng_seed(&rng, seed);
	set_up(&rng);
	for (int i = 0; i < WARM_UP_STEPS; i++) {
		step(&rng);
	}
	for (unsigned i = 0; i < rider_count; i++) {
		riders[i].taken = 0;
	}
	for (int i = 0; i < STEPS; i++) {
		step(&rng);
	}
	fair = is_fair(seed);
	fake_close(&gateway);
	return fair;
}
