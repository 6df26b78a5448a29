#include "cli/json.h"

void json_set(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

void json_set_text(json_t *object, const char *key, struct slice text)
{
	json_set(object, key, json_stringn(text.size ? (const char *)text.data : "", text.size));
}

void json_set_name(json_t *object, const char *key, const char *name)
{
	json_set(object, key, json_string(name));
}

/* JSON readers agree on integers up to 2^63 - 1 at most. */
void json_set_integer(json_t *object, const char *key, uint64_t value)
{
	json_set(object, key, json_integer(value < INT64_MAX ? (json_int_t)value : INT64_MAX));
}

void json_set_float(json_t *object, const char *key, float value)
{
	json_set(object, key, json_real((double)value));
}

void json_set_bool(json_t *object, const char *key, bool value)
{
	json_set(object, key, json_boolean(value));
}

/* jansson escapes everything that is not ASCII, but lets DEL through. It stands in
 * strings alone. */
static int write_piece(const char *piece, size_t size, void *file)
{
	for (size_t i = 0; i < size; i++) {
		int written = piece[i] == 0x7f ? fputs("\\u007f", file) : fputc(piece[i], file);

		if (written == EOF) {
			return -1;
		}
	}
	return 0;
}

/* One line; the object is given back. */
void json_write_line(FILE *file, json_t *object)
{
	(void)json_dump_callback(object, write_piece, file,
				 JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9));
	(void)fputc('\n', file);
	json_decref(object);
}
