/* TLS between two ends of a socketpair, stepped by hand; certificates made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/tls.h"
#include "lib/certificates.h"
#include "lib/fixture.h"
#include "lib/hand_tls.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY_S = 24 * 60 * 60, STEPS = 1000 };

/* Made once for all tests. */
struct world {
	struct certificates files;
	struct certificate ca, other_ca, expired_ca;
	struct certificate server, client;
};

static struct world world;

struct pair {
	struct tls_context *contexts[2];
	struct tls *server, *client;
	int fds[2]; /* of the server, of the client; -1: closed */
	enum tls_status server_status, client_status;
};

static struct certificate make(const char *cn, const char *san, const struct certificate *signer)
{
	return certificate_make(
		&world.files,
		&(struct certificate_wish){.cn = slice_str(cn), .san = san, .signer = signer});
}

static struct certificate make_ca(const char *cn, long begins_s, long ends_s)
{
	return certificate_make(&world.files, &(struct certificate_wish){.cn = slice_str(cn),
									 .is_ca = true,
									 .begins_s = begins_s,
									 .ends_s = ends_s});
}

static int set_up_world(void **state)
{
	(void)state;
	certificates_set_up(&world.files);
	world.ca = make_ca("a CA", 0, 0);
	world.other_ca = make_ca("another CA", 0, 0);
	world.expired_ca = make_ca("an old CA", -2 * DAY_S, -DAY_S);
	world.server = make("gateway", "DNS:gateway.test,IP:127.0.0.1,IP:::1", &world.ca);
	world.client = make("uav1", NULL, &world.ca);
	return 0;
}

static int tear_down_world(void **state)
{
	(void)state;
	certificate_free(&world.ca);
	certificate_free(&world.other_ca);
	certificate_free(&world.expired_ca);
	certificate_free(&world.server);
	certificate_free(&world.client);
	certificates_tear_down(&world.files);
	return 0;
}

/* --- steps --- */

static struct tls_context *server_context(const struct certificate *own,
					  const struct certificate *ca)
{
	struct tls_identity identity = certificate_identity(own, ca);
	struct tls_mistake mistake = {.why = ""};
	struct tls_context *context = tls_context_server(&identity, &mistake);

	assert_string_equal(mistake.why, "");
	assert_non_null(context);
	return context;
}

static struct tls_context *client_context(const struct certificate *own,
					  const struct certificate *ca)
{
	struct tls_identity identity = certificate_identity(own, ca);
	struct tls_mistake mistake = {.why = ""};
	struct tls_context *context = tls_context_client(&identity, &mistake);

	assert_string_equal(mistake.why, "");
	assert_non_null(context);
	return context;
}

static void shrink(int fd)
{
	int size = 4096;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
}

/* Takes the contexts. */
static struct pair pair_of(struct tls_context *server, struct tls_context *client, const char *name)
{
	struct pair pair = {.contexts = {server, client}};

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.fds), 0);
	pair.server = tls_new(server, pair.fds[0], NULL);
	pair.client = tls_new(client, pair.fds[1], name);
	assert_non_null(pair.server);
	assert_non_null(pair.client);
	pair.server_status = TLS_WANTS_READ;
	pair.client_status = TLS_WANTS_WRITE;
	return pair;
}

static struct pair usual_pair(void)
{
	return pair_of(server_context(&world.server, &world.ca),
		       client_context(&world.client, &world.ca), "gateway.test");
}

static bool is_over(enum tls_status status)
{
	return status != TLS_WANTS_READ && status != TLS_WANTS_WRITE;
}

/* Until both are done, or one is and the other has failed. */
static void shake(struct pair *pair)
{
	for (int i = 0; i < STEPS; i++) {
		if (!is_over(pair->client_status)) {
			pair->client_status = tls_handshake(pair->client);
		}
		if (!is_over(pair->server_status)) {
			pair->server_status = tls_handshake(pair->server);
		}
		if (is_over(pair->client_status) && is_over(pair->server_status)) {
			return;
		}
	}
	fail_msg("the handshake does not end: %d %d", pair->client_status, pair->server_status);
}

static struct pair ready_pair(void)
{
	struct pair pair = usual_pair();

	shake(&pair);
	assert_int_equal(pair.client_status, TLS_DONE);
	assert_int_equal(pair.server_status, TLS_DONE);
	return pair;
}

