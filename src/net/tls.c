#include "net/tls.h"

#include <string.h>
#include <unistd.h>

#ifdef WAITFOR_TLS
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "system/stamp.h"
#include "target/endpoint.h"
#endif

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
	if (!known && strstr(words, "no application protocol"))
		known = "the service speaks TLS, but not this protocol over it";
	if (!known && strstr(words, "certificate required"))
		known = "the service wants a certificate from its clients: cert=FILE and key=FILE";
	if (!known && (strstr(words, "alert unknown ca") || strstr(words, "alert bad certificate") ||
		       strstr(words, "alert certificate")))
		known = "the service does not accept the certificate of this client";
	if (!known && (strstr(words, "alert protocol version") || strstr(words, "unsupported protocol")))
		known = "the service speaks only versions of TLS that are no longer safe";
	if (!known && strstr(words, "alert handshake failure"))
		known = "the service refuses the handshake; does it want a certificate: cert=FILE and key=FILE?";
	return outcome_make(OUTCOME_TLS, "%s", known ? known : words);
}

#ifdef WAITFOR_TLS

/* The files that a context is made of. */
enum { TLS_CA_FILE, TLS_CERT, TLS_KEY, TLS_FILES };

struct tls_file {
	char *path; /* NULL: none */
	struct stamp stamp;
};

/* A context is what connections have in common. Reading the certificates of a system takes 11 ms (FACTS 70). */
struct tls_store {
	struct tls_file files[TLS_FILES];
	bool insecure;
	SSL_CTX *context;
	struct tls_store *next;
};

/* Sets the paths of the files that these settings need. */
static void tls_paths(const struct security *security, const char *paths[TLS_FILES])
{
	paths[TLS_CA_FILE] = security->insecure ? NULL : security->ca_file ? security->ca_file : tls_ca_file();
	paths[TLS_CERT] = security->cert;
	paths[TLS_KEY] = security->key ? security->key : security->cert;
}

static bool tls_same(const struct tls_file *files, const char *const *paths)
{
	for (size_t i = 0; i < TLS_FILES; i++)
		if (paths[i] ? !files[i].path || strcmp(files[i].path, paths[i]) != 0 : files[i].path != NULL)
			return false;
	return true;
}

static bool tls_changed(const struct tls_file *files)
{
	for (size_t i = 0; i < TLS_FILES; i++)
		if (files[i].path && stamp_has_changed(&files[i].stamp, files[i].path))
			return true;
	return false;
}

static void tls_free(struct tls_store *kept)
{
	for (size_t i = 0; i < TLS_FILES; i++)
		free(kept->files[i].path);
	SSL_CTX_free(kept->context);
	free(kept);
}

/* Returns the context of these files. One whose files have changed since is dropped: connections keep their own. */
static SSL_CTX *tls_find(struct tls_store **store, const char *const *paths, bool insecure)
{
	for (struct tls_store **at = store; *at; at = &(*at)->next) {
		struct tls_store *kept = *at;

		if (kept->insecure != insecure || !tls_same(kept->files, paths))
			continue;
		if (!tls_changed(kept->files))
			return kept->context;
		*at = kept->next;
		tls_free(kept);
		return NULL;
	}
	return NULL;
}

/* Begins an entry, with the state of the files before they are read. */
static struct tls_store *tls_enter(const char *const *paths, bool insecure)
{
	struct tls_store *made = alloc_zero(1, sizeof(*made));

	made->insecure = insecure;
	for (size_t i = 0; i < TLS_FILES; i++) {
		if (!paths[i])
			continue;
		made->files[i].path = alloc_text(paths[i]);
		stamp_take(&made->files[i].stamp, paths[i]);
	}
	return made;
}

/* A key with a passphrase: OpenSSL would ask for it on the terminal. */
static int tls_no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return 0;
}

