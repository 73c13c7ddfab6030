package Notes::Migrations;
use v5.36;
use Digest::SHA qw(sha256_hex);
use Encode qw(decode FB_CROAK LEAVE_SRC);

# Applies numbered files in order. Each is applied once, in its own transaction, and recorded in a table. The view
# migrated_2 exists as soon as number 2 is applied, so that a service can wait for the one that it needs.

my $lock = 0x6e6f7465;    # "note" in ASCII: the advisory lock that a migration holds

sub new ($class, %with) {
    return bless { database => $with{database}, directory => $with{directory}, say => $with{say} // sub { say @_ } }, $class;
}

sub files ($self) {
    my %files;
    for my $path (glob "$self->{directory}/*.sql") {
        my ($name, $version) = $path =~ m{/(([0-9]+)-[^/]+)\.sql\z} or die "$path: wanted NUMBER-name.sql\n";
        $version += 0;
        die "$path: $files{$version}{path} has this number as well\n" if $files{$version};
        open my $file, '<:raw', $path or die "$path: $!\n";
        my $sql = do { local $/; <$file> };
        $files{$version} = { version => $version, name => $name, path => $path, sql => $sql, digest => sha256_hex($sql) };
    }
    my @files = map { $files{$_} } sort { $a <=> $b } keys %files;
    for my $expected (1 .. @files) {
        die "$self->{directory}: there is no number $expected\n" if $files[$expected - 1]{version} != $expected;
    }
    return @files;
}

sub applied ($self) {
    $self->{database}->do(<<~'SQL');
        CREATE TABLE IF NOT EXISTS schema_version (
            version integer PRIMARY KEY,
            name text NOT NULL,
            digest text NOT NULL,
            applied timestamptz NOT NULL DEFAULT now()
        )
        SQL
    return $self->{database}->selectall_hashref('SELECT version, name, digest FROM schema_version', 'version');
}

# Returns the files that are not applied yet. Dies if an applied file has changed or is missing.
sub pending ($self) {
    my $applied = $self->applied;
    my @files = $self->files;
    for my $version (sort { $a <=> $b } keys %$applied) {
        my $file = $files[$version - 1]
            or die "the database is at version $version, and the files end at " . @files . ": these files are too old\n";
        die "$file->{path} was changed after it was applied: add a new file instead\n"
            if $file->{digest} ne $applied->{$version}{digest};
    }
    return grep { !$applied->{ $_->{version} } } @files;
}

sub apply ($self, $file) {
    $self->{say}->("applying $file->{name}");
    my $sql = eval { decode('UTF-8', $file->{sql}, FB_CROAK | LEAVE_SRC) } // die "$file->{path}: not UTF-8\n";
    my ($before) = $self->{database}->selectrow_array('SELECT txid_current()');
    $self->{database}->do($sql);
    my ($after) = $self->{database}->selectrow_array('SELECT txid_current()');
    die "$file->{path}: ends the transaction that it is run in; remove its COMMIT or ROLLBACK\n" if $before != $after;
    $self->{database}->do(
        'INSERT INTO schema_version (version, name, digest) VALUES (?, ?, ?)', undef, @$file{qw(version name digest)});
    $self->{database}->do(
        "CREATE VIEW migrated_$file->{version} AS SELECT name, applied FROM schema_version WHERE version = $file->{version}");
}

# Runs the code while no other migration runs on this database. A second one waits, and then finds nothing to do.
sub alone ($self, $code) {
    my $database = $self->{database};
    my ($mine) = $database->selectrow_array('SELECT pg_try_advisory_lock(?)', undef, $lock);
    if (!$mine) {
        $self->{say}->('another migration is running: waiting for it');
        $database->do('SELECT pg_advisory_lock(?)', undef, $lock);
    }
    my $done = eval { $code->(); 1 };
    my $error = $@;
    # If the connection is lost, the server has released the lock.
    eval { $database->do('SELECT pg_advisory_unlock(?)', undef, $lock) };
    die $error if !$done;
}

sub transaction ($self, $code) {
    my $database = $self->{database};
    $database->begin_work;
    my $keep = eval { $code->() };
    my $error = $@;
    if ($keep) { $database->commit }
    else       { eval { $database->rollback } }
    die $error if $error;
}

# Applies the files that are not applied yet; returns their number.
sub run ($self) {
    my @pending;
    $self->alone(sub {
        @pending = $self->pending;
        for my $file (@pending) {
            $self->transaction(sub { $self->apply($file); return 1 });
        }
    });
    return scalar @pending;
}

# The same in one transaction that is rolled back: an error shows here, and the database stays as it is.
sub rehearse ($self) {
    my @pending;
    $self->alone(sub {
        $self->transaction(sub {
            @pending = $self->pending;
            $self->apply($_) for @pending;
            return 0;
        });
    });
    return scalar @pending;
}

1;
