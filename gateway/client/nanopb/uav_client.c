/* The life of a drone's session, from one attempt to the next:
 *
 *	PAUSING -> CONNECTING -> REGISTERING -> ONLINE (-> LEAVING -> STOPPED)
 *	   ^            |             |           |
 *	   +------------+-------------+-----------+   end_session, with its pause
 *
 * Whatever goes wrong ends in end_session, which says how long the drone stays away, or that
 * it does for good. */
#include "uav_client_parts.h"

#include <string.h>

/* --- time and chance --- */

/* Since the beginning of the phase; right over the wrap of the clock. */
static uint32_t elapsed_ms(const struct uav_client *client)
{
	return client->now - client->since;
}

static void enter(struct uav_client *client, enum uav_phase phase)
{
	client->phase = phase;
	client->since = client->now;
}

void uav_client_set_time(struct uav_client *client, uint32_t now_ms)
{
	client->now = now_ms;
	if (client->phase == UAV_PHASE_ONLINE && elapsed_ms(client) >= UAV_SETTLED_MS) {
		client->backoff_ms = UAV_BACKOFF_MIN_MS;
	}
}

/* Xorshift (Marsaglia 2003): good enough for drones not to come back together. */
static uint32_t draw(struct uav_client *client)
{
	uint32_t x = client->random;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	client->random = x;
	return x;
}

/* Evenly between 1 ms and the bound, which grows. */
static uint32_t next_pause_ms(struct uav_client *client)
{
	uint32_t pause = 1 + draw(client) % client->backoff_ms;
	uint32_t grown = client->backoff_ms * UAV_BACKOFF_PERCENT / 100;

	client->backoff_ms = grown < UAV_BACKOFF_MAX_MS ? grown : UAV_BACKOFF_MAX_MS;
	return pause;
}

static void back_off_at_least(struct uav_client *client, uint32_t bound_ms)
{
	if (client->backoff_ms < bound_ms) {
		client->backoff_ms = bound_ms;
	}
}

/* --- the end of a session or an attempt --- */

void uav_client_tell(struct uav_client *client, const struct uav_event *event)
{
	client->config.handle(client->config.user, client, event);
}

bool uav_client_listens(const struct uav_client *client)
{
	return client->phase >= UAV_PHASE_REGISTERING;
}

/* `offline` says why, and whether for good. retry_after_ms 0: by backoff. */
static void end_session(struct uav_client *client, struct uav_offline offline,
			uint32_t retry_after_ms)
{
	struct uav_event event = {.kind = UAV_EVENT_OFFLINE};

	client->connection_ends |= client->phase >= UAV_PHASE_CONNECTING;
	uav_client_write_anew(client);
	if (offline.stopped) {
		enter(client, UAV_PHASE_STOPPED);
	} else {
		enter(client, UAV_PHASE_PAUSING);
		client->pause_ms = retry_after_ms ? retry_after_ms : next_pause_ms(client);
		if (client->pause_ms > UAV_RETRY_MAX_MS) {
			client->pause_ms = UAV_RETRY_MAX_MS;
		}
		offline.retry_in_ms = client->pause_ms;
	}
	offline.error = offline.error ? offline.error : client->refused;
	offline.message = offline.message ? offline.message : "";
	event.u.offline = offline;
	uav_client_tell(client, &event);
}

static void lose(struct uav_client *client, enum uav_why why)
{
	end_session(client,
		    (struct uav_offline){.why = why, .stopped = client->phase == UAV_PHASE_LEAVING},
		    0);
}

void uav_client_unreadable(struct uav_client *client)
{
	lose(client, UAV_WHY_UNREADABLE);
}

static void heard_goodbye(struct uav_client *client)
{
	const uav_relay_v1_Goodbye *goodbye = &client->frame.body.goodbye;
	struct uav_offline offline = {
		.why = UAV_WHY_GOODBYE, .goodbye = goodbye->reason, .message = goodbye->message};

	switch (goodbye->reason) {
	case uav_relay_v1_GoodbyeReason_GOODBYE_REASON_TAKEN_OVER:
	case uav_relay_v1_GoodbyeReason_GOODBYE_REASON_AUTH_FAILED:
		offline.stopped = true;
		break;
	case uav_relay_v1_GoodbyeReason_GOODBYE_REASON_KICKED:
		back_off_at_least(client, UAV_BACKOFF_KICKED_MS);
		break;
	default:
		offline.stopped = client->phase == UAV_PHASE_LEAVING;
		break;
	}
	end_session(client, offline, goodbye->retry_after_ms);
}

/* --- registering --- */

