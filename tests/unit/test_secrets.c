#include "unit/test_settings.h"

#include "access/secrets.h"
#include "base/proof.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <openssl/crypto.h>

#define SIXTEEN "0123456789abcdef"
#define OTHER "fedcba9876543210"

static const uint8_t nonce[AUTH_NONCE_BYTES] = "a nonce";

/* OpenSSL has no memory. */
static bool starved;

static void *give(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return starved ? NULL : malloc(size);
}

static void *give_anew(void *memory, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return starved ? NULL : realloc(memory, size);
}

static void take_back(void *memory, const char *file, int line)
{
	(void)file, (void)line;
	free(memory);
}

/* ------------------------------------------------------------------ text */

static struct secrets *parse(const char *text, struct mistakes *mistakes)
{
	struct secrets *secrets;

	*mistakes = (struct mistakes){.count = 0};
	secrets = secrets_parse(slice_str(text), "drones.secrets", note, mistakes);
	assert_int_equal(secrets == NULL, mistakes->count > 0);
	return secrets;
}

static struct secrets *parse_good(const char *text)
{
	struct mistakes mistakes;
	struct secrets *secrets = parse(text, &mistakes);

	if (!secrets) {
		print_error("%s", mistakes.all);
	}
	assert_non_null(secrets);
	return secrets;
}

static void check_wrong(const char *text, int line, const char *word, const char *other)
{
	struct mistakes mistakes;

	assert_null(parse(text, &mistakes));
	expect_one(&mistakes, line, word, other);
}

static bool proves(const struct secrets *secrets, const char *id, const char *secret)
{
	uint8_t proof[PROOF_BYTES];

	assert_int_equal(
		proof_make(slice_str(secret), slice_of(nonce, sizeof(nonce)), slice_str(id), proof),
		0);
	return secrets_prove(secrets, slice_str(id), nonce, proof) == PROOF_RIGHT;
}

static bool allows(const struct secrets *secrets, const char *id, const char *scenario)
{
	return secrets_allow(secrets, slice_str(id), slice_str(scenario));
}

static void reads_what_an_editor_leaves(void **state)
{
	struct secrets *secrets = parse_good("\xef\xbb\xbf# drones\r\n"
					     "uav1 " SIXTEEN "\r\n"
					     "\n"
					     " \t# more\n"
					     "\tuav2\t\t" OTHER " \t \n"
					     "uav.3-_X   !\"#$%&'()*+,-./:;<=>?@[]^_`{|}~\n"
					     "Z " SIXTEEN " field");

	(void)state;
	assert_int_equal(secrets_count(secrets), 4);
	assert_true(proves(secrets, "uav1", SIXTEEN));
	assert_true(proves(secrets, "uav2", OTHER));
	assert_true(proves(secrets, "uav.3-_X", "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"));
	assert_true(proves(secrets, "Z", SIXTEEN));
	secrets_free(secrets);
	secrets_free(NULL);
}

static void nobody_is_right_too(void **state)
{
	const char *texts[] = {"", "\n", "# none yet", "  \t \r\n#"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct secrets *secrets = parse_good(texts[i]);

		assert_int_equal(secrets_count(secrets), 0);
		assert_false(proves(secrets, "uav1", SIXTEEN));
		secrets_free(secrets);
	}
}

static void lets_in_who_has_the_secret(void **state)
{
	struct secrets *secrets = parse_good("uav1 " SIXTEEN "\nuav2 " OTHER "\n");
	uint8_t proof[PROOF_BYTES];

	(void)state;
	assert_true(proves(secrets, "uav1", SIXTEEN));
	assert_false(proves(secrets, "uav1", OTHER));
	assert_false(proves(secrets, "uav1", SIXTEEN "0"));
	assert_false(proves(secrets, "uav1", ""));
	assert_false(proves(secrets, "uav3", SIXTEEN));
	assert_false(proves(secrets, "UAV1", SIXTEEN));
	assert_false(proves(secrets, "", SIXTEEN));
	/* what uav2 proves for itself says nothing of uav1 */
	assert_int_equal(proof_make(slice_str(OTHER), slice_of(nonce, sizeof(nonce)),
				    slice_str("uav2"), proof),
			 0);
	assert_int_equal(secrets_prove(secrets, slice_str("uav2"), nonce, proof), PROOF_RIGHT);
	assert_int_equal(secrets_prove(secrets, slice_str("uav1"), nonce, proof), PROOF_WRONG);
	proof[31] ^= 1;
	assert_int_equal(secrets_prove(secrets, slice_str("uav2"), nonce, proof), PROOF_WRONG);
	secrets_free(secrets);
}

