/* Faults of the machine below a program: to be preloaded into it (LD_PRELOAD). What is wrong is
 * said in the file FAULTS_FILE, which tests/lib/faults.py writes while the program runs: the wall
 * clock is off, the heap refuses, the disk is full. Without that variable, and before the program's
 * start, nothing is.
 *
 * Nothing is looked up (a look-up may allocate): the kernel is asked itself, and glibc's heap is
 * called by the names under which it has it as well. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { SECOND_NS = 1000000000 };

/* The file. All are 64 bits wide, in the machine's order; faults.py has the same. */
struct faults {
	_Atomic int64_t wall_shift_ns; /* the wall clock is so far ahead; never before 1970 */
	_Atomic uint64_t wall_asked;   /* how often it was read */
	/* Of the requests for at least `heap_from` bytes each `heap_each`-th is refused; 0: none.
	 */
	_Atomic uint64_t heap_each, heap_from;
	_Atomic uint64_t heap_asked;   /* such requests, while some are refused */
	_Atomic uint64_t heap_refused; /* of them */
	_Atomic uint64_t disk_full;    /* not 0: write() to a regular file ends in ENOSPC */
	_Atomic uint64_t disk_refused; /* how often */
};

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static struct faults *faults; /* NULL: nothing is wrong */

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAULTS_FILE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *shared = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(struct faults)) == 0) {
		shared = mmap(NULL, sizeof(struct faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			      0);
	}
	if (fd >= 0) {
		close(fd);
	}
	if (shared != MAP_FAILED) {
		faults = shared;
	}
}

/* libc's declarations have parameter names of its own. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

/* -------------------------------------------------------------- the wall clock */

static int64_t now_ns(clockid_t clock)
{
	struct timespec at = {0};

	(void)syscall(SYS_clock_gettime, clock, &at);
	return (int64_t)at.tv_sec * SECOND_NS + at.tv_nsec;
}

static int64_t wall_ns(clockid_t clock)
{
	int64_t shifted = now_ns(clock);

	if (faults) {
		atomic_fetch_add(&faults->wall_asked, 1);
		shifted += atomic_load(&faults->wall_shift_ns);
	}
	return shifted > 0 ? shifted : 0;
}

int clock_gettime(clockid_t clock, struct timespec *at)
{
	int64_t ns;

	if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) {
		return (int)syscall(SYS_clock_gettime, clock, at);
	}
	ns = wall_ns(clock);
	*at = (struct timespec){.tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS};
	return 0;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone)
{
	int64_t ns = wall_ns(CLOCK_REALTIME);

	(void)zone;
	*at = (struct timeval){.tv_sec = ns / SECOND_NS, .tv_usec = ns % SECOND_NS / 1000};
	return 0;
}

time_t time(time_t *at)
{
	time_t seconds = wall_ns(CLOCK_REALTIME) / SECOND_NS;

	if (at) {
		*at = seconds;
	}
	return seconds;
}

/* ------------------------------------------------------------------- the heap */

/* Sets errno when it refuses. */
static bool refused(size_t size)
{
	uint64_t each = faults ? atomic_load(&faults->heap_each) : 0;

	if (each == 0 || size < atomic_load(&faults->heap_from) ||
	    (atomic_fetch_add(&faults->heap_asked, 1) + 1) % each != 0) {
		return false;
	}
	atomic_fetch_add(&faults->heap_refused, 1);
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return refused(size) ? NULL : __libc_malloc(size);
}

/* A product that overflows is refused by libc. */
void *calloc(size_t count, size_t size)
{
	return refused(count * size) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
	return size && refused(size) ? NULL : __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return refused(size) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
	void *block = refused(size) ? NULL : __libc_memalign(alignment, size);

	if (!block) {
		return ENOMEM;
	}
	*out = block;
	return 0;
}

/* ------------------------------------------------------------------- the disk */

static bool is_on_disk(int fd)
{
	struct stat about;

	return fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

ssize_t write(int fd, const void *from, size_t size)
{
	if (faults && atomic_load(&faults->disk_full) && is_on_disk(fd)) {
		atomic_fetch_add(&faults->disk_refused, 1);
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_write, fd, from, size);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
