/* The sections of settings, by the table: what printing and comparing walk along. */
#ifndef UAV_SETTINGS_VIEW_H
#define UAV_SETTINGS_VIEW_H

#include "settings/table.h"

/* Room for "section:NAME". */
#define VIEW_TITLE_BYTES (NAME_MAX_BYTES + 32)

/* How many there are of one kind of section: 1 of those without a name. */
size_t view_count(const struct settings *settings, const struct section *section);
/* The structure into which the offsets of its rows point. */
void *view_target(const struct settings *settings, enum target target, size_t index);
/* Its NAME; "" where it has none. */
const char *view_name(const struct settings *settings, const struct section *section, size_t index);
/* The index of the one with this NAME, or SIZE_MAX. */
size_t view_find(const struct settings *settings, const struct section *section, const char *name);

/* "section" or "section:NAME". */
void view_title(const struct section *section, const char *name, char *text, size_t cap);

/* Whether the value is taken from elsewhere because the file does not give it. */
bool view_inherited(const struct settings *settings, const struct row *row, size_t index);

#endif
