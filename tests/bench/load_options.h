/* What the load was asked to do. */
#ifndef UAV_BENCH_LOAD_OPTIONS_H
#define UAV_BENCH_LOAD_OPTIONS_H

#include "dialect.h"
#include "watch.h"

enum load_mode {
	MODE_PAIRS,
	MODE_OPEN,
	MODE_MANY,
	MODE_IDLE,
	MODE_REGISTER,
	MODE_PRESENCE,
	MODE_OVERLOAD,
};

/* Of mode overload, in their order; the last is as long as the first. */
enum load_stage { STAGE_PEAK, STAGE_BEFORE, STAGE_OVER, STAGE_AFTER, STAGE_AGAIN, STAGE_COUNT };

enum { LOAD_MAX_WATCHED = 8, LOAD_HUB_PREFIX_BYTES = 32 };

struct load_options {
	const struct dialect *dialect;
	const char *address; /* HOST:PORT */
	enum load_mode mode;
	struct shape shape;
	uint32_t drones;   /* without base and hub */
	uint32_t base;	   /* register: drones that are there before */
	uint32_t first;	   /* number of the first drone */
	uint32_t window;   /* messages in flight for each pair, or in all to everyone */
	uint32_t changers; /* presence: drones that change; 0: all */
	double rate;	   /* messages or changes a second over all */
	double seconds, warmup, counting;
	double stages[STAGE_AGAIN]; /* overload: seconds of each */
	bool any_order;		    /* messages of one sender may overtake each other */
	bool everyone;		    /* overload: to all others, not in pairs */
	uint32_t send_buffer;	    /* bytes, of each drone's socket; 0: as the system has it */
	uint32_t under_way;	    /* drones that come at a time, at the most */
	bool insist;		    /* who is turned away before it is registered comes again */
	bool reset;		    /* connections end by RST, however the program does */
	bool print_sizes;
	/* Of a star's hub; "" when there is none. */
	char hub_prefix[LOAD_HUB_PREFIX_BYTES];
	uint32_t hub_number;
	struct watch watched[LOAD_MAX_WATCHED];
	size_t watched_count;
};

enum load_options_status { LOAD_OPTIONS_RUN, LOAD_OPTIONS_DONE, LOAD_OPTIONS_WRONG };

/* Tells a mistake on stderr. The strings are argv's. */
enum load_options_status load_options_read(int argc, char **argv, struct load_options *options);

const char *load_mode_name(enum load_mode mode);

#endif
