/*
 * Counts packets: writes a record for each IPv4 packet that comes in, until SIGTERM. Usage: tap >FILE. It prints a line on stderr when it listens. Exit status 1 if a packet was lost.
 *
 * The kernel stamps each packet, so a busy machine does not move the times. On the loopback device a packet is sent and
 * received; a socket that asks for one protocol gets only what is received, so each counts once.
 */
#include <arpa/inet.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 32 << 20, FLAGS = 13 };

struct record {
	int64_t nanoseconds; /* of the day's clock */
	uint16_t from, to;   /* ports */
	uint8_t protocol;    /* of IP */
	uint8_t flags;       /* of TCP */
	uint16_t none;
};

/* tpacket_stats of the kernel. */
struct statistics {
	unsigned int packets, drops;
};

static volatile sig_atomic_t over;

static void end(int signal)
{
	(void)signal;
	over = 1;
}

static int64_t stamp_of(struct msghdr *message)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(message);
	struct timespec time = {0};

	if (part && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_TIMESTAMPNS)
		memcpy(&time, CMSG_DATA(part), sizeof(time));
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void note(const uint8_t *packet, size_t len, int64_t when)
{
	size_t header = len ? (packet[0] & 15U) * 4 : 0;
	struct record record = {.nanoseconds = when, .protocol = len > 9 ? packet[9] : 0};

	if (len < header + 4)
		return;
	record.from = (uint16_t)(packet[header] << 8 | packet[header + 1]);
	record.to = (uint16_t)(packet[header + 2] << 8 | packet[header + 3]);
	if (record.protocol == IPPROTO_TCP && len > header + FLAGS)
		record.flags = packet[header + FLAGS];
	fwrite(&record, sizeof(record), 1, stdout);
}

static void listen_at(int fd)
{
	uint8_t packet[128];
	_Alignas(struct cmsghdr) char control[128];
	struct iovec into = {.iov_base = packet, .iov_len = sizeof(packet)};

	while (!over) {
		struct msghdr message = {
			.msg_iov = &into, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
		ssize_t got = recvmsg(fd, &message, 0);

		if (got > 0)
			note(packet, (size_t)got, stamp_of(&message));
	}
}

int main(void)
{
	const struct sigaction on_end = {.sa_handler = end};
	const struct timeval look = {.tv_usec = 100000}; /* a signal between look and recvmsg is seen after this */
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP)), on = 1, room = ROOM;
	struct statistics seen = {0};
	socklen_t size = sizeof(seen);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof(look)) || sigaction(SIGTERM, &on_end, NULL)) {
		perror("tap");
		return 1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	fputs("listening\n", stderr);
	listen_at(fd);
	return getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &seen, &size) || seen.drops || fflush(stdout);
}
