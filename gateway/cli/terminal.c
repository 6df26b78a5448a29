#include "cli/terminal.h"

#include "base/utf8.h"
#include "base/write_all.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* ECMA-48 and the private modes that xterm has made common: the other screen and its cursor
 * (1049), the cursor (25), wrapping (7). */
static const char enter_screen[] = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
static const char leave_screen[] = "\x1b[?7h\x1b[?25h\x1b[?1049l";
static const char to_top[] = "\x1b[H";
static const char rest_of_line[] = "\x1b[K";
static const char rest_of_screen[] = "\x1b[J";

enum { ESCAPE = 0x1b };

bool terminal_can_draw(void)
{
	const char *kind = getenv("TERM");

	return isatty(STDOUT_FILENO) == 1 && kind && *kind && strcmp(kind, "dumb") != 0;
}

/* ------------------------------------------------------------------------ signals */

static void ending_signals(sigset_t *signals)
{
	(void)sigemptyset(signals);
	(void)sigaddset(signals, SIGINT);
	(void)sigaddset(signals, SIGTERM);
	(void)sigaddset(signals, SIGHUP);
	(void)sigaddset(signals, SIGQUIT);
}

static void screen_signals(sigset_t *signals)
{
	ending_signals(signals);
	(void)sigaddset(signals, SIGWINCH);
	(void)sigaddset(signals, SIGTSTP);
}

static int watch(const struct terminal *terminal, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(terminal->wake_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int give_up(struct terminal *terminal)
{
	int error = -errno;

	terminal_close(terminal);
	return error;
}

int terminal_open(struct terminal *terminal)
{
	sigset_t signals;

	*terminal = (struct terminal){.wake_fd = -1, .signal_fd = -1, .key_fd = -1};
	buf_init(&terminal->frame);
	ending_signals(&signals);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0) {
		return give_up(terminal);
	}
	terminal->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	terminal->wake_fd = epoll_create1(EPOLL_CLOEXEC);
	if (terminal->signal_fd < 0 || terminal->wake_fd < 0 ||
	    watch(terminal, terminal->signal_fd) < 0) {
		return give_up(terminal);
	}
	return 0;
}

void terminal_close(struct terminal *terminal)
{
	terminal_leave(terminal);
	buf_fini(&terminal->frame);
	if (terminal->wake_fd >= 0) {
		(void)close(terminal->wake_fd);
	}
	if (terminal->signal_fd >= 0) {
		(void)close(terminal->signal_fd);
	}
	terminal->wake_fd = terminal->signal_fd = -1;
}

/* ------------------------------------------------------------------------- screen */

/* Keys one by one, not shown; those that make signals go on doing so. */
static void take_keys(struct terminal *terminal)
{
	struct termios modes;

	if (tcgetattr(STDIN_FILENO, &terminal->before) < 0) {
		return; /* not a terminal */
	}
	modes = terminal->before;
	modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	modes.c_cc[VMIN] = 1;
	modes.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &modes) < 0) {
		return;
	}
	terminal->keys_changed = true;
	if (watch(terminal, STDIN_FILENO) == 0) {
		terminal->key_fd = STDIN_FILENO;
	}
}

static void give_keys_back(struct terminal *terminal)
{
	if (terminal->key_fd >= 0) {
		(void)epoll_ctl(terminal->wake_fd, EPOLL_CTL_DEL, terminal->key_fd, NULL);
		terminal->key_fd = -1;
	}
	if (terminal->keys_changed) {
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->before);
		terminal->keys_changed = false;
	}
}

int terminal_enter(struct terminal *terminal)
{
	sigset_t signals;

	screen_signals(&signals);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 ||
	    signalfd(terminal->signal_fd, &signals, 0) < 0) {
		return -errno;
	}
	terminal->entered = true;
	take_keys(terminal);
	terminal->size = terminal_size_of(STDOUT_FILENO);
	return write_all(STDOUT_FILENO, slice_str(enter_screen));
}

void terminal_leave(struct terminal *terminal)
{
	if (!terminal->entered) {
		return;
	}
	terminal->entered = false;
	give_keys_back(terminal);
	(void)!write_all(STDOUT_FILENO, slice_str(leave_screen)); /* it may be gone */
}

