/* Where a path leads, and whether that is an open descriptor of this process. */
#ifndef SYSTEM_PATH_H
#define SYSTEM_PATH_H

/* Returns the folder of the file: ".", "/" or what stands before the last '/'. The caller's. */
char *path_folder(const char *path);

/* Returns the path after following symbolic links; it may not exist yet. The caller's. */
char *path_follow(const char *name);

/*
 * Returns the descriptor that the name means: "-", /dev/stdout, /dev/stderr, /dev/fd/N, /proc/self/fd/N, and whatever
 * else leads there, such as a link to one of them or /proc/thread-self/fd/N. -1 if it does not mean one.
 */
int path_descriptor(const char *name);

#endif
