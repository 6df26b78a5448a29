/* What a gateway may say to the client for firmware: the same events come of it however the
 * bytes are cut, all that they hold is within its bounds, and whatever the end, the drone can
 * come back. First a byte: 1 a welcome before the rest, 2 a larger input; next eight the sizes
 * of the cuts (again and again), then the stream. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/nanopb/uav_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CUTS = 8, HEADER = 1 + CUTS, IN_LARGE = 4096 };

struct drone {
	struct uav_client client;
	uint8_t in[IN_LARGE], out[UAV_OUT_MIN];
	uint64_t told; /* hash of all events */
	size_t ended;
};

static void must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "firmware: %s\n", what);
		abort();
	}
}

/* FNV-1a. */
static void add(struct drone *drone, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < size; i++) {
		drone->told = (drone->told ^ at[i]) * 0x100000001b3u;
	}
}

static void add_text(struct drone *drone, const char *text, size_t most)
{
	size_t length = strnlen(text, most);

	must(length < most, "text without an end");
	add(drone, text, length);
}

static void add_hops(struct drone *drone, const uav_relay_v1_Hop *hops, pb_size_t count)
{
	must(count <= 2, "more hops than there is room for");
	for (pb_size_t i = 0; i < count; i++) {
		add_text(drone, hops[i].transmitter, sizeof(hops[i].transmitter));
		add_text(drone, hops[i].receiver, sizeof(hops[i].receiver));
		add(drone, &hops[i].link.delay_us, sizeof(hops[i].link.delay_us));
	}
}

static void on_event(void *user, struct uav_client *client, const struct uav_event *event)
{
	struct drone *drone = user;

	add(drone, &event->kind, sizeof(event->kind));
	add(drone, &event->ref, sizeof(event->ref));
	switch (event->kind) {
	case UAV_EVENT_OFFLINE:
		add_text(drone, event->u.offline.message, 201);
		add(drone, &event->u.offline.retry_in_ms, sizeof(uint32_t));
		drone->ended++;
		break;
	case UAV_EVENT_DELIVERY:
		add(drone, event->u.delivery.payload, event->u.delivery.payload_size);
		add_hops(drone, event->u.delivery.head->hops, event->u.delivery.head->hops_count);
		break;
	case UAV_EVENT_OUTCOME:
		add_text(drone, event->u.outcome->drone_id, sizeof(event->u.outcome->drone_id));
		add_hops(drone, event->u.outcome->hops, event->u.outcome->hops_count);
		break;
	case UAV_EVENT_DRONE:
		add_text(drone, event->u.drone->callsign, sizeof(event->u.drone->callsign));
		(void)uav_client_list_scenarios(client, NULL);
		break;
	case UAV_EVENT_PRESENCE:
		add_text(drone, event->u.presence->scenario, sizeof(event->u.presence->scenario));
		break;
	case UAV_EVENT_SCENARIO:
	case UAV_EVENT_SCENARIO_ENTRY:
		if (event->u.scenario) {
			add_text(drone, event->u.scenario->description,
				 sizeof(event->u.scenario->description));
		}
		break;
	case UAV_EVENT_ERROR:
		add_text(drone, event->u.error->message, sizeof(event->u.error->message));
		break;
	default:
		break;
	}
}

static bool prove(void *user, const uint8_t *message, size_t size, uint8_t proof[UAV_PROOF_BYTES])
{
	(void)user;
	must(size == UAV_NONCE_BYTES + 4, "a proof of something else");
	memcpy(proof, message, UAV_PROOF_BYTES);
	return true;
}

static void connect_now(struct drone *drone, uint32_t now)
{
	must(uav_client_poll(&drone->client, now) == UAV_ACTION_CONNECT, "does not come back");
	uav_client_connected(&drone->client, now);
}

/* Hands in the stream, cut or whole, and ends the connection. */
static void play(struct drone *drone, uint8_t flags, const uint8_t *cuts, const uint8_t *data,
		 size_t size)
{
	static const uint8_t welcome[] = {0x05, 0x4a, 0x03, 0x20, 0xb0, 0x6d}; /* idle 14000 */
	const struct uav_config config = {
		.drone_id = "uav1",
		.in = drone->in,
		.in_size = flags & 2 ? sizeof(drone->in) : UAV_IN_MIN,
		.out = drone->out,
		.out_size = sizeof(drone->out),
		.handle = on_event,
		.prove = prove,
		.user = drone,
	};

	memset(drone, 0, sizeof(*drone));
	must(uav_client_init(&drone->client, &config) == 0, "cannot begin");
	uav_client_start(&drone->client, 0);
	connect_now(drone, 0);
	if (flags & 1) {
		uav_client_received(&drone->client, welcome, sizeof(welcome), 0);
		must(uav_client_phase(&drone->client) == UAV_PHASE_ONLINE, "not welcome");
	}
	for (size_t at = 0, turn = 0; at < size; turn++) {
		size_t piece = cuts ? 1u + cuts[turn % CUTS] : size;

		piece = piece < size - at ? piece : size - at;
		uav_client_received(&drone->client, data + at, piece, 0);
		at += piece;
	}
	(void)uav_client_poll(&drone->client, 0);
	uav_client_disconnected(&drone->client, 0);
	must(drone->ended == 1, "a connection ends once");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct drone whole, cut;

	if (size < HEADER) {
		return 0;
	}
	play(&whole, data[0], NULL, data + HEADER, size - HEADER);
	play(&cut, data[0], data + 1, data + HEADER, size - HEADER);
	must(whole.told == cut.told, "cuts change what is told");
	uav_client_start(&cut.client, 0);
	connect_now(&cut, UAV_RETRY_MAX_MS);
	return 0;
}
