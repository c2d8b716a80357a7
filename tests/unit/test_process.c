/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * base/process.c: what is read from /proc/PID/status, and holding on to a process, with pidfds and, by
 * taking pidfd_open(2) away, as on a kernel without them.
 */
#include "unit.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/apart.h"
#include "base/descendants.h"
#include "base/process.h"
#include "base/procfs.h"
#include "base/util.h"

#define SIGNAL_BIT(signal) (1ULL << ((signal)-1))

/* ---- /proc/PID/status as text ---- */

static const char whole[] =
	"Name:\tdaemon\nUmask:\t0022\nState:\tT (stopped)\nTgid:\t77\nNgid:\t0\nPid:\t77\nPPid:\t42\n"
	"TracerPid:\t9\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nFDSize:\t64\nGroups:\t0 1 2 \n"
	"VmPeak:\t 6000 kB\nThreads:\t1\nSigQ:\t0/15474\nSigPnd:\t0000000000000200\n"
	"ShdPnd:\t0000000000010000\nSigBlk:\tffffffffffffffff\nSigIgn:\tffffffffffffffff\n";

static void the_fields_that_matter_are_read(void **state)
{
	struct process_status status;

	(void)state;
	assert_int_equal(process_parse_status(whole, &status), 0);
	assert_int_equal(status.state, 'T');
	assert_int_equal(status.parent, 42);
	assert_int_equal(status.tracer, 9);
	for (uid_t i = 0; i < 4; i++)
		assert_int_equal(status.uids[i], i + 1);
	assert_true(status.pending == (SIGNAL_BIT(10) | SIGNAL_BIT(SIGCHLD)));
}

#define FIELDS(state, parent, tracer, uids) \
 "State:\t" state "\nPPid:\t" parent "\nTracerPid:\t" tracer "\nUid:\t" uids "\n"
#define PENDING "SigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n"
#define GOOD FIELDS("S (sleeping)", "1", "0", "0\t0\t0\t0") PENDING

static void a_name_is_never_taken_for_a_field(void **state)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{ "plain", "Name:\tdaemon\n" GOOD },
		{ "a field's name", "Name:\tState:\tT\n" GOOD },
		{ "a newline, as the kernel escapes it", "Name:\ta\\nPPid:\t666\n" GOOD },
		{ "parentheses", "Name:\ta) T (b\n" GOOD },
		{ "empty", "Name:\t\n" GOOD },
		{ "a field's name and no space", "Name:\tPPid:666\n" GOOD },
		{ "longer field names", "XState:\tT\nStates:\tT\nVPPid:\t666\nPPids:\t666\n" GOOD },
		{ "the first of two counts", GOOD FIELDS("T", "666", "666", "6\t6\t6\t6") },
		{ "no line before", GOOD },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct process_status status;

		check_int(cases[i].name, process_parse_status(cases[i].text, &status), 0);
		check_int(cases[i].name, status.state, 'S');
		check_int(cases[i].name, status.parent, 1);
		check_int(cases[i].name, status.tracer, 0);
		check_int(cases[i].name, status.pending, 0);
	}
}

static void what_is_no_status_is_refused(void **state)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{ "empty", "" },
		{ "a newline", "\n" },
		{ "only the name", "Name:\tdaemon\n" },
		{ "no state", "PPid:\t1\nTracerPid:\t0\nUid:\t0\t0\t0\t0\n" PENDING },
		{ "no parent", "State:\tS\nTracerPid:\t0\nUid:\t0\t0\t0\t0\n" PENDING },
		{ "no tracer", "State:\tS\nPPid:\t1\nUid:\t0\t0\t0\t0\n" PENDING },
		{ "no uids", "State:\tS\nPPid:\t1\nTracerPid:\t0\n" PENDING },
		{ "three uids", "State:\tS\nPPid:\t1\nTracerPid:\t0\n" PENDING "Uid:\t1\t2\t3" },
		{ "no number", FIELDS("S", "x", "0", "0\t0\t0\t0") PENDING },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct process_status status = { .state = '?' };

		check_int(cases[i].name, process_parse_status(cases[i].text, &status), -EBADMSG);
		check_int(cases[i].name, status.state, '?');
	}
}

