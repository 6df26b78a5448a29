/* Certificates, keys and authorities, as their files have them. */
#include "base/tls_parts.h"

#include "base/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PEM_MAX_BYTES = 1024 * 1024,
	/* What the other side may send as its certificate and chain: memory that it takes before
	 * anybody knows who it is. */
	CHAIN_MAX_BYTES = 32 * 1024,
	SECURITY_LEVEL = 2, /* 112 bits: RSA of 2048, curves of 224, no SHA-1 (OpenSSL) */
	DATE_BYTES = 64,
};

/* Ephemeral keys and authenticated encryption alone. TLS 1.3 has no others. */
static const char tls12_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AESCCM";

__attribute__((format(printf, 2, 3))) static void say(char *why, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, TLS_WHY_BYTES, format, arguments);
	va_end(arguments);
}

/* The first thing that OpenSSL says is wrong. */
static const char *openssl_says(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	return reason ? reason : "out of memory";
}

/* --- files --- */

struct pem {
	const char *what; /* "certificate" */
	const char *path;
	bool secret;
};

static int check_file(const struct pem *pem, int fd, char *why)
{
	char objection[PRIVATE_FILE_WHY_BYTES];
	struct stat status;

	if (fstat(fd, &status) < 0) {
		say(why, "%s %s: %s", pem->what, pem->path, strerror(errno));
	} else if (!S_ISREG(status.st_mode)) {
		say(why, "%s %s: not a regular file", pem->what, pem->path);
	} else if (status.st_size > PEM_MAX_BYTES) {
		say(why, "%s %s: larger than %d bytes", pem->what, pem->path, PEM_MAX_BYTES);
	} else if (pem->secret && private_file_check(&status, objection) < 0) {
		say(why, "%s %s: %s", pem->what, pem->path, objection);
	} else {
		return 0;
	}
	return -1;
}

/* NULL, and *why, or all of it in memory, which forgets it when it is freed. */
static BIO *read_whole(const struct pem *pem, int fd, char *why)
{
	BIO *whole = BIO_new(BIO_s_mem());
	char part[4096];
	ssize_t size = whole ? 1 : -1;

	errno = ENOMEM;
	while (size > 0 && (size = read(fd, part, sizeof(part))) > 0) {
		if (BIO_pending(whole) + size > PEM_MAX_BYTES) {
			errno = EFBIG;
			size = -1;
		} else if (BIO_write(whole, part, (int)size) != (int)size) {
			errno = ENOMEM;
			size = -1;
		}
	}
	if (size < 0) {
		say(why, "%s %s: %s", pem->what, pem->path, strerror(errno));
		BIO_free(whole);
		whole = NULL;
	}
	OPENSSL_cleanse(part, sizeof(part));
	return whole;
}

