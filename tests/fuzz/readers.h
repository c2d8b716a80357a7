/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The first byte of an input of fuzz_environment, for it and for its seeds. */
#ifndef CIB_FUZZ_READERS_H
#define CIB_FUZZ_READERS_H

enum reader {
	READER_STATUS,
	READER_CGROUP,
	READER_FD_NAMES,
	READER_LISTEN,
	READER_AWAITED,
	READER_SYSTEMD,
	READER_UPSTART,
	N_READERS,
};

#endif
