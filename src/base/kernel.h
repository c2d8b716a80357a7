/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What the kernel's own headers (linux/..., asm/...) define and we use, retyped in one place: not every C
 * library's compiler finds these headers (musl-gcc does not), and older ones lack what newer kernels have.
 * What some C library has is defined where it is missing, by its usual name; everything else is KERNEL_... or
 * kernel_... and the name that the kernel has for it. tests/unit/test_kernel.c compares all of it with
 * the headers.
 */
#ifndef CIB_BASE_KERNEL_H
#define CIB_BASE_KERNEL_H

#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* ---- asm/unistd.h: the same on all machines since Linux 5.0 ---- */

#ifndef SYS_pidfd_send_signal
# define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
# define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
# define SYS_pidfd_getfd 438
#endif
#ifndef SYS_faccessat2
# define SYS_faccessat2 439
#endif

/* ---- asm/socket.h, linux/socket.h, linux/random.h ---- */

#if !defined(SO_PASSPIDFD) && !defined(__hppa__) && !defined(__sparc__)
# define SO_PASSPIDFD 76
#endif
#ifndef SCM_PIDFD
# define SCM_PIDFD 0x04
#endif
#define KERNEL_SCM_MAX_FD 253 /* descriptors that one message passes */

/* fcntl(2): locks of an open file, since Linux 3.15. */
#ifndef F_OFD_GETLK
# define F_OFD_GETLK 36
#endif
#ifndef F_OFD_SETLK
# define F_OFD_SETLK 37
#endif

#ifndef GRND_NONBLOCK
# define GRND_NONBLOCK 0x0001
#endif
#ifndef GRND_INSECURE
# define GRND_INSECURE 0x0004
#endif

/* ---- linux/ptrace.h ---- */

#ifndef PTRACE_EVENT_STOP
# define PTRACE_EVENT_STOP 128
#endif

/* ---- linux/magic.h, linux/pidfd.h ---- */

#define KERNEL_PID_FS_MAGIC 0x50494446

/* Before Linux 6.9 pidfds have no flags. */
#ifndef PIDFD_SIGNAL_PROCESS_GROUP
# define PIDFD_SIGNAL_PROCESS_GROUP (1U << 2)
#endif

/* struct pidfd_info as it was first, which every later kernel takes. */
struct kernel_pidfd_info {
	uint64_t mask, cgroup;
	uint32_t ids[11];
	int32_t exit_code;
};

#ifndef PIDFD_GET_INFO
# define PIDFD_GET_INFO _IOWR(0xFF, 11, struct kernel_pidfd_info)
#endif
#ifndef PIDFD_INFO_EXIT
# define PIDFD_INFO_EXIT (1U << 3)
#endif

/* ---- linux/capability.h ---- */

#define KERNEL_CAPABILITY_VERSION_3 0x20080522

#ifndef CAP_SYS_MODULE
# define CAP_SYS_MODULE 16
# define CAP_SYS_RAWIO 17
# define CAP_SYS_BOOT 22
# define CAP_SYS_TIME 25
# define CAP_MKNOD 27
# define CAP_AUDIT_CONTROL 30
# define CAP_MAC_ADMIN 33
# define CAP_SYSLOG 34
# define CAP_WAKE_ALARM 35
#endif

struct kernel_cap_header {
	uint32_t version;
	int pid;
};

struct kernel_cap_data {
	uint32_t effective, permitted, inheritable;
};

/* ---- linux/sched.h, linux/sched/types.h ---- */

#ifndef SCHED_RESET_ON_FORK
# define SCHED_RESET_ON_FORK 0x40000000
#endif
#ifndef SCHED_DEADLINE
# define SCHED_DEADLINE 6
#endif

/* Its first version. */
struct kernel_sched_attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/* ---- linux/dirent.h: what getdents64(2) returns ---- */

struct kernel_dirent64 {
	uint64_t inode, offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

/* ---- linux/filter.h, linux/bpf_common.h: what a socket filter is made of ---- */

struct kernel_sock_filter {
	uint16_t code;
	uint8_t if_true, if_false; /* how many instructions to skip */
	uint32_t value;
};

struct kernel_sock_fprog {
	unsigned short length;
	const struct kernel_sock_filter *instructions;
};

enum kernel_bpf_code {
	KERNEL_BPF_LOAD_LENGTH = 0x80,
	KERNEL_BPF_LOAD_WORD = 0x20, /* big-endian, from that offset */
	KERNEL_BPF_LOAD_HALF = 0x28,
	KERNEL_BPF_LOAD_BYTE = 0x30,
	KERNEL_BPF_IF_EQUAL = 0x15,
	KERNEL_BPF_IF_GREATER = 0x25,
	KERNEL_BPF_RETURN = 0x06, /* that many bytes are kept */
};

/* ---- linux/net.h, net/tcp_states.h: sockets as /proc/net and sock_diag(7) show them ---- */

#define KERNEL_SO_ACCEPTCON 0x10000 /* it listens */
#define KERNEL_TCP_SYN_RECV 3
#define KERNEL_TCP_LISTEN 10

/* ---- linux/netlink.h ---- */

#define KERNEL_NETLINK_SOCK_DIAG 4
#define KERNEL_NLM_F_REQUEST 0x001
#define KERNEL_NLM_F_DUMP 0x300
#define KERNEL_NLMSG_ERROR 2
#define KERNEL_NLMSG_DONE 3

struct kernel_nlmsghdr {
	uint32_t length;
	uint16_t type, flags;
	uint32_t sequence, port;
};

struct kernel_nlattr {
	uint16_t length, type;
};

/* ---- linux/sock_diag.h, linux/unix_diag.h, linux/inet_diag.h ---- */

#define KERNEL_SOCK_DIAG_BY_FAMILY 20

#define KERNEL_UDIAG_SHOW_NAME (1U << 0)
#define KERNEL_UDIAG_SHOW_VFS (1U << 1)
#define KERNEL_UDIAG_SHOW_UID (1U << 6)
#define KERNEL_UNIX_DIAG_NAME 0
#define KERNEL_UNIX_DIAG_VFS 1
#define KERNEL_UNIX_DIAG_UID 7

struct kernel_unix_diag_req {
	uint8_t family, protocol;
	uint16_t padding;
	uint32_t states, inode, show, cookie[2];
};

struct kernel_unix_diag_msg {
	uint8_t family, type, state, padding;
	uint32_t inode, cookie[2];
};

#define KERNEL_INET_DIAG_SKV6ONLY 11

struct kernel_inet_diag_sockid {
	uint16_t from_port, to_port; /* in network byte order */
	uint8_t from[16], to[16];
	uint32_t interface, cookie[2];
};

struct kernel_inet_diag_req_v2 {
	uint8_t family, protocol, extensions, padding;
	uint32_t states;
	struct kernel_inet_diag_sockid id;
};

struct kernel_inet_diag_msg {
	uint8_t family, state, timer, retransmits;
	struct kernel_inet_diag_sockid id;
	uint32_t expires, unread, unsent, uid, inode;
};

#endif
