/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Descriptors that came with a message: nothing that is sent to us is ever read or kept, so they are
 * closed. That is not as simple as it sounds, which is why it has its own file: close(2) of what a
 * stranger chose can take as long as he likes, and not even SIGKILL ends it (a file of his own FUSE
 * file system, a TCP socket with SO_LINGER, or a unix socket that these wait in).
 */
#ifndef CIB_NOTIFY_PASSED_FDS_H
#define CIB_NOTIFY_PASSED_FDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Closes @fds. Returns false if that takes long: it goes on by itself, and until passed_fds_are_gone()
 * no more are to be received, nor is a program to be started, which would have to close them, too.
 */
bool passed_fds_close(const int *fds, size_t n);

bool passed_fds_are_gone(void);

#endif
