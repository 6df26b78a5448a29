#include "settings/table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct section table_sections[] = {
	{"gateway", TARGET_SETTINGS, NAMING_NONE, "The gateway as a whole.", NULL},
	{"listen", TARGET_LISTENER, NAMING_REQUIRED,
	 "Where drones connect; one section for each address. NAME appears in the log. At "
	 "least one is needed.",
	 "drones"},
	{"auth", TARGET_SETTINGS, NAMING_NONE,
	 "How drones show that they are those whose ids they give.", NULL},
	{"simulator", TARGET_SIMULATOR, NAMING_OPTIONAL,
	 "The link to the channel simulator. The gateway connects, the simulator listens; "
	 "they may be started in any order. Further simulators are [simulator:NAME], with the "
	 "same keys; scenarios name theirs.",
	 NULL},
	{"sessions", TARGET_SETTINGS, NAMING_NONE, "How long the gateway waits for a drone.", NULL},
	{"presence", TARGET_SETTINGS, NAMING_NONE, "Telling drones who comes and goes.", NULL},
	{"limits", TARGET_SETTINGS, NAMING_NONE,
	 "Bounds on what drones may make the gateway spend.", NULL},
	{"scenario", TARGET_SCENARIO, NAMING_REQUIRED,
	 "A scenario that drones can choose as NAME; one section for each. Only members of "
	 "one scenario reach each other.",
	 "example"},
};
const size_t table_section_count = COUNT(table_sections);

const struct section *table_find_section(const char *name)
{
	for (size_t i = 0; i < table_section_count; i++) {
		if (strcmp(table_sections[i].name, name) == 0) {
			return &table_sections[i];
		}
	}
	return NULL;
}

const struct row *table_find_row(const char *section, const char *key)
{
	for (size_t i = 0; i < table_row_count; i++) {
		const struct row *row = &table_rows[i];

		if (strcmp(row->section, section) != 0) {
			continue;
		}
		if (row->kind == VALUE_CHANNEL
			    ? strncmp(key, CHANNEL_PREFIX, strlen(CHANNEL_PREFIX)) == 0
			    : strcmp(row->key, key) == 0) {
			return row;
		}
	}
	return NULL;
}
