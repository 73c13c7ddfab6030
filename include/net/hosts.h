/* Reads /etc/hosts: which addresses a name has there. Reads the file again when it has changed. */
#ifndef NET_HOSTS_H
#define NET_HOSTS_H

#include <stdbool.h>

#include "net/address.h"

struct hosts;

/* Returns a reader of the file at path, which hosts_free frees. It opens nothing before the first hosts_find. */
struct hosts *hosts_new(const char *path);

/* NULL does nothing. */
void hosts_free(struct hosts *hosts);

/* Was the file not read yet, or has it changed since? */
bool hosts_is_stale(const struct hosts *hosts);

/*
 * Adds the addresses of all lines that hold the name, in the order of the file and with port 0. glibc's "files" does the
 * same with "multi on", which Debian and its images have (nss/nss_files/files-hosts.c). Letters match in both cases. A line whose address is not understood holds no name.
 * The file is taken as it is now, even when it is empty: libc does the same.
 */
void hosts_find(struct hosts *hosts, const char *name, struct address_list *found);

#endif
