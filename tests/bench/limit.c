/*
 * The practical limit: connects, again every millisecond while that fails, then becomes COMMAND. What every user of
 * a tool would rather have is this much work and no more. Usage: limit ADDRESS PORT SECONDS STAY COMMAND [ARG]...
 * The connection must stay open for STAY milliseconds.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in peer = {.sin_family = AF_INET};
	time_t end = time(NULL);
	int fd, stay;

	if (argc < 6 || inet_pton(AF_INET, argv[1], &peer.sin_addr) != 1)
		return 125;
	peer.sin_port = htons((unsigned short)atoi(argv[2]));
	end += atoi(argv[3]);
	while (connect(fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&peer, sizeof(peer))) {
		close(fd);
		if (time(NULL) >= end)
			return 124;
		usleep(1000);
	}
	stay = atoi(argv[4]);
	if (stay && poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, stay))
		return 1;
	execv(argv[5], argv + 5);
	return 127;
}
