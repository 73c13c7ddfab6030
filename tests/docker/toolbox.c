/*
 * The only program besides waitfor in the images of these tests, which have no shell: the wrapped app, a peer that
 * can be told when to listen, and what looks into a container from inside. Linked statically.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static volatile sig_atomic_t toggled, ended;

static void on_signal(int number)
{
	if (number == SIGUSR1)
		toggled = 1;
	else
		ended = 1;
}

static void handle_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

/* Who am I and what was I given: one fact a line. */
static void show(int argc, char **argv)
{
	printf("pid %d\n", (int)getpid());
	for (int i = 0; i < argc; i++)
		printf("arg %s\n", argv[i]);
	for (char **e = environ; *e; e++)
		printf("env %s\n", *e);
	fflush(stdout);
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
	    bind(fd, (struct sockaddr *)&any, sizeof any) || listen(fd, 16)) {
		perror("toolbox: listen");
		exit(1);
	}
	return fd;
}

/* Accepts and holds every connection open; SIGUSR1 starts and ends listening, SIGTERM ends. */
static int serve(uint16_t port, int listening)
{
	int fd = listening ? listen_on(port) : -1;

	handle_signals();
	printf("serving %d\n", listening);
	fflush(stdout);
	while (!ended) {
		struct pollfd slot = {.fd = fd, .events = POLLIN};

		/* The time limit covers a signal that lands between the look at the flags and poll. */
		if (poll(&slot, 1, 100) > 0)
			accept(fd, NULL, NULL);
		if (!toggled)
			continue;
		toggled = 0;
		if (fd < 0) {
			fd = listen_on(port);
		} else {
			close(fd);
			fd = -1;
		}
		printf("serving %d\n", fd >= 0);
		fflush(stdout);
	}
	return 0;
}

/*
 * The DNS server behind Docker's own: every name is unknown. Without it the engine would put the question to the
 * machine's resolver, and so to somebody else's.
 */
static int know_nobody(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(53)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	handle_signals();
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any)) {
		perror("toolbox: bind");
		return 1;
	}
	printf("serving DNS\n");
	fflush(stdout);
	while (!ended) {
		struct pollfd slot = {.fd = fd, .events = POLLIN};
		struct sockaddr_in from;
		socklen_t from_size = sizeof from;
		unsigned char packet[512];
		ssize_t size, end = 12;

		if (poll(&slot, 1, 100) <= 0)
			continue;
		size = recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &from_size);
		while (end < size && packet[end])
			end += packet[end] + 1;
		end += 5; /* the root label, type and class */
		if (size < 17 || end > size)
			continue;
		packet[2] |= 0x80; /* a reply */
		packet[3] = 0x83;  /* recursion was to be had; no such name */
		memset(packet + 6, 0, 6);
		sendto(fd, packet, (size_t)end, 0, (struct sockaddr *)&from, from_size);
	}
	return 0;
}

static int hold(void)
{
	handle_signals();
	printf("holding\n");
	fflush(stdout);
	while (!ended)
		poll(NULL, 0, 100);
	return 42;
}

/* Leaves a child whose parent is gone and which then ends: PID 1 inherits it and has to reap it. */
static int orphan(void)
{
	int gate[2];
	char byte;

	if (pipe(gate))
		return 1;
	if (fork() == 0) {
		pid_t child = fork();

		if (child == 0) {
			close(gate[1]);
			/* Ends of file once every other holder of the pipe, its parent too, has ended. */
			if (read(gate[0], &byte, 1) < 0)
				_exit(1);
			_exit(0);
		}
		printf("orphan %d\n", (int)child);
		fflush(stdout);
		_exit(0);
	}
	return wait(NULL) < 0;
}

/* Every process of this container: pid, state letter, name. */
static int processes(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc)
		return 1;
	while ((entry = readdir(proc))) {
		char path[300], line[512], *paren;
		FILE *stat;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
		stat = fopen(path, "r");
		if (!stat)
			continue;
		if (fgets(line, sizeof line, stat) && (paren = strrchr(line, ')')))
			printf("process %s %c\n", entry->d_name, paren[2]);
		fclose(stat);
	}
	closedir(proc);
	return 0;
}

static int print_file(const char *path)
{
	char part[4096];
	size_t n;
	FILE *file = fopen(path, "r");

	if (!file)
		return 1;
	while ((n = fread(part, 1, sizeof part, file)))
		fwrite(part, 1, n, stdout);
	fclose(file);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "show";

	if (!strcmp(verb, "show")) {
		show(argc, argv);
		return 0;
	}
	if (!strcmp(verb, "hold"))
		return hold();
	if (!strcmp(verb, "dns"))
		return know_nobody();
	if (!strcmp(verb, "orphan"))
		return orphan();
	if (!strcmp(verb, "processes"))
		return processes();
	if (!strcmp(verb, "file") && argc == 3)
		return print_file(argv[2]);
	if (!strcmp(verb, "serve") && argc == 3)
		return serve((uint16_t)atoi(argv[2]), 1);
	if (!strcmp(verb, "serve-later") && argc == 3)
		return serve((uint16_t)atoi(argv[2]), 0);
	fprintf(stderr, "toolbox: unknown verb %s\n", verb);
	return 2;
}
