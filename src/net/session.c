#include "net/session.h"

#include <sys/resource.h>

/* Descriptors that probes must leave free: for stdio, inherited ones, the loop, the resolver and reports. */
enum { SESSION_OWN_DESCRIPTORS = 32, SESSION_SOCKETS_UNLIMITED = 4096 };

/* Returns the most sockets for probes. RLIMIT_NOFILE is not raised: the app inherits it (FACTS 38). */
static size_t session_sockets(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return SESSION_SOCKETS_UNLIMITED;
	return limit.rlim_cur > SESSION_OWN_DESCRIPTORS ? (size_t)limit.rlim_cur - SESSION_OWN_DESCRIPTORS : 1;
}

int session_open(struct session *session, struct process *process, struct error *err)
{
	*session = (struct session){.sockets_max = session_sockets()};
	session->loop = loop_new(process, err);
	if (!session->loop)
		return -1;
	session->names = lookup_share(session->loop);
	return 0;
}

void session_close(struct session *session)
{
	sockets_release(&session->kept);
	tls_store_free(&session->tls);
	lookup_unshare(session->names);
	loop_free(session->loop);
	*session = (struct session){0};
}

bool session_has_socket(const struct session *session)
{
	return session->sockets < session->sockets_max;
}

bool session_take_socket(struct session *session)
{
	if (!session_has_socket(session))
		return false;
	session->sockets++;
	return true;
}

void session_give_socket(struct session *session)
{
	session->sockets--;
}
