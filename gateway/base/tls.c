/* One connection. */
#include "base/tls_parts.h"

#include "base/bucket.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	/* What is looked at in one call of what is not application data: alerts, new keys. */
	TLS_ROUNDS = 16,
	/* Where a connection begins: type, version and size of the first record (RFC 8446, 5.1),
	 * type and size of the first message within it (4). */
	HEAD_BYTES = 9,
	RECORD_HEAD_BYTES = 5,
	RECORD_HANDSHAKE = 22,
	VERSION_MAJOR = 3,
	CLIENT_HELLO = 1,
	/* OpenSSL takes the memory for all that is announced. A ClientHello has some hundred
	 * bytes, two thousand with post-quantum keys. */
	CLIENT_HELLO_MAX_BYTES = 16 * 1024,
};

/* Messages after the handshake, of which a side needs hardly any: new keys, which one wants after
 * millions of records (RFC 8446, 5.5), and tickets. Each takes as long as many records, and an
 * answer. Some at once, then one a minute. */
#define MESSAGE_COST_NS (60 * BUCKET_SECOND_NS)
#define MESSAGES_DEPTH_NS (16 * MESSAGE_COST_NS)

static const char speaks_no_tls[] = "the other side does not speak TLS";

struct tls {
	SSL *ssl; /* NULL as long as nobody has begun to shake hands with who listens */
	struct tls_context *context;
	char *name;		/* that the other side's certificate must be for; NULL: any */
	char *why;		/* what broke it; on the heap, as hardly any has one */
	const char *fault;	/* why it is broken, when it is we who say so */
	struct bucket messages; /* after the handshake */
	uint8_t head[HEAD_BYTES];
	uint8_t head_size, head_taken; /* read off the socket, and of these given to OpenSSL */
	int fd;
	int error;  /* errno of the socket that broke it; 0: another reason */
	bool dry;   /* the socket had no more when the last read came to its end */
	bool full;  /* the socket takes no more: the last read waits for it to */
	bool cut;   /* the socket has ended */
	bool ready; /* the handshake is done */
	bool ended, broken;
	bool finished; /* the other side has been told */
};

/* --- its socket --- */

