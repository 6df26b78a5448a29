#include "base/host_bytes.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

const char *host_bytes_text(const uint8_t bytes[HOST_BYTES], char text[INET6_ADDRSTRLEN])
{
	static const uint8_t ipv4[12] = {[10] = 0xff, [11] = 0xff};
	bool is_ipv4 = memcmp(bytes, ipv4, sizeof(ipv4)) == 0;

	inet_ntop(is_ipv4 ? AF_INET : AF_INET6, is_ipv4 ? bytes + sizeof(ipv4) : bytes, text,
		  INET6_ADDRSTRLEN);
	return text;
}
