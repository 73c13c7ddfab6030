/* A new file that gets its name when it is complete. Where the file system allows it, it has no name before. */
#ifndef SYSTEM_TEMPFILE_H
#define SYSTEM_TEMPFILE_H

struct tempfile {
	int fd;
	char *path; /* NULL: it has no name, and is gone when this process ends */
};

/* Creates an empty file of mode 0600 in the folder. Returns -1 with errno; then there is nothing to discard. */
int tempfile_open(struct tempfile *file, const char *folder);

/* Gives the file its name, and replaces an older file atomically. path is in the same folder. Returns -1 with errno. */
int tempfile_publish(struct tempfile *file, const char *folder, const char *path);

/* Closes the file; removes it if it was not published. */
void tempfile_close(struct tempfile *file);

#endif