static int on_write(BIO *bio, const char *data, int size)
{
	struct tls *tls = BIO_get_data(bio);
	ssize_t sent;

	BIO_clear_retry_flags(bio);
	do {
		sent = send(tls->fd, data, (size_t)size, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		BIO_set_retry_write(bio);
	} else if (sent < 0) {
		tls->error = errno;
	}
	return (int)sent;
}

/* As recv; what it says of the socket is kept. */
static ssize_t receive(struct tls *tls, void *data, size_t size)
{
	ssize_t got;

	do {
		got = recv(tls->fd, data, size, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		tls->dry = true;
	} else if (got < 0) {
		tls->error = errno;
	} else if (got == 0) {
		tls->cut = true;
	}
	return got;
}

/* What was read ahead of OpenSSL comes first. */
static size_t take_head(struct tls *tls, char *data, size_t size)
{
	size_t left = (size_t)tls->head_size - tls->head_taken;
	size_t taken = left < size ? left : size;

	memcpy(data, tls->head + tls->head_taken, taken);
	tls->head_taken += (uint8_t)taken;
	return taken;
}

static int on_read(BIO *bio, char *data, int size)
{
	struct tls *tls = BIO_get_data(bio);
	ssize_t got;

	BIO_clear_retry_flags(bio);
	if (tls->head_taken < tls->head_size) {
		return (int)take_head(tls, data, (size_t)size);
	}
	tls->dry = false;
	got = receive(tls, data, (size_t)size);
	if (tls->dry) {
		BIO_set_retry_read(bio);
	}
	return (int)got;
}

/* Nothing is kept here that could be flushed. */
static long on_control(BIO *bio, int command, long number, void *data)
{
	(void)bio, (void)number, (void)data;
	return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *tls_socket_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "a socket of the caller's");

	if (method &&
	    (BIO_meth_set_write(method, on_write) != 1 || BIO_meth_set_read(method, on_read) != 1 ||
	     BIO_meth_set_ctrl(method, on_control) != 1)) {
		BIO_meth_free(method);
		return NULL;
	}
	return method;
}

/* --- what went wrong --- */

/* The alert by which the other side ended it; 0: none. */
static int alert_of(unsigned long error)
{
	int reason = ERR_GET_REASON(error);

	return ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET
		       ? reason - SSL_AD_REASON_OFFSET
		       : 0;
}

/* OpenSSL 3.0 has no words for the one that TLS 1.3 has added. */
static const char *alert_text(int alert)
{
	return alert == SSL_AD_CERTIFICATE_REQUIRED ? "certificate required"
						    : SSL_alert_desc_string_long(alert);
}

static void say_certificate(const struct tls *tls, long result, char *why)
{
	if (result == X509_V_ERR_HOSTNAME_MISMATCH || result == X509_V_ERR_IP_ADDRESS_MISMATCH) {
		snprintf(why, TLS_WHY_BYTES, "the other side's certificate is not for %s",
			 tls->name);
	} else {
		snprintf(why, TLS_WHY_BYTES, "the other side's certificate is not accepted: %s",
			 X509_verify_cert_error_string(result));
	}
}

static void say_error(unsigned long error, char *why)
{
	const char *reason = ERR_reason_error_string(error);

	switch (ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0) {
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		snprintf(why, TLS_WHY_BYTES, "the other side shows no certificate");
		break;
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
		snprintf(why, TLS_WHY_BYTES, "%s", speaks_no_tls);
		break;
	default:
		snprintf(why, TLS_WHY_BYTES, "TLS: %s", reason ? reason : "out of memory");
		break;
	}
}

static void say(const struct tls *tls, char *why)
{
	unsigned long error = ERR_peek_error();
	long result = tls->ssl ? SSL_get_verify_result(tls->ssl) : X509_V_OK;
	int alert = alert_of(error);

	if (tls->fault) {
		snprintf(why, TLS_WHY_BYTES, "%s", tls->fault);
	} else if (tls->error) {
		snprintf(why, TLS_WHY_BYTES, "%s", strerror(tls->error));
	} else if (tls->cut) {
		snprintf(why, TLS_WHY_BYTES, "the connection was cut");
	} else if (alert) {
		snprintf(why, TLS_WHY_BYTES, "the other side refuses: %s", alert_text(alert));
	} else if (!tls->ready && result != X509_V_OK) {
		say_certificate(tls, result, why);
	} else {
		say_error(error, why);
	}
}

static enum tls_status broken(struct tls *tls)
{
	char why[TLS_WHY_BYTES];

	tls->broken = true;
	say(tls, why);
	ERR_clear_error();
	free(tls->why);
	tls->why = strdup(why);
	return TLS_BROKEN;
}

const char *tls_why(const struct tls *tls)
{
	return tls->why ? tls->why : "out of memory";
}

int tls_cut(const struct tls *tls)
{
	if (tls->fault) {
		return 0;
	}
	return tls->error || !tls->cut ? tls->error : ECONNRESET;
}

/* What a call that gave `result`, which is no success, has come to. */
static enum tls_status status_of(struct tls *tls, int result)
{
	if (tls->fault) {
		return broken(tls);
	}
	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANTS_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANTS_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		tls->ended = true;
		return TLS_ENDED;
	default:
		return broken(tls);
	}
}

/* --- the beginning and the end --- */

static int attach_socket(struct tls *tls)
{
	BIO *bio = BIO_new(tls->context->socket);

	if (!bio) {
		return -1;
	}
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio);
	return 0;
}

/* A numeric address is looked for among the certificate's addresses, and not sent ahead. */
static int expect(struct tls *tls, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(tls->ssl);
	uint8_t address[sizeof(struct in6_addr)];

	tls->name = strdup(name);
	if (!tls->name) {
		return -1;
	}
	if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1) {
		return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1 ? 0 : -1;
	}
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(tls->ssl, name) == 1 && SSL_set_tlsext_host_name(tls->ssl, name) == 1
		       ? 0
		       : -1;
}