/* The right proof is not told to be wrong for want of memory. */
static void undecided_without_memory(void **state)
{
	struct secrets *secrets = parse_good("uav1 " SIXTEEN "\n");
	uint8_t proof[PROOF_BYTES];

	(void)state;
	assert_int_equal(proof_make(slice_str(SIXTEEN), slice_of(nonce, sizeof(nonce)),
				    slice_str("uav1"), proof),
			 0);
	starved = true;
	assert_int_equal(secrets_prove(secrets, slice_str("uav1"), nonce, proof), PROOF_UNDECIDED);
	assert_int_equal(secrets_prove(secrets, slice_str("uav2"), nonce, proof), PROOF_UNDECIDED);
	starved = false;
	assert_int_equal(secrets_prove(secrets, slice_str("uav1"), nonce, proof), PROOF_RIGHT);
	secrets_free(secrets);
}

/* Neither the empty secret nor one of zeros is that of who is not there. */
static void nobody_has_no_secret(void **state)
{
	static const uint8_t zeros[128];
	struct secrets *secrets = parse_good("uav1 " SIXTEEN "\n");
	uint8_t proof[PROOF_BYTES];

	(void)state;
	for (size_t size = 0; size <= sizeof(zeros); size++) {
		assert_int_equal(proof_make(slice_of(zeros, size), slice_of(nonce, sizeof(nonce)),
					    slice_str("uav2"), proof),
				 0);
		assert_int_equal(secrets_prove(secrets, slice_str("uav2"), nonce, proof),
				 PROOF_WRONG);
	}
	secrets_free(secrets);
}

static void says_which_scenarios(void **state)
{
	struct secrets *secrets = parse_good("any " SIXTEEN "\n"
					     "one " SIXTEEN " field\n"
					     "some " SIXTEEN " field, test-*\t[ab]?  \n");

	(void)state;
	assert_true(allows(secrets, "any", "field"));
	assert_true(allows(secrets, "any", "x"));
	assert_true(allows(secrets, "one", "field"));
	assert_false(allows(secrets, "one", "fields"));
	assert_false(allows(secrets, "one", SIXTEEN));
	assert_true(allows(secrets, "some", "field"));
	assert_true(allows(secrets, "some", "test-"));
	assert_true(allows(secrets, "some", "b2"));
	assert_false(allows(secrets, "some", "c2"));
	assert_false(allows(secrets, "none", "field"));
	secrets_free(secrets);
}

static void tells_another_secret(void **state)
{
	struct secrets *before = parse_good("a " SIXTEEN "\nb " SIXTEEN "\nc " SIXTEEN " x\n");
	struct secrets *after = parse_good("d " SIXTEEN "\nc " SIXTEEN "\nb " SIXTEEN "0\n");

	(void)state;
	assert_true(secrets_same(before, before, slice_str("a")));
	assert_false(secrets_same(before, after, slice_str("a")));
	assert_false(secrets_same(before, after, slice_str("b")));
	assert_true(secrets_same(before, after, slice_str("c")));
	assert_false(secrets_same(before, after, slice_str("d")));
	secrets_free(before);
	secrets_free(after);
}

