/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What /proc tells of processes; see base/procfs.h. */
#include "base/procfs.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/same_file.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"

#define STATE_FIELD 3 /* of /proc/PID/stat, as proc(5) counts them */
#define START_FIELD 22
#define EXIT_SIGNAL_FIELD 38
#define USER_HZ 100 /* of what the kernel tells in ticks, on every machine but alpha and ia64 */
#define MAX_ANCESTORS 256 /* pids that are reused while we look could make it a circle */

/* Reads once from @fd; see read_file(). */
static ssize_t read_once(int fd, char *buffer, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buffer, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	buffer[(size_t)n < size ? (size_t)n : size - 1] = '\0';
	return (size_t)n < size ? n : -EFBIG;
}

ssize_t read_file(const char *path, char *buffer, size_t size)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : read_once(fd, buffer, size);
}

/* A file of "NAME:\tVALUE" lines, as it was read. */
struct fields {
	const char *text; /* ended by a NUL */
	size_t length;
};

/* The text after "NAME:" and its white space at the beginning of a line, or NULL. */
static const char *find_field(struct fields fields, const char *name)
{
	const char *line = fields.text, *end = fields.text + fields.length;

	for (; line < end; line = find_before(line, end, '\n') + 1) {
		const char *value = after_prefix(line, name);

		if (value == NULL || *value++ != ':')
			continue;
		while (*value == ' ' || *value == '\t')
			value++;
		return value;
	}
	return NULL;
}

int process_read_own_tracer(pid_t *ret_tracer)
{
	char text[512]; /* it is among the first lines */
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	const char *field;
	unsigned long tracer;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read_once(fd, text, sizeof(text));
	leave_to_exec(fd);
	if (n < 0 && n != -EFBIG)
		return (int)n;
	field = find_field((struct fields){ text, n < 0 ? sizeof(text) - 1 : (size_t)n },
			   "TracerPid");
	if (field == NULL)
		return -EBADMSG;
	text[find_char(field, '\n') - text] = '\0';
	if (parse_number(field, INT_MAX, &tracer) < 0)
		return -EBADMSG;
	*ret_tracer = (pid_t)tracer;
	return 0;
}

static int read_field(struct fields fields, const char *name, int base, unsigned long long *ret_value)
{
	const char *field = find_field(fields, name);
	char *end;

	if (field == NULL)
		return -EBADMSG;
	*ret_value = strtoull(field, &end, base);
	return end != field && *end == '\n' ? 0 : -EBADMSG; /* else the text is cut in the number */
}

static void format_own_path(const char *directory, int fd, char *path, size_t size)
{
	struct text text = text_begin(path, size);

	text_add(&text, directory);
	text_add_number(&text, (unsigned long)fd);
}

/*
 * By its name, as nothing else is safe to be asked: the owner of a FUSE file answers fstat(2) when he
 * likes, and fdinfo of an epoll instance waits for a lock that such a file in it can hold.
 */
static bool is_pidfd(int fd)
{
	static const char name[] = "anon_inode:[pidfd]";
	char path[32], link[sizeof(name)];

	format_own_path("/proc/self/fd/", fd, path, sizeof(path));
	return readlink(path, link, sizeof(link)) == sizeof(name) - 1 &&
	       memcmp(link, name, sizeof(name) - 1) == 0;
}

/* "Pid: -1": it has ended; 0: it is in a namespace that is not ours. */
int pidfd_identify(int fd, pid_t *ret_pid, unsigned long long *ret_id)
{
	char path[48], info[512];
	struct fields fields;
	unsigned long long pid;
	ssize_t n;

	if (!is_pidfd(fd))
		return -EBADF;
	format_own_path("/proc/self/fdinfo/", fd, path, sizeof(path));
	n = read_file(path, info, sizeof(info));
	if (n < 0 && n != -EFBIG)
		return (int)n;
	fields = (struct fields){ info, strlen(info) };
	if (read_field(fields, "Pid", 10, &pid) < 0 || pid == 0 || pid > INT_MAX)
		return -ESRCH;
	/* From Linux 5.14; the number that all pidfds had before 6.9 is compared with nothing. */
	if (read_field(fields, "ino", 10, ret_id) < 0)
		*ret_id = 0;
	*ret_pid = (pid_t)pid;
	return 0;
}

static int read_uids(struct fields fields, uid_t uids[static 4])
{
	const char *field = find_field(fields, "Uid");

	if (field == NULL)
		return -EBADMSG;
	for (int i = 0; i < 4; i++) {
		char *end;

		uids[i] = (uid_t)strtoul(field, &end, 10);
		if (end == field)
			return -EBADMSG;
		field = end;
	}
	return 0;
}