/*
 * The file may be longer than what is read of it (a long list of groups). Whatever is missing, a
 * signal that is pending must not look as if it were not: the daemon would be continued too early.
 */
static void cut_anywhere_nothing_pending_is_missed(void **state)
{
	const unsigned long long pending = SIGNAL_BIT(10) | SIGNAL_BIT(SIGCHLD);
	size_t fixed = (size_t)(strstr(whole, "Gid:") - whole);

	(void)state;
	for (size_t length = 0; length < sizeof(whole) - 1; length++) {
		char *text = strndup(whole, length), name[32];
		struct process_status status;
		int r = process_parse_status(text, &status);

		free(text);
		(void)snprintf(name, sizeof(name), "cut to %zu bytes", length);
		if (r == 0)
			check(name, (status.pending & pending) == pending);
		else
			check_int(name, r, -EBADMSG);
		if (length >= fixed)
			check_int(name, status.parent, 42);
	}
}

/* ---- Real processes ---- */

static void expect_stop(pid_t pid)
{
	int status;

	child_check(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
}

/* A child that stops itself, and once continued waits to be killed. */
static pid_t start_stopped(const char *comm)
{
	pid_t pid = fork();

	child_check(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)prctl(PR_SET_NAME, comm);
		(void)raise(SIGSTOP);
		for (;;)
			(void)pause();
	}
	expect_stop(pid);
	return pid;
}

