/* Who is online, by id and by callsign, and the names of scenarios and groups: as far as the
 * gateway has told. */
#ifndef UAV_CLI_CONSOLE_DIRECTORY_H
#define UAV_CLI_CONSOLE_DIRECTORY_H

#include "core/message.h"

/* Names beyond these are not kept. */
enum { CONSOLE_DRONES_MAX = 100000, CONSOLE_WORDS_MAX = 1000 };

struct console_drone {
	char id[NAME_MAX_BYTES + 1];
	char callsign[CALLSIGN_MAX_BYTES + 1]; /* "": none but the id */
};

struct console_words {
	char (*list)[NAME_MAX_BYTES + 1]; /* sorted, each once */
	size_t count, cap;
};

/* An all-zero struct is empty. */
struct console_directory {
	struct console_drone **drones; /* by id */
	size_t count, cap;
	struct console_words scenarios, groups;
};

void console_directory_fini(struct console_directory *directory);

/* Forgets the drones. */
void console_directory_clear(struct console_directory *directory);
/* A drone is there, or is called so now. What memory has no room for is not kept. */
void console_directory_put(struct console_directory *directory, struct slice id,
			   struct slice callsign);
void console_directory_remove(struct console_directory *directory, struct slice id);

/* Keeps a name that is not kept yet. */
void console_words_add(struct console_words *words, struct slice name);

/* What people call the drone: its callsign, or its id. */
struct slice console_directory_label(const struct console_directory *directory, struct slice id);

/* Whom a name may mean; lives until the directory changes. */
struct console_found {
	const char *id;	   /* of the drone that is called so, by its id or its callsign, or NULL */
	const char *other; /* of another that is called so as well, or NULL */
	const char *near;  /* when there is none: the name nearest to it, or NULL */
};

struct console_found console_directory_find(const struct console_directory *directory,
					    struct slice name);

#endif
