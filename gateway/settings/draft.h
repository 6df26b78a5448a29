/* Settings while they are read: what was written where. */
#ifndef UAV_SETTINGS_DRAFT_H
#define UAV_SETTINGS_DRAFT_H

#include "settings/reader.h"
#include "settings/report.h"
#include "settings/table.h"

#include <sys/types.h>

#define PARAMETERS_MAX 256 /* channel.* keys of one scenario */
#define PARAMETER_KEY_BYTES 64

/* A key that is given beside the files. */
struct override {
	char *where; /* "--set SECTION.KEY": what its mistakes are told of */
};

/* A section as it stands in a file. */
struct part {
	const struct section *section;
	char name[NAME_MAX_BYTES + 1]; /* of a named section, else "" */
	bool misnamed;
	struct place place;
	size_t index; /* of the listener, simulator or scenario */
	/* Where each key was given, by row: its line; 0: not at all; below: by an override,
	 * of which -1 is the first. */
	int lines[TABLE_ROWS_MAX];
	const struct override *overrides; /* the draft's, where a line is below 0 */
	bool bad[TABLE_ROWS_MAX];	  /* its value was refused */
};

/* A file that was read, or is being read. */
struct source_file {
	char *path;
	dev_t device;
	ino_t inode;
	bool open;	    /* being read, or what it includes is */
	struct place place; /* of the include; of the first file: itself */
};

/* An include that waits for its file to be read to the end. */
struct wish {
	char *pattern;
	struct place place;
};

struct draft {
	struct report report;
	struct settings *settings;
	struct part *parts;
	size_t part_count;
	struct source_file *sources; /* the first file is the first */
	size_t source_count;
	struct wish *wishes;
	size_t wish_count;
	struct override *overrides;
	size_t override_count;
	bool again;		       /* for a gateway that runs: nothing is waited for */
	const struct section *crowded; /* told last that there are too many of it */
	bool any_section;	       /* of this file, known or not */
	bool in_part;		       /* keys belong to the last part; else they are passed over */
	bool incomplete;	       /* a file was not read: what it holds is not known */
	bool broken;		       /* a file could not be read to its end, or memory is out */
	int *parameter_lines;	       /* of the last scenario's channel.* keys */
	bool out_of_memory;
};

/* Everything the draft owns but its settings. */
void draft_fini(struct draft *draft);

/* Memory is out: told once. */
void draft_give_up(struct draft *draft, struct place place);

/* Whether it is the file that the gateway was started with that is read. */
bool draft_in_first_file(const struct draft *draft);
/* The part of this kind of section and index, or NULL where none stands in a file. */
const struct part *draft_find(const struct draft *draft, const struct section *section,
			      size_t index);
/* The same; of several that stand there by mistake, the one that gives this key. */
const struct part *draft_find_giving(const struct draft *draft, const struct section *section,
				     size_t index, const struct row *row);

/* Whether the key is given in the part; whether with a value that was taken. */
bool part_gives(const struct part *part, const char *key);
bool part_has(const struct part *part, const char *key);
/* Where the key stands; where the part does, when it is not given. */
struct place part_place(const struct part *part, const char *key);
/* Where the key of this row stands; line 0 of the part's file, when it is not given. */
struct place part_row_place(const struct part *part, size_t row);

/* Into what the offsets of the part's rows point. */
void *draft_target(const struct draft *draft, const struct part *part);

/* Gives the keys of one kind of section their defaults. */
void draft_preset(enum target target, void *into);

/* Reads the file and all it includes. */
void draft_read(struct draft *draft, const char *file);
/* What the reader finds: on_section in draft.c, on_value in keys.c. */
void draft_take_section(void *ctx, int line, char *text);
void draft_take_value(void *ctx, int line, const char *key, const char *value);

/* Puts the key's value into its place, as given on this line (part->lines); one that is wrong is
 * told. */
void draft_set_value(struct draft *draft, struct part *part, const struct row *row, int line,
		     const char *value);
/* Whether a channel.* key and its value may stand in a scenario; else that is told. */
bool draft_check_parameter(struct draft *draft, int line, const char *key, const char *value);
/* There are no more channel.* keys in it than may be; else that is told. */
bool draft_has_room(struct draft *draft, int line, const struct scenario_config *scenario);
void draft_tell_unknown_key(struct draft *draft, int line, const char *section, const char *key);
/* "; did you mean [s:x]? there are [s:x], [s:y]" for the sections of one kind that have names. */
void draft_name_known(const struct settings *settings, const struct section *section,
		      const char *wrong, char *text, size_t cap);

/* What is given beside the files; all of these are read. */
void draft_override(struct draft *draft, const struct settings_source *source);

/* Fills in what the files leave to other sections; all is read. */
void draft_complete(struct draft *draft);
/* Rules between keys, told as mistakes; draft_complete is done. Where a file was not read,
 * only what it cannot mend. */
void draft_check(struct draft *draft);
/* Those of them that are about who gets in; draft_check calls it. */
void draft_check_access(struct draft *draft);
/* What a gateway that runs with `running` cannot take in, told as mistakes. The same. */
void draft_check_changes(struct draft *draft, const struct settings *running);

#endif
