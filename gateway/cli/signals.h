/* What asks this program to end. */
#ifndef UAV_CLI_SIGNALS_H
#define UAV_CLI_SIGNALS_H

/* SIGINT and SIGTERM as a readable descriptor, which does not block; or -1 with errno. */
int signals_open(void);

/* Takes what has come. How many. */
unsigned signals_take(int fd);

#endif
