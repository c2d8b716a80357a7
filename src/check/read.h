/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The texts of services, a reader for each form: from text to settings and commands. Pure.
 */
#ifndef CIB_CHECK_READ_H
#define CIB_CHECK_READ_H

#include "check/service.h"

/* What @text, the file @path, is written for; KIND_UNKNOWN: it cannot be told. */
enum kind kind_of(const char *path, const char *text);

/*
 * One text for a service: the file itself, a drop-in or an override, a .socket beside. @file is borrowed
 * for as long as @service is in use. They return 0, or -E2BIG: there is more in it than in any real one.
 */
int read_service(struct service *service, const char *file, const char *text);

/* To be called when all texts have been read: the commands of a unit, an OpenRC script. */
int read_done(struct service *service);

/* For read_service(), by kind; they return as it does. */
int read_unit(struct service *service, const char *file, const char *text);
int read_job(struct service *service, const char *file, const char *text);
int read_script(struct service *service, const char *file, const char *text);
int read_dinit(struct service *service, const char *file, const char *text);
int read_finit(struct service *service, const char *file, const char *text);
int read_supervisord(struct service *service, const char *file, const char *text);
int read_inetd(struct service *service, const char *file, const char *text);
int read_inittab(struct service *service, const char *file, const char *text);
int read_scheme(struct service *service, const char *file, const char *text);
int read_containerfile(struct service *service, const char *file, const char *text);

/* For read_done(). */
int unit_add_commands(struct service *service);
int openrc_add_commands(struct service *service);

#endif
