/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* The first byte of an input of fuzz_answer, for it and for its seeds. */
#ifndef CIB_FUZZ_SIGNATURES_H
#define CIB_FUZZ_SIGNATURES_H

enum {
	SIGNATURE_PATH,
	SIGNATURE_PATHS,
	SIGNATURE_VALUE,
	SIGNATURE_TEXT,
	N_SIGNATURES
};

static const char *const signatures[N_SIGNATURES] = { "o", "ao", "v", "s" };

#endif
