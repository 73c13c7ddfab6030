#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "probe/gateway.h"

/* A folder that stands for /proc. */
struct routes {
	char proc[32];
};

static void routes_write(const struct routes *routes, const char *name, const char *content)
{
	char *path = alloc_format("%s/net/%s", routes->proc, name);
	FILE *file = fopen(path, "w");

	check("written", file && fputs(content, file) >= 0 && fclose(file) == 0);
	free(path);
}

static void routes_open(struct routes *routes)
{
	char *net;

	snprintf(routes->proc, sizeof(routes->proc), "/tmp/waitfor-gateway.XXXXXX");
	check("a folder", mkdtemp(routes->proc) != NULL);
	net = alloc_format("%s/net", routes->proc);
	check("net", mkdir(net, 0700) == 0);
	free(net);
}

static void routes_close(const struct routes *routes)
{
	static const char *const names[] = {"net/route", "net/ipv6_route", "net", ""};

	for (size_t i = 0; i < COUNT(names); i++) {
		char *path = alloc_format("%s/%s", routes->proc, names[i]);

		remove(path);
		free(path);
	}
}

static bool is_gateway(const struct routes *routes, const char *host)
{
	struct gateway known = {0};
	struct address address;

	check(host, address_of_host(&address, host, 5432));
	return gateway_is(&known, routes->proc, &address);
}

/* 0100A8C0 is 192.168.0.1 in the byte order of this machine: the kernel prints the four bytes as one number. */
static uint32_t in_kernels_order(const char *host)
{
	struct address address;

	check(host, address_of_host(&address, host, 0));
	return address.v4.sin_addr.s_addr;
}

static void test_routes(void **state)
{
	struct routes routes;
	char *v4 = alloc_format("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
				"eth0\t00000000\t%08X\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
				"eth0\t%08X\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
				"eth1\t00000000\t%08X\t0003\t0\t0\t0\t00000000\t0\t0\t0\n",
				in_kernels_order("172.17.0.1"), in_kernels_order("172.17.0.0"),
				in_kernels_order("10.9.0.254"));

	(void)state;
	routes_open(&routes);
	check("without the files", !is_gateway(&routes, "172.17.0.1"));
	routes_write(&routes, "route", v4);
	routes_write(&routes, "ipv6_route",
		     "fd000000000000000000000000000000 40 00000000000000000000000000000000 00 "
		     "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
		     "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		     "fd000000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n");
	check("the gateway", is_gateway(&routes, "172.17.0.1"));
	check("the second one", is_gateway(&routes, "10.9.0.254"));
	check("a neighbour", !is_gateway(&routes, "172.17.0.2"));
	check("a route without a gateway", !is_gateway(&routes, "172.17.0.0"));
	check("no address", !is_gateway(&routes, "0.0.0.0"));
	check("of IPv6", is_gateway(&routes, "fd00::1"));
	check("an IPv6 neighbour", !is_gateway(&routes, "fd00::2"));
	check("no IPv6 address", !is_gateway(&routes, "::"));
	routes_write(&routes, "route", "eth0\nx y\n\n\t\t\t\t\nIface Destination zz 0003\n");
	routes_write(&routes, "ipv6_route", "a b c d e f g h 3\n");
	check("nonsense", !is_gateway(&routes, "172.17.0.1"));
	routes_close(&routes);
	free(v4);
}

/* A line that two readings share, and one that fills a reading, which no file of the kernel has. */
static void test_a_file_that_takes_several_readings(void **state)
{
	static const char line[] = "eth0\t00000000\t%08X\t0003\t0\t0\t0\t00000000\t0\t0\t0\n";
	struct routes routes;
	char *last = alloc_format(line, in_kernels_order("172.17.0.1"));

	(void)state;
	routes_open(&routes);
	for (int before = 4000; before < 4200; before++) {
		char *text = alloc_format("%*s\n%s", before / 2, "", last),
		     *all = alloc_format("%*s\n%s", before / 2, "", text);

		routes_write(&routes, "route", all);
		check_int("behind lines of blanks", is_gateway(&routes, "172.17.0.1"), true);
		free(text);
		free(all);
	}
	free(last);
	last = alloc_format("%*s\n", 5000, "");
	routes_write(&routes, "route", last);
	check("a line without an end in sight", !is_gateway(&routes, "172.17.0.1"));
	free(last);
	routes_close(&routes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_a_file_that_takes_several_readings),
	};

	return unit_main(tests);
}
