/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * How long bus-query may live without anybody who wants to know. Its caller sets it a deadline, and it
 * dies with its caller; but it may be an orphan that nothing has killed, and a bus that hangs
 * would keep it until the machine is switched off. Whatever libdbus does meanwhile is not asked.
 */
#ifndef CIB_BUS_QUERY_CLOCK_H
#define CIB_BUS_QUERY_CLOCK_H

/* From now on: as long as any question may take, much longer than any caller waits. */
void clock_start_question(void);

/* The same for a question without an end: as long as somebody reads what we print. */
void clock_start_watch(void);

#endif
