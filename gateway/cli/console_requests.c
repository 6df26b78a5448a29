#include "cli/console_requests.h"

struct console_request *console_requests_add(struct console_requests *requests, uint32_t ref,
					     enum console_verb verb, uint64_t deadline_us)
{
	for (size_t i = 0; i < CONSOLE_REQUESTS_MAX; i++) {
		struct console_request *request = &requests->list[i];

		if (request->ref == 0) {
			*request = (struct console_request){
				.ref = ref, .verb = verb, .deadline_us = deadline_us};
			requests->count++;
			return request;
		}
	}
	return NULL;
}

void console_requests_fini(struct console_requests *requests)
{
	for (size_t i = 0; i < CONSOLE_REQUESTS_MAX; i++) {
		if (requests->list[i].ref) {
			console_requests_remove(requests, &requests->list[i]);
		}
	}
}

struct console_request *console_requests_find(struct console_requests *requests, uint32_t ref)
{
	for (size_t i = 0; ref && i < CONSOLE_REQUESTS_MAX; i++) {
		if (requests->list[i].ref == ref) {
			return &requests->list[i];
		}
	}
	return NULL;
}

void console_requests_remove(struct console_requests *requests, struct console_request *request)
{
	table_fini(&request->table);
	request->ref = 0;
	requests->count--;
}

struct console_request *console_requests_late(struct console_requests *requests, uint64_t now_us)
{
	for (size_t i = 0; i < CONSOLE_REQUESTS_MAX; i++) {
		if (requests->list[i].ref && requests->list[i].deadline_us <= now_us) {
			return &requests->list[i];
		}
	}
	return NULL;
}

uint64_t console_requests_deadline(const struct console_requests *requests)
{
	uint64_t earliest = UINT64_MAX;

	for (size_t i = 0; i < CONSOLE_REQUESTS_MAX; i++) {
		const struct console_request *request = &requests->list[i];

		if (request->ref && request->deadline_us < earliest) {
			earliest = request->deadline_us;
		}
	}
	return earliest;
}
