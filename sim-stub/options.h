/* The command line and the configuration file. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdint.h>

struct options {
	char host[256]; /* a name or an address, without brackets */
	char port[6];	/* decimal; 0 = any that is free */
	uint64_t seed;
};

enum options_status {
	OPTIONS_RUN,
	OPTIONS_DONE,  /* what was asked for has been printed: --help, --version */
	OPTIONS_WRONG, /* every mistake has been told on stderr */
};

/* Flags override the file, the file overrides the defaults. */
enum options_status options_read(int argc, char **argv, struct options *options);

/* "HOST:PORT", "[ADDRESS]:PORT". 0, or -1 when it is neither; nothing has changed
 * then. */
int options_set_listen(struct options *options, const char *value)
	__attribute__((warn_unused_result));
/* A decimal number under 2^64. */
int options_set_seed(struct options *options, const char *value)
	__attribute__((warn_unused_result));

/* Reads an ini file and tells its mistakes on stderr, each with its line. 0, or -1
 * when there were any. */
int options_read_file(struct options *options, const char *path)
	__attribute__((warn_unused_result));

#endif
