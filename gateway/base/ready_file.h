/* A file that is there for as long as a program can be used: what a script waits for.
 *
 * It is text, "KEY VALUE" a line, the first "pid PROCESS". It comes whole or not at all
 * (rename(2)), and is another file than whatever stood there before: nothing is written through a
 * link. Whoever has put it there holds a lock on it (flock(2)), which the system takes away with
 * the process: so a file that a crash has left is told from one that is in use. Where the file
 * system has no locks both are taken for left behind. */
#ifndef UAV_BASE_READY_FILE_H
#define UAV_BASE_READY_FILE_H

enum { READY_FILE_WHY_BYTES = 256 };

struct ready_file {
	const char *path; /* NULL: none is wanted, and nothing ever happens */
	int fd;		  /* of the file that is there, locked; -1: none is */
};

/* Takes the place that `path` (kept, not copied; it may be NULL) names: removes a ready file that
 * an earlier process has left there, and tries whether one can be written. 0, or -1 with why
 * (READY_FILE_WHY_BYTES), for behind the file's name: a process that runs has it or something else
 * stands there, which are left alone, or the folder cannot be written to. */
int ready_file_claim(struct ready_file *file, const char *path, char *why)
	__attribute__((warn_unused_result));

/* The file is there from now on, `lines` behind its first line. 0, or -1 with why, and it is not
 * there: it cannot be written, or another process has come first. */
int ready_file_write(struct ready_file *file, const char *lines, char *why)
	__attribute__((warn_unused_result));

/* It is there no more; another's that has been put in its place stays. */
void ready_file_remove(struct ready_file *file);

#endif
