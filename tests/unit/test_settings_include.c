/* Files that include files. */
#include "unit/test_settings.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* A folder of its own for each test, with what was written to it. */
struct folder {
	char path[64];
	char files[16][48];
	size_t file_count;
};

static int make_folder(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	assert_non_null(folder);
	(void)snprintf(folder->path, sizeof(folder->path), "/tmp/test[a]settings_XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	*state = folder;
	return 0;
}

static void path_of(const struct folder *folder, const char *name, char *path, size_t cap)
{
	(void)snprintf(path, cap, "%s/%s", folder->path, name);
}

static int remove_folder(void **state)
{
	struct folder *folder = *state;
	char path[128];

	while (folder->file_count) {
		path_of(folder, folder->files[--folder->file_count], path, sizeof(path));
		assert_int_equal(remove(path), 0);
	}
	assert_int_equal(rmdir(folder->path), 0);
	free(folder);
	return 0;
}

static void keep(struct folder *folder, const char *name)
{
	for (size_t i = 0; i < folder->file_count; i++) {
		if (strcmp(folder->files[i], name) == 0) {
			return;
		}
	}
	(void)snprintf(folder->files[folder->file_count++], sizeof(folder->files[0]), "%s", name);
}

static void put(struct folder *folder, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	path_of(folder, name, path, sizeof(path));
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	keep(folder, name);
}

static void put_folder(struct folder *folder, const char *name)
{
	char path[128];

	path_of(folder, name, path, sizeof(path));
	assert_int_equal(mkdir(path, 0700), 0);
	keep(folder, name);
}

/* "name:line: message\n" each, the name without the folder */
static void note_file(void *ctx, const char *file, int line, const char *message)
{
	struct mistakes *mistakes = ctx;
	size_t at = strlen(mistakes->all);
	const char *slash = strrchr(file, '/');

	mistakes->count++;
	(void)snprintf(mistakes->all + at, sizeof(mistakes->all) - at, "%s:%d: %s\n",
		       slash ? slash + 1 : file, line, message);
}

static struct settings *load_folder(const struct folder *folder, struct mistakes *mistakes)
{
	struct settings *settings;
	char path[128];

	*mistakes = (struct mistakes){.count = 0};
	path_of(folder, "main.ini", path, sizeof(path));
	settings = settings_load(path, note_file, mistakes);
	assert_int_equal(settings == NULL, mistakes->count > 0);
	return settings;
}

/* The names of the scenarios in their order, each behind a blank. */
static void check_scenarios(const struct folder *folder, const char *names)
{
	struct mistakes mistakes;
	struct settings *settings = load_folder(folder, &mistakes);
	char found[512] = "";
	size_t at = 0;

	assert_string_equal(mistakes.all, "");
	assert_non_null(settings);
	for (size_t i = 0; i < settings->scenario_count; i++) {
		at += (size_t)snprintf(found + at, sizeof(found) - at, " %s",
				       settings->scenarios[i].name);
	}
	assert_string_equal(found, names);
	settings_free(settings);
}

/* Exactly one mistake, at `where` ("file:line: "), that says `words`. */
static void check_told(const struct folder *folder, const char *where, const char *words)
{
	struct mistakes mistakes;

	assert_null(load_folder(folder, &mistakes));
	if (mistakes.count != 1 || strncmp(mistakes.all, where, strlen(where)) != 0 ||
	    !strstr(mistakes.all, words)) {
		print_error("expected one mistake at %s with \"%s\", not:\n%s", where, words,
			    mistakes.all);
		fail();
	}
}

#define MAIN(includes) LISTEN "[gateway]\n" includes

static void patterns_are_read_in_order(void **state)
{
	struct folder *folder = *state;

	put_folder(folder, "more");
	put(folder, "more/b.ini", "[scenario:b]\n");
	put(folder, "more/a.ini", "[scenario:a]\n");
	put(folder, "more/c.txt", "nonsense\n");
	put(folder, "last.ini", "[scenario:last]\n");
	put(folder, "main.ini",
	    MAIN("include = more/*.ini\ninclude = last.ini\nname = x\n[scenario:first]\n"));
	check_scenarios(folder, " first a b last");
}

/* The keys behind an include belong to the section that it stands in. */
static void an_include_does_not_end_its_section(void **state)
{
	struct folder *folder = *state;
	struct mistakes mistakes;
	struct settings *settings;

	put(folder, "a.ini", "[limits]\nmax_drones = 9\n");
	put(folder, "main.ini",
	    "[gateway]\ninclude = a.ini\nname = behind\ndefault_scenario = b\n" LISTEN
	    "[scenario:b]\n");
	settings = load_folder(folder, &mistakes);
	assert_non_null(settings);
	assert_string_equal(settings->name, "behind");
	assert_int_equal(settings->limits.max_drones, 9);
	assert_int_equal(settings->scenarios[0].max_drones, 9);
	settings_free(settings);
}

static void nothing_may_match_but_what_is_named_is_there(void **state)
{
	struct folder *folder = *state;

	put_folder(folder, "empty");
	put(folder, "main.ini",
	    MAIN("include = empty/*.ini\ninclude = [x].ini\ninclude = */none/*.ini\n"));
	check_scenarios(folder, "");
	put(folder, "main.ini", MAIN("include = none/*.ini\n"));
	check_told(folder, "main.ini:4: include = \"none/*.ini\": ", "there is no folder /tmp/");
	put(folder, "main.ini", MAIN("include = main.ini/*.ini\n"));
	check_told(folder, "main.ini:4: include = \"main.ini/*.ini\": ", "there is no folder");
	put(folder, "main.ini", MAIN("include = /none/of/*/x.ini\n"));
	check_told(folder, "main.ini:4: ", "there is no folder /none/of/\n");
	put(folder, "main.ini", MAIN("include = none.ini\n"));
	check_told(folder, "main.ini:4: include = \"none.ini\": ", "none.ini: No such file");
	put(folder, "main.ini", MAIN("include =\n"));
	check_told(folder, "main.ini:4: ", "names no file");
	put(folder, "main.ini", MAIN("include = a\x1b.ini\n"));
	check_told(folder, "main.ini:4: ", "names no file");
}

static void files_may_include_from_their_own_folder(void **state)
{
	struct folder *folder = *state;
	char text[256];

	put_folder(folder, "deep");
	put(folder, "deep/one.ini", "[gateway]\ninclude = two.ini\n[scenario:one]\n");
	put(folder, "deep/two.ini", "[scenario:two]\n");
	put(folder, "main.ini", MAIN("include = deep/one.ini\n"));
	check_scenarios(folder, " one two");
	/* and by its whole path */
	(void)snprintf(text, sizeof(text), MAIN("include = /tmp/test\\[%s/deep/tw?.ini\n"),
		       folder->path + strlen("/tmp/test["));
	put(folder, "main.ini", text);
	check_scenarios(folder, " two");
}

static void circles_are_told(void **state)
{
	struct folder *folder = *state;
	struct mistakes mistakes;

	put(folder, "a.ini", "[gateway]\ninclude = b.ini\n");
	put(folder, "b.ini", "[scenario:b]\n[gateway]\ninclude = a.ini\n");
	put(folder, "main.ini", MAIN("include = a.ini\n"));
	check_told(folder, "b.ini:3: include = \"a.ini\": ", "a.ini would include itself");
	put(folder, "main.ini", MAIN("include = *.ini\n"));
	assert_null(load_folder(folder, &mistakes));
	assert_int_equal(mistakes.count, 3);
	assert_non_null(strstr(mistakes.all, "/a.ini would include itself"));
	assert_non_null(strstr(mistakes.all, "/b.ini is included already, on line 2 of "));
	assert_non_null(strstr(mistakes.all, "/main.ini would include itself"));
}

static void depth_is_bounded(void **state)
{
	struct folder *folder = *state;
	char name[16], text[64];

	for (int i = 1; i <= 9; i++) {
		(void)snprintf(name, sizeof(name), "%d.ini", i);
		(void)snprintf(text, sizeof(text), "[scenario:s%d]\n[gateway]\ninclude = %d.ini\n",
			       i, i + 1);
		put(folder, name, i == 8 ? "[scenario:s8]\n" : text);
	}
	put(folder, "main.ini", MAIN("include = 1.ini\n"));
	check_scenarios(folder, " s1 s2 s3 s4 s5 s6 s7 s8");
	put(folder, "8.ini", "[gateway]\ninclude = 9.ini\n");
	check_told(folder, "8.ini:2: include = \"9.ini\": ", "more than 8 deep");
}

static void mistakes_name_their_file(void **state)
{
	struct folder *folder = *state;

	put(folder, "a.ini", "\n[scenario:a]\nchannel.model = x\ntopolgy = mesh\n");
	put(folder, "main.ini", MAIN("include = a.ini\n"));
	check_told(folder, "a.ini:4: unknown key \"topolgy\"", "did you mean topology?");
	put(folder, "a.ini", "[scenario:a]\ntopology = star\n");
	check_told(folder, "a.ini:2: [scenario:a] is a star", "hub");
	put(folder, "a.ini", "[scenario:a]\nsimulator = x\n");
	check_told(folder, "a.ini:2: simulator = ", "there is no [simulator:x]");
	put(folder, "a.ini", "[limits]\nmax_frame_bytes = 4095\n");
	check_told(folder, "a.ini:2: [limits] max_frame_bytes = 4095", "at least");
	put(folder, "a.ini", "[listen:b]\naddress = 127.0.0.1:7600\n");
	check_told(folder, "a.ini:2: the address is that of [listen:a] already, on line 2 of ",
		   "main.ini");
	put(folder, "a.ini", "key = 1\n");
	check_told(folder, "a.ini:1: \"key\" stands before the first [section]", "");
}

static void sections_stand_once_in_all_files(void **state)
{
	struct folder *folder = *state;

	put(folder, "a.ini", "[scenario:x]\n");
	put(folder, "main.ini", MAIN("include = a.ini\n\n[scenario:x]\n"));
	check_told(folder, "a.ini:1: section [scenario:x] is given twice; first on line 6 of ",
		   "main.ini");
	put(folder, "a.ini", "[sessions]\n");
	put(folder, "b.ini", "[sessions]\n");
	put(folder, "main.ini", MAIN("include = a.ini\ninclude = b.ini\n"));
	check_told(folder, "b.ini:1: section [sessions] is given twice; first on line 1 of ",
		   "a.ini");
	put(folder, "main.ini", MAIN("include = a.ini\ninclude = ./a.ini\n"));
	check_told(folder, "main.ini:5: include = \"./a.ini\": ", "included already, on line 4");
	put(folder, "a.ini", "[gateway]\n[gateway]\n");
	put(folder, "main.ini", MAIN("include = a.ini\n"));
	check_told(folder, "a.ini:2: section [gateway] is given twice", "first on line 1");
	put(folder, "a.ini", "[gateway]\nlog_level = debug\n");
	check_told(folder, "a.ini:2: log_level belongs in the [gateway] of ", "main.ini");
}

static void what_cannot_be_read_is_told(void **state)
{
	struct folder *folder = *state;

	put_folder(folder, "d.ini");
	put(folder, "main.ini", MAIN("include = d.ini\n[scenario:s]\nsimulator = gone\n"));
	/* rules that reach across files say nothing of half of them */
	check_told(folder, "d.ini:0: is a directory", "");
}

/* Rules are told beside a file that is not there, but for those that it may set right. */
static void rules_hold_beside_a_missing_file(void **state)
{
	static const char wrong[] =
		"[gateway]\ninclude = none.ini\ndefault_scenario = there\n"
		"[listen:a]\naddress = 127.0.0.1:7600\nscenario = there\n"
		"[listen:b]\naddress = 127.0.0.1:7600\n[listen:c]\n"
		"[sessions]\nidle_timeout_ms = 5\nidle_timeout_ms = 50\nping_interval_ms = 50\n"
		"[simulator:x]\naddress = 127.0.0.1:0\nmax_frame_bytes = 4096\n"
		"[scenario:s]\n[scenario:star]\ntopology = star\nsimulator = there\n";
	struct folder *folder = *state;
	struct mistakes mistakes;

	put(folder, "main.ini", wrong);
	assert_null(load_folder(folder, &mistakes));
	assert_int_equal(mistakes.count, 7);
	assert_non_null(strstr(mistakes.all, "main.ini:11: idle_timeout_ms = "));
	assert_non_null(strstr(mistakes.all, "main.ini:12: \"idle_timeout_ms\" is given twice"));
	assert_non_null(strstr(mistakes.all, "main.ini:2: include = \"none.ini\": "));
	assert_non_null(strstr(mistakes.all, "main.ini:8: the address is that of [listen:a]"));
	assert_non_null(strstr(mistakes.all, "main.ini:9: [listen:c] has no address"));
	assert_non_null(strstr(mistakes.all, "main.ini:15: [simulator] address: nobody listens"));
	assert_non_null(strstr(mistakes.all, "main.ini:19: [scenario:star] is a star"));
	/* the missing file may say where the simulator is */
	put(folder, "main.ini",
	    "[gateway]\ninclude = none.ini\n[listen:a]\naddress = 127.0.0.1:7700\n");
	check_told(folder, "main.ini:2: include = \"none.ini\": ", "No such file");
	/* with both sections there, nothing can set it right */
	put(folder, "main.ini",
	    "[gateway]\ninclude = none.ini\n[limits]\nmax_drones = 1\n"
	    "[simulator]\nmax_frame_bytes = 4096\n[sessions]\nidle_timeout_ms = 50\n");
	assert_null(load_folder(folder, &mistakes));
	assert_int_equal(mistakes.count, 3);
	assert_non_null(strstr(mistakes.all, "main.ini:6: [simulator] max_frame_bytes = 4096"));
	assert_non_null(strstr(mistakes.all, "main.ini:8: [sessions] idle_timeout_ms = 50"));
}

/* What a reload may not change is told beside it, too, but for what it may hold. */
static void a_reload_is_compared_beside_a_missing_file(void **state)
{
	struct folder *folder = *state;
	struct mistakes mistakes = {.count = 0};
	struct settings *running;
	char path[128];

	put(folder, "a.ini",
	    "[limits]\ndecode_arena_bytes = 2097152\n"
	    "[simulator:x]\naddress = 127.0.0.1:1\n");
	put(folder, "main.ini", MAIN("include = a.ini\nname = before\n"));
	running = load_folder(folder, &mistakes);
	assert_non_null(running);
	put(folder, "main.ini",
	    MAIN("include = b.ini\nname = after\n[listen:b]\naddress = 127.0.0.1:0\n"));
	path_of(folder, "main.ini", path, sizeof(path));
	assert_null(settings_load_anew(path, running, note_file, &mistakes));
	settings_free(running);
	assert_int_equal(mistakes.count, 3);
	assert_non_null(strstr(mistakes.all, "main.ini:4: include = \"b.ini\": "));
	assert_non_null(strstr(mistakes.all, "main.ini:5: [gateway] name can only change"));
	assert_non_null(strstr(mistakes.all, "main.ini:6: [listen:b] can only be added"));
}

static void put_socket(struct folder *folder, const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	path_of(folder, name, at.sun_path, sizeof(at.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
	keep(folder, name);
}

/* Nobody writes to the pipe: whoever waited for it would wait for ever. */
static void what_is_included_is_a_regular_file(void **state)
{
	struct folder *folder = *state;
	char path[128];

	alarm(60);
	put(folder, "main.ini", MAIN("include = *.pipe\n"));
	path_of(folder, "a.pipe", path, sizeof(path));
	assert_int_equal(mkfifo(path, 0600), 0);
	keep(folder, "a.pipe");
	check_told(folder, "a.pipe:0: is not a file", "cannot be included");
	put(folder, "main.ini", MAIN("include = /dev/zero\n"));
	check_told(folder, "zero:0: is not a file", "cannot be included");
	put_socket(folder, "a.sock");
	put(folder, "main.ini", MAIN("include = a.sock\n"));
	check_told(folder, "a.sock:0: cannot be opened", "");
	alarm(0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(patterns_are_read_in_order),
		TEST(an_include_does_not_end_its_section),
		TEST(nothing_may_match_but_what_is_named_is_there),
		TEST(files_may_include_from_their_own_folder),
		TEST(circles_are_told),
		TEST(depth_is_bounded),
		TEST(mistakes_name_their_file),
		TEST(sections_stand_once_in_all_files),
		TEST(what_cannot_be_read_is_told),
		TEST(rules_hold_beside_a_missing_file),
		TEST(a_reload_is_compared_beside_a_missing_file),
		TEST(what_is_included_is_a_regular_file),
	};

	return cmocka_run_group_tests_name("settings_include", tests, NULL, NULL);
}