static void tells_each_mistake(void **state)
{
	char text[2048] = "uav1 " SIXTEEN " ";

	(void)state;
	check_wrong("uav1\n", 1, "no secret", "ID SECRET");
	check_wrong("\n\nuav1 short\n", 3, "16 to 128", "has 5");
	check_wrong("uav1 " SIXTEEN "\xc3\xa9\n", 1, "printable", "column 22");
	check_wrong("uav1 " SIXTEEN "\x7f\n", 1, "printable", "column 22");
	check_wrong("uav!1 " SIXTEEN "\n", 1, "drone_id", "A-Z");
	check_wrong(SIXTEEN OTHER "x " SIXTEEN "\n", 1, "drone_id", "1 to 32");
	check_wrong("uav1 " SIXTEEN "\nuav2 " SIXTEEN "\nuav1 " OTHER "\n", 3, "on line 1",
		    "remove");
	check_wrong("uav1 " SIXTEEN " # mine\n", 1, "column 23", "comment");
	check_wrong("uav1 " SIXTEEN " field test[\n", 1, "column 33", "globs");
	memset(text + strlen(text), 'x', 1001);
	check_wrong(text, 1, "1000", "scenarios");
	check_wrong("uav1 " SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN "x\n",
		    1, "16 to 128", "129");
	secrets_free(parse_good(
		"uav1 " SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN "\n"));
}

static void tells_of_a_nul(void **state)
{
	static const char text[] = "uav1 " SIXTEEN "\nuav2 " SIXTEEN "\0\n\0\n";
	struct mistakes mistakes = {.count = 0};

	(void)state;
	assert_null(secrets_parse(slice_of(text, sizeof(text) - 1), "f", note, &mistakes));
	assert_int_equal(mistakes.count, 2);
	assert_int_equal(mistakes.first_line, 2);
}

/* Whatever is wrong: what stands in the file is nobody's business. */
static void tells_no_secret(void **state)
{
	static const char *const lines[] = {
		"SECRETxSECRETxSECRETxSECRETxSECRETxSECRET uav1\n", /* the wrong way round */
		"SECRETxSECRETxSECRET uav1\n",
		"SECRETxSECRETxSECRET\n",
		"uav1 SECRET\n",
		"uav1 SECRETxSECRETxSECRET with SECRET! in it\n",
		"uav1 SECRETxSECRETxSECRET\nuav1 SECRETxSECRETxSECRETx\n",
		"uav1 SECRETxSECRETxSECRET\xff\n",
		"uav1=SECRETxSECRETxSECRET\n",
		"SECRETxSECRETxS SECRETxSECRETxSE\nSECRETxSECRETxS SECRETxSECRETxSE\n",
	};
	struct mistakes mistakes;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		assert_null(parse(lines[i], &mistakes));
		assert_int_equal(mistakes.count, 1);
		assert_null(strstr(mistakes.all, "SECRETx"));
		assert_null(strstr(mistakes.all, "xSECRET"));
	}
}

static void tells_all_of_some_and_the_number_of_many(void **state)
{
	char text[250 * 2 + 1];
	struct mistakes mistakes;

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		text[i] = i % 2 ? '\n' : 'x';
	}
	text[200] = '\0';
	assert_null(parse(text, &mistakes));
	assert_int_equal(mistakes.count, 100);
	text[200] = 'x';
	text[sizeof(text) - 1] = '\0';
	assert_null(parse(text, &mistakes));
	assert_int_equal(mistakes.count, 101);
	assert_non_null(strstr(mistakes.all, "0: 150 mistakes more\n"));
	assert_null(secrets_parse(slice_str(text), "f", NULL, NULL));
}

static void holds_many(void **state)
{
	enum { MANY = 20000 };
	char *text = malloc((size_t)MANY * 64), id[16], secret[32];
	struct secrets *secrets;
	size_t size = 0;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < MANY; i++) {
		size += (size_t)sprintf(text + size, "uav%d secret-of-number-%08d\n", i, i);
	}
	secrets = parse_good(text);
	assert_int_equal(secrets_count(secrets), MANY);
	for (int i = 0; i < MANY; i += 77) {
		(void)snprintf(id, sizeof(id), "uav%d", i);
		(void)snprintf(secret, sizeof(secret), "secret-of-number-%08d", i);
		assert_true(proves(secrets, id, secret));
		secret[24] ^= 1;
		assert_false(proves(secrets, id, secret));
	}
	secrets_free(secrets);
	free(text);
}

