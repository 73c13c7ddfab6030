#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "system/template.h"

static char *const variables[] = {
	(char *)"HOST=db",
	(char *)"PORT=5432",
	(char *)"LINK=tcp://172.17.0.2:5432",
	(char *)"V6=fd00::2",
	(char *)"PW=a@b/c d\"",
	(char *)"EMPTY=",
	(char *)"CR=secret\r",
	NULL,
};

struct template_row {
	const char *text, *expanded;
};

static void test_expand(void **state)
{
	static const struct template_row rows[] = {
		{"", ""},
		{"nothing\nto do", "nothing\nto do"},
		{"a ${HOST} b${HOST}c\n${HOST}", "a db bdbc\ndb"},
		/* What nginx itself calls a variable. */
		{"proxy_set_header Host $host:$server_port;", "proxy_set_header Host $host:$server_port;"},
		{"rewrite ^(.*)$ $1;", "rewrite ^(.*)$ $1;"},
		/* "$$ is $". */
		{"$$", "$"},
		{"$$$$ $$$", "$$ $$"},
		{"$${HOST} $$${HOST} $$$${HOST}", "${HOST} $db $${HOST}"},
		{"${NO:-$$5 $${x} }", "$5 ${x }"},
		{"${HOST:-$$}x", "dbx"},
		{"redis://:pa$$wd${PW}@h", "redis://:pa$wda%40b%2Fc%20d%22@h"},
		{"redis://$${x@${HOST}", "redis://${x@db"},
		/* A default may hold what ends a word. */
		{"${NO:-a; \"b\"\nc} ${EMPTY:-${NO:-(x)}}", "a; \"b\"\nc (x)"},
		{"{\"h\":\"${HOST}\"}", "{\"h\":\"db\"}"},
		{"{${HOST}}", "{db}"},
		/* A URL is encoded, and ends where a file ends it. */
		{"proxy_pass http://${V6}:${PORT};", "proxy_pass http://[fd00::2]:5432;"},
		{"a = \"http://${V6}\"", "a = \"http://[fd00::2]\""},
		{"<a href='http://${V6}'>", "<a href='http://[fd00::2]'>"},
		{"server ${HOST}:${LINK};", "server db:5432;"},
		{"url: \"postgres://me:${PW}@${HOST}/x\"", "url: \"postgres://me:a%40b%2Fc%20d%22@db/x\""},
		{"http://h?password=${PW}", "http://h?password=a%40b%2Fc%20d%22"},
		/* What is no part of the URL is as it is, whatever comes before or behind it. */
		{"http://h\npassword=${PW}", "http://h\npassword=a@b/c d\""},
		{"http://h ${PW} me@example.org", "http://h a@b/c d\" me@example.org"},
		{"http://h;${PW}@x", "http://h;a@b/c d\"@x"},
		{"[\"http://h\",\"${PW}@x\"]", "[\"http://h\",\"a@b/c d\"@x\"]"},
		{"http://[${V6}]:${LINK}/", "http://[fd00::2]:5432/"},
		{"\xff\x01${HOST}\x80", "\xff\x01"
					"db\x80"},
	};
	struct env env;

	(void)state;
	env_copy(&env, variables);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error err = {0};
		struct buf out = {0};
		char *text;

		check_int(rows[i].text, template_expand(&env, rows[i].text, &out, &err), 0);
		text = buf_detach(&out);
		check_text(rows[i].text, text, rows[i].expanded);
		check(rows[i].text, !err.set);
		free(text);
	}
	env_release(&env);
}

/* The line is where the word with the "${" begins. */
static void test_refuse(void **state)
{
	static const struct template_row rows[] = {
		{"${NO}",
		 "line 1: the variable NO is not set; set it or write ${NO:-default}, or $${ for a literal ${"},
		{"${HOST}\n\n a ${NO:-${NO}}", "line 3: the variable NO is not set"},
		{"${NO:-\n\n}\n${NO}", "line 4: the variable NO is not set"},
		{"\n${HOST%secret}",
		 "line 2: \"${HOST...}\" is not supported; write ${VAR} or ${VAR:-default}, or $${"},
		{"\n\n${HOST", "line 3: \"${\" has no closing '}'"},
		{"$${HOST} ${NO:-$$}\n$$${",
		 "line 2: \"${\" has no closing '}'; write ${VAR} or ${VAR:-default}, or $${"},
		{"${CR}", "line 1: the variable CR holds a carriage return"},
	};
	struct env env;

	(void)state;
	env_copy(&env, variables);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error err = {0};
		struct buf out = {0};

		check_int(rows[i].text, template_expand(&env, rows[i].text, &out, &err), -1);
		check_has(rows[i].text, err.text, rows[i].expanded);
		check(rows[i].text, !strstr(err.text, "secret"));
		buf_release(&out);
	}
	env_release(&env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_expand), cmocka_unit_test(test_refuse)};

	return unit_main(tests);
}