static BIO *open_pem(const struct pem *pem, char *why)
{
	int fd = open(pem->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	BIO *whole = NULL;

	if (fd < 0) {
		say(why, "%s %s: %s", pem->what, pem->path, strerror(errno));
		return NULL;
	}
	if (check_file(pem, fd, why) == 0) {
		whole = read_whole(pem, fd, why);
	}
	close(fd);
	ERR_clear_error();
	return whole;
}

/* Nobody is there to be asked. */
static int on_password(char *buf, int size, int writing, void *asked)
{
	(void)buf, (void)size, (void)writing;
	*(bool *)asked = true;
	return -1;
}

/* The next certificate; NULL behind the last one, or with `why` set when one is broken. */
static X509 *next_certificate(const struct pem *pem, BIO *whole, char *why)
{
	bool asked = false;
	X509 *certificate = PEM_read_bio_X509(whole, NULL, on_password, &asked);

	if (!certificate && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
		say(why, "%s %s: broken: %s", pem->what, pem->path, openssl_says());
	}
	ERR_clear_error();
	return certificate;
}

/* --- certificates --- */

static const char *print_date(const ASN1_TIME *date, char text[DATE_BYTES])
{
	BIO *out = BIO_new(BIO_s_mem());
	int size = 0;

	if (out && ASN1_TIME_print(out, date)) {
		size = BIO_read(out, text, DATE_BYTES - 1);
	}
	text[size > 0 ? size : 0] = '\0';
	BIO_free(out);
	return text;
}

static int check_dates(const struct pem *pem, const X509 *certificate, char *why)
{
	const ASN1_TIME *from = X509_get0_notBefore(certificate);
	const ASN1_TIME *until = X509_get0_notAfter(certificate);
	char date[DATE_BYTES];

	if (X509_cmp_current_time(until) <= 0) {
		say(why, "%s %s: expired on %s; renew it", pem->what, pem->path,
		    print_date(until, date));
		return -1;
	}
	if (X509_cmp_current_time(from) >= 0) {
		say(why, "%s %s: valid only from %s on; look at this machine's clock", pem->what,
		    pem->path, print_date(from, date));
		return -1;
	}
	return 0;
}

static int use_leaf(const struct tls_context *context, const struct pem *pem, X509 *leaf, char *why)
{
	int purpose = context->server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT;

	if (check_dates(pem, leaf, why) < 0) {
		return -1;
	}
	if (X509_check_purpose(leaf, purpose, 0) != 1) {
		say(why, "%s %s: not made for TLS %s (see its extendedKeyUsage)", pem->what,
		    pem->path, context->server ? "servers" : "clients");
		return -1;
	}
	if (SSL_CTX_use_certificate(context->ssl, leaf) != 1) {
		say(why, "%s %s: %s", pem->what, pem->path, openssl_says());
		return -1;
	}
	return 0;
}

static int use_chain(const struct tls_context *context, const struct pem *pem, BIO *whole,
		     char *why)
{
	X509 *certificate;

	why[0] = '\0';
	while ((certificate = next_certificate(pem, whole, why)) != NULL) {
		if (SSL_CTX_add0_chain_cert(context->ssl, certificate) != 1) {
			say(why, "%s %s: %s", pem->what, pem->path, openssl_says());
			X509_free(certificate);
			break;
		}
	}
	return why[0] ? -1 : 0;
}

static int use_certificate(const struct tls_context *context, const char *path, char *why)
{
	const struct pem pem = {.what = "certificate", .path = path};
	BIO *whole = open_pem(&pem, why);
	X509 *leaf;
	int status = -1;

	if (!whole) {
		return -1;
	}
	say(why, "certificate %s: no certificate in it (PEM: -----BEGIN CERTIFICATE-----)", path);
	leaf = next_certificate(&pem, whole, why);
	if (leaf && use_leaf(context, &pem, leaf, why) == 0) {
		status = use_chain(context, &pem, whole, why);
	}
	X509_free(leaf);
	BIO_free(whole);
	return status;
}

static int use_key(const struct tls_context *context, const struct tls_identity *identity,
		   char *why)
{
	const struct pem pem = {.what = "key", .path = identity->key, .secret = true};
	BIO *whole = open_pem(&pem, why);
	bool asked = false;
	EVP_PKEY *key;
	int status = -1;

	if (!whole) {
		return -1;
	}
	key = PEM_read_bio_PrivateKey(whole, NULL, on_password, &asked);
	if (asked) {
		say(why,
		    "key %s: encrypted, and nobody is there to give the password; write it "
		    "without one: openssl pkey -in %s -out NEW_FILE",
		    pem.path, pem.path);
	} else if (!key) {
		say(why, "key %s: no private key in it that can be read (PEM)", pem.path);
	} else if (SSL_CTX_use_PrivateKey(context->ssl, key) != 1 ||
		   SSL_CTX_check_private_key(context->ssl) != 1) {
		say(why, "key %s: not the key of the certificate %s", pem.path, identity->cert);
	} else {
		status = 0;
	}
	EVP_PKEY_free(key);
	BIO_free(whole);
	return status;
}

/* --- whom to trust --- */

static int trust(const struct tls_context *context, const struct pem *pem, X509 *authority,
		 char *why)
{
	if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context->ssl), authority) != 1 ||
	    (context->server && SSL_CTX_add_client_CA(context->ssl, authority) != 1)) {
		say(why, "%s %s: %s", pem->what, pem->path, openssl_says());
		return -1;
	}
	return 0;
}

/* All authorities of the file whose time it is; at least one. */
static int trust_file(const struct tls_context *context, const struct pem *pem, BIO *whole,
		      char *why)
{
	char dates[TLS_WHY_BYTES] = "";
	size_t trusted = 0;
	X509 *authority;
	int status = 0;

	why[0] = '\0';
	while (status == 0 && (authority = next_certificate(pem, whole, why)) != NULL) {
		if (check_dates(pem, authority, dates) == 0) {
			status = trust(context, pem, authority, why);
			trusted++;
		}
		X509_free(authority);
	}
	if (why[0]) {
		return -1;
	}
	if (trusted == 0) {
		say(why, "%s %s: no certificate in it (PEM: -----BEGIN CERTIFICATE-----)",
		    pem->what, pem->path);
		if (dates[0]) {
			say(why, "%s", dates);
		}
		return -1;
	}
	return 0;
}

