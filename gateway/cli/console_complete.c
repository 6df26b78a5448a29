#include "cli/console_complete.h"

#include "base/utf8.h"

#include <stdlib.h>

void console_candidates_fini(struct console_candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++) {
		free(candidates->list[i]);
	}
	free((void *)candidates->list);
	*candidates = (struct console_candidates){0};
}

static void keep(struct console_candidates *candidates, const char *text)
{
	const size_t bytes = CONSOLE_CANDIDATES_MAX * sizeof(*candidates->list);

	if (!candidates->list) {
		candidates->list = (char **)malloc(bytes);
	}
	if (!candidates->list || candidates->count == CONSOLE_CANDIDATES_MAX) {
		candidates->left_out++;
		return;
	}
	candidates->list[candidates->count] = strdup(text);
	candidates->count += candidates->list[candidates->count] != NULL;
}

static void consider(const struct console_word *word, const char *name,
		     struct console_candidates *candidates)
{
	char text[CONSOLE_NAME_BYTES];

	if (strlen(name) >= word->begun.size &&
	    (word->begun.size == 0 || memcmp(name, word->begun.data, word->begun.size) == 0) &&
	    utf8_is_shown(slice_str(name)) &&
	    console_command_quote(word, name, text, sizeof(text)) == 0) {
		keep(candidates, text);
	}
}

static void consider_words(const struct console_word *word, const struct console_words *words,
			   struct console_candidates *candidates)
{
	for (size_t i = 0; i < words->count; i++) {
		consider(word, words->list[i], candidates);
	}
}

void console_complete(const struct console_directory *directory, const struct console_word *word,
		      struct console_candidates *candidates)
{
	switch (word->wanted) {
	case CONSOLE_WANTED_NOTHING:
		break;
	case CONSOLE_WANTED_COMMAND:
		for (size_t i = 0; console_command_name(i); i++) {
			consider(word, console_command_name(i), candidates);
		}
		break;
	case CONSOLE_WANTED_DRONE:
		for (size_t i = 0; i < directory->count; i++) {
			consider(word, directory->drones[i]->id, candidates);
			if (directory->drones[i]->callsign[0]) {
				consider(word, directory->drones[i]->callsign, candidates);
			}
		}
		break;
	case CONSOLE_WANTED_SCENARIO:
		consider_words(word, &directory->scenarios, candidates);
		break;
	case CONSOLE_WANTED_GROUP:
		consider_words(word, &directory->groups, candidates);
		break;
	}
}

struct slice console_candidates_common(const struct console_candidates *candidates)
{
	struct slice common = slice_str(candidates->count ? candidates->list[0] : "");

	for (size_t i = 1; i < candidates->count; i++) {
		size_t same = 0;

		while (same < common.size && (char)common.data[same] == candidates->list[i][same]) {
			same++;
		}
		common.size = same;
	}
	return candidates->count ? utf8_cut(slice_str(candidates->list[0]), common.size) : common;
}
