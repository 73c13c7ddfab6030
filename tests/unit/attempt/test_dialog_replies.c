/*
 * Feeds each dialog the replies in tests/unit/probe/replies/NAME.txt: whole, and in pieces of 1 to 63 bytes.
 * replies/README describes these files.
 */
#include "unit.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "attempt/dialog.h"
#include "base/alloc.h"
#include "target/scheme.h"

#define REPLIES "tests/unit/probe/replies"

enum { STEPS = 32, ENTRIES = 8 };

struct step {
	enum { STEP_SAY, STEP_HEAR, STEP_EOF } kind;
	char *data;
	size_t len;
};

struct reply_case {
	char name[200]; /* FILE: name */
	char *target, *env[ENTRIES + 1];
	size_t env_count;
	struct step steps[STEPS];
	size_t count;
	char *outcome; /* "starting: LOADING"; "waits" if the dialog must not decide, "waits: LOADING" for what it says late */
};

/* "\r\n\x00" as bytes. Returns their number. */
static size_t unescape(char *text)
{
	static const char letters[] = "rnt0\\", meanings[] = "\r\n\t\0\\";
	char *to = text;

	for (const char *from = text; *from; from++) {
		const char *letter = *from == '\\' && from[1] ? strchr(letters, from[1]) : NULL;

		if (*from == '\\' && from[1] == 'x') {
			char digits[] = {from[2], from[2] ? from[3] : '\0', '\0'};

			*to++ = (char)strtoul(digits, NULL, 16);
			from += 3;
		} else if (letter) {
			*to++ = meanings[letter - letters];
			from++;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return (size_t)(to - text);
}

static void case_release(struct reply_case *one)
{
	for (size_t i = 0; i < one->count; i++)
		free(one->steps[i].data);
	for (size_t i = 0; i < one->env_count; i++)
		free(one->env[i]);
	free(one->target);
	free(one->outcome);
	*one = (struct reply_case){0};
}

/* What a dialog gets for random bytes: the nonce of the example of RFC 5802, 5, "fyko+d2lbbFgONRv9qkxdawL" in base64. */
static const unsigned char random_bytes[DIALOG_RANDOM] = {0x7f, 0x29, 0x28, 0xf9, 0xdd, 0xa5, 0x6d, 0xb1, 0x60,
							  0x38, 0xd4, 0x6f, 0xf6, 0xa9, 0x31, 0x75, 0xac, 0x0b};

/* The result of one run of a dialog. */
struct run {
	const struct reply_case *one;
	const struct target *target;
	const struct dialog *dialog;
	size_t said; /* how many steps STEP_SAY were matched */
	char *heard;
	size_t len;
	unsigned turn;
	bool decided;
	struct outcome outcome;
};

/* Checks what the protocol sends against the next STEP_SAY of the file. */
static void run_say(struct run *run, struct buf *words)
{
	size_t seen = 0;

	if (!words->len)
		return;
	for (size_t i = 0; i < run->one->count; i++) {
		const struct step *step = &run->one->steps[i];

		if (step->kind != STEP_SAY || seen++ < run->said)
			continue;
		if (step->len != words->len || memcmp(step->data, words->data, words->len) != 0)
			fail_msg("%s: says \"%s\", not \"%s\"", run->one->name, words->data, step->data);
		run->said++;
		run->turn++;
		run->len = run->dialog->remembers ? run->len : 0;
		buf_release(words);
		return;
	}
	fail_msg("%s: says \"%s\", where the file has no \"say\"", run->one->name, words->data);
}

static void run_hear(struct run *run, const char *data, size_t len, bool eof)
{
	struct dialog_heard heard;
	struct buf words = {0};

	if (run->decided)
		return;
	run->heard = alloc_resize(run->heard, run->len + len, 1);
	memcpy(run->heard + run->len, data, len);
	run->len += len;
	/* A block of exactly this size, so that the sanitizer notices a read beyond its end. */
	heard = (struct dialog_heard){
		.data = run->heard, .len = run->len, .eof = eof, .turn = run->turn, .random = random_bytes};
	run->outcome = (struct outcome){0};
	run->decided = run->dialog->judge(run->target, &heard, &words, &run->outcome);
	if (!eof)
		run_say(run, &words);
	buf_release(&words);
	if (!run->decided && run->len && run->dialog->late)
		run->outcome = run->dialog->late(run->target, &heard);
}

/* Feeds each reply in pieces of that many bytes; 0: whole. */
static void run_open(struct run *run, const struct reply_case *one, const struct target *target, size_t piece)
{
	struct buf words = {0};

	*run = (struct run){.one = one, .target = target, .dialog = target->scheme->protocol->dialog};
	if (run->dialog->say)
		run->dialog->say(target, &words);
	run_say(run, &words);
	for (size_t i = 0; i < one->count && !run->decided; i++) {
		const struct step *step = &one->steps[i];

		if (step->kind == STEP_EOF)
			run_hear(run, "", 0, true);
		for (size_t at = 0; step->kind == STEP_HEAR && at < step->len;) {
			size_t len = piece && step->len - at > piece ? piece : step->len - at;

			run_hear(run, step->data + at, len, false);
			at += len;
		}
	}
}

static size_t run_all_says(const struct reply_case *one)
{
	size_t count = 0;

	for (size_t i = 0; i < one->count; i++)
		count += one->steps[i].kind == STEP_SAY;
	return count;
}

static void run_check(const struct run *run, const char *how)
{
	const char *colon = strchr(run->one->outcome, ':');
	size_t len = colon ? (size_t)(colon - run->one->outcome) : strlen(run->one->outcome);
	const char *name = run->decided ? outcome_info(run->outcome.kind)->name : "waits";

	if (strlen(name) != len || strncmp(name, run->one->outcome, len) != 0)
		fail_msg("%s, %s: %s (%s), not %s", run->one->name, how, name, run->outcome.detail, run->one->outcome);
	if (colon)
		check_has(run->one->name, run->outcome.detail, colon + 2);
	check_int(run->one->name, (long long)run->said, (long long)run_all_says(run->one));
}

static void check_case(const struct reply_case *one)
{
	struct target target;
	struct error err = {0};
	struct env env;
	struct log log;
	struct run run;

	log_init(&log, -1);
	env_copy(&env, one->env);
	if (target_parse(&target, one->target, &err) || probe_bind(&target, 1, &env, &log, &err))
		fail_msg("%s: %s", one->name, err.text);
	check(one->name, target.scheme->protocol->dialog != NULL);
	for (size_t piece = 0; piece < 64; piece++) {
		run_open(&run, one, &target, piece);
		run_check(&run, piece ? "in pieces" : "whole");
		free(run.heard);
	}
	probe_unbind(&target, 1);
	target_release(&target);
	env_release(&env);
}

static void case_add(struct reply_case *one, const char *word, char *rest)
{
	struct step *step = &one->steps[one->count];

	check(one->name, one->count < STEPS && one->env_count < ENTRIES);
	if (strcmp(word, "target") == 0) {
		one->target = alloc_text(rest);
	} else if (strcmp(word, "env") == 0) {
		one->env[one->env_count++] = alloc_text(rest);
	} else if (strcmp(word, "outcome") == 0) {
		one->outcome = alloc_text(rest);
	} else {
		step->kind = strcmp(word, "say") == 0 ? STEP_SAY : strcmp(word, "hear") == 0 ? STEP_HEAR : STEP_EOF;
		if (step->kind == STEP_EOF)
			check_text(one->name, word, "eof");
		step->data = alloc_text(rest);
		step->len = unescape(step->data);
		one->count++;
	}
}

/* Runs the cases of the file. Returns how many there are. */
static size_t check_file(const char *name)
{
	char path[512], line[8192];
	struct reply_case one = {0};
	size_t count = 0;
	FILE *file;

	snprintf(path, sizeof(path), REPLIES "/%s", name);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s: cannot be read", path);
	while (fgets(line, sizeof(line), file)) {
		char *rest = line, *word;

		line[strcspn(line, "\n")] = '\0';
		if (!line[0] || line[0] == '#')
			continue;
		word = strsep(&rest, " ");
		if (strcmp(word, "case") == 0)
			snprintf(one.name, sizeof(one.name), "%s: %s", name, rest);
		else
			case_add(&one, word, rest ? rest : word + strlen(word));
		if (one.outcome) {
			check_case(&one);
			case_release(&one);
			count++;
		}
	}
	check(path, !one.target);
	fclose(file);
	return count;
}

static void test_replies(void **state)
{
	DIR *folder = opendir(REPLIES);
	struct dirent *entry;
	size_t dialogs = 0, files = 0;

	(void)state;
	for (size_t i = 0; scheme_at(i); i++)
		dialogs += scheme_at(i)->protocol->dialog != NULL;
	while (folder && (entry = readdir(folder)))
		if (strstr(entry->d_name, ".txt")) {
			check(entry->d_name, check_file(entry->d_name) > 0);
			files++;
		}
	if (folder)
		closedir(folder);
	check_int("a file for each dialog", (long long)files, (long long)dialogs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
	};

	return unit_main(tests);
}
