/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Pages of the stack that hold nothing any more. The babysitter inherits the launcher's stack, full
 * of what was observed and planned, and returns to none of those frames: as it lives as long as the
 * daemon, it gives them back to the kernel. They read as zeros if they are used again.
 */
#ifndef CIB_BASE_STACK_H
#define CIB_BASE_STACK_H

/*
 * Gives back whole pages from @from on, to where frames end and arguments and environment begin: in
 * a function that does not return, what it and all its callers have there.
 */
void stack_drop_callers(const void *from);

/*
 * Has nothing left of what was read last in the wide registers that strlen(3) and the like use, which
 * read beyond what they are given: the dynamic loader puts these on the stack whenever it looks up a
 * function. As far as the same functions use the same registers again.
 */
void stack_forget_registers(void);

/* Gives back what functions that have returned have left below ours. */
void stack_drop_unused(void);

#endif
