#include "net/tls.h"

#include <string.h>
#include <unistd.h>

/* OpenSSL's results of a check (openssl/x509_vfy.h), which must have words in a build without OpenSSL too. */
enum {
	TLS_NOT_YET_VALID = 9,
	TLS_EXPIRED = 10,
	TLS_SELF_SIGNED = 18,
	TLS_SELF_SIGNED_CHAIN = 19,
	TLS_NO_ISSUER = 20,
	TLS_NO_SIGNATURE = 21,
	TLS_HOST_MISMATCH = 62,
	TLS_ADDRESS_MISMATCH = 64
};

const char *tls_ca_file(void)
{
	static const char *const files[] = {
		"/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu, Arch, Alpine, distroless */
		"/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, Red Hat */
		"/etc/ssl/ca-bundle.pem",                            /* SUSE */
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* CentOS, Amazon Linux */
		"/etc/ssl/cert.pem",                                 /* Alpine, and BusyBox images */
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (access(files[i], R_OK) == 0)
			return files[i];
	return NULL;
}

static const char *tls_certificate_words(long verified, const char *ca_file)
{
	switch (verified) {
	case TLS_NOT_YET_VALID:
		return "the certificate is not valid yet; is the clock right?";
	case TLS_EXPIRED:
		return "the certificate has expired";
	case TLS_SELF_SIGNED:
	case TLS_SELF_SIGNED_CHAIN:
	case TLS_NO_ISSUER:
	case TLS_NO_SIGNATURE:
		return ca_file ? "the certificate is from an unknown authority; name its file: cacert=FILE"
			       : "no file of trusted certificates was found; name one: cacert=FILE";
	case TLS_HOST_MISMATCH:
	case TLS_ADDRESS_MISMATCH:
		return "the certificate is for another host";
	default:
		return NULL;
	}
}

struct outcome tls_outcome(long verified, const char *words, const char *ca_file)
{
	const char *known = tls_certificate_words(verified, ca_file);

	if (!known && (strstr(words, "subject name matches") || strstr(words, "does not match target")))
		known = tls_certificate_words(TLS_HOST_MISMATCH, ca_file);
	if (!known && (strstr(words, "wrong version number") || strstr(words, "packet length too long") ||
		       strstr(words, "unknown protocol") || strstr(words, "http request")))
		known = "the service does not speak TLS at this port";
	if (!known && strstr(words, "certificate required"))
		known = "the service wants a certificate from its clients: cert=FILE and key=FILE";
	return outcome_make(OUTCOME_TLS, "%s", known ? known : words);
}
