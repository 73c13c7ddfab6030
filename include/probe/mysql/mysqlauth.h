/* How a password is shown to MySQL and MariaDB: the methods of login, which the server names with a nonce. */
#ifndef PROBE_MYSQL_MYSQLAUTH_H
#define PROBE_MYSQL_MYSQLAUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define MYSQLAUTH_NATIVE "mysql_native_password"

enum { MYSQLAUTH_NONCE = 20, MYSQLAUTH_METHOD_SIZE = 64 };

/* What the server has said about the login. */
struct mysqlauth {
	char method[MYSQLAUTH_METHOD_SIZE]; /* its name, as "mysql_native_password"; a longer one is cut */
	unsigned char nonce[MYSQLAUTH_NONCE];
};

/* Is it a method that mysqlauth_answer can log in with? */
bool mysqlauth_is_known(const struct mysqlauth *auth);

/*
 * Adds to out what shows the password; "" is that of a user without one. A method that is not known gets bytes that are
 * no login, and that no server takes for an aborted handshake.
 */
void mysqlauth_answer(const struct mysqlauth *auth, const char *password, struct buf *out);

/*
 * Adds the password to out, encrypted with the server's public RSA key, which pem holds in len bytes. It is always the
 * same for the same arguments. Returns false if pem is no such key of 1024 to 4096 bits, or if the password is too long
 * for it.
 */
bool mysqlauth_encrypt(const struct mysqlauth *auth, const char *password, const char *pem, size_t len,
		       struct buf *out);

#endif