static void close_pair(struct pair *pair)
{
	tls_free(pair->server);
	tls_free(pair->client);
	for (int i = 0; i < 2; i++) {
		tls_context_free(pair->contexts[i]);
		if (pair->fds[i] >= 0) {
			close(pair->fds[i]);
		}
	}
}

static void cut(struct pair *pair, int side)
{
	close(pair->fds[side]);
	pair->fds[side] = -1;
}

static void assert_says(const struct tls *tls, const char *part)
{
	if (!strstr(tls_why(tls), part)) {
		fail_msg("\"%s\" is not in \"%s\"", part, tls_why(tls));
	}
}

static void write_all(struct tls *tls, struct slice bytes)
{
	size_t taken;

	while (bytes.size) {
		assert_int_equal(tls_write(tls, bytes.data, bytes.size, &taken), TLS_DONE);
		assert_true(taken > 0 && taken <= bytes.size);
		bytes = slice_of(bytes.data + taken, bytes.size - taken);
	}
}

static void assert_reads(struct tls *tls, const char *text)
{
	char data[64];
	size_t got;

	assert_int_equal(tls_read(tls, data, sizeof(data), &got), TLS_DONE);
	assert_int_equal(got, strlen(text));
	assert_memory_equal(data, text, got);
}

/* --- when all goes well --- */

static void carries_both_ways(void **state)
{
	struct pair pair = ready_pair();
	char byte;
	size_t got;

	(void)state;
	write_all(pair.client, slice_str("hello"));
	assert_reads(pair.server, "hello");
	write_all(pair.server, slice_str("hello back"));
	assert_reads(pair.client, "hello back");
	assert_int_equal(tls_read(pair.server, &byte, 1, &got), TLS_WANTS_READ);
	assert_int_equal(got, 0);
	close_pair(&pair);
}

static void outlives_its_contexts(void **state)
{
	struct pair pair = usual_pair();

	(void)state;
	tls_context_free(pair.contexts[0]);
	tls_context_free(pair.contexts[1]);
	pair.contexts[0] = pair.contexts[1] = NULL;
	shake(&pair);
	assert_int_equal(pair.server_status, TLS_DONE);
	write_all(pair.client, slice_str("still here"));
	assert_reads(pair.server, "still here");
	close_pair(&pair);
}

/* Several records are in the socket, and go into OpenSSL at once. */
static void holds_what_the_socket_does_not_tell_of(void **state)
{
	struct pair pair = ready_pair();
	char byte;
	size_t got;

	(void)state;
	assert_false(tls_holds(pair.client));
	write_all(pair.client, slice_str("one"));
	write_all(pair.client, slice_str("two"));
	assert_int_equal(tls_read(pair.server, &byte, 1, &got), TLS_DONE);
	assert_int_equal(byte, 'o');
	assert_int_equal(recv(pair.fds[0], &byte, 1, MSG_PEEK), -1); /* nothing is in there */
	assert_true(tls_holds(pair.server));
	assert_reads(pair.server, "ne");
	assert_true(tls_holds(pair.server));
	assert_reads(pair.server, "two");
	assert_false(tls_holds(pair.server));
	close_pair(&pair);
}

/* A record that is not all there holds nothing that could be read. */
static void holds_nothing_of_half_a_record(void **state)
{
	struct pair pair = ready_pair();
	char bytes[256];
	size_t got;
	ssize_t size;

	(void)state;
	write_all(pair.client, slice_str("cut in two"));
	size = recv(pair.fds[0], bytes, sizeof(bytes), 0);
	assert_true(size > 6);
	assert_int_equal(send(pair.fds[1], bytes, 6, 0), 6);
	assert_int_equal(tls_read(pair.server, bytes + size, 10, &got), TLS_WANTS_READ);
	assert_false(tls_holds(pair.server));
	assert_int_equal(send(pair.fds[1], bytes + 6, (size_t)size - 6, 0), size - 6);
	assert_reads(pair.server, "cut in two");
	close_pair(&pair);
}

static uint8_t byte_at(size_t place)
{
	return (uint8_t)(place * 2654435761u >> 13);
}

