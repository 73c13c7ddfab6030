#include "pg_peer.h"

#include "base/clock.h"
#include "loopback.h"
#include "unit.h"

void pg_peer_check(const struct pg_row *row, enum outcome_kind last)
{
	struct address address;
	struct unit_loop unit;
	struct prober prober;
	struct speaker peer;

	unit_loop_open(&unit);
	speaker_open(&peer, &unit, "127.0.0.1", row->script);
	prober_open(&prober, &unit, row->target, peer.port);
	prober.last = last;
	address = loopback_address("127.0.0.1", peer.port);
	prober_run(&prober, &address, row->limit ? row->limit : PG_LIMIT, row->name);
	check_int(row->name, prober.outcome.kind, row->kind);
	if (row->detail && *row->detail)
		check_has(row->name, prober.outcome.detail, row->detail);
	else if (row->detail)
		check_text(row->name, prober.outcome.detail, "");
	check_lacks(row->name, prober.outcome.detail, "hunter2");
	/* FACTS 21, 25: FIN and not RST, whatever it was. */
	speaker_await_end(&peer, row->name);
	for (size_t i = 0; i < peer.count; i++)
		check(row->name, !peer.connections[i].reset);
	prober_close(&prober);
	speaker_close(&peer);
	unit_loop_close(&unit);
}

void pg_peer_check_all(const struct pg_row *row)
{
	pg_peer_check(row, OUTCOME_NONE);
	pg_peer_check(row, OUTCOME_STARTING);
}
