/* What sim-stub can do instead of serving. A job is named by a flag of its own, and reads the
 * whole command line by itself: none of the server's options are known to it, nor its own to
 * the server. */
#ifndef SIM_JOBS_H
#define SIM_JOBS_H

struct job {
	const char *flag; /* "--conformance" */
	/* Takes what main() was given and returns the exit code: 0 done, 1 could not do it or
	 * found fault, 2 wrong usage, told on stderr. */
	int (*run)(int argc, char **argv);
};

/* The job whose flag is among the arguments, as "--flag" or "--flag=value"; NULL: serve. */
const struct job *jobs_find(int argc, char **argv);

#endif
