/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What others can read of a process of ours that stays, for as long as the daemon lives: everybody its
 * command line, which is the daemon's, with whatever the daemon wipes from its own; its user the
 * environment and the memory, also where the daemon has kept him from its own, PR_SET_DUMPABLE.
 */
#ifndef CIB_BASE_COVER_H
#define CIB_BASE_COVER_H

/* At the very beginning: @argv is that of main(), and borrowed for good. */
void cover_begin(char *const *argv);

/*
 * In place of our arguments there is now "cross-init-bridge: @job", or without a job our name, as far
 * as there is space. Nothing that was borrowed from them is to be used any more.
 */
void cover_arguments(const char *job);

/*
 * Of our environment only the variables @kept are left, in environ as well. Nothing that was borrowed
 * from the others is to be used any more.
 */
void cover_environment(const char *const *kept);

/* From now on only root can trace us, or read what is ours in /proc; we still can. */
void cover_memory(void);

#endif
