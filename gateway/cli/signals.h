/* What asks this program to end, or tells it of its terminal. */
#ifndef UAV_CLI_SIGNALS_H
#define UAV_CLI_SIGNALS_H

/* SIGINT and SIGTERM as a readable descriptor, which does not block; or -1 with errno. */
int signals_open(void);
/* From now on SIGHUP as well, and what a terminal sends: SIGWINCH, SIGTSTP, SIGCONT. 0, or -1 with
 * errno. */
int signals_add_terminal(int fd);

/* Takes what has come. How many. */
unsigned signals_take(int fd);
/* Takes one; 0 when there is none. */
int signals_next(int fd);

#endif
