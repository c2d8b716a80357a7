/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Detection by what a host finds on the machine: who PID 1 is, what lies under /run, who holds
 * Upstart's socket. A child with namespaces of its own is the machine, which takes root.
 */
#include "unit.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "detect_world.h"
#include "observe/detect.h"

#define NOBODY 65534

/* ---- Evidence from the parent ---- */

/* The machine: a PID namespace whose PID 1 this process is, with its own /proc, /run and network. */
struct machine {
	const char *name;
	const char *init; /* what PID 1 is called */
	const char *parent;
	const char *env[MAX_VARIABLES];
	/* What each host finds: a constant's beginning, or NULL. */
	const char *systemd, *upstart, *inetd;
	enum parentage parentage;
	bool has_run_systemd; /* /run/systemd/system */
	bool is_stdin_socket;
	bool is_parent_other; /* our parent is not PID 1, but called @parent */
};

#define INETD "our parent is called inetd, and standard input is a socket"

static const struct machine machines[] = {
	{ .name = "systemd",
	  .init = "systemd",
	  .has_run_systemd = true,
	  .systemd = "our parent is PID 1, and /run/systemd/system exists",
	  .parentage = PARENT_IS_HOST },
	{ .name = "systemd that calls itself init",
	  .init = "init",
	  .has_run_systemd = true,
	  .systemd = "our parent is PID 1, and /run/systemd/system exists",
	  .parentage = PARENT_IS_HOST },
	{ .name = "systemd, /run hidden",
	  .init = "systemd",
	  .systemd = "our parent is called systemd",
	  .parentage = PARENT_IS_HOST },
	{ .name = "systemd called init, /run hidden",
	  .init = "init",
	  .env = { "NOTIFY_SOCKET=/run/systemd/notify" },
	  .systemd = "our parent is PID 1, and NOTIFY_SOCKET is systemd's",
	  .parentage = PARENT_IS_HOST },
	{ .name = "in a sandbox", .init = "init", .env = { "NOTIFY_SOCKET=/run/host/notify" } },
	{ .name = "systemd, job variables inherited",
	  .init = "init",
	  .has_run_systemd = true,
	  .env = { "UPSTART_JOB=foo" },
	  .systemd = "our parent is PID 1, and /run/systemd/system exists",
	  .parentage = PARENT_IS_HOST },
	{ .name = "orphaned in a unit",
	  .init = "systemd",
	  .has_run_systemd = true,
	  .env = { "SYSTEMD_EXEC_PID=4712" },
	  .systemd = "our parent is PID 1, and /run/systemd/system exists",
	  .parentage = PARENT_IS_OTHER },
	{ .name = "user manager",
	  .init = "systemd",
	  .has_run_systemd = true,
	  .is_parent_other = true,
	  .parent = "systemd",
	  .env = { "MANAGERPID=99999999" },
	  .systemd = "MANAGERPID names our parent",
	  .parentage = PARENT_IS_HOST },
	{ .name = "user manager's own variable lost",
	  .init = "init",
	  .is_parent_other = true,
	  .parent = "systemd",
	  .systemd = "our parent is called systemd",
	  .parentage = PARENT_IS_HOST },
	{ .name = "shell in a unit",
	  .init = "systemd",
	  .has_run_systemd = true,
	  .is_parent_other = true,
	  .parent = "sh",
	  .env = { "SYSTEMD_EXEC_PID=99999999" },
	  .systemd = "SYSTEMD_EXEC_PID names our parent",
	  .parentage = PARENT_IS_OTHER },
	{ .name = "shell in a terminal",
	  .init = "systemd",
	  .has_run_systemd = true,
	  .is_parent_other = true,
	  .parent = "bash",
	  .env = { "INVOCATION_ID=x", "MANAGERPID=1" } },
	{ .name = "shell in a unit's shell, all inherited",
	  .init = "init",
	  .is_parent_other = true,
	  .parent = "sh",
	  .env = { "NOTIFY_SOCKET=/run/systemd/notify", "INVOCATION_ID=x" } },
	{ .name = "called almost systemd",
	  .init = "init",
	  .is_parent_other = true,
	  .parent = "systemd-run" },
	{ .name = "Upstart, its socket out of reach",
	  .init = "init",
	  .env = { "UPSTART_JOB=foo" },
	  .upstart = "UPSTART_JOB is set and our parent is PID 1, called init",
	  .parentage = PARENT_IS_HOST },
	{ .name = "Upstart, started by hand", .init = "init" },
	{ .name = "shell in a job",
	  .init = "init",
	  .is_parent_other = true,
	  .parent = "sh",
	  .env = { "UPSTART_JOB=foo" } },
	{ .name = "inetd",
	  .init = "init",
	  .is_parent_other = true,
	  .parent = "inetd",
	  .is_stdin_socket = true,
	  .inetd = INETD,
	  .parentage = PARENT_IS_HOST },
	{ .name = "an inetd with the longest name there can be",
	  .init = "init",
	  .is_parent_other = true,
	  .parent = "inetutils-inetd",
	  .is_stdin_socket = true,
	  .inetd = INETD,
	  .parentage = PARENT_IS_HOST },
	{ .name = "a child of inetd that has no socket",
	  .init = "init",
	  .is_parent_other = true,
	  .parent = "inetd" },
	{ .name = "a socket from somebody else",
	  .init = "init",
	  .is_parent_other = true,
	  .parent = "sshd",
	  .is_stdin_socket = true },
	{ .name = "an Upstart job with a socket",
	  .init = "init",
	  .is_stdin_socket = true,
	  .env = { "UPSTART_JOB=foo" },
	  .upstart = "UPSTART_JOB is set and our parent is PID 1, called init",
	  .parentage = PARENT_IS_HOST },
	{ .name = "inetd as a job",
	  .init = "init",
	  .is_parent_other = true,
	  .parent = "xinetd",
	  .is_stdin_socket = true,
	  .env = { "UPSTART_JOB=inetd" },
	  .inetd = INETD,
	  .parentage = PARENT_IS_HOST },
	{ .name = "another init", .init = "runit", .env = { "UPSTART_JOB=foo" } },
};

