/* envprint.c: variables as text, and that shells and readers of .env files read the same values. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/envprint.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"

struct text_row {
	enum envprint_form form;
	const char *value, *text; /* of the one variable A */
};

static void check_one(const struct text_row *row)
{
	struct env_variable variable = {.name = (char *)"A", .value = (char *)row->value};
	char *text = envprint_text(row->form, &variable, 1);

	check_text(row->value, text, row->text);
	free(text);
}

static void test_texts(void **state)
{
	static const struct text_row rows[] = {
		{ENVPRINT_SH, "db", "export A='db'\n"},
		{ENVPRINT_SH, "", "export A=''\n"},
		{ENVPRINT_SH, "it's", "export A='it'\\''s'\n"},
		{ENVPRINT_SH, "''", "export A=''\\'''\\'''\n"},
		{ENVPRINT_SH, "$(id) `id` \"\\\n", "export A='$(id) `id` \"\\\n'\n"},

		{ENVPRINT_DOTENV, "", "A=\n"},
		{ENVPRINT_DOTENV, "aZ09_.:/@%+,-", "A=aZ09_.:/@%+,-\n"},
		{ENVPRINT_DOTENV, "[fd00::2]", "A='[fd00::2]'\n"},
		{ENVPRINT_DOTENV, "a b", "A='a b'\n"},
		{ENVPRINT_DOTENV, "a#b=$c", "A='a#b=$c'\n"},
		{ENVPRINT_DOTENV, "a\nb\n", "A='a\nb\n'\n"},
		{ENVPRINT_DOTENV, "say \"hi\"", "A='say \"hi\"'\n"},
		{ENVPRINT_DOTENV, "C:\\new", "A='C:\\new'\n"},
		{ENVPRINT_DOTENV, "\\\\host\\new", "A=\"\\\\\\\\host\\\\new\"\n"},
		{ENVPRINT_DOTENV, "it's", "A=\"it's\"\n"},
		{ENVPRINT_DOTENV, "'\"\\", "A=\"'\\\"\\\\\"\n"},
		{ENVPRINT_DOTENV, "a\r\nb", "A=\"a\\r\nb\"\n"},
		{ENVPRINT_DOTENV, "C:\\", "A=C:\\\n"},
		{ENVPRINT_DOTENV, "a 'b' \\\\", "A=a 'b' \\\\\n"},
		{ENVPRINT_DOTENV, "a #\\", "A=\"a #\\\\\"\n"},
		{ENVPRINT_DOTENV, " \\", "A=\" \\\\\"\n"},

		{ENVPRINT_JSON, "", "{\"A\":\"\"}\n"},
		{ENVPRINT_JSON, "5432", "{\"A\":\"5432\"}\n"},
		{ENVPRINT_JSON, "\"\\\n\t\x01/$", "{\"A\":\"\\\"\\\\\\n\\t\\u0001/$\"}\n"},
		{ENVPRINT_JSON, "\xc3\xa9\xe9", "{\"A\":\"\xc3\xa9" UTF8_REPLACEMENT "\"}\n"},

		{ENVPRINT_GITHUB, "", "A=\n"},
		{ENVPRINT_GITHUB, " a<<b='c' $d \\", "A= a<<b='c' $d \\\n"},
		{ENVPRINT_GITHUB, "a\nb", "A<<END_OF_VALUE\na\nb\nEND_OF_VALUE\n"},
		{ENVPRINT_GITHUB, "a\n", "A<<END_OF_VALUE\na\n\nEND_OF_VALUE\n"},
		{ENVPRINT_GITHUB, "a\r", "A<<END_OF_VALUE\na\r\nEND_OF_VALUE\n"},
		{ENVPRINT_GITHUB, "a\nEND_OF_VALUE\nB=1", "A<<END_OF_VALUE_1\na\nEND_OF_VALUE\nB=1\nEND_OF_VALUE_1\n"},
		{ENVPRINT_GITHUB, "END_OF_VALUE_1\n", "A<<END_OF_VALUE_2\nEND_OF_VALUE_1\n\nEND_OF_VALUE_2\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_one(&rows[i]);
}

struct several_row {
	enum envprint_form form;
	const char *none, *two;
};

static void test_none_and_several(void **state)
{
	static const struct several_row rows[] = {
		{ENVPRINT_SH, "", "export DB_HOST='db'\nexport DB_PORT='5432'\n"},
		{ENVPRINT_DOTENV, "", "DB_HOST=db\nDB_PORT=5432\n"},
		{ENVPRINT_JSON, "{}\n", "{\"DB_HOST\":\"db\",\"DB_PORT\":\"5432\"}\n"},
		{ENVPRINT_GITHUB, "", "DB_HOST=db\nDB_PORT=5432\n"},
	};
	static const struct env_variable two[] = {
		{(char *)"DB_HOST", (char *)"db"},
		{(char *)"DB_PORT", (char *)"5432"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = envprint_text(rows[i].form, NULL, 0);

		check_text("none", text, rows[i].none);
		free(text);
		text = envprint_text(rows[i].form, two, COUNT(two));
		check_text("two", text, rows[i].two);
		free(text);
	}
}

/* All values are in one text, so that one that ends too early or too late changes the others. */
#define VALUES                                                                                                         \
	"", "db", "it's", "'", "'''", "say \"hi\"", "\"", "$HOME $(echo no) $", "`echo no`", "${", "-n", "--", "=",    \
		"#", "a #b", " a ", "\t", "a\nb", "\n", "a\n\n", "a\nB=no\n", "\\n", "a\\b", "\\\\", "\\\\\\", "\\'",  \
		"\\\"", "'\"", "\"'\\n`$HOME\n", "\\", "C:\\", "a;b|c&d>e<f(g)", "*", "~", "!x", "a\rb", "a\r\nb\r\n", \
		"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x98", "\xc2\xa0#", "\x01\x1b[0m\x7f", "\xe2\x80\xa8"

/* Returns what a program reads from the file $1: "[VALUE]" for each of V0, V1... */
struct reader {
	const char *const *argv;
	const char *path; /* of the file */
};

static void run_reader(void *arg)
{
	const struct reader *reader = arg;
	const char *argv[8];
	size_t count = 0;

	for (; reader->argv[count]; count++)
		argv[count] = reader->argv[count];
	argv[count++] = reader->path;
	argv[count] = NULL;
	execv(argv[0], (char **)argv);
	_exit(127);
}

static void check_read_back(enum envprint_form form, const char *const *argv, const char *const *values, size_t count)
{
	struct env_variable variables[64];
	char names[64][24], *text;
	struct unit_dir dir;
	struct unit_child child;
	struct reader reader = {.argv = argv};
	struct buf expected = {0};

	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "V%zu", i);
		variables[i] = (struct env_variable){.name = names[i], .value = (char *)values[i]};
		buf_add_text(&expected, "[");
		buf_add_text(&expected, values[i]);
		buf_add_text(&expected, "]");
	}
	text = envprint_text(form, variables, count);
	unit_dir_open(&dir);
	unit_dir_write(&dir, "text", text, 0600);
	reader.path = unit_dir_path(&dir, "text");
	unit_child_run(&child, run_reader, &reader);
	check_text(argv[0], child.text, expected.data);
	check_int(argv[0], child.code, 0);
	free((char *)reader.path);
	unit_dir_close(&dir);
	free(text);
	buf_release(&expected);
}

/* With eval and $(), as people use it. A child prints the values, so that only exported variables count. */
#define SHELL_SCRIPT                                                                                       \
	"eval \"$(cat \"$1\")\" || exit; exec /bin/sh -c 'i=0; while eval \"[ \\\"\\${V$i+x}\\\" ]\"; do " \
	"eval \"printf \\\"[%s]\\\" \\\"\\$V$i\\\"\"; i=$((i+1)); done'"

static void test_shells_read_back(void **state)
{
	static const char *const values[] = {VALUES, "${V1}",
					     "a\xff\xe9"
					     "b\x80",
					     "\xe2\x82", "x\n\\"};
	static const char *const sh[] = {"/bin/sh", "-uc", SHELL_SCRIPT, "sh", NULL};
	static const char *const bash[] = {"/bin/bash", "-uc", SHELL_SCRIPT, "bash", NULL};
	static const char *const zsh[] = {"/bin/zsh", "-fuc", SHELL_SCRIPT, "zsh", NULL};

	(void)state;
	check_read_back(ENVPRINT_SH, sh, values, COUNT(values));
	check_read_back(ENVPRINT_SH, bash, values, COUNT(values));
	if (access(zsh[0], X_OK) == 0)
		check_read_back(ENVPRINT_SH, zsh, values, COUNT(values));
}

/* python-dotenv, without the exceptions that the header names. */
static void test_dotenv_reads_back(void **state)
{
	static const char *const values[] = {VALUES};
	static const char *const python[] = {"/usr/bin/python3", "-Bc",
					     "import dotenv, sys\n"
					     "for value in dotenv.dotenv_values(sys.argv[1]).values():\n"
					     "    sys.stdout.buffer.write(b'[' + value.encode() + b']')\n",
					     NULL};
	static const char *const literally[] = {
		"/usr/bin/python3", "-Bc",
		"import dotenv, sys\n"
		"for value in dotenv.dotenv_values(sys.argv[1], interpolate=False).values():\n"
		"    sys.stdout.buffer.write(b'[' + value.encode() + b']')\n",
		NULL};
	static const char *const braces[] = {"${V1}", "it's ${V1:-x}", "${V1}\\", VALUES};

	(void)state;
	check_read_back(ENVPRINT_DOTENV, python, values, COUNT(values));
	check_read_back(ENVPRINT_DOTENV, literally, braces, COUNT(braces));
}

static void test_json_reads_back(void **state)
{
	static const char *const values[] = {VALUES};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		struct env_variable variable = {.name = (char *)"A", .value = (char *)values[i]};
		char *text = envprint_text(ENVPRINT_JSON, &variable, 1);
		cJSON *root = cJSON_Parse(text);

		check_text(values[i], cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "A")), values[i]);
		check(values[i], strchr(text, '\n') == text + strlen(text) - 1);
		cJSON_Delete(root);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_none_and_several),
		cmocka_unit_test(test_shells_read_back),
		cmocka_unit_test(test_dotenv_reads_back),
		cmocka_unit_test(test_json_reads_back),
	};

	return unit_main(tests);
}
