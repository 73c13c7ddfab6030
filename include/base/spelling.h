/* Guesses which known word a misspelt one was meant to be. */
#ifndef BASE_SPELLING_H
#define BASE_SPELLING_H

/*
 * Returns the candidate (of a NULL-terminated list) that is nearest to word: word has one or two mistyped letters, or
 * is the beginning of the candidate. Returns NULL when no candidate is near enough. The result is the candidate's
 * pointer.
 */
const char *spelling_nearest(const char *word, const char *const *candidates);

#endif
