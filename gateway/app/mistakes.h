/* Mistakes that keep a gateway from starting. They are told when all are known: only then is it
 * known as well in which form the log was asked for, which whoever reads it relies upon. */
#ifndef UAV_APP_MISTAKES_H
#define UAV_APP_MISTAKES_H

#include "base/log.h"
#include "settings/settings.h"

#include <stdio.h>

struct mistakes {
	struct mistake *all;
	size_t count;
	size_t lost; /* for want of memory */
};

/* Takes a mistake down (a settings_complain_fn; `ctx` is a struct mistakes, all zero at first). */
void mistakes_note(void *ctx, const char *file, int line, const char *message);

/* Tells them in the order in which they were noted, and frees them: as JSON one line of a log each,
 * event config_mistake, written to `out`; else `complain` is called for each. */
void mistakes_tell(struct mistakes *mistakes, enum log_format format, FILE *out,
		   settings_complain_fn complain, void *ctx);

#endif
