/* What may stand in gateway.ini: one row per key. */
#ifndef UAV_SETTINGS_TABLE_H
#define UAV_SETTINGS_TABLE_H

#include "settings/settings.h"

/* Into what the offsets of a section's rows point. */
enum target {
	TARGET_SETTINGS,
	TARGET_LISTENER,
	TARGET_SIMULATOR,
	TARGET_SCENARIO,
};

struct section {
	const char *name; /* of [name], or of [name:NAME] */
	enum target target;
	bool named; /* may stand several times, each with a NAME of its own */
	const char *help;
	const char *example; /* NAME in the reference */
};

enum value_kind {
	VALUE_U32,
	VALUE_U64,
	VALUE_CHOICE,  /* an enum, stored as int */
	VALUE_WORD,    /* one of the choices, stored as text */
	VALUE_NAME,    /* [A-Za-z0-9._-]{1,32} */
	VALUE_TEXT,    /* UTF-8 without control characters */
	VALUE_ADDRESS, /* struct address */
	VALUE_ORIGIN,  /* of a scenario */
	VALUE_CHANNEL, /* channel.*: a scenario's parameter, for the simulator alone */
};

struct choice {
	const char *name; /* NULL ends the list */
	int value;
	bool unsupported; /* planned, refused with a sentence that says so */
};

#define ROW_NOT_STORED SIZE_MAX
#define CHANNEL_PREFIX "channel."

struct row {
	const char *section;
	const char *key;
	enum value_kind kind;
	size_t offset;	   /* in the target, or ROW_NOT_STORED */
	uint64_t min, max; /* numbers: bounds; text: bytes */
	const struct choice *choices;
	const char *preset;  /* default as written; NULL: stands in limits_default, or there
				is none */
	const char *example; /* in the reference, where there is no default */
	bool required;
	bool limit; /* a member of struct limits */
	/* Whether a running gateway may take a new value in. */
	bool reloadable;
	const char *help;
};

extern const struct section table_sections[];
extern const size_t table_section_count;
extern const struct row table_rows[];
extern const size_t table_row_count;

#define TABLE_ROWS_MAX 64 /* table.c checks it */

const struct section *table_find_section(const char *name);
/* A key that begins with "channel." finds the row "channel.*". */
const struct row *table_find_row(const char *section, const char *key);

#endif
