/* What the program says of itself: --help and --version. The texts are the caller's. */
#ifndef CLI_ABOUT_H
#define CLI_ABOUT_H

char *about_help(void);      /* what is needed most, on one screen of 80 x 24 */
char *about_help_all(void);  /* every option, variable and exit code */
char *about_help_json(void); /* the table of options and that of probes, for the manual, completion and tests */
char *about_version(void);   /* of the program and of every library in it */

#endif
