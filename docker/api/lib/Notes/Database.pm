package Notes::Database;
use v5.36;
use DBI;

# waitfor sets DB_HOST and DB_PORT when a server is ready there. So there is no retry and no sleep, and DB_PORT is a number,
# not the tcp://172.17.0.2:5432 of a link. User, password and database come from libpq's variables or from the link;
# waitfor uses the same ones. libpq reads the password file in PGPASSFILE itself.
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

# Returns a database handle that dies on errors. It is the same handle as before while its connection is open.
sub connection () {
    my %settings = settings();
    my $source = 'dbi:Pg:' . join ';', map { "$_=$settings{$_}" } qw(host port dbname);
    return DBI->connect_cached(
        $source, $settings{user}, $settings{password},
        { RaiseError => 1, PrintError => 0, PrintWarn => 0, AutoCommit => 1, pg_enable_utf8 => 1 },
    );
}

1;
