#include "app/accounts.h"

#include <ctype.h>

enum { ACCOUNT_NAME_BYTES = 32, ACCOUNT_OTHERS = 14 };

static const char *lower_case(const char *name, char out[ACCOUNT_NAME_BYTES])
{
	size_t i = 0;

	for (; i < ACCOUNT_NAME_BYTES - 1 && name[i]; i++) {
		out[i] = (char)tolower((unsigned char)name[i]);
	}
	out[i] = '\0';
	return out;
}

static struct log_field account(const char *key, uint64_t count)
{
	return log_num(key, count > INT64_MAX ? INT64_MAX : (int64_t)count);
}

void accounts_log(struct log *log, const struct stats *stats, uint64_t tls_failures)
{
	char names[OUTCOME_COUNT][ACCOUNT_NAME_BYTES];
	struct log_field fields[OUTCOME_COUNT + ACCOUNT_OTHERS];
	size_t count = 0;

	fields[count++] = account("sends", stats->sends);
	fields[count++] = account("accepted", stats->accepted);
	for (size_t i = OUTCOME_DELIVERED; i < OUTCOME_COUNT; i++) {
		if (stats->outcomes[i] || i <= OUTCOME_LOST) {
			fields[count++] =
				account(lower_case(outcome_name((enum outcome)i), names[i]),
					stats->outcomes[i]);
		}
	}
	fields[count++] = account("pending", stats->pending);
	fields[count++] = account("waiting", stats->waiting);
	fields[count++] = account("queued", stats->queued);
	fields[count++] = account("transmits", stats->transmits);
	fields[count++] = account("relayed", stats->relayed);
	fields[count++] = account("bypassed", stats->bypassed);
	fields[count++] = account("cached", stats->cached);
	fields[count++] = account("results", stats->results);
	fields[count++] = account("results_unknown", stats->results_unknown);
	fields[count++] = account("results_repeated", stats->results_repeated);
	fields[count++] = account("auth_failures", stats->auth_failures);
	fields[count++] = account("tls_failures", tls_failures);
	log_write(log, LOG_LEVEL_INFO, "accounts", fields, count);
}