static pid_t start_process_called(const char *comm)
{
	int ends[2];
	char byte = 0;
	pid_t pid;

	child_check(pipe2(ends, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_NAME, comm);
		if (write(ends[1], &byte, 1) == 1)
			(void)pause();
		_exit(0);
	}
	child_check(read(ends[0], &byte, 1) == 1);
	return pid; /* ends with the namespace */
}

static void expect_evidence(const struct host *host, struct facts *facts, const char *what,
			    enum parentage parentage)
{
	struct evidence evidence = { .what = "" };
	bool is_found = host->recognise(facts, STRENGTH_PARENT, &evidence);

	if (is_found != (what != NULL))
		dprintf(STDERR_FILENO, "# %s: %s\n", host->name, evidence.what);
	child_check(is_found == (what != NULL));
	if (!is_found)
		return;
	child_check(has_prefix(evidence.what, what));
	child_check(evidence.parentage == parentage);
}

static void look_on_machine(const struct machine *machine)
{
	struct facts facts = make_facts(machine->env);
	char manager[32] = "MANAGERPID=", exec[32] = "SYSTEMD_EXEC_PID=";
	const char *env[MAX_VARIABLES + 1] = { NULL };

	child_check(mount("test", "/proc", "proc", 0, "") == 0);
	child_check(mount("test", "/run", "tmpfs", 0, "") == 0);
	if (machine->has_run_systemd)
		child_check(mkdir("/run/systemd", 0755) == 0 &&
			    mkdir("/run/systemd/system", 0755) == 0);
	child_check(getpid() == 1 && prctl(PR_SET_NAME, machine->init) == 0);
	facts.parent = machine->is_parent_other ? start_process_called(machine->parent) : 1;
	(void)snprintf(manager, sizeof(manager), "MANAGERPID=%d", (int)facts.parent);
	(void)snprintf(exec, sizeof(exec), "SYSTEMD_EXEC_PID=%d", (int)facts.parent);
	/* PARENT_PID in the table stands for whatever our parent's pid has turned out to be. */
	for (size_t i = 0; i < MAX_VARIABLES && machine->env[i] != NULL; i++)
		env[i] = is_equal(machine->env[i], "MANAGERPID=99999999")         ? manager
			 : is_equal(machine->env[i], "SYSTEMD_EXEC_PID=99999999") ? exec
										  : machine->env[i];
	facts.env.list = (char *const *)(uintptr_t)env;
	if (machine->is_stdin_socket)
		child_check(dup3(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), 0, O_CLOEXEC) == 0);
	expect_evidence(&host_systemd, &facts, machine->systemd, machine->parentage);
	expect_evidence(&host_upstart, &facts, machine->upstart, machine->parentage);
	expect_evidence(&host_inetd, &facts, machine->inetd, machine->parentage);
}

