/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * bus-query's questions that have no last answer: who owns this name, now and from now on? It is
 * separate from the others because it does not wait for replies but takes what the bus sends in
 * the order in which it comes, and because it outlives the bus: it begins anew with the next one.
 */
#ifndef CIB_BUS_QUERY_WATCH_H
#define CIB_BUS_QUERY_WATCH_H

#include "bus-query/link.h"

/*
 * Prints a line for each state that @name is found in: the owner's pid (0 if it is in another pid
 * namespace, or the bus does not know it), "-" if there is no owner, "!" if there is no bus.
 * Returns when nobody reads them any more.
 */
void watch_name(const struct route *route, const char *name);

#endif
