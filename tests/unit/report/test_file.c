#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "machine.h"
#include "report/file.h"

/* A sink whose file is in a folder of its own. */
struct rig {
	struct unit_log log;
	struct unit_dir dir;
	struct machine machine;
	char text[8192]; /* of the file */
};

static void rig_open(struct rig *rig, const char *form, size_t count, bool down)
{
	struct error err = {0};
	char *spec;

	unit_log_open(&rig->log);
	unit_dir_open(&rig->dir);
	spec = alloc_format("%s%s/out", form, rig->dir.path);
	machine_open(&rig->machine, report_file_new(spec, &rig->log.log, &err), count, down);
	check("no error", !err.set);
	free(spec);
}

static void rig_close(struct rig *rig)
{
	machine_close(&rig->machine);
	unit_dir_close(&rig->dir);
	unit_log_close(&rig->log);
}

/* Ends the wait and reads the file; "" if there is none. */
static const char *rig_end(struct rig *rig, enum verdict verdict, int signal)
{
	char *path = unit_dir_path(&rig->dir, "out");
	ssize_t len = 0;
	int fd;

	check("nothing before the end", access(path, F_OK) != 0);
	machine_end(&rig->machine, verdict, signal);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, rig->text, sizeof(rig->text) - 1);
		close(fd);
	}
	rig->text[len] = '\0';
	free(path);
	return rig->text;
}

static void test_the_document(void **state)
{
	static const char *const forms[] = {"", "json:"};

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		const cJSON *first, *second;
		struct rig rig;
		cJSON *root;

		rig_open(&rig, forms[i], 2, false);
		machine_done(&rig.machine, 0, OUTCOME_READY, 450 * CLOCK_MS);
		machine_attempt(&rig.machine, 1, OUTCOME_DENIED, "no \"x\"", "10.0.0.2");
		root = cJSON_Parse(rig_end(&rig, VERDICT_TIMED_OUT, 0));
		check_int("version", machine_number(root, "version"), 2);
		check_text("waitfor", machine_text(root, "waitfor"), WAITFOR_VERSION);
		check_text("verdict", machine_text(root, "verdict"), "timed_out");
		check("signal", machine_is_null(root, "signal"));
		check("started", machine_text(root, "started") != NULL);
		check("elapsed", machine_number(root, "elapsed_ms") >= 0);
		check_int("nothing else", cJSON_GetArraySize(root), 7);
		first = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "targets"), 0);
		second = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "targets"), 1);
		check_text("target", machine_text(first, "target"), "tcp://db:5432");
		check_text("name", machine_text(first, "name"), "DB");
		check_text("kind", machine_text(first, "kind"), "tcp");
		check_text("address", machine_text(first, "address"), "10.0.0.2:5432");
		check_text("state", machine_text(first, "state"), "ready");
		check_int("attempts", machine_number(first, "attempts"), 1);
		check_int("elapsed", machine_number(first, "elapsed_ms"), 450);
		check_text("reason", machine_text(first, "reason"), "ready");
		check_text("text", machine_text(first, "text"), "ready (10.0.0.2:5432)");
		check_int("nothing else", cJSON_GetArraySize(first), 9);
		check_text("state", machine_text(second, "state"), "timed_out");
		check("name", machine_is_null(second, "name"));
		check_text("reason", machine_text(second, "reason"), "denied");
		check_text("text", machine_text(second, "text"), "denied: no \"x\" (10.0.0.2:5432)");
		check_text("the log", unit_log_text(&rig.log), "");
		cJSON_Delete(root);
		rig_close(&rig);
	}
}

struct state_row {
	const char *verdict_name;
	enum verdict verdict;
	int signal;
	bool down;
	const char *done, *open; /* the states of a target that is done and of one that is not */
};

