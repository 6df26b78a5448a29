/* Keys that are given beside the file. */
#include "test_settings.h"

static const char text[] =
	"[gateway]\ndefault_scenario = field\n" LISTEN "[listen:b.c]\naddress = 127.0.0.1:7601\n"
	"[scenario:field]\nchannel.model = ideal\nchannel.tx_power_dbm = 1\n"
	"[scenario:v1.2]\ntopology = mesh\nchannel.model = ideal\n";
static char path[32];

static int setup(void **state)
{
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "/tmp/test_settings_XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void note_place(void *ctx, const char *file, int line, const char *message)
{
	struct mistakes *mistakes = ctx;
	size_t at = strlen(mistakes->all);

	mistakes->count++;
	(void)snprintf(mistakes->all + at, sizeof(mistakes->all) - at, "%s:%d: %s\n", file, line,
		       message);
}

/* With up to two overrides. */
static struct settings *load_with(const char *first, const char *second,
				  const struct settings *running, struct mistakes *mistakes)
{
	const char *const overrides[] = {first, second};
	const struct settings_source source = {
		.file = path, .overrides = overrides, .override_count = second ? 2 : 1};

	*mistakes = (struct mistakes){.count = 0};
	return settings_load_from(&source, running, note_place, mistakes);
}

static struct settings *takes(const char *first, const char *second)
{
	struct mistakes mistakes;
	struct settings *settings = load_with(first, second, NULL, &mistakes);

	assert_string_equal(mistakes.all, "");
	assert_non_null(settings);
	return settings;
}

/* One mistake, told of `where`, with these words in it. */
static void refuses(const char *first, const char *second, const char *where, const char *words)
{
	struct mistakes mistakes;

	assert_null(load_with(first, second, NULL, &mistakes));
	if (mistakes.count != 1 || strncmp(mistakes.all, where, strlen(where)) != 0 ||
	    !strstr(mistakes.all, words)) {
		fail_msg("expected one mistake of %s with \"%s\", not:\n%s", where, words,
			 mistakes.all);
	}
}

static void they_go_before_the_file(void **state)
{
	struct settings *settings =
		takes("listen:a.address=127.0.0.1:0", " limits.max_drones = 7 ");

	(void)state;
	assert_int_equal(settings->listeners[0].address.port, 0);
	assert_int_equal(settings->listeners[1].address.port, 7601);
	assert_int_equal(settings->limits.max_drones, 7);
	/* what scenarios inherit comes from there, too */
	assert_int_equal(settings->scenarios[0].max_drones, 7);
	settings_free(settings);
}

/* [simulator] and [sessions] stand in no file here. */
static void sections_need_not_stand_in_the_file(void **state)
{
	struct settings *settings = takes("simulator.address=127.0.0.1:99", "sessions.linger_ms=5");

	(void)state;
	assert_int_equal(settings->simulator_count, 1);
	assert_int_equal(settings->simulators[0].address.port, 99);
	assert_int_equal(settings->linger_ms, 5);
	settings_free(settings);
}

static void the_key_is_behind_the_last_dot(void **state)
{
	struct settings *settings =
		takes("listen:b.c.address=127.0.0.1:1", "scenario:v1.2.description=a=b.c");

	(void)state;
	assert_int_equal(settings->listeners[1].address.port, 1);
	assert_string_equal(settings->scenarios[1].description, "a=b.c");
	settings_free(settings);
}

static const struct parameter *parameter(const struct settings *settings, size_t scenario,
					 const char *key)
{
	const struct scenario_config *config = &settings->scenarios[scenario];

	for (size_t i = 0; i < config->parameter_count; i++) {
		if (slice_equal(config->parameters[i].key, slice_str(key))) {
			return &config->parameters[i];
		}
	}
	fail_msg("no %s", key);
	return NULL;
}

static void channel_keys_change_in_place_or_come(void **state)
{
	struct settings *settings =
		takes("scenario:field.channel.model=free-space", "scenario:v1.2.channel.a.b=3");

	(void)state;
	assert_int_equal(settings->scenarios[0].parameter_count, 2);
	assert_true(slice_equal(parameter(settings, 0, "model")->value, slice_str("free-space")));
	assert_ptr_equal(parameter(settings, 0, "model"), settings->scenarios[0].parameters);
	assert_int_equal(settings->scenarios[1].parameter_count, 2);
	assert_true(slice_equal(parameter(settings, 1, "a.b")->value, slice_str("3")));
	settings_free(settings);
}

/* Each grows by itself, whichever scenario was read last. */
static void many_channel_keys_come(void **state)
{
	enum { MANY = 40 };
	static char words[MANY][64];
	const char *overrides[MANY];
	struct settings_source source = {.file = path, .overrides = overrides};
	struct settings *settings;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(words[i], sizeof(words[i]), "scenario:%s.channel.k%zu=%zu",
			       i % 3 ? "field" : "v1.2", i, i);
		overrides[source.override_count++] = words[i];
	}
	settings = settings_load_from(&source, NULL, NULL, NULL);
	assert_non_null(settings);
	assert_int_equal(settings->scenarios[0].parameter_count +
				 settings->scenarios[1].parameter_count,
			 MANY + 3);
	assert_true(slice_equal(parameter(settings, 0, "k38")->value, slice_str("38")));
	settings_free(settings);
}

