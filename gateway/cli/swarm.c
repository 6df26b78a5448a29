#include "cli/command.h"
#include "cli/connection.h"
#include "cli/dialogue.h"
#include "cli/fate_log.h"
#include "cli/swarm_notes.h"
#include "cli/swarm_parts.h"
#include "cli/swarm_table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* All goes well: every drone joins the scenario (fleet), is put in its place (flight), sends
 * what it has to send (traffic) by the clock or in lockstep, and every message comes back as a
 * report (tally). What is still on its way at the end is waited for; then each drone leaves, and
 * behind its goodbye no delivery can come. */

void swarm_count_fate(struct swarm *swarm, const struct fate *fate)
{
	tally_fate(&swarm->tally, fate);
	if (swarm->log) {
		fate_log_line(swarm->log, swarm->options->swarm.lockstep,
			      swarm->flight.ids[fate->sender], fate);
	}
}

void swarm_tell_state(struct swarm *swarm, size_t number, double time_s, bool answer)
{
	struct state state;

	flight_at(&swarm->flight, number, time_s, &state);
	fleet_tell_state(&swarm->fleet, number, &state, answer);
}

void swarm_send(struct swarm *swarm, size_t number, uint64_t message, double time_s,
		uint64_t time_us, uint64_t round)
{
	struct request_send send;

	if (flight_flies(&swarm->flight, number, time_s) &&
	    traffic_message(&swarm->traffic, number, message, &send)) {
		fleet_send(&swarm->fleet, number, &send, time_us, round);
	}
}

bool swarm_goes_on(const struct swarm *swarm)
{
	return swarm->fleet.members && !swarm->fleet.signals && swarm->fleet.status == CLI_DONE;
}

static void take_fate(void *ctx, const struct fate *fate)
{
	struct swarm *swarm = ctx;

	if (swarm->options->swarm.lockstep) {
		swarm_keep_fate(swarm, fate);
	} else {
		swarm_count_fate(swarm, fate);
	}
}

/* --------------------------------------------------------------------------- begin */

static enum cli_exit open_log(struct swarm *swarm)
{
	const char *path = swarm->options->swarm.log;

	if (!path) {
		return CLI_DONE;
	}
	swarm->log = fopen(path, "w");
	if (!swarm->log) {
		return dialogue_trouble("cannot write %s: %s", path, strerror(errno));
	}
	fate_log_head(swarm->log, swarm->options->swarm.lockstep);
	return CLI_DONE;
}

static enum cli_exit close_log(struct swarm *swarm)
{
	bool failed = false;

	if (swarm->log) {
		failed = ferror(swarm->log) != 0;
		failed = fclose(swarm->log) != 0 || failed;
	}
	swarm->log = NULL;
	return failed ? dialogue_trouble("cannot write %s: %s", swarm->options->swarm.log,
					 strerror(errno))
		      : CLI_DONE;
}

static enum cli_exit prepare(struct swarm *swarm)
{
	const struct swarm_options *options = &swarm->options->swarm;
	double seconds = (double)options->duration_us / 1e6;
	char why[512];

	if (flight_init(&swarm->flight, swarm->options, why, sizeof(why)) < 0) {
		return dialogue_trouble("%s", why);
	}
	if (options->duration_us == 0) {
		seconds = swarm->flight.length_s;
	}
	/* a hair more, for rates that binary fractions do not hold */
	swarm->messages = (uint64_t)(seconds * options->rate_hz * (1 + 1e-12));
	swarm->messages = swarm->messages ? swarm->messages : 1;
	if (tally_init(&swarm->tally, swarm->flight.count) < 0) {
		return dialogue_trouble("out of memory");
	}
	return open_log(swarm);
}

/* What can be known only from the gateway. */
static enum cli_exit check_traffic(struct swarm *swarm)
{
	uint64_t size = swarm->options->swarm.size_bytes;
	char why[256];

