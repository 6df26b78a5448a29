/* All the bytes into a file, a pipe or a terminal. */
#ifndef UAV_BASE_WRITE_ALL_H
#define UAV_BASE_WRITE_ALL_H

#include "base/slice.h"

/* Waits for as long as it takes. 0, or a negative errno. */
int write_all(int fd, struct slice bytes) __attribute__((warn_unused_result));

#endif
