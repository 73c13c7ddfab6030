#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/hosts.h"
#include "rewrite.h"

/* A reader, its file, and what it found last. */
struct rig {
	struct unit_dir dir;
	char *path;
	struct hosts *hosts;
	char text[2048];
};

/* There is no file yet. */
static void rig_open(struct rig *rig)
{
	unit_dir_open(&rig->dir);
	rig->path = unit_dir_path(&rig->dir, "hosts");
	rig->hosts = hosts_new(rig->path);
}

static void rig_close(struct rig *rig)
{
	hosts_free(rig->hosts);
	free(rig->path);
	unit_dir_close(&rig->dir);
}

static const char *join(const struct address_list *list, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < list->count && len < size; i++) {
		char one[ADDRESS_TEXT_MAX];

		address_text(&list->entries[i], one, sizeof(one));
		len += (size_t)snprintf(out + len, size - len, "%s%s%s", i ? " " : "", one,
					address_port(&list->entries[i]) ? "(port)" : "");
	}
	return out;
}

/* The addresses of a name, joined by blanks. */
static const char *find(struct rig *rig, const char *name)
{
	struct address_list found = {0};

	hosts_find(rig->hosts, name, &found);
	join(&found, rig->text, sizeof(rig->text));
	address_list_release(&found);
	return rig->text;
}

struct find_row {
	const char *row, *content, *name, *addresses;
};

static void check_rows(const struct find_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct rig rig;

		rig_open(&rig);
		unit_dir_write(&rig.dir, "hosts", rows[i].content, 0644);
		check_text(rows[i].row, find(&rig, rows[i].name), rows[i].addresses);
		check_text("and again", find(&rig, rows[i].name), rows[i].addresses);
		rig_close(&rig);
	}
}

/* As compose writes extra_hosts: one name for all nodes, and one for each. */
#define CLUSTER "10.77.0.1 cluster\n10.77.0.9 cluster\n10.77.0.9 node2\n10.77.0.1 node1\n"

