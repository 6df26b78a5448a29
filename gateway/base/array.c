#include "base/array.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int array_grow(void **array, size_t count, size_t size)
{
	bool full = (count & (count - 1)) == 0; /* there is room for powers of two */
	void *grown = full ? reallocarray(*array, count ? 2 * count : 1, size) : *array;

	if (!grown) {
		return -1;
	}
	*array = grown;
	memset((char *)grown + count * size, 0, size);
	return 0;
}
