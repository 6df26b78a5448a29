/* Every bound and timeout the core keeps. Each is a configuration key. */
#ifndef UAV_CORE_LIMITS_H
#define UAV_CORE_LIMITS_H

#include <stdint.h>

struct limits {
	/* sessions */
	uint32_t max_drones;	      /* connected, registered or not */
	uint32_t max_unregistered;    /* of these, not yet registered */
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
	/* presence */
	uint32_t presence_interval_ms; /* events are gathered this long */
	uint32_t presence_backlog;     /* events kept for slow readers */
};

/* The project's defaults. */
struct limits limits_default(void);

/* The largest payload that fits a frame of `max_frame_bytes` in every message that
 * carries it. */
uint32_t limits_max_payload(uint32_t max_frame_bytes);

#endif
