#include "cli/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int signals_open(void)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0) {
		return -1;
	}
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

unsigned signals_take(int fd)
{
	struct signalfd_siginfo info;
	unsigned count = 0;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		count++;
	}
	return count;
}