/* More than the socket takes: some is taken, the rest is wanted again, from another place. */
static void writes_in_parts_when_the_socket_is_full(void **state)
{
	enum { TOTAL = 300000, READ = 5000 };
	struct pair pair = ready_pair();
	uint8_t *out = malloc(TOTAL), in[READ];
	size_t sent = 0, seen = 0, taken, got;
	bool full = false;

	(void)state;
	assert_non_null(out);
	shrink(pair.fds[1]);
	for (size_t i = 0; i < TOTAL; i++) {
		out[i] = byte_at(i);
	}
	while (seen < TOTAL) {
		enum tls_status status = TLS_DONE;

		while (status == TLS_DONE && sent < TOTAL) {
			uint8_t *moved = malloc(TOTAL - sent);

			assert_non_null(moved);
			memcpy(moved, out + sent, TOTAL - sent);
			status = tls_write(pair.client, moved, TOTAL - sent, &taken);
			assert_int_equal(status == TLS_DONE, taken > 0);
			sent += taken;
			free(moved);
		}
		assert_true(status == TLS_DONE || status == TLS_WANTS_WRITE);
		full = full || status == TLS_WANTS_WRITE;
		while (tls_read(pair.server, in, sizeof(in), &got) == TLS_DONE) {
			assert_memory_equal(in, out + seen, got);
			seen += got;
		}
	}
	assert_true(full);
	assert_int_equal(sent, TOTAL);
	free(out);
	close_pair(&pair);
}

/* --- the end --- */

static void ends_in_order(void **state)
{
	struct pair pair = ready_pair();
	char byte;
	size_t got;

	(void)state;
	write_all(pair.client, slice_str("last"));
	assert_int_equal(tls_finish(pair.client), TLS_DONE);
	assert_int_equal(tls_finish(pair.client), TLS_DONE); /* harmless */
	cut(&pair, 1);
	assert_reads(pair.server, "last");
	assert_true(tls_holds(pair.server)); /* the end came with it */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(tls_read(pair.server, &byte, 1, &got), TLS_ENDED);
		assert_true(tls_holds(pair.server));
	}
	close_pair(&pair);
}

/* One side has finished, the other goes on. */
static void is_read_after_it_has_finished(void **state)
{
	struct pair pair = ready_pair();

	(void)state;
	assert_int_equal(tls_finish(pair.client), TLS_DONE);
	write_all(pair.server, slice_str("goodbye"));
	assert_reads(pair.client, "goodbye");
	close_pair(&pair);
}

static void a_cut_is_no_end(void **state)
{
	struct pair pair = ready_pair();
	char byte;
	size_t got;

	(void)state;
	cut(&pair, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(tls_read(pair.server, &byte, 1, &got), TLS_BROKEN);
		assert_int_equal(tls_cut(pair.server), ECONNRESET);
		assert_says(pair.server, "the connection was cut");
	}
	assert_int_equal(tls_write(pair.server, "x", 1, &got), TLS_BROKEN);
	assert_int_equal(tls_finish(pair.server), TLS_BROKEN);
	close_pair(&pair);
}

/* No signal ends the process. */
static void a_write_to_nobody_breaks_it(void **state)
{
	struct pair pair = ready_pair();
	size_t taken;

	(void)state;
	cut(&pair, 1);
	assert_int_equal(tls_write(pair.server, "x", 1, &taken), TLS_BROKEN);
	assert_int_equal(tls_cut(pair.server), EPIPE);
	assert_int_equal(taken, 0);
	close_pair(&pair);
}

static void a_changed_byte_breaks_it(void **state)
{
	struct pair pair = ready_pair();
	uint8_t bytes[256];
	size_t got;
	ssize_t size;

	(void)state;
	write_all(pair.client, slice_str("pay 10"));
	size = recv(pair.fds[0], bytes, sizeof(bytes), 0);
	bytes[size - 1] ^= 1;
	assert_int_equal(send(pair.fds[1], bytes, (size_t)size, 0), size);
	assert_int_equal(tls_read(pair.server, bytes, sizeof(bytes), &got), TLS_BROKEN);
	assert_int_equal(tls_cut(pair.server), 0);
	assert_says(pair.server, "TLS: ");
	close_pair(&pair);
}

/* --- who is not taken --- */

struct refusal {
	const struct certificate *server, *client, *server_ca, *client_ca;
	const char *name;
	const char *client_says, *server_says;
};

