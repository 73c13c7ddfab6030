/* Rewrites a file in place, as Docker rewrites /etc/hosts and /etc/resolv.conf (FACTS 8, 9). */
#ifndef REWRITE_H
#define REWRITE_H

/*
 * The file stays the same one, and its time is another afterwards. Makes it if there is none. Fails the test when it
 * cannot.
 */
void rewrite_file(const char *path, const char *content);

#endif
