#include "attempt/tlscheck.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "target/scheme.h"

/* Whether they can be read is found out before the first attempt. They may change later, and are read again then. */
static int tlscheck_files(const struct security *security, struct error *err)
{
	const char *files[][2] = {
		{"cacert", security->ca_file}, {"cert", security->cert}, {"key of TLS", security->key}};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i][1] && access(files[i][1], R_OK))
			return errors_set(err, "parameter %s: its file cannot be read: %s", files[i][0],
					  strerror(errno));
	return 0;
}

/* How to write the URL with TLS: for an error. */
static int tlscheck_refuse_plain(const struct scheme *scheme, struct error *err)
{
	const char *name = scheme->tls_name ? scheme->tls_name : scheme->name;

	return errors_set(err, "cacert, cert, key, insecure and sni are for TLS; write %s%s://%s", name,
			  scheme->tls_name ? "" : "+tls",
			  scheme->tls == SCHEME_TLS_BY_NAME
				  ? ", or for a parameter of the service an escape in its name: %6Bey="
				  : "");
}

int tlscheck(struct target *target, struct error *err)
{
	const struct scheme *scheme = target->scheme;
	const char *name = target->scheme_name;
	struct security *security = &target->security;
	bool by_name = name && scheme_name_has_tls(scheme, name);

	security->on = by_name || security->tls || security->starttls;
	if (security->starttls && (by_name || security->tls))
		return errors_set(err, "starttls begins TLS at the port without TLS; write %s://host:port?starttls",
				  scheme->name);
	if (security->on && !SECURITY_IS_BUILT_IN)
		return errors_set(err, "%s%s needs a part that this waitfor is built without; use waitfor-tls",
				  by_name ? name : "TLS", by_name ? "://" : "");
	if (!security->on &&
	    (security->ca_file || security->cert || security->key || security->insecure || security->sni))
		return tlscheck_refuse_plain(scheme, err);
	if (security->key && !security->cert)
		return errors_set(err, "parameter key needs the certificate; add cert=FILE");
	return tlscheck_files(security, err);
}
