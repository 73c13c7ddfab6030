package Notes::Database;
use v5.36;
use DBI;

# DB_HOST and DB_PORT are waitfor's, which has also made sure that a server is ready there: hence no retry, no sleep, and
# no parsing of the tcp://172.17.0.2:5432 that a link calls DB_PORT. Who we are comes from libpq's own variables (the
# password file in PGPASSFILE among them, which libpq reads by itself) or from the link, the same that waitfor used.
sub settings () {
    my $user = $ENV{PGUSER} // $ENV{DB_ENV_POSTGRES_USER} // 'postgres';
    return (
        host     => $ENV{DB_HOST} // die("DB_HOST is not set: start this as `waitfor db:5432 -- ...`\n"),
        port     => $ENV{DB_PORT},
        dbname   => $ENV{PGDATABASE} // $ENV{DB_ENV_POSTGRES_DB} // $user,
        user     => $user,
        password => $ENV{PGPASSWORD} // $ENV{DB_ENV_POSTGRES_PASSWORD},
    );
}

# A handle that dies of errors. The same one is handed out again as long as the server keeps it open.
sub connection () {
    my %settings = settings();
    my $source = 'dbi:Pg:' . join ';', map { "$_=$settings{$_}" } qw(host port dbname);
    return DBI->connect_cached(
        $source, $settings{user}, $settings{password},
        { RaiseError => 1, PrintError => 0, PrintWarn => 0, AutoCommit => 1, pg_enable_utf8 => 1 },
    );
}

1;
