/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See notify/filter.h. */
#include "notify/filter.h"

#include <stdint.h>
#include <sys/socket.h>

#include "base/util.h"
#include "notify/message.h"

/* linux/filter.h, which not every C library's compiler finds. */
struct instruction {
	uint16_t code;
	uint8_t if_true, if_false; /* how many instructions to skip */
	uint32_t value;
};

struct program {
	unsigned short length;
	const struct instruction *instructions;
};

enum code {
	LOAD_LENGTH = 0x80,
	LOAD_WORD = 0x20, /* big-endian, from that offset */
	LOAD_HALF = 0x28,
	LOAD_BYTE = 0x30,
	IF_EQUAL = 0x15,
	IF_GREATER = 0x25,
	RETURN = 0x06, /* that many bytes are kept */
};

#define DROP 0
#define KEEP UINT32_MAX
#define WORD(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static const struct instruction drop_all[] = { { RETURN, 0, 0, DROP } };

/* clang-format off */
static const struct instruction drop_noise[] = {
	/*  0 */ { LOAD_LENGTH, 0, 0, 0 },
	/*  1 */ { IF_GREATER, 11, 0, NOTIFY_MAX },
	/*  2 */ { IF_EQUAL, 3, 0, sizeof("WATCHDOG=1") - 1 },
	/*  3 */ { IF_EQUAL, 0, 8, sizeof("WATCHDOG=1\n") - 1 },
	/*  4 */ { LOAD_BYTE, 0, 0, 10 },
	/*  5 */ { IF_EQUAL, 0, 6, '\n' },
	/*  6 */ { LOAD_WORD, 0, 0, 0 },
	/*  7 */ { IF_EQUAL, 0, 4, WORD('W', 'A', 'T', 'C') },
	/*  8 */ { LOAD_WORD, 0, 0, 4 },
	/*  9 */ { IF_EQUAL, 0, 2, WORD('H', 'D', 'O', 'G') },
	/* 10 */ { LOAD_HALF, 0, 0, 8 },
	/* 11 */ { IF_EQUAL, 1, 0, WORD(0, 0, '=', '1') },
	/* 12 */ { RETURN, 0, 0, KEEP },
	/* 13 */ { RETURN, 0, 0, DROP },
};
/* clang-format on */

static const struct program programs[] = {
	[NOTIFY_FILTER_NOISE] = { ARRAY_SIZE(drop_noise), drop_noise },
	[NOTIFY_FILTER_ALL] = { ARRAY_SIZE(drop_all), drop_all },
};

int notify_filter_attach(int fd, enum notify_filter filter)
{
	const struct program *program = &programs[filter];

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, sizeof(*program)) < 0 ? -errno
											   : 0;
}
