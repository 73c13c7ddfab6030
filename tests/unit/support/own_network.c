#include "own_network.h"

#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loopback.h"

static bool own_network_configure(int fd)
{
	struct address address = loopback_address(OWN_NETWORK_ADDRESS, 0);
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK};

	if (ioctl(fd, SIOCSIFFLAGS, &request))
		return false;
	memset(&request, 0, sizeof(request));
	strcpy(request.ifr_name, "lo:1");
	memcpy(&request.ifr_addr, &address, sizeof(request.ifr_addr));
	return ioctl(fd, SIOCSIFADDR, &request) == 0;
}

bool own_network_take(void)
{
	bool configured;
	int fd;

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	configured = fd >= 0 && own_network_configure(fd);
	if (fd >= 0)
		close(fd);
	return configured;
}
