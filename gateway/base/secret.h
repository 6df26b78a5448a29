/* A secret that two sides share, as a word in a file: used as it stands. */
#ifndef UAV_BASE_SECRET_H
#define UAV_BASE_SECRET_H

#include "base/slice.h"

/* Bytes; printable ASCII without blanks. */
#define SECRET_LEAST 16
#define SECRET_MOST 128

/* The first byte that stands in no secret; NULL when there is none. */
const uint8_t *secret_find_wrong(struct slice word);
bool secret_size_fits(struct slice word);

/* Takes the next word off, with the blanks around it (spaces, tabs); empty when there is none. */
struct slice secret_take_word(struct slice *rest);

#endif