	if (size > swarm->fleet.max_payload_bytes) {
		return dialogue_trouble("--size %" PRIu64 ": the gateway takes payloads of %" PRIu32
					" bytes at most",
					size, swarm->fleet.max_payload_bytes);
	}
	if (traffic_init(&swarm->traffic, swarm->options, &swarm->flight, swarm->fleet.hub, why,
			 sizeof(why)) < 0) {
		return dialogue_trouble("%s", why);
	}
	return CLI_DONE;
}

static enum cli_exit late(const struct swarm *swarm)
{
	(void)dialogue_trouble("no answer from %s for %g s (--timeout)", swarm->options->gateway,
			       (double)swarm->options->timeout_us / 1e6);
	return CLI_TIMED_OUT;
}

/* Every drone is a member, and in its place. */
static enum cli_exit take_off(struct swarm *swarm)
{
	enum cli_exit status = fleet_board(&swarm->fleet);

	if (status == CLI_DONE) {
		status = check_traffic(swarm);
	}
	if (status != CLI_DONE) {
		return status;
	}
	for (size_t i = 0; i < swarm->flight.count; i++) {
		swarm_tell_state(swarm, i, 0, true);
	}
	status = fleet_settle(&swarm->fleet, 1);
	if (status == CLI_TIMED_OUT) {
		return late(swarm);
	}
	return status == CLI_DONE && swarm->fleet.signals ? CLI_TROUBLE : status;
}

/* ------------------------------------------------------------------------------ end */

static void print_table(struct swarm *swarm, FILE *out)
{
	const struct swarm_table table = {
		.options = swarm->options,
		.flight = &swarm->flight,
		.tally = &swarm->tally,
		.topology = swarm->fleet.topology,
		.flown_s = swarm->flown_s,
		.real_s = swarm->real_s,
		.rounds = swarm->rounds,
		.interrupted = swarm->fleet.signals > 0,
	};

	if (swarm->options->json) {
		swarm_table_json(out, &table);
	} else {
		swarm_table_text(out, &table);
	}
	swarm_notes(stderr, &table, swarm->fleet.hub);
}

static enum cli_exit fly(struct swarm *swarm, FILE *out)
{
	double rate_hz = swarm->options->swarm.rate_hz;
	enum cli_exit status;

	swarm->fleet.flying = true;
	progress_begin(&swarm->progress, (double)swarm->messages / rate_hz, connection_clock());
	status =
		swarm->options->swarm.lockstep ? swarm_fly_lockstep(swarm) : swarm_fly_timed(swarm);
	if (status == CLI_DONE) {
		status = fleet_settle(&swarm->fleet, SWARM_SIGNALS); /* what is on its way */
	}
	progress_end(&swarm->progress);
	if (status == CLI_TIMED_OUT) {
		status = late(swarm);
	}
	fleet_leave(&swarm->fleet);
	print_table(swarm, out);
	if (status == CLI_DONE || status == CLI_TIMED_OUT) {
		status = tally_closes(&swarm->tally) ? status : CLI_UNDELIVERED;
	}
	return status;
}

enum cli_exit swarm_run(const struct options *options, const struct printer *printer, FILE *out)
{
	struct swarm *swarm = calloc(1, sizeof(*swarm));
	enum cli_exit status, logged;

	(void)printer;
	if (!swarm) {
		return dialogue_trouble("out of memory");
	}
	swarm->options = options;
	status = prepare(swarm);
	if (status == CLI_DONE) {
		status = fleet_init(&swarm->fleet, options, &swarm->flight, &swarm->tally);
		swarm->fleet.take_fate = take_fate;
		swarm->fleet.ctx = swarm;
		if (status == CLI_DONE) {
			status = take_off(swarm);
			if (status == CLI_DONE) {
				status = fly(swarm, out);
			} else {
				fleet_leave(&swarm->fleet);
			}
		}
		fleet_fini(&swarm->fleet);
	}
	logged = close_log(swarm);
	traffic_fini(&swarm->traffic);
	tally_fini(&swarm->tally);
	flight_fini(&swarm->flight);
	free(swarm->fates);
	free(swarm);
	return status == CLI_DONE ? logged : status;
}
