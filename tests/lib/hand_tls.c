#include "lib/hand_tls.h"

#include <stdio.h>
#include <stdlib.h>

/* Not every program that links this has cmocka. */
static void must(bool done, const char *what)
{
	if (!done) {
		fprintf(stderr, "hand_tls: cannot %s\n", what);
		abort();
	}
}

static void on_message(int written, int version, int type, const void *data, size_t size, SSL *ssl,
		       void *ctx)
{
	struct hand_tls *hand = ctx;
	const uint8_t *message = data;

	(void)version, (void)ssl;
	if (!written && type == SSL3_RT_HANDSHAKE && size > 0 && message[0] == SSL3_MT_KEY_UPDATE) {
		hand->renewed++;
	}
}

static bool use_identity(SSL_CTX *context, const struct tls_identity *identity)
{
	return SSL_CTX_use_certificate_chain_file(context, identity->cert) == 1 &&
	       SSL_CTX_use_PrivateKey_file(context, identity->key, SSL_FILETYPE_PEM) == 1;
}

void hand_tls_open(struct hand_tls *hand, int fd, const struct tls_identity *identity)
{
	*hand = (struct hand_tls){.context = SSL_CTX_new(TLS_client_method())};
	must(hand->context != NULL, "make a context");
	must(!identity || use_identity(hand->context, identity), "use a certificate");
	hand->ssl = SSL_new(hand->context);
	must(hand->ssl && SSL_set_fd(hand->ssl, fd) == 1, "make a connection");
	SSL_set_connect_state(hand->ssl);
	SSL_set_msg_callback(hand->ssl, on_message);
	SSL_set_msg_callback_arg(hand->ssl, hand);
}

void hand_tls_close(struct hand_tls *hand)
{
	SSL_free(hand->ssl);
	SSL_CTX_free(hand->context);
}

bool hand_tls_shake(struct hand_tls *hand)
{
	int result = SSL_do_handshake(hand->ssl);

	must(result == 1 || SSL_get_error(hand->ssl, result) == SSL_ERROR_WANT_READ, "shake hands");
	return result == 1;
}

void hand_tls_write(struct hand_tls *hand, struct slice bytes)
{
	must(SSL_write(hand->ssl, bytes.data, (int)bytes.size) == (int)bytes.size, "write");
}

void hand_tls_renew(struct hand_tls *hand, size_t count, bool asks)
{
	int type = asks ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;

	for (size_t i = 0; i < count; i++) {
		must(SSL_key_update(hand->ssl, type) == 1 && SSL_do_handshake(hand->ssl) == 1,
		     "renew keys");
	}
}

void hand_tls_listen(struct hand_tls *hand)
{
	char data[4096];

	while (SSL_read(hand->ssl, data, sizeof(data)) > 0) {
	}
}
