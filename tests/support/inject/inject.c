/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Lets one system call of the bridge fail, once, or a signal come with it, and tells what came of it.
 *
 *     inject ROLE N WHICH DAEMON WORLD AWAIT COMMAND [ARG...]
 *
 * ROLE is a process of ours: 0 the launcher, 1 the first that came from it, and so on; N the call,
 * from 1 on, after the dynamic loader; WHICH the error, from 0 on, of those the call can have; or
 * -SIGNAL: that is sent to the process as it makes the call, which does not fail; or all-SIGNAL: that
 * and SIGCONT to every process there is then, as to a whole cgroup; or grp-SIGNAL: that to the launcher's
 * process group. WORLD
 * and AWAIT are the benchmark's (tests/bench/world.h), DAEMON the file that COMMAND executes in the
 * end: what executes that, or anything else, is let go and no longer ours.
 *
 * With AWAIT "exit" who started the launcher waits for its exit, and finds the daemon by /run/d.pid.
 *
 * The host waits for the daemon to be ready and for our processes to rest, then ends the daemon (after
 * the last two: kills it, so that it sees no other), and waits until nothing is left. One line on stdout says what was seen, in words of the form key=value.
 * "call=none": this one cannot fail; "call=end": there are not so many. Exit status 77: not possible here.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "host.h"

#if !defined(__x86_64__)
# error "registers and breakpoints are those of x86-64"
#endif

#define MAX_PROCESSES 64
#define READY_MS 14000 /* more than the babysitter's patience with a host, 10 s */
#define END_MS 30000   /* twice a parent's patience with a babysitter that asks in vain */
#define TICK_NS 5000000
#define REST_MS 1000
#define DEATH_MS 5000  /* of one that has been killed */
#define QUIET_TICKS 10 /* longer than the launcher waits before it forwards */
#define BREAKPOINT 0xcc
#define PID_FILE "/run/d.pid"

struct tracee {
	pid_t pid;
	bool is_ours, has_ended;
	bool is_running; /* past the dynamic loader */
	bool is_resting; /* in a system call that waits for an event, for ever */
	int n_calls;
	int error; /* what the call that it is in will return */
	uint64_t entry;
	long entry_word;
};

static struct {
	int role, n, which;
	bool is_to_all, is_to_group, is_ending;
	const char *daemon_path;
	struct tracee tracees[MAX_PROCESSES];
	int n_tracees;
	const struct call *call; /* that failed; or NULL: none so far */
	int error;
	pid_t daemon, host;
	struct seen *seen;
} me;

/* ---- What is known of the processes ---- */

static struct tracee *tracee_of(pid_t pid)
{
	struct tracee *tracee = me.tracees;

	while (tracee < me.tracees + me.n_tracees && tracee->pid != pid)
		tracee++;
	if (tracee == me.tracees + MAX_PROCESSES)
		die(1, "too many processes");
	if (tracee == me.tracees + me.n_tracees) {
		me.n_tracees++;
		*tracee = (struct tracee){ .pid = pid,
					   .is_ours = true,
					   .is_running = pid != me.seen->launcher };
	}
	return tracee;
}

static char state_of(pid_t pid)
{
	char path[64], text[512] = "", *end;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return '-';
	(void)!read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	end = strrchr(text, ')');
	if (end == NULL || end[1] == '\0')
		return '-';
	return end[2];
}

static bool all_rest(void)
{
	for (int i = 0; i < me.n_tracees; i++) {
		const struct tracee *tracee = &me.tracees[i];

		if (tracee->is_ours && !tracee->has_ended && !tracee->is_resting)
			return false;
	}
	return true;
}

/* Nothing will come any more, and the daemon, if there is one, is on its own. */
static bool all_are_gone(void)
{
	for (int i = 0; i < me.n_tracees; i++) {
		if (me.tracees[i].is_ours && !me.tracees[i].has_ended)
			return false;
	}
	return me.daemon != 0;
}

static bool is_ready(enum await await)
{
	return await == AWAIT_STOP    ? me.seen->n_stops > 0
	       : await == AWAIT_START ? me.daemon != 0
	       : await == AWAIT_EXIT  ? me.seen->has_ended && me.seen->status == 0
				      : me.seen->n_ready > 0;
}

