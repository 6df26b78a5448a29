/* Files with secrets or keys in them: nobody but the owner may get at one, except that its group
 * may read what belongs to root, as a service reads what its operator has written. */
#ifndef UAV_BASE_PRIVATE_FILE_H
#define UAV_BASE_PRIVATE_FILE_H

#include <sys/stat.h>

enum { PRIVATE_FILE_WHY_BYTES = 192 };

/* 0; or -1, and in `why` (PRIVATE_FILE_WHY_BYTES) who else can get at it, and what to do: what is
 * to be told behind the file's name. */
int private_file_check(const struct stat *about, char *why) __attribute__((warn_unused_result));

#endif
