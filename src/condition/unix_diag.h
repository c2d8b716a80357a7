/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which unix sockets listen, by sock_diag(7). /proc/net/unix tells the same as lines of text, in which a
 * name may be anything, also another line: this cannot be forged.
 */
#ifndef CIB_CONDITION_UNIX_DIAG_H
#define CIB_CONDITION_UNIX_DIAG_H

#include <stdbool.h>

#include "base/text.h"

/*
 * Calls @see, with @context, for each unix socket that listens in our network namespace until it returns
 * true: @name is as it was bound, unix(7), an abstract one with its NUL in front, a path without one at
 * its end. Returns 1 if it did, 0 if not, or -errno: the kernel does not tell (-ENOENT: it was built
 * without; -EAFNOSUPPORT, -EPERM: we may not ask).
 */
int unix_diag_listeners(bool (*see)(void *context, struct slice name, unsigned long inode),
			void *context);

#endif
