/*
 * A list of texts, sorted so that one is found without a look at the others. Use it for what is searched once for each
 * target or variable: a walk through all of them each time takes minutes where there are many.
 */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct names_entry {
	const char *text; /* borrowed; need not end with a NUL */
	size_t len;
	size_t number; /* the caller's */
};

/* A zeroed one is empty. */
struct names {
	struct names_entry *list;
	size_t count;
	size_t room;   /* how many entries fit into the memory of list */
	bool any_case; /* upper and lower case are the same; set before the first names_add */
};

/* What names_find returns if there is no such text. */
#define NAMES_NONE SIZE_MAX

/* Adds a text, which the caller must keep, and a number. Nothing is found until names_sort was called. */
void names_add(struct names *names, const char *text, size_t len, size_t number);

/* Sorts the entries by their texts, and those with equal texts by their numbers. */
void names_sort(struct names *names);

/* Returns the number of the first entry with that text; NAMES_NONE if there is none. */
size_t names_find(const struct names *names, const char *text, size_t len);

/*
 * Returns the index of the first entry that is text or comes after it; count if there is none. All entries that begin
 * with text follow one another from there.
 */
size_t names_seek(const struct names *names, const char *text, size_t len);

/* Frees the list and empties it. */
void names_release(struct names *names);

#endif
