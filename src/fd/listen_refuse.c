/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Why --listen cannot open an address, and what to do about it; see fd/listen.h. */
#include "fd/listen_steps.h"

#include <fcntl.h>
#include <limits.h>

#include "base/access.h"
#include "base/text.h"
#include "base/util.h"

/* Of who uses the address already, the caller has more to say. */
static const char *advice_on_address(int error)
{
	switch (error) {
	case EADDRNOTAVAIL:
		return ": this machine does not have the address";
	case EACCES:
		return ": a port below 1024 needs CAP_NET_BIND_SERVICE";
	case EAFNOSUPPORT:
		return ": this kernel has no such sockets, or RestrictAddressFamilies= does not allow "
		       "them (for a port alone, of IPv6: use 0.0.0.0:PORT)";
	case EMFILE:
		return ": raise the limit of open files";
	default:
		return "";
	}
}

/* Which part of the path is in the way of whom. */
static void add_closed(const char *path, struct text *text)
{
	char buffer[PATH_MAX];
	const char *closed = access_find_closed(path, buffer);

	text_add(text, ": user ");
	text_add_number(text, (unsigned long)geteuid());
	text_add(text, closed != NULL ? " may not pass " : " may not write ");
	if (closed == NULL && access(path, F_OK) == 0 &&
	    faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0)
		closed = path;
	text_add(text, closed != NULL ? closed : access_directory(path, buffer));
	text_add(text, ": it takes a directory that we may write");
}

static void add_advice_on_path(const char *path, int error, struct text *text)
{
	char buffer[PATH_MAX];

	if (error == EACCES) {
		add_closed(path, text);
	} else if (error == EPERM) {
		text_add(text,
			 ": what is there is another user's, who may remove it; or choose another "
			 "path");
	} else if (error == EROFS) {
		text_add(text, ": make ");
		text_add(text, access_directory(path, buffer));
		text_add(text,
			 " writable (ReadWritePaths=, RuntimeDirectory=), or choose another path");
	} else if (error == ENOTDIR) {
		text_add(text, ": a part of the path is a file");
	} else if (error == EMFILE) {
		text_add(text, ": raise the limit of open files");
	}
}

int listen_refuse(const struct listen_address *address, int error, const char *what,
		  struct refusal *refusal)
{
	char advice[400];
	struct text text = text_begin(advice, sizeof(advice));

	if (address->path != NULL)
		add_advice_on_path(address->path, error, &text);
	else
		text_add(&text, advice_on_address(error));
	return refuse(refusal, error, "--listen=%s: cannot %s: %s%s", address->text, what,
		      strerror(error), advice);
}

int listen_refuse_owner(const struct listen_address *address, int error, struct refusal *refusal)
{
	return refuse(refusal, error, "--listen=%s: cannot give it its owner, group and mode: %s%s",
		      address->text, strerror(error),
		      error == EPERM ? ": only root may give it away, others to a group of theirs"
				     : "");
}