/* Of a flood, only what is within the bound is worked through, though OpenSSL has all of it: it
 * drops what comes behind the other side's end, which this therefore is. */
static void on_message(int written, int version, int type, const void *data, size_t size, SSL *ssl,
		       void *ctx)
{
	struct tls *tls = ctx;
	uint64_t now_us;

	(void)version, (void)data, (void)size;
	if (written || type != SSL3_RT_HANDSHAKE || !tls->ready) {
		return;
	}
	now_us = clock_mono_us();
	if (bucket_has(&tls->messages, now_us, MESSAGES_DEPTH_NS, MESSAGE_COST_NS)) {
		bucket_take(&tls->messages, now_us, MESSAGE_COST_NS);
		return;
	}
	tls->fault = "the other side asks for new keys, or a handshake, too often";
	SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
}

/* 0, or -1 when memory is out. */
static int begin(struct tls *tls)
{
	tls->ssl = SSL_new(tls->context->ssl);
	if (!tls->ssl || attach_socket(tls) < 0) {
		ERR_clear_error();
		return -1;
	}
	SSL_set_msg_callback(tls->ssl, on_message);
	SSL_set_msg_callback_arg(tls->ssl, tls);
	if (tls->context->server) {
		SSL_set_accept_state(tls->ssl);
	} else {
		SSL_set_connect_state(tls->ssl);
	}
	return 0;
}

/* Who listens may have thousands who connect and say nothing: each costs an SSL (some 46 KB with
 * its buffers) only when it has begun to say something that makes sense. */
struct tls *tls_new(struct tls_context *context, int fd, const char *name)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls) {
		return NULL;
	}
	context->users++;
	tls->context = context;
	tls->fd = fd;
	if (!context->server && (begin(tls) < 0 || (name && expect(tls, name) < 0))) {
		ERR_clear_error();
		tls_free(tls);
		return NULL;
	}
	return tls;
}

void tls_free(struct tls *tls)
{
	if (tls) {
		SSL_free(tls->ssl);
		tls_context_free(tls->context);
		free(tls->name);
		free(tls->why);
		free(tls);
	}
}

/* What is wrong with as much of the head as is there; NULL: nothing. */
static const char *head_fault(const uint8_t *head, size_t size)
{
	size_t record = size < RECORD_HEAD_BYTES ? SIZE_MAX : (size_t)head[3] << 8 | head[4];
	size_t message =
		size < HEAD_BYTES ? 0 : (size_t)head[6] << 16 | (size_t)head[7] << 8 | head[8];

	if (head[0] != RECORD_HANDSHAKE || (size > 1 && head[1] != VERSION_MAJOR)) {
		return speaks_no_tls;
	}
	if (record < HEAD_BYTES - RECORD_HEAD_BYTES) {
		return "TLS: the first record is too short for the head of a ClientHello";
	}
	if (size > RECORD_HEAD_BYTES && head[RECORD_HEAD_BYTES] != CLIENT_HELLO) {
		return "TLS: the first message is not a ClientHello";
	}
	return message > CLIENT_HELLO_MAX_BYTES ? "TLS: the ClientHello is too large" : NULL;
}

static enum tls_status read_head(struct tls *tls)
{
	ssize_t got;

	while (tls->head_size < HEAD_BYTES && !tls->fault) {
		got = receive(tls, tls->head + tls->head_size, (size_t)HEAD_BYTES - tls->head_size);
		if (got <= 0) {
			return tls->error || tls->cut ? broken(tls) : TLS_WANTS_READ;
		}
		tls->head_size += (uint8_t)got;
		tls->fault = head_fault(tls->head, tls->head_size);
	}
	return tls->fault ? broken(tls) : TLS_DONE;
}

/* The side that listens begins when the other one has. */
static enum tls_status await_begin(struct tls *tls)
{
	enum tls_status status = read_head(tls);

	if (status == TLS_DONE && begin(tls) < 0) {
		tls->fault = "out of memory";
		status = broken(tls);
	}
	return status;
}

