/*
 * A TCP peer that comes up late. Usage: peer ADDRESS SECONDS [http]
 *
 * Takes a port and prints it: connections to it are refused. SECONDS after the first byte on stdin it prints the time
 * and listens; then it accepts connections and keeps the last of them open until it is killed: one that is closed at
 * once would mean that there is no service (FACTS 17). A program of its own because the moment must be exact: in the
 * driver it would wait for the interpreter's lock.
 *
 * With http it answers each request with 200 and hangs up. Each client has a process of its own: one may be connected and
 * say nothing.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* More than clients are started together (herd.py). */
enum { KEPT = 512 };

static void accept_for_ever(int listener)
{
	int kept[KEPT];

	for (size_t count = 0;; count++) {
		if (count >= KEPT)
			close(kept[count % KEPT]);
		kept[count % KEPT] = accept(listener, NULL, NULL);
	}
}

static bool read_request(int client)
{
	char request[4096];
	size_t len = 0;
	ssize_t got;

	while ((got = read(client, request + len, sizeof(request) - 1 - len)) > 0) {
		request[len += (size_t)got] = '\0';
		if (strstr(request, "\r\n\r\n"))
			return true;
	}
	return false;
}

static void answer_for_ever(int listener)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int client = accept(listener, NULL, NULL);

		if (client >= 0 && fork() == 0)
			_exit(read_request(client) && write(client, reply, sizeof(reply) - 1) < 0);
		close(client);
	}
}

static void sleep_for(double seconds)
{
	struct timespec pause = {.tv_sec = (time_t)seconds};

	pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
	nanosleep(&pause, NULL);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct timespec now;
	char go;

	if (argc < 3 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1 ||
	    bind(listener, (struct sockaddr *)&address, size) ||
	    getsockname(listener, (struct sockaddr *)&address, &size) || printf("%d\n", ntohs(address.sin_port)) < 0 ||
	    fflush(stdout))
		return 1;
	if (read(STDIN_FILENO, &go, 1) != 1)
		return 1;
	sleep_for(strtod(argv[2], NULL));
	/* The clock first: if anything gets between the two it counts against the tools. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (listen(listener, KEPT))
		return 1;
	printf("%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
	fflush(stdout);
	if (argc > 3)
		answer_for_ever(listener);
	accept_for_ever(listener);
}
