/* hosts.c beside a reader that is as simple as can be. */
#include "unit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "net/hosts.h"

enum { FILES = 400, LINES_MAX = 30, WORDS_MAX = 5 };

/* xorshift64: the same files in each run */
static uint64_t random_state;

/* So many names were found. */
static unsigned hits;

static unsigned draw(unsigned count)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % count;
}

static const char *draw_of(const char *const *words, size_t count)
{
	return words[draw((unsigned)count)];
}

static const char *const blanks[] = {" ", " ", "\t", "  ", " \t ", "\v", "\f", "\r"};

static const char *const heads[] = {
	"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "fd00::1", "fd00::2", "FD00::0:2", "::ffff:10.0.0.1",
	"10.0.0",   "a",        "/a",       "::g",      "#",       "0x0a.1",  "",          "10.0.0.1#",
};

/* A short one, so that many are the same, and the same but for the case. */
static void draw_name(char *out)
{
	static const char letters[] = "abAB-.";
	unsigned len = 1 + draw(3);

	for (unsigned i = 0; i < len; i++)
		out[i] = letters[draw(sizeof(letters) - 1)];
	out[len] = '\0';
}

static void draw_line(struct buf *out)
{
	unsigned words = draw(WORDS_MAX);
	char name[8];

	if (draw(5) == 0)
		buf_add_text(out, draw_of(blanks, COUNT(blanks)));
	buf_add_text(out, draw_of(heads, COUNT(heads)));
	while (words--) {
		buf_add_text(out, draw_of(blanks, COUNT(blanks)));
		if (draw(12) == 0)
			buf_add_text(out, "#");
		draw_name(name);
		buf_add_text(out, name);
		if (draw(12) == 0)
			buf_add_text(out, "#");
	}
	if (draw(5) == 0)
		buf_add_text(out, draw_of(blanks, COUNT(blanks)));
}

static char *draw_file(void)
{
	struct buf out = {0};
	unsigned lines = draw(LINES_MAX);

	while (lines--) {
		draw_line(&out);
		buf_add_text(&out, draw(8) == 0 ? "\r\n" : "\n");
	}
	if (draw(2))
		draw_line(&out); /* without a newline */
	return buf_detach(&out);
}

/* Does the line, which is destroyed, hold the name? Sets address to its first word. */
static bool naive_has(char *line, const char *name, const char **address)
{
	static const char seps[] = " \t\v\f\r";
	char *rest = line, *word;
	bool has = false;

	line[strcspn(line, "#")] = '\0';
	*address = NULL;
	while ((word = strsep(&rest, seps))) {
		if (!word[0])
			continue;
		if (!*address)
			*address = word;
		else
			has |= strcasecmp(word, name) == 0;
	}
	return has;
}

static void naive_add(const char *address, struct buf *out)
{
	unsigned char bytes[16];
	char one[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 2];
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;

	if (inet_pton(family, address, bytes) != 1)
		return;
	snprintf(text, sizeof(text), " %s ", inet_ntop(family, bytes, one, sizeof(one)));
	if (!out->data || !strstr(out->data, text))
		buf_add_text(out, text);
}

/* The addresses, each with a blank before it and one after it. */
static char *naive_find(const char *content, const char *name)
{
	char *copy = alloc_text(content), *rest = copy, *line;
	struct buf out = {0};

	while ((line = strsep(&rest, "\n"))) {
		const char *address;

		if (naive_has(line, name, &address))
			naive_add(address, &out);
	}
	free(copy);
	return buf_detach(&out);
}

static char *find(struct hosts *hosts, const char *name)
{
	struct address_list found = {0};
	struct buf out = {0};

	hosts_find(hosts, name, &found);
	for (size_t i = 0; i < found.count; i++) {
		char one[ADDRESS_TEXT_MAX];

		buf_add_text(&out, " ");
		buf_add_text(&out, address_text(&found.entries[i], one, sizeof(one)));
		buf_add_text(&out, " ");
	}
	address_list_release(&found);
	return buf_detach(&out);
}

static void check_file(const struct unit_dir *dir, const char *content)
{
	char *path = unit_dir_path(dir, "hosts");
	struct hosts *hosts = hosts_new(path);

	unit_dir_write(dir, "hosts", content, 0644);
	for (int i = 0; i < 60; i++) {
		char name[8], *expected, *found;

		draw_name(name);
		expected = naive_find(content, name);
		found = find(hosts, name);
		if (strcmp(found, expected) != 0)
			print_error("the file is:\n%s\n", content);
		check_text(name, found, expected);
		hits += found[0] != '\0';
		free(expected);
		free(found);
	}
	hosts_free(hosts);
	free(path);
}

static void test_random_files(void **state)
{
	struct unit_dir dir;

	(void)state;
	random_state = UINT64_C(0x9e3779b97f4a7c15);
	unit_dir_open(&dir);
	for (int i = 0; i < FILES; i++) {
		char *content = draw_file();

		check_file(&dir, content);
		free(content);
	}
	unit_dir_close(&dir);
	check("the files are worth it", hits > FILES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_files),
	};

	return unit_main(tests);
}