/* In TLS 1.3 the client is done before the server has looked at its certificate. */
static void assert_refused(const struct refusal *refusal)
{
	struct pair pair =
		pair_of(server_context(refusal->server, refusal->server_ca),
			client_context(refusal->client, refusal->client_ca), refusal->name);
	char byte;
	size_t got;

	shake(&pair);
	assert_int_equal(pair.server_status, TLS_BROKEN);
	assert_says(pair.server, refusal->server_says);
	assert_false(tls_names(pair.server, slice_str("uav1")));
	if (pair.client_status == TLS_DONE) {
		pair.client_status = tls_read(pair.client, &byte, 1, &got);
	}
	assert_int_equal(pair.client_status, TLS_BROKEN);
	assert_says(pair.client, refusal->client_says);
	assert_int_equal(tls_handshake(pair.server), TLS_BROKEN); /* for good */
	assert_int_equal(tls_finish(pair.server), TLS_BROKEN);
	close_pair(&pair);
}

static void refuses_certificates(void **state)
{
	struct certificate stranger = make("uav1", NULL, &world.other_ca);
	const struct refusal refusals[] = {
		{&world.server, NULL, &world.ca, &world.ca, "gateway.test",
		 "refuses: certificate required", "shows no certificate"},
		{&world.server, &stranger, &world.ca, &world.ca, "gateway.test",
		 "refuses: unknown CA", "certificate is not accepted: unable to get"},
		{&world.server, &world.client, &world.ca, &world.other_ca, "gateway.test",
		 "certificate is not accepted: unable to get", "refuses: unknown CA"},
		{&world.server, &world.client, &world.ca, &world.ca, "moon.test",
		 "certificate is not for moon.test", "refuses: bad certificate"},
		{&world.server, &world.client, &world.ca, &world.ca, "127.0.0.2",
		 "certificate is not for 127.0.0.2", "refuses: bad certificate"},
		{&world.server, &world.client, &world.ca, &world.ca, "gateway",
		 "certificate is not for gateway", "refuses: bad certificate"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		assert_refused(&refusals[i]);
	}
	certificate_free(&stranger);
}

static void takes_the_names_and_addresses_of_a_certificate(void **state)
{
	static const char *const names[] = {"gateway.test", "GATEWAY.test", "127.0.0.1", "::1"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct pair pair = pair_of(server_context(&world.server, &world.ca),
					   client_context(&world.client, &world.ca), names[i]);

		shake(&pair);
		assert_int_equal(pair.server_status, TLS_DONE);
		close_pair(&pair);
	}
}

/* A certificate that is loaded before it ends: as short as the machine lets it be. */
static struct tls_context *brief_context(struct certificate *brief, time_t *end)
{
	for (long seconds = 1; seconds < 100; seconds *= 2) {
		struct tls_identity identity;
		struct tls_mistake mistake;
		struct tls_context *context;

		*end = time(NULL) + seconds + 1;
		*brief = certificate_make(&world.files,
					  &(struct certificate_wish){.cn = BYTES("uav1"),
								     .begins_s = -DAY_S,
								     .ends_s = seconds,
								     .signer = &world.ca});
		identity = certificate_identity(brief, &world.ca);
		context = tls_context_client(&identity, &mistake);
		if (context) {
			return context;
		}
		certificate_free(brief);
	}
	fail_msg("no certificate lives long enough to be loaded");
	return NULL;
}

/* Its time has ended since it was loaded. */
static void refuses_a_certificate_that_has_expired(void **state)
{
	const struct timespec a_while = {.tv_nsec = 50000000};
	struct certificate brief;
	time_t end;
	struct tls_context *client = brief_context(&brief, &end);
	struct pair pair;

	(void)state;
	while (time(NULL) <= end) {
		nanosleep(&a_while, NULL);
	}
	pair = pair_of(server_context(&world.server, &world.ca), client, "gateway.test");
	shake(&pair);
	assert_int_equal(pair.server_status, TLS_BROKEN);
	assert_says(pair.server, "certificate has expired");
	close_pair(&pair);
	certificate_free(&brief);
}

static void serves_anybody_without_a_ca(void **state)
{
	struct pair pair = pair_of(server_context(&world.server, NULL),
				   client_context(&world.client, &world.ca), "gateway.test");

	(void)state;
	shake(&pair);
	assert_int_equal(pair.server_status, TLS_DONE);
	assert_false(tls_names(pair.server, slice_str("uav1"))); /* nobody has looked */
	close_pair(&pair);
}

static void assert_not_spoken(const char *said, size_t size, const char *why)
{
	struct pair pair = usual_pair();

	assert_int_equal(send(pair.fds[1], said, size, 0), size);
	assert_int_equal(tls_handshake(pair.server), TLS_BROKEN);
	assert_int_equal(tls_cut(pair.server), 0);
	assert_says(pair.server, why);
	close_pair(&pair);
}

static void tells_plain_text_from_tls(void **state)
{
	(void)state;
	assert_not_spoken("\x0d\x0a\x0b\x08\x01\x12\x04uav1", 11, "does not speak TLS");
	assert_not_spoken("GET / HTTP/1.1\r\n\r\n", 18, "does not speak TLS");
	assert_not_spoken("\x16\x03\x01\x00\x05\xff\xff\xff\xff\xff", 10, "TLS: ");
}

static void waits_for_a_handshake_that_stalls(void **state)
{
	struct pair pair = usual_pair();
	size_t got;

	(void)state;
	assert_int_equal(tls_handshake(pair.server), TLS_WANTS_READ);
	assert_int_equal(send(pair.fds[1], "\x16\x03\x01", 3, 0), 3);
	assert_int_equal(tls_handshake(pair.server), TLS_WANTS_READ);
	assert_int_equal(tls_finish(pair.server), TLS_BROKEN); /* there is nothing to finish */
	cut(&pair, 1);
	assert_int_equal(tls_handshake(pair.server), TLS_BROKEN);
	assert_int_equal(tls_cut(pair.server), ECONNRESET);
	assert_int_equal(tls_read(pair.server, &got, 1, &got), TLS_BROKEN);
	close_pair(&pair);
}

/* --- whose certificate it is --- */

static void assert_names(const struct certificate *certificate, struct slice name, bool expected)
{
	struct pair pair = pair_of(server_context(&world.server, &world.ca),
				   client_context(certificate, &world.ca), "gateway.test");

	assert_false(tls_names(pair.server, name)); /* not before it is verified */
	shake(&pair);
	assert_int_equal(pair.server_status, TLS_DONE);
	if (tls_names(pair.server, name) != expected) {
		fail_msg("%.*s: %s", SLICE_ARG(name), expected ? "not taken" : "taken");
	}
	close_pair(&pair);
}

static void names_are_compared_byte_for_byte(void **state)
{
	struct certificate one =
		make("Uav.1", "DNS:uav2,DNS:*.fleet,IP:127.0.0.1,email:uav3", &world.ca);
	struct certificate latin = make("d\xc3\xa9j\xc3\xa0", NULL, &world.ca); /* UTF-8 */
	struct certificate nameless = make("", "DNS:uav4", &world.ca);

	(void)state;
	assert_names(&one, BYTES("Uav.1"), true);
	assert_names(&one, BYTES("uav2"), true);
	assert_names(&one, BYTES("*.fleet"), true); /* as it stands */
	assert_names(&one, BYTES("uav.1"), false);
	assert_names(&one, BYTES("Uav.1 "), false);
	assert_names(&one, BYTES("Uav."), false);
	assert_names(&one, BYTES("a.fleet"), false);
	assert_names(&one, BYTES("127.0.0.1"), false);
	assert_names(&one, BYTES("uav3"), false);
	assert_names(&one, BYTES(""), false);
	assert_names(&latin, BYTES("d\xc3\xa9j\xc3\xa0"), true);
	assert_names(&latin, BYTES("deja"), false);
	assert_names(&nameless, BYTES("uav4"), true);
	assert_names(&nameless, BYTES(""), false);
	certificate_free(&one);
	certificate_free(&latin);
	certificate_free(&nameless);
}

static void a_nul_does_not_end_a_name(void **state)
{
	struct certificate cn = certificate_make(
		&world.files,
		&(struct certificate_wish){.cn = BYTES("uav1\0.evil"), .signer = &world.ca});
	struct certificate san = certificate_make(
		&world.files, &(struct certificate_wish){.cn = BYTES("x"),
							 .dns = BYTES("uav1\0.evil"),
							 .signer = &world.ca});

	(void)state;
	assert_names(&cn, BYTES("uav1"), false);
	assert_names(&cn, BYTES("uav1\0.evil"), false);
	assert_names(&san, BYTES("uav1"), false);
	assert_names(&san, BYTES("uav1\0.evil"), false);
	certificate_free(&cn);
	certificate_free(&san);
}

/* --- what is said before anybody is known --- */

static size_t bytes_in_use(void)
{
	return mallinfo2().uordblks; /* 0 where a sanitizer has a heap of its own */
}

/* OpenSSL would take the memory for what is announced. */
static void is_not_impressed_by_what_is_announced(void **state)
{
	(void)state;
	assert_not_spoken("\x16\x03\x01\x40\x00\x01\x01\xff\xb8", 9, "ClientHello is too large");
	assert_not_spoken("\x16\x03\x01\x40\x00\x01\x00\x40\x01", 9, "ClientHello is too large");
	assert_not_spoken("\x16\x03\x01\x00\x03\x01\x00\x00", 8, "record is too short");
	assert_not_spoken("\x16\x03\x01\x40\x00\x02", 6, "is not a ClientHello");
	assert_not_spoken("\x15", 1, "does not speak TLS");
	assert_not_spoken("\x16\x02", 2, "does not speak TLS");
}

/* Thousands may connect and say nothing. */
static void costs_little_until_the_other_side_begins(void **state)
{
	enum { LITTLE = 512 };
	struct pair pair = usual_pair();
	size_t before = bytes_in_use();
	struct tls *tls = tls_new(pair.contexts[0], pair.fds[0], NULL);

	(void)state;
	assert_int_equal(tls_handshake(tls), TLS_WANTS_READ);
	assert_int_equal(send(pair.fds[1], "\x16\x03\x01\x40\x00\x01\x00\x3f", 8, 0), 8);
	assert_int_equal(tls_handshake(tls), TLS_WANTS_READ);
	assert_true(bytes_in_use() <= before + LITTLE);
	assert_int_equal(send(pair.fds[1], "\xfc", 1, 0), 1); /* a large one, but not too large */
	assert_int_equal(tls_handshake(tls), TLS_WANTS_READ);
	tls_free(tls);
	close_pair(&pair);
}

/* The first bytes come one by one, the others at once. */
static void a_beginning_may_come_in_pieces(void **state)
{
	struct pair pair = usual_pair();
	uint8_t hello[4096];
	ssize_t size;

	(void)state;
	assert_int_equal(tls_handshake(pair.client), TLS_WANTS_READ);
	size = recv(pair.fds[0], hello, sizeof(hello), 0);
	assert_true(size > 12);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(send(pair.fds[1], hello + i, 1, 0), 1);
		assert_int_equal(tls_handshake(pair.server), TLS_WANTS_READ);
	}
	assert_int_equal(send(pair.fds[1], hello + 12, (size_t)size - 12, 0), size - 12);
	shake(&pair);
	assert_int_equal(pair.server_status, TLS_DONE);
	close_pair(&pair);
}

