/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What others have open where the daemon's sockets go. One rule for all who put sockets anywhere: a
 * number that the daemon is told is chosen around what is open (fd_find_free()); where it is the
 * protocol that chooses, from 3 on without a gap, what is there has to give way, and is found here, so
 * that the plan can say so, or refuse where somebody is known to need it.
 */
#ifndef CIB_FD_IN_WAY_H
#define CIB_FD_IN_WAY_H

#include <stddef.h>

#include "base/arena.h"
#include "fd/info.h"

struct in_way {
	int fd;
	const char *what; /* its link in /proc/self/fd; the arena's */
};

/* The lowest number from @from on that is not open. */
int fd_find_free(int from);

/*
 * Lists what is open at @first and up to where @n sockets end, but for these sockets, @fds, and what
 * is closed by execve(2) anyway: that is ours. Returns 0 or -ENOMEM; @ret_list is the arena's, NULL if
 * there is nothing.
 */
int fds_find_in_way(const struct fd_info *fds, size_t n, int first, struct arena *arena,
		    struct in_way **ret_list, size_t *ret_n);

#endif
