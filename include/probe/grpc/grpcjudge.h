/* What the reply to a call of Health/Check means. Pure: no request is needed to find out. */
#ifndef PROBE_GRPC_GRPCJUDGE_H
#define PROBE_GRPC_GRPCJUDGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "net/fetch.h"
#include "target/outcome.h"

#define GRPCJUDGE_TYPE "application/grpc"

/* Adds the request: a message for the service of that name, "" for the whole server, in its frame. */
void grpcjudge_ask(struct buf *out, const char *service);

/*
 * Judges a reply that is over. login: the request had headers of the user's or a certificate, so a refusal will last, and what
 * the server says may repeat a secret.
 */
struct outcome grpcjudge_reply(const struct fetch_reply *reply, bool login);

#endif
