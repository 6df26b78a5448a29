/* An array on the heap that grows by one element at a time. */
#ifndef UAV_BASE_ARRAY_H
#define UAV_BASE_ARRAY_H

#include <stddef.h>

/* One element more, zeroed, at the end of *array, which has `count` of `size` bytes and is NULL at
 * first; free(*array). 0, or -1 when memory is out, and it is as it was. */
int array_grow(void **array, size_t count, size_t size) __attribute__((warn_unused_result));

#endif
