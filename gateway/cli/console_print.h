/* What the console tells in lines for people: the text protocol's (proto/text.md), with names
 * that have blanks in them quoted as they are to be typed. */
#ifndef UAV_CLI_CONSOLE_PRINT_H
#define UAV_CLI_CONSOLE_PRINT_H

#include "cli/console_directory.h"

#include <stdio.h>

/* What people call the drone, such that nobody can put on another's line. */
void console_print_name(FILE *file, const struct console_directory *directory, struct slice id);
void console_print_label(FILE *file, struct slice label);

/* "<alice> [15.70 dB 0.092 ms] hello" */
void console_print_delivery(FILE *file, const struct console_directory *directory,
			    const struct event_delivery *delivery);
/* The same without its text and the end of the line. */
void console_print_sender(FILE *file, const struct console_directory *directory,
			  const struct event_delivery *delivery);
/* "= alice DELIVERED [15.70 dB 0.092 ms]" */
void console_print_outcome(FILE *file, const struct console_directory *directory,
			   const struct target_outcome *outcome);
/* "* alice is here"; the directory does not know of it yet. */
void console_print_presence(FILE *file, const struct console_directory *directory,
			    const struct presence_entry *entry);
/* "* you are in field (MESH, drones: 3)" */
void console_print_place(FILE *file, const struct scenario_entry *entry);

#endif
