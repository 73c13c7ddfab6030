/* /etc/resolv.conf and /etc/hosts of the test's own, in a mount namespace of the test's own. */
#ifndef OWN_FILES_H
#define OWN_FILES_H

#include <stdbool.h>

enum own_file { OWN_RESOLV_CONF, OWN_HOSTS };

/*
 * Moves this process into a namespace where both are files it can write. False, and nothing is changed for
 * anybody, where that is not allowed (an ordinary user without user namespaces, a container without
 * CAP_SYS_ADMIN): tests that need them are then skipped.
 */
bool own_files_take(void);

/* Rewrites one in place, as Docker does (FACTS 8, 9). Fails the test when it cannot. */
void own_files_write(enum own_file file, const char *content);

#endif
