/* A line is formatted by its caller, copied into the ring under the mutex, and
 * written by the log's thread. What fails: a full ring drops the line; a
 * descriptor that refuses (reader gone, disk full) loses what is being written;
 * both are counted, and told in order with the lines around them. A reader that
 * never comes back leaves the thread inside write(2); the log is then abandoned
 * to the thread, which frees it if that call ever returns. */
#include "base/log.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	LOG_RING_BYTES = 64 * 1024,
	LOG_LINE_BYTES = 2048,
	LOG_CHUNK_BYTES = 4096, /* one write; more than a line */
	LOG_RETRY_MS = 1000,	/* before a refusing descriptor is tried without a new line */
	LOG_POLL_MS = 50,	/* how soon a thread that waits for the reader sees log_close */
};

struct log {
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* towards the thread */
	pthread_cond_t ended;	/* towards log_close */
	pthread_t thread;
	int fd; /* a duplicate, so that a late write cannot hit a reused number; -1: none */
	_Atomic(enum log_level) level;
	_Atomic(enum log_format) format;
	_Atomic uint64_t lost;

	/* Under the mutex. Positions count bytes since the start. */
	uint64_t in, out;   /* the ring holds [out, in) */
	uint64_t untold;    /* lines lost and not yet told */
	uint64_t untold_at; /* the position after which the first of them was lost */
	bool refused;	    /* the last write failed: no reason to hurry */
	bool closing;	    /* write what is there and end */
	bool abandoned;	    /* end at once; log_close is gone */
	bool thread_ended;

	/* The thread's own. */
	bool torn; /* the last line was written in part */
	char chunk[LOG_CHUNK_BYTES];

	char ring[LOG_RING_BYTES];
};

/* ------------------------------------------------------------------- ring */

static void ring_put(struct log *log, const char *data, size_t size)
{
	size_t at = (size_t)(log->in % LOG_RING_BYTES);
	size_t first = size < LOG_RING_BYTES - at ? size : LOG_RING_BYTES - at;

	memcpy(log->ring + at, data, first);
	memcpy(log->ring, data + first, size - first);
	log->in += size;
}

/* Moves whole lines, as many as fit, into the chunk. Stops where lost lines are
 * to be told. */
static size_t ring_take(struct log *log)
{
	uint64_t end = log->untold && log->untold_at > log->out ? log->untold_at : log->in;
	size_t size = end - log->out < LOG_CHUNK_BYTES ? (size_t)(end - log->out) : LOG_CHUNK_BYTES;
	size_t at = (size_t)(log->out % LOG_RING_BYTES);
	size_t first = size < LOG_RING_BYTES - at ? size : LOG_RING_BYTES - at;

	memcpy(log->chunk, log->ring + at, first);
	memcpy(log->chunk + first, log->ring, size - first);
	while (log->chunk[size - 1] != '\n') {
		size--;
	}
	log->out += size;
	return size;
}

static void count_lost(struct log *log, uint64_t lines, uint64_t position)
{
	if (lines == 0) {
		return;
	}
	if (log->untold == 0) {
		log->untold_at = position;
	}
	log->untold += lines;
	(void)atomic_fetch_add(&log->lost, lines);
}

static enum log_format format_of(const struct log *log)
{
	return atomic_load_explicit(&log->format, memory_order_relaxed);
}

void log_write(struct log *log, enum log_level level, const char *event,
	       const struct log_field *fields, size_t count)
{
	char line[LOG_LINE_BYTES];
	size_t size;

	if (!log || level < atomic_load_explicit(&log->level, memory_order_relaxed)) {
		return;
	}
	size = log_format_line(line, sizeof(line), format_of(log), clock_now().unix_us, level,
			       event, fields, count);
	(void)pthread_mutex_lock(&log->mutex);
	if (size <= LOG_RING_BYTES - (size_t)(log->in - log->out)) {
		ring_put(log, line, size);
	} else {
		count_lost(log, 1, log->in);
	}
	(void)pthread_cond_signal(&log->changed);
	(void)pthread_mutex_unlock(&log->mutex);
}

/* ----------------------------------------------------------------- thread */

static bool is_abandoned(struct log *log)
{
	bool abandoned;

	(void)pthread_mutex_lock(&log->mutex);
	abandoned = log->abandoned;
	(void)pthread_mutex_unlock(&log->mutex);
	return abandoned;
}

/* Writes until the descriptor refuses or the log is abandoned; waits for a reader
 * that is merely slow. Returns how much was written. */
static size_t write_out(struct log *log, const char *data, size_t size)
{
	size_t done = 0;

	while (done < size && !is_abandoned(log)) {
		ssize_t got = write(log->fd, data + done, size - done);

		if (got > 0) {
			done += (size_t)got;
		} else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			struct pollfd ready = {.fd = log->fd, .events = POLLOUT};

			(void)poll(&ready, 1, LOG_POLL_MS);
		} else if (got == 0 || errno != EINTR) {
			break;
		}
	}
	return done;
}

static uint64_t count_lines(const char *data, size_t size)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < size; i++) {
		lines += data[i] == '\n';
	}
	return lines;
}

/* Writes whole lines; a line that stands half written from before is ended
 * first. Returns how many lines were not written whole. */
static uint64_t write_lines(struct log *log, const char *data, size_t size)
{
	size_t done;

	if (log->torn && write_out(log, "\n", 1) != 1) {
		return count_lines(data, size);
	}
	log->torn = false;
	done = write_out(log, data, size);
	log->torn = done > 0 && data[done - 1] != '\n';
	return count_lines(data + done, size - done);
}

