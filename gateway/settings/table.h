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

enum naming {
	NAMING_NONE,	 /* [name] */
	NAMING_REQUIRED, /* [name:NAME], several times, each with a NAME of its own */
	NAMING_OPTIONAL, /* both */
};

struct section {
	const char *name;
	enum target target;
	enum naming naming;
	const char *help;
	const char *example; /* NAME in the reference; NULL: without */
};

enum value_kind {
	VALUE_U32,
	VALUE_U64,
	VALUE_CHOICE,  /* an enum, stored as int */
	VALUE_SWITCH,  /* a choice of two, stored as bool */
	VALUE_WORD,    /* one of the choices, stored as text */
	VALUE_NAME,    /* [A-Za-z0-9._-]{1,32} */
	VALUE_TEXT,    /* UTF-8 without control characters */
	VALUE_ADDRESS, /* struct address */
	VALUE_PATH,    /* of a file; absolute, once it is stored */
	VALUE_HOST,    /* a DNS name or a numeric address, as a certificate has it */
	VALUE_GLOBS,   /* base/patterns.h; none at all is not a value */
	VALUE_ORIGIN,  /* of a scenario */
	VALUE_CHANNEL, /* channel.*: a scenario's parameter, for the simulator alone */
	VALUE_INCLUDE, /* a file or a pattern of files; may be given several times */
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
	uint64_t min, max; /* numbers: bounds; text, paths: bytes */
	const struct choice *choices;
	const char *preset;   /* default as written; NULL: there is none */
	const char *inherits; /* instead of a preset: whose value is taken, for people */
	const char *example;  /* in the reference, where there is no default */
	const char *refers;   /* the value is the NAME of such a section, which must be there */
	bool required;
	bool limit;	/* a member of struct limits */
	bool star_only; /* a mistake in a scenario of another topology */
	/* Whether a running gateway may take a new value in. */
	bool reloadable;
	const char *help;
};

extern const struct section table_sections[];
extern const size_t table_section_count;
extern const struct row table_rows[]; /* table_rows.c */
extern const size_t table_row_count;

/* Where the row of table_rows stands in it. */
static inline size_t table_row_index(const struct row *row)
{
	return (size_t)(row - table_rows);
}

/* ":NAME" where a NAME must stand, else "". */
static inline const char *section_name_part(const struct section *section)
{
	return section->naming == NAMING_REQUIRED ? ":NAME" : "";
}

const struct section *table_find_section(const char *name);
/* A key that begins with "channel." finds the row "channel.*". */
const struct row *table_find_row(const char *section, const char *key);

#endif
