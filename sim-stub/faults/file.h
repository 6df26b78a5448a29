/* A timeline's file: one fault a line. */
#ifndef SIM_FAULTS_FILE_H
#define SIM_FAULTS_FILE_H

#include "faults/fault.h"

#define FAULTS_MAX 1000		      /* of a file */
#define FAULT_LINE_MAX 1000	      /* bytes of a line */
#define FAULT_FILE_MAX (1024u * 1024) /* bytes of a file */

struct fault_list {
	struct fault *at; /* in the order of the file */
	size_t count;
};

/* Reads the file and tells its mistakes on stderr, each as "PROGRAM: FILE:LINE: why". 0 and
 * *list, which is the caller's to free with fault_list_fini; or -1 when there were any. */
int fault_file_read(const char *path, struct fault_list *list) __attribute__((warn_unused_result));
void fault_list_fini(struct fault_list *list);

#endif
