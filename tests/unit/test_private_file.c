#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/private_file.h"
#include "base/secret.h"

/* What is wrong with it; "" when nothing is. */
static const char *objection(mode_t mode, uid_t owner)
{
	static char why[PRIVATE_FILE_WHY_BYTES];
	struct stat about = {.st_mode = S_IFREG | mode, .st_uid = owner};

	memset(why, 'x', sizeof(why));
	if (private_file_check(&about, why) == 0) {
		return "";
	}
	assert_non_null(memchr(why, '\0', sizeof(why)));
	return why;
}

/* Also what the owner may do with it, and who may execute it, is of no matter. */
static void only_its_owner_may_get_at_it(void **state)
{
	static const mode_t right[] = {0600, 0400, 0200, 0700, 0711, 0601, 0610};
	static const mode_t wrong[] = {0604, 0602, 0606, 0644, 0620, 0660, 0666, 0777};

	(void)state;
	for (uid_t owner = 0; owner < 2; owner++) {
		for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
			assert_string_equal(objection(right[i], owner), "");
		}
		for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			assert_non_null(strstr(objection(wrong[i], owner), "chmod 600"));
		}
	}
	assert_non_null(strstr(objection(0644, 0), "everybody on this machine"));
	assert_non_null(strstr(objection(0644, 0), "mode 0644"));
	assert_non_null(strstr(objection(0620, 0), "its group can write it (mode 0620)"));
}

static void a_group_may_read_what_is_roots(void **state)
{
	(void)state;
	assert_string_equal(objection(0640, 0), "");
	assert_string_equal(objection(0440, 0), "");
	assert_non_null(strstr(objection(0640, 1), "chown it to root"));
}

static void a_secret_is_printable_and_long_enough(void **state)
{
	uint8_t text[SECRET_MOST + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_false(secret_size_fits(slice_of(text, SECRET_LEAST - 1)));
	assert_true(secret_size_fits(slice_of(text, SECRET_LEAST)));
	assert_true(secret_size_fits(slice_of(text, SECRET_MOST)));
	assert_false(secret_size_fits(slice_of(text, SECRET_MOST + 1)));
	for (int byte = 0; byte < 256; byte++) {
		bool good = byte >= '!' && byte <= '~';

		text[7] = (uint8_t)byte;
		assert_ptr_equal(secret_find_wrong(slice_of(text, 16)), good ? NULL : text + 7);
	}
	assert_null(secret_find_wrong(slice_of(text, 7)));
}

static void words_have_blanks_around_them(void **state)
{
	struct slice rest = slice_str("\t one  two\t three four ");
	struct slice none = slice_of(NULL, 0);

	(void)state;
	assert_true(slice_equal(secret_take_word(&rest), slice_str("one")));
	assert_true(slice_equal(secret_take_word(&rest), slice_str("two")));
	assert_true(slice_equal(rest, slice_str("three four ")));
	(void)secret_take_word(&rest);
	assert_true(slice_equal(secret_take_word(&rest), slice_str("four")));
	assert_int_equal(rest.size, 0);
	assert_int_equal(secret_take_word(&rest).size, 0);
	assert_int_equal(secret_take_word(&none).size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_its_owner_may_get_at_it),
		cmocka_unit_test(a_group_may_read_what_is_roots),
		cmocka_unit_test(a_secret_is_printable_and_long_enough),
		cmocka_unit_test(words_have_blanks_around_them),
	};

	return cmocka_run_group_tests_name("private file", tests, NULL, NULL);
}