/* --- what follows a handshake --- */

/* One whose client is stepped by hand. */
static struct pair pair_by_hand(struct hand_tls *hand)
{
	struct pair pair = pair_of(server_context(&world.server, NULL),
				   client_context(&world.client, &world.ca), "gateway.test");
	bool done = false;

	hand_tls_open(hand, pair.fds[1], NULL);
	for (int i = 0; i < STEPS && !(done && pair.server_status == TLS_DONE); i++) {
		done = hand_tls_shake(hand);
		pair.server_status = tls_handshake(pair.server);
	}
	assert_true(done);
	assert_int_equal(pair.server_status, TLS_DONE);
	return pair;
}

static void takes_new_keys_now_and_then(void **state)
{
	struct hand_tls hand;
	struct pair pair = pair_by_hand(&hand);

	(void)state;
	for (size_t i = 1; i <= 16; i++) {
		hand_tls_renew(&hand, 1, true);
		hand_tls_write(&hand, slice_str("with new keys"));
		assert_reads(pair.server, "with new keys");
		write_all(pair.server, slice_str("here, too"));
		hand_tls_listen(&hand);
		assert_int_equal(hand.renewed, i);
	}
	hand_tls_close(&hand);
	close_pair(&pair);
}

/* Hundreds are read at once: what is beyond the bound is not worked through. */
static void a_flood_of_new_keys_breaks_it(void **state)
{
	struct hand_tls hand;
	struct pair pair = pair_by_hand(&hand);
	char byte;
	size_t got;

	(void)state;
	hand_tls_renew(&hand, 150, true);
	hand_tls_write(&hand, slice_str("more"));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(tls_read(pair.server, &byte, 1, &got), TLS_BROKEN);
		assert_int_equal(got, 0);
		assert_int_equal(tls_cut(pair.server), 0);
		assert_says(pair.server, "asks for new keys, or a handshake, too often");
	}
	hand_tls_listen(&hand);
	assert_in_range(hand.renewed, 1, 17);
	hand_tls_close(&hand);
	close_pair(&pair);
}

