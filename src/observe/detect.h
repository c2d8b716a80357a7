/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Which service manager started *us*, which is not always PID 1: the hosts are asked for evidence,
 * strongest kind first, and the first that has some is the verdict, unless that one is further up
 * and a host of the nested kind is shown to be our parent. Variables that name another process are
 * inherited, and are evidence of nothing.
 */
#ifndef CIB_OBSERVE_DETECT_H
#define CIB_OBSERVE_DETECT_H

#include "facts.h"

struct output;

/*
 * Fills in facts->evidence, host and parentage. facts->init, if not NULL, is the verdict whatever is
 * found; the evidence then only tells whether our parent is that host. With @all every kind of
 * evidence is sought, D-Bus included; else only until there is some.
 */
void detect(struct facts *facts, bool all);

/*
 * In detect_print.c: prints all that detect() with @all has looked at, with the answers, the evidence and
 * the verdict; a line each, or as one object of JSON, whose members cross-init-bridge(7) lists.
 */
void detect_print(struct output *out, const struct facts *facts);
void detect_print_json(struct output *out, const struct facts *facts);

/*
 * In detect_print.c: how the host learns of readiness here, by whom and where, as far as it is known:
 * "s6-supervise: a newline on descriptor 3 (notification-fd)". Returns @buffer.
 */
const char *detect_format_way(const struct facts *facts, char *buffer, size_t size);

#endif
