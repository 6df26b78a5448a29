/* The least firmware around the client, for `make firmware-size`: it calls every function of
 * the header once, so that the linker keeps all of them, and stands on nothing else. It is
 * linked, not run. */
#include "../uav_client.h"

/* What a real firmware has a network and a clock for. */
extern volatile uint32_t board_clock, board_byte;
volatile uint32_t board_clock, board_byte;

static struct uav_client client;
static uint8_t in[UAV_IN_MIN], out[UAV_OUT_MIN];

static void handle(void *user, struct uav_client *of, const struct uav_event *event)
{
	(void)user;
	(void)of;
	board_byte = (uint32_t)event->kind;
}

/* A firmware's HMAC is its own, and not measured. */
static bool prove(void *user, const uint8_t *message, size_t size, uint8_t proof[UAV_PROOF_BYTES])
{
	(void)user;
	proof[0] = message[size - 1];
	return true;
}

static void request_everything(void)
{
	const struct uav_send send = {.payload = "x", .size = 1};

	(void)uav_client_send(&client, &send, NULL);
	(void)uav_client_choose(&client, "field", NULL);
	(void)uav_client_list_scenarios(&client, NULL);
	(void)uav_client_list_drones(&client, NULL, NULL);
	(void)uav_client_place(&client, 0, 0, 0, NULL);
	(void)uav_client_leave(&client, NULL);
}

static void run(void)
{
	static const struct uav_config config = {
		.drone_id = "uav1",
		.in = in,
		.in_size = sizeof(in),
		.out = out,
		.out_size = sizeof(out),
		.handle = handle,
		.prove = prove,
	};

	(void)uav_client_init(&client, &config);
	uav_client_start(&client, board_clock);
	while (uav_client_phase(&client) != UAV_PHASE_STOPPED) {
		enum uav_action action = uav_client_poll(&client, board_clock);
		uint8_t byte = (uint8_t)board_byte;
		size_t size;

		if (action == UAV_ACTION_CONNECT) {
			uav_client_connected(&client, board_clock);
		} else if (action == UAV_ACTION_CLOSE) {
			uav_client_disconnected(&client, board_clock);
		}
		uav_client_received(&client, &byte, 1, board_clock);
		board_byte = uav_client_output(&client, &size)[0];
		uav_client_sent(&client, 1);
		board_clock = uav_client_wait_ms(&client, board_clock);
		request_everything();
	}
	uav_client_stop(&client, board_clock);
}

void reset(void);
void reset(void)
{
	run();
	for (;;) {
	}
}

/* The Cortex-M's vector table: the stack, and where it begins. */
extern uint32_t stack_top;
__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
	&stack_top,
	(const void *)reset,
};