/* It has bytes, but an answer must go out before they can be read: nothing would come of trying
 * again and again. */
static void holds_nothing_while_it_waits_for_the_socket(void **state)
{
	struct hand_tls hand;
	struct pair pair = pair_by_hand(&hand);
	char data[4096] = {0};
	size_t got;

	(void)state;
	shrink(pair.fds[0]);
	while (send(pair.fds[0], data, 1, MSG_NOSIGNAL) > 0) {
	}
	hand_tls_renew(&hand, 2, true); /* the first is answered when the second comes */
	hand_tls_write(&hand, slice_str("behind it"));
	assert_int_equal(tls_read(pair.server, data, sizeof(data), &got), TLS_WANTS_WRITE);
	assert_false(tls_holds(pair.server));
	while (recv(pair.fds[1], data, sizeof(data), 0) > 0) {
	}
	assert_reads(pair.server, "behind it");
	hand_tls_close(&hand);
	close_pair(&pair);
}

/* --- files --- */

static void assert_server_refused(struct tls_identity identity, const char *file, const char *part)
{
	struct tls_mistake mistake = {.why = ""};

	assert_null(tls_context_server(&identity, &mistake));
	if (!strstr(mistake.why, part) || (file && !strstr(mistake.why, file))) {
		fail_msg("\"%s\" and \"%s\" are not in \"%s\"", part, file ? file : "",
			 mistake.why);
	}
	/* the one that is wrong is told apart, too */
	if (file) {
		const char *files[] = {"", identity.cert, identity.key, identity.ca};

		assert_true(mistake.file != TLS_FILE_NONE && strstr(file, files[mistake.file]));
	}
}