/* All lines with a name count, and they give it no address of other names (c-ares mixes them). */
static void test_several_lines(void **state)
{
	static const struct find_row rows[] = {
		{"all of its lines", CLUSTER, "cluster", "10.77.0.1 10.77.0.9"},
		{"and no others", CLUSTER, "node2", "10.77.0.9"},
		{"and no others", CLUSTER, "node1", "10.77.0.1"},
		{"in the order of the file", "10.0.0.9 a\n10.0.0.1 a\n10.0.0.5 a\n", "a", "10.0.0.9 10.0.0.1 10.0.0.5"},
		{"others in between", "10.0.0.9 a\n10.0.0.1 b\n10.0.0.5 a\n", "a", "10.0.0.9 10.0.0.5"},
		{"names that share lines", "10.0.0.1 a b\n10.0.0.2 b c\n10.0.0.3 c a\n", "b", "10.0.0.1 10.0.0.2"},
		{"both families", "fd00::1 a\n10.0.0.1 a\nfd00::2 a\n", "a", "fd00::1 10.0.0.1 fd00::2"},
		{"the same line twice", "10.0.0.1 a\n10.0.0.1 a\n", "a", "10.0.0.1"},
		{"twice in one line", "10.0.0.1 a a\n", "a", "10.0.0.1"},
		{"name and alias are the same", "10.0.0.1 b a b\n10.0.0.2 b\n", "b", "10.0.0.1 10.0.0.2"},
		{"one address in two forms", "fd00::1 a\nFD00:0:0::1 a\n", "a", "fd00::1"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void test_names(void **state)
{
	static const struct find_row rows[] = {
		{"a name", "10.0.0.1 db\n", "db", "10.0.0.1"},
		{"another name", "10.0.0.1 db\n", "web", ""},
		{"an alias", "10.0.0.1 db.test db db-1\n", "db-1", "10.0.0.1"},
		{"mixed case in the file", "10.0.0.1 Db.Test\n", "db.test", "10.0.0.1"},
		{"mixed case in the question", "10.0.0.1 db.test\n", "DB.tEST", "10.0.0.1"},
		{"an underscore", "10.0.0.1 my_db\n", "my_db", "10.0.0.1"}, /* FACTS 16 */
		{"a beginning of a name", "10.0.0.1 db2\n", "db", ""},
		{"more than a name", "10.0.0.1 db\n", "db2", ""},
		{"the last of a name", "10.0.0.1 my-db\n", "db", ""},
		{"a name without its domain", "10.0.0.1 db.test\n", "db", ""},
		{"with a dot at the end, as glibc", "10.0.0.1 db\n", "db.", ""},
		{"the address is no name", "10.0.0.1 db\n", "10.0.0.1", ""},
		{"an address as a name", "10.0.0.1 10.0.0.2\n", "10.0.0.2", "10.0.0.1"},
		{"no name", "10.0.0.1 db\n", "", ""},
		{"bytes above 127", "10.0.0.1 d\303\274b\n", "d\303\274b", "10.0.0.1"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void test_the_form_of_a_line(void **state)
{
	static const struct find_row rows[] = {
		{"tabs", "10.0.0.1\tdb\tweb\n", "web", "10.0.0.1"},
		{"blanks and tabs", "10.0.0.1 \t db  \t web \t\n", "web", "10.0.0.1"},
		{"blanks before it", " \t 10.0.0.1 db\n", "db", "10.0.0.1"},
		{"no last newline", "10.0.0.2 web\n10.0.0.1 db", "db", "10.0.0.1"},
		{"CRLF", "10.0.0.1 db\r\n10.0.0.2 web\r\n", "db", "10.0.0.1"},
		{"CRLF, the last line", "10.0.0.1 db\r\n10.0.0.2 web\r\n", "web", "10.0.0.2"},
		{"CRLF and an empty line", "\r\n\r\n10.0.0.1 db\r\n", "db", "10.0.0.1"},
		{"empty lines", "\n\n \n\t\n10.0.0.1 db\n\n", "db", "10.0.0.1"},
		{"a comment line", "# 10.0.0.2 db\n#10.0.0.3 db\n  # 10.0.0.4 db\n10.0.0.1 db\n", "db", "10.0.0.1"},
		{"a comment after a blank", "10.0.0.1 db # web\n", "web", ""},
		{"a comment after a blank", "10.0.0.1 db # web\n", "db", "10.0.0.1"},
		{"a comment without a blank", "10.0.0.1 db#web\n", "db", "10.0.0.1"},
		{"a comment without a blank", "10.0.0.1 db#web\n", "web", ""},
		{"a comment in the address", "10.0.0.1#2 db\n", "db", ""},
		{"a comment that is not closed", "10.0.0.2 web # x", "web", "10.0.0.2"},
		{"an address only", "10.0.0.2\n10.0.0.1 db\n", "db", "10.0.0.1"},
		{"an address only, at the end", "10.0.0.1 db\n10.0.0.2", "db", "10.0.0.1"},
		{"a name is not taken from the next line", "10.0.0.2\ndb\n10.0.0.1 db\n", "db", "10.0.0.1"},
		{"an address that is none", "10.0.0.256 db\n10.0.0.1 db\n", "db", "10.0.0.1"},
		{"a short address", "10.1 db\nlocal db\n", "db", ""},
		{"a name in place of an address", "web db\n10.0.0.1 db\n", "db", "10.0.0.1"},
		{"a path in place of an address", "/run/x.sock db\n10.0.0.1 db\n", "db", "10.0.0.1"},
		{"a long word in place of an address",
		 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhiiiiiiiiii"
		 "jjjjjjjjjjkkkkkkkkkkllllllllllmmmmmmmmmm db\n10.0.0.1 db\n",
		 "db", "10.0.0.1"},
		{"IPv6", "fd00::2 db\n", "db", "fd00::2"},
		{"IPv6 in brackets", "[fd00::2] db\n", "db", ""},
		{"an IPv4 address in IPv6", "::ffff:10.0.0.1 db\n", "db", "::ffff:10.0.0.1"},
		{"IPv6 with an interface, as musl", "fe80::1%lo db\n", "db", "fe80::1%lo"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

/* What is added, is added to what is there. */
static void test_adds(void **state)
{
	struct address_list found = {0};
	struct rig rig;
	struct address address;

	(void)state;
	rig_open(&rig);
	unit_dir_write(&rig.dir, "hosts", "10.0.0.1 a\n10.0.0.2 a\n", 0644);
	address_of_host(&address, "10.0.0.2", 0);
	address_list_add(&found, &address);
	hosts_find(rig.hosts, "a", &found);
	check_text("each once", join(&found, rig.text, sizeof(rig.text)), "10.0.0.2 10.0.0.1");
	address_list_release(&found);
	rig_close(&rig);
	hosts_free(NULL);
	hosts_free(hosts_new("/nonexistent")); /* nobody asked it */
}

/* The file is taken as it is now: the next look-up sees each change. */
static void test_changes(void **state)
{
	static const struct {
		const char *row, *content, *addresses; /* content NULL: no file */
	} steps[] = {
		{"missing", NULL, ""},
		{"missing as before", NULL, ""},
		{"comes to exist", "10.0.0.1 db\n", "10.0.0.1"},
		{"another address of the same length", "10.0.0.2 db\n", "10.0.0.2"},
		{"another name", "10.0.0.2 web\n", ""},
		{"more lines", "10.0.0.2 web\n10.0.0.3 db\n10.0.0.4 db\n", "10.0.0.3 10.0.0.4"},
		{"empty", "", ""},
		{"empty as before", "", ""},
		{"filled", "10.0.0.5 db\n", "10.0.0.5"},
		{"gone", NULL, ""},
		{"there again", "10.0.0.5 db\n", "10.0.0.5"},
		{"comments only", "# nothing\n", ""},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig);
	check("not read yet", hosts_is_stale(rig.hosts));
	for (size_t i = 0; i < COUNT(steps); i++) {
		if (steps[i].content)
			rewrite_file(rig.path, steps[i].content);
		else
			unlink(rig.path);
		check_text(steps[i].row, find(&rig, "db"), steps[i].addresses);
		check(steps[i].row, !hosts_is_stale(rig.hosts));
	}
	rig_close(&rig);
}

/* Another file is moved to its path. */
static void test_replaced(void **state)
{
	struct rig rig;
	char *other;

	(void)state;
	rig_open(&rig);
	other = unit_dir_path(&rig.dir, "other");
	unit_dir_write(&rig.dir, "hosts", "10.0.0.1 db\n", 0644);
	unit_dir_write(&rig.dir, "other", "10.0.0.2 db\n", 0644);
	check_text("the first", find(&rig, "db"), "10.0.0.1");
	assert_int_equal(rename(other, rig.path), 0);
	check("stale", hosts_is_stale(rig.hosts));
	check_text("the other", find(&rig, "db"), "10.0.0.2");
	/* What cannot be read now is no change: out of descriptors, for one. */
	unlink(rig.path);
	assert_int_equal(mkfifo(rig.path, 0600), 0);
	check("stale", hosts_is_stale(rig.hosts));
	check_text("as before", find(&rig, "db"), "10.0.0.2");
	unlink(rig.path);
	check_text("gone", find(&rig, "db"), "");
	free(other);
	rig_close(&rig);
}

/* The limit of a list. All other names are found as ever. */
static void test_too_many_addresses(void **state)
{
	enum { LINES = ADDRESS_LIST_MAX + 50 };
	struct address_list found = {0};
	struct buf content = {0};
	struct rig rig;
	char *text;

	(void)state;
	for (int i = 0; i < LINES; i++) {
		char line[64];

		snprintf(line, sizeof(line), "10.0.%d.%d many own-%d\n", i / 200, i % 200, i);
		buf_add_text(&content, line);
	}
	text = buf_detach(&content);
	rig_open(&rig);
	unit_dir_write(&rig.dir, "hosts", text, 0644);
	hosts_find(rig.hosts, "many", &found);
	check_int("as many as a list has", (long long)found.count, ADDRESS_LIST_MAX);
	check_text("the first", address_text(&found.entries[0], rig.text, sizeof(rig.text)), "10.0.0.0");
	check_text("the last", address_text(&found.entries[ADDRESS_LIST_MAX - 1], rig.text, sizeof(rig.text)),
		   "10.0.1.55");
	address_list_release(&found);
	check_text("another name", find(&rig, "own-305"), "10.0.1.105");
	free(text);
	rig_close(&rig);
}

/* A block list. If each look-up read all of it, this test would take minutes. */
static void test_a_long_file(void **state)
{
	enum { LINES = 100 * 1000, FINDS = 20 * 1000 };
	struct buf content = {0};
	struct rig rig;
	char line[128], *text;

	(void)state;
	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof(line), "10.%d.%d.%d host%d.test h%d\n", i >> 16, i >> 8 & 255, i & 255, i, i);
		buf_add_text(&content, line);
	}
	text = buf_detach(&content);
	rig_open(&rig);
	unit_dir_write(&rig.dir, "hosts", text, 0644);
	for (int i = 0; i < FINDS; i++) {
		int number = i * (LINES / FINDS) + i % 7;
		char expected[64];

		snprintf(expected, sizeof(expected), "10.%d.%d.%d", number >> 16, number >> 8 & 255, number & 255);
		snprintf(line, sizeof(line), i % 2 ? "host%d.test" : "h%d", number);
		check_text(line, find(&rig, line), expected);
	}
	check_text("one more", find(&rig, "h100000"), "");
	free(text);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_several_lines),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_the_form_of_a_line),
		cmocka_unit_test(test_adds),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_too_many_addresses),
		cmocka_unit_test(test_a_long_file),
	};

	return unit_main(tests);
}
