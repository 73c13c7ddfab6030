/* The text of targets before target_parse: several targets in one text, and ports that a shell has expanded. */
#ifndef TARGET_TEXT_H
#define TARGET_TEXT_H

/*
 * Returns the targets in text, which commas separate, as a NULL-terminated list: "kafka1:9092" and "kafka2:9092" for
 * "kafka1:9092,kafka2:9092". A comma in a user or password belongs to the target, and so does one in the hosts of a URL
 * whose scheme lists them, in a path, and in the parameters of any. What follows "NAME=" or "scheme://" in the same text
 * has this name and scheme too: "x=redis://a,b" is "x=redis://a" and "x=redis://b". A text that may hold a secret is one
 * target as far as it may, so that no part of a secret is taken for a target and printed. "" gives one empty target;
 * commas alone give none. The caller frees the texts and the list with free().
 */
char **text_split(const char *text);

/*
 * Returns text with "redis:tcp://10.7.240.204:6379" as "redis:6379": what is left if a shell, or Kubernetes, expanded
 * redis:${REDIS_PORT}, where a link or a service set the variable (FACTS 4). expand_variables does the same when waitfor
 * expands it. The caller frees it with free().
 */
char *text_cut_ports(const char *text);

#endif
