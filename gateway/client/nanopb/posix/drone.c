/* A drone over a POSIX socket, around the client for firmware: tells on standard output what
 * happens, one event a line, and takes commands from standard input, one after the other, each
 * when the one before is answered. It stands where a firmware has lwIP and its tasks. */
#include "../uav_client.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES 8192u
#define SECRET_BYTES 128u

struct drone {
	struct uav_client client;
	const char *host, *port;
	const char *place; /* "EAST,NORTH,UP" or NULL */
	const char *secret_path;
	int socket; /* -1: none */
	bool connecting;
	bool in_scenario, input_ended;
	bool leaves;	    /* has told the gateway so */
	bool ended_well;    /* left, or stopped as asked */
	uint32_t waits_for; /* ref of the command that is not answered yet; 0: none */
	char line[1024];
	size_t line_size;
	bool passes_over; /* the rest of a line that did not fit */
	uint8_t in[BUFFER_BYTES], out[BUFFER_BYTES];
};

static volatile sig_atomic_t asked_to_end;

static void on_signal(int number)
{
	(void)number;
	asked_to_end = 1;
}

static uint32_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint32_t)((uint64_t)time.tv_sec * 1000u + (uint64_t)time.tv_nsec / 1000000u);
}

/* --- what is told --- */

#define NAME(array, number)                                                                        \
	((size_t)(number) < sizeof(array) / sizeof((array)[0]) ? (array)[number] : "UNKNOWN")

static const char *const OUTCOMES[] = {
	"UNSPECIFIED",	     "DELIVERED",	"CORRUPTED",   "LOST",	    "NO_ROUTE",
	"TARGET_OFFLINE",    "TARGET_LEFT",	"NOT_ALLOWED", "TOO_LARGE", "SIMULATOR_DOWN",
	"SIMULATOR_TIMEOUT", "SIMULATOR_ERROR", "OVERLOADED",
};
static const char *const REASONS[] = {
	"NONE",		"BELOW_SENSITIVITY", "PACKET_ERROR",   "INTERFERENCE",
	"OUT_OF_RANGE", "BLOCKED",	     "QUEUE_OVERFLOW", "FAULT_INJECTED",
};
static const char *const GOODBYES[] = {
	"UNSPECIFIED",	  "LEFT",	 "IDLE_TIMEOUT",    "TAKEN_OVER", "KICKED",
	"PROTOCOL_ERROR", "AUTH_FAILED", "BANNED",	    "TOO_SLOW",	  "RATE_LIMITED",
	"SHUTTING_DOWN",  "SERVER_FULL", "CONNECTION_LOST",
};
static const char *const PRESENCES[] = {"UNSPECIFIED", "ONLINE", "OFFLINE", "RENAMED",
					"SCENARIO",    "HUB_UP", "HUB_DOWN"};
static const char *const ERRORS[] = {
	"UNSPECIFIED",
	"BAD_REQUEST",
	"UNKNOWN_REQUEST",
	"UNSUPPORTED",
	"NOT_REGISTERED",
	"ALREADY_REGISTERED",
	"UNSUPPORTED_PROTOCOL",
	"BAD_ID",
	"BAD_NAME",
	"NAME_TAKEN",
	"AUTH_FAILED",
	"BANNED",
	"NO_SCENARIO",
	"NO_SUCH_SCENARIO",
	"SCENARIO_FULL",
	"SCENARIO_NOT_ALLOWED",
	"SCENARIO_UNAVAILABLE",
	"TOO_MANY_GROUPS",
	"PAYLOAD_TOO_LARGE",
	"NO_ORIGIN",
	"RATE_LIMITED",
	"INTERNAL",
};
static const char *const WHYS[] = {"no_connection", "lost",	"silent",     "goodbye",
				   "refused",	    "no_proof", "unreadable", "stopped"};

