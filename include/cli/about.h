/* The texts of --help and --version. Each is the caller's. */
#ifndef CLI_ABOUT_H
#define CLI_ABOUT_H

char *about_help(void);         /* the common options, on one screen of 80 x 24 */
char *about_help_all(void);     /* every option, variable and exit code */
char *about_help_targets(void); /* every kind of target, with the parameters of its URL */
char *about_help_json(void);    /* the tables of options and probes, for the manual, shell completion and tests */
char *about_version(void);      /* the versions of the program and of every library in it */

#endif
