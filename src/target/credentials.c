#include "target/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "target/links.h"
#include "target/scheme.h"

/* A longer file is not a password file: somebody named the wrong one. */
enum { CREDENTIALS_FILE_MAX = 4096 };

static bool credentials_has(const char *value)
{
	return value && *value;
}

/* Returns the value of NAME_SUFFIX, or NULL if it is unset or empty. The result points into env. */
static const char *credentials_variable(const struct target *target, const struct env *env, const char *suffix)
{
	char *name = alloc_format("%s_%s", target->name, suffix);
	const char *value = env_get(env, name);

	free(name);
	return credentials_has(value) ? value : NULL;
}

/*
 * Reads a regular file into out, and its length into *len. Returns 0 or an errno value: EISDIR for a folder, EINVAL for
 * any other file that is not regular (a pipe could block for ever), EFBIG for a file of `size` bytes or more.
 */
static int credentials_read(const char *path, char *out, size_t size, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), reason = fd < 0 ? errno : 0;
	struct stat found;
	ssize_t got = 0;

	*len = 0;
	if (!reason && fstat(fd, &found))
		reason = errno;
	if (!reason && !S_ISREG(found.st_mode))
		reason = S_ISDIR(found.st_mode) ? EISDIR : EINVAL;
	while (!reason && *len < size && (got = read(fd, out + *len, size - *len)) != 0) {
		if (got < 0 && errno != EINTR)
			reason = errno;
		*len += got > 0 ? (size_t)got : 0;
	}
	if (fd >= 0)
		close(fd);
	return reason ? reason : *len == size ? EFBIG : 0;
}

static int credentials_refuse_file(const struct target *target, const char *path, int reason, struct error *err)
{
	if (reason == EINVAL)
		return errors_set(err, "%s_PASSWORD_FILE: %s is not a regular file; name one that holds the password",
				  target->name, path);
	if (reason == EFBIG)
		return errors_set(
			err, "%s_PASSWORD_FILE: %s is too long for a password; name a file that holds nothing else",
			target->name, path);
	return errors_set(err, "%s_PASSWORD_FILE: cannot read %s: %s; name a file that can be read", target->name, path,
			  strerror(reason));
}

static int credentials_from_file(struct target *target, const char *path, struct error *err)
{
	char text[CREDENTIALS_FILE_MAX];
	size_t len;
	int reason = credentials_read(path, text, sizeof(text), &len);

	if (reason)
		return credentials_refuse_file(target, path, reason, err);
	if (memchr(text, '\0', len))
		return errors_set(err, "%s_PASSWORD_FILE: %s holds a zero byte; name a text file", target->name, path);
	len -= len && text[len - 1] == '\n';
	len -= len && text[len - 1] == '\r';
	free(target->password);
	target->password = alloc_slice(text, len);
	explicit_bzero(text, sizeof(text));
	return 0;
}

/* Sets *field to a copy of value, unless *field is set already or value is NULL or empty. */
static void credentials_set(char **field, const char *value)
{
	if (credentials_has(*field) || !credentials_has(value))
		return;
	free(*field);
	*field = alloc_text(value);
}

/* Notes where the password is from, if it was found since the last call: from is "url", "link" or a variable's name. */
static void credentials_note(struct target *target, const char *from)
{
	if (credentials_has(target->password) && !target->login.password_from)
		target->login.password_from = alloc_text(from);
}

/* Notes that it is from NAME_SUFFIX. */
static void credentials_note_variable(struct target *target, const char *suffix)
{
	char *name = alloc_format("%s_%s", target->name, suffix);

	credentials_note(target, name);
	free(name);
}

static int credentials_from_variables(struct target *target, const struct env *env, struct error *err)
{
	const char *password = credentials_variable(target, env, "PASSWORD");
	const char *file = credentials_variable(target, env, "PASSWORD_FILE");

	credentials_set(&target->user, credentials_variable(target, env, "USER"));
	if (credentials_has(target->password))
		return 0;
	if (password && file)
		return errors_set(err, "%s_PASSWORD and %s_PASSWORD_FILE are both set; unset one of them", target->name,
				  target->name);
	credentials_set(&target->password, password);
	credentials_note_variable(target, "PASSWORD");
	if (file && credentials_from_file(target, file, err))
		return -1;
	credentials_note_variable(target, "PASSWORD_FILE");
	return 0;
}

static void credentials_from_link(struct target *target, const struct env *env)
{
	const struct scheme *scheme = target->scheme;
	const char *host = target->endpoint_count == 1 ? target->endpoints[0].host : NULL;
	const char *user = host && scheme->link_user ? links_peer_env(env, host, scheme->link_user) : NULL;

	if (!host || credentials_has(target->password))
		return;
	/* The password is not that of another user. */
	if (scheme->link_user && credentials_has(target->user) && (!user || strcmp(user, target->user) != 0))
		return;
	credentials_set(&target->user, user);
	if (scheme->link_password)
		credentials_set(&target->password, links_peer_env(env, host, scheme->link_password));
	credentials_note(target, "link");
}

/* Makes a user that is a token the password. */
static void credentials_take_token(struct target *target)
{
	if (!target->scheme->takes_token || credentials_has(target->password) || !credentials_has(target->user))
		return;
	free(target->password);
	target->password = target->user;
	target->user = NULL;
	credentials_note(target, "url");
}

int credentials_complete(struct target *target, const struct env *env, struct error *err)
{
	credentials_note(target, "url");
	if (target->name && credentials_from_variables(target, env, err))
		return -1;
	credentials_from_link(target, env);
	credentials_take_token(target);
	target->login.how = target->login.password_from ? TARGET_LOGIN : TARGET_PING;
	/* A user is of no use for a ping, and "redis://secret@cache" may have a password in its place. */
	if (target->login.how == TARGET_LOGIN && credentials_has(target->user))
		target->login.user = alloc_text(target->user);
	return 0;
}