/* An authority need not be a root: what it has signed is taken, and no more. */
static int use_authorities(const struct tls_context *context, const char *path, char *why)
{
	const struct pem pem = {.what = "CA", .path = path};
	BIO *whole = open_pem(&pem, why);
	int status;

	if (!whole) {
		return -1;
	}
	status = trust_file(context, &pem, whole, why);
	BIO_free(whole);
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context->ssl), X509_V_FLAG_PARTIAL_CHAIN);
	SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return status;
}

/* --- a context --- */

/* A session is never resumed: it would go on without the certificate being looked at again,
 * even when its CA is trusted no more. */
static int set_up(SSL_CTX *ssl)
{
	SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	/* A call comes back when it has found no application data in what was read at once, so that
	 * a flood of other records does not keep those waiting who have a connection of their
	 * own. What costs time among these is bounded beside (tls.c, on_message). */
	SSL_CTX_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
	/* Shown is what stands in the certificate's file, not whom we trust. */
	SSL_CTX_set_mode(ssl, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS |
				      SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ssl, 1); /* a record is one read, not two */
	SSL_CTX_set_max_cert_list(ssl, CHAIN_MAX_BYTES);
	SSL_CTX_set_security_level(ssl, SECURITY_LEVEL);
	return SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 &&
			       SSL_CTX_set_num_tickets(ssl, 0) == 1 &&
			       SSL_CTX_set_cipher_list(ssl, tls12_ciphers) == 1
		       ? 0
		       : -1;
}

static struct tls_context *new_context(bool server, char *why)
{
	struct tls_context *context = calloc(1, sizeof(*context));

	if (context) {
		context->users = 1;
		context->server = server;
		context->ssl = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
		context->socket = tls_socket_method();
	}
	if (!context || !context->ssl || !context->socket || set_up(context->ssl) < 0) {
		say(why, "TLS cannot be set up: %s", openssl_says());
		tls_context_free(context);
		ERR_clear_error();
		return NULL;
	}
	return context;
}

static bool is_given(const char *path)
{
	return path && path[0];
}

/* Whether those are given that this side needs; else -1 and `why`. */
static int check_given(const struct tls_context *context, const struct tls_identity *identity,
		       char *why)
{
	if (is_given(identity->cert) != is_given(identity->key)) {
		say(why, "a certificate and its key are given together or not at all");
		return -1;
	}
	if (context->server && !is_given(identity->cert)) {
		say(why, "who listens needs a certificate and its key");
		return -1;
	}
	if (!context->server && !is_given(identity->ca)) {
		say(why, "who connects needs the CA of the other side's certificate");
		return -1;
	}
	return 0;
}

static int load(const struct tls_context *context, const struct tls_identity *identity,
		struct tls_mistake *mistake)
{
	if (check_given(context, identity, mistake->why) < 0) {
		return -1;
	}
	if (is_given(identity->cert)) {
		mistake->file = TLS_FILE_CERT;
		if (use_certificate(context, identity->cert, mistake->why) < 0) {
			return -1;
		}
		mistake->file = TLS_FILE_KEY;
		if (use_key(context, identity, mistake->why) < 0) {
			return -1;
		}
	}
	mistake->file = TLS_FILE_CA;
	return is_given(identity->ca) ? use_authorities(context, identity->ca, mistake->why) : 0;
}

static struct tls_context *load_new(bool server, const struct tls_identity *identity,
				    struct tls_mistake *mistake)
{
	struct tls_context *context = new_context(server, mistake->why);

	mistake->file = TLS_FILE_NONE;
	if (context && load(context, identity, mistake) < 0) {
		tls_context_free(context);
		context = NULL;
	}
	ERR_clear_error();
	return context;
}

struct tls_context *tls_context_server(const struct tls_identity *identity,
				       struct tls_mistake *mistake)
{
	return load_new(true, identity, mistake);
}

struct tls_context *tls_context_client(const struct tls_identity *identity,
				       struct tls_mistake *mistake)
{
	return load_new(false, identity, mistake);
}

void tls_context_free(struct tls_context *context)
{
	if (context && --context->users == 0) {
		SSL_CTX_free(context->ssl);
		BIO_meth_free(context->socket);
		free(context);
	}
}
