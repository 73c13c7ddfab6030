# Tests the service on a real database, which need not be empty: docker/dev-api prove -l t
use v5.36;
use FindBin;
use HTTP::Request::Common qw(GET POST);
use JSON::PP;
use Notes::Database;
use Notes::Migrations;
use Notes::Service;
use Plack::Test;
use Test::More;

my $database = Notes::Database::connection();
Notes::Migrations->new(database => $database, directory => "$FindBin::Bin/../migrations", say => sub { note @_ })->run;
my $service = Plack::Test->create(Notes::Service->to_app);

sub ask ($request) {
    my $answer = $service->request($request);
    return ($answer->code, decode_json($answer->content));
}

sub note_request ($body) {
    return POST('/notes', 'Content-Type' => 'application/json', Content => $body);
}

subtest 'a note that is written can be read' => sub {
    my ($status, $written) = ask(note_request(encode_json({ text => "caf\x{e9} \x{2603}", author => 'fREW' })));
    is $status, 201;
    is $written->{text}, "caf\x{e9} \x{2603}";
    like $written->{written}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\z/;
    is_deeply [ask(GET("/notes/$written->{id}"))], [200, $written];
    my ($list_status, $list) = ask(GET('/notes'));
    is $list_status, 200;
    is_deeply $list->[-1], $written;
};

subtest 'a body that is not a note is refused with the reason' => sub {
    for my $body ('', '{', '[]', '{}', '{"text":""}', '{"text":["a"]}', '{"text":"a\u0000b"}', '{"text":"a","author":{}}') {
        my ($status, $answer) = ask(note_request($body));
        is $status, 400, "for <$body>";
        ok $answer->{error};
    }
    is((ask(note_request(encode_json({ text => 'x' x 10_001 }))))[0], 413);
    is((ask(note_request(encode_json({ text => 'x', author => 'x' x 101 }))))[0], 413);
    is((ask(note_request(' ' x 150_001)))[0], 413);
    is((ask(GET('/notes/1%0A')))[0], 404);
    is((ask(GET('/notes/999999999')))[0], 404);
    is((ask(GET('/elsewhere')))[0], 404);
};

subtest 'it says which database it uses' => sub {
    my ($status, $about) = ask(GET('/'));
    is $status, 200;
    is $about->{database}{host}, $ENV{DB_HOST};
};

done_testing;
