/* The few things that only the core itself can say, and the little of its inside that a
 * test may look at. The model's names and the core's are kept apart. */
#ifndef UAV_TESTS_FLOW_PEEK_H
#define UAV_TESTS_FLOW_PEEK_H

#include "core/core.h"

/* Memory of messages to many. */
uint64_t peek_fanout_bytes(const struct core *core);
/* How many messages may be at the lane's simulator now. */
uint32_t peek_window(const struct core *core, uint32_t lane);
/* Of payloads held outside their slots. */
uint64_t peek_waiting_bytes(const struct core *core);
uint64_t peek_outside_bytes(const struct core *core);
/* Presence records before this position may have been seen. */
uint64_t peek_presence_firm(const struct core *core);
/* Those before this position have been written to whoever reads. */
uint64_t peek_presence_told(const struct core *core);
/* The position behind the last. */
uint64_t peek_presence_end(const struct core *core);
/* Of the record at that position. */
struct slice peek_presence_id(const struct core *core, uint64_t position, enum presence_what *what);
/* What is counted of its present stay in a scenario, as it will be listed. */
struct drone_traffic peek_traffic(const struct session *session);
/* Its place in the order in which a message to this group (everyone, if it is empty) is told. */
uint32_t peek_rank(const struct core *core, const struct session *session, struct slice name);
/* What is left of anyone when everyone has gone; NULL: nothing. */
const char *peek_leftover(const struct core *core);

#endif
