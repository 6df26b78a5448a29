#include "unit/test_settings.h"

#include "access/access.h"
#include "base/proof.h"

#include <fcntl.h>
#include <sys/stat.h>

#define SIXTEEN "0123456789abcdef"
#define OTHER "fedcba9876543210"

static const uint8_t nonce[AUTH_NONCE_BYTES] = "a nonce";

struct fixture {
	struct settings settings; /* large */
	struct mistakes mistakes;
	char folder[32];
	struct access *access;
	struct access_keeper keeper;
};

static struct fixture fixture;

static void put(const struct fixture *f, const char *text)
{
	int fd = open(f->settings.secrets_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* "file:line: message" each */
static void note_place(void *ctx, const char *file, int line, const char *message)
{
	struct mistakes *mistakes = ctx;
	size_t at = strlen(mistakes->all);

	mistakes->count++;
	(void)snprintf(mistakes->all + at, sizeof(mistakes->all) - at, "%s:%d: %s\n", file, line,
		       message);
}

static struct access *load_access(struct fixture *f)
{
	struct access *access;

	f->mistakes = (struct mistakes){.count = 0};
	access = access_load(&f->settings, "gateway.ini", note_place, &f->mistakes);
	assert_int_equal(access == NULL, f->mistakes.count > 0);
	return access;
}

static void hold(struct fixture *f)
{
	f->access = load_access(f);
	assert_non_null(f->access);
	f->keeper = (struct access_keeper){.current = &f->access};
}

static int set_up(void **state)
{
	struct fixture *f = &fixture;

	*f = (struct fixture){.folder = "/tmp/uavtest.XXXXXX"};
	assert_non_null(mkdtemp(f->folder));
	f->settings.auth_mode = AUTH_SECRET;
	(void)snprintf(f->settings.secrets_file, sizeof(f->settings.secrets_file), "%s/drones",
		       f->folder);
	f->settings.listener_count = 2;
	(void)snprintf(f->settings.listeners[0].name, NAME_MAX_BYTES, "plain");
	(void)snprintf(f->settings.listeners[1].name, NAME_MAX_BYTES, "tls");
	f->settings.simulator_count = 1;
	put(f, "uav1 " SIXTEEN "\nuav2 " SIXTEEN " field, t-*\nuav3 " SIXTEEN "\n");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	access_free(f->access);
	(void)snprintf(f->settings.secrets_file, sizeof(f->settings.secrets_file), "%s/drones",
		       f->folder);
	(void)unlink(f->settings.secrets_file);
	return rmdir(f->folder);
}

static bool allows(struct fixture *f, const char *id, const char *scenario)
{
	return access_ops.allows(&f->keeper, slice_str(id), slice_str(scenario));
}

static bool proves(struct fixture *f, const char *id, const char *secret)
{
	uint8_t proof[PROOF_BYTES];

	assert_int_equal(
		proof_make(slice_str(secret), slice_of(nonce, sizeof(nonce)), slice_str(id), proof),
		0);
	return access_ops.proves(&f->keeper, slice_str(id), nonce, proof) == PROOF_RIGHT;
}

/* The keeper as it is within core_reload, from `before` to a file with this text. */
static bool withdrawn(struct fixture *f, const char *text, const char *id)
{
	struct access *after;
	struct access_keeper keeper = {.current = &after, .before = f->access};
	bool gone;

	put(f, text);
	after = load_access(f);
	assert_non_null(after);
	gone = access_ops.withdrawn(&keeper, slice_str(id));
	access_free(after);
	return gone;
}

/* ------------------------------------------------------------------ secrets */

static void lets_in_by_secret(void **state)
{
	struct fixture *f = *state;

	hold(f);
	assert_int_equal(access_drones(f->access), 3);
	assert_true(proves(f, "uav1", SIXTEEN));
	assert_false(proves(f, "uav1", OTHER));
	assert_false(proves(f, "uav4", SIXTEEN));
	assert_true(allows(f, "uav1", "star"));
	assert_true(allows(f, "uav2", "field"));
	assert_false(allows(f, "uav2", "star"));
	assert_false(allows(f, "uav4", "field"));
}

static void gives_a_nonce_once(void **state)
{
	struct fixture *f = *state;
	uint8_t drawn[2][AUTH_NONCE_BYTES] = {{0}};

	hold(f);
	assert_true(access_ops.nonce(&f->keeper, drawn[0]));
	assert_true(access_ops.nonce(&f->keeper, drawn[1]));
	assert_memory_not_equal(drawn[0], drawn[1], AUTH_NONCE_BYTES);
}

static void tells_whose_credential_is_gone(void **state)
{
	struct fixture *f = *state;

	hold(f);
	assert_false(access_ops.withdrawn(&f->keeper, slice_str("uav1"))); /* no reload */
	assert_false(withdrawn(f, "uav1 " SIXTEEN "\n", "uav1"));
	assert_false(withdrawn(f, "x " OTHER "\nuav1 " SIXTEEN " field\n", "uav1"));
	assert_true(withdrawn(f, "uav1 " OTHER "\n", "uav1"));
	assert_true(withdrawn(f, "uav2 " SIXTEEN "\n", "uav1"));
	assert_true(withdrawn(f, "", "uav1"));
}

/* Who comes in by another way, or by none, has no line there. */
static void asks_for_secrets_in_its_mode_alone(void **state)
{
	static const enum auth_mode others[] = {AUTH_NONE, AUTH_TLS};
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		f->settings.auth_mode = others[i];
		hold(f);
		assert_int_equal(access_drones(f->access), 0);
		assert_true(allows(f, "uav4", "field"));
		assert_true(allows(f, "uav2", "star"));
		assert_false(proves(f, "uav1", SIXTEEN));
		assert_false(withdrawn(f, "uav2 " SIXTEEN "\n", "uav1"));
		access_free(f->access);
		put(f, "broken\n"); /* not even read */
	}
	(void)unlink(f->settings.secrets_file);
	hold(f);
	access_free(f->access);
	*f->settings.secrets_file = '\0';
	hold(f);
	assert_int_equal(access_drones(f->access), 0);
	assert_true(allows(f, "uav4", "field"));
	access_free(NULL);
}

/* ---------------------------------------------------------------- all or nothing */

static void expect_told(const struct fixture *f, const char *words)
{
	if (!strstr(f->mistakes.all, words)) {
		print_error("not told \"%s\":\n%s", words, f->mistakes.all);
		fail();
	}
}

static void give_paths(const struct fixture *f, struct tls_files *files)
{
	(void)snprintf(files->cert, sizeof(files->cert), "%s/none.pem", f->folder);
	(void)snprintf(files->key, sizeof(files->key), "%s/none.key", f->folder);
	(void)snprintf(files->ca, sizeof(files->ca), "%s/ca.pem", f->folder);
	files->cert_at = (struct place){.file = "more/tls.ini", .line = 3};
	files->key_at = (struct place){.file = "more/tls.ini", .line = 4};
	files->ca_at = (struct place){.file = "more/tls.ini", .line = 5};
}

static void nothing_is_loaded_with_a_mistake_in_anything(void **state)
{
	struct fixture *f = *state;
	struct listener_settings *listener = &f->settings.listeners[1];
	struct simulator_settings *simulator = &f->settings.simulators[0];

	put(f, "uav1 " SIXTEEN "\nuav2\n");
	give_paths(f, &listener->tls);
	give_paths(f, &simulator->tls);
	*simulator->tls.cert = *simulator->tls.key = '\0';
	(void)snprintf(simulator->name, sizeof(simulator->name), "far");
	assert_null(load_access(f));
	assert_int_equal(f->mistakes.count, 3);
	expect_told(f, "drones:2: there is no secret");
	expect_told(f, "more/tls.ini:3: [listen:tls]: ");
	expect_told(f, "none.pem: No such file");
	expect_told(f, "more/tls.ini:5: [simulator:far]: ");
	expect_told(f, "ca.pem: No such file");
	put(f, "");
	*simulator->tls.ca = '\0';
	assert_null(load_access(f));
	assert_int_equal(f->mistakes.count, 1);
	*listener->tls.cert = *listener->tls.key = *listener->tls.ca = '\0';
	hold(f);
	assert_null(access_listener(f->access, 0));
	assert_null(access_listener(f->access, 1));
	assert_null(access_simulator(f->access, 0));
}

/* What the settings were told to lack is not told again, and lets nobody in all the same. */
static void half_of_what_it_takes_is_nothing(void **state)
{
	struct fixture *f = *state;
	struct tls_files *listener = &f->settings.listeners[1].tls;
	struct tls_files *simulator = &f->settings.simulators[0].tls;
	char *lacks[] = {listener->cert, listener->key, simulator->key, simulator->ca};

	for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
		*listener = *simulator = (struct tls_files){0};
		give_paths(f, i < 2 ? listener : simulator);
		*lacks[i] = '\0';
		f->mistakes = (struct mistakes){.count = 0};
		assert_null(access_load(&f->settings, "gateway.ini", note_place, &f->mistakes));
		assert_int_equal(f->mistakes.count, 0);
	}
	*listener = *simulator = (struct tls_files){0};
	*f->settings.secrets_file = '\0';
	assert_null(access_load(&f->settings, "gateway.ini", note_place, &f->mistakes));
	assert_int_equal(f->mistakes.count, 0);
}

