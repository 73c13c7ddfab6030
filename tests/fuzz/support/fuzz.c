#include "fuzz.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A block of exactly this size, so that a read beyond its end is noticed. */
	char *copy = alloc_zero(size ? size : 1, 1);
	struct fuzz in = {copy, size};

	memcpy(copy, data, size);
	fuzz_one(&in);
	free(copy);
	return 0;
}

void fuzz_check_that(bool holds, const char *what, const char *text, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: broken: %s\n  with: %s\n", file, line, what, text ? text : "(nothing)");
	abort();
}

unsigned fuzz_byte(struct fuzz *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return (unsigned char)*in->at++;
}

static char *fuzz_take(struct fuzz *in, size_t len)
{
	char *text = alloc_slice(in->at, strnlen(in->at, len));

	in->at += len;
	in->left -= len;
	return text;
}

char *fuzz_line(struct fuzz *in)
{
	const char *end = in->left ? memchr(in->at, '\n', in->left) : NULL;
	char *line;

	if (!in->left)
		return NULL;
	line = fuzz_take(in, end ? (size_t)(end - in->at) : in->left);
	if (end)
		fuzz_byte(in);
	return line;
}

char *fuzz_rest(struct fuzz *in)
{
	return fuzz_take(in, in->left);
}

size_t fuzz_lines(struct fuzz *in, char *lines[FUZZ_LINES + 1])
{
	size_t count = 0;
	char *line = NULL;

	while (count < FUZZ_LINES && (line = fuzz_line(in)) && *line) {
		lines[count++] = line;
		line = NULL;
	}
	free(line);
	lines[count] = NULL;
	return count;
}

void fuzz_free_lines(char **lines)
{
	for (; *lines; lines++)
		free(*lines);
}

/* Makes the file of that number, of which there are two, the first time. */
static int fuzz_memory(size_t number)
{
	static int fds[2] = {-1, -1};

	if (fds[number] < 0)
		fds[number] = memfd_create("fuzz", 0);
	if (fds[number] < 0)
		abort();
	return fds[number];
}

const char *fuzz_file(const void *bytes, size_t len)
{
	static char path[32];
	int fd = fuzz_memory(0);

	if (ftruncate(fd, 0) || pwrite(fd, bytes, len, 0) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

void fuzz_log_open(struct log *log)
{
	int fd = fuzz_memory(1);

	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
		abort();
	log_init(log, fd);
	log->level = LOG_LEVEL_VERBOSE;
}

char *fuzz_log_text(void)
{
	int fd = fuzz_memory(1);
	off_t len = lseek(fd, 0, SEEK_END);
	char *text = alloc_zero((size_t)len + 1, 1);

	if (pread(fd, text, (size_t)len, 0) != len)
		abort();
	return text;
}
