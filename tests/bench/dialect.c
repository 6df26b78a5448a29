#include "dialect.h"

#include <string.h>

const struct dialect *dialect_find(const char *name)
{
	static const struct dialect *const all[] = {
		&dialect_uav,
		&dialect_limit,
		&dialect_nats,
		&dialect_redis,
		&dialect_redis_no_replies,
		&dialect_mqtt,
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(all[i]->name, name) == 0) {
			return all[i];
		}
	}
	return NULL;
}