/* In quotes, with whatever a terminal might obey written as \xNN. */
static void print_bytes(const char *key, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	printf(" %s=\"", key);
	for (size_t i = 0; i < size; i++) {
		if (at[i] < 0x20 || at[i] >= 0x7f || at[i] == '"' || at[i] == '\\') {
			printf("\\x%02x", at[i]);
		} else {
			putchar(at[i]);
		}
	}
	putchar('"');
}

static void print_text(const char *key, const char *text)
{
	print_bytes(key, text, strlen(text));
}

static void print_hops(const uav_relay_v1_Hop *hops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		print_text("hop", hops[i].transmitter);
		print_text("to", hops[i].receiver);
		if (hops[i].has_link) {
			printf(" snr_db=%.2f path_loss_db=%.2f distance_m=%.1f delay_us=%lu",
			       (double)hops[i].link.snr_db, (double)hops[i].link.path_loss_db,
			       (double)hops[i].link.distance_m,
			       (unsigned long)hops[i].link.delay_us);
		}
	}
}

static void print_offline(const struct uav_offline *offline)
{
	printf("event=offline why=%s", NAME(WHYS, offline->why));
	if (offline->why == UAV_WHY_GOODBYE) {
		printf(" goodbye=%s", NAME(GOODBYES, offline->goodbye));
	}
	if (offline->error) {
		printf(" error=%s", NAME(ERRORS, offline->error));
	}
	if (*offline->message) {
		print_text("message", offline->message);
	}
	if (offline->stopped) {
		printf(" stopped=yes");
	} else {
		printf(" retry_in_ms=%lu", (unsigned long)offline->retry_in_ms);
	}
}

static void print_scenario(const char *event, const uav_relay_v1_ScenarioEntry *entry)
{
	printf("event=%s", event);
	if (entry) {
		print_text("name", entry->name);
		printf(" available=%s drones=%lu", entry->available ? "yes" : "no",
		       (unsigned long)entry->drones);
	}
}

static void print_event(const struct uav_event *event)
{
	switch (event->kind) {
	case UAV_EVENT_ONLINE:
		printf("event=online session=%llu", (unsigned long long)event->u.welcome->session);
		print_text("callsign", event->u.welcome->callsign);
		break;
	case UAV_EVENT_OFFLINE:
		print_offline(&event->u.offline);
		break;
	case UAV_EVENT_SCENARIO:
		print_scenario("scenario", event->u.scenario);
		break;
	case UAV_EVENT_SCENARIO_ENTRY:
		print_scenario("scenario_entry", event->u.scenario);
		break;
	case UAV_EVENT_DELIVERY:
		printf("event=delivery");
		print_text("from", event->u.delivery.head->sender);
		print_bytes("payload", event->u.delivery.payload, event->u.delivery.payload_size);
		print_hops(event->u.delivery.head->hops, event->u.delivery.head->hops_count);
		break;
	case UAV_EVENT_OUTCOME:
		printf("event=outcome");
		print_text("drone", event->u.outcome->drone_id);
		printf(" outcome=%s reason=%s", NAME(OUTCOMES, event->u.outcome->outcome),
		       NAME(REASONS, event->u.outcome->reason));
		print_hops(event->u.outcome->hops, event->u.outcome->hops_count);
		break;
	case UAV_EVENT_PRESENCE:
		printf("event=presence what=%s", NAME(PRESENCES, event->u.presence->what));
		print_text("drone", event->u.presence->drone_id);
		print_text("scenario", event->u.presence->scenario);
		break;
	case UAV_EVENT_DRONE:
		printf("event=drone");
		print_text("drone", event->u.drone->drone_id);
		print_text("scenario", event->u.drone->scenario);
		break;
	case UAV_EVENT_ERROR:
		printf("event=error code=%s", NAME(ERRORS, event->u.error->code));
		print_text("message", event->u.error->message);
		break;
	case UAV_EVENT_MISSED:
		printf("event=missed events=%lu", (unsigned long)event->u.missed);
		break;
	case UAV_EVENT_SKIPPED:
		printf("event=skipped bytes=%lu", (unsigned long)event->u.skipped);
		break;
	case UAV_EVENT_DONE:
		printf("event=done");
		break;
	case UAV_EVENT_PONG:
		printf("event=pong");
		break;
	}
	if (event->ref) {
		printf(" ref=%lu", (unsigned long)event->ref);
	}
	putchar('\n');
	fflush(stdout);
}