static void register_now(struct uav_client *client)
{
	if (uav_client_write_registration(client)) {
		/* only if a registration of this connection has not even been sent */
		lose(client, UAV_WHY_UNREADABLE);
	}
}

static void heard_challenge(struct uav_client *client)
{
	const struct uav_config *config = &client->config;
	size_t nonce = client->frame.body.challenge.nonce.size;
	size_t id = strlen(config->drone_id);
	uint8_t message[UAV_PROOF_MESSAGE_MAX], proof[UAV_PROOF_BYTES] = {0};

	if (nonce != UAV_NONCE_BYTES) {
		uav_client_unreadable(client);
		return;
	}
	memcpy(message, client->frame.body.challenge.nonce.bytes, nonce);
	memcpy(message + nonce, config->drone_id, id);
	if (!config->prove || !config->prove(config->user, message, nonce + id, proof)) {
		end_session(client, (struct uav_offline){.why = UAV_WHY_NO_PROOF, .stopped = true},
			    0);
	} else if (uav_client_write_proof(client, proof)) {
		uav_client_unreadable(client);
	}
}

/* The registration is refused; whether a goodbye follows depends on the error. */
static void heard_refusal(struct uav_client *client)
{
	const uav_relay_v1_Error *error = &client->frame.body.error;
	struct uav_offline offline = {
		.why = UAV_WHY_REFUSED, .error = error->code, .message = error->message};

	client->refused = error->code;
	switch (error->code) {
	case uav_relay_v1_ErrorCode_ERROR_CODE_NAME_TAKEN:
		if (client->config.callsign && !client->without_callsign) {
			/* it may be the callsign: that is not worth staying away for */
			client->without_callsign = true;
			register_now(client);
			return;
		}
		back_off_at_least(client, UAV_BACKOFF_TAKEN_MS);
		break;
	case uav_relay_v1_ErrorCode_ERROR_CODE_BANNED:
		/* for how long is in the goodbye that follows; if it is lost, for long */
		back_off_at_least(client, UAV_BACKOFF_MAX_MS);
		return;
	case uav_relay_v1_ErrorCode_ERROR_CODE_AUTH_FAILED:
	case uav_relay_v1_ErrorCode_ERROR_CODE_BAD_ID:
	case uav_relay_v1_ErrorCode_ERROR_CODE_BAD_NAME:
	case uav_relay_v1_ErrorCode_ERROR_CODE_BAD_REQUEST:
	case uav_relay_v1_ErrorCode_ERROR_CODE_UNSUPPORTED_PROTOCOL:
		offline.stopped = true; /* it would be refused again */
		break;
	default:
		break;
	}
	end_session(client, offline, 0);
}

/* The gateway's patience, within bounds, is ours with it as well. */
static uint32_t silence_ms(const uav_relay_v1_Welcome *welcome)
{
	uint32_t idle = welcome->idle_timeout_ms;

	return idle < UAV_SILENCE_MIN_MS   ? UAV_SILENCE_MIN_MS
	       : idle > UAV_SILENCE_MAX_MS ? UAV_SILENCE_MAX_MS
					   : idle;
}

static void heard_welcome(struct uav_client *client)
{
	const uav_relay_v1_Welcome *welcome = &client->frame.body.welcome;

	enter(client, UAV_PHASE_ONLINE);
	client->refused = uav_relay_v1_ErrorCode_ERROR_CODE_UNSPECIFIED;
	client->max_payload_bytes = welcome->max_payload_bytes;
	client->silence_ms = silence_ms(welcome);
	uav_client_tell(client, &(struct uav_event){.kind = UAV_EVENT_ONLINE,
						    .ref = client->frame.ref,
						    .u.welcome = welcome});
}

/* --- frames --- */

static void tell_done(struct uav_client *client)
{
	uav_client_tell(client,
			&(struct uav_event){.kind = UAV_EVENT_DONE, .ref = client->frame.ref});
}

/* A list's entries, and that it has ended. */
static void heard_list(struct uav_client *client, bool more)
{
	uav_client_tell_entries(client);
	if (!more && uav_client_listens(client)) {
		tell_done(client);
	}
}

static void heard_presence(struct uav_client *client)
{
	uint32_t missed = client->frame.body.presence.missed;

	uav_client_tell_entries(client);
	if (missed && uav_client_listens(client)) {
		uav_client_tell(client,
				&(struct uav_event){.kind = UAV_EVENT_MISSED, .u.missed = missed});
	}
}