static void enter_machine(const void *arg)
{
	int status;
	pid_t pid;

	child_check(unshare(CLONE_NEWNS | CLONE_NEWPID) == 0);
	child_check(mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0);
	pid = fork();
	if (pid == 0) {
		look_on_machine(arg);
		_exit(0);
	}
	child_check(waitpid(pid, &status, 0) == pid && status == 0);
}

static void the_parent_is_evidence_together_with_what_lies_around(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		check_in_child(machines[i].name, enter_machine, &machines[i]);
}

/*
 * Debian's inetd is a systemd service, and what it starts inherits the service's variables and its
 * cgroup; an Upstart job's the like. Nothing of that tells who our parent is.
 */
static void expect_verdict(const char *variable, pid_t parent, const struct host *host,
			   enum parentage parentage)
{
	const char *env[] = { "INVOCATION_ID=x", variable, NULL };
	struct facts facts = make_facts(env);

	facts.parent = parent;
	detect(&facts, false);
	child_check(facts.host == host && facts.parentage == parentage);
}

static void look_below_manager(const void *comm)
{
	bool is_inetd = is_equal(comm, "inetd");
	enum parentage parentage = is_inetd ? PARENT_IS_HOST : PARENT_IS_OTHER;
	pid_t parent = start_process_called(comm);
	char exec_pid[32];

	child_check(dup3(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), 0, O_CLOEXEC) == 0);
	(void)snprintf(exec_pid, sizeof(exec_pid), "SYSTEMD_EXEC_PID=%d", (int)parent);
	expect_verdict(exec_pid, parent, is_inetd ? &host_inetd : &host_systemd, parentage);
	child_check(unshare(CLONE_NEWNET) == 0);
	listen_at_abstract("/com/ubuntu/upstart");
	expect_verdict("UPSTART_JOB=x", parent, is_inetd ? &host_inetd : &host_upstart, parentage);
	child_check(kill(parent, SIGKILL) == 0 && waitpid(parent, NULL, 0) == parent);
}

static void inetd_as_our_parent_counts_for_more_than_what_runs_inetd(void **state)
{
	(void)state;
	check_in_child("inetd", look_below_manager, "inetd");
	check_in_child("a shell", look_below_manager, "sh");
}

/* Process 1 of a machine of ours, which has taken in what inetd left when it ended. */
static void look_after_inetd(void)
{
	static const char *const exec_pid = "SYSTEMD_EXEC_PID=4712";
	const struct sockaddr_un anywhere = { .sun_family = AF_UNIX };
	int pair[2];

	child_check(mount("test", "/proc", "proc", 0, "") == 0);
	child_check(prctl(PR_SET_NAME, "systemd") == 0);
	child_check(dup3(open("/dev/null", O_RDONLY | O_CLOEXEC), 0, O_CLOEXEC) == 0);
	expect_verdict(exec_pid, 1, &host_systemd, PARENT_IS_OTHER);
	child_check(dup3(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), 0, O_CLOEXEC) == 0);
	expect_verdict(exec_pid, 1, &host_systemd,
		       PARENT_IS_OTHER); /* nobody has given it to a client */
	child_check(bind(0, (const struct sockaddr *)&anywhere, sizeof(anywhere.sun_family)) == 0);
	expect_verdict(exec_pid, 1, &host_inetd, PARENT_IS_HOST);
	child_check(dup3(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 0, O_CLOEXEC) == 0);
	expect_verdict(exec_pid, 1, &host_systemd, PARENT_IS_OTHER);
	child_check(listen(0, 1) == 0);
	expect_verdict(exec_pid, 1, &host_inetd, PARENT_IS_HOST);
	child_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	child_check(dup3(pair[0], 0, O_CLOEXEC) == 0);
	expect_verdict(exec_pid, 1, &host_systemd, PARENT_IS_OTHER);
	/* StandardInput=socket: systemd itself has started it. */
	expect_verdict("SYSTEMD_EXEC_PID=4711", 1, &host_systemd, PARENT_IS_HOST);
}

