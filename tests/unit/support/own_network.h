/* A network of the test's own: loopback, and one address on it that is not a loopback address. */
#ifndef OWN_NETWORK_H
#define OWN_NETWORK_H

#include <stdbool.h>

#define OWN_NETWORK_ADDRESS "10.99.0.1"

/* Moves this process into it. False, and nothing is changed, where that is not allowed: the tests are then skipped. */
bool own_network_take(void);

#endif