static void mistakes_name_the_option(void **state)
{
	static const struct {
		const char *first, *second, *where, *words;
	} cases[] = {
		{"nodot=1", NULL, "--set nodot:0: ", "SECTION.KEY=VALUE"},
		{"limits.max_drones", NULL, "--set limits.max_drones:0: ", "SECTION.KEY=VALUE"},
		{".x=1", NULL, "--set .x:0: ", "SECTION.KEY=VALUE"},
		{"limits.=1", NULL, "--set limits.:0: ", "SECTION.KEY=VALUE"},
		{"lisen:a.address=x", NULL, "--set lisen:a.address:0: ", "[listen:NAME]"},
		{"limit.max_drones=1", NULL, "--set limit.max_drones:0: ", "mean [limits]"},
		{"limits:x.max_drones=1", NULL, "--set limits:x.max_drones:0: ", "takes no name"},
		{"listen:aa.address=x", NULL,
		 "--set listen:aa.address:0: ", "did you mean [listen:a]?"},
		{"listen.address=x", NULL,
		 "--set listen.address:0: ", "there are [listen:a], [listen:b.c]"},
		{"scenario:feld.topology=mesh", NULL,
		 "--set scenario:feld.topology:0: ", "did you mean [scenario:field]?"},
		{"simulator:x.address=1:1", NULL,
		 "--set simulator:x.address:0: ", "there is no [simulator:x]"},
		{"listen:a.adress=x", NULL, "--set listen:a.adress:0: ", "did you mean address?"},
		{"limits.max_drones=0", NULL, "--set limits.max_drones:0: ", "1 to 1000000"},
		{"gateway.include=x", NULL, "--set gateway.include:0: ", "only stand in a file"},
		{"gateway.name=a\nb", NULL, "--set gateway.name:0: ", "not text"},
		{"scenario:field.channel.=1", NULL, "--set scenario:field.channel.:0: ", "1 to 64"},
		{"limits.max_drones=1", "limits.max_drones = 1",
		 "--set limits.max_drones:0: ", "given twice"},
		/* rules between keys */
		{"sessions.idle_timeout_ms=10", NULL,
		 "--set sessions.idle_timeout_ms:0: ", "more than [sessions] ping_interval_ms"},
		{"sessions.idle_timeout_ms=10", "sessions.ping_interval_ms=20",
		 "--set sessions.idle_timeout_ms:0: ", "ping_interval_ms = 20"},
		{"listen:b.c.address=127.0.0.1:7600", NULL,
		 "--set listen:b.c.address:0: ", "that of [listen:a] already, on line 4"},
		{"gateway.default_scenario=x", NULL,
		 "--set gateway.default_scenario:0: ", "there is no [scenario:x]"},
		{"scenario:field.hub=x", NULL, "--set scenario:field.hub:0: ", "is a mesh"},
		{"listen:a.tls_cert=x.pem", NULL, "--set listen:a.tls_cert:0: ", "no tls_key"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		refuses(cases[i].first, cases[i].second, cases[i].where, cases[i].words);
	}
}

static void one_that_is_blamed_by_another_is_named(void **state)
{
	struct mistakes mistakes;

	(void)state;
	assert_null(load_with("listen:a.address=127.0.0.1:1", "listen:b.c.address=127.0.0.1:1",
			      NULL, &mistakes));
	assert_non_null(strstr(mistakes.all, "already, by --set listen:a.address"));
}

static void a_long_one_is_refused(void **state)
{
	static char words[1200] = "gateway.name=";

	(void)state;
	memset(words + strlen(words), 'x', 1100);
	refuses(words, NULL, "--set gateway.name:0: ", "longer than 1000 bytes");
	memset(words, 'y', 1100);
	refuses(words, NULL, "--set yyy", "longer than 1000 bytes");
}

static void paths_count_from_the_folder_of_the_process(void **state)
{
	struct settings *settings = takes("auth.mode=secret", "auth.secrets_file=some.secrets");
	char wanted[512];

	(void)state;
	assert_non_null(getcwd(wanted, sizeof(wanted) - 32));
	memcpy(wanted + strlen(wanted), "/some.secrets", sizeof("/some.secrets"));
	assert_string_equal(settings->secrets_file, wanted);
	settings_free(settings);
}

static void fail_on_change(void *ctx, const char *section, const char *key, const char *before,
			   const char *after)
{
	(void)ctx, (void)before, (void)after;
	fail_msg("[%s] %s has changed", section, key ? key : "");
}

/* A gateway that was started so takes the same in once more. */
static void they_are_kept_over_a_reload(void **state)
{
	struct settings *running = takes("listen:a.address=127.0.0.1:0", "limits.max_drones=7");
	struct mistakes mistakes;
	struct settings *again = load_with("listen:a.address=127.0.0.1:0", "limits.max_drones=7",
					   running, &mistakes);

	(void)state;
	assert_string_equal(mistakes.all, "");
	assert_non_null(again);
	settings_diff(running, again, fail_on_change, NULL);
	settings_free(again);

	again = load_with("listen:a.address=127.0.0.1:1", NULL, running, &mistakes);
	assert_null(again);
	assert_memory_equal(mistakes.all, "--set listen:a.address:0: ", 26);
	assert_non_null(strstr(mistakes.all, "with a restart"));
	settings_free(running);
}

/* The file must be right by itself. */
static void mistakes_of_the_file_stay(void **state)
{
	FILE *file = fopen(path, "a");
	struct mistakes mistakes;

	(void)state;
	assert_non_null(file);
	assert_true(fputs("[limits]\nmax_drones = none\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_null(load_with("limits.max_drones=7", NULL, NULL, &mistakes));
	assert_int_equal(mistakes.count, 1);
	assert_memory_equal(mistakes.all, path, strlen(path));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(they_go_before_the_file),
		TEST(sections_need_not_stand_in_the_file),
		TEST(the_key_is_behind_the_last_dot),
		TEST(channel_keys_change_in_place_or_come),
		TEST(many_channel_keys_come),
		TEST(mistakes_name_the_option),
		TEST(one_that_is_blamed_by_another_is_named),
		TEST(a_long_one_is_refused),
		TEST(paths_count_from_the_folder_of_the_process),
		TEST(they_are_kept_over_a_reload),
		TEST(mistakes_of_the_file_stay),
	};

	return cmocka_run_group_tests_name("settings_override", tests, NULL, NULL);
}
