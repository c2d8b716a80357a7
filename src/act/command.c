/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See act/command.h. */
#include "act/command.h"

#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <sys/stat.h>

#include "base/access.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"

#define ELF_BEGIN \
 "\x7f"           \
 "ELF"
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static int check(const char *path)
{
	struct stat st;

	if (access(path, X_OK) < 0)
		return -errno;
	/* A directory passes; execve(2) would not go on to the next one. */
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? -EACCES : 0;
}

/* @length bytes of a directory, empty for the current one. */
static const char *join(const char *directory, size_t length, const char *name, char *buffer)
{
	struct text path = text_begin(buffer, PATH_MAX);

	text_add_part(&path, directory, length);
	text_add(&path, length > 0 ? "/" : "./");
	text_add(&path, name);
	return path.is_cut ? NULL : buffer;
}

static int search(const char *name, const char *search_path, char *buffer)
{
	struct slice closed = { NULL, 0 }; /* the directory with the first that cannot be executed */
	int result = -ENOENT;

	for (;;) {
		size_t length = (size_t)(find_char(search_path, ':') - search_path);
		const char *path = join(search_path, length, name, buffer);
		int r = path != NULL ? check(path) : -ENAMETOOLONG;

		if (r == 0)
			return 0;
		if (r == -EACCES && result == -ENOENT) {
			result = r; /* unless a later directory has one that can be executed */
			closed = (struct slice){ search_path, length };
		}
		search_path += length;
		if (*search_path++ == '\0')
			break;
	}
	if (closed.text != NULL)
		(void)join(closed.text, closed.length, name, buffer);
	return result;
}

int command_find(const char *name, const char *search_path, struct arena *arena, const char **ret_path)
{
	char *buffer;
	int r;

	if (*find_char(name, '/') == '/') {
		*ret_path = name;
		return 0;
	}
	if (name[0] == '\0')
		return -ENOENT;
	buffer = arena_get(arena, PATH_MAX, 1);
	if (buffer == NULL)
		return -ENOMEM;
	r = search(name, search_path != NULL ? search_path : DEFAULT_PATH, buffer);
	if (r == 0 || r == -EACCES)
		*ret_path = buffer;
	return r;
}

/* ---- why it cannot be executed ---- */

static void explain_permission(const char *path, struct text *text)
{
	char buffer[PATH_MAX];
	const char *closed = access_find_closed(path, buffer);
	struct stat st;

	if (closed == NULL && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		text_add(text, ": it is a directory");
		return;
	}
	text_add(text, ": user ");
	text_add_number(text, (unsigned long)geteuid());
	text_add(text, closed != NULL ? " may not pass " : " may not execute it");
	text_add(text, closed != NULL ? closed : "");
	if (closed == NULL && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
		text_add(text, ", though its mode allows it: a mount option, or a security module");
}

/* What execve(2) reads first; ended by a NUL. Returns false if it cannot be read. */
static bool read_begin(const char *path, char begin[static 128])
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = fd >= 0 ? read(fd, begin, 127) : -1;

	if (n < 0)
		return false;
	begin[n] = '\0';
	return true;
}

static void explain_missing(const char *path, const char *search_path, struct text *text)
{
	char begin[128];

	if (*find_char(path, ' ') == ' ' && access(path, F_OK) < 0) {
		text_add(text, ": there are blanks in it: is it a whole command line in one pair of "
			       "quotes?");
	} else if (*find_char(path, '/') == '\0') {
		text_add(text, ": it is in no directory of PATH, ");
		text_add(text, search_path != NULL ? search_path : DEFAULT_PATH);
	} else if (read_begin(path, begin)) {
		const char *interpreter = after_prefix(begin, "#!");

		/* The file is there: it is what is to run it that is not. */
		text_add(text, ": the file is there, but not its ");
		if (interpreter == NULL) {
			text_add(text, "dynamic loader, or it is for another machine");
			return;
		}
		interpreter += strspn(interpreter, " \t");
		text_add(text, "interpreter, ");
		text_add_part(text, interpreter, strcspn(interpreter, " \t\r\n"));
		if (strchr(interpreter, '\r') != NULL)
			text_add(text, ": its lines end as those of DOS do");
	}
}