static void heard_scenario(struct uav_client *client)
{
	const uav_relay_v1_ScenarioChosen *chosen = &client->frame.body.scenario_chosen;
	const uav_relay_v1_ScenarioEntry *entry = chosen->has_scenario ? &chosen->scenario : NULL;

	if (client->frame.ref && client->frame.ref == client->choose_ref) {
		(void)uav_client_put_text(client->scenario, sizeof(client->scenario),
					  entry ? entry->name : NULL);
	}
	uav_client_tell(client, &(struct uav_event){.kind = UAV_EVENT_SCENARIO,
						    .ref = client->frame.ref,
						    .u.scenario = entry});
}

static void heard_delivery(struct uav_client *client)
{
	struct uav_event event = {.kind = UAV_EVENT_DELIVERY};

	event.u.delivery = (struct uav_delivery){.head = &client->frame.body.delivery,
						 .payload = client->payload,
						 .payload_size = client->payload_size};
	uav_client_tell(client, &event);
}

static void heard_error(struct uav_client *client)
{
	uav_client_tell(client, &(struct uav_event){.kind = UAV_EVENT_ERROR,
						    .ref = client->frame.ref,
						    .u.error = &client->frame.body.error});
}

/* Pongs of our own pings have no ref, and have done what they are for. */
static void heard_pong(struct uav_client *client)
{
	if (client->frame.ref) {
		uav_client_tell(client,
				&(struct uav_event){.kind = UAV_EVENT_PONG,
						    .ref = client->frame.ref,
						    .u.nonce = client->frame.body.pong.nonce});
	}
}

static void heard_ping(struct uav_client *client)
{
	client->pong_waits = true;
	client->pong_nonce = client->frame.body.ping.nonce;
	uav_client_write_pong(client);
}

static void heard_in_session(struct uav_client *client)
{
	switch (client->frame.which_body) {
	case uav_relay_v1_FromGateway_delivery_tag:
		heard_delivery(client);
		break;
	case uav_relay_v1_FromGateway_send_report_tag:
		heard_list(client, client->frame.body.send_report.more);
		break;
	case uav_relay_v1_FromGateway_presence_tag:
		heard_presence(client);
		break;
	case uav_relay_v1_FromGateway_scenarios_tag:
		heard_list(client, client->frame.body.scenarios.more);
		break;
	case uav_relay_v1_FromGateway_drones_tag:
		heard_list(client, client->frame.body.drones.more);
		break;
	case uav_relay_v1_FromGateway_scenario_chosen_tag:
		heard_scenario(client);
		break;
	case uav_relay_v1_FromGateway_done_tag:
		tell_done(client);
		break;
	case uav_relay_v1_FromGateway_error_tag:
		heard_error(client);
		break;
	case uav_relay_v1_FromGateway_pong_tag:
		heard_pong(client);
		break;
	default: /* of a later version */
		break;
	}
}

static void heard_before_welcome(struct uav_client *client)
{
	switch (client->frame.which_body) {
	case uav_relay_v1_FromGateway_welcome_tag:
		heard_welcome(client);
		break;
	case uav_relay_v1_FromGateway_challenge_tag:
		heard_challenge(client);
		break;
	case uav_relay_v1_FromGateway_error_tag:
		heard_refusal(client);
		break;
	default:
		break;
	}
}

void uav_client_heard(struct uav_client *client)
{
	if (client->frame.which_body == uav_relay_v1_FromGateway_goodbye_tag) {
		heard_goodbye(client);
	} else if (client->frame.which_body == uav_relay_v1_FromGateway_ping_tag) {
		heard_ping(client);
	} else if (client->phase == UAV_PHASE_REGISTERING) {
		heard_before_welcome(client);
	} else {
		heard_in_session(client);
	}
}

/* --- life --- */

static bool text_fits(const char *text, size_t most)
{
	return !text || strlen(text) <= most;
}

static bool is_usable(const struct uav_config *config)
{
	const uav_relay_v1_Registration *body = NULL;

	return config->drone_id && *config->drone_id && config->handle && config->in &&
	       config->out && config->in_size >= UAV_IN_MIN && config->in_size <= UAV_SKIP_MAX &&
	       config->out_size >= UAV_OUT_MIN &&
	       text_fits(config->drone_id, sizeof(body->drone_id) - 1) &&
	       text_fits(config->callsign, sizeof(body->callsign) - 1) &&
	       text_fits(config->scenario, sizeof(body->scenario) - 1) &&
	       text_fits(config->software, sizeof(body->software) - 1);
}

int uav_client_init(struct uav_client *client, const struct uav_config *config)
{
	if (!is_usable(config)) {
		return UAV_ERROR_BAD_CONFIG;
	}
	memset(client, 0, sizeof(*client));
	client->config = *config;
	client->random = config->seed ? config->seed : 1; /* of 0 comes nothing but 0 */
	(void)uav_client_put_text(client->scenario, sizeof(client->scenario), config->scenario);
	return 0;
}

