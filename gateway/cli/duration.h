/* A length of time, for people. */
#ifndef UAV_CLI_DURATION_H
#define UAV_CLI_DURATION_H

#include <stdint.h>

#define DURATION_TEXT_BYTES 32

/* "12.3 s", "3:05 min" or "2:10 h", cut, not rounded. */
void duration_text(char text[DURATION_TEXT_BYTES], uint64_t ms);

#endif
