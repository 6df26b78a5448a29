/* Every bound and timeout the core keeps. Each is a configuration key. */
#ifndef UAV_CORE_LIMITS_H
#define UAV_CORE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct limits {
	/* sessions */
	uint32_t max_drones;	      /* connected, registered or not */
	uint32_t max_unregistered;    /* of these, not yet registered: one more, the oldest goes */
	uint32_t register_timeout_ms; /* connect to registered */
	uint32_t frame_timeout_ms;    /* a started frame */
	uint32_t ping_interval_ms;    /* silence before a ping; 0 = no pings */
	uint32_t idle_timeout_ms;     /* silence before goodbye(IDLE_TIMEOUT) */
	uint32_t takeover_ms;	      /* silence after which a foreign newcomer gets the id */
	/* sizes */
	uint32_t max_frame_bytes;	       /* from a registered drone */
	uint32_t max_frame_bytes_unregistered; /* before */
	/* a reader that does not drain */
	uint32_t output_hard_bytes; /* over it: TOO_SLOW at once */
	uint32_t output_soft_bytes; /* over it for output_soft_ms: TOO_SLOW */
	uint32_t output_soft_ms;
	uint64_t max_output_bytes; /* for all drones together; beyond it, see core_crowded */
	/* what one drone may send: a second's worth at once, then so much a second; 0: any */
	uint32_t rate_messages; /* requests of all kinds */
	uint32_t rate_bytes;	/* of their frames */
	bool rate_refuse;	/* beyond it: RATE_LIMITED; else it is not read until it may */
	/* relay */
	uint32_t max_in_flight; /* messages, in all */
	uint32_t max_in_flight_per_drone;
	uint64_t max_in_flight_bytes; /* payloads held outside their slots, in all */
	/* deliveries that wait for their simulated time, and their payloads outside slots */
	uint32_t max_waiting, max_waiting_per_drone; /* by sender */
	uint64_t max_waiting_bytes, max_waiting_bytes_per_drone;
	uint32_t max_queued;	    /* messages that wait for a simulator that is down, in all */
	uint32_t queue_ms;	    /* how long each of these waits */
	uint32_t max_stray_results; /* forged or repeated, in one second: the link is reset */
	uint32_t max_groups_per_drone;
	/* an id that changes hands all the time */
	uint32_t max_takeovers_per_minute; /* more: the id is banned */
	uint32_t takeover_ban_ms;
	/* tries to go by an id that fail */
	uint32_t auth_delay_ms;	    /* before it is told */
	uint32_t auth_max_failures; /* as many within auth_ban_ms ban id and host; 0: never */
	uint32_t auth_ban_ms;
	/* presence */
	uint32_t presence_interval_ms; /* events are gathered this long */
	uint32_t presence_backlog;     /* events kept for slow readers */
	/* the end */
	uint32_t retry_spread_ms; /* over which all are told to come again */
};

/* The project's defaults. */
struct limits limits_default(void);

/* The largest payload that fits a frame of `max_frame_bytes` in every message that
 * carries it. */
uint32_t limits_max_payload(uint32_t max_frame_bytes);

#endif
