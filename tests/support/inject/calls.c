/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See calls.h. */
#include "calls.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>

#define CALL(name) SYS_##name, #name

static const struct call calls[] = {
	{ CALL(accept4), { EMFILE, EINTR, ENOBUFS } },
#ifdef SYS_arch_prctl
	{ CALL(arch_prctl), { 0 } }, /* a static C library's own beginning: it crashes on purpose */
#endif
	{ CALL(bind), { ENOMEM, EADDRINUSE, EACCES } },
	{ CALL(brk), { 0 } },
	{ CALL(chdir), { EIO, ENOENT } },
	{ CALL(clone), { EAGAIN, ENOMEM } },
	{ CALL(clone3), { EAGAIN, ENOSYS } },
	{ CALL(close), { EIO, EINTR } },
	{ CALL(close_range), { ENOSYS, EPERM, ENOMEM } },
	{ CALL(connect), { EINTR, EAGAIN } },
	{ CALL(dup2), { EBUSY, EINTR } },
	{ CALL(dup3), { EBUSY, EINTR } },
	{ CALL(execve), { ENOMEM, ENOENT, EACCES } },
	{ CALL(exit), { 0 } },
	{ CALL(exit_group), { 0 } },
	{ CALL(fchmodat), { EIO, EPERM } },
	{ CALL(fcntl), { EMFILE, EINTR } },
	{ CALL(fork), { EAGAIN, ENOMEM } },
	{ CALL(getegid), { 0 } },
	{ CALL(geteuid), { 0 } },
	{ CALL(getgid), { 0 } },
	{ CALL(getpgid), { 0 } },
	{ CALL(getpgrp), { 0 } },
	{ CALL(getpid), { 0 } },
	{ CALL(getppid), { 0 } },
	{ CALL(getrandom), { ENOSYS, EINTR, EAGAIN } },
	{ CALL(getsockname), { ENOBUFS } },
	{ CALL(getsockopt), { ENOMEM } },
	{ CALL(gettid), { 0 } },
	{ CALL(getuid), { 0 } },
	{ CALL(kill), { EPERM, EAGAIN } },
	{ CALL(mkdirat), { ENOSPC, EROFS, EIO } },
	{ CALL(mmap), { ENOMEM } },
	{ CALL(mprotect), { ENOMEM } },
	{ CALL(newfstatat), { EIO, ENOMEM } },
	{ CALL(openat), { EMFILE, ENOMEM, EACCES } },
	{ CALL(pidfd_open), { EMFILE, ENOSYS, EPERM } },
	{ CALL(pidfd_send_signal), { EPERM, ENOSYS } },
	{ CALL(pipe2), { EMFILE } },
	{ CALL(poll), { EINTR, ENOMEM } },
	{ CALL(prctl), { EPERM, EINVAL } },
	{ CALL(prlimit64), { EPERM } },
	{ CALL(read), { EINTR, EIO } },
	{ CALL(recvfrom), { EINTR, ENOMEM } },
	{ CALL(recvmsg), { EINTR, ENOMEM, ENOBUFS } },
	{ CALL(rt_sigaction), { 0 } },
	{ CALL(rt_sigpending), { 0 } },
	{ CALL(rt_sigprocmask), { 0 } },
	{ CALL(rt_sigreturn), { 0 } },
	{ CALL(rmdir), { EIO } },
	{ CALL(rt_sigtimedwait), { EINTR, EAGAIN } },
	{ CALL(sendmsg), { EINTR, ENOBUFS, ECONNREFUSED } },
	{ CALL(sendto), { EINTR, ENOBUFS, EAGAIN } },
	{ CALL(set_tid_address), { 0 } },
	{ CALL(setsid), { EPERM } },
	{ CALL(setsockopt), { ENOPROTOOPT, ENOMEM, EPERM } },
	{ CALL(signalfd4), { EMFILE, ENOMEM } },
	{ CALL(socket), { EMFILE, ENOBUFS, ENOMEM } },
	{ CALL(socketpair), { EMFILE, ENOBUFS } },
	{ CALL(unlink), { EIO } },
	{ CALL(unlinkat), { EIO } },
	{ CALL(wait4), { EINTR } },
	{ CALL(write), { EINTR, EIO } },
	{ CALL(writev), { EINTR, EIO } },
};

const struct call *call_by_number(long number)
{
	static struct call unknown = { .name = "other", .errors = { ENOMEM } };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i].number == number)
			return &calls[i];
	}
	unknown.number = number;
	return &unknown;
}