/* ---- One system call ---- */

static bool is_to_many(void)
{
	return me.is_to_all || me.is_to_group;
}

/* Who does not wait is not interrupted. */
static bool can_fail(const struct __ptrace_syscall_info *info)
{
	return info->entry.nr != SYS_wait4 || (info->entry.args[2] & WNOHANG) == 0;
}

static const struct call *choose(const struct tracee *tracee, const struct __ptrace_syscall_info *info)
{
	const struct call *call = call_by_number((long)info->entry.nr);
	bool is_it = tracee - me.tracees == me.role && tracee->n_calls == me.n;

	if (!is_it || (is_to_many() && me.is_ending))
		return NULL;
	if (me.which < 0)
		return call;
	return can_fail(info) && call->errors[me.which] != 0 ? call : NULL;
}

/* No such call: nothing happens. But close(2) does close, whatever it says. */
static void let_fail(struct tracee *tracee, const struct __ptrace_syscall_info *info, int error)
{
	struct user_regs_struct registers;

	me.error = tracee->error = error;
	(void)ptrace(PTRACE_GETREGS, tracee->pid, NULL, &registers);
	if (info->entry.nr != SYS_close)
		registers.orig_rax = ~0ULL;
	(void)ptrace(PTRACE_SETREGS, tracee->pid, NULL, &registers);
}

/* Readiness has settled: there is nothing more to tell, so its stderr is /dev/null. */
static bool has_let_go(pid_t pid)
{
	char path[64], target[16] = "";

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/2", (int)pid);
	(void)!readlink(path, target, sizeof(target) - 1);
	return strcmp(target, "/dev/null") == 0;
}

/*
 * Where there are no pidfds the longest sleep is a second. But so it is, too, while it is to be found out
 * whether the host has seen the stop: there is no manager here that could be asked, so that takes 10 s
 * where the host has answered before anybody looked. A daemon that is ended meanwhile waits for that.
 */
static bool waits_for_ever(pid_t pid, const struct __ptrace_syscall_info *info)
{
	switch (info->entry.nr) {
	case SYS_poll:
		return (int)info->entry.args[2] < 0 ||
		       ((int)info->entry.args[2] == REST_MS && has_let_go(pid));
	case SYS_ppoll:
	case SYS_rt_sigtimedwait:
		return info->entry.args[2] == 0;
	default:
		return false;
	}
}

/* Each pid once, as one pass over cgroup.procs does it. */
static void signal_all(int signal)
{
	for (int i = 0; i < me.n_tracees; i++) {
		if (me.tracees[i].has_ended)
			continue;
		(void)kill(me.tracees[i].pid, signal);
		(void)kill(me.tracees[i].pid, SIGCONT);
	}
}

static void enter_call(struct tracee *tracee, const struct __ptrace_syscall_info *info)
{
	const struct call *call;

	tracee->n_calls++;
	tracee->is_resting = waits_for_ever(tracee->pid, info);
	call = choose(tracee, info);
	if (call == NULL)
		return;
	me.call = call;
	if (me.is_to_all)
		signal_all(-me.which);
	else if (me.is_to_group)
		(void)kill(-me.seen->launcher, -me.which);
	else if (me.which < 0)
		(void)kill(tracee->pid, -me.which);
	else
		let_fail(tracee, info, call->errors[me.which]);
}

static void leave_call(struct tracee *tracee)
{
	struct user_regs_struct registers;

	tracee->is_resting = false;
	if (tracee->error == 0)
		return;
	(void)ptrace(PTRACE_GETREGS, tracee->pid, NULL, &registers);
	registers.rax = (unsigned long long)-(long long)tracee->error;
	(void)ptrace(PTRACE_SETREGS, tracee->pid, NULL, &registers);
	tracee->error = 0;
}

static void take_call(struct tracee *tracee)
{
	struct __ptrace_syscall_info info = { 0 };

	(void)ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof(info), &info);
	if (!tracee->is_running)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		enter_call(tracee, &info);
	else
		leave_call(tracee);
}

/* ---- Past the dynamic loader: a breakpoint where the program itself begins ---- */

