#include "watch.h"

#include <dirent.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 64, NS_PER_S = 1000000000, STAT_BYTES = 1024 };

/* The whole small file as a string. False: it cannot be read. */
static bool read_text(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t got;

	if (!file) {
		return false;
	}
	got = fread(text, 1, size - 1, file);
	text[got] = '\0';
	(void)fclose(file);
	return got > 0;
}

/* utime and stime, fields 14 and 15 of /proc/PID/stat (proc(5)); the name, field 2, may hold
 * anything and ends at the last bracket. */
static void read_parts(const struct watch *watch, struct watch_cpu *cpu)
{
	char path[PATH_BYTES], text[STAT_BYTES];
	double ticks = (double)sysconf(_SC_CLK_TCK);
	const char *at;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)watch->pid);
	if (!read_text(path, text, sizeof(text)) || (at = strrchr(text, ')')) == NULL) {
		return;
	}
	for (int field = 2; field < 14 && at; field++) {
		at = strchr(at + 1, ' ');
	}
	if (at) {
		char *end;

		cpu->user_s = (double)strtoull(at, &end, 10) / ticks;
		cpu->system_s = (double)strtoull(end, NULL, 10) / ticks;
	}
}

int watch_cpu(const struct watch *watch, struct watch_cpu *cpu)
{
	clockid_t clock;
	struct timespec time;

	*cpu = (struct watch_cpu){0};
	if (clock_getcpuclockid(watch->pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
		return -1;
	}
	cpu->all_ns = (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
	read_parts(watch, cpu);
	return 0;
}

/* smaps_rollup counts page by page; statm, where that is missing, is off by some pages. */
int64_t watch_resident_kib(const struct watch *watch)
{
	char path[PATH_BYTES], text[STAT_BYTES];
	const char *at;
	char *end;

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)watch->pid);
	if (read_text(path, text, sizeof(text)) && (at = strstr(text, "\nRss:")) != NULL) {
		return (int64_t)strtoll(at + strlen("\nRss:"), NULL, 10);
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)watch->pid);
	if (!read_text(path, text, sizeof(text))) {
		return -1;
	}
	(void)strtoll(text, &end, 10);
	return (int64_t)strtoll(end, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024);
}

/* The number of the tracepoint that every system call passes; -1: none. */
static int64_t tracepoint_number(void)
{
	static const char *const paths[] = {
		"/sys/kernel/tracing/events/raw_syscalls/sys_enter/id",
		"/sys/kernel/debug/tracing/events/raw_syscalls/sys_enter/id",
	};
	char text[PATH_BYTES];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (read_text(paths[i], text, sizeof(text))) {
			return (int64_t)strtoll(text, NULL, 10);
		}
	}
	return -1;
}

static int open_counter(int64_t tracepoint, pid_t task)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attributes),
		.config = (uint64_t)tracepoint,
	};

	return (int)syscall(SYS_perf_event_open, &attributes, task, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static void close_counters(struct watch *watch)
{
	for (int i = 0; i < watch->counter_count; i++) {
		close(watch->counters[i]);
	}
	watch->counter_count = 0;
}

/* A counter for each thread; false when one cannot be counted. */
static bool open_counters(struct watch *watch, DIR *tasks, int64_t tracepoint)
{
	const struct dirent *entry;

	while ((entry = readdir(tasks)) != NULL) {
		int fd;

		if (entry->d_name[0] == '.') {
			continue;
		}
		if (watch->counter_count == WATCH_MAX_TASKS) {
			return false;
		}
		fd = open_counter(tracepoint, (pid_t)strtol(entry->d_name, NULL, 10));
		if (fd < 0) {
			return false;
		}
		watch->counters[watch->counter_count++] = fd;
	}
	return watch->counter_count > 0;
}

bool watch_calls_begin(struct watch *watch)
{
	int64_t tracepoint = tracepoint_number();
	char path[PATH_BYTES];
	DIR *tasks;
	bool counted;

	watch->counter_count = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)watch->pid);
	tasks = tracepoint >= 0 ? opendir(path) : NULL;
	if (!tasks) {
		return false;
	}
	counted = open_counters(watch, tasks, tracepoint);
	(void)closedir(tasks);
	if (!counted) {
		close_counters(watch);
	}
	return counted;
}

int64_t watch_calls_end(struct watch *watch)
{
	int64_t calls = watch->counter_count ? 0 : -1;

	for (int i = 0; i < watch->counter_count; i++) {
		uint64_t count;

		if (read(watch->counters[i], &count, sizeof(count)) == sizeof(count)) {
			calls += (int64_t)count;
		}
	}
	close_counters(watch);
	return calls;
}