static void wait_until_dead(pid_t pid)
{
	siginfo_t info;

	child_check(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
}

/* From its start to after its end, a process called @arg. */
static void follow_process(const void *arg)
{
	struct process process;
	pid_t pid = start_stopped(arg);
	char comm[17];

	child_check(process_open(pid, &process) == 0);
	child_check(process.pid == pid);
	child_check((process_poll_fd(&process) >= 0) == (process.pidfd >= 0));
	child_check((process.pidfd >= 0) != (process.proc_fd >= 0));
	child_check(!process_has_ended(&process));
	child_check(process_read_comm(pid, comm) == 0);
	child_check(strncmp(comm, arg, strcspn(arg, "\n")) == 0);
	child_check(process_signal(&process, 0) == 0);
	child_check(process_signal(&process, SIGCONT) == 0);
	child_check(process_signal(&process, SIGSTOP) == 0);
	child_check(!process_has_ended(&process));
	child_check(process_signal(&process, SIGKILL) == 0);
	wait_until_dead(pid);
	child_check(process_has_ended(&process)); /* a zombie already has */
	child_check(waitpid(pid, NULL, 0) == pid);
	child_check(process_has_ended(&process));
	child_check(process_signal(&process, SIGKILL) == -ESRCH);
	process_close(&process);
	child_check(process.pidfd == NO_FD && process.proc_fd == NO_FD);
	process_close(&process); /* a second time is nothing */
}

static void follow_without_pidfd(const void *arg)
{
	struct process process;

	deny_system_call(SYS_pidfd_open, ENOSYS);
	child_check(process_open(getpid(), &process) == 0 && process.pidfd == NO_FD);
	process_close(&process);
	follow_process(arg);
}

/* Container managers answer EPERM to system calls that are not on their list. */
static void follow_with_pidfd_forbidden(const void *arg)
{
	deny_system_call(SYS_pidfd_open, EPERM);
	follow_process(arg);
}

/* Neither pidfds nor /proc: while it lives, the bare pid serves. */
static void follow_by_pid(const void *arg)
{
	struct process process;
	pid_t pid = start_stopped(arg);

	deny_system_call(SYS_pidfd_open, ENOSYS);
	deny_system_call(SYS_openat, ENOENT);
	child_check(process_open(pid, &process) == -ENOENT && process.pid == pid);
	child_check(process_poll_fd(&process) == NO_FD && !process_has_ended(&process));
	child_check(process_signal(&process, SIGKILL) == 0);
	child_check(waitpid(pid, NULL, 0) == pid);
	child_check(process_has_ended(&process) && process_signal(&process, SIGKILL) == -ESRCH);
	process_close(&process);
}

static void a_process_is_followed_to_its_end_whatever_its_name(void **state)
{
	/* A stop shows as T, an end as Z: names that look like either must not count. */
	static const char *const comms[] = { "daemon",    "a) Z (b",        "x) T 1 (", ") ",
					     "Z",         "two\nlines",     "a)\nZ (",  "(((",
					     "State:\tZ", "exactly-15-long" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(comms); i++) {
		check_in_child(comms[i], follow_process, comms[i]);
		check_in_child(comms[i], follow_without_pidfd, comms[i]);
		check_in_child(comms[i], follow_with_pidfd_forbidden, comms[i]);
	}
	check_in_child("bare pid", follow_by_pid, "daemon");
}

static pid_t reaped_pid(void)
{
	pid_t pid = fork();

	child_check(pid >= 0);
	if (pid == 0)
		_exit(0);
	child_check(waitpid(pid, NULL, 0) == pid);
	return pid;
}

static void open_nobody(const void *arg)
{
	struct process process = NO_PROCESS;
	struct process_status status;
	char comm[17];
	pid_t pid = reaped_pid();

	child_check(process_open(pid, &process) == (has_pidfds() ? -ESRCH : -ENOENT));
	child_check(process_read_status(pid, &status) == -ENOENT);
	child_check(process_read_comm(pid, comm) == -ENOENT);
	deny_system_call(SYS_pidfd_open, ENOSYS);
	child_check(process_open(pid, &process) == -ENOENT);
	/* All there is to know of it is its pid, and nobody has that. */
	child_check(process.pid == pid && process.pidfd == NO_FD && process.proc_fd == NO_FD);
	child_check(process_has_ended(&process) && process_signal(&process, SIGKILL) == -ESRCH);
	(void)arg;
}

static void what_is_not_there_cannot_be_opened(void **state)
{
	(void)state;
	check_in_child("nobody", open_nobody, NULL);
}

/* A process with that very pid, as chance would have it after a while; -1 if it cannot be made. */
static pid_t start_with_pid(pid_t pid)
{
	struct clone_args args = { .exit_signal = SIGCHLD,
				   .set_tid = (uint64_t)(uintptr_t)&pid,
				   .set_tid_size = 1 };
	pid_t started = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	if (started == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	return started;
}

static void meet_reused_pid(const void *arg)
{
	const bool *may_have_pidfds = arg;
	struct process process;
	pid_t pid = start_stopped("first");

	if (!*may_have_pidfds)
		deny_system_call(SYS_pidfd_open, ENOSYS);
	child_check(process_open(pid, &process) == 0);
	child_check(process_signal(&process, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
	if (start_with_pid(pid) < 0) {
		not_tried("a reused pid", "only root can choose pids, from Linux 5.5 on");
		return;
	}
	child_check(process_has_ended(&process));
	child_check(process_signal(&process, SIGKILL) == -ESRCH);
	child_check(kill(pid, 0) == 0 && waitpid(pid, NULL, WNOHANG) == 0); /* it lives */
	child_check(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
	process_close(&process);
}

static void another_process_with_its_pid_is_not_mistaken_for_it(void **state)
{
	static const bool with = true, without = false;

	(void)state;
	check_in_child("with pidfds", meet_reused_pid, &with);
	check_in_child("without pidfds", meet_reused_pid, &without);
}

/* ---- Groups whose leader has ended ---- */

static const struct kernel {
	const char *name;
	bool has_pidfds, signals_pidfds;
} kernels[] = {
	{ "this one", true, true },
	{ "without groups of pidfds", true, false },
	{ "without pidfds", false, false },
};

static void start_leader(const struct kernel *kernel, struct process *ret_process)
{
	pid_t pid = start_stopped("leader");

	if (!kernel->has_pidfds)
		deny_system_call(SYS_pidfd_open, ENOSYS);
	if (!kernel->signals_pidfds)
		deny_system_call(SYS_pidfd_send_signal, ENOSYS);
	child_check(setpgid(pid, pid) == 0 && process_open(pid, ret_process) == 0);
}

static void end_leader(const struct process *process)
{
	child_check(kill(process->pid, SIGKILL) == 0);
	child_check(waitpid(process->pid, NULL, 0) == process->pid);
	child_check(process_has_ended(process));
}

static void kill_what_is_left(const void *arg)
{
	struct process leader;
	pid_t member = start_stopped("member");
	int status;

	start_leader(arg, &leader);
	child_check(setpgid(member, leader.pid) == 0);
	end_leader(&leader);
	child_check(process_kill_with_group(&leader, true) == -ESRCH);
	child_check(waitpid(member, &status, 0) == member && WTERMSIG(status) == SIGKILL);
}

static void spare_those_with_its_number(const void *arg)
{
	struct process leader;

	start_leader(arg, &leader);
	end_leader(&leader);
	if (start_with_pid(leader.pid) < 0)
		return; /* meet_reused_pid() says why */
	child_check(setpgid(leader.pid, leader.pid) == 0);
	(void)process_kill_with_group(&leader, true);
	/* Signals that are on their way would be taken first. */
	child_check(kill(leader.pid, SIGSTOP) == 0);
	child_check(waitpid(leader.pid, &(int){ 0 }, WUNTRACED) == leader.pid);
	child_check(kill(leader.pid, 0) == 0);
	child_check(kill(leader.pid, SIGKILL) == 0 && waitpid(leader.pid, NULL, 0) == leader.pid);
}

/* It has become root, and we are not: that cannot be helped, but it is told. */
static void kill_a_stranger(const void *arg)
{
	struct process leader;
	pid_t pid;
	int status, r;

	start_leader(arg, &leader);
	pid = fork();
	if (pid == 0) {
		child_check(setuid(65534) == 0);
		child_check(process_kill_with_group(&leader, true) == -EPERM);
		_exit(0);
	}
	child_check(waitpid(pid, &status, 0) == pid && status == 0);
	r = process_kill_with_group(&leader, true);
	child_check(r == 0 || r == -ESRCH); /* with its group it has ended already */
	child_check(waitpid(leader.pid, &status, 0) == leader.pid && WTERMSIG(status) == SIGKILL);
}

static void a_group_is_killed_whose_leader_has_ended_but_none_of_the_same_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		check_in_child(kernels[i].name, kill_what_is_left, &kernels[i]);
		check_in_child(kernels[i].name, spare_those_with_its_number, &kernels[i]);
	}
}

/* It is in the group of whoever started it, and either is to lead its own, or was put there. */
static void kill_who_is_not_there_yet(const void *arg)
{
	const bool *leads = arg;
	struct process process;
	pid_t starter = start_stopped("starter"), pid = start_stopped("process");
	int status;

	child_check(setpgid(starter, starter) == 0 && setpgid(pid, starter) == 0);
	child_check(process_open(pid, &process) == 0);
	child_check(process_kill_with_group(&process, *leads) == 0);
	child_check(waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGKILL);
	/* Signals that are on their way would be taken first. */
	child_check(kill(starter, SIGCONT) == 0 && kill(starter, SIGSTOP) == 0);
	child_check(waitpid(starter, &status, WUNTRACED) == starter);
	child_check(*leads ? WIFSTOPPED(status) : WIFSIGNALED(status));
	if (*leads)
		child_check(kill(starter, SIGKILL) == 0 && waitpid(starter, NULL, 0) == starter);
}

static void the_group_of_who_has_not_made_its_own_is_spared(void **state)
{
	static const bool leads = true, is_member = false;

	(void)state;
	check_in_child("one that is to lead", kill_who_is_not_there_yet, &leads);
	check_in_child("a member", kill_who_is_not_there_yet, &is_member);
}

static void a_process_that_we_may_not_kill_is_told_of(void **state)
{
	(void)state;
	need_other_users();
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++)
		check_in_child(kernels[i].name, kill_a_stranger, &kernels[i]);
}

static void poll_for_end(const void *arg)
{
	struct process process;
	pid_t pid = start_stopped("daemon");
	struct pollfd pollfd = { .events = POLLIN };

	child_check(process_open(pid, &process) == 0);
	pollfd.fd = process_poll_fd(&process);
	if (pollfd.fd >= 0) { /* else this kernel is too old for the question */
		child_check(fcntl(pollfd.fd, F_GETFD) == FD_CLOEXEC);
		child_check(poll(&pollfd, 1, 0) == 0);
		child_check(process_signal(&process, SIGKILL) == 0);
		child_check(poll(&pollfd, 1, CHILD_TIMEOUT_S * 1000) == 1);
	}
	process_close(&process);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)arg;
}

static void the_end_of_a_process_wakes_poll(void **state)
{
	(void)state;
	check_in_child("end", poll_for_end, NULL);
}

static char state_of(pid_t pid)
{
	struct process_status status;

	child_check(process_read_status(pid, &status) == 0);
	child_check(status.parent == getpid());
	return status.state;
}

static void look_at_child(const void *arg)
{
	pid_t pid = start_stopped("daemon");
	struct process_status status;

	child_check(state_of(pid) == 'T');
	child_check(ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0);
	child_check(process_read_status(pid, &status) == 0 && status.tracer == getpid());
	child_check(kill(pid, SIGKILL) == 0);
	wait_until_dead(pid);
	child_check(state_of(pid) == 'Z');
	child_check(waitpid(pid, NULL, 0) == pid);
	(void)arg;
}

static void look_at_ourselves(const void *arg)
{
	struct process_status status;
	sigset_t blocked;

	(void)arg;
	child_check(process_read_status(getpid(), &status) == 0);
	child_check(status.state == 'R' && status.parent == getppid() && status.tracer == 0);
	child_check(status.uids[0] == getuid() && status.uids[1] == geteuid());
	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGUSR1);
	(void)sigaddset(&blocked, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &blocked, NULL);
	child_check((status.pending & (SIGNAL_BIT(SIGUSR1) | SIGNAL_BIT(SIGCHLD))) == 0);
	child_check(raise(SIGUSR1) == 0);          /* pending for the thread */
	child_check(kill(getpid(), SIGCHLD) == 0); /* pending for the process */
	child_check(process_read_status(getpid(), &status) == 0);
	child_check((status.pending & SIGNAL_BIT(SIGUSR1)) != 0);
	child_check((status.pending & SIGNAL_BIT(SIGCHLD)) != 0);
}

