/* Runs argv[2]... with exactly the environment in the file argv[1] (entries end in NUL): duplicates and entries without "=" included. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MOST_ENTRIES 1000

int main(int argc, char **argv)
{
	static char text[65536], *entries[MOST_ENTRIES + 1];
	int fd = argc > 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	ssize_t size = fd == -1 ? -1 : read(fd, text, sizeof(text) - 1);
	size_t count = 0;

	if (size < 0)
		return 2;
	for (char *entry = text; entry < text + size && count < MOST_ENTRIES; entry += strlen(entry) + 1)
		entries[count++] = entry;
	execve(argv[2], argv + 2, entries);
	return 3;
}
