/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What others have open where something of the daemon's goes: its sockets, and what it says on that it is
 * ready. One rule for all who put anything anywhere: a number that the daemon is told is chosen around
 * what is open (fd_find_free()); where it is the protocol that chooses, from 3 on without a gap, or the
 * administrator, what is there has to give way, and is found here. in_way_judge() says what becomes of
 * it: what we know somebody to need is moved, or the plan is refused; of the rest the plan warns.
 */
#ifndef CIB_FD_IN_WAY_H
#define CIB_FD_IN_WAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "fd/info.h"

struct in_way {
	int fd;
	const char *what; /* its link in /proc/self/fd; the arena's */
};

/* Numbers that the daemon expects something at: @n from @first on. */
struct places {
	int first;
	size_t n;
};

/* What is known of the descriptors that are open. */
struct claims {
	int wanted;        /* what the host reads that the daemon is ready; or 0: nothing */
	bool can_move;     /* it is ours to write to, or is the one that is moved to the place */
	const int *closed; /* strangers', which are closed in any case; borrowed */
	size_t n_closed;
};

/* Returns the lowest number from @from on that is not open. */
int fd_find_free(int from);

/*
 * Lists what is open at @places, but for the sockets that go there, @fds, and what is closed by execve(2)
 * anyway: that is ours. Returns 0 or -ENOMEM; @ret_list is the arena's, NULL if there is nothing.
 */
int fds_find_in_way(const struct fd_info *fds, size_t n, struct places places, struct arena *arena,
		    struct in_way **ret_list, size_t *ret_n);

/*
 * The rule, pure. Returns the descriptor in @list that is wanted where it is, so that nothing may be put
 * there; or 0, then with what is lost in @ret_lost: "3 (/etc/passwd), 4 (pipe:[57])", or empty.
 */
int in_way_judge(const struct in_way *list, size_t n, const struct claims *claims,
		 struct text *ret_lost);

#endif
