/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* Starting a process of a job; see spawn.h. */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "options.h"

enum {
	SCRIPT_FD = 9
};

bool spawn_is_traced(const struct job_class *class)
{
	return class->expect == EXPECT_FORK || class->expect == EXPECT_DAEMON;
}

/* -- what is executed */

static bool is_one_line(const char *script)
{
	const char *end = strchr(script, '\n');

	return !end || end[strspn(end, "\n")] == '\0';
}

static struct strv split_command(const char *command)
{
	struct strv words = { 0 };
	char *copy = xstrdup(command), *rest = NULL;

	for (char *word = strtok_r(copy, " \t\r\n", &rest); word;
	     word = strtok_r(NULL, " \t\r\n", &rest))
		strv_add(&words, word);
	free(copy);
	return words;
}

/* Sets *@ret_is_piped when the shell is to read its script from SCRIPT_FD. */
static struct strv make_argv(const struct command *command, bool *ret_is_piped)
{
	struct strv argv = { 0 };

	*ret_is_piped = false;
	if (!command->is_script && !strpbrk(command->text, "~`!$^&*()=|\\{}[];\"'<>?"))
		return split_command(command->text);
	strv_add(&argv, "/bin/sh");
	strv_add(&argv, "-e");
	if (command->is_script && !is_one_line(command->text)) {
		*ret_is_piped = true;
		strv_add_consume(&argv, xasprintf("/proc/self/fd/%d", SCRIPT_FD));
		return argv;
	}
	strv_add(&argv, "-c");
	strv_add_consume(&argv, xasprintf("%s%.*s", command->is_script ? "" : "exec ",
					  (int)strcspn(command->text, "\n"), command->text));
	strv_add(&argv, "/bin/sh");
	return argv;
}

static struct strv make_env(const struct job *job, enum process_type type)
{
	struct strv env = { 0 };

	strv_set_all(&env, &job->env);
	if (type == PROCESS_PRE_STOP || type == PROCESS_POST_STOP)
		strv_set_all(&env, &job->stop_env);
	strv_setf(&env, "UPSTART_JOB=%s", job->class->name);
	strv_setf(&env, "UPSTART_INSTANCE=%s", job->name);
	if (options.is_session)
		strv_setf(&env, "UPSTART_SESSION=%s", options.bus_address);
	return env;
}

void spawn_send_script(int fd, const char *script)
{
	/* The shell opened the pipe a second time by its path and is to drop the inherited one. The
	 * scripts of tests fit into a pipe, so that this does not block. */
	(void)dprintf(fd, "exec %d<&-\n%s", SCRIPT_FD, script);
	(void)close(fd);
}

/* -- the child */

struct child {
	const struct job *job;
	enum process_type type;
	int error_fd, script_fd;
	const char *terminal; /* of `console log` */
};

static void fail(const struct child *child, const char *step) __attribute__((noreturn));

static void fail(const struct child *child, const char *step)
{
	struct spawn_error error = { .number = errno };

	(void)snprintf(error.step, sizeof error.step, "%s", step);
	(void)!write(child->error_fd, &error, sizeof error);
	_exit(255);
}

/* Upstart moves the script over whatever is at 9, be it a socket named in UPSTART_FDS. */
static void place_script(struct child *child)
{
	if (child->error_fd == SCRIPT_FD)
		child->error_fd = fcntl(child->error_fd, F_DUPFD_CLOEXEC, SCRIPT_FD + 1);
	if (child->script_fd < 0)
		return;
	if (child->script_fd == SCRIPT_FD) { /* nothing to move, so dup2() takes off no O_CLOEXEC */
		(void)fcntl(SCRIPT_FD, F_SETFD, 0);
		return;
	}
	if (dup2(child->script_fd, SCRIPT_FD) < 0)
		fail(child, "dup");
	(void)close(child->script_fd);
	child->script_fd = SCRIPT_FD;
}

