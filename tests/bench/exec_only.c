/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * The least a wrapper can do: become the command. What the C library and its loader cost by
 * themselves, so that the bridge's own share can be told apart; built once for each C library.
 */
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc > 1)
		(void)execv(argv[1], argv + 1);
	return 127;
}
