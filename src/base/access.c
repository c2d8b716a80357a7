/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/access.h. */
#include "base/access.h"

#include <fcntl.h>

#include "base/text.h"
#include "base/util.h"

const char *access_find_closed(const char *path, char buffer[static PATH_MAX])
{
	for (const char *slash = path; (slash = strchr(slash + 1, '/')) != NULL;) {
		struct text text = text_begin(buffer, PATH_MAX);

		text_add_part(&text, path, (size_t)(slash - path));
		if (faccessat(AT_FDCWD, buffer, X_OK, AT_EACCESS) < 0 && errno != ENOENT)
			return buffer;
	}
	return NULL;
}

const char *access_directory(const char *path, char buffer[static PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	struct text text = text_begin(buffer, PATH_MAX);

	if (slash == NULL)
		text_add(&text, ".");
	else
		text_add_part(&text, path, slash == path ? 1 : (size_t)(slash - path));
	return buffer;
}
