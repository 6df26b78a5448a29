/* What the console has asked and not heard of yet. */
#ifndef UAV_CLI_CONSOLE_REQUESTS_H
#define UAV_CLI_CONSOLE_REQUESTS_H

#include "cli/console_command.h"
#include "cli/table.h"

enum { CONSOLE_REQUESTS_MAX = 256 };

struct console_request {
	uint32_t ref; /* 0: free */
	enum console_verb verb;
	bool quiet; /* asked by the console for itself */
	bool begun; /* a part of the answer has come */
	uint64_t deadline_us;
	uint64_t message; /* of those sent, from 1 */
	char name[CALLSIGN_MAX_BYTES + 1];
	/* of a message's report so far */
	uint32_t targets, undelivered, counts[OUTCOME_COUNT];
	struct table table; /* of a list so far */
};

/* An all-zero struct is empty. */
struct console_requests {
	struct console_request list[CONSOLE_REQUESTS_MAX];
	size_t count;
};

void console_requests_fini(struct console_requests *requests);

/* NULL when there are too many. */
struct console_request *console_requests_add(struct console_requests *requests, uint32_t ref,
					     enum console_verb verb, uint64_t deadline_us);
/* NULL when there is none of that ref. */
struct console_request *console_requests_find(struct console_requests *requests, uint32_t ref);
void console_requests_remove(struct console_requests *requests, struct console_request *request);
/* One whose deadline has passed, or NULL. */
struct console_request *console_requests_late(struct console_requests *requests, uint64_t now_us);
/* The earliest deadline; UINT64_MAX without any. */
uint64_t console_requests_deadline(const struct console_requests *requests);

#endif
