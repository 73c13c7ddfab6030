/* How waitfor introduces itself to MySQL and MariaDB. */
#ifndef PROBE_MYSQL_MYSQLLOGIN_H
#define PROBE_MYSQL_MYSQLLOGIN_H

#include <stdbool.h>

#include "probe/mysql/mysqltalk.h"

/* Returns the database of the URL, "" if it names none; NULL if its name holds a zero byte. The caller frees it. */
char *mysqllogin_database(const struct target *target);

/* Reads the greeting, and answers it. */
void mysqllogin_greet(struct mysqltalk *talk);

/* Reads a packet of the login, and answers it. Returns whether the server has let us in. */
bool mysqllogin_go_on(struct mysqltalk *talk);

#endif
