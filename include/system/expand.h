/* Replaces ${NAME} in a text by the variable's value. An exec-form ENTRYPOINT has no shell that would do it. */
#ifndef SYSTEM_EXPAND_H
#define SYSTEM_EXPAND_H

#include "base/errors.h"
#include "system/env.h"

/*
 * Expands ${NAME} and ${NAME:-default} in text. As in a shell, the default is for a variable that is unset or empty.
 * Defaults may nest. Everything else is literal, also a '$' alone. Where a port is expected, after ':', a value such as
 * "tcp://172.17.0.2:5432" gives only its port: Docker links set DB_PORT to such a value (FACTS 4). In the user or
 * password of a URL a value is taken literally: it is percent-encoded. An IPv6 address that is the first host of a URL
 * is put in brackets. *expanded is the caller's. Fails if a variable is
 * unset and has no default, if it holds a carriage return, on any other form of ${...}, and if defaults nest too deeply.
 * Errors do not quote defaults, because one may be a password.
 */
int expand_variables(const struct env *env, const char *text, char **expanded, struct error *err);

/* As expand_variables, for a word of a file (system/template.h): "$$" is a '$', and never the beginning of "${". */
int expand_word(const struct env *env, const char *word, char **expanded, struct error *err);

#endif