/* --- what the client calls --- */

static void place(struct drone *drone)
{
	float at[3] = {0};
	const char *rest = drone->place;

	for (size_t i = 0; i < 3 && rest; i++) {
		char *end;

		at[i] = strtof(rest, &end);
		rest = *end == ',' ? end + 1 : NULL;
	}
	(void)uav_client_place(&drone->client, at[0], at[1], at[2], NULL);
}

static void on_event(void *user, struct uav_client *client, const struct uav_event *event)
{
	struct drone *drone = user;

	(void)client;
	print_event(event);
	if (event->kind == UAV_EVENT_ONLINE && drone->place) {
		place(drone); /* nothing of an earlier session is inherited */
	} else if (event->kind == UAV_EVENT_SCENARIO) {
		drone->in_scenario = event->u.scenario != NULL;
	} else if (event->kind == UAV_EVENT_OFFLINE) {
		drone->in_scenario = false;
		drone->waits_for = 0; /* its fate is not known */
		drone->ended_well = drone->leaves || event->u.offline.why == UAV_WHY_STOPPED;
	}
	if (event->ref == drone->waits_for &&
	    (event->kind == UAV_EVENT_DONE || event->kind == UAV_EVENT_ERROR ||
	     event->kind == UAV_EVENT_SCENARIO)) {
		drone->waits_for = 0;
	}
}

static bool prove(void *user, const uint8_t *message, size_t size, uint8_t proof[UAV_PROOF_BYTES])
{
	const struct drone *drone = user;
	FILE *file = drone->secret_path ? fopen(drone->secret_path, "re") : NULL;
	char secret[SECRET_BYTES + 2] = "";
	bool read = file && fgets(secret, sizeof(secret), file);
	unsigned int proof_size = UAV_PROOF_BYTES;

	if (file) {
		(void)fclose(file);
	}
	secret[strcspn(secret, "\n")] = '\0';
	read = read &&
	       HMAC(EVP_sha256(), secret, (int)strlen(secret), message, size, proof, &proof_size);
	OPENSSL_cleanse(secret, sizeof(secret));
	return read;
}

/* --- commands --- */

static int send_text(struct drone *drone, const char *id, const char *group, const char *text)
{
	const struct uav_send send = {
		.drone = id,
		.group = group,
		.payload = text,
		.size = strlen(text),
		.content_type = "text/plain",
		.report = uav_relay_v1_ReportWish_REPORT_WISH_ALL,
	};

	return uav_client_send(&drone->client, &send, &drone->waits_for);
}

static int leave(struct drone *drone)
{
	int error = uav_client_leave(&drone->client, &drone->waits_for);

	drone->leaves = !error;
	return error;
}

/* The first word of the text, which ends there; *rest is what follows it. */
static char *first_word(char *text, char **rest)
{
	char *end = text + strcspn(text, " ");

	*rest = *end ? end + 1 : end;
	*end = '\0';
	return text;
}

static int command(struct drone *drone, char *line)
{
	struct uav_client *client = &drone->client;
	uint32_t *ref = &drone->waits_for;
	char *rest, *text;
	const char *verb = first_word(line, &rest);

	if (strcmp(verb, "to") == 0) {
		const char *id = first_word(rest, &text);

		return send_text(drone, id, NULL, text);
	}
	if (strcmp(verb, "all") == 0) {
		return send_text(drone, NULL, NULL, rest);
	}
	if (strcmp(verb, "scenario") == 0) {
		return uav_client_choose(client, rest, ref);
	}
	if (strcmp(verb, "scenarios") == 0) {
		return uav_client_list_scenarios(client, ref);
	}
	if (strcmp(verb, "who") == 0) {
		return uav_client_list_drones(client, rest, ref);
	}
	if (strcmp(verb, "leave") == 0) {
		return leave(drone);
	}
	fprintf(stderr,
		"nanopb-drone: %s: known are to ID TEXT, all TEXT, scenario NAME, "
		"scenarios, who [SCENARIO], leave\n",
		verb);
	return 0;
}

