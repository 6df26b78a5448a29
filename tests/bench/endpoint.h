/* What the programs of this folder need of sockets: addresses as HOST:PORT, HOST a number
 * ("127.0.0.1"), all sockets non-blocking and without Nagle's delay. What fails is said on
 * stderr and ends the program: with 2 for an address that is none, otherwise with 1. */
#ifndef UAV_BENCH_ENDPOINT_H
#define UAV_BENCH_ENDPOINT_H

#include <stdint.h>

/* "PROGRAM: ..." on stderr, and the end with that exit code. */
void endpoint_fail(int code, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* Listens, and says "listening on HOST:PORT" on stdout. Port 0: any free one. What is accepted
 * from it is without Nagle's delay as well. */
int endpoint_listen(const char *address);
/* A connection that stands. */
int endpoint_connect(const char *address);
/* A connection under way: when the socket is writable, SO_ERROR says what became of it. */
int endpoint_connect_begin(const char *address);
/* One accepted connection, or -1 when there is none at present. */
int endpoint_accept(int listener);

/* As many descriptors as the system allows. */
void endpoint_raise_files(void);
/* The same, and the program ends with 0 on SIGTERM and SIGINT. */
void endpoint_prepare(void);

/* A number in bounds for an option, or the end with 2. */
uint32_t endpoint_number(const char *option, const char *text, uint32_t least, uint32_t most);

#endif
