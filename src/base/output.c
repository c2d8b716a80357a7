/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See base/output.h. */
#include "base/output.h"

#include "base/exit_status.h"
#include "base/log.h"
#include "base/util.h"

FILE *output_open(void)
{
	return fdopen(STDOUT_FILENO, "w");
}

int output_close(FILE *out)
{
	bool has_failed = ferror(out) != 0;

	if (fclose(out) == 0 && !has_failed)
		return 0;
	log_errno(LEVEL_ERROR, errno != 0 ? errno : EIO, "cannot write to standard output");
	return EXIT_OURS;
}