int process_parse_status(const char *text, struct process_status *ret_status)
{
	struct fields fields = { text, strlen(text) };
	struct process_status status = { 0 };
	unsigned long long parent, tracer, thread_pending = 0, shared_pending;
	const char *state = find_field(fields, "State");

	if (state == NULL || read_field(fields, "PPid", 10, &parent) < 0 ||
	    read_field(fields, "TracerPid", 10, &tracer) < 0 || read_uids(fields, status.uids) < 0)
		return -EBADMSG;
	/* Behind a long list of groups the text may be cut: then anything may be pending. */
	if (read_field(fields, "SigPnd", 16, &thread_pending) < 0 ||
	    read_field(fields, "ShdPnd", 16, &shared_pending) < 0)
		shared_pending = ~0ULL;
	status.state = *state;
	status.parent = (pid_t)parent;
	status.tracer = (pid_t)tracer;
	status.pending = thread_pending | shared_pending;
	*ret_status = status;
	return 0;
}

int process_read_status(pid_t pid, struct process_status *ret_status)
{
	char path[32], text[4096];
	ssize_t n;

	process_format_path(pid, "/status", path, sizeof(path));
	n = read_file(path, text, sizeof(text));
	return n < 0 && n != -EFBIG ? (int)n : process_parse_status(text, ret_status);
}

/* Its name, in parentheses, may hold anything; the 20th word behind it is meant, proc(5). */
const char *process_find_field(const char *text, int n)
{
	const char *field = strrchr(text, ')');

	for (n -= STATE_FIELD - 1; field != NULL && n > 0; n--) {
		field = strchr(field, ' ');
		field += field != NULL ? 1 : 0;
	}
	return field;
}

static int read_number(pid_t pid, int n, unsigned long long *ret_value)
{
	char path[32], text[1024];
	const char *field;
	ssize_t length;

	process_format_path(pid, "/stat", path, sizeof(path));
	length = read_file(path, text, sizeof(text));
	if (length < 0)
		return (int)length;
	field = process_find_field(text, n);
	if (field == NULL)
		return -EBADMSG;
	*ret_value = strtoull(field, NULL, 10);
	return 0;
}

int process_read_start(pid_t pid, unsigned long long *ret_ms)
{
	unsigned long long ticks;
	int r = read_number(pid, START_FIELD, &ticks);

	if (r == 0)
		*ret_ms = ticks * (1000 / USER_HZ);
	return r;
}

bool process_ends_silently(pid_t pid)
{
	unsigned long long signal;

	return read_number(pid, EXIT_SIGNAL_FIELD, &signal) == 0 && signal == 0;
}

/* The link of a file that an upgrade has replaced says so, behind the name. */
static void cut_deleted(char *path)
{
	static const char deleted[] = " (deleted)";

	if (has_suffix(path, deleted))
		path[strlen(path) - strlen(deleted)] = '\0';
}

int process_runs(pid_t pid, const char *name)
{
	char path[32], file[PATH_MAX];
	const char *slash;
	ssize_t n;

	process_format_path(pid, "/exe", path, sizeof(path));
	n = readlink(path, file, sizeof(file) - 1);
	if (n < 0)
		return -errno;
	file[n] = '\0';
	cut_deleted(file);
	slash = strrchr(file, '/');
	return slash != NULL && is_equal(slash + 1, name) ? 1 : 0;
}

static int find_namespace(pid_t pid, const char *kind, struct stat *ret_stat)
{
	char path[48];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	return stat(path, ret_stat) < 0 ? -errno : 0;
}

int process_shares_namespace(pid_t a, pid_t b, const char *kind)
{
	struct stat of_a = { 0 }, of_b = { 0 };
	int r = find_namespace(a, kind, &of_a);

	if (r == 0)
		r = find_namespace(b, kind, &of_b);
	if (r < 0)
		return r;
	return is_same_file(&of_a, &of_b) ? 1 : 0;
}

static bool has_ancestor(pid_t pid, pid_t ancestor)
{
	struct process_status status = { 0 };

	for (int i = 0; i < MAX_ANCESTORS && pid > 1; i++) {
		if (process_read_status(pid, &status) < 0)
			return false;
		if (status.parent == ancestor)
			return true;
		pid = status.parent;
	}
	return false;
}

bool process_descends_from(pid_t pid, pid_t ancestor)
{
	/* Twice, for a parent in between that has just ended and left its children further up. */
	for (int i = 0; i < 2; i++) {
		if (has_ancestor(pid, ancestor))
			return true;
	}
	return false;
}

int process_read_comm(pid_t pid, char comm[static 17])
{
	char path[32];
	ssize_t n;

	process_format_path(pid, "/comm", path, sizeof(path));
	n = read_file(path, comm, 17);
	if (n < 0)
		return (int)n;
	comm[find_char(comm, '\n') - comm] = '\0';
	return 0;
}
