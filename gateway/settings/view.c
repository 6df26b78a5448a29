#include "settings/view.h"

#include <stdio.h>

size_t view_count(const struct settings *settings, const struct section *section)
{
	switch (section->target) {
	case TARGET_LISTENER:
		return settings->listener_count;
	case TARGET_SIMULATOR:
		return settings->simulator_count;
	case TARGET_SCENARIO:
		return settings->scenario_count;
	case TARGET_SETTINGS:
		break;
	}
	return 1;
}

void *view_target(const struct settings *settings, enum target target, size_t index)
{
	const void *found = settings;

	switch (target) {
	case TARGET_LISTENER:
		found = &settings->listeners[index];
		break;
	case TARGET_SIMULATOR:
		found = &settings->simulators[index];
		break;
	case TARGET_SCENARIO:
		found = &settings->scenarios[index];
		break;
	case TARGET_SETTINGS:
		break;
	}
	return (void *)(uintptr_t)found;
}

const char *view_name(const struct settings *settings, const struct section *section, size_t index)
{
	switch (section->target) {
	case TARGET_LISTENER:
		return settings->listeners[index].name;
	case TARGET_SIMULATOR:
		return settings->simulators[index].name;
	case TARGET_SCENARIO:
		return settings->scenarios[index].name;
	case TARGET_SETTINGS:
		break;
	}
	return "";
}

size_t view_find(const struct settings *settings, const struct section *section, const char *name)
{
	size_t count = view_count(settings, section);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(view_name(settings, section, i), name) == 0) {
			return i;
		}
	}
	return SIZE_MAX;
}

void view_title(const struct section *section, const char *name, char *text, size_t cap)
{
	(void)snprintf(text, cap, "%s%s%s", section->name, *name ? ":" : "", name);
}

bool view_inherited(const struct settings *settings, const struct row *row, size_t index)
{
	size_t number = table_row_index(row);

	if (!row->inherits) {
		return false;
	}
	return table_find_section(row->section)->target == TARGET_LISTENER
		       ? !settings->listeners[index].given[number]
		       : !settings->scenario_given[index * table_row_count + number];
}
