/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The sockets that Upstart forgets to hand over. A job that starts on a socket gets it with the
 * event, and with that alone: started by hand or restarted it gets none, respawned it gets numbers
 * of closed descriptors or of another job's (hosts/upstart/sockets.c). The listener is still there, in
 * upstart-socket-bridge(8), and its clients hang. So the job's start_on is asked for over D-Bus,
 * and what they name is taken from the process that holds it, with pidfd_getfd(2).
 *
 * Who is asked for sockets is PID 1's own child of that name; whose they are, start_on says.
 * A file of its own because nothing else reaches into other processes.
 */
#ifndef CIB_HOSTS_UPSTART_ADOPT_H
#define CIB_HOSTS_UPSTART_ADOPT_H

#include "hosts/upstart/own_facts.h"
#include "options.h"

/*
 * True if the job's sockets are not those that were handed over, or should be asked for. What an
 * event has started without sockets is as Upstart means it, and the usual case: it costs nothing,
 * unless @options require sockets. Pure.
 */
bool upstart_misses_sockets(const struct options *options, const struct facts *facts);

/*
 * Puts the sockets that the job's start_on names into @facts' hand-over, in place of what is
 * there. What came of it is in its upstart_facts; if there is nothing, the hand-over is as before.
 */
void upstart_adopt(struct facts *facts);

#endif
