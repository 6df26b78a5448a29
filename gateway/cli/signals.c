#include "cli/signals.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Of a new descriptor with `fd` -1. */
static int take_signals(int fd, const int *numbers, size_t count)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	for (size_t i = 0; i < count; i++) {
		(void)sigaddset(&signals, numbers[i]);
	}
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0) {
		return -1;
	}
	return signalfd(fd, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int signals_open(void)
{
	static const int numbers[] = {SIGINT, SIGTERM};

	return take_signals(-1, numbers, sizeof(numbers) / sizeof(*numbers));
}

int signals_add_terminal(int fd)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT};

	return take_signals(fd, numbers, sizeof(numbers) / sizeof(*numbers)) < 0 ? -1 : 0;
}

int signals_next(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

unsigned signals_take(int fd)
{
	unsigned count = 0;

	while (signals_next(fd)) {
		count++;
	}
	return count;
}
