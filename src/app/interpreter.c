#include "app/interpreter.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

/* The kernel looks at so many bytes of a script, and follows so many scripts whose interpreter is a script. */
enum { INTERPRETER_HEAD = 256, INTERPRETER_DEPTH = 4 };

/* The kernel runs no ELF file whose program headers are more bytes than this. */
enum { INTERPRETER_PARTS_MAX = 65536 };

#define INTERPRETER_BLANKS " \t"

/* The first bytes of waitfor itself. The linker makes the name. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden"))); // NOLINT(bugprone-reserved-identifier)

/* Returns a descriptor; -1 if the file cannot be read, and then there is nothing in it for interpreter_read. */
static int interpreter_open(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* Reads up to size bytes at offset. Returns their number; 0 if there are none, or if the file cannot be read. */
static size_t interpreter_read(int fd, void *data, size_t size, size_t offset)
{
	ssize_t got = pread(fd, data, size, (off_t)offset);

	return got > 0 ? (size_t)got : 0;
}

/*
 * Returns the first line of a script behind "#!", without blanks around it; NULL if the file is no script, or one that
 * the kernel refuses with ENOEXEC. The caller's.
 */
static char *interpreter_line(int fd)
{
	char head[INTERPRETER_HEAD + 1], *begin, *end;
	size_t len = interpreter_read(fd, head, INTERPRETER_HEAD, 0);

	head[len] = '\0';
	if (strncmp(head, "#!", 2) != 0)
		return NULL;
	begin = head + 2 + strspn(head + 2, INTERPRETER_BLANKS);
	end = begin + strcspn(begin, "\n");
	/* Where the line does not end within the bytes, the kernel takes the name only if something follows it. */
	if (!*end && len == INTERPRETER_HEAD && !strpbrk(begin, INTERPRETER_BLANKS))
		return NULL;
	while (end > begin && strchr(INTERPRETER_BLANKS, end[-1]))
		end--;
	return end > begin ? alloc_slice(begin, (size_t)(end - begin)) : NULL;
}

/* Returns the errno value for a file that execve is to open as an interpreter, or 0. */
static int interpreter_find(const char *name)
{
	struct stat found;

	if (stat(name, &found))
		return errno;
	if (!S_ISREG(found.st_mode))
		return EACCES;
	return access(name, X_OK) ? errno : 0;
}

/* Returns the path that a part of an ELF file contains; NULL if the kernel refuses it (load_elf_binary). The caller's. */
static char *interpreter_path(int fd, const ElfW(Phdr) * part)
{
	size_t size = part->p_filesz;
	char *path;

	if (size < 2 || size > PATH_MAX)
		return NULL;
	path = alloc_zero(size, 1);
	if (interpreter_read(fd, path, size, part->p_offset) == size && *path && !path[size - 1])
		return path;
	free(path);
	return NULL;
}

/* Returns the path of the loader that a native ELF program names; NULL if it names none. The caller's. */
static char *interpreter_loader(int fd)
{
	const ElfW(Ehdr) *own = &__ehdr_start;
	ElfW(Ehdr) head;
	ElfW(Phdr) * parts;
	char *path = NULL;
	size_t size;

	if (interpreter_read(fd, &head, sizeof(head), 0) != sizeof(head))
		return NULL;
	/* A program of another machine may be run by an emulator, which the kernel knows. */
	if (memcmp(head.e_ident, own->e_ident, EI_DATA + 1) != 0 || head.e_machine != own->e_machine)
		return NULL;
	size = head.e_phnum * sizeof(*parts);
	if (size > INTERPRETER_PARTS_MAX)
		return NULL;
	parts = alloc_zero(head.e_phnum, sizeof(*parts));
	if (interpreter_read(fd, parts, size, head.e_phoff) == size) {
		int i = 0;

		while (i < head.e_phnum && parts[i].p_type != PT_INTERP)
			i++; /* the kernel takes the first */
		if (i < head.e_phnum)
			path = interpreter_path(fd, &parts[i]);
	}
	free(parts);
	return path;
}

static int interpreter_refuse(const char *path, const char *name, int reason, bool is_script, struct error *err)
{
	size_t len = strlen(name);

	if (is_script && reason == ENOENT && name[len - 1] == '\r')
		errors_set(err, INTERPRETER_CARRIAGE_RETURN, path);
	else if (is_script)
		errors_set(err, "cannot run \"%s\": the interpreter %s in its first line: %s", path, name,
			   strerror(reason));
	else
		errors_set(err, "cannot run \"%s\": its loader %s: %s; link it statically, or add the loader", path,
			   name, strerror(reason));
	return reason;
}

int interpreter_check(const char *path, struct error *err)
{
	char *program = alloc_text(path);
	int reason = 0;

	for (int i = 0; i < INTERPRETER_DEPTH && !reason; i++) {
		int fd = interpreter_open(program);
		char *name = interpreter_line(fd);
		bool is_script = name;

		if (name)
			name[strcspn(name, INTERPRETER_BLANKS)] = '\0';
		else
			name = interpreter_loader(fd);
		if (fd >= 0)
			close(fd);
		if (!name)
			break;
		reason = interpreter_find(name);
		if (reason)
			interpreter_refuse(program, name, reason, is_script, err);
		free(program);
		program = name;
		if (!is_script)
			break;
	}
	free(program);
	return reason;
}

char *interpreter_for_env(const char *path)
{
	int fd = interpreter_open(path);
	char *line = interpreter_line(fd), *rest = line, *name, *argument, *found = NULL;

	if (fd >= 0)
		close(fd);
	if (!line)
		return NULL;
	name = strsep(&rest, INTERPRETER_BLANKS);
	argument = rest ? rest + strspn(rest, INTERPRETER_BLANKS) : NULL;
	if (strcmp(name, "/usr/bin/env") == 0 && argument && *argument != '-' && !strchr(argument, '='))
		found = alloc_text(argument);
	free(line);
	return found;
}
