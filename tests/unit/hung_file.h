/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A file whose close(2) does not return before it is let: its FUSE file system does not answer. Not
 * even SIGKILL ends whoever waits for it. For root, in a child.
 */
#ifndef CIB_TEST_HUNG_FILE_H
#define CIB_TEST_HUNG_FILE_H

#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <sys/mount.h>

#define HUNG_MAX 32

struct hung_file {
	char path[32];
	int let_fd; /* when it is closed all that hang go on */
};

static inline void answer_fuse(int fuse, uint64_t unique, const void *body, size_t size)
{
	char bytes[256] = { 0 };
	struct fuse_out_header header = { .len = (uint32_t)(sizeof(header) + size), .unique = unique };

	memcpy(bytes, &header, sizeof(header));
	if (size > 0)
		memcpy(bytes + sizeof(header), body, size);
	/* To one that was interrupted there is nobody who takes it. */
	(void)!write(fuse, bytes, header.len);
}

/* Returns false for what is not answered yet. */
static inline bool serve_fuse(int fuse, const struct fuse_in_header *header)
{
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
				      .minor = FUSE_KERNEL_MINOR_VERSION,
				      .max_write = 4096 };
	struct fuse_attr_out attributes = { .attr = { .ino = 1, .mode = S_IFREG | 0644, .nlink = 1 } };
	struct fuse_open_out opened = { .fh = 1 };

	switch (header->opcode) {
	case FUSE_INIT:
		answer_fuse(fuse, header->unique, &init, sizeof(init));
		return true;
	case FUSE_GETATTR:
		answer_fuse(fuse, header->unique, &attributes, sizeof(attributes));
		return true;
	case FUSE_OPEN:
		answer_fuse(fuse, header->unique, &opened, sizeof(opened));
		return true;
	case FUSE_FLUSH:
		return false;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return true; /* these want no answer */
	default:
		answer_fuse(fuse, header->unique, NULL, 0);
		return true;
	}
}

static inline void run_fuse(int fuse, int let_fd)
{
	static char request[1 << 16];
	struct fuse_in_header header;
	uint64_t hung[HUNG_MAX];
	size_t n_hung = 0;

	for (;;) {
		struct pollfd fds[] = { { .fd = fuse, .events = POLLIN },
					{ .fd = let_fd, .events = POLLIN } };

		child_check(poll(fds, 2, CHILD_TIMEOUT_S * 1000) > 0);
		if (fds[1].revents != 0) {
			while (n_hung > 0)
				answer_fuse(fuse, hung[--n_hung], NULL, 0);
			_exit(0);
		}
		if (read(fuse, request, sizeof(request)) < (ssize_t)sizeof(header))
			continue;
		memcpy(&header, request, sizeof(header));
		if (!serve_fuse(fuse, &header) && n_hung < HUNG_MAX)
			hung[n_hung++] = header.unique;
	}
}

/* Returns false where there is no FUSE. */
static inline bool make_hung_file(struct hung_file *ret_file)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC), ends[2], fd;
	char options[96];

	*ret_file = (struct hung_file){ .path = "/tmp/cib-hung-XXXXXX" };
	if (fuse < 0 || unshare(CLONE_NEWNS) < 0)
		return false;
	fd = mkstemp(ret_file->path);
	child_check(fd >= 0 && close(fd) == 0 && pipe2(ends, O_CLOEXEC) == 0);
	child_check(mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0);
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=100644,user_id=0,group_id=0,allow_other", fuse);
	child_check(mount("hung", ret_file->path, "fuse", 0, options) == 0);
	if (fork() == 0) {
		(void)close(ends[1]);
		run_fuse(fuse, ends[0]);
	}
	(void)close(ends[0]);
	(void)close(fuse);
	ret_file->let_fd = ends[1];
	return true;
}

/* Before the child ends; the name is gone already for all others. */
static inline void remove_hung_file(const struct hung_file *file)
{
	(void)umount2(file->path, MNT_DETACH);
	(void)unlink(file->path);
}

#endif
