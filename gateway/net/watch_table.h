/* libuv keeps a table of the descriptors it watches, by their number, and ends the process when
 * that cannot grow (1.44: maybe_resize, in uv__io_start). So it gets its full size while there is
 * memory. */
#ifndef UAV_NET_WATCH_TABLE_H
#define UAV_NET_WATCH_TABLE_H

#include <stdint.h>
#include <uv.h>

/* Makes room for descriptors with numbers below `descriptors`, once, before the loop runs. 0 or a
 * negative uv error: then the table grows as descriptors come. */
int watch_table_reserve(uv_loop_t *loop, uint32_t descriptors) __attribute__((warn_unused_result));

#endif
