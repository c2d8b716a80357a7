/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The babysitter's poll loop; private to babysitter/process.c and babysitter/loop.c, see babysitter/duty.h. */
#ifndef CIB_BABYSITTER_LOOP_H
#define CIB_BABYSITTER_LOOP_H

#include "babysitter/duty.h"

/* What only the poll loop needs, around the duty: first what is small, last what is hardly ever written to. */
struct loop {
	long long receive_ms;  /* not before, since it has failed; 0: it has not */
	uid_t ambiguous_uid;   /* see notify/sender.h */
	bool main_has_ended;   /* when it was looked at with the next notification there already */
	bool parent_is_silent; /* it says no more: it has ended */
	bool is_filtered, is_identified, is_trimmed;
	struct duty duty;
	int passed_fds[PASSED_FDS_MAX]; /* what @duty.passed needs if that takes long */
};

/* Looks whether the condition of --ready-when holds, if there is one. */
void loop_check_condition(struct loop *loop);

/* Looks for another main process of a daemon that goes to the background. */
void loop_check_main(struct loop *loop);

/* Before the first notification. */
void loop_prepare_senders(struct loop *loop);

/* Waits until something happens, and deals with it. */
void loop_wake_up(struct loop *loop);

#endif
