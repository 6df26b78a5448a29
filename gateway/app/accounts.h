/* The closing line of the log: what became of everything that entered. */
#ifndef UAV_APP_ACCOUNTS_H
#define UAV_APP_ACCOUNTS_H

#include "base/log.h"
#include "core/stats.h"

/* event=accounts, with the tries to get in and the TLS handshakes that failed; outcomes that never
 * occurred are left out, but for delivered, corrupted and lost. */
void accounts_log(struct log *log, const struct stats *stats, uint64_t tls_failures);

#endif