/* Is entered and left with the mutex held, but lets go of it to write. */
static void tell_lost(struct log *log)
{
	uint64_t lines = log->untold;
	struct log_field field = log_num("count", (int64_t)lines);
	char line[256];
	size_t size;
	bool failed;

	(void)pthread_mutex_unlock(&log->mutex);
	size = log_format_line(line, sizeof(line), format_of(log), clock_now().unix_us,
			       LOG_LEVEL_WARNING, "log_lines_lost", &field, 1);
	failed = write_lines(log, line, size) != 0;
	(void)pthread_mutex_lock(&log->mutex);
	log->refused = failed;
	if (!log->refused) {
		log->untold -= lines;
		log->untold_at = log->in;
	}
}

/* As tell_lost. */
static void write_chunk(struct log *log)
{
	size_t size = ring_take(log);
	uint64_t position = log->out;
	uint64_t lost;

	(void)pthread_mutex_unlock(&log->mutex);
	lost = write_lines(log, log->chunk, size);
	(void)pthread_mutex_lock(&log->mutex);
	log->refused = lost != 0;
	if (lost && log->untold) {
		log->untold_at = position;
	}
	count_lost(log, lost, position);
}

static void wait_for_work(struct log *log)
{
	struct timespec until;

	if (!log->untold) {
		(void)pthread_cond_wait(&log->changed, &log->mutex);
		return;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOG_RETRY_MS / 1000;
	if (pthread_cond_timedwait(&log->changed, &log->mutex, &until) == ETIMEDOUT) {
		log->refused = false;
	}
}

static void destroy(struct log *log)
{
	(void)pthread_cond_destroy(&log->changed);
	(void)pthread_cond_destroy(&log->ended);
	(void)pthread_mutex_destroy(&log->mutex);
	if (log->fd >= 0) {
		(void)close(log->fd);
	}
	free(log);
}

static void *run(void *arg)
{
	struct log *log = arg;
	bool abandoned;

	(void)pthread_mutex_lock(&log->mutex);
	while (!log->abandoned) {
		if (log->untold && !log->refused && log->untold_at <= log->out) {
			tell_lost(log);
		} else if (log->in > log->out) {
			write_chunk(log);
		} else if (log->closing) {
			break;
		} else {
			wait_for_work(log);
		}
	}
	log->thread_ended = true;
	abandoned = log->abandoned;
	(void)pthread_cond_signal(&log->ended);
	(void)pthread_mutex_unlock(&log->mutex);
	if (abandoned) {
		destroy(log);
	}
	return NULL;
}

/* ---------------------------------------------------------- open and close */

static int init_sync(struct log *log)
{
	pthread_condattr_t attr;

	if (pthread_condattr_init(&attr) != 0) {
		return -1;
	}
	if (pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&log->changed, &attr) != 0) {
		goto fail_attr;
	}
	if (pthread_cond_init(&log->ended, &attr) != 0) {
		goto fail_changed;
	}
	if (pthread_mutex_init(&log->mutex, NULL) != 0) {
		goto fail_ended;
	}
	(void)pthread_condattr_destroy(&attr);
	return 0;
fail_ended:
	(void)pthread_cond_destroy(&log->ended);
fail_changed:
	(void)pthread_cond_destroy(&log->changed);
fail_attr:
	(void)pthread_condattr_destroy(&attr);
	return -1;
}

/* Signals are the main thread's business, and a reader that is gone is to be an
 * error code here. Faults stay unblocked, so that they are reported as ever. */
static int start_thread(struct log *log)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	sigset_t all, before;
	int error;

	(void)sigfillset(&all);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		(void)sigdelset(&all, faults[i]);
	}
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
		return -1;
	}
	error = pthread_create(&log->thread, NULL, run, log);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error ? -1 : 0;
}

struct log *log_open(int fd, enum log_level level)
{
	struct log *log = calloc(1, sizeof(*log));

	if (!log) {
		return NULL;
	}
	if (init_sync(log) < 0) {
		free(log);
		return NULL;
	}
	atomic_init(&log->level, level);
	atomic_init(&log->format, LOG_FORMAT_LOGFMT);
	atomic_init(&log->lost, 0);
	/* A closed descriptor loses every line, counted, and is no reason not to run. */
	log->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (start_thread(log) < 0) {
		destroy(log);
		return NULL;
	}
	return log;
}

static struct timespec deadline_in(uint32_t ms)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += (time_t)(ms / 1000);
	at.tv_nsec += (long)(ms % 1000) * 1000000L;
	if (at.tv_nsec >= 1000000000L) {
		at.tv_nsec -= 1000000000L;
		at.tv_sec++;
	}
	return at;
}

void log_close(struct log *log, uint32_t patience_ms)
{
	struct timespec until = deadline_in(patience_ms);
	pthread_t thread;
	bool ended;

	if (!log) {
		return;
	}
	thread = log->thread;
	(void)pthread_mutex_lock(&log->mutex);
	log->closing = true;
	(void)pthread_cond_signal(&log->changed);
	while (!log->thread_ended &&
	       pthread_cond_timedwait(&log->ended, &log->mutex, &until) != ETIMEDOUT) {
	}
	ended = log->thread_ended;
	log->abandoned = !ended;
	(void)pthread_mutex_unlock(&log->mutex);
	/* From here on an abandoned log belongs to its thread. */
	if (!ended) {
		(void)pthread_detach(thread);
		return;
	}
	(void)pthread_join(thread, NULL);
	destroy(log);
}

void log_set_level(struct log *log, enum log_level level)
{
	atomic_store(&log->level, level);
}

void log_set_format(struct log *log, enum log_format format)
{
	atomic_store(&log->format, format);
}

uint64_t log_lost(const struct log *log)
{
	return atomic_load(&log->lost);
}
