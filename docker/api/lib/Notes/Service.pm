package Notes::Service;
use v5.36;
use DBI;
use JSON::PP;
use Notes::Database;
use Plack::Request;

my $json = JSON::PP->new->utf8->canonical;
# The longest text, author and request body. In JSON, a character may need twelve bytes ("\ud83d\ude00").
my %longest = (text => 10_000, author => 100, body => 150_000);

sub reply ($status, $body) {
    return [$status, ['Content-Type' => 'application/json'], [$json->encode($body) . "\n"]];
}

sub refuse ($status, $why) { return reply($status, { error => $why }) }

sub about () {
    my $database = Notes::Database::connection();
    my ($address) = $database->selectrow_array('SELECT host(inet_server_addr())');
    return reply(200, { service => 'notes', database => { host => $ENV{DB_HOST}, port => $ENV{DB_PORT}, address => $address } });
}

my $columns = q{id, text, author, to_char(written AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS written};

sub list () {
    my $rows = Notes::Database::connection()->selectall_arrayref("SELECT $columns FROM note ORDER BY id", { Slice => {} });
    return reply(200, $rows);
}

sub show ($id) {
    my $row = Notes::Database::connection()->selectrow_hashref("SELECT $columns FROM note WHERE id = ?", undef, $id);
    return $row ? reply(200, $row) : refuse(404, "no note $id");
}

sub add ($request) {
    return refuse(413, 'too long') if ($request->content_length // 0) > $longest{body};
    my $note = eval { $json->decode($request->content) };
    my $text = ref $note eq 'HASH' ? $note->{text} : undef;
    return refuse(400, 'wanted: {"text": "...", "author": "..."}') if !defined $text || ref $text || $text =~ /\0/;
    return refuse(400, 'the text is empty') if $text eq '';
    return refuse(413, "the text is longer than $longest{text} characters") if length $text > $longest{text};
    my $author = $note->{author};
    return refuse(400, 'the author is a name') if ref $author || ($author // '') =~ /\0/;
    return refuse(413, "the author is longer than $longest{author} characters") if length($author // '') > $longest{author};
    my $row = Notes::Database::connection()->selectrow_hashref(
        "INSERT INTO note (text, author) VALUES (?, ?) RETURNING $columns", undef, $text, $author);
    return reply(201, $row);
}

sub dispatch ($request) {
    my $what = $request->method . ' ' . $request->path;
    return about()       if $what eq 'GET /';
    return list()        if $what eq 'GET /notes';
    return add($request) if $what eq 'POST /notes';
    return show($1)      if $what =~ m{^GET /notes/([0-9]{1,9})\z};
    return refuse(404, "nothing here: $what");
}

# The log gets the error of the database. The client only learns whether it can try again.
sub database_trouble ($error) {
    warn "notes: $error";
    my $state = $DBI::state // '';
    return refuse(503, 'the table is not there yet: run the migrations') if $state eq '42P01';
    return refuse(503, 'the database cannot be used just now') if $state;
    return refuse(500, 'internal error');
}

sub to_app ($class) {
    return sub ($environment) {
        return eval { dispatch(Plack::Request->new($environment)) } // database_trouble($@);
    };
}

1;
