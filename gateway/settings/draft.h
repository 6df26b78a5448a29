/* Settings while they are read: what was written on which line. */
#ifndef UAV_SETTINGS_DRAFT_H
#define UAV_SETTINGS_DRAFT_H

#include "settings/reader.h"
#include "settings/report.h"
#include "settings/table.h"

/* A section as it stands in the file. */
struct part {
	const struct section *section;
	char name[NAME_MAX_BYTES + 1]; /* of a named section, else "" */
	bool misnamed;
	int line;
	size_t index;		   /* of the listener or scenario */
	int lines[TABLE_ROWS_MAX]; /* where each key was given, by row; 0: not */
	bool bad[TABLE_ROWS_MAX];  /* its value was refused */
};

struct draft {
	struct report report;
	struct settings *settings;
	struct part *parts;
	size_t part_count;
	bool any_section;     /* known or not */
	bool in_part;	      /* keys belong to the last part; else they are passed over */
	int *parameter_lines; /* of the last scenario's channel.* keys */
	bool out_of_memory;
};

static inline size_t table_row_index(const struct row *row)
{
	return (size_t)(row - table_rows);
}

/* The first part of an unnamed section, or NULL. */
const struct part *draft_find(const struct draft *draft, const char *section);

/* Into what the offsets of the part's rows point. */
void *draft_target(const struct draft *draft, const struct part *part);

/* Gives the keys of one kind of section their defaults. */
void draft_preset(enum target target, void *into);

/* Takes what the reader finds into the draft, which is its ctx. */
extern const struct reader_ops draft_reader;

/* Rules between keys, told as mistakes; to be called when all is read. */
void draft_check(struct draft *draft);

#endif
