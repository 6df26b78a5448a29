#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/host.h"

#include <stdio.h>

static struct address address_of(const char *host, uint16_t port)
{
	struct address address = {.port = port};

	snprintf(address.host, sizeof(address.host), "%s", host);
	return address;
}

static void assert_form(const char *host, uint16_t port, const char *expected)
{
	struct address address = address_of(host, port);
	struct sockaddr_storage resolved;
	char text[HOST_TEXT_BYTES];

	assert_int_equal(host_resolve(&address, &resolved), 0);
	assert_string_equal(host_text((const struct sockaddr *)&resolved, text), expected);
}

static void resolves_and_shows(void **state)
{
	(void)state;
	assert_form("127.0.0.1", 7600, "127.0.0.1:7600");
	assert_form("localhost", 1, "127.0.0.1:1");
	assert_form("0.0.0.0", 0, "0.0.0.0:0");
	assert_form("::1", 65535, "[::1]:65535");
	assert_form("1111:2222:3333:4444:5555:6666:255.255.255.255", 65535,
		    "[1111:2222:3333:4444:5555:6666:ffff:ffff]:65535");
}

static void resolves_a_path(void **state)
{
	struct address address = {.is_path = true, .host = "/run/uav/gateway.sock"};
	struct sockaddr_storage resolved;
	char text[HOST_TEXT_BYTES];

	(void)state;
	assert_int_equal(host_resolve(&address, &resolved), 0);
	assert_int_equal(resolved.ss_family, AF_UNIX);
	assert_string_equal(host_text((const struct sockaddr *)&resolved, text),
			    "unix:/run/uav/gateway.sock");
	memset(address.host, 'p', sizeof(address.host) - 1);
	assert_int_equal(host_resolve(&address, &resolved), -1);
	address.host[HOST_PATH_BYTES + 1] = '\0';
	assert_int_equal(host_resolve(&address, &resolved), -1);
	address.host[HOST_PATH_BYTES] = '\0';
	assert_int_equal(host_resolve(&address, &resolved), 0);
	assert_int_equal(strlen(host_text((const struct sockaddr *)&resolved, text)),
			 HOST_PATH_BYTES + strlen("unix:"));
	address.host[0] = '\0';
	assert_int_equal(host_resolve(&address, &resolved), -1);
}

static void looks_no_name_up(void **state)
{
	struct address name = address_of("example.org", 7600);
	struct address empty = address_of("", 7600);
	struct sockaddr_storage resolved;

	(void)state;
	assert_int_equal(host_resolve(&name, &resolved), -1);
	assert_int_equal(host_resolve(&empty, &resolved), -1);
}

static void bytes_of(const char *host, uint16_t port, uint8_t bytes[ENDPOINT_ADDRESS_BYTES])
{
	struct address address = address_of(host, port);
	struct sockaddr_storage resolved;

	assert_int_equal(host_resolve(&address, &resolved), 0);
	host_bytes((const struct sockaddr *)&resolved, bytes);
}

static void compares_by_host_alone(void **state)
{
	static const uint8_t mapped[ENDPOINT_ADDRESS_BYTES] = {[10] = 0xff, 0xff, 192, 0, 2, 7};
	static const uint8_t loopback[ENDPOINT_ADDRESS_BYTES] = {[15] = 1};
	static const uint8_t here[ENDPOINT_ADDRESS_BYTES] = {[10] = 0xff, 0xff, 127, 0, 0, 1};
	static const uint8_t zero[ENDPOINT_ADDRESS_BYTES];
	uint8_t one[ENDPOINT_ADDRESS_BYTES], other[ENDPOINT_ADDRESS_BYTES];
	struct sockaddr unix_socket = {.sa_family = AF_UNIX};
	struct sockaddr unknown = {.sa_family = AF_NETLINK};

	(void)state;
	bytes_of("192.0.2.7", 1000, one);
	assert_memory_equal(one, mapped, sizeof(one));
	bytes_of("::ffff:192.0.2.7", 2000, other); /* as a dual-stack socket shows it */
	assert_memory_equal(one, other, sizeof(one));
	bytes_of("::1", 3000, one);
	assert_memory_equal(one, loopback, sizeof(one));
	bytes_of("localhost", 3000, one);
	assert_memory_equal(one, here, sizeof(one));
	host_bytes(&unix_socket, one);
	assert_memory_equal(one, here, sizeof(one));
	host_bytes(&unknown, one);
	assert_memory_equal(one, zero, sizeof(one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolves_and_shows),
		cmocka_unit_test(resolves_a_path),
		cmocka_unit_test(looks_no_name_up),
		cmocka_unit_test(compares_by_host_alone),
	};

	return cmocka_run_group_tests_name("net_host", tests, NULL, NULL);
}
