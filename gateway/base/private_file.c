#include "base/private_file.h"

#include <stdio.h>

/* That a file can be executed lets nobody get at what is in it. */
int private_file_check(const struct stat *about, char *why)
{
	unsigned mode = about->st_mode & 0777u;

	if (mode & (S_IROTH | S_IWOTH)) {
		(void)snprintf(why, PRIVATE_FILE_WHY_BYTES,
			       "everybody on this machine can read or write it (mode %04o), so "
			       "nothing in it is a secret any more: chmod 600 it, and replace what "
			       "is in it",
			       mode);
	} else if (mode & S_IWGRP) {
		(void)snprintf(why, PRIVATE_FILE_WHY_BYTES,
			       "its group can write it (mode %04o), and so put anything there: "
			       "chmod 600 it",
			       mode);
	} else if ((mode & S_IRGRP) && about->st_uid != 0) {
		(void)snprintf(why, PRIVATE_FILE_WHY_BYTES,
			       "its group can read it (mode %04o), which is right only when the "
			       "file belongs to root: chmod 600 it, or chown it to root",
			       mode);
	} else {
		return 0;
	}
	return -1;
}
