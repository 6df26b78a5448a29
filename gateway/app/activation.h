/* Listening sockets that the process is started with (sd_listen_fds(3)). Who holds them keeps
 * them over a restart of the gateway: newcomers wait then, instead of being refused. */
#ifndef UAV_APP_ACTIVATION_H
#define UAV_APP_ACTIVATION_H

#include "base/log.h"
#include "settings/settings.h"

/* For each listener the descriptor that it takes over, which is the caller's then and does not
 * block, or -1: it is to bind. A socket goes to the listener whose name it has
 * (FileDescriptorName=), else to the one at whose address it listens. What goes to nobody is
 * logged and closed. 0, or -1, logged: a socket is of no use to the listener whose name it has, or
 * nobody knows what was inherited; all of them are closed then. To be called once, before this
 * process opens anything: what LISTEN_FDS says is taken for what it says. */
int activation_take(const struct settings *settings, struct log *log,
		    int descriptors[SETTINGS_MAX_LISTENERS]) __attribute__((warn_unused_result));

#endif