/* ------------------------------------------------------------------ files */

struct fixture {
	char folder[32], path[64], link[64];
	struct mistakes mistakes;
};

static struct fixture fixture;

static int set_up(void **state)
{
	struct fixture *f = &fixture;

	*f = (struct fixture){.folder = "/tmp/uavtest.XXXXXX"};
	assert_non_null(mkdtemp(f->folder));
	(void)snprintf(f->path, sizeof(f->path), "%s/drones.secrets", f->folder);
	(void)snprintf(f->link, sizeof(f->link), "%s/link", f->folder);
	*state = f;
	return 0;
}

/* Nothing else may be left in the folder. */
static int tear_down(void **state)
{
	struct fixture *f = *state;

	(void)unlink(f->path);
	(void)unlink(f->link);
	return rmdir(f->folder);
}

static void put(const struct fixture *f, const char *text, mode_t mode)
{
	int fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static const char *get(const struct fixture *f)
{
	static char text[8192];
	int fd = open(f->path, O_RDONLY);
	ssize_t size;

	assert_true(fd >= 0);
	memset(text, 0, sizeof(text));
	size = read(fd, text, sizeof(text) - 1);
	assert_true(size >= 0);
	close(fd);
	return text;
}

static mode_t mode_of(const char *path)
{
	struct stat about;

	assert_int_equal(lstat(path, &about), 0);
	return about.st_mode & 07777;
}

static struct secrets *load_file(struct fixture *f, const char *path)
{
	struct secrets *secrets;

	f->mistakes = (struct mistakes){.count = 0};
	secrets = secrets_load(path, note, &f->mistakes);
	assert_int_equal(secrets == NULL, f->mistakes.count > 0);
	return secrets;
}

static void is_refused(struct fixture *f, const char *path, const char *word, const char *other)
{
	assert_null(load_file(f, path));
	expect_one(&f->mistakes, 0, word, other);
}

static void loads_a_file(void **state)
{
	struct fixture *f = *state;
	struct secrets *secrets;

	put(f, "uav1 " SIXTEEN "\n", 0600);
	secrets = load_file(f, f->path);
	assert_non_null(secrets);
	assert_true(proves(secrets, "uav1", SIXTEEN));
	secrets_free(secrets);
	assert_int_equal(symlink("drones.secrets", f->link), 0);
	secrets = load_file(f, f->link);
	assert_int_equal(secrets_count(secrets), 1);
	secrets_free(secrets);
	put(f, "uav1 " SIXTEEN "\nuav2\n", 0600);
	assert_null(load_file(f, f->path));
	expect_one(&f->mistakes, 2, "no secret", "");
}

static void refuses_what_others_can_read_or_write(void **state)
{
	static const mode_t wrong[] = {0604, 0602, 0606, 0644, 0620, 0660, 0666, 0777};
	static const mode_t right[] = {0600, 0400, 0700, 0610, 0601, 0711};
	struct fixture *f = *state;
	char mode[8];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		put(f, "uav1 " SIXTEEN "\n", wrong[i]);
		(void)snprintf(mode, sizeof(mode), "%04o", (unsigned)wrong[i]);
		is_refused(f, f->path, mode, "chmod 600");
		assert_int_equal(secrets_remove(f->path, "uav1", note, &f->mistakes), -1);
		assert_string_equal(get(f), "uav1 " SIXTEEN "\n");
	}
	for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++) {
		put(f, "", right[i]);
		secrets_free(load_file(f, f->path));
		assert_int_equal(f->mistakes.count, 0);
	}
}

/* As a service reads what root has written. */
static void lets_a_group_read_what_root_owns(void **state)
{
	struct fixture *f = *state;

	put(f, "uav1 " SIXTEEN "\n", 0640);
	if (geteuid() != 0) {
		is_refused(f, f->path, "0640", "root");
		return;
	}
	secrets_free(load_file(f, f->path));
	assert_int_equal(f->mistakes.count, 0);
	assert_int_equal(chown(f->path, 12345, 12345), 0);
	is_refused(f, f->path, "0640", "root");
}