static struct slice garbage(void)
{
	return slice_str("-----BEGIN CERTIFICATE-----\nMIIBgarbage\n-----END CERTIFICATE-----\n");
}

static void tells_what_is_wrong_with_a_file(void **state)
{
	struct tls_identity good = certificate_identity(&world.server, &world.ca), bad;
	char empty[CERTIFICATES_PATH_BYTES], broken[CERTIFICATES_PATH_BYTES];

	(void)state;
	certificates_write(&world.files, slice_str("# nothing\n"), empty);
	certificates_write(&world.files, garbage(), broken);
	bad = good;
	bad.cert = "/nowhere/cert.pem";
	assert_server_refused(bad, "certificate /nowhere/cert.pem", "No such file");
	bad.cert = world.files.folder;
	assert_server_refused(bad, world.files.folder, "not a regular file");
	bad.cert = empty;
	assert_server_refused(bad, empty, "no certificate in it");
	bad.cert = broken;
	assert_server_refused(bad, broken, "broken: ");
	bad.cert = world.client.cert_path;
	assert_server_refused(bad, good.key, "not the key of the certificate");
	bad = good;
	bad.key = "/nowhere/key.pem";
	assert_server_refused(bad, "key /nowhere/key.pem", "No such file");
	bad.key = empty;
	assert_server_refused(bad, empty, "no private key");
	bad = good;
	bad.ca = empty;
	assert_server_refused(bad, empty, "no certificate in it");
	bad.ca = broken;
	assert_server_refused(bad, broken, "broken: ");
	bad = good;
	bad.key = NULL;
	assert_server_refused(bad, NULL, "given together");
	bad.cert = "";
	assert_server_refused(bad, NULL, "needs a certificate");
}

static void a_client_needs_a_ca(void **state)
{
	struct tls_identity identity = certificate_identity(&world.client, NULL);
	struct tls_mistake mistake;

	(void)state;
	assert_null(tls_context_client(&identity, &mistake));
	assert_int_equal(mistake.file, TLS_FILE_NONE);
	assert_non_null(strstr(mistake.why, "needs the CA"));
}

