/* Newcomers with whom TLS has failed: all are counted, some a second are told in the log, the
 * others by their number, so that whoever makes many does not fill it. */
#ifndef UAV_NET_TLS_FAILURES_H
#define UAV_NET_TLS_FAILURES_H

#include "base/log.h"
#include "core/port.h"

#include <uv.h>

#define TLS_FAILURES_TOLD 10 /* a second */

struct tls_failures {
	struct log *log;
	uv_timer_t timer; /* active from one that is told on, for a second */
	uint64_t count;	  /* since the start */
	uint32_t told;	  /* in this second */
	uint32_t untold;
};

void tls_failures_init(struct tls_failures *failures, uv_loop_t *loop, struct log *log);
/* Tells of those that it has not. Takes one more turn of the loop. */
void tls_failures_close(struct tls_failures *failures);

/* `why` is for people. */
void tls_failures_note(struct tls_failures *failures, const char *listener,
		       const uint8_t host[ENDPOINT_ADDRESS_BYTES], const char *why);

#endif