static void refuses_what_is_no_file(void **state)
{
	struct fixture *f = *state;

	is_refused(f, f->path, "No such file", "--add-drone");
	is_refused(f, f->folder, "folder", "");
	assert_int_equal(mkfifo(f->path, 0600), 0);
	is_refused(f, f->path, "regular", ""); /* without waiting for who writes to it */
	assert_int_equal(unlink(f->path), 0);
	put(f, "", 0600);
	assert_int_equal(truncate(f->path, SECRETS_MAX_BYTES + 1), 0);
	is_refused(f, f->path, "16 MiB", "");
}

/* ---------------------------------------------------------------- editing */

/* What is printed, in a buffer that the next call uses again. */
static const char *add(struct fixture *f, const char *path, const char *id, const char *scenarios,
		       int wanted)
{
	static char printed[256];
	FILE *out = fmemopen(printed, sizeof(printed), "w");

	assert_non_null(out);
	memset(printed, 0, sizeof(printed));
	f->mistakes = (struct mistakes){.count = 0};
	assert_int_equal(secrets_add(path, id, scenarios, out, note, &f->mistakes), wanted);
	assert_int_equal(f->mistakes.count > 0, wanted < 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(*printed == '\0', wanted < 0);
	return printed;
}

static void take_away(struct fixture *f, const char *id, int wanted)
{
	f->mistakes = (struct mistakes){.count = 0};
	assert_int_equal(secrets_remove(f->path, id, note, &f->mistakes), wanted);
	assert_int_equal(f->mistakes.count > 0, wanted < 0);
}

static void makes_a_file(void **state)
{
	struct fixture *f = *state;
	mode_t mask = umask(0);
	char printed[128], line[128], secret[65];
	struct secrets *secrets;

	(void)snprintf(printed, sizeof(printed), "%s", add(f, f->path, "uav1", "", 0));
	umask(mask);
	assert_int_equal(mode_of(f->path), 0600);
	assert_string_equal(get(f), printed);
	assert_int_equal(strlen(printed), strlen("uav1 \n") + 64);
	assert_int_equal(sscanf(printed, "uav1 %64[0-9a-f]\n", secret), 1);
	secrets = load_file(f, f->path);
	assert_true(proves(secrets, "uav1", secret));
	secrets_free(secrets);
	(void)snprintf(line, sizeof(line), "%s", add(f, f->path, "uav2", "", 0) + 4);
	assert_string_not_equal(line, printed + 4); /* another secret */
}

/* What else stands there is somebody's work. */
static void leaves_the_rest_as_it_is(void **state)
{
	static const char text[] = "# the first\r\n\n  uav1 " SIXTEEN "   field\r\n# the last";
	struct fixture *f = *state;
	char wanted[512];

	put(f, text, 0600);
	(void)snprintf(wanted, sizeof(wanted), "%s\n%.69s field, t-*\n", text,
		       add(f, f->path, "uav2", "field, t-*", 0));
	assert_string_equal(get(f), wanted);
	take_away(f, "uav1", 0);
	assert_memory_equal(get(f), "# the first\r\n\n# the last\nuav2 ", 30);
	take_away(f, "uav2", 0);
	assert_string_equal(get(f), "# the first\r\n\n# the last\n");
	put(f, "uav1 " SIXTEEN, 0600); /* its line has no end */
	take_away(f, "uav1", 0);
	assert_string_equal(get(f), "");
}

static void keeps_mode_and_owner(void **state)
{
	struct fixture *f = *state;
	struct stat about;

	put(f, "uav1 " SIXTEEN "\n", 0400);
	add(f, f->path, "uav2", "", 0);
	assert_int_equal(mode_of(f->path), 0400);
	if (geteuid() != 0) {
		return;
	}
	assert_int_equal(chown(f->path, 0, 12345), 0);
	assert_int_equal(chmod(f->path, 0640), 0);
	take_away(f, "uav1", 0);
	assert_int_equal(stat(f->path, &about), 0);
	assert_int_equal(about.st_uid, 0);
	assert_int_equal(about.st_gid, 12345);
	assert_int_equal(mode_of(f->path), 0640);
	assert_int_equal(chown(f->path, 12345, 54321), 0);
	assert_int_equal(chmod(f->path, 0600), 0);
	add(f, f->path, "uav3", "", 0);
	assert_int_equal(stat(f->path, &about), 0);
	assert_int_equal(about.st_uid, 12345);
	assert_int_equal(about.st_gid, 54321);
}

static void refuses_what_makes_no_sense(void **state)
{
	static const char text[] = "uav1 " SIXTEEN "\n";
	struct fixture *f = *state;
	char many[1100];

	add(f, f->path, "no id", "", -1);
	assert_int_equal(access(f->path, F_OK), -1); /* and makes no file for it */
	take_away(f, "uav1", -1);
	assert_non_null(strstr(f->mistakes.all, "No such file"));
	put(f, text, 0600);
	add(f, f->path, "uav1", "", -1);
	assert_non_null(strstr(f->mistakes.all, "\"uav1\" already"));
	add(f, f->path, "uav2", "field\nuav3 " SIXTEEN, -1);
	add(f, f->path, "uav2\nx", "", -1);
	add(f, f->path, "", "", -1);
	memset(many, 'x', sizeof(many));
	many[1001] = '\0';
	add(f, f->path, "uav2", many, -1);
	take_away(f, "uav2", -1);
	assert_non_null(strstr(f->mistakes.all, "no \"uav2\""));
	take_away(f, "", -1);
	assert_string_equal(get(f), text);
	put(f, "uav1 " SIXTEEN "\nuav3\n", 0600); /* broken: nobody knows what is meant */
	add(f, f->path, "uav2", "", -1);
	expect_one(&f->mistakes, 2, "no secret", "");
	take_away(f, "uav1", -1);
	assert_string_equal(get(f), "uav1 " SIXTEEN "\nuav3\n");
}

static void goes_by_links(void **state)
{
	struct fixture *f = *state;
	struct stat about;

	assert_int_equal(symlink("drones.secrets", f->link), 0);
	add(f, f->link, "uav1", "", -1);
	assert_non_null(strstr(f->mistakes.all, "link"));
	put(f, "", 0600);
	add(f, f->link, "uav1", "", 0);
	assert_int_equal(lstat(f->link, &about), 0);
	assert_true(S_ISLNK(about.st_mode));
	assert_memory_equal(get(f), "uav1 ", 5);
}

/* Who is told a secret finds it in the file. */
static void changes_nothing_when_it_cannot_print(void **state)
{
	static const char text[] = "uav1 " SIXTEEN "\n";
	struct fixture *f = *state;
	FILE *out = fopen("/dev/full", "w");

	assert_non_null(out);
	put(f, text, 0600);
	f->mistakes = (struct mistakes){.count = 0};
	assert_int_equal(secrets_add(f->path, "uav2", "", out, note, &f->mistakes), -1);
	expect_one(&f->mistakes, 0, "cannot be printed", "as it was");
	assert_string_equal(get(f), text);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(secrets_add(f->path, "uav2", "", out, note, &f->mistakes), -1);
	assert_int_equal(access(f->path, F_OK), -1);
	(void)fclose(out);
}

static void run_out_of_room(struct fixture *f)
{
	const struct rlimit room = {.rlim_cur = 50, .rlim_max = 50};

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &room) < 0) {
		_exit(2);
	}
	_exit(secrets_add(f->path, "uav2", "", stdout, note, &f->mistakes) == -1 &&
			      strstr(f->mistakes.all, "as it was: cannot write it")
		      ? 0
		      : 1);
}

