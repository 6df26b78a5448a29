/* What reading the secrets file and editing it share. */
#ifndef UAV_ACCESS_SECRETS_PARTS_H
#define UAV_ACCESS_SECRETS_PARTS_H

#include "access/secrets.h"
#include "settings/report.h"

#include <sys/stat.h>

/* Opens the file without waiting and looks at what and whose it is. The descriptor, or -1,
 * told; errno is ENOENT when there is none, which is not told if `may_lack`. */
int secrets_file_open(struct report *report, bool may_lack, struct stat *about)
	__attribute__((warn_unused_result));
/* All of it, from where the descriptor stands, for secrets_file_forget. 0, or -1, told. */
int secrets_file_read(int fd, struct report *report, struct slice *text)
	__attribute__((warn_unused_result));
void secrets_file_forget(struct slice text);

/* Where in the text that was parsed the id of this drone stands; SIZE_MAX: it is not there. */
size_t secrets_find_text(const struct secrets *secrets, struct slice id);

#endif