static void place_stdio(const struct child *child)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), out = null;

	if (child->job->class->console == CONSOLE_OUTPUT)
		return; /* there is no system console here: stdio stays that of PID 1 */
	if (child->terminal)
		out = open(child->terminal, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (null < 0 || out < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(out, STDERR_FILENO) < 0)
		fail(child, "set up the console");
}

static void set_limits(const struct child *child)
{
	const struct job_class *class = child->job->class;
	struct rlimit limit = { .rlim_cur = (rlim_t) class->nofile_soft,
				.rlim_max = (rlim_t) class->nofile_hard };

	if (class->nofile_soft >= 0 && setrlimit(RLIMIT_NOFILE, &limit) < 0)
		fail(child, "set \"nofile\" resource limit");
	(void)umask((mode_t) class->umask);
	if ((class->chdir || !options.is_session) && chdir(class->chdir ? class->chdir : "/") < 0)
		fail(child, "change working directory");
}

/*
 * initgroups() gets the group of `setgid`, else that of PID 1 and not that of the user: a job with
 * `setuid` alone keeps root's group among its supplementary ones. Upstart's bug.
 */
static void set_user(const struct child *child)
{
	const struct job_class *class = child->job->class;
	struct passwd *user = class->set_uid ? getpwnam(class->set_uid) : getpwuid(geteuid());
	struct group *group = class->set_gid ? getgrnam(class->set_gid) : NULL;

	errno = 0; /* a name that does not exist is not a system error */
	if (!user)
		fail(child, "find setuid user");
	if (class->set_gid && !group)
		fail(child, "find setgid group");
	if (child->script_fd >= 0 && (class->set_uid || class->set_gid) &&
	    fchown(child->script_fd, user->pw_uid, group ? group->gr_gid : user->pw_gid) < 0)
		fail(child, "chown the script");
	if (geteuid() == 0 && initgroups(user->pw_name, group ? group->gr_gid : getegid()) < 0)
		fail(child, "initgroups");
	if ((group || class->set_uid) && setgid(group ? group->gr_gid : user->pw_gid) < 0)
		fail(child, "setgid");
	if (class->set_uid && setuid(user->pw_uid) < 0)
		fail(child, "setuid");
}

static void reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void run_child(struct child *child, char **argv, char **env) __attribute__((noreturn));

static void run_child(struct child *child, char **argv, char **env)
{
	place_script(child);
	(void)setsid();
	environ = env;
	place_stdio(child);
	set_limits(child);
	set_user(child);
	reset_signals();
	if (child->type == PROCESS_MAIN && spawn_is_traced(child->job->class) &&
	    ptrace(PTRACE_TRACEME, 0, NULL, 0) < 0)
		fail(child, "set trace");
	(void)execvp(argv[0], argv);
	fail(child, "execute");
}

/* -- the parent */

struct spawned spawn_process(struct job *job, enum process_type type)
{
	struct child child = { .job = job, .type = type, .script_fd = -1 };
	struct spawned spawned = { .script_fd = -1 };
	struct strv argv, env = make_env(job, type);
	int exec_pipe[2], script_pipe[2];
	bool is_piped;

	argv = make_argv(&job->class->process[type], &is_piped);
	if (!argv.v) /* conf.c takes no empty command */
		abort();
	if (pipe2(exec_pipe, O_CLOEXEC) < 0 || (is_piped && pipe2(script_pipe, O_CLOEXEC) < 0))
		abort();
	if (is_piped) {
		child.script_fd = script_pipe[0];
		spawned.script_fd = script_pipe[1];
	}
	child.error_fd = exec_pipe[1];
	child.terminal = console_open(job, type);
	spawned.pid = fork();
	if (spawned.pid < 0)
		abort();
	if (spawned.pid == 0)
		run_child(&child, argv.v, env.v);
	(void)close(exec_pipe[1]);
	if (is_piped)
		(void)close(script_pipe[0]);
	spawned.exec_fd = exec_pipe[0];
	strv_done(&argv);
	strv_done(&env);
	return spawned;
}
