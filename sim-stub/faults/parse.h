/* From a line of text to a fault. The grammar stands in config/faults/README.md:
 *
 *   at TIME WHAT... [for TIME] [every TIME] [scenario NAME] */
#ifndef SIM_FAULTS_PARSE_H
#define SIM_FAULTS_PARSE_H

#include "faults/fault.h"

#define PARSE_WHY_CAP 320

enum parse_status {
	PARSE_NOTHING, /* blank, or a comment */
	PARSE_FAULT,
	PARSE_WRONG,
};

/* A line without its end. PARSE_FAULT and *fault (but its `line`), or PARSE_WRONG and why: a
 * sentence of printable ASCII, of less than PARSE_WHY_CAP bytes. */
enum parse_status parse_line(struct slice line, struct fault *fault, char why[PARSE_WHY_CAP])
	__attribute__((warn_unused_result));

#endif