static void refuses_a_key_that_others_can_read(void **state)
{
	static const mode_t open_modes[] = {0604, 0602, 0620, 0660};
	struct certificate own = make("gateway", NULL, &world.ca);
	struct tls_identity identity = certificate_identity(&own, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(open_modes) / sizeof(open_modes[0]); i++) {
		assert_int_equal(chmod(own.key_path, open_modes[i]), 0);
		assert_server_refused(identity, own.key_path, "chmod 600");
	}
	assert_int_equal(chmod(own.key_path, 0400), 0);
	tls_context_free(server_context(&own, NULL));
	certificate_free(&own);
}

static void tells_of_dates(void **state)
{
	struct certificate old =
		certificate_make(&world.files, &(struct certificate_wish){.cn = BYTES("gateway"),
									  .begins_s = -2 * DAY_S,
									  .ends_s = -DAY_S,
									  .signer = &world.ca});
	struct certificate early =
		certificate_make(&world.files, &(struct certificate_wish){.cn = BYTES("gateway"),
									  .begins_s = DAY_S,
									  .ends_s = 2 * DAY_S,
									  .signer = &world.ca});

	(void)state;
	assert_server_refused(certificate_identity(&old, NULL), old.cert_path, "expired on ");
	assert_server_refused(certificate_identity(&early, NULL), early.cert_path,
			      "valid only from ");
	assert_server_refused(certificate_identity(&world.server, &world.expired_ca),
			      world.expired_ca.cert_path, "expired on ");
	certificate_free(&old);
	certificate_free(&early);
}

static void tells_that_a_certificate_is_for_something_else(void **state)
{
	struct certificate own =
		certificate_make(&world.files, &(struct certificate_wish){.cn = BYTES("gateway"),
									  .usage = "clientAuth",
									  .signer = &world.ca});

	(void)state;
	assert_server_refused(certificate_identity(&own, NULL), own.cert_path,
			      "not made for TLS servers");
	certificate_free(&own);
}

static void freeing_nothing_is_harmless(void **state)
{
	(void)state;
	tls_context_free(NULL);
	tls_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_both_ways),
		cmocka_unit_test(outlives_its_contexts),
		cmocka_unit_test(holds_what_the_socket_does_not_tell_of),
		cmocka_unit_test(holds_nothing_of_half_a_record),
		cmocka_unit_test(writes_in_parts_when_the_socket_is_full),
		cmocka_unit_test(ends_in_order),
		cmocka_unit_test(is_read_after_it_has_finished),
		cmocka_unit_test(a_cut_is_no_end),
		cmocka_unit_test(a_write_to_nobody_breaks_it),
		cmocka_unit_test(a_changed_byte_breaks_it),
		cmocka_unit_test(refuses_certificates),
		cmocka_unit_test(takes_the_names_and_addresses_of_a_certificate),
		cmocka_unit_test(refuses_a_certificate_that_has_expired),
		cmocka_unit_test(serves_anybody_without_a_ca),
		cmocka_unit_test(tells_plain_text_from_tls),
		cmocka_unit_test(waits_for_a_handshake_that_stalls),
		cmocka_unit_test(is_not_impressed_by_what_is_announced),
		cmocka_unit_test(costs_little_until_the_other_side_begins),
		cmocka_unit_test(a_beginning_may_come_in_pieces),
		cmocka_unit_test(takes_new_keys_now_and_then),
		cmocka_unit_test(a_flood_of_new_keys_breaks_it),
		cmocka_unit_test(holds_nothing_while_it_waits_for_the_socket),
		cmocka_unit_test(names_are_compared_byte_for_byte),
		cmocka_unit_test(a_nul_does_not_end_a_name),
		cmocka_unit_test(tells_what_is_wrong_with_a_file),
		cmocka_unit_test(a_client_needs_a_ca),
		cmocka_unit_test(refuses_a_key_that_others_can_read),
		cmocka_unit_test(tells_of_dates),
		cmocka_unit_test(tells_that_a_certificate_is_for_something_else),
		cmocka_unit_test(freeing_nothing_is_harmless),
	};

	return cmocka_run_group_tests_name("tls", tests, set_up_world, tear_down_world);
}