static void test_states(void **state)
{
	static const struct state_row rows[] = {
		{"ready", VERDICT_READY, 0, false, "ready", "not_needed"},
		{"ready", VERDICT_READY, 0, true, "down", "not_needed"},
		{"timed_out", VERDICT_TIMED_OUT, 0, false, "ready", "timed_out"},
		{"not_ready", VERDICT_NOT_READY, 0, false, "ready", "not_ready"},
		{"gave_up", VERDICT_GAVE_UP, 0, false, "ready", "gave_up"},
		{"signalled", VERDICT_SIGNALLED, SIGINT, false, "ready", "waiting"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const cJSON *targets;
		struct rig rig;
		cJSON *root;

		rig_open(&rig, "", 2, rows[i].down);
		machine_done(&rig.machine, 0, rows[i].down ? OUTCOME_REFUSED : OUTCOME_READY, CLOCK_S);
		root = cJSON_Parse(rig_end(&rig, rows[i].verdict, rows[i].signal));
		check_text("verdict", machine_text(root, "verdict"), rows[i].verdict_name);
		check(rows[i].verdict_name, rows[i].signal ? machine_number(root, "signal") == rows[i].signal
							   : machine_is_null(root, "signal"));
		targets = cJSON_GetObjectItem(root, "targets");
		check_text(rows[i].verdict_name, machine_text(cJSON_GetArrayItem(targets, 0), "state"), rows[i].done);
		check_text(rows[i].verdict_name, machine_text(cJSON_GetArrayItem(targets, 1), "state"), rows[i].open);
		cJSON_Delete(root);
		rig_close(&rig);
	}
}

/* A target that was not needed, and one whose time was up before the wait gave up. */
static void test_states_in_groups(void **state)
{
	static const char *const expected[] = {"not_needed", "timed_out", "gave_up"};
	const cJSON *targets;
	struct rig rig;
	cJSON *root;

	(void)state;
	rig_open(&rig, "", 3, false);
	rig.machine.list[0].state = PROGRESS_SKIPPED;
	rig.machine.list[1].state = PROGRESS_EXPIRED;
	root = cJSON_Parse(rig_end(&rig, VERDICT_GAVE_UP, 0));
	targets = cJSON_GetObjectItem(root, "targets");
	for (int i = 0; i < 3; i++)
		check_text("state", machine_text(cJSON_GetArrayItem(targets, i), "state"), expected[i]);
	cJSON_Delete(root);
	rig_close(&rig);
	rig_open(&rig, "junit:", 3, false);
	rig.machine.list[0].state = PROGRESS_SKIPPED;
	check_has("junit", rig_end(&rig, VERDICT_TIMED_OUT, 0),
		  "tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"1\"");
	rig_close(&rig);
}

struct junit_row {
	const char *name;
	enum verdict verdict;
	int signal;
	const char *counts; /* one target is done, one is not */
	const char *open;   /* how the content of the test case begins for the target that is not done */
};

static void test_junit(void **state)
{
	static const struct junit_row rows[] = {
		{"ready", VERDICT_READY, 0, "tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\"",
		 "<skipped message=\"not needed\"/>"},
		{"timed out", VERDICT_TIMED_OUT, 0, "tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\"",
		 "<failure message=\"denied: a &lt;b&gt; &amp; &quot;c&quot; (10.0.0.2:5432)\" type=\"denied\">"
		 "tcp://web:80: not ready after "},
		{"gave up", VERDICT_GAVE_UP, 0, "tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\"",
		 "<failure message=\"denied: a &lt;b&gt; &amp; &quot;c&quot; (10.0.0.2:5432)\" type=\"denied\">"
		 "tcp://web:80: not ready after "},
		{"a signal", VERDICT_SIGNALLED, SIGTERM, "tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\"",
		 "<failure message=\"denied: a &lt;b&gt; &amp; &quot;c&quot; (10.0.0.2:5432)\" type=\"denied\">"
		 "tcp://web:80: not ready after "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig rig;
		const char *xml;

		rig_open(&rig, "junit:", 2, false);
		machine_done(&rig.machine, 0, OUTCOME_READY, 61 * CLOCK_S + 7 * CLOCK_MS + 999);
		machine_attempt(&rig.machine, 1, OUTCOME_DENIED, "a <b> & \"c\"", "10.0.0.2");
		xml = rig_end(&rig, rows[i].verdict, rows[i].signal);
		check(rows[i].name, strncmp(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites ", 51) == 0);
		check_has(rows[i].name, xml, rows[i].counts);
		check_has(rows[i].name, strstr(xml, "<testsuite "), rows[i].counts);
		check_has(rows[i].name, xml,
			  "<testcase name=\"tcp://db:5432\" classname=\"waitfor.tcp\" time=\"61.007\"/>");
		check_has(rows[i].name, xml, "<testcase name=\"tcp://web:80\" classname=\"waitfor.tcp\" time=\"0.");
		check_has(rows[i].name, xml, rows[i].open);
		check_has(rows[i].name, xml, "</testsuites>\n");
		rig_close(&rig);
	}
}

struct clean_row {
	const char *name, *detail, *told;
};

static void test_what_xml_cannot_hold(void **state)
{
	static const struct clean_row rows[] = {
		{"control characters", "a\x01\n\x1b z", "a??? z"},
		{"of the second kind", "\xc2\x9b z", "? z"},
		{"no UTF-8", "\xff\xc3 z", "\xef\xbf\xbd\xef\xbf\xbd z"},
		{"U+FFFE and U+FFFF", "\xef\xbf\xbe\xef\xbf\xbf z", "\xef\xbf\xbd\xef\xbf\xbd z"},
		{"an emoji, and a letter", "\xf0\x9f\x90\x98 \xc3\xbc", "\xf0\x9f\x90\x98 \xc3\xbc"},
		{"the end of CDATA", "]]>", "]]&gt;"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig rig;
		char *told = alloc_format("message=\"denied: %s (", rows[i].told);

		rig_open(&rig, "junit:", 1, false);
		machine_attempt(&rig.machine, 0, OUTCOME_DENIED, rows[i].detail, "10.0.0.2");
		check_has(rows[i].name, rig_end(&rig, VERDICT_TIMED_OUT, 0), told);
		free(told);
		rig_close(&rig);
	}
}

struct spec_row {
	const char *spec, *said;
};

static void test_specs_that_are_refused(void **state)
{
	static const struct spec_row rows[] = {
		{"xml:out",
		 "unknown report format \"xml\"; write json: or junit:, or ./xml:out for a file of that name"},
		{"junt:out", "unknown report format \"junt\"; did you mean junit:; write json:"},
		{"JSON:out", "unknown report format \"JSON\""},
		{"junit:", "\"junit:\" names no file; write [json:|junit:]FILE"},
		{"", "\"\" names no file"},
		{"junit:/no/such/folder/out",
		 "/no/such/folder/out: cannot create a file in /no/such/folder: No such file"},
	};
	struct unit_log log;

	(void)state;
	unit_log_open(&log);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error err = {0};

		check(rows[i].spec, report_file_new(rows[i].spec, &log.log, &err) == NULL);
		check_has(rows[i].spec, err.text, rows[i].said);
	}
	check_text("only told to the caller", unit_log_text(&log), "");
	unit_log_close(&log);
}

static void test_a_file_with_a_colon(void **state)
{
	struct rig rig;
	struct error err = {0};
	char *spec;

	(void)state;
	unit_log_open(&rig.log);
	unit_dir_open(&rig.dir);
	spec = alloc_format("%s/a:out", rig.dir.path);
	machine_open(&rig.machine, report_file_new(spec, &rig.log.log, &err), 1, false);
	machine_end(&rig.machine, VERDICT_NOT_READY, 0);
	check_int("it is there", access(spec, R_OK), 0);
	free(spec);
	rig_close(&rig);
}

static void test_a_failure_at_the_end_is_a_line(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, "", 1, false);
	unit_dir_close(&rig.dir);
	machine_end(&rig.machine, VERDICT_READY, 0);
	check_has("log", unit_log_text(&rig.log), "waitfor: the report is lost: ");
	check_has("log", rig.log.text, "/out: cannot create a file in ");
	check_int("lines", rig.log.writes, 1);
	rig_close(&rig);
}

static void test_no_targets(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, "junit:", 0, false);
	check_has("junit", rig_end(&rig, VERDICT_READY, 0), "tests=\"0\" failures=\"0\" errors=\"0\" skipped=\"0\"");
	rig_close(&rig);
	rig_open(&rig, "json:", 0, false);
	check_has("json", rig_end(&rig, VERDICT_READY, 0), "\"targets\":[]");
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_document),         cmocka_unit_test(test_states),
		cmocka_unit_test(test_states_in_groups),     cmocka_unit_test(test_junit),
		cmocka_unit_test(test_what_xml_cannot_hold), cmocka_unit_test(test_specs_that_are_refused),
		cmocka_unit_test(test_a_file_with_a_colon),  cmocka_unit_test(test_a_failure_at_the_end_is_a_line),
		cmocka_unit_test(test_no_targets),
	};

	return unit_main(tests);
}