static int result_of(pid_t child)
{
	int status;

	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void keeps_the_old_one_when_there_is_no_room(void **state)
{
	static const char text[] = "uav1 " SIXTEEN "\n";
	struct fixture *f = *state;
	pid_t child;

	put(f, text, 0600);
	f->mistakes = (struct mistakes){.count = 0};
	child = fork();
	if (child == 0) {
		run_out_of_room(f);
	}
	assert_int_equal(result_of(child), 0);
	assert_string_equal(get(f), text);
}

static void never_grows_beyond_what_is_read(void **state)
{
	struct fixture *f = *state;
	struct stat about;
	char *text = malloc(SECRETS_MAX_BYTES);
	int fd;

	assert_non_null(text);
	memset(text, '\n', SECRETS_MAX_BYTES);
	put(f, "", 0600);
	fd = open(f->path, O_WRONLY);
	assert_int_equal(write(fd, text, SECRETS_MAX_BYTES - 60), SECRETS_MAX_BYTES - 60);
	close(fd);
	free(text);
	add(f, f->path, "uav1", "", -1);
	assert_non_null(strstr(f->mistakes.all, "full"));
	assert_int_equal(stat(f->path, &about), 0);
	assert_int_equal(about.st_size, SECRETS_MAX_BYTES - 60);
}

enum { EDITORS = 20, EDITS = 5 };

/* One of many: adds drones of its own, and takes every other away again. */
static void edit_a_lot(struct fixture *f, int number)
{
	FILE *out = fopen("/dev/null", "w");
	char id[32];

	for (int i = 0; i < EDITS; i++) {
		(void)snprintf(id, sizeof(id), "uav-%d-%d", number, i);
		if (!out || secrets_add(f->path, id, "", out, NULL, NULL) < 0 ||
		    (i % 2 && secrets_remove(f->path, id, NULL, NULL) < 0)) {
			_exit(1);
		}
	}
	_exit(0);
}

static void many_at_once_lose_nothing(void **state)
{
	struct fixture *f = *state;
	struct secrets *secrets;
	pid_t editors[EDITORS];
	char id[32];

	for (int i = 0; i < EDITORS; i++) { /* there is no file yet */
		editors[i] = fork();
		if (editors[i] == 0) {
			edit_a_lot(f, i);
		}
	}
	for (int i = 0; i < EDITORS; i++) {
		assert_int_equal(result_of(editors[i]), 0);
	}
	secrets = load_file(f, f->path);
	assert_int_equal(secrets_count(secrets), EDITORS * (EDITS / 2 + 1));
	for (int i = 0; i < EDITORS * EDITS; i++) {
		(void)snprintf(id, sizeof(id), "uav-%d-%d", i / EDITS, i % EDITS);
		assert_int_equal(allows(secrets, id, "x"), i % EDITS % 2 == 0);
	}
	secrets_free(secrets);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_an_editor_leaves),
		cmocka_unit_test(nobody_is_right_too),
		cmocka_unit_test(lets_in_who_has_the_secret),
		cmocka_unit_test(undecided_without_memory),
		cmocka_unit_test(nobody_has_no_secret),
		cmocka_unit_test(says_which_scenarios),
		cmocka_unit_test(tells_another_secret),
		cmocka_unit_test(tells_each_mistake),
		cmocka_unit_test(tells_of_a_nul),
		cmocka_unit_test(tells_no_secret),
		cmocka_unit_test(tells_all_of_some_and_the_number_of_many),
		cmocka_unit_test(holds_many),
		IN_A_FOLDER(loads_a_file),
		IN_A_FOLDER(refuses_what_others_can_read_or_write),
		IN_A_FOLDER(lets_a_group_read_what_root_owns),
		IN_A_FOLDER(refuses_what_is_no_file),
		IN_A_FOLDER(makes_a_file),
		IN_A_FOLDER(leaves_the_rest_as_it_is),
		IN_A_FOLDER(keeps_mode_and_owner),
		IN_A_FOLDER(refuses_what_makes_no_sense),
		IN_A_FOLDER(goes_by_links),
		IN_A_FOLDER(changes_nothing_when_it_cannot_print),
		IN_A_FOLDER(keeps_the_old_one_when_there_is_no_room),
		IN_A_FOLDER(never_grows_beyond_what_is_read),
		IN_A_FOLDER(many_at_once_lose_nothing),
	};

	/* before OpenSSL takes any */
	if (CRYPTO_set_mem_functions(give, give_anew, take_back) != 1) {
		return 1;
	}
	return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
