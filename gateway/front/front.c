#include "front/front.h"

static const struct front *const fronts[] = {
	&front_protobuf,
	&front_text,
};

const struct front *front_find(const char *name)
{
	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
		if (strcmp(fronts[i]->name, name) == 0) {
			return fronts[i];
		}
	}
	return NULL;
}
