#include "faults/words.h"

#include "base/patterns.h"
#include "base/suggest.h"
#include "faults/quantity.h"

/* -------------------------------------------------------------- mistakes */

int words_refuse(struct words *words, const char *before, const char *allowed)
{
	text_add(&words->why, before);
	text_add(&words->why, " ");
	if (words_left(words)) {
		text_add_quoted(&words->why, words->at[words->next]);
	} else {
		text_add(&words->why, "without a value");
	}
	text_add(&words->why, "; allowed: ");
	text_add(&words->why, allowed);
	return -1;
}

/* An unknown word, or none, where one of `names` (up to a NULL) must stand. */
static int unknown(struct words *words, const char *what, const char *const *names)
{
	struct slice word = words_peek(words);
	struct suggestion meant = {0};

	text_add(&words->why, word.size ? "unknown " : "a missing ");
	text_add(&words->why, what);
	if (word.size) {
		text_add(&words->why, " ");
		text_add_quoted(&words->why, word);
	}
	for (size_t i = 0; word.size && names[1] && names[i]; i++) {
		suggest_consider(&meant, word, names[i]);
	}
	if (meant.name) {
		text_add(&words->why, "; nearest known: ");
		text_add(&words->why, meant.name);
		return -1;
	}
	text_add(&words->why, "; known: ");
	for (size_t i = 0; names[i]; i++) {
		text_add(&words->why, i ? ", " : "");
		text_add(&words->why, names[i]);
	}
	return -1;
}

int words_say(struct words *words, const char *why)
{
	text_add(&words->why, why);
	return -1;
}

/* ----------------------------------------------------------------- words */

bool words_split(struct words *words, struct slice line)
{
	size_t at = 0;

	while (at < line.size) {
		size_t start;

		while (at < line.size && (line.data[at] == ' ' || line.data[at] == '\t')) {
			at++;
		}
		start = at;
		while (at < line.size && line.data[at] != ' ' && line.data[at] != '\t') {
			at++;
		}
		if (start == at || line.data[start] == '#') {
			return true;
		}
		if (words->count == WORDS_MAX) {
			return false;
		}
		words->at[words->count++] = slice_of(line.data + start, at - start);
	}
	return true;
}

struct slice words_peek(const struct words *words)
{
	return words_left(words) ? words->at[words->next] : slice_str("");
}

static bool next_is(const struct words *words, const char *word)
{
	return slice_equal(words_peek(words), slice_str(word));
}

bool words_take(struct words *words, const char *word)
{
	bool is = next_is(words, word);

	words->next += is;
	return is;
}

int words_take_one_of(struct words *words, const char *what, const char *const *names)
{
	for (int i = 0; names[i]; i++) {
		if (words_take(words, names[i])) {
			return i;
		}
	}
	return unknown(words, what, names);
}

/* ---------------------------------------------------------------- values */

int words_take_time(struct words *words, const char *before, uint64_t most_us, const char *allowed,
		    uint64_t *value_us)
{
	if (!quantity_time(words_peek(words), most_us, value_us)) {
		return words_refuse(words, before, allowed);
	}
	words->next++;
	return 0;
}

int words_take_share(struct words *words, const char *before, double *share)
{
	if (!quantity_share(words_peek(words), share)) {
		return words_refuse(words, before, "0% to 100%");
	}
	words->next++;
	return 0;
}

int words_take_count(struct words *words, const char *before, uint32_t least, uint32_t most,
		     const char *allowed, uint32_t *value)
{
	uint32_t count;

	if (!quantity_count(words_peek(words), most, &count) || count < least) {
		return words_refuse(words, before, allowed);
	}
	*value = count;
	words->next++;
	return 0;
}

/* A comma would make it a list. */
int words_take_name(struct words *words, const char *before, char pattern[FAULT_PATTERN_CAP])
{
	struct slice word = words_peek(words);
	bool fits = word.size > 0 && word.size < FAULT_PATTERN_CAP &&
		    !memchr(word.data, ',', word.size) && !memchr(word.data, '\0', word.size);

	if (fits) {
		memcpy(pattern, word.data, word.size);
		pattern[word.size] = '\0';
		fits = !patterns_wrong(pattern);
	}
	if (!fits) {
		return words_refuse(
			words, before,
			"a name of letters, digits and . _ -, or a pattern as in *, uav*, "
			"uav[1-3]");
	}
	words->next++;
	return 0;
}

int words_take_place(struct words *words, const char *before, struct vector *place)
{
	static const struct quantity_unit none[] = {{"", 1.0}, {0}};
	float *axes[] = {&place->east, &place->north, &place->up};

	for (size_t i = 0; i < 3; i++) {
		double metres;

		if (!quantity_number(words_peek(words), none, -1e7, 1e7, &metres)) {
			return words_refuse(
				words, before,
				"three numbers from -10000000 to 10000000: metres east, "
				"north and up of the scenario's origin");
		}
		*axes[i] = (float)metres;
		words->next++;
	}
	return 0;
}

int words_take_hertz(struct words *words, const char *before, double least, double most,
		     const char *allowed, double *hertz)
{
	static const struct quantity_unit units[] = {
		{"Hz", 1.0}, {"kHz", 1e3}, {"MHz", 1e6}, {"GHz", 1e9}, {0}};

	if (!quantity_number(words_peek(words), units, least, most, hertz)) {
		return words_refuse(words, before, allowed);
	}
	words->next++;
	return 0;
}
