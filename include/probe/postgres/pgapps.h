/* The parameters that applications and their libraries add to a PostgreSQL URL, and that libpq does not have. */
#ifndef PROBE_POSTGRES_PGAPPS_H
#define PROBE_POSTGRES_PGAPPS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Is key, len bytes long, such a parameter? It says nothing about where the server is or when it is ready, and its
 * value is no secret.
 */
bool pgapps_know(const char *key, size_t len);

#endif
