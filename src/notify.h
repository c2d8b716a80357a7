/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text of sd_notify(3) datagrams, as systemd's own receiver reads it. Pure and bounded.
 */
#ifndef CIB_NOTIFY_H
#define CIB_NOTIFY_H

#include <stddef.h>

/* One datagram is one message of at most this many bytes (systemd: NOTIFY_BUFFER_MAX, PIPE_BUF). */
#define NOTIFY_MAX 4096

/*
 * Reads the @length bytes of one message: lines that end in LF, CR or both, each a variable.
 * READY=1 and its like count only as whole lines; one NUL at the very end is allowed. BARRIER=1
 * counts only as the only line; beside others it makes the whole message void, sd_notify(3).
 * Returns the state changes as bits of enum state_change (0: nothing of interest), or -EBADMSG
 * (a NUL inside: to be ignored).
 */
int notify_parse(const char *text, size_t length);

#endif
