#include "cli/terminal_modes.h"

#include <signal.h>
#include <stdbool.h>
#include <termios.h>
#include <unistd.h>

/* For a signal's handler, which is given nothing. */
static struct termios kept;
static volatile sig_atomic_t is_kept;

void terminal_modes_restore(void)
{
	if (is_kept) {
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &kept);
	}
}

/* Calls what a handler may call (signal-safety(7)). */
static void on_fatal(int number)
{
	if (is_kept) {
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &kept);
	}
	(void)raise(number); /* SA_RESETHAND: as if there had been no handler */
}

static void take_fatal(int number)
{
	struct sigaction now = {.sa_handler = on_fatal, .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
	struct sigaction before;

	if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_DFL) {
		(void)sigaction(number, &now, NULL);
	}
}

void terminal_modes_keep(void)
{
	static const int fatal[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,	SIGABRT,
				    SIGSYS,  SIGQUIT, SIGXCPU, SIGXFSZ, SIGPIPE};

	is_kept = tcgetattr(STDIN_FILENO, &kept) == 0;
	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++) {
		take_fatal(fatal[i]);
	}
}

void terminal_modes_stop(void)
{
	sigset_t stop;

	terminal_modes_restore();
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTSTP);
	(void)raise(SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &stop, NULL); /* here it stops */
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
}
