/* What somebody most likely meant who wrote a word that is not known. */
#ifndef BASE_SPELLING_H
#define BASE_SPELLING_H

/*
 * The candidate (of a NULL-terminated list) that word is nearest to: a mistyped letter or two, or the begin of it.
 * NULL when none is near enough to be meant.
 */
const char *spelling_nearest(const char *word, const char *const *candidates);

#endif
