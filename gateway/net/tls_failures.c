#include "net/tls_failures.h"

#include "base/host_bytes.h"

enum { SECOND_MS = 1000 };

static void tell_untold(struct tls_failures *failures)
{
	if (failures->untold > 0) {
		LOG(failures->log, LOG_LEVEL_WARNING, "tls_failed_more",
		    log_num("count", failures->untold),
		    log_str("why", "more in a second than are told one by one"));
	}
	failures->told = 0;
	failures->untold = 0;
}

static void on_second_over(uv_timer_t *timer)
{
	tell_untold(timer->data);
}

void tls_failures_init(struct tls_failures *failures, uv_loop_t *loop, struct log *log)
{
	*failures = (struct tls_failures){.log = log};
	uv_timer_init(loop, &failures->timer);
	failures->timer.data = failures;
}

void tls_failures_close(struct tls_failures *failures)
{
	tell_untold(failures);
	uv_close((uv_handle_t *)&failures->timer, NULL);
}

void tls_failures_note(struct tls_failures *failures, const char *listener,
		       const uint8_t host[ENDPOINT_ADDRESS_BYTES], const char *why)
{
	char text[INET6_ADDRSTRLEN];

	failures->count++;
	if (failures->told == TLS_FAILURES_TOLD) {
		failures->untold++;
		return;
	}
	failures->told++;
	if (!uv_is_active((const uv_handle_t *)&failures->timer)) {
		uv_timer_start(&failures->timer, on_second_over, SECOND_MS, 0);
	}
	LOG(failures->log, LOG_LEVEL_WARNING, "tls_failed", log_str("listener", listener),
	    log_str("host", host_bytes_text(host, text)), log_str("why", why));
}
