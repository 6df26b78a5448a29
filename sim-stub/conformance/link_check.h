/* The numbers of a reception: whether they can be true, and where two of them differ. */
#ifndef SIM_CONFORMANCE_LINK_CHECK_H
#define SIM_CONFORMANCE_LINK_CHECK_H

#include "conformance/answers.h"

/* Counts what is wrong with the reception; `numbers` are those of its link, zeros where there are
 * none that can be read. */
void link_check_reception(struct blemishes *blemishes, const struct reception *reception,
			  struct slice sent, struct link_numbers *numbers);

/* The first field in which both links differ: "snr_db 33.94, then 33.95". */
void link_check_difference(struct slice a, struct slice b, char *how, size_t size);

#endif