static bool has_output(const struct drone *drone)
{
	size_t size;

	(void)uav_client_output(&drone->client, &size);
	return size > 0;
}

static void drop_input(struct drone *drone, size_t size)
{
	drone->line_size -= size;
	memmove(drone->line, drone->line + size, drone->line_size);
}

/* The next line, if one is whole and nothing is unanswered. With nothing before it in the
 * output there is room for it. */
static void obey(struct drone *drone)
{
	char *end = memchr(drone->line, '\n', drone->line_size);
	int error;

	if (!end || !drone->in_scenario || drone->waits_for || has_output(drone)) {
		return;
	}
	*end = '\0';
	error = command(drone, drone->line);
	if (error) {
		fprintf(stderr, "nanopb-drone: %s: not written (%d)\n", drone->line, error);
	}
	drop_input(drone, (size_t)(end - drone->line) + 1);
}

/* A line that does not fit is passed over to its end, so that the next one can be read. */
static void pass_over(struct drone *drone)
{
	const char *end = memchr(drone->line, '\n', drone->line_size);

	if (!drone->passes_over && !end && drone->line_size == sizeof(drone->line)) {
		fprintf(stderr, "nanopb-drone: a line of %zu bytes or more is passed over\n",
			sizeof(drone->line));
		drone->passes_over = true;
	}
	if (drone->passes_over) {
		drone->passes_over = !end;
		drop_input(drone, end ? (size_t)(end - drone->line) + 1 : drone->line_size);
	}
}

/* There is room. */
static void read_commands(struct drone *drone)
{
	size_t room = sizeof(drone->line) - drone->line_size;
	ssize_t size = read(STDIN_FILENO, drone->line + drone->line_size, room);

	if (size > 0) {
		drone->line_size += (size_t)size;
	} else if (size == 0 || errno != EINTR) {
		drone->input_ended = true;
		if (drone->line_size > 0 && drone->line[drone->line_size - 1] != '\n') {
			drone->line[drone->line_size++] = '\n'; /* the last line may lack it */
		}
	}
	pass_over(drone);
}

/* --- the connection --- */

static void end_connection(struct drone *drone)
{
	if (drone->socket >= 0) {
		close(drone->socket);
	}
	drone->socket = -1;
	drone->connecting = false;
	uav_client_disconnected(&drone->client, now_ms());
}

static int open_socket(const struct addrinfo *address)
{
	int one = 1;
	int opened = socket(address->ai_family, SOCK_STREAM, 0);

	if (opened >= 0 && (fcntl(opened, F_SETFL, O_NONBLOCK) < 0 ||
			    (connect(opened, address->ai_addr, address->ai_addrlen) < 0 &&
			     errno != EINPROGRESS))) {
		close(opened);
		return -1;
	}
	if (opened >= 0) {
		(void)setsockopt(opened, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	return opened;
}

static void begin_connection(struct drone *drone)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;

	printf("event=connecting\n");
	fflush(stdout);
	if (getaddrinfo(drone->host, drone->port, &hints, &found) == 0) {
		drone->socket = open_socket(found);
		drone->connecting = drone->socket >= 0;
		freeaddrinfo(found);
	}
	if (drone->socket < 0) {
		end_connection(drone);
	}
}

static void finish_connecting(struct drone *drone)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(drone->socket, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error) {
		end_connection(drone);
		return;
	}
	drone->connecting = false;
	uav_client_connected(&drone->client, now_ms());
}

static void receive(struct drone *drone)
{
	uint8_t bytes[2048];
	ssize_t size = read(drone->socket, bytes, sizeof(bytes));

	if (size > 0) {
		uav_client_received(&drone->client, bytes, (size_t)size, now_ms());
	} else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
		end_connection(drone);
	}
}