enum tls_status tls_handshake(struct tls *tls)
{
	enum tls_status status = TLS_DONE;
	int result;

	if (tls->ready || tls->broken) {
		return tls->broken ? TLS_BROKEN : TLS_DONE;
	}
	if (!tls->ssl) {
		status = await_begin(tls);
	}
	if (status != TLS_DONE) {
		return status;
	}
	ERR_clear_error();
	result = SSL_do_handshake(tls->ssl);
	if (result != 1) {
		return status_of(tls, result);
	}
	tls->ready = true;
	return TLS_DONE;
}

enum tls_status tls_finish(struct tls *tls)
{
	int result;

	if (tls->broken || !tls->ready) {
		return TLS_BROKEN;
	}
	ERR_clear_error();
	result = tls->finished ? 0 : SSL_shutdown(tls->ssl);
	tls->finished = result >= 0;
	return tls->finished ? TLS_DONE : status_of(tls, result);
}

/* --- bytes --- */

enum tls_status tls_read(struct tls *tls, void *data, size_t size, size_t *got)
{
	enum tls_status status = TLS_WANTS_READ;

	*got = 0;
	if (tls->broken || tls->ended) {
		return tls->broken ? TLS_BROKEN : TLS_ENDED;
	}
	tls->dry = false;
	for (int i = 0; i < TLS_ROUNDS && status == TLS_WANTS_READ && !tls->dry; i++) {
		ERR_clear_error();
		status = SSL_read_ex(tls->ssl, data, size, got) == 1 ? TLS_DONE : status_of(tls, 0);
	}
	tls->full = status == TLS_WANTS_WRITE;
	return status;
}

bool tls_holds(const struct tls *tls)
{
	return tls->broken || tls->ended || (!tls->dry && !tls->full && SSL_has_pending(tls->ssl));
}

enum tls_status tls_write(struct tls *tls, const void *data, size_t size, size_t *taken)
{
	*taken = 0;
	if (tls->broken) {
		return TLS_BROKEN;
	}
	ERR_clear_error();
	return SSL_write_ex(tls->ssl, data, size, taken) == 1 ? TLS_DONE : status_of(tls, 0);
}

/* --- who it is --- */

/* Equal sizes: a NUL within a certificate's name does not end it. */
static bool is_common_name(const X509_NAME_ENTRY *entry, struct slice name)
{
	unsigned char *text = NULL;
	int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
	bool same = size >= 0 && slice_equal(slice_of(text, (size_t)size), name);

	OPENSSL_free(text);
	return same;
}

static bool has_common_name(const X509 *certificate, struct slice name)
{
	const X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	while (at >= 0 && !is_common_name(X509_NAME_get_entry(subject, at), name)) {
		at = X509_NAME_get_index_by_NID(subject, NID_commonName, at);
	}
	return at >= 0;
}

static bool is_dns_name(const GENERAL_NAME *other, struct slice name)
{
	return other->type == GEN_DNS &&
	       slice_equal(slice_of(ASN1_STRING_get0_data(other->d.dNSName),
				    (size_t)ASN1_STRING_length(other->d.dNSName)),
			   name);
}

static bool has_dns_name(const X509 *certificate, struct slice name)
{
	GENERAL_NAMES *others = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int count = others ? sk_GENERAL_NAME_num(others) : 0;
	bool found = false;

	for (int i = 0; i < count && !found; i++) {
		found = is_dns_name(sk_GENERAL_NAME_value(others, i), name);
	}
	GENERAL_NAMES_free(others);
	return found;
}

bool tls_names(const struct tls *tls, struct slice name)
{
	const X509 *certificate = tls->ready ? SSL_get0_peer_certificate(tls->ssl) : NULL;
	bool found;

	if (!certificate || SSL_get_verify_result(tls->ssl) != X509_V_OK || name.size == 0 ||
	    memchr(name.data, '\0', name.size)) {
		return false;
	}
	found = has_common_name(certificate, name) || has_dns_name(certificate, name);
	ERR_clear_error();
	return found;
}
