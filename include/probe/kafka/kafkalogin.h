/*
 * Kafka's login by SASL: PLAIN (RFC 4616) or SCRAM, in requests of Kafka's own ("SASL Authentication Sequence" of
 * https://kafka.apache.org/protocol): SaslHandshake (17) version 1, SaslAuthenticate (36) version 0.
 */
#ifndef PROBE_KAFKA_KAFKALOGIN_H
#define PROBE_KAFKA_KAFKALOGIN_H

#include "probe/kafka/kafkatalk.h"

/* The words of ?sasl=, in the order of the enum. The broker does not say for which of them it has the user. */
#define KAFKALOGIN_MECHANISMS "PLAIN|SCRAM-SHA-256|SCRAM-SHA-512"
enum kafkalogin_mechanism { KAFKALOGIN_PLAIN, KAFKALOGIN_SHA256, KAFKALOGIN_SHA512 };

/* Makes the target's plan, which unbind frees. */
void kafkalogin_bind(struct target *target, enum kafkalogin_mechanism mechanism);
void kafkalogin_unbind(struct target *target);

/* Begins after the answer to ApiVersions. */
void kafkalogin_begin(struct kafkatalk *talk);

/* Goes on after each answer. Returns true once the user is let in; *talk->outcome says that it is not. */
bool kafkalogin_go_on(struct kafkatalk *talk);

#endif
