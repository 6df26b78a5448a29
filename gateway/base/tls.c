/* One connection. */
#include "base/tls_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* What is looked at in one call of what is not application data: alerts, new keys. */
enum { TLS_ROUNDS = 16 };

struct tls {
	SSL *ssl;
	struct tls_context *context;
	char *name; /* that the other side's certificate must be for; NULL: any */
	char *why;  /* what broke it; on the heap, as hardly any has one */
	int fd;
	int error;  /* errno of the socket that broke it; 0: another reason */
	bool dry;   /* the socket had no more when the last read came to its end */
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

static int on_read(BIO *bio, char *data, int size)
{
	struct tls *tls = BIO_get_data(bio);
	ssize_t got;

	BIO_clear_retry_flags(bio);
	do {
		got = recv(tls->fd, data, (size_t)size, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		tls->dry = true;
		BIO_set_retry_read(bio);
	} else if (got < 0) {
		tls->error = errno;
	} else if (got == 0) {
		tls->cut = true;
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
		snprintf(why, TLS_WHY_BYTES, "the other side does not speak TLS");
		break;
	default:
		snprintf(why, TLS_WHY_BYTES, "TLS: %s", reason ? reason : "out of memory");
		break;
	}
}

static void say(const struct tls *tls, char *why)
{
	unsigned long error = ERR_peek_error();
	long result = SSL_get_verify_result(tls->ssl);
	int alert = alert_of(error);

	if (tls->error) {
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
	return tls->error || !tls->cut ? tls->error : ECONNRESET;
}

/* What a call that gave `result`, which is no success, has come to. */
static enum tls_status status_of(struct tls *tls, int result)
{
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

struct tls *tls_new(struct tls_context *context, int fd, const char *name)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls) {
		return NULL;
	}
	context->users++;
	tls->context = context;
	tls->fd = fd;
	tls->ssl = SSL_new(context->ssl);
	if (!tls->ssl || attach_socket(tls) < 0 || (name && expect(tls, name) < 0)) {
		ERR_clear_error();
		tls_free(tls);
		return NULL;
	}
	if (context->server) {
		SSL_set_accept_state(tls->ssl);
	} else {
		SSL_set_connect_state(tls->ssl);
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

enum tls_status tls_handshake(struct tls *tls)
{
	int result;

	if (tls->ready || tls->broken) {
		return tls->broken ? TLS_BROKEN : TLS_DONE;
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
	return status;
}

bool tls_holds(const struct tls *tls)
{
	return tls->broken || tls->ended || (!tls->dry && SSL_has_pending(tls->ssl));
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
