/* What every test of a codec starts with. */
#ifndef UAV_TESTS_LIB_FIXTURE_H
#define UAV_TESTS_LIB_FIXTURE_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/message.h"

/* The bytes of a string literal, NULs included. */
#define BYTES(literal) slice_of(literal, sizeof(literal) - 1)

struct fixture {
	struct arena arena; /* of 1 MiB */
	struct buf out;
	size_t at; /* of `out`, up to where frames have been taken */
	struct encoded encoded;
};

/* For cmocka: *state becomes a fixture. 0, or -1 when memory is out. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);

#endif
