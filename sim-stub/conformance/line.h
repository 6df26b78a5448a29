/* A connection to the simulator under test: bytes out, frames in, each wait with an end. It trusts
 * nothing that comes: what it cannot read, or too much of it, is its `fault`. */
#ifndef SIM_CONFORMANCE_LINE_H
#define SIM_CONFORMANCE_LINE_H

#include <sys/socket.h>

#include "base/arena.h"
#include "base/buf.h"
#include "wire/channel_codec.h"

enum {
	LINE_FRAME_MAX = 4 << 20, /* proto/README.md, "Sizes" */
	LINE_WAITING_MAX = 64 << 20,
	LINE_FAULT_BYTES = 160,
};

struct line {
	int fd;
	struct buf in;
	size_t taken; /* bytes of `in` that the last message stands in */
	struct arena arena;
	bool over;		      /* the simulator has ended it */
	char fault[LINE_FAULT_BYTES]; /* why nothing more can be read; empty: it can */
};

enum line_status {
	LINE_MESSAGE,
	LINE_LATE, /* the time is over */
	LINE_OVER, /* the simulator has ended the connection, and all that came before is read */
	LINE_BAD,  /* see `fault` */
};

/* Nothing is open; line_close may be called. */
void line_init(struct line *line);
/* Connects. 0, or a negative errno. */
int line_open(struct line *line, const struct sockaddr *address, socklen_t size,
	      uint64_t deadline_us) __attribute__((warn_unused_result));
void line_close(struct line *line);
/* Closes as a crash would: what is on its way is lost. */
void line_reset(struct line *line);

/* Writes all of it, and takes in what comes meanwhile. LINE_MESSAGE stands for: done. */
enum line_status line_send(struct line *line, struct slice bytes, uint64_t deadline_us);
/* Writes what the simulator takes, without reading what it says. */
void line_send_deaf(struct line *line, struct slice bytes, uint64_t deadline_us);
/* The next message; it is valid until the next call. Times are clock_mono_us(). */
enum line_status line_next(struct line *line, struct from_sim *message, uint64_t deadline_us);
/* Waits for the simulator to end the connection and passes over what it says until then.
 * LINE_OVER or LINE_LATE, or LINE_BAD for bytes without end. */
enum line_status line_wait_over(struct line *line, uint64_t deadline_us);

#endif
