/* The texts of --help and --version. */
#ifndef ABOUT_H
#define ABOUT_H

/* Both give a text with all its lines, owned by the caller. */
char *about_help(void);
char *about_version(void);

#endif
