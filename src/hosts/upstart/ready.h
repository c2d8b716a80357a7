/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * How Upstart is told that a job is ready, init(5), "expect stop", and asked whether it still waits for that: by
 * the properties "goal" and "state" of com.ubuntu.Upstart0_6.Instance.
 */
#ifndef CIB_HOSTS_UPSTART_READY_H
#define CIB_HOSTS_UPSTART_READY_H

#include "hosts/telling.h"

/* See struct way: tell_ready, question, read_answer, has_gone_on and read_stop. Pure. */
struct telling_step upstart_tell_ready(struct telling *telling, const struct telling_event *event);
bool upstart_question(const char *job, const char *instance, const char *ret_words[static 4]);
enum host_answer upstart_read_answer(int result, const char *answer);
bool upstart_has_gone_on(const char *answer);
int upstart_read_stop(int result, const char *answer);

#endif