static void the_status_of_real_processes_is_read(void **state)
{
	(void)state;
	check_in_child("ourselves", look_at_ourselves, NULL);
	check_in_child("a child", look_at_child, NULL);
}

/* ---- What a process has ---- */

/* A child, a grandchild, and the same as an orphan that has come to us as its subreaper. */
static void look_at_descendants(const void *arg)
{
	int ends[2];
	pid_t us = getpid(), child, grandchild = 0;

	(void)arg;
	child_check(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && pipe2(ends, O_CLOEXEC) == 0);
	child = fork();
	if (child == 0) {
		grandchild = fork();
		if (grandchild > 0)
			child_check(write(ends[1], &grandchild, sizeof(grandchild)) > 0);
		(void)pause();
	}
	child_check(read(ends[0], &grandchild, sizeof(grandchild)) == sizeof(grandchild));
	child_check(process_descends_from(child, us));
	child_check(process_descends_from(grandchild, us) && process_descends_from(grandchild, child));
	child_check(!process_descends_from(child, grandchild) && !process_descends_from(us, us));
	child_check(!process_descends_from(1, us) && !process_descends_from(0, us));
	child_check(!process_descends_from(getppid(), us));
	child_check(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
	child_check(process_descends_from(grandchild, us) && !process_descends_from(child, us));
	child_check(kill(grandchild, SIGKILL) == 0 && waitpid(grandchild, NULL, 0) == grandchild);
	child_check(!process_descends_from(grandchild, us));
}

static void descendants_are_told_from_others(void **state)
{
	(void)state;
	check_in_child("descendants", look_at_descendants, NULL);
}

/* An errand of ours, a process of the daemon's that is our child, and one of an errand that has come to us. */
static void look_past_an_errand(const void *arg)
{
	struct descendants of = { .root = getpid() };
	int ends[2];
	pid_t parent, child, left = 0, errand;

	(void)arg;
	child_check(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && pipe2(ends, O_CLOEXEC) == 0);
	errand = process_clone(0);
	if (errand == 0)
		for (;;)
			(void)pause();
	child_check(process_ends_silently(errand) && !descendants_have(&of, errand, &parent));
	child = fork();
	if (child == 0) {
		left = process_clone(0);
		if (left == 0)
			for (;;)
				(void)pause();
		child_check(write(ends[1], &left, sizeof(left)) > 0);
		_exit(0);
	}
	child_check(read(ends[0], &left, sizeof(left)) == sizeof(left));
	child_check(waitpid(child, NULL, 0) == child);
	child_check(!process_ends_silently(left) && descendants_have(&of, left, &parent) &&
		    parent == of.root);
	child_check(kill(left, SIGKILL) == 0 && waitpid(left, NULL, 0) == left);
	child_check(kill(errand, SIGKILL) == 0 && waitpid(errand, NULL, __WCLONE) == errand);
	child_check(!process_ends_silently(errand));
}

static void errands_of_ours_are_no_descendants(void **state)
{
	(void)state;
	check_in_child("errands", look_past_an_errand, NULL);
}

static void a_descriptor_is_taken_as_a_duplicate(void **state)
{
	struct process process;
	struct stat here, there;
	int ends[2], taken;

	(void)state;
	assert_int_equal(process_open(getpid(), &process), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	taken = process_take_fd(&process, ends[0]);
	if (taken == -ENOSYS || process.pidfd < 0)
		skip_because("valgrind, or a kernel before 5.6");
	assert_true(taken >= 0);
	assert_true((fcntl(taken, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(fstat(ends[0], &here) + fstat(taken, &there), 0);
	assert_true(here.st_dev == there.st_dev && here.st_ino == there.st_ino);
	(void)close(ends[0]);
	(void)close(ends[1]);
	assert_int_equal(process_take_fd(&process, ends[1]), -EBADF);
	(void)close(taken);
	process_close(&process);
	assert_int_equal(process_take_fd(&process, STDIN_FILENO), -ENOSYS); /* without a pidfd */
}

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static void a_pidfd_is_told_from_other_descriptors(void **state)
{
	unsigned long long id = 0;
	int ends[2], fd = open_pidfd(getpid());
	pid_t pid = 0, child;

	(void)state;
	if (fd < 0)
		skip_because("valgrind, or a kernel before 5.3");
	assert_int_equal(pidfd_identify(fd, &pid, &id), 0);
	assert_int_equal(pid, getpid());
	if (pidfd_id(fd) != 0)
		assert_true(id == pidfd_id(fd));
	(void)close(fd);
	assert_int_equal(pidfd_identify(fd, &pid, &id), -EBADF);
	fd = epoll_create1(EPOLL_CLOEXEC);
	assert_int_equal(pidfd_identify(fd, &pid, &id), -EBADF);
	(void)close(fd);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(pidfd_identify(ends[0], &pid, &id), -EBADF);
	(void)close(ends[0]);
	(void)close(ends[1]);
	child = fork();
	if (child == 0)
		_exit(0);
	fd = open_pidfd(child);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(pidfd_identify(fd, &pid, &id), -ESRCH);
	(void)close(fd);
	assert_int_equal(pid, getpid()); /* as it was */
}

static void a_program_is_known_by_its_file(void **state)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *name;

	(void)state;
	assert_true(n > 0);
	path[n] = '\0';
	name = strrchr(path, '/') + 1;
	assert_int_equal(process_runs(getpid(), name), 1);
	assert_int_equal(process_runs(getpid(), name + 1), 0);
	assert_int_equal(process_runs(getpid(), path), 0);
	assert_int_equal(process_runs(getpid(), ""), 0);
	assert_int_equal(process_runs(0, name), -ENOENT);
}

static void namespaces_are_compared(void **state)
{
	(void)state;
	assert_int_equal(process_shares_namespace(getpid(), getpid(), "net"), 1);
	assert_int_equal(process_shares_namespace(getpid(), 0, "net"), -ENOENT);
	assert_int_equal(process_shares_namespace(0, getpid(), "net"), -ENOENT);
	assert_int_equal(process_shares_namespace(getpid(), getpid(), "x"), -ENOENT);
}

/* ---- Whole files ---- */

static void a_file_is_read_whole_or_said_to_be_longer(void **state)
{
	static const struct {
		const char *name;
		size_t size; /* of the buffer, for a file of 5 bytes, "12345" */
		ssize_t expected;
		const char *text;
	} cases[] = {
		{ "room to spare", 100, 5, "12345" },
		{ "just enough", 6, 5, "12345" },
		{ "one too few", 5, -EFBIG, "1234" },
		{ "far too few", 2, -EFBIG, "1" },
		{ "none", 1, -EFBIG, "" },
	};
	char path[32], buffer[101];
	int fd = (int)syscall(SYS_memfd_create, "test", 1U /* MFD_CLOEXEC */);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "12345", 5), 5);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(buffer, '?', sizeof(buffer));
		check_int(cases[i].name, read_file(path, buffer, cases[i].size), cases[i].expected);
		check_text(cases[i].name, buffer, cases[i].text);
		check_int(cases[i].name, buffer[cases[i].size], '?');
	}
	(void)close(fd);
	assert_int_equal(read_file(path, buffer, sizeof(buffer)), -ENOENT);
	assert_int_equal(read_file("/", buffer, sizeof(buffer)), -EISDIR);
}

/* ---- what is done apart ---- */

static void one_that_was_late_is_not_left_as_a_zombie(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		(void)apart_answers("/", 0);
		assert_int_equal(waitpid(-1, NULL, __WALL | WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
	}
}

/* The babysitter inherits the launcher's own, of /proc: no process is to be had for each. */
static void the_kernel_s_own_files_do_not_hang(void **state)
{
	static const struct {
		const char *path;
		enum fd_look expected;
	} cases[] = {
		{ "/dev/null", FD_ANSWERS },
		{ "/proc/self/fd", FD_ANSWERS },
		{ "/proc/self/status", FD_ANSWERS },
		{ "/proc/self/task", FD_ANSWERS },
		{ "/proc", FD_MAY_HANG },
		{ "/proc/meminfo", FD_MAY_HANG }, /* a FUSE daemon's, in some containers */
		{ "/proc/sys", FD_MAY_HANG },
		{ "/", FD_MAY_HANG },
		{ "/etc/passwd", FD_MAY_HANG },
	};
	int fds[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int fd = open(cases[i].path, O_RDONLY | O_CLOEXEC);

		check_int(cases[i].path, fd_look(fd), cases[i].expected);
		check_int(cases[i].path, close(fd), 0);
	}
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fd_look(fds[0]), FD_HAS_NO_PATH);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fields_that_matter_are_read),
		cmocka_unit_test(a_name_is_never_taken_for_a_field),
		cmocka_unit_test(what_is_no_status_is_refused),
		cmocka_unit_test(cut_anywhere_nothing_pending_is_missed),
		cmocka_unit_test(a_process_is_followed_to_its_end_whatever_its_name),
		cmocka_unit_test(what_is_not_there_cannot_be_opened),
		cmocka_unit_test(another_process_with_its_pid_is_not_mistaken_for_it),
		cmocka_unit_test(a_group_is_killed_whose_leader_has_ended_but_none_of_the_same_number),
		cmocka_unit_test(the_group_of_who_has_not_made_its_own_is_spared),
		cmocka_unit_test(a_process_that_we_may_not_kill_is_told_of),
		cmocka_unit_test(the_end_of_a_process_wakes_poll),
		cmocka_unit_test(the_status_of_real_processes_is_read),
		cmocka_unit_test(descendants_are_told_from_others),
		cmocka_unit_test(errands_of_ours_are_no_descendants),
		cmocka_unit_test(a_descriptor_is_taken_as_a_duplicate),
		cmocka_unit_test(a_pidfd_is_told_from_other_descriptors),
		cmocka_unit_test(a_program_is_known_by_its_file),
		cmocka_unit_test(namespaces_are_compared),
		cmocka_unit_test(a_file_is_read_whole_or_said_to_be_longer),
		cmocka_unit_test(one_that_was_late_is_not_left_as_a_zombie),
		cmocka_unit_test(the_kernel_s_own_files_do_not_hang),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