static uint64_t entry_of(pid_t pid)
{
	Elf64_auxv_t item = { 0 };
	uint64_t entry = 0;
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (entry == 0 && read(fd, &item, sizeof(item)) == sizeof(item))
		entry = item.a_type == AT_ENTRY ? item.a_un.a_val : 0;
	if (fd < 0 || entry == 0)
		die(1, "cannot find the entry of the program");
	(void)close(fd);
	return entry;
}

static void break_at_entry(struct tracee *tracee)
{
	tracee->entry = entry_of(tracee->pid);
	tracee->entry_word = ptrace(PTRACE_PEEKTEXT, tracee->pid, tracee->entry, NULL);
	(void)ptrace(PTRACE_POKETEXT, tracee->pid, tracee->entry,
		     (tracee->entry_word & ~0xffL) | BREAKPOINT);
}

/* Returns whether this SIGTRAP was it. */
static bool take_breakpoint(struct tracee *tracee)
{
	struct user_regs_struct registers;

	if (tracee->is_running || ptrace(PTRACE_GETREGS, tracee->pid, NULL, &registers) < 0 ||
	    registers.rip != tracee->entry + 1)
		return false;
	(void)ptrace(PTRACE_POKETEXT, tracee->pid, tracee->entry, tracee->entry_word);
	registers.rip = tracee->entry;
	(void)ptrace(PTRACE_SETREGS, tracee->pid, NULL, &registers);
	tracee->is_running = true;
	return true;
}

/* ---- What happens to a tracee ---- */

static bool is_daemon(pid_t pid)
{
	char path[64], target[4096];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	return strcmp(target, me.daemon_path) == 0;
}

/* The launcher's first is the bridge itself. Returns whether the process is still ours. */
static bool take_exec(struct tracee *tracee)
{
	if (tracee->pid == me.seen->launcher && tracee->entry == 0) {
		break_at_entry(tracee);
		return true;
	}
	if (is_daemon(tracee->pid))
		me.daemon = tracee->pid;
	tracee->is_ours = false;
	(void)ptrace(PTRACE_DETACH, tracee->pid, NULL, 0);
	return false;
}

static bool is_stop_signal(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* Returns the request by which @tracee goes on, or -1: it was let go; with the signal for it. */
static int take_stop(struct tracee *tracee, int status, int *ret_signal)
{
	unsigned long child;
	int signal = WSTOPSIG(status);

	*ret_signal = 0;
	switch (status >> 16) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		(void)ptrace(PTRACE_GETEVENTMSG, tracee->pid, NULL, &child);
		(void)tracee_of((pid_t)child);
		return PTRACE_SYSCALL;
	case PTRACE_EVENT_EXEC:
		return take_exec(tracee) ? PTRACE_SYSCALL : -1;
	case PTRACE_EVENT_STOP:
		return is_stop_signal(signal) ? PTRACE_LISTEN : PTRACE_SYSCALL;
	default:
		break;
	}
	if (signal == (SIGTRAP | 0x80))
		take_call(tracee);
	else if (signal != SIGTRAP || !take_breakpoint(tracee))
		*ret_signal = signal;
	return PTRACE_SYSCALL;
}

/* Takes one event. Returns false if there is none now. */
static bool take_event(void)
{
	struct tracee *tracee;
	int status, signal, request;
	pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);

	if (pid <= 0)
		return false;
	if (pid == me.host) {
		me.host = 0;
		return true;
	}
	tracee = tracee_of(pid);
	if (!WIFSTOPPED(status)) {
		tracee->has_ended = true;
		return true;
	}
	request = take_stop(tracee, status, &signal);
	if (request >= 0)
		(void)ptrace((enum __ptrace_request)request, pid, NULL, signal);
	return true;
}

/* ---- One run ---- */

static void wait_for_event(void)
{
	const struct timespec tick = { 0, TICK_NS };
	sigset_t child;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigtimedwait(&child, NULL, &tick);
}

static bool has_settled(enum await await)
{
	return me.seen->has_ended || all_are_gone() || (is_ready(await) && all_rest());
}

/*
 * In the shape hand over the launcher's end is the beginning. So it is where it means that the daemon is ready; and where
 * it was killed, others have yet to see it.
 */
static bool is_to_go_on(enum await await)
{
	if (await == AWAIT_EXIT)
		return !me.seen->has_ended || !all_rest();
	if (me.seen->has_ended && await == AWAIT_HAND_OVER && me.seen->status == 0)
		return !is_ready(await) || !all_rest();
	return !has_settled(await);
}

