#include "app/links.h"

#include <stdlib.h>

size_t links_wanted(const struct settings *settings)
{
	size_t wanted = 0;

	for (size_t i = 0; i < settings->simulator_count; i++) {
		wanted += settings->simulators[i].connections;
	}
	return wanted;
}

/* The next connection of simulator `simulator`. */
static int add(struct links *links, struct net *net, size_t simulator, uint32_t connection,
	       const char **why)
{
	struct simlink *link =
		simlink_new(net, (uint32_t)simulator, connection, (uint32_t)links->count, why);

	if (!link) {
		return -1;
	}
	links->ports[links->count] = (struct sim_port){.ops = &simlink_ops, .ctx = link};
	links->count++;
	return 0;
}

int links_init(struct links *links, struct net *net, const char **why)
{
	const struct settings *settings = net->settings;
	size_t wanted = links_wanted(settings);

	*links = (struct links){0};
	*why = "no simulator is configured";
	if (wanted == 0) {
		return -1;
	}
	*why = "out of memory";
	links->ports = calloc(wanted, sizeof(*links->ports));
	if (!links->ports) {
		return -1;
	}
	for (size_t i = 0; i < settings->simulator_count; i++) {
		for (uint32_t j = 1; j <= settings->simulators[i].connections; j++) {
			if (add(links, net, i, j, why) < 0) {
				return -1;
			}
		}
	}
	return 0;
}

void links_start(struct links *links)
{
	for (size_t i = 0; i < links->count; i++) {
		simlink_start(links->ports[i].ctx);
	}
}

void links_bulk_begin(struct links *links)
{
	for (size_t i = 0; i < links->count; i++) {
		simlink_bulk_begin(links->ports[i].ctx);
	}
}

void links_bulk_end(struct links *links)
{
	for (size_t i = 0; i < links->count; i++) {
		simlink_bulk_end(links->ports[i].ctx);
	}
}

void links_reload(struct links *links, const struct settings *before)
{
	for (size_t i = 0; i < links->count; i++) {
		simlink_reload(links->ports[i].ctx, before);
	}
}

void links_stop(struct links *links)
{
	for (size_t i = 0; i < links->count; i++) {
		simlink_stop(links->ports[i].ctx);
	}
}

void links_fini(struct links *links)
{
	for (size_t i = 0; i < links->count; i++) {
		simlink_free(links->ports[i].ctx);
	}
	free(links->ports);
}
