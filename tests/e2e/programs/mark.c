/* Leaves the file argv[1] as proof that it was started, then stays until a signal ends it. */
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 2 || open(argv[1], O_WRONLY | O_CREAT, 0600) == -1)
		return 2;
	for (;;)
		pause();
}
