/* The modes of the terminal on standard input: kept once, and set back however the program ends
 * or stops. */
#ifndef UAV_CLI_TERMINAL_MODES_H
#define UAV_CLI_TERMINAL_MODES_H

/* Keeps them; from now on a signal that ends the program by its nature (SIGSEGV, SIGABRT,
 * SIGQUIT ...) sets them back first, unless somebody else takes it. */
void terminal_modes_keep(void);
/* Sets them back. */
void terminal_modes_restore(void);

/* Sets them back and stops the process as Ctrl-Z does, if there is a shell that can continue it.
 * SIGTSTP may be blocked. */
void terminal_modes_stop(void);

#endif
