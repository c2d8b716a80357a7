/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What the tests steer us with, in place of initctl and its D-Bus methods: a unix socket. A request is
 * a list of words, each ended by a NUL, up to the end of what the client sends; a descriptor may come
 * with it. The answer is text, a NUL, and the exit status that initctl would have had, in digits.
 */
#pragma once

#include <stdbool.h>

/* Serves requests at the path @path. */
bool control_listen(const char *path);

/* The client: sends @words (NULL-terminated) there and prints the answer. Returns the exit status. */
int control_client(const char *path, char *const *words);
