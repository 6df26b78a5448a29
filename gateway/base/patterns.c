#include "base/patterns.h"

static const char between[] = ", \t";
static const char named[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz"
			    "0123456789._-";

/* ------------------------------------------------------------- one glob */

static struct slice behind(struct slice text, size_t size)
{
	return slice_of(text.data + size, text.size - size);
}

/* The size of the set at the front of `glob`, brackets included; 0: it is not closed. */
static size_t set_size(struct slice glob)
{
	const uint8_t *end = memchr(glob.data, ']', glob.size);

	return end ? (size_t)(end - glob.data) + 1 : 0;
}

/* What stands in the brackets; *negated: for every byte but these. */
static struct slice set_inside(struct slice set, bool *negated)
{
	*negated = set.data[1] == '!';
	return slice_of(set.data + 1 + *negated, set.size - 2 - *negated);
}

/* How much of `inside` (not empty) is its first byte, or its first range. */
static size_t take_range(struct slice inside, uint8_t *low, uint8_t *high)
{
	size_t size = inside.size >= 3 && inside.data[1] == '-' ? 3 : 1;

	*low = inside.data[0];
	*high = inside.data[size - 1];
	return size;
}

static bool set_has(struct slice set, uint8_t byte)
{
	bool negated, found = false;
	struct slice inside = set_inside(set, &negated);

	while (inside.size) {
		uint8_t low, high;

		inside = behind(inside, take_range(inside, &low, &high));
		found |= byte >= low && byte <= high;
	}
	return found != negated;
}

/* How much of `glob` (a star is none) stands for `byte`; 0: it does not. */
static size_t take_one(struct slice glob, uint8_t byte)
{
	size_t size;

	if (glob.size && glob.data[0] == '[') {
		size = set_size(glob);
		return size && set_has(slice_of(glob.data, size), byte) ? size : 0;
	}
	return glob.size && (glob.data[0] == '?' || glob.data[0] == byte);
}

/* Where it fails, only the star before is tried with one byte more: what an earlier one
 * could take, this one can take as well. So the time is bounded by the product of the
 * sizes, whatever the glob. */
static bool glob_matches(struct slice glob, struct slice name)
{
	struct slice behind_star = {0}, retry = {0};
	bool starred = false;

	while (name.size) {
		size_t taken;

		if (glob.size && glob.data[0] == '*') {
			starred = true;
			glob = behind_star = behind(glob, 1);
			retry = name;
		} else if ((taken = take_one(glob, name.data[0])) > 0) {
			glob = behind(glob, taken);
			name = behind(name, 1);
		} else if (starred) {
			glob = behind_star;
			name = retry = behind(retry, 1);
		} else {
			return false;
		}
	}
	while (glob.size && glob.data[0] == '*') {
		glob = behind(glob, 1);
	}
	return glob.size == 0;
}

/* --------------------------------------------------------------- a list */

/* The next glob at *list, which then stands behind it; empty at the end. */
static struct slice next_glob(const char **list)
{
	const char *start = *list + strspn(*list, between);
	size_t size = strcspn(start, between);

	*list = start + size;
	return slice_of(start, size);
}

bool patterns_match(const char *list, struct slice name)
{
	struct slice glob;

	if (name.size > PATTERNS_NAME_MAX) {
		return false;
	}
	while ((glob = next_glob(&list)).size) {
		if (glob_matches(glob, name)) {
			return true;
		}
	}
	return false;
}

/* ---------------------------------------------------------------- checks */

static bool is_named(uint8_t byte)
{
	return byte && strchr(named, byte) != NULL;
}

/* The first wrong byte of a set; NULL: none. */
static const uint8_t *wrong_in_set(struct slice set)
{
	bool negated;
	struct slice inside = set_inside(set, &negated);

	if (inside.size == 0) {
		return set.data;
	}
	for (size_t i = 0; i < inside.size; i++) {
		if (!is_named(inside.data[i])) {
			return inside.data + i;
		}
	}
	while (inside.size) {
		const uint8_t *at = inside.data;
		uint8_t low, high;

		inside = behind(inside, take_range(inside, &low, &high));
		if (low > high) {
			return at; /* nothing is between */
		}
	}
	return NULL;
}

static const uint8_t *wrong_in_glob(struct slice glob)
{
	while (glob.size) {
		size_t size = 1;

		if (glob.data[0] == '[') {
			const uint8_t *wrong;

			size = set_size(glob);
			wrong = size ? wrong_in_set(slice_of(glob.data, size)) : glob.data;
			if (wrong) {
				return wrong;
			}
		} else if (!is_named(glob.data[0]) && glob.data[0] != '*' && glob.data[0] != '?') {
			return glob.data;
		}
		glob = behind(glob, size);
	}
	return NULL;
}

const char *patterns_wrong(const char *list)
{
	struct slice glob;

	while ((glob = next_glob(&list)).size) {
		const uint8_t *wrong = wrong_in_glob(glob);

		if (wrong) {
			return (const char *)wrong;
		}
	}
	return NULL;
}