static void play_until_ready(enum await await)
{
	uint64_t deadline = now_ns() + READY_MS * 1000000ULL;

	while (me.host != 0 && is_to_go_on(await) && now_ns() < deadline) {
		if (!take_event())
			wait_for_event();
	}
}

static void play_until_gone(void)
{
	uint64_t deadline = now_ns() + END_MS * 1000000ULL;

	while (me.host != 0 && now_ns() < deadline) {
		if (!take_event())
			wait_for_event();
	}
}

/* What was sent has been passed on by now, and taken. */
static void let_all_come_to_rest(void)
{
	uint64_t deadline = now_ns() + REST_MS * 1000000ULL;
	int n_quiet = 0;

	while (n_quiet < QUIET_TICKS && now_ns() < deadline) {
		n_quiet = strchr("RD", state_of(me.daemon)) == NULL ? n_quiet + 1 : 0;
		wait_for_event();
		while (take_event())
			n_quiet = 0;
	}
}

/* The number in the pid file, by what it is: the daemon's, one of ours, or another; "none": there is no file. */
static const char *read_pid_file(void)
{
	static char role[16];
	char path[64], text[16] = "";
	pid_t pid;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/root" PID_FILE, (int)me.host);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return "none";
	(void)!read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	pid = atoi(text); /* NOLINT(cert-err34-c) */
	if (pid == me.daemon)
		return "daemon";
	(void)snprintf(role, sizeof(role), "wrong");
	for (int i = 0; i < me.n_tracees; i++) {
		if (me.tracees[i].pid == pid)
			(void)snprintf(role, sizeof(role), "role%d", i);
	}
	return role;
}

/*
 * Of a daemon that nobody's file names any more though its start has succeeded: it has been killed, and on a busy
 * machine it is still about to end.
 */
static char state_without_name(char state)
{
	uint64_t deadline = now_ns() + DEATH_MS * 1000000ULL;

	while (strchr("-Z", state) == NULL && now_ns() < deadline) {
		if (!take_event())
			wait_for_event();
		state = state_of(me.daemon);
	}
	return state;
}

/* With a pid file it is known to somebody; without one it is for us to see who ends it. */
static void end_named(bool is_named)
{
	if (!me.seen->has_ended)
		(void)kill(me.seen->launcher, SIGTERM);
	if (!is_named || me.daemon == 0)
		return;
	(void)kill(me.daemon, SIGTERM);
	(void)kill(me.daemon, SIGCONT);
}

/* As Upstart and systemd do: the group; and systemd what is in the same cgroup, stopped or not. */
static void end_daemon(enum await await, const char *named)
{
	me.is_ending = true;
	if (await == AWAIT_EXIT) {
		end_named(strcmp(named, "none") != 0);
		return;
	}
	if (is_to_many() && me.daemon != 0) {
		let_all_come_to_rest();
		(void)kill(me.daemon, SIGKILL);
		return;
	}
	if (!me.seen->has_ended)
		(void)kill(await == AWAIT_HAND_OVER ? me.seen->launcher : -me.seen->launcher,
			   SIGTERM);
	if (await == AWAIT_HAND_OVER && me.daemon != 0) {
		(void)kill(me.daemon, SIGTERM);
		(void)kill(me.daemon, SIGCONT);
	}
}

/* What the daemon has started is not traced, and the host's when its parents have ended. */
static void kill_others(void)
{
	char path[64];
	FILE *file;
	int pid;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)me.host, (int)me.host);
	file = fopen(path, "re");
	while (file != NULL && fscanf(file, "%d", &pid) == 1) { /* NOLINT(cert-err34-c): the kernel's */
		int i = 0;

		while (i < me.n_tracees && me.tracees[i].pid != pid)
			i++;
		if (i < me.n_tracees)
			continue;
		(void)printf("other:%c,", state_of(pid));
		(void)kill(pid, SIGKILL);
	}
	if (file != NULL)
		(void)fclose(file);
}