/* A connection that has ended is found so by receive, behind a goodbye that may stand there. */
static void transmit(struct drone *drone)
{
	size_t size;
	const uint8_t *bytes = uav_client_output(&drone->client, &size);
	ssize_t sent = send(drone->socket, bytes, size, MSG_NOSIGNAL);

	if (sent > 0) {
		uav_client_sent(&drone->client, (size_t)sent);
	}
}

/* --- the loop --- */

static void wait_and_serve(struct drone *drone)
{
	uint32_t most = uav_client_wait_ms(&drone->client, now_ms());
	bool takes_input = !drone->input_ended && drone->line_size < sizeof(drone->line);
	struct pollfd waits[] = {
		{.fd = drone->socket, .events = POLLIN},
		{.fd = takes_input ? STDIN_FILENO : -1, .events = POLLIN},
	};

	if (drone->connecting || has_output(drone)) {
		waits[0].events |= POLLOUT;
	}
	if (poll(waits, 2, most > 1000 ? 1000 : (int)most) <= 0) {
		return;
	}
	if (waits[1].revents) {
		read_commands(drone);
	}
	if (drone->connecting && waits[0].revents) {
		finish_connecting(drone);
	} else if (waits[0].revents & (POLLIN | POLLHUP | POLLERR)) {
		receive(drone);
	}
	if (drone->socket >= 0 && !drone->connecting && (waits[0].revents & POLLOUT)) {
		transmit(drone); /* also while ever more comes */
	}
}

static void run(struct drone *drone)
{
	while (uav_client_phase(&drone->client) != UAV_PHASE_STOPPED || drone->socket >= 0) {
		switch (uav_client_poll(&drone->client, now_ms())) {
		case UAV_ACTION_CONNECT:
			begin_connection(drone);
			break;
		case UAV_ACTION_CLOSE:
			end_connection(drone);
			break;
		case UAV_ACTION_NONE:
			obey(drone);
			wait_and_serve(drone);
			break;
		}
		if (asked_to_end && !drone->leaves && leave(drone) < 0) {
			uav_client_stop(&drone->client, now_ms());
		}
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: nanopb-drone [-s SCENARIO] [-c CALLSIGN] [-k FILE_WITH_SECRET] [-i "
			"INPUT_BYTES]\n"
			"                    [-p EAST,NORTH,UP] HOST PORT ID\n");
	return 2;
}

/* 0, or -1 when the options are wrong. */
static int read_options(int argc, char **argv, struct drone *drone, struct uav_config *config)
{
	int option;

	while ((option = getopt(argc, argv, "s:c:k:i:p:")) != -1) {
		switch (option) {
		case 's':
			config->scenario = optarg;
			break;
		case 'c':
			config->callsign = optarg;
			break;
		case 'k':
			drone->secret_path = optarg;
			break;
		case 'i':
			config->in_size = strtoul(optarg, NULL, 10);
			break;
		case 'p':
			drone->place = optarg;
			break;
		default:
			return -1;
		}
	}
	if (argc - optind != 3 || config->in_size > BUFFER_BYTES) {
		return -1;
	}
	drone->host = argv[optind];
	drone->port = argv[optind + 1];
	config->drone_id = argv[optind + 2];
	return 0;
}

int main(int argc, char **argv)
{
	static struct drone drone = {.socket = -1};
	struct uav_config config = {
		.software = "nanopb-drone",
		.in = drone.in,
		.in_size = sizeof(drone.in),
		.out = drone.out,
		.out_size = sizeof(drone.out),
		.seed = (uint32_t)getpid() ^ (uint32_t)time(NULL),
		.handle = on_event,
		.prove = prove,
		.user = &drone,
	};
	const struct sigaction action = {.sa_handler = on_signal};

	if (read_options(argc, argv, &drone, &config) < 0 ||
	    uav_client_init(&drone.client, &config) < 0) {
		return usage();
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	uav_client_start(&drone.client, now_ms());
	run(&drone);
	return drone.ended_well ? 0 : 1;
}
