#include "lib/certificates.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY_S = 24 * 60 * 60 };

/* Nothing here fails unless the machine does; not every program that links this has cmocka. */
static void must(bool done, const char *what)
{
	if (!done) {
		fprintf(stderr, "certificates: cannot %s\n", what);
		abort();
	}
}

void certificates_set_up(struct certificates *certificates)
{
	*certificates = (struct certificates){.folder = "/tmp/uavtest.XXXXXX"};
	must(mkdtemp(certificates->folder) != NULL, "make a folder");
}

static void path_of(const struct certificates *certificates, size_t number, char *path)
{
	snprintf(path, CERTIFICATES_PATH_BYTES, "%s/%zu.pem", certificates->folder, number);
}

void certificates_tear_down(struct certificates *certificates)
{
	char path[CERTIFICATES_PATH_BYTES];

	for (size_t i = 0; i < certificates->files; i++) {
		path_of(certificates, i, path);
		(void)unlink(path);
	}
	must(rmdir(certificates->folder) == 0, "remove the folder");
}

void certificates_write(struct certificates *certificates, struct slice bytes,
			char path[CERTIFICATES_PATH_BYTES])
{
	int fd;

	path_of(certificates, certificates->files++, path);
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	must(fd >= 0 && write(fd, bytes.data, bytes.size) == (ssize_t)bytes.size, "write a file");
	close(fd);
}

static void write_pem(struct certificates *certificates, BIO *pem, char *path)
{
	char *data = NULL;
	long size = BIO_get_mem_data(pem, &data);

	certificates_write(certificates, slice_of(data, (size_t)size), path);
	BIO_free(pem);
}

static void extend(X509 *x509, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	must(extension && X509_add_ext(x509, extension, -1) == 1, "add an extension");
	X509_EXTENSION_free(extension);
}

/* No text form has it: it may hold a NUL. */
static void add_dns(X509 *x509, struct slice dns)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	must(ASN1_STRING_set(text, dns.data, (int)dns.size) == 1, "set a name");
	GENERAL_NAME_set0_value(name, GEN_DNS, text);
	must(sk_GENERAL_NAME_push(names, name) > 0 &&
		     X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0) == 1,
	     "add a name");
	GENERAL_NAMES_free(names);
}

static void add_extensions(X509 *x509, const struct certificate_wish *wish)
{
	extend(x509, NID_basic_constraints, wish->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (wish->san) {
		extend(x509, NID_subject_alt_name, wish->san);
	}
	if (wish->dns.size) {
		add_dns(x509, wish->dns);
	}
	if (wish->usage) {
		extend(x509, NID_ext_key_usage, wish->usage);
	}
}

static void set_dates(X509 *x509, const struct certificate_wish *wish)
{
	bool given = wish->begins_s || wish->ends_s;

	X509_gmtime_adj(X509_getm_notBefore(x509), given ? wish->begins_s : -DAY_S);
	X509_gmtime_adj(X509_getm_notAfter(x509), given ? wish->ends_s : DAY_S);
}

struct certificate certificate_make(struct certificates *certificates,
				    const struct certificate_wish *wish)
{
	struct certificate made = {.x509 = X509_new(), .key = EVP_EC_gen("P-256")};
	const struct certificate *signer = wish->signer ? wish->signer : &made;
	X509_NAME *name = X509_get_subject_name(made.x509);
	BIO *cert = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_mem());

	must(X509_set_version(made.x509, X509_VERSION_3) == 1, "make a certificate");
	ASN1_INTEGER_set(X509_get_serialNumber(made.x509), (long)certificates->files + 1);
	set_dates(made.x509, wish);
	if (wish->cn.size) {
		must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, wish->cn.data,
						(int)wish->cn.size, -1, 0) == 1,
		     "set the common name");
	}
	X509_set_issuer_name(made.x509, X509_get_subject_name(signer->x509));
	X509_set_pubkey(made.x509, made.key);
	add_extensions(made.x509, wish);
	must(X509_sign(made.x509, signer->key, EVP_sha256()) > 0, "sign");

	must(PEM_write_bio_X509(cert, made.x509) == 1, "write a certificate");
	write_pem(certificates, cert, made.cert_path);
	must(PEM_write_bio_PrivateKey(key, made.key, NULL, NULL, 0, NULL, NULL) == 1,
	     "write a key");
	write_pem(certificates, key, made.key_path);
	return made;
}

void certificate_free(struct certificate *certificate)
{
	X509_free(certificate->x509);
	EVP_PKEY_free(certificate->key);
}

struct tls_identity certificate_identity(const struct certificate *own,
					 const struct certificate *ca)
{
	return (struct tls_identity){.cert = own ? own->cert_path : NULL,
				     .key = own ? own->key_path : NULL,
				     .ca = ca ? ca->cert_path : NULL};
}
