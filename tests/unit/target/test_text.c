#include "unit.h"

#include <stdlib.h>

#include "base/buf.h"
#include "target/text.h"

struct split_row {
	const char *text, *targets; /* joined by blanks */
};

/* FIELD 13: commas between targets. */
static void test_split(void **state)
{
	static const struct split_row rows[] = {
		{"kafka1:9092,kafka2:9092", "kafka1:9092 kafka2:9092"},
		{"db", "db"},
		{"", ""},
		{"a:1,,b:2,", "a:1 b:2"},
		{",", ""},
		{"x=a:1,y=b:2", "x=a:1 y=b:2"},
		{"[::1]:1,[::2]:2", "[::1]:1 [::2]:2"},
		{"tcp://a:1,tcp://b:2", "tcp://a:1 tcp://b:2"},
		{"tcp://a:1,b:2", "tcp://a:1 tcp://b:2"},
		{"redis://a:1,b:2", "redis://a:1 redis://b:2"},
		{"x=a:1,b:2", "x=a:1 x=b:2"},
		{"x=redis://a:1,b:2,y=c:3", "x=redis://a:1 x=redis://b:2 y=c:3"},
		{"a:1,redis://b", "a:1 redis://b"},
		{"unix:///run/a,unix:///run/b", "unix:///run/a unix:///run/b"},
		{"unix:///run/a,b:1", "unix:///run/a,b:1"}, /* a path */
		/* The hosts of a PostgreSQL URI are one target, and commas in parameters belong to them. */
		{"postgres://a:1,b:2/db", "postgres://a:1,b:2/db"},
		{"postgresql://a,b", "postgresql://a,b"},
		{"postgresql+psycopg2://a,b/x", "postgresql+psycopg2://a,b/x"},
		{"x=jdbc:postgresql://a:1,b:2/x,jdbc:postgresql://c",
		 "x=jdbc:postgresql://a:1,b:2/x jdbc:postgresql://c"},
		{"POSTGRES://me:x@a:1,b:2/db", "POSTGRES://me:x@a:1,b:2/db"},
		{"postgres:///x?host=a,b&port=1,2", "postgres:///x?host=a,b&port=1,2"},
		{"postgres://a:1,b:2/db,cache:6379", "postgres://a:1,b:2/db cache:6379"},
		{"x=postgres://a/db,cache:6379", "x=postgres://a/db cache:6379"},
		{"x=jdbc:postgresql://a:1,b:2/x,cache:6379", "x=jdbc:postgresql://a:1,b:2/x cache:6379"},
		{"postgres://a:1,b:2/db,x=redis://c", "postgres://a:1,b:2/db x=redis://c"},
		{"redis://c?role=master,redis://d", "redis://c?role=master redis://d"},
		/* A comma in a secret. */
		{"redis://:p,w@a:1,b:2", "redis://:p,w@a:1 redis://b:2"},
		{"redis://:p,w@a,redis://:q,w@b", "redis://:p,w@a redis://:q,w@b"},
		{"PGPASSWORD=a,b", "PGPASSWORD=a,b"},
		{"a:1,DB_TOKEN=b,c", "a:1 DB_TOKEN=b,c"},
		{"a:1,me:b,c@d:1", "a:1,me:b,c@d:1"},
		{"host=a password=b,c", "host=a password=b,c"},
		{"a&password=b,c", "a&password=b,c"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char **targets = text_split(rows[i].text);
		struct buf joined = {0};

		for (size_t j = 0; targets[j]; j++) {
			buf_add_text(&joined, j ? " " : "");
			buf_add_text(&joined, targets[j]);
			free(targets[j]);
		}
		free(targets);
		check_text(rows[i].text, joined.data ? joined.data : "", rows[i].targets);
		buf_release(&joined);
	}
}

struct cut_row {
	const char *text, *cut;
};

/* FIELD 10: a shell has already expanded ${REDIS_PORT}. */
static void test_cut_ports(void **state)
{
	static const struct cut_row rows[] = {
		{"redis:tcp://10.7.240.204:6379", "redis:6379"},
		{"x=redis:udp://10.7.240.204:6379", "x=redis:6379"},
		{"redis:tcp://[fd00::2]:6379", "redis:6379"},
		{"redis:tcp://fd00::2:6379", "redis:6379"},
		{"tcp://redis:tcp://10.0.0.2:6379", "tcp://redis:6379"},
		{"postgres://me:x@db:tcp://10.0.0.2:5432/shop", "postgres://me:x@db:5432/shop"},
		{"postgres://a:tcp://10.0.0.2:1,b:tcp://10.0.0.3:2/x", "postgres://a:1,b:2/x"},
		{"a:tcp://10.0.0.2:1,b:tcp://10.0.0.3:2", "a:1,b:2"},
		{"[::1]:tcp://10.0.0.2:80", "[::1]:80"},
		/* Anything else stays. */
		{"", ""},
		{"db:5432", "db:5432"},
		{"tcp://10.0.0.2:80", "tcp://10.0.0.2:80"},
		{":tcp://10.0.0.2:80", ":tcp://10.0.0.2:80"},
		{"redis:tcp://cache:6379", "redis:tcp://cache:6379"},
		{"redis:tcp://10.0.0.2", "redis:tcp://10.0.0.2"},
		{"redis:tcp://10.0.0.2:80x", "redis:tcp://10.0.0.2:80x"},
		{"redis:http://10.0.0.2:80", "redis:http://10.0.0.2:80"},
		{"redis:tcp://", "redis:tcp://"},
		{"redis://:tcp://10.0.0.2:80@h", "redis://:tcp://10.0.0.2:80@h"},
		{"redis://:tcp://10.0.0.2:80/x@h", "redis://:tcp://10.0.0.2:80/x@h"},
		{"postgres://db/x?application_name=a:tcp://10.0.0.2:80",
		 "postgres://db/x?application_name=a:tcp://10.0.0.2:80"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *cut = text_cut_ports(rows[i].text);

		check_text(rows[i].text, cut, rows[i].cut);
		free(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_cut_ports),
	};

	return unit_main(tests);
}
