/* Log lines, one per event, as logfmt or as JSON:
 *
 *   time=2026-01-02T03:04:05.678Z level=info event=drone_left drone=uav1 session=4
 *   {"time":"2026-01-02T03:04:05.678Z","level":"info","event":"drone_left","drone":"uav1","session":4}
 *
 * The caller never waits for the reader of the log: lines go into a bounded
 * ring that a thread of the log's own empties. When the ring is full a line is
 * dropped and counted; the count is told in a line of its own
 * (event=log_lines_lost) as soon as there is room.
 *
 * No name from outside can forge a line or drive a terminal. logfmt: values are
 * quoted when they hold anything but plain printable characters; control
 * characters, quotes, backslashes and bytes that are not UTF-8 are escaped. JSON
 * (RFC 8259): values are strings or whole numbers; the same characters are escaped,
 * and each byte that is not UTF-8 becomes U+FFFD.
 *
 * A line that would be too long is cut within a text or before a field. logfmt then
 * ends in "..."; JSON stays one object: a text that was cut ends in "...", and the
 * last member is "cut":true. */
#ifndef UAV_BASE_LOG_H
#define UAV_BASE_LOG_H

#include "base/slice.h"

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_ERROR,
};

/* "debug", "info", "warning", "error". */
const char *log_level_name(enum log_level level);

enum log_format {
	LOG_FORMAT_LOGFMT,
	LOG_FORMAT_JSON,
};

struct log;

enum log_kind {
	LOG_KIND_TEXT,
	LOG_KIND_NUMBER,
};

struct log_field {
	const char *key; /* [a-z0-9_]; not time, level, event or cut; once in a line */
	enum log_kind kind;
	struct slice text;
	int64_t number;
};

/* Writes to a duplicate of the descriptor `fd`, which stays the caller's; logfmt, until another
 * format is set. NULL when memory or threads are out. */
struct log *log_open(int fd, enum log_level level);
/* Waits at most `patience_ms` for what is in the ring to be written, then frees
 * it. Lines that the reader would not take are lost. A thread that is stuck in a
 * write is left behind and frees the log when that write returns. NULL is
 * harmless. */
void log_close(struct log *log, uint32_t patience_ms);
void log_set_level(struct log *log, enum log_level level);
/* From the next line on; what is in the ring keeps its format. */
void log_set_format(struct log *log, enum log_format format);

/* Lines lost so far: the ring was full, or the descriptor refused them. */
uint64_t log_lost(const struct log *log);

/* One line. `log` may be NULL: nothing happens then. Copies what it needs. `event` is
 * [a-z0-9_]. */
void log_write(struct log *log, enum log_level level, const char *event,
	       const struct log_field *fields, size_t count);

static inline struct log_field log_text(const char *key, struct slice text)
{
	return (struct log_field){.key = key, .kind = LOG_KIND_TEXT, .text = text};
}

static inline struct log_field log_str(const char *key, const char *text)
{
	return log_text(key, slice_str(text));
}

static inline struct log_field log_num(const char *key, int64_t number)
{
	return (struct log_field){.key = key, .kind = LOG_KIND_NUMBER, .number = number};
}

/* LOG(log, LOG_LEVEL_INFO, "drone_left", log_text("drone", id), log_num("session", 4)) */
#define LOG(log, level, event, ...)                                                                \
	log_write((log), (level), (event), (const struct log_field[]){__VA_ARGS__},                \
		  sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

/* Formats one line, newline included, as log_write would. Returns its length, at
 * most `cap`; 0 when not even a line with all fields cut away fits. */
size_t log_format_line(char *text, size_t cap, enum log_format format, uint64_t unix_us,
		       enum log_level level, const char *event, const struct log_field *fields,
		       size_t count);

#endif