void uav_client_start(struct uav_client *client, uint32_t now_ms)
{
	uav_client_set_time(client, now_ms);
	if (client->phase == UAV_PHASE_STOPPED) {
		client->backoff_ms = UAV_BACKOFF_MIN_MS;
		client->pause_ms = 0;
		enter(client, UAV_PHASE_PAUSING);
	}
}

void uav_client_stop(struct uav_client *client, uint32_t now_ms)
{
	uav_client_set_time(client, now_ms);
	if (client->phase != UAV_PHASE_STOPPED) {
		end_session(client, (struct uav_offline){.why = UAV_WHY_STOPPED, .stopped = true},
			    0);
	}
}

enum uav_phase uav_client_phase(const struct uav_client *client)
{
	return client->phase;
}

/* When the phase has lasted for too long, in ms from its beginning; UINT32_MAX: never. */
static uint32_t patience_ms(const struct uav_client *client)
{
	static const uint32_t patience[] = {
		[UAV_PHASE_STOPPED] = UINT32_MAX,	 [UAV_PHASE_PAUSING] = 0,
		[UAV_PHASE_CONNECTING] = UAV_CONNECT_MS, [UAV_PHASE_REGISTERING] = UAV_REGISTER_MS,
		[UAV_PHASE_ONLINE] = UINT32_MAX, /* as long as something is heard */
		[UAV_PHASE_LEAVING] = UAV_LEAVE_MS,
	};

	return client->phase == UAV_PHASE_PAUSING ? client->pause_ms : patience[client->phase];
}

/* Half of the silence is waited for in silence, then a ping asks. */
static uint32_t silence_patience_ms(const struct uav_client *client)
{
	return client->probed ? client->silence_ms : client->silence_ms / 2;
}

static void watch_silence(struct uav_client *client)
{
	uint32_t silent = client->now - client->heard_at;

	if (silent >= client->silence_ms) {
		lose(client, UAV_WHY_SILENT);
	} else if (silent >= silence_patience_ms(client)) {
		client->probed = true; /* or the output is full: no less to answer */
		(void)uav_client_write_ping(client);
	}
}

enum uav_action uav_client_poll(struct uav_client *client, uint32_t now_ms)
{
	uav_client_set_time(client, now_ms);
	if (client->phase == UAV_PHASE_ONLINE) {
		watch_silence(client);
	} else if (client->phase >= UAV_PHASE_CONNECTING &&
		   elapsed_ms(client) >= patience_ms(client)) {
		lose(client, client->phase == UAV_PHASE_CONNECTING ? UAV_WHY_NO_CONNECTION
								   : UAV_WHY_SILENT);
	}
	if (client->connection_ends) {
		return UAV_ACTION_CLOSE;
	}
	if (client->phase == UAV_PHASE_PAUSING && elapsed_ms(client) >= client->pause_ms) {
		enter(client, UAV_PHASE_CONNECTING);
		return UAV_ACTION_CONNECT;
	}
	return UAV_ACTION_NONE;
}

uint32_t uav_client_wait_ms(const struct uav_client *client, uint32_t now_ms)
{
	bool online = client->phase == UAV_PHASE_ONLINE;
	uint32_t passed = now_ms - (online ? client->heard_at : client->since);
	uint32_t patience = online ? silence_patience_ms(client) : patience_ms(client);

	if (client->connection_ends) {
		return 0;
	}
	if (patience == UINT32_MAX) {
		return UINT32_MAX;
	}
	return passed < patience ? patience - passed : 0;
}

void uav_client_connected(struct uav_client *client, uint32_t now_ms)
{
	uav_client_set_time(client, now_ms);
	if (client->phase != UAV_PHASE_CONNECTING) {
		return; /* too late; poll says that it is to be closed */
	}
	enter(client, UAV_PHASE_REGISTERING);
	client->heard_at = now_ms;
	client->probed = false;
	client->without_callsign = false;
	client->refused = uav_relay_v1_ErrorCode_ERROR_CODE_UNSPECIFIED;
	uav_client_read_anew(client);
	uav_client_write_anew(client);
	register_now(client);
}

void uav_client_disconnected(struct uav_client *client, uint32_t now_ms)
{
	uav_client_set_time(client, now_ms);
	if (client->phase >= UAV_PHASE_CONNECTING) {
		lose(client,
		     client->phase == UAV_PHASE_CONNECTING ? UAV_WHY_NO_CONNECTION : UAV_WHY_LOST);
	}
	client->connection_ends = false;
}
