/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See base/refusal.h. */
#include "base/refusal.h"

#include <stdarg.h>
#include <stdio.h>

int refuse(struct refusal *refusal, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	/* Callers need not clear it: it is only written to. */
	/* cppcheck-suppress ctuuninitvar */
	(void)vsnprintf(refusal->text, sizeof(refusal->text), format, args);
	va_end(args);
	/* What is quoted may hold anything, a line of a log may not. */
	for (char *c = refusal->text; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
	return -error;
}
