#include "lib/fixture.h"

#include <stdlib.h>

enum { ARENA_CAP = 1024 * 1024 };

int fixture_set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture) {
		return -1;
	}
	arena_init(&fixture->arena, ARENA_CAP);
	buf_init(&fixture->out);
	*state = fixture;
	return 0;
}

int fixture_tear_down(void **state)
{
	struct fixture *fixture = *state;

	arena_fini(&fixture->arena);
	buf_fini(&fixture->out);
	free(fixture->encoded.data);
	free(fixture);
	return 0;
}