/* Made by openssl(1), with its key. */
static void make_certificate(const struct fixture *f, struct tls_files *files)
{
	char command[1024];

	(void)snprintf(files->cert, sizeof(files->cert), "%s/cert.pem", f->folder);
	(void)snprintf(files->key, sizeof(files->key), "%s/key.pem", f->folder);
	(void)snprintf(command, sizeof(command),
		       "umask 077; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
		       "-nodes -subj /CN=gateway -days 2 -keyout %s -out %s >/dev/null 2>&1",
		       files->key, files->cert);
	assert_int_equal(system(command), 0); /* NOLINT(bugprone-command-processor) */
}

static void gives_each_its_context(void **state)
{
	struct fixture *f = *state;
	struct tls_files *files = &f->settings.listeners[1].tls;
	char *ca = f->settings.simulators[0].tls.ca;

	give_paths(f, files);
	*files->ca = '\0';
	f->settings.simulators[0].tls.ca_at = files->ca_at;
	make_certificate(f, files);
	memcpy(ca, files->cert, sizeof(files->cert));
	hold(f);
	assert_null(access_listener(f->access, 0));
	assert_non_null(access_listener(f->access, 1));
	assert_non_null(access_simulator(f->access, 0));
	assert_int_equal(unlink(files->cert), 0);
	assert_null(load_access(f));
	assert_int_equal(f->mistakes.count, 2);
	make_certificate(f, files);
	assert_int_equal(chmod(files->key, 0644), 0);
	assert_null(load_access(f));
	assert_int_equal(f->mistakes.count, 1);
	expect_told(f, "more/tls.ini:4: [listen:tls]: key ");
	assert_int_equal(unlink(files->cert), 0);
	assert_int_equal(unlink(files->key), 0);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_FOLDER(lets_in_by_secret),
		IN_A_FOLDER(gives_a_nonce_once),
		IN_A_FOLDER(tells_whose_credential_is_gone),
		IN_A_FOLDER(asks_for_secrets_in_its_mode_alone),
		IN_A_FOLDER(nothing_is_loaded_with_a_mistake_in_anything),
		IN_A_FOLDER(half_of_what_it_takes_is_nothing),
		IN_A_FOLDER(gives_each_its_context),
	};

	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