/* SIGTSTP: the shell gets its terminal as it was, and this program stops until it is to go on. */
static enum terminal_event stop(struct terminal *terminal)
{
	terminal_leave(terminal);
	(void)raise(SIGSTOP);
	return terminal_enter(terminal) < 0 ? TERMINAL_END : TERMINAL_REDRAW;
}

static enum terminal_event next_signal(struct terminal *terminal)
{
	struct signalfd_siginfo info;

	if (read(terminal->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
		return TERMINAL_NOTHING;
	}
	if (info.ssi_signo == SIGTSTP) {
		return stop(terminal);
	}
	if (info.ssi_signo == SIGWINCH) {
		terminal->size = terminal_size_of(STDOUT_FILENO);
		return TERMINAL_REDRAW;
	}
	return TERMINAL_END;
}

static bool next_byte(const struct terminal *terminal, char *byte)
{
	return read(terminal->key_fd, byte, 1) == 1;
}

/* Behind an escape character: what a key of several bytes has sent is there at once. ECMA-48, 5.4:
 * a control sequence ends with a byte from @ to ~. */
static void pass_sequence(const struct terminal *terminal)
{
	int waiting = 0;
	char byte;

	if (ioctl(terminal->key_fd, FIONREAD, &waiting) < 0 || waiting <= 0 ||
	    !next_byte(terminal, &byte) || (byte != '[' && byte != 'O')) {
		return;
	}
	while (--waiting > 0 && next_byte(terminal, &byte) && (byte < '@' || byte > '~')) {
	}
}

static enum terminal_event next_key(struct terminal *terminal, char *key)
{
	ssize_t size = read(terminal->key_fd, key, 1);

	if (size <= 0) {
		return size < 0 && errno == EINTR ? TERMINAL_NOTHING : TERMINAL_END;
	}
	if (*key != ESCAPE) {
		return TERMINAL_KEY;
	}
	pass_sequence(terminal);
	*key = '\0';
	return TERMINAL_KEY;
}

enum terminal_event terminal_next(struct terminal *terminal, char *key)
{
	struct epoll_event event;
	enum terminal_event found = next_signal(terminal);

	if (found != TERMINAL_NOTHING || terminal->key_fd < 0 ||
	    epoll_wait(terminal->wake_fd, &event, 1, 0) <= 0) {
		return found;
	}
	return event.data.fd == terminal->key_fd ? next_key(terminal, key) : TERMINAL_NOTHING;
}

/* ------------------------------------------------------------------------- frames */

/* Without memory the frame is left out, which its end tells. */
static void put(struct terminal *terminal, const char *text, size_t size)
{
	if (buf_append(&terminal->frame, text, size) < 0) {
		terminal->line = SIZE_MAX;
	}
}

void terminal_frame_begin(struct terminal *terminal)
{
	buf_clear(&terminal->frame);
	terminal->line = 0;
	put(terminal, to_top, sizeof(to_top) - 1);
}

/* Bytes of the first characters, *columns at most; *columns becomes how many are left over. */
static size_t cut(struct slice text, size_t *columns)
{
	struct slice rest = text;
	uint32_t code;

	for (; rest.size && *columns; --*columns) {
		size_t size = utf8_next(rest, &code);

		size = size ? size : 1;
		rest = slice_of(rest.data + size, rest.size - size);
	}
	return text.size - rest.size;
}

void terminal_frame_line(struct terminal *terminal, const char *text, size_t size)
{
	size_t left = terminal->size.columns;

	if (size && text[size - 1] == '\n') {
		size--;
	}
	if (terminal->line >= terminal->size.rows) {
		return;
	}
	if (terminal->line++) {
		put(terminal, "\r\n", 2);
	}
	put(terminal, text, cut(slice_of((const uint8_t *)text, size), &left));
	if (left) { /* else it would take the last character */
		put(terminal, rest_of_line, sizeof(rest_of_line) - 1);
	}
}

int terminal_frame_end(struct terminal *terminal)
{
	put(terminal, rest_of_screen, sizeof(rest_of_screen) - 1);
	if (terminal->line == SIZE_MAX) {
		return -ENOMEM;
	}
	return write_all(STDOUT_FILENO, buf_slice(&terminal->frame));
}