/* A program's dynamic loader, from its beginning, where linkers put it; nothing: it has none, or it is elsewhere. */
static void read_loader(int fd, char *loader, size_t size)
{
	_Alignas(ElfW(Ehdr)) char begin[4096];
	ssize_t n = read(fd, begin, sizeof(begin));
	ElfW(Ehdr) header;
	ElfW(Phdr) segment;

	if (n < (ssize_t)sizeof(header))
		return;
	memcpy(&header, begin, sizeof(header));
	for (size_t i = 0; i < header.e_phnum && header.e_phentsize == sizeof(segment); i++) {
		size_t at = header.e_phoff + i * sizeof(segment);
		struct text text = text_begin(loader, size);

		if (header.e_phoff > (size_t)n || at + sizeof(segment) > (size_t)n)
			return;
		memcpy(&segment, begin + at, sizeof(segment));
		if (segment.p_type != PT_INTERP)
			continue;
		if (segment.p_offset < (size_t)n)
			text_add_part(&text, begin + segment.p_offset, (size_t)n - segment.p_offset);
		return;
	}
}

#ifdef __LP64__
# define OWN_CLASS "\x02"
#else
# define OWN_CLASS "\x01"
#endif

/* Returns 0 or -errno. */
static int check_loader(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char loader[128] = "";

	if (fd >= 0)
		read_loader(fd, loader, sizeof(loader));
	return loader[0] != '\0' && access(loader, X_OK) < 0 ? -errno : 0;
}

/* The first word behind "#!". Returns 0 or -errno. */
static int check_interpreter(const char *word, char *interpreter, size_t size)
{
	struct text text = text_begin(interpreter, size);

	word += strspn(word, " \t");
	text_add_part(&text, word, strcspn(word, " \t\n"));
	if (interpreter[0] == '\0')
		return -ENOEXEC;
	return faccessat(AT_FDCWD, interpreter, X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

int command_check(const char *path, char *ret_interpreter, size_t size)
{
	char begin[128];
	struct stat st;

	ret_interpreter[0] = '\0';
	if (path[0] == '\0')
		return -ENOENT;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 || stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	if (!read_begin(path, begin))
		return 0; /* it can be executed all the same */
	if (has_prefix(begin, "#!"))
		return check_interpreter(begin + strlen("#!"), ret_interpreter, size);
	if (!has_prefix(begin, ELF_BEGIN))
		return -ENOEXEC;
	return has_prefix(begin, ELF_BEGIN OWN_CLASS) ? check_loader(path) : 0;
}

static void explain_format(const char *path, struct text *text)
{
	char begin[128];

	if (!read_begin(path, begin))
		return;
	if (has_prefix(begin, ELF_BEGIN))
		text_add(text, ": it is for another machine");
	else if (!has_prefix(begin, "#!"))
		text_add(text, ": a script begins with a line like #!/bin/sh");
}

const char *command_explain(const char *path, const char *search_path, int error, char *buffer,
			    size_t size)
{
	struct text text = text_begin(buffer, size);

	if (path[0] == '\0')
		text_add(&text, ": the name is empty");
	else if (error == EACCES)
		explain_permission(path, &text);
	else if (error == ENOENT)
		explain_missing(path, search_path, &text);
	else if (error == ENOEXEC)
		explain_format(path, &text);
	text_make_line(buffer);
	return buffer;
}

void command_log_failure(const char *name, const char *path, const char *search_path, int error)
{
	char reason[400];

	log_error("cannot execute '%s': %s%s", path != NULL ? path : name, strerror(error),
		  command_explain(path != NULL ? path : name, search_path, error, reason,
				  sizeof(reason)));
}