/* Whoever is still there goes now; the host, which sees its last child end, follows. */
static void print_and_kill_survivors(void)
{
	bool is_left = me.host != 0;

	if (is_left)
		kill_others();

	if (is_left && me.daemon != 0 && state_of(me.daemon) != '-') {
		(void)printf("daemon:%c,", state_of(me.daemon));
		(void)kill(me.daemon, SIGKILL);
	}
	for (int i = 0; i < me.n_tracees; i++) {
		const struct tracee *tracee = &me.tracees[i];

		if (!tracee->is_ours || tracee->has_ended)
			continue;
		(void)printf("role%d:%c,", i, state_of(tracee->pid));
		(void)kill(tracee->pid, SIGKILL);
	}
	if (is_left)
		play_until_gone();
}

static void print_status(void)
{
	int status = me.seen->status;

	if (!me.seen->has_ended)
		(void)printf("none");
	else if (WIFEXITED(status))
		(void)printf("exit:%d", WEXITSTATUS(status));
	else
		(void)printf("signal:%d", WTERMSIG(status));
}

static const char *name_of_call(void)
{
	if (me.call != NULL)
		return me.call->name;
	return me.role < me.n_tracees && me.tracees[me.role].n_calls >= me.n ? "none" : "end";
}

static int count_errors(void)
{
	int n = 0;

	while (me.call != NULL && n < MAX_ERRORS && me.call->errors[n] != 0)
		n++;
	return n;
}

static void start(const struct subject *subject)
{
	int gate[2];

	me.seen = mmap(NULL, sizeof(*me.seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (me.seen == MAP_FAILED || pipe2(gate, O_CLOEXEC) < 0)
		die(1, "cannot share");
	me.host = fork();
	if (me.host == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(gate[1]);
		host_run(subject, gate[0], me.seen);
	}
	(void)close(gate[0]);
	while (me.host > 0 && me.seen->launcher == 0 && waitpid(me.host, NULL, WNOHANG) == 0)
		wait_for_event();
	if (me.seen->launcher == 0 ||
	    ptrace(PTRACE_SEIZE, me.seen->launcher, NULL,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) < 0 ||
	    ptrace(PTRACE_INTERRUPT, me.seen->launcher, NULL, NULL) < 0)
		die(77, "cannot trace");
	(void)tracee_of(me.seen->launcher);
	(void)!write(gate[1], "", 1);
	(void)close(gate[1]);
}

static enum await await_by_name(const char *name)
{
	return strcmp(name, "stop") == 0    ? AWAIT_STOP
	       : strcmp(name, "start") == 0 ? AWAIT_START
	       : strcmp(name, "exit") == 0  ? AWAIT_EXIT
					    : AWAIT_HAND_OVER;
}

int main(int argc, char **argv)
{
	struct subject subject;
	char state = '-';
	const char *named;
	sigset_t child;

	if (argc < 8) {
		errno = EINVAL;
		die(2, "nothing to inject into");
	}
	me.role = atoi(argv[1]); /* NOLINT(cert-err34-c): the test's own */
	me.n = atoi(argv[2]);    /* NOLINT(cert-err34-c) */
	me.is_to_all = strncmp(argv[3], "all-", 4) == 0;
	me.is_to_group = strncmp(argv[3], "grp-", 4) == 0;
	me.which = atoi(argv[3] + (is_to_many() ? 3 : 0)); /* NOLINT(cert-err34-c) */
	if (me.which >= MAX_ERRORS)
		die(2, "not so many errors");
	me.daemon_path = argv[4];
	subject = (struct subject){ world_by_name(argv[5]), await_by_name(argv[6]), argv + 7 };
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, NULL);
	start(&subject);
	play_until_ready(subject.await);
	if (me.daemon != 0)
		state = state_of(me.daemon);
	named = read_pid_file();
	if (subject.await == AWAIT_EXIT && is_ready(AWAIT_EXIT) && strcmp(named, "none") == 0)
		state = state_without_name(state);
	end_daemon(subject.await, named);
	play_until_gone();
	(void)printf("ready=%d stops=%d daemon=%d state=%c named=%s launcher=", me.seen->n_ready,
		     me.seen->n_stops, me.daemon != 0, state, named);
	print_status();
	(void)printf(" left=");
	print_and_kill_survivors();
	(void)printf(" files=%s call=%s errno=%d errors=%d\n", me.seen->left, name_of_call(),
		     me.error, count_errors());
	return 0;
}