static void enter_machine_after_inetd(const void *arg)
{
	int status;
	pid_t pid;

	(void)arg;
	child_check(unshare(CLONE_NEWNS | CLONE_NEWPID) == 0);
	child_check(mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0);
	pid = fork();
	if (pid == 0) {
		look_after_inetd();
		_exit(0);
	}
	child_check(waitpid(pid, &status, 0) == pid && status == 0);
}

static void inetd_that_has_ended_is_not_mistaken_for_what_runs_inetd(void **state)
{
	(void)state;
	check_in_child("ended", enter_machine_after_inetd, NULL);
}

/* ---- Evidence from Upstart's socket ---- */

static void ask_system(const void *arg)
{
	struct evidence evidence;

	(void)arg;
	child_check(unshare(CLONE_NEWNET) == 0);
	child_check(!ask_peer(getpid(), "UPSTART_JOB=foo", NULL, &evidence));
	listen_at_abstract("/com/ubuntu/upstart");
	child_check(ask_peer(getpid(), "UPSTART_JOB=foo", NULL, &evidence));
	child_check(evidence.parentage == PARENT_IS_HOST);
	child_check(!ask_peer(getpid(), NULL, NULL, &evidence));
}

/* Where Upstart is not, anybody can take its abstract name. */
static void ask_squatter(const void *arg)
{
	struct evidence evidence;
	pid_t pid;
	int ends[2];
	char byte = 0;

	(void)arg;
	child_check(unshare(CLONE_NEWNET) == 0 && pipe2(ends, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		child_check(setuid(NOBODY) == 0);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* which setuid(2) clears */
		listen_at_abstract("/com/ubuntu/upstart");
		child_check(write(ends[1], &byte, 1) == 1);
		(void)pause();
	}
	child_check(read(ends[0], &byte, 1) == 1);
	child_check(!ask_peer(pid, "UPSTART_JOB=foo", NULL, &evidence));
	/* Of his own sessions a user is the master: the same process, asked as that user. */
	child_check(seteuid(NOBODY) == 0);
	child_check(ask_peer(pid, "UPSTART_JOB=foo", NULL, &evidence));
	child_check(seteuid(0) == 0 && kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}

/* The holder is in a pid namespace that we cannot see: it shows as 0, which proves nothing. */
static void ask_stranger(const void *arg)
{
	struct evidence evidence;
	int status;
	pid_t pid;

	(void)arg;
	child_check(unshare(CLONE_NEWNET) == 0);
	listen_at_abstract("/com/ubuntu/upstart");
	child_check(unshare(CLONE_NEWPID) == 0);
	pid = fork();
	if (pid == 0) {
		child_check(ask_peer(PARENT_PID, "UPSTART_JOB=foo", NULL, &evidence));
		child_check(evidence.parentage == PARENT_UNKNOWN);
		/* Nor does it if our parent shows as 0, too. */
		child_check(getppid() == 0 && ask_peer(0, "UPSTART_JOB=foo", NULL, &evidence));
		child_check(evidence.parentage == PARENT_UNKNOWN);
		_exit(0);
	}
	child_check(waitpid(pid, &status, 0) == pid && status == 0);
}

static void the_system_s_socket_counts_only_if_root_holds_it(void **state)
{
	(void)state;
	check_in_child("Upstart's", ask_system, NULL);
	check_in_child("a squatter's", ask_squatter, NULL);
	check_in_child("in another namespace", ask_stranger, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parent_is_evidence_together_with_what_lies_around),
		cmocka_unit_test(inetd_as_our_parent_counts_for_more_than_what_runs_inetd),
		cmocka_unit_test(inetd_that_has_ended_is_not_mistaken_for_what_runs_inetd),
		cmocka_unit_test(the_system_s_socket_counts_only_if_root_holds_it),
	};

	if (!has_namespaces())
		return skip_all(tests, "needs root that may make namespaces");
	return cmocka_run_group_tests_name("detect_root", tests, NULL, NULL);
}