/* Reads the files into the context, the small ones first. Returns NULL, or what is wrong, without the name of a file. */
static const char *tls_load(SSL_CTX *context, const char *const *paths, bool insecure)
{
	SSL_CTX_set_verify(context, insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_default_passwd_cb(context, tls_no_passphrase);
	/* A service that ends the connection without the last word of TLS has only ended it. */
	SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
	if (paths[TLS_CERT] && (SSL_CTX_use_certificate_chain_file(context, paths[TLS_CERT]) != 1 ||
				SSL_CTX_use_PrivateKey_file(context, paths[TLS_KEY], SSL_FILETYPE_PEM) != 1))
		return "the certificate or the key of this client cannot be used";
	if (paths[TLS_CA_FILE] && SSL_CTX_load_verify_file(context, paths[TLS_CA_FILE]) != 1)
		return "the file of trusted certificates cannot be used";
	return NULL;
}

/* Returns the context for these settings; NULL with *failure. One that failed is not kept: the files may become right. */
static SSL_CTX *tls_context(struct tls_store **store, const struct security *security, struct outcome *failure)
{
	const char *paths[TLS_FILES], *wrong;
	struct tls_store *made;
	SSL_CTX *context;

	tls_paths(security, paths);
	context = tls_find(store, paths, security->insecure);
	if (context)
		return context;
	/* A configuration file of the system could load parts that are not here. */
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	made = tls_enter(paths, security->insecure);
	made->context = SSL_CTX_new(TLS_client_method());
	wrong = made->context ? tls_load(made->context, paths, security->insecure) : "out of memory";
	if (wrong) {
		*failure = outcome_make(made->context ? OUTCOME_TLS : OUTCOME_LOCAL, "%s", wrong);
		tls_free(made);
		ERR_clear_error();
		return NULL;
	}
	made->next = *store;
	*store = made;
	return made->context;
}

/*
 * Returns the name that the certificate must be for: without the interface of an address, brackets and the last dot of a name,
 * which certificates do not have. The caller frees it.
 */
static char *tls_name(const char *host)
{
	size_t len = strcspn(host, "%");

	if (*host == '[')
		return alloc_slice(host + 1, strcspn(host + 1, "]%"));
	if (len && host[len - 1] == '.')
		len--;
	return alloc_slice(host, len);
}

/* Says which host is meant, and checks that the certificate is for it. An address is not said (RFC 6066, 3). */
static bool tls_name_host(SSL *ssl, const char *host)
{
	char *name = tls_name(host);
	bool is_set;

	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (endpoint_family(name) != AF_UNSPEC)
		is_set = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	else
		is_set = SSL_set_tlsext_host_name(ssl, name) == 1 && SSL_set1_host(ssl, name) == 1;
	free(name);
	return is_set;
}

bool tls_trust(void *context, struct tls_store **store, const char *ca_file)
{
	const struct security trusting = {.ca_file = ca_file};
	struct outcome ignored;
	SSL_CTX *kept = tls_context(store, &trusting, &ignored);

	if (kept)
		SSL_CTX_set1_cert_store(context, SSL_CTX_get_cert_store(kept));
	return kept != NULL;
}

struct bufferevent *tls_begin(struct tls_store **store, struct loop *loop, int fd, const struct security *security,
			      const char *host, struct outcome *failure)
{
	SSL_CTX *context = tls_context(store, security, failure);
	struct bufferevent *talk = NULL;
	SSL *ssl = context ? SSL_new(context) : NULL;

	/*
	 * Deferred, since libevent 2.1.12 tells the end of a connection before it adds what was read in front of it to the
	 * input (do_read of bufferevent_openssl.c): a reply would be lost if it came with the end (FACTS 87).
	 */
	if (ssl && tls_name_host(ssl, security->sni ? security->sni : host))
		talk = bufferevent_openssl_socket_new(loop_base(loop), fd, ssl, BUFFEREVENT_SSL_CONNECTING,
						      BEV_OPT_DEFER_CALLBACKS);
	if (!talk && context) {
		*failure = outcome_make(OUTCOME_LOCAL, "TLS cannot begin");
		SSL_free(ssl);
	}
	return talk;
}

struct outcome tls_failure(struct bufferevent *talk, const struct security *security, bool established, bool was_reset)
{
	SSL *ssl = bufferevent_openssl_get_ssl(talk);
	const char *words = ERR_reason_error_string(bufferevent_get_openssl_error(talk)), *ca_file = security->ca_file;
	/* Who accepts every certificate has no fault in it. */
	long verified = established || security->insecure ? X509_V_OK : SSL_get_verify_result(ssl);

	if (words || verified != X509_V_OK)
		return tls_outcome(verified, words ? words : "", ca_file ? ca_file : tls_ca_file());
	return outcome_make(was_reset ? OUTCOME_RESET : OUTCOME_CLOSED, "%s",
			    established ? "" : "in the handshake of TLS");
}

void tls_end(struct bufferevent *talk)
{
	SSL *ssl = bufferevent_openssl_get_ssl(talk);
	struct evbuffer *unsent = bufferevent_get_output(talk);
	int len = (int)evbuffer_get_length(unsent);

	if (len && SSL_is_init_finished(ssl))
		SSL_write(ssl, evbuffer_pullup(unsent, -1), len);
	SSL_shutdown(ssl);
	bufferevent_free(talk);
	SSL_free(ssl);
	ERR_clear_error();
}

void tls_store_free(struct tls_store **store)
{
	while (*store) {
		struct tls_store *kept = *store;

		*store = kept->next;
		tls_free(kept);
	}
}

#else

struct bufferevent *tls_begin(struct tls_store **store, struct loop *loop, int fd, const struct security *security,
			      const char *host, struct outcome *failure)
{
	(void)store;
	(void)loop;
	(void)fd;
	(void)security;
	(void)host;
	*failure = outcome_make(OUTCOME_LOCAL, "TLS is not built in");
	return NULL;
}

struct outcome tls_failure(struct bufferevent *talk, const struct security *security, bool established, bool was_reset)
{
	(void)talk;
	(void)security;
	(void)established;
	(void)was_reset;
	return outcome_make(OUTCOME_LOCAL, "TLS is not built in");
}

void tls_end(struct bufferevent *talk)
{
	(void)talk;
}

bool tls_trust(void *context, struct tls_store **store, const char *ca_file)
{
	(void)context;
	(void)store;
	(void)ca_file;
	return false;
}

void tls_store_free(struct tls_store **store)
{
	(void)store;
}

#endif
