/* The open descriptors of this process. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

/* How many there are. Fails the test when it cannot tell. */
int descriptors_count(void);

#endif
