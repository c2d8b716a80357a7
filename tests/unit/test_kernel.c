/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * base/kernel.h against the kernel's own headers, as far as this machine has them: what is retyped there
 * must be what they say. Most of it the compiler checks.
 */
#include "unit.h"

#include "base/kernel.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/inet_diag.h>
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#define SAME(ours, theirs) _Static_assert((ours) == (theirs), #ours)
#define SAME_SIZE(ours, theirs) SAME(sizeof(ours), sizeof(theirs))
#define SAME_PLACE(ours, our, theirs, their)         \
 SAME(offsetof(ours, our), offsetof(theirs, their)); \
 SAME(sizeof(((ours *)NULL)->our), sizeof(((theirs *)NULL)->their))

#ifdef PID_FS_MAGIC /* Linux 6.9 */
SAME(KERNEL_PID_FS_MAGIC, PID_FS_MAGIC);
#endif

SAME(KERNEL_CAPABILITY_VERSION_3, _LINUX_CAPABILITY_VERSION_3);
SAME_SIZE(struct kernel_cap_header, struct __user_cap_header_struct);
SAME_SIZE(struct kernel_cap_data, struct __user_cap_data_struct);
SAME_PLACE(struct kernel_cap_data, permitted, struct __user_cap_data_struct, permitted);

SAME_SIZE(struct kernel_sock_filter, struct sock_filter);
SAME_PLACE(struct kernel_sock_filter, if_false, struct sock_filter, jf);
SAME_PLACE(struct kernel_sock_filter, value, struct sock_filter, k);
SAME_SIZE(struct kernel_sock_fprog, struct sock_fprog);
/* NOLINTNEXTLINE(bugprone-sizeof-expression): it is a pointer that is measured */
SAME_PLACE(struct kernel_sock_fprog, instructions, struct sock_fprog, filter);
SAME((int)KERNEL_BPF_LOAD_LENGTH, BPF_LD | BPF_W | BPF_LEN);
SAME((int)KERNEL_BPF_LOAD_WORD, BPF_LD | BPF_W | BPF_ABS);
SAME((int)KERNEL_BPF_LOAD_HALF, BPF_LD | BPF_H | BPF_ABS);
SAME((int)KERNEL_BPF_LOAD_BYTE, BPF_LD | BPF_B | BPF_ABS);
SAME((int)KERNEL_BPF_IF_EQUAL, BPF_JMP | BPF_JEQ | BPF_K);
SAME((int)KERNEL_BPF_IF_GREATER, BPF_JMP | BPF_JGT | BPF_K);
SAME((int)KERNEL_BPF_RETURN, BPF_RET | BPF_K);

SAME(KERNEL_SO_ACCEPTCON, __SO_ACCEPTCON);
SAME((int)KERNEL_TCP_LISTEN, TCP_LISTEN);
SAME((int)KERNEL_TCP_SYN_RECV, TCP_SYN_RECV);

SAME(KERNEL_NETLINK_SOCK_DIAG, NETLINK_SOCK_DIAG);
SAME(KERNEL_NLM_F_REQUEST, NLM_F_REQUEST);
SAME(KERNEL_NLM_F_DUMP, NLM_F_DUMP);
SAME(KERNEL_NLMSG_ERROR, NLMSG_ERROR);
SAME(KERNEL_NLMSG_DONE, NLMSG_DONE);
SAME_SIZE(struct kernel_nlmsghdr, struct nlmsghdr);
SAME_PLACE(struct kernel_nlmsghdr, type, struct nlmsghdr, nlmsg_type);
SAME_PLACE(struct kernel_nlmsghdr, port, struct nlmsghdr, nlmsg_pid);
SAME_SIZE(struct kernel_nlattr, struct nlattr);
SAME_PLACE(struct kernel_nlattr, type, struct nlattr, nla_type);

SAME(KERNEL_SOCK_DIAG_BY_FAMILY, SOCK_DIAG_BY_FAMILY);
SAME(KERNEL_UDIAG_SHOW_NAME, UDIAG_SHOW_NAME);
SAME(KERNEL_UDIAG_SHOW_VFS, UDIAG_SHOW_VFS);
SAME((int)KERNEL_UNIX_DIAG_NAME, UNIX_DIAG_NAME);
SAME((int)KERNEL_UNIX_DIAG_VFS, UNIX_DIAG_VFS);
#ifdef UDIAG_SHOW_UID /* Linux 5.3 */
SAME(KERNEL_UDIAG_SHOW_UID, UDIAG_SHOW_UID);
SAME((int)KERNEL_UNIX_DIAG_UID, UNIX_DIAG_UID);
#endif
SAME_SIZE(struct kernel_unix_diag_req, struct unix_diag_req);
SAME_PLACE(struct kernel_unix_diag_req, states, struct unix_diag_req, udiag_states);
SAME_PLACE(struct kernel_unix_diag_req, show, struct unix_diag_req, udiag_show);
SAME_SIZE(struct kernel_unix_diag_msg, struct unix_diag_msg);
SAME_PLACE(struct kernel_unix_diag_msg, inode, struct unix_diag_msg, udiag_ino);

SAME((int)KERNEL_INET_DIAG_SKV6ONLY, INET_DIAG_SKV6ONLY);
SAME_SIZE(struct kernel_inet_diag_sockid, struct inet_diag_sockid);
SAME_PLACE(struct kernel_inet_diag_sockid, from, struct inet_diag_sockid, idiag_src);
SAME_SIZE(struct kernel_inet_diag_req_v2, struct inet_diag_req_v2);
SAME_PLACE(struct kernel_inet_diag_req_v2, protocol, struct inet_diag_req_v2, sdiag_protocol);
SAME_PLACE(struct kernel_inet_diag_req_v2, states, struct inet_diag_req_v2, idiag_states);
SAME_PLACE(struct kernel_inet_diag_req_v2, id, struct inet_diag_req_v2, id);
SAME_SIZE(struct kernel_inet_diag_msg, struct inet_diag_msg);
SAME_PLACE(struct kernel_inet_diag_msg, id, struct inet_diag_msg, id);
SAME_PLACE(struct kernel_inet_diag_msg, uid, struct inet_diag_msg, idiag_uid);
SAME_PLACE(struct kernel_inet_diag_msg, inode, struct inet_diag_msg, idiag_inode);

/* Headers with these cannot be included beside the C library's. */
static void a_request_has_the_size_of_what_it_takes(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct kernel_pidfd_info), 64);       /* PIDFD_INFO_SIZE_VER0 */
	assert_int_equal(sizeof(struct kernel_sched_attr), 48);       /* SCHED_ATTR_SIZE_VER0 */
	assert_int_equal(offsetof(struct kernel_dirent64, name), 19); /* getdents(2) */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_has_the_size_of_what_it_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
