/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See notify/filter.h. */
#include "notify/filter.h"

#include "base/kernel.h"
#include "base/util.h"
#include "notify/statement.h"

#define DROP 0
#define KEEP UINT32_MAX
#define WORD(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static const struct kernel_sock_filter drop_all[] = { { KERNEL_BPF_RETURN, 0, 0, DROP } };

/* clang-format off */
static const struct kernel_sock_filter drop_noise[] = {
	/*  0 */ { KERNEL_BPF_LOAD_LENGTH, 0, 0, 0 },
	/*  1 */ { KERNEL_BPF_IF_GREATER, 11, 0, NOTIFY_MAX },
	/*  2 */ { KERNEL_BPF_IF_EQUAL, 3, 0, sizeof("WATCHDOG=1") - 1 },
	/*  3 */ { KERNEL_BPF_IF_EQUAL, 0, 8, sizeof("WATCHDOG=1\n") - 1 },
	/*  4 */ { KERNEL_BPF_LOAD_BYTE, 0, 0, 10 },
	/*  5 */ { KERNEL_BPF_IF_EQUAL, 0, 6, '\n' },
	/*  6 */ { KERNEL_BPF_LOAD_WORD, 0, 0, 0 },
	/*  7 */ { KERNEL_BPF_IF_EQUAL, 0, 4, WORD('W', 'A', 'T', 'C') },
	/*  8 */ { KERNEL_BPF_LOAD_WORD, 0, 0, 4 },
	/*  9 */ { KERNEL_BPF_IF_EQUAL, 0, 2, WORD('H', 'D', 'O', 'G') },
	/* 10 */ { KERNEL_BPF_LOAD_HALF, 0, 0, 8 },
	/* 11 */ { KERNEL_BPF_IF_EQUAL, 1, 0, WORD(0, 0, '=', '1') },
	/* 12 */ { KERNEL_BPF_RETURN, 0, 0, KEEP },
	/* 13 */ { KERNEL_BPF_RETURN, 0, 0, DROP },
};
/* clang-format on */

static const struct kernel_sock_fprog programs[] = {
	[NOTIFY_FILTER_NOISE] = { ARRAY_SIZE(drop_noise), drop_noise },
	[NOTIFY_FILTER_ALL] = { ARRAY_SIZE(drop_all), drop_all },
};

int notify_filter_attach(int fd, enum notify_filter filter)
{
	const struct kernel_sock_fprog *program = &programs[filter];

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, sizeof(*program)) < 0 ? -errno
											   : 0;
}
