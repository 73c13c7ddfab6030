/*
 * The practical limit: connects, again every millisecond while that fails, then becomes COMMAND. What every user of
 * a tool would rather have is this much work and no more. Usage: limit ADDRESS PORT SECONDS COMMAND [ARG]...
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in peer = {.sin_family = AF_INET};
	time_t end = time(NULL);
	int fd;

	if (argc < 5 || inet_pton(AF_INET, argv[1], &peer.sin_addr) != 1)
		return 125;
	peer.sin_port = htons((unsigned short)atoi(argv[2]));
	end += atoi(argv[3]);
	while (connect(fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&peer, sizeof(peer))) {
		close(fd);
		if (time(NULL) >= end)
			return 124;
		usleep(1000);
	}
	execv(argv[4], argv + 4);
	return 127;
}
