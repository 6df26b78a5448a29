/* The command line and the configuration file. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

struct options {
	char host[256]; /* a name or an address, without brackets */
	char port[6];	/* decimal; 0 = any that is free */
	uint64_t seed;
	/* Paths of PEM files; empty: none. With a certificate nothing but TLS is spoken; with a
	 * ca gateways must have a certificate signed by it. */
	char tls_cert[PATH_MAX], tls_key[PATH_MAX], tls_ca[PATH_MAX];
	char faults[PATH_MAX]; /* path of a timeline of faults; empty: none */
	enum log_format log_format;
	const char *ready_file; /* base/ready_file.h; of argv; NULL: none */
};

enum options_status {
	OPTIONS_RUN,
	OPTIONS_DONE,  /* what was asked for has been printed: --help, --version */
	OPTIONS_WRONG, /* every mistake has been told on stderr */
};

/* Flags override the file, the file overrides the defaults. */
enum options_status options_read(int argc, char **argv, struct options *options);

/* Whether some flag of the program is that, be it one of serving or of a job: "--seed", "-c", and
 * "--seed=3" as well. */
bool options_has_flag(const char *argument);

/* "HOST:PORT", "[ADDRESS]:PORT". 0, or -1 when it is neither; nothing has changed
 * then. */
int options_set_listen(struct options *options, const char *value)
	__attribute__((warn_unused_result));
/* A decimal number under 2^64. */
int options_set_seed(struct options *options, const char *value)
	__attribute__((warn_unused_result));

/* "logfmt" or "json". */
int options_set_log_format(struct options *options, const char *value)
	__attribute__((warn_unused_result));

/* A path, taken as it stands. -1 when it is empty or too long. */
int options_set_tls_cert(struct options *options, const char *value)
	__attribute__((warn_unused_result));
int options_set_tls_key(struct options *options, const char *value)
	__attribute__((warn_unused_result));
int options_set_tls_ca(struct options *options, const char *value)
	__attribute__((warn_unused_result));

int options_set_faults(struct options *options, const char *value)
	__attribute__((warn_unused_result));

/* Reads an ini file, whose folder the paths in it are relative to, and tells its mistakes on
 * stderr, each with its line. 0, or -1 when there were any. */
int options_read_file(struct options *options, const char *path)
	__attribute__((warn_unused_result));

#endif
