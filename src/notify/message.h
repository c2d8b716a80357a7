/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text of sd_notify(3) datagrams, as systemd's own receiver reads it. Pure and bounded.
 *
 * A message is lines that end in LF, CR or both, each a variable; one NUL at the very end is
 * allowed. NAME=1 counts only as a whole line. Of several lines with the same name the first
 * counts. STOPPING=1 wins over READY=1, and that over RELOADING=1 (a reload that is over already).
 * BARRIER=1 counts only as the only line; beside others it makes the whole message void. What is
 * not known, X_ variables among it, is ignored. Numbers are decimal; systemd would also take the
 * hexadecimal ones that nobody sends.
 */
#ifndef CIB_NOTIFY_MESSAGE
#define CIB_NOTIFY_MESSAGE

#include <stddef.h>

#include "protocol.h"

/* One datagram is one message of at most this many bytes (systemd: NOTIFY_BUFFER_MAX, PIPE_BUF). */
#define NOTIFY_MAX 4096

/*
 * Reads the @length bytes of one message. Returns 0 and @ret_said, which borrows from @text, or
 * -EBADMSG (a NUL inside: to be ignored).
 */
int notify_parse(const char *text, size_t length, struct statement *ret_said);

#endif
