#include "core/message.h"

#define NAME_OF(names, number)                                                                     \
	((size_t)(number) < sizeof(names) / sizeof((names)[0]) ? (names)[number] : "?")

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[OUTCOME_COUNT] = {
		[OUTCOME_UNSPECIFIED] = "UNSPECIFIED",
		[OUTCOME_DELIVERED] = "DELIVERED",
		[OUTCOME_CORRUPTED] = "CORRUPTED",
		[OUTCOME_LOST] = "LOST",
		[OUTCOME_NO_ROUTE] = "NO_ROUTE",
		[OUTCOME_TARGET_OFFLINE] = "TARGET_OFFLINE",
		[OUTCOME_TARGET_LEFT] = "TARGET_LEFT",
		[OUTCOME_NOT_ALLOWED] = "NOT_ALLOWED",
		[OUTCOME_TOO_LARGE] = "TOO_LARGE",
		[OUTCOME_SIMULATOR_DOWN] = "SIMULATOR_DOWN",
		[OUTCOME_SIMULATOR_TIMEOUT] = "SIMULATOR_TIMEOUT",
		[OUTCOME_SIMULATOR_ERROR] = "SIMULATOR_ERROR",
		[OUTCOME_OVERLOADED] = "OVERLOADED",
	};

	return NAME_OF(names, outcome);
}

const char *reason_name(enum reason reason)
{
	static const char *const names[REASON_COUNT] = {
		[REASON_NONE] = "NONE",
		[REASON_BELOW_SENSITIVITY] = "BELOW_SENSITIVITY",
		[REASON_PACKET_ERROR] = "PACKET_ERROR",
		[REASON_INTERFERENCE] = "INTERFERENCE",
		[REASON_OUT_OF_RANGE] = "OUT_OF_RANGE",
		[REASON_BLOCKED] = "BLOCKED",
		[REASON_QUEUE_OVERFLOW] = "QUEUE_OVERFLOW",
		[REASON_FAULT_INJECTED] = "FAULT_INJECTED",
	};

	return NAME_OF(names, reason);
}

const char *source_name(enum source source)
{
	static const char *const names[SOURCE_COUNT] = {
		[SOURCE_UNSPECIFIED] = "UNSPECIFIED",
		[SOURCE_LIVE] = "LIVE",
		[SOURCE_CACHED] = "CACHED",
		[SOURCE_BYPASSED] = "BYPASSED",
	};

	return NAME_OF(names, source);
}

const char *presence_what_name(enum presence_what what)
{
	static const char *const names[PRESENCE_WHAT_COUNT] = {
		[PRESENCE_WHAT_UNSPECIFIED] = "UNSPECIFIED", [PRESENCE_WHAT_ONLINE] = "ONLINE",
		[PRESENCE_WHAT_OFFLINE] = "OFFLINE",	     [PRESENCE_WHAT_RENAMED] = "RENAMED",
		[PRESENCE_WHAT_SCENARIO] = "SCENARIO",	     [PRESENCE_WHAT_HUB_UP] = "HUB_UP",
		[PRESENCE_WHAT_HUB_DOWN] = "HUB_DOWN",
	};

	return NAME_OF(names, what);
}

const char *goodbye_name(enum goodbye_reason reason)
{
	static const char *const names[GOODBYE_COUNT] = {
		[GOODBYE_UNSPECIFIED] = "UNSPECIFIED",
		[GOODBYE_LEFT] = "LEFT",
		[GOODBYE_IDLE_TIMEOUT] = "IDLE_TIMEOUT",
		[GOODBYE_TAKEN_OVER] = "TAKEN_OVER",
		[GOODBYE_KICKED] = "KICKED",
		[GOODBYE_PROTOCOL_ERROR] = "PROTOCOL_ERROR",
		[GOODBYE_AUTH_FAILED] = "AUTH_FAILED",
		[GOODBYE_BANNED] = "BANNED",
		[GOODBYE_TOO_SLOW] = "TOO_SLOW",
		[GOODBYE_RATE_LIMITED] = "RATE_LIMITED",
		[GOODBYE_SHUTTING_DOWN] = "SHUTTING_DOWN",
		[GOODBYE_SERVER_FULL] = "SERVER_FULL",
		[GOODBYE_CONNECTION_LOST] = "CONNECTION_LOST",
	};

	return NAME_OF(names, reason);
}

const char *error_name(enum error_code code)
{
	static const char *const names[ERROR_COUNT] = {
		[ERROR_UNSPECIFIED] = "UNSPECIFIED",
		[ERROR_BAD_REQUEST] = "BAD_REQUEST",
		[ERROR_UNKNOWN_REQUEST] = "UNKNOWN_REQUEST",
		[ERROR_UNSUPPORTED] = "UNSUPPORTED",
		[ERROR_NOT_REGISTERED] = "NOT_REGISTERED",
		[ERROR_ALREADY_REGISTERED] = "ALREADY_REGISTERED",
		[ERROR_UNSUPPORTED_PROTOCOL] = "UNSUPPORTED_PROTOCOL",
		[ERROR_BAD_ID] = "BAD_ID",
		[ERROR_BAD_NAME] = "BAD_NAME",
		[ERROR_NAME_TAKEN] = "NAME_TAKEN",
		[ERROR_AUTH_FAILED] = "AUTH_FAILED",
		[ERROR_BANNED] = "BANNED",
		[ERROR_NO_SCENARIO] = "NO_SCENARIO",
		[ERROR_NO_SUCH_SCENARIO] = "NO_SUCH_SCENARIO",
		[ERROR_SCENARIO_FULL] = "SCENARIO_FULL",
		[ERROR_SCENARIO_NOT_ALLOWED] = "SCENARIO_NOT_ALLOWED",
		[ERROR_SCENARIO_UNAVAILABLE] = "SCENARIO_UNAVAILABLE",
		[ERROR_TOO_MANY_GROUPS] = "TOO_MANY_GROUPS",
		[ERROR_PAYLOAD_TOO_LARGE] = "PAYLOAD_TOO_LARGE",
		[ERROR_NO_ORIGIN] = "NO_ORIGIN",
		[ERROR_RATE_LIMITED] = "RATE_LIMITED",
		[ERROR_INTERNAL] = "INTERNAL",
	};

	return NAME_OF(names, code);
}

const char *topology_name(enum topology_kind topology)
{
	static const char *const names[] = {
		[TOPOLOGY_UNSPECIFIED] = "UNSPECIFIED",
		[TOPOLOGY_MESH] = "MESH",
		[TOPOLOGY_STAR] = "STAR",
	};

	return NAME_OF(names, topology);
}

const char *drone_kind_name(enum drone_kind kind)
{
	static const char *const names[] = {
		[DRONE_KIND_DRONE] = "DRONE",
		[DRONE_KIND_GROUND_STATION] = "GROUND_STATION",
	};

	return NAME_OF(names, kind);
}

const char *line_of_sight_name(enum line_of_sight los)
{
	static const char *const names[] = {
		[LINE_OF_SIGHT_UNSPECIFIED] = "UNSPECIFIED",
		[LINE_OF_SIGHT_LOS] = "LOS",
		[LINE_OF_SIGHT_NLOS] = "NLOS",
	};

	return NAME_OF(names, los);
}
