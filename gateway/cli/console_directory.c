#include "cli/console_directory.h"

#include "base/suggest.h"
#include "base/utf8.h"

#include <stdlib.h>

/* As strcmp(3), of a slice and a string. */
static int compare(struct slice a, const char *b)
{
	size_t size = strlen(b);
	int order = a.size && size ? memcmp(a.data, b, a.size < size ? a.size : size) : 0;

	return order ? order : (a.size > size) - (a.size < size);
}

static void copy(char *room, size_t size, struct slice text)
{
	text = utf8_cut(text, size - 1);
	if (text.size) {
		memcpy(room, text.data, text.size);
	}
	room[text.size] = '\0';
}

/* Room for one more in a list of `count`. 0, or -1. */
static int grow(void **list, size_t *cap, size_t count, size_t most, size_t each)
{
	size_t wanted = *cap ? *cap * 2 : 16;
	void *more;

	if (count < *cap) {
		return 0;
	}
	more = count < most ? realloc(*list, wanted * each) : NULL;
	if (!more) {
		return -1;
	}
	*list = more;
	*cap = wanted;
	return 0;
}

/* ------------------------------------------------------------------- drones */

/* Where the drone is, or belongs. */
static size_t place_of(const struct console_directory *directory, struct slice id, bool *there)
{
	size_t low = 0, high = directory->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(id, directory->drones[middle]->id);

		if (order == 0) {
			*there = true;
			return middle;
		}
		if (order < 0) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	*there = false;
	return low;
}

void console_directory_clear(struct console_directory *directory)
{
	while (directory->count) {
		free(directory->drones[--directory->count]);
	}
}

void console_directory_fini(struct console_directory *directory)
{
	console_directory_clear(directory);
	free((void *)directory->drones);
	free(directory->scenarios.list);
	free(directory->groups.list);
	*directory = (struct console_directory){0};
}

static struct console_drone *insert(struct console_directory *directory, struct slice id,
				    size_t place)
{
	void *list = (void *)directory->drones;
	struct console_drone *drone = calloc(1, sizeof(*drone));

	if (!drone || grow(&list, &directory->cap, directory->count, CONSOLE_DRONES_MAX,
			   sizeof(void *)) < 0) {
		free(drone);
		return NULL;
	}
	directory->drones = (struct console_drone **)list;
	memmove((void *)(directory->drones + place + 1), (void *)(directory->drones + place),
		(directory->count - place) * sizeof(void *));
	directory->drones[place] = drone;
	directory->count++;
	copy(drone->id, sizeof(drone->id), id);
	return drone;
}

void console_directory_put(struct console_directory *directory, struct slice id,
			   struct slice callsign)
{
	bool there;
	size_t place = place_of(directory, id, &there);
	struct console_drone *drone =
		there ? directory->drones[place] : insert(directory, id, place);

	if (drone) {
		copy(drone->callsign, sizeof(drone->callsign),
		     slice_equal(callsign, id) ? slice_str("") : callsign);
	}
}

void console_directory_remove(struct console_directory *directory, struct slice id)
{
	bool there;
	size_t place = place_of(directory, id, &there);

	if (!there) {
		return;
	}
	free(directory->drones[place]);
	directory->count--;
	memmove((void *)(directory->drones + place), (void *)(directory->drones + place + 1),
		(directory->count - place) * sizeof(void *));
}

struct slice console_directory_label(const struct console_directory *directory, struct slice id)
{
	bool there;
	size_t place = place_of(directory, id, &there);

	return there && directory->drones[place]->callsign[0]
		       ? slice_str(directory->drones[place]->callsign)
		       : id;
}

/* -------------------------------------------------------------------- words */

void console_words_add(struct console_words *words, struct slice name)
{
	void *list = words->list;
	size_t place = 0;

	while (place < words->count && compare(name, words->list[place]) > 0) {
		place++;
	}
	if (name.size == 0 || (place < words->count && compare(name, words->list[place]) == 0) ||
	    grow(&list, &words->cap, words->count, CONSOLE_WORDS_MAX, sizeof(*words->list)) < 0) {
		return;
	}
	words->list = list;
	memmove(words->list + place + 1, words->list + place,
		(words->count - place) * sizeof(*words->list));
	copy(words->list[place], sizeof(words->list[place]), name);
	words->count++;
}

/* ------------------------------------------------------------------ find */

static const char *nearest(const struct console_directory *directory, struct slice name)
{
	struct suggestion best = {0};

	for (size_t i = 0; i < directory->count; i++) {
		suggest_consider(&best, name, directory->drones[i]->id);
		if (directory->drones[i]->callsign[0]) {
			suggest_consider(&best, name, directory->drones[i]->callsign);
		}
	}
	return best.name;
}

struct console_found console_directory_find(const struct console_directory *directory,
					    struct slice name)
{
	struct console_found found = {0};

	for (size_t i = 0; i < directory->count && !found.other; i++) {
		const struct console_drone *drone = directory->drones[i];

		if (compare(name, drone->id) == 0 ||
		    (drone->callsign[0] && compare(name, drone->callsign) == 0)) {
			found.other = found.id ? drone->id : NULL;
			found.id = found.id ? found.id : drone->id;
		}
	}
	if (!found.id) {
		found.near = nearest(directory, name);
	}
	return found;
}
