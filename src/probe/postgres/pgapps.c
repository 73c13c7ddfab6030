#include "probe/postgres/pgapps.h"

#include <string.h>

/*
 * Parameters of applications that say nothing about where the server is or when it is ready. None holds a secret.
 * One text: an array of pointers would need a relocation for each name.
 */
/* clang-format off */
static const char pgapps_names[] =
	/* Prisma: "PostgreSQL connector", "Connection URL" */
	"schema connection_limit pool_timeout pgbouncer socket_timeout statement_cache_size sslaccept "
	"sslidentity max_connection_lifetime max_idle_connection_lifetime single_use_connections "
	/* Rails: database.yml */
	"adapter pool timeout encoding charset collation prepared_statements statement_limit "
	"reaping_frequency checkout_timeout idle_timeout schema_search_path min_messages reconnect "
	"advisory_locks variables max_connections min_connections max_age keepalive replica strict "
	/* Django: dj-database-url, django-environ */
	"conn_max_age CONN_MAX_AGE conn_health_checks CONN_HEALTH_CHECKS atomic_requests ATOMIC_REQUESTS "
	"AUTOCOMMIT autocommit disable_server_side_cursors DISABLE_SERVER_SIDE_CURSORS engine "
	/* SQLAlchemy, asyncpg, psycopg, pg8000 */
	"prepared_statement_cache_size async_fallback command_timeout executemany_mode pool_size "
	"max_overflow pool_recycle pool_pre_ping poolclass min_size max_size prepare_threshold "
	"tcp_keepalive isolation_level echo row_factory use_native_unicode "
	/* Ecto, Postgrex */
	"queue_target queue_interval prepare pool_count log migration_lock "
	/* JDBC: org.postgresql.PGProperty */
	"currentSchema connectTimeout socketTimeout loginTimeout cancelSignalTimeout tcpKeepAlive "
	"tcpNoDelay ApplicationName applicationName targetServerType loadBalanceHosts hostRecheckSeconds "
	"reWriteBatchedInserts prepareThreshold preparedStatementCacheQueries preparedStatementCacheSizeMiB "
	"databaseMetadataCacheFields databaseMetadataCacheFieldsMiB defaultRowFetchSize stringtype "
	"binaryTransfer binaryTransferEnable binaryTransferDisable sslfactory sslfactoryarg "
	"sslhostnameverifier sslpasswordcallback sslNegotiation sslResponseTimeout socketFactory "
	"socketFactoryArg readOnly readOnlyMode autosave cleanupSavepoints allowEncodingChanges "
	"logUnclosedConnections loggerLevel loggerFile assumeMinServerVersion disableColumnSanitiser "
	"preferQueryMode escapeSyntaxCallMode maxResultBuffer gssEncMode gssResponseTimeout jaasLogin "
	"jaasApplicationName kerberosServerName useSpnego unknownLength protocolVersion "
	"quoteReturningIdentifiers adaptiveFetch adaptiveFetchMinimum adaptiveFetchMaximum "
	"hideUnprivilegedObjects logServerErrorDetail channelBinding localSocketAddress receiveBufferSize "
	"sendBufferSize maxSendBufferSize cloudSqlInstance ipTypes enableIamAuth cloudSqlRefreshStrategy "
	"xmlFactoryFactory groupStartupParameters replicationMode requireAuth wrapperPlugins "
	/* R2DBC, Hikari, Quarkus, Hibernate */
	"initialSize maxSize maxIdleTime maxLifeTime lockWaitTimeout statementTimeout "
	"preparedStatementCacheSize fetchSize maximumPoolSize minimumIdle tcpKeepalive "
	/* Doctrine, Symfony, Laravel */
	"serverVersion server_version persistent driver default_dbname dbname_suffix prefix "
	"prefix_indexes search_path timezone version default_schema gssencmode_fallback "
	/* Go: lib/pq, pgx, golang-migrate, gorm */
	"sslinline pool_max_conns pool_min_conns pool_max_conn_lifetime pool_max_conn_lifetime_jitter "
	"pool_max_conn_idle_time pool_health_check_period pool_min_idle_conns default_query_exec_mode "
	"statement_cache_capacity description_cache_capacity statement_cache_mode prefer_simple_protocol "
	"statement_timeout lock_timeout idle_in_transaction_session_timeout TimeZone DateStyle datestyle "
	"intervalstyle extra_float_digits binary_parameters disable_prepared_binary_result "
	"x-migrations-table x-migrations-table-quoted x-statement-timeout x-multi-statement "
	"x-multi-statement-max-size "
	/* Node: node-pg, postgres.js, Knex, TypeORM, Sequelize */
	"max min idleTimeoutMillis connectionTimeoutMillis query_timeout uselibpqcompat keepAlive "
	"allowExitOnIdle max_lifetime fetch_types dialect logging synchronize ssl_min_protocol "
	/* Rust: SQLx; hosts and poolers: Neon, Supabase, Vercel */
	"statement-cache-capacity pool_mode workaround supa sslsni_fallback reserve_pool ";
/* clang-format on */

bool pgapps_know(const char *key, size_t len)
{
	const char *name = pgapps_names;

	for (; *name; name += strcspn(name, " ") + 1)
		if (len && strcspn(name, " ") == len && strncmp(name, key, len) == 0)
			return true;
	return false;
}
