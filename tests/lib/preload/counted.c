/* Counts what a program asks of the heap and of the kernel: to be preloaded into it
 * (LD_PRELOAD), the counters lie in the file COUNTED_FILE, where tests/lib/counted.py reads
 * them while the program runs. Without that variable nothing is counted.
 *
 * Each call is counted before it is made: who has seen what it brought about finds it counted.
 * The main thread's calls stand apart from those of all others. glibc only: its heap is called by
 * the names under which it has it as well, so that nothing must be looked up (a look-up may
 * allocate). */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

enum call {
	CALL_MALLOC,
	CALL_CALLOC,
	CALL_REALLOC,
	CALL_FREE, /* of NULL: not counted, it does nothing */
	CALL_MEMALIGN,
	CALL_READ,
	CALL_WRITE,
	CALL_EPOLL_WAIT,
	CALL_EPOLL_CTL,
	CALL_TIMERFD_SETTIME,
	CALL_REFUSED, /* reads and writes that ended in EAGAIN; counted as such as well */
	CALL_COUNT,
};

enum {
	GRAIN = 16,   /* glibc's blocks are multiples of it */
	GRAINS = 256, /* larger blocks are counted together */
};

/* The file. All are 64 bits wide, in the machine's order; counted.py has the same. */
struct tally {
	_Atomic uint64_t idle; /* 1 while the main thread waits in epoll, until something happens */
	_Atomic uint64_t by_main[CALL_COUNT], by_others[CALL_COUNT];
	/* In use: blocks by their size in grains, the heap's own word in it; bytes of larger ones.
	 */
	_Atomic uint64_t blocks[GRAINS];
	_Atomic uint64_t large_bytes;
};

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static struct tally *tally; /* NULL: nothing is counted */
/* Initial-exec: reached without a call, which might allocate. */
static _Thread_local bool in_main __attribute__((tls_model("initial-exec")));

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("COUNTED_FILE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *shared = MAP_FAILED;

	in_main = true;
	/* Resident memory is to count what is touched, not what huge pages round it up to. */
	(void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	if (fd >= 0 && ftruncate(fd, sizeof(struct tally)) == 0) {
		shared =
			mmap(NULL, sizeof(struct tally), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	}
	if (fd >= 0) {
		close(fd);
	}
	if (shared != MAP_FAILED) {
		tally = shared;
	}
}

static void add(_Atomic uint64_t *counter, uint64_t more)
{
	atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

static void count(enum call call)
{
	if (tally) {
		add(in_main ? &tally->by_main[call] : &tally->by_others[call], 1);
	}
}

/* libc's declarations have parameter names of its own. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

/* ------------------------------------------------------------------- the heap */

/* `one` is 1 for a block that is in use from now on, -1 for one that no longer is. */
static void keep_account(void *block, int one)
{
	size_t size = block ? malloc_usable_size(block) + sizeof(size_t) : 0;

	if (!tally || !block) {
		return;
	}
	if (size / GRAIN < GRAINS) {
		add(&tally->blocks[size / GRAIN], (uint64_t)(int64_t)one);
	} else {
		add(&tally->large_bytes, one > 0 ? size : -size);
	}
}

static void *taken(void *block)
{
	keep_account(block, 1);
	return block;
}

void *malloc(size_t size)
{
	count(CALL_MALLOC);
	return taken(__libc_malloc(size));
}

void *calloc(size_t count_of, size_t size)
{
	count(CALL_CALLOC);
	return taken(__libc_calloc(count_of, size));
}

void *realloc(void *block, size_t size)
{
	void *moved;

	count(CALL_REALLOC);
	keep_account(block, -1);
	moved = __libc_realloc(block, size);
	if (!moved && size) {
		keep_account(block, 1); /* it is still there */
	}
	return taken(moved);
}

void free(void *block)
{
	if (block) {
		count(CALL_FREE);
		keep_account(block, -1);
	}
	__libc_free(block);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	count(CALL_MEMALIGN);
	return taken(__libc_memalign(alignment, size));
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
	void *block;

	count(CALL_MEMALIGN);
	block = taken(__libc_memalign(alignment, size));
	if (!block) {
		return ENOMEM;
	}
	*out = block;
	return 0;
}

/* ----------------------------------------------------------------- the kernel */

/* recvfrom and sendto are left out: connections have no use for them. */

/* What a read or write gave. */
static ssize_t outcome(long result)
{
	if (result < 0 && errno == EAGAIN) {
		count(CALL_REFUSED);
	}
	return result;
}

ssize_t read(int fd, void *to, size_t size)
{
	count(CALL_READ);
	return outcome(syscall(SYS_read, fd, to, size));
}

ssize_t readv(int fd, const struct iovec *parts, int count_of)
{
	count(CALL_READ);
	return outcome(syscall(SYS_readv, fd, parts, count_of));
}

ssize_t recv(int fd, void *to, size_t size, int flags)
{
	count(CALL_READ);
	return outcome(syscall(SYS_recvfrom, fd, to, size, flags, NULL, NULL));
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	count(CALL_READ);
	return outcome(syscall(SYS_recvmsg, fd, message, flags));
}

ssize_t write(int fd, const void *from, size_t size)
{
	count(CALL_WRITE);
	return outcome(syscall(SYS_write, fd, from, size));
}

ssize_t writev(int fd, const struct iovec *parts, int count_of)
{
	count(CALL_WRITE);
	return outcome(syscall(SYS_writev, fd, parts, count_of));
}

ssize_t send(int fd, const void *from, size_t size, int flags)
{
	count(CALL_WRITE);
	return outcome(syscall(SYS_sendto, fd, from, size, flags, NULL, 0));
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	count(CALL_WRITE);
	return outcome(syscall(SYS_sendmsg, fd, message, flags));
}

int epoll_pwait(int fd, struct epoll_event *events, int most, int timeout_ms, const sigset_t *mask)
{
	bool idle = tally && in_main && timeout_ms != 0;
	long result;

	count(CALL_EPOLL_WAIT);
	if (idle) {
		atomic_store(&tally->idle, 1);
	}
	result = syscall(SYS_epoll_pwait, fd, events, most, timeout_ms, mask, (size_t)_NSIG / 8);
	if (idle) {
		atomic_store(&tally->idle, 0);
	}
	return (int)result;
}

int epoll_wait(int fd, struct epoll_event *events, int most, int timeout_ms)
{
	return epoll_pwait(fd, events, most, timeout_ms, NULL);
}

int epoll_ctl(int fd, int what, int about, struct epoll_event *event)
{
	count(CALL_EPOLL_CTL);
	return (int)syscall(SYS_epoll_ctl, fd, what, about, event);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *at, struct itimerspec *before)
{
	count(CALL_TIMERFD_SETTIME);
	return (int)syscall(SYS_timerfd_settime, fd, flags, at, before);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
