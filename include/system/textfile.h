/* Reads a small file that other programs rewrite, such as /etc/hosts. Never waits for anybody. */
#ifndef SYSTEM_TEXTFILE_H
#define SYSTEM_TEXTFILE_H

#include <stddef.h>

/*
 * Returns the content of the regular file at path, at most its first max bytes, and a NUL after them. Sets *len to the
 * number of bytes. The caller frees it. NULL if it cannot be read, or if it is a pipe or a device, which could block.
 */
char *textfile_read(const char *path, size_t max, size_t *len);

#endif
