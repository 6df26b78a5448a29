#include "core/limits.h"

struct limits limits_default(void)
{
	return (struct limits){
		.max_drones = 10000,
		.max_unregistered = 2048,
		.register_timeout_ms = 5000,
		.frame_timeout_ms = 10000,
		.ping_interval_ms = 10000,
		.idle_timeout_ms = 30000,
		.takeover_ms = 2000,
		.max_frame_bytes = 64 * 1024,
		.max_frame_bytes_unregistered = 4 * 1024,
		.output_hard_bytes = 256 * 1024,
		.output_soft_bytes = 64 * 1024,
		.output_soft_ms = 10000,
		.max_output_bytes = 512ull * 1024 * 1024,
		.max_in_flight = 65536,
		.max_in_flight_per_drone = 64,
		.max_in_flight_bytes = 512ull * 1024 * 1024,
		.max_waiting = 262144,
		.max_waiting_per_drone = 16384,
		.max_waiting_bytes = 512ull * 1024 * 1024,
		.max_waiting_bytes_per_drone = 32ull * 1024 * 1024,
		.max_queued = 4096,
		.queue_ms = 5000,
		.max_stray_results = 100,
		.max_groups_per_drone = 16,
		.max_takeovers_per_minute = 15,
		.takeover_ban_ms = 300000,
		.auth_delay_ms = 100,
		.auth_max_failures = 20,
		.auth_ban_ms = 600000,
		.presence_interval_ms = 50,
		.presence_backlog = 16384,
		.retry_spread_ms = 5000,
	};
}

uint32_t limits_max_payload(uint32_t max_frame_bytes)
{
	const uint32_t around = 1024; /* names, content type and two hops with their links */

	return max_frame_bytes >= 2 * around ? max_frame_bytes - around : max_frame_bytes / 2;
}
