/* How large the terminal is. */
#ifndef UAV_CLI_TERMINAL_SIZE_H
#define UAV_CLI_TERMINAL_SIZE_H

#include <stddef.h>
#include <stdio.h>

struct terminal_size {
	size_t columns, rows;
};

/* As libedit takes it: 80 by 24 when the terminal does not say. */
struct terminal_size terminal_size_of(int fd);

/* The columns of the terminal to which the file goes; 0: it is none. */
size_t terminal_size_columns(FILE *file);

#endif
