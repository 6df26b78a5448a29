/* One line of a timeline of faults, and when it holds. Times are microseconds from the
 * timeline's zero. */
#ifndef SIM_FAULTS_FAULT_H
#define SIM_FAULTS_FAULT_H

#include "wire/hot_codec.h"

#define FAULT_FOREVER UINT64_MAX /* as a time */
#define FAULT_PATTERN_CAP 64	 /* of a pattern of names, terminator included */
#define FAULT_TEXT_CAP 128	 /* of what is told of one, terminator included */
#define FAULT_HOUR_US UINT64_C(3600000000)
#define FAULT_AT_MAX_US (1000 * FAULT_HOUR_US)
#define FAULT_LATENCY_MAX_US FAULT_HOUR_US /* so that delays stay within 32 bits */
#define FAULT_LATE_MAX_US (60 * UINT64_C(1000000))
#define FAULT_EVERY_MIN_US UINT64_C(100000) /* each time is told in the log */
#define FAULT_BITS_MAX 1000
#define FAULT_WINDOW_MAX 1000

enum fault_deed {
	FAULT_LOSS,	 /* of links: packets are lost */
	FAULT_LATENCY,	 /* arrive later */
	FAULT_CORRUPT,	 /* arrive altered */
	FAULT_JAMMER,	 /* a transmitter that is no node */
	FAULT_FREEZE,	 /* a node stands still: what it sends and hears comes when that ends */
	FAULT_LATE,	 /* of answers: each comes later */
	FAULT_REORDER,	 /* in another order */
	FAULT_DUPLICATE, /* twice */
	FAULT_LIE,	 /* breaks the protocol */
	FAULT_STALL,	 /* of the simulator: reads nothing and says nothing */
	FAULT_CLOSE,	 /* closes all connections, and each that comes */
	FAULT_DIE,	 /* ends as a crash would end it */
};

/* How an answer breaks the protocol. */
enum fault_lie {
	LIE_NONE,
	LIE_NAN,      /* a number is none */
	LIE_RATE,     /* a packet error rate of 2 */
	LIE_OUTCOME,  /* an outcome that no channel decides */
	LIE_RECEIVER, /* of a node that nobody asked for */
	LIE_MISSING,  /* receivers are left out */
	LIE_PAYLOAD,  /* longer than what was sent */
	LIE_ID,	      /* of another transmit */
	LIE_GARBAGE,  /* no protobuf: an end of the connection */
	LIE_COUNT
};

/* A transmitter of noise. It goes straight from `from` to `to` while it is on. */
struct fault_jammer {
	struct vector from, to; /* metres from the scenario's origin */
	double power_dbm;	/* radiated, the same to all sides */
	double frequency_hz;	/* its middle; 0: the scenario's */
	double bandwidth_hz;	/* over which its power lies evenly; 0: the receiver's own */
};

struct fault {
	enum fault_deed deed;
	unsigned line;	   /* of the file */
	uint64_t at_us;	   /* it begins */
	uint64_t for_us;   /* and lasts; 0: it is over at once; FAULT_FOREVER */
	uint64_t every_us; /* and begins again; 0: never */
	/* Patterns of names (base/patterns.h). A link between `one` and `other`, or of one node. */
	char scenario[FAULT_PATTERN_CAP], one[FAULT_PATTERN_CAP], other[FAULT_PATTERN_CAP];
	bool one_way;	    /* from `one` to `other` alone */
	double probability; /* of loss, corrupt, duplicate and lie, 0..1 */
	uint64_t time_us;   /* of latency and late */
	uint32_t count;	    /* bits that corrupt turns, answers that reorder mixes, code of die */
	enum fault_lie lie;
	struct fault_jammer jammer;
	char text[FAULT_TEXT_CAP]; /* what the line says, without its times */
	uint64_t packets;	   /* that have met it so far; of those of answers: answers */
};

/* Where a fault stands at some time. */
struct fault_phase {
	bool active;
	uint64_t began_us; /* of what is active */
	uint64_t next_us;  /* when it begins or ends next, later than now; FAULT_FOREVER: never */
};

struct fault_phase fault_phase_at(const struct fault *fault, uint64_t now_us);

/* When what is active ends, FAULT_FOREVER: never. */
static inline uint64_t fault_end_us(const struct fault *fault, const struct fault_phase *phase)
{
	return fault->for_us == FAULT_FOREVER ? FAULT_FOREVER : phase->began_us + fault->for_us;
}

/* Whether it is about packets or answers, which can meet it, or about the simulator alone. */
static inline bool fault_can_be_met(const struct fault *fault)
{
	return fault->deed != FAULT_STALL && fault->deed != FAULT_CLOSE && fault->deed != FAULT_DIE;
}

/* "nan", "outcome", ...; NULL from LIE_COUNT on, "" for LIE_NONE. */
const char *fault_lie_name(enum fault_lie lie);

#endif
