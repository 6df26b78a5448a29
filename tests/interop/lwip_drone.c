/* Runs the example on lwIP's raw API of the client's README on Debian's liblwip: within lwIP's
 * own thread, over a network that has this process alone. What it connects to there is handed
 * on to the socket file of a gateway, so that no rights and no device are needed.
 *
 *	lwip_drone SOCKET_FILE DRONE_ID */
#include <lwip/api.h>
#include <lwip/netif.h>
#include <lwip/tcpip.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PORT 7600 /* the example's */

/* the example */
void drone_start(const ip_addr_t *gateway, const char *drone_id, uint32_t chip_number);

static const char *drone_id, *socket_path;
static struct netif own;
static ip_addr_t address;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Nothing leaves: what goes to the own address comes back before it gets here. */
static err_t put_nowhere(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to)
{
	(void)netif;
	(void)packet;
	(void)to;
	return ERR_IF;
}

static err_t init_netif(struct netif *netif)
{
	netif->name[0] = 'o';
	netif->name[1] = 'w';
	netif->mtu = 1500;
	netif->output = put_nowhere;
	return ERR_OK;
}

static void raise_netif(void *done)
{
	IP_ADDR4(&address, 10, 0, 0, 1);
	netif_add(&own, ip_2_ip4(&address), NULL, NULL, NULL, init_netif, tcpip_input);
	netif_set_default(&own);
	netif_set_link_up(&own);
	netif_set_up(&own);
	sys_sem_signal(done);
}

static void start(void *unused)
{
	(void)unused;
	drone_start(&address, drone_id, 1);
}

/* --- from lwIP to the socket file and back --- */

struct passage {
	struct netconn *drone;
	int gateway;
};

static int open_gateway(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int opened = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", socket_path);
	if (opened < 0 || connect(opened, (const struct sockaddr *)&at, sizeof(at)) < 0) {
		close(opened);
		return -1;
	}
	return opened;
}

static void *from_gateway(void *arg)
{
	const struct passage *passage = arg;
	char bytes[4096];
	ssize_t size;

	while ((size = read(passage->gateway, bytes, sizeof(bytes))) > 0 &&
	       netconn_write(passage->drone, bytes, (size_t)size, NETCONN_COPY) == ERR_OK) {
	}
	netconn_shutdown(passage->drone, 0, 1);
	return NULL;
}

static void from_drone(const struct passage *passage)
{
	struct netbuf *buffer;
	void *bytes;
	u16_t size;

	while (netconn_recv(passage->drone, &buffer) == ERR_OK) {
		do {
			netbuf_data(buffer, &bytes, &size);
			(void)!send(passage->gateway, bytes, size, MSG_NOSIGNAL);
		} while (netbuf_next(buffer) >= 0);
		netbuf_delete(buffer);
	}
	shutdown(passage->gateway, SHUT_RDWR);
}

/* One connection after the other: there is one drone. */
static void *pass_on(void *listener)
{
	struct passage passage;

	while (netconn_accept(listener, &passage.drone) == ERR_OK) {
		pthread_t other;

		passage.gateway = open_gateway();
		if (passage.gateway >= 0 &&
		    pthread_create(&other, NULL, from_gateway, &passage) == 0) {
			from_drone(&passage);
			pthread_join(other, NULL);
		}
		close(passage.gateway);
		netconn_close(passage.drone);
		netconn_delete(passage.drone);
	}
	die("accept");
	return NULL;
}

int main(int argc, char **argv)
{
	struct netconn *listener;
	sys_sem_t raised;

	if (argc != 3) {
		return 2;
	}
	socket_path = argv[1];
	drone_id = argv[2];
	if (sys_sem_new(&raised, 0) != ERR_OK) {
		die("semaphore");
	}
	tcpip_init(raise_netif, &raised);
	sys_arch_sem_wait(&raised, 0);
	listener = netconn_new(NETCONN_TCP);
	if (!listener || netconn_bind(listener, &address, PORT) != ERR_OK ||
	    netconn_listen(listener) != ERR_OK || tcpip_callback(start, NULL) != ERR_OK) {
		die("lwIP");
	}
	pass_on(listener);
	return 1;
}
