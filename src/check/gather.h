/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* A service as it is on disk: its file, and what belongs to it beside. The only part that reads files. */
#ifndef CIB_CHECK_GATHER_H
#define CIB_CHECK_GATHER_H

#include "check/service.h"

/*
 * Reads the service of @path: a file, or a directory with a run script in it. A .socket leads to its
 * .service, a drop-in to its unit. Returns 0, or -errno with the reason in @refusal. @service is to be
 * given back by service_done().
 */
int gather(const char *path, struct service *service, struct refusal *refusal);

void service_done(struct service *service);

#endif
