/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * A scriptable daemon: `fake-daemon ACTION...` performs its actions in order and then exits 0.
 * An action is one word, `verb` or `verb=argument`; the table `verbs` lists them all.
 *
 * It stands for every daemon the bridge may have to start, and knows nothing of the bridge: it
 * says what it sees (report) and does what daemons do (notify, stop, fork, drop privileges, answer
 * signals). It is separate from the tests so that it can be the command of a real unit or job, and
 * uses nothing but libc, so that it also runs in an empty root and in the static build.
 *
 * Exit status of its own: 96 a wrong action, 97 an action failed, 98 wait-children met a child
 * that we did not make, 99 a barrier was not answered.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_report.h"

enum {
	EXIT_USAGE = 96,
	EXIT_FAILED = 97,
	EXIT_FOREIGN_CHILD = 98,
	EXIT_NO_BARRIER = 99,
	BARRIER_TIMEOUT_MS = 5000,
	NOTIFY_FDS_MAX = 253, /* SCM_MAX_FD */
	CHILDREN_MAX = 64,
	REACTIONS_MAX = 32,
	SERVE_MAX = 64,
};

/* A payload of its own length: notifications may contain NUL. */
struct text {
	char *bytes;
	size_t len;
};

/* What a signal makes us do. Several for one signal run in the order given. */
struct reaction {
	int sig;
	char verb; /* 'e'xit, 'n'otify, 't'ouch, or 0: only be there */
	int status;
	const char *path;
	struct text text;
};

/* The signal handlers and the actions share this; it is the whole state of the daemon. */
static struct {
	struct reaction reactions[REACTIONS_MAX];
	size_t n_reactions;
	pid_t children[CHILDREN_MAX];
	size_t n_children;
} me;

static const struct {
	const char *name;
	int sig;
} signal_names[] = {
	{ "hup", SIGHUP },   { "int", SIGINT },   { "quit", SIGQUIT },   { "abrt", SIGABRT },
	{ "kill", SIGKILL }, { "usr1", SIGUSR1 }, { "segv", SIGSEGV },   { "usr2", SIGUSR2 },
	{ "pipe", SIGPIPE }, { "alrm", SIGALRM }, { "term", SIGTERM },   { "chld", SIGCHLD },
	{ "cont", SIGCONT }, { "stop", SIGSTOP }, { "winch", SIGWINCH }, { "tstp", SIGTSTP },
	{ "ttin", SIGTTIN }, { "ttou", SIGTTOU }, { "urg", SIGURG },
};

static void fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

static void fail(int status, const char *format, ...)
{
	int error = errno;
	va_list ap;

	fputs("fake-daemon: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", strerror(error));
	_exit(status);
}

static void fail_usage(const char *what, const char *word)
{
	fprintf(stderr, "fake-daemon: %s: %s\n", what, word ? word : "(nothing)");
	_exit(EXIT_USAGE);
}

static long parse_number(const char *word)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(word, &end, 10);
	if (errno || end == word || *end)
		fail_usage("not a number", word);
	return n;
}

static int parse_signal(const char *word)
{
	for (size_t i = 0; i < sizeof(signal_names) / sizeof(signal_names[0]); i++)
		if (strcmp(signal_names[i].name, word) == 0)
			return signal_names[i].sig;
	return (int)parse_number(word);
}

static const char *name_of_signal(int sig)
{
	for (size_t i = 0; i < sizeof(signal_names) / sizeof(signal_names[0]); i++)
		if (signal_names[i].sig == sig)
			return signal_names[i].name;
	return "signal";
}

/* Splits "N:REST"; returns REST. */
static char *parse_count(char *arg, long *ret_n)
{
	char *end;

	*ret_n = strtol(arg, &end, 10);
	if (end == arg || *end != ':')
		fail_usage("expected N:TEXT", arg);
	return end + 1;
}

/* One of \n, \t, \\, \0 and \xHH; returns how long the escape is. */
static size_t parse_escape(const char *word, char *ret_byte)
{
	static const char from[] = "nt\\0", to[] = "\n\t\\\0";
	const char *found = word[1] ? strchr(from, word[1]) : NULL;
	char hex[3] = { 0 }, *end;

	if (found) {
		*ret_byte = to[found - from];
		return 2;
	}
	if (word[1] == 'x')
		memcpy(hex, word + 2, strnlen(word + 2, 2));
	*ret_byte = (char)strtoul(hex, &end, 16);
	if (end != hex + 2)
		fail_usage("unknown escape", word);
	return 4;
}

/* In place: argv is ours, and nothing need be allocated. */
static struct text unescape(char *word)
{
	struct text t = { .bytes = word };

	while (*word) {
		char byte = *word;

		word += byte == '\\' ? parse_escape(word, &byte) : 1;
		t.bytes[t.len++] = byte;
	}
	return t;
}

/* ---- children --------------------------------------------------------------------------- */

static void forget_reactions(void)
{
	for (size_t i = 0; i < me.n_reactions; i++)
		(void)signal(me.reactions[i].sig, SIG_DFL);
	me.n_reactions = 0;
}

static pid_t fork_child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		fail(EXIT_FAILED, "fork");
	if (pid == 0) {
		forget_reactions();
		me.n_children = 0;
	} else {
		if (me.n_children == CHILDREN_MAX)
			fail_usage("too many children", NULL);
		me.children[me.n_children++] = pid;
	}
	return pid;
}

static bool is_own_child(pid_t pid)
{
	for (size_t i = 0; i < me.n_children; i++)
		if (me.children[i] == pid)
			return true;
	return false;
}

/* Performs an action in a child and reaps it; what it fails with, we fail with. */
static void run_in_child(void (*action)(char *), char *arg)
{
	pid_t pid = fork_child();
	int status;

	if (pid == 0) {
		action(arg);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail(EXIT_FAILED, "waitpid");
	if (!WIFEXITED(status))
		_exit(EXIT_FAILED);
	if (WEXITSTATUS(status))
		_exit(WEXITSTATUS(status));
}

static void do_pause(char *arg)
{
	(void)arg;
	for (;;)
		(void)pause();
}

static void do_fork_child(char *arg)
{
	(void)arg;
	if (fork_child() == 0)
		for (;;)
			(void)pause();
}

static void do_fork_exit(char *arg)
{
	pid_t pid = fork();

	(void)arg;
	if (pid < 0)
		fail(EXIT_FAILED, "fork");
	if (pid > 0)
		_exit(0);
	me.n_children = 0;
}

/* What daemons with workers do; a child that somebody gave us unasked would be met here. */
static void do_wait_children(char *arg)
{
	(void)arg;
	for (;;) {
		pid_t pid = waitpid(-1, NULL, 0);

		if (pid < 0 && errno == ECHILD)
			return;
		if (pid > 0 && !is_own_child(pid)) {
			fprintf(stderr, "fake-daemon: child %d is not ours\n", (int)pid);
			_exit(EXIT_FOREIGN_CHILD);
		}
	}
}

/* ---- notifications ---------------------------------------------------------------------- */

/* Returns 0 or a negative errno. Async-signal-safe. */
static int send_message(const struct text *text, const int *fds, size_t n_fds, const struct ucred *as)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	union {
		char buffer[CMSG_SPACE(sizeof(int) * NOTIFY_FDS_MAX) + CMSG_SPACE(sizeof(*as))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { .iov_base = text->bytes, .iov_len = text->len };
	struct msghdr message = { .msg_name = &to, .msg_iov = &iov, .msg_iovlen = 1 };
	int sock, r = 0;

	if (!path || strlen(path) >= sizeof(to.sun_path))
		return -EDESTADDRREQ;
	memcpy(to.sun_path, path, strlen(path));
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	message.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (n_fds) {
		message.msg_control = control.buffer;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * n_fds);
	}
	if (as) { /* never with descriptors: nobody sends both */
		message.msg_control = control.buffer;
		message.msg_controllen = CMSG_SPACE(sizeof(*as));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_CREDENTIALS;
		control.align.cmsg_len = CMSG_LEN(sizeof(*as));
		memcpy(CMSG_DATA(&control.align), as, sizeof(*as));
	}
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	if (sendmsg(sock, &message, MSG_NOSIGNAL) < 0)
		r = -errno;
	(void)close(sock);
	return r;
}

static void notify(const struct text *text, const int *fds, size_t n_fds)
{
	int r = send_message(text, fds, n_fds, NULL);

	if (r < 0) {
		errno = -r;
		fail(EXIT_FAILED, "notify %.*s", (int)text->len, text->bytes);
	}
}

static void do_notify(char *arg)
{
	struct text text = unescape(arg);

	notify(&text, NULL, 0);
}

static void do_notify_fds(char *arg)
{
	int fds[NOTIFY_FDS_MAX];
	long n;
	struct text text = unescape(parse_count(arg, &n));

	if (n < 0 || n > NOTIFY_FDS_MAX)
		fail_usage("too many descriptors", arg);
	for (long i = 0; i < n; i++) {
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0)
			fail(EXIT_FAILED, "/dev/null");
	}
	notify(&text, fds, (size_t)n);
	for (long i = 0; i < n; i++)
		(void)close(fds[i]);
}

static void do_notify_repeat(char *arg)
{
	long n;
	struct text text = unescape(parse_count(arg, &n));

	while (n-- > 0)
		notify(&text, NULL, 0);
}

/* sd_notify_barrier(3): answered when nobody holds the write end any more. */
static void do_barrier(char *arg)
{
	char barrier[] = "BARRIER=1";
	struct text text = { .bytes = barrier, .len = strlen(barrier) };
	struct pollfd waiting;
	int ends[2], r;

	(void)arg;
	if (pipe2(ends, O_CLOEXEC) < 0)
		fail(EXIT_FAILED, "pipe");
	notify(&text, &ends[1], 1);
	(void)close(ends[1]);
	waiting = (struct pollfd){ .fd = ends[0] };
	do
		r = poll(&waiting, 1, BARRIER_TIMEOUT_MS);
	while (r < 0 && errno == EINTR);
	(void)close(ends[0]);
	if (r != 1) {
		fputs("fake-daemon: the barrier was not answered\n", stderr);
		_exit(EXIT_NO_BARRIER);
	}
}

/* The barrier keeps the sender alive until it has been looked up by its pid. */
static void notify_and_barrier(char *arg)
{
	do_notify(arg);
	do_barrier(NULL);
}

static void do_notify_child(char *arg)
{
	run_in_child(notify_and_barrier, arg);
}

/* It has ended and been reaped when anybody can look. */
static void do_notify_orphan(char *arg)
{
	run_in_child(do_notify, arg);
}

static void do_notify_grandchild(char *arg)
{
	run_in_child(do_notify_child, arg);
}

static void *notify_in_thread(void *arg)
{
	do_notify(arg);
	return NULL;
}

static void do_notify_thread(char *arg)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, notify_in_thread, arg);
	if (errno)
		fail(EXIT_FAILED, "pthread_create");
	(void)pthread_join(thread, NULL);
}

static void notify_as_parent(char *arg)
{
	struct text text = unescape(arg);
	struct ucred as = { getppid(), getuid(), getgid() };

	if (send_message(&text, NULL, 0, &as) < 0)
		notify(&text, NULL, 0);
}

/* As systemd-notify(1) does it; whoever may not claim another's pid sends in his own name. */
static void do_notify_faked(char *arg)
{
	run_in_child(notify_as_parent, arg);
}

/*
 * Forks, and names the child as the main process, which the child waits for; then it goes on, and
 * the parent returns from here.
 */
static pid_t fork_main(void)
{
	char bytes[32], byte;
	struct text text = { .bytes = bytes };
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		fail(EXIT_FAILED, "pipe");
	pid = fork_child();
	(void)close(ends[pid == 0]);
	if (pid == 0) {
		(void)!read(ends[0], &byte, 1);
		(void)close(ends[0]);
		return 0;
	}
	text.len = (size_t)snprintf(bytes, sizeof(bytes), "MAINPID=%d", (int)pid);
	notify(&text, NULL, 0);
	(void)close(ends[1]);
	return pid;
}

static void do_fork_main_exit(char *arg)
{
	(void)arg;
	if (fork_main() > 0)
		_exit(0);
}

static void do_fork_main_stay(char *arg)
{
	if (fork_main() > 0)
		do_pause(arg);
}

static void do_barrier_child(char *arg)
{
	run_in_child(do_barrier, arg);
}

/* ---- signals ---------------------------------------------------------------------------- */

static int append_line(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	struct iovec words[] = { { .iov_base = (char *)line, .iov_len = strlen(line) },
				 { .iov_base = (char[]){ '\n' }, .iov_len = 1 } };
	ssize_t n;

	if (fd < 0)
		return -1;
	/* one write, so that two writers never mix their lines */
	n = writev(fd, words, 2);
	(void)close(fd);
	return n < 0 ? -1 : 0;
}

static void react(int sig)
{
	int saved = errno;

	for (size_t i = 0; i < me.n_reactions; i++) {
		const struct reaction *r = &me.reactions[i];

		if (r->sig != sig)
			continue;
		if (r->verb == 'n')
			(void)send_message(&r->text, NULL, 0, NULL);
		else if (r->verb == 't')
			(void)append_line(r->path, name_of_signal(sig));
		else if (r->verb == 'e')
			_exit(r->status);
	}
	errno = saved;
}

/* on-SIGNAL=ignore | exit:N | notify:TEXT | touch:PATH */
static void do_on(const char *signal_name, char *arg)
{
	struct sigaction action = { .sa_handler = react, .sa_flags = SA_RESTART };
	struct reaction r = { .sig = parse_signal(signal_name) };
	char *colon = strchr(arg, ':');

	if (strcmp(arg, "ignore") == 0)
		action.sa_handler = SIG_IGN;
	else if (!colon || me.n_reactions == REACTIONS_MAX)
		fail_usage("expected ignore, exit:N, notify:TEXT or touch:PATH", arg);
	else if (strncmp(arg, "exit:", 5) == 0)
		r.verb = 'e', r.status = (int)parse_number(colon + 1);
	else if (strncmp(arg, "notify:", 7) == 0)
		r.verb = 'n', r.text = unescape(colon + 1);
	else if (strncmp(arg, "touch:", 6) == 0)
		r.verb = 't', r.path = colon + 1;
	else
		fail_usage("unknown reaction", arg);
	if (r.verb)
		me.reactions[me.n_reactions++] = r;
	(void)sigfillset(&action.sa_mask); /* one after the other, as they come */
	if (sigaction(r.sig, &action, NULL) < 0)
		fail(EXIT_FAILED, "sigaction %s", signal_name);
}

static void do_stop(char *arg)
{
	(void)arg;
	(void)raise(SIGSTOP);
}

static void do_kill(char *arg)
{
	int sig = parse_signal(arg);
	sigset_t only;

	(void)signal(sig, SIG_DFL);
	(void)sigemptyset(&only);
	(void)sigaddset(&only, sig);
	(void)sigprocmask(SIG_UNBLOCK, &only, NULL);
	(void)raise(sig);
}

static void do_abort(char *arg)
{
	(void)arg;
	abort();
}

static void do_exit(char *arg)
{
	_exit((int)parse_number(arg));
}

/* ---- the process itself ----------------------------------------------------------------- */

static void do_setuid(char *arg)
{
	if (setuid((uid_t)parse_number(arg)) < 0)
		fail(EXIT_FAILED, "setuid %s", arg);
}

static void do_setgid(char *arg)
{
	gid_t gid = (gid_t)parse_number(arg);

	if (setgroups(1, &gid) < 0 || setgid(gid) < 0)
		fail(EXIT_FAILED, "setgid %s", arg);
}

static void do_chroot(char *arg)
{
	if (chroot(arg) < 0 || chdir("/") < 0)
		fail(EXIT_FAILED, "chroot %s", arg);
}

/* Daemons ignore the failure of these two: it means that they are leaders already. */
/* put=FD:TEXT, with "\n" as in notify= written out. */
static void do_put(char *arg)
{
	char *colon = strchr(arg, ':');
	struct text text;

	if (!colon)
		fail_usage("put", arg);
	*colon = '\0';
	text = unescape(colon + 1);
	if (write((int)strtol(arg, NULL, 10), text.bytes, text.len) != (ssize_t)text.len)
		fail(EXIT_FAILED, "put %s", arg);
}

static void do_close_fd(char *arg)
{
	if (close((int)strtol(arg, NULL, 10)) < 0)
		fail(EXIT_FAILED, "close-fd %s", arg);
}

static void do_setsid(char *arg)
{
	(void)arg;
	(void)setsid();
}

static void do_setpgid(char *arg)
{
	(void)arg;
	(void)setpgid(0, 0);
}

/* ---- files ------------------------------------------------------------------------------ */

static void do_print(char *arg)
{
	if (dprintf(STDOUT_FILENO, "%s\n", arg) < 0)
		fail(EXIT_FAILED, "print");
}

static void do_touch(char *arg)
{
	if (append_line(arg, "touch") < 0)
		fail(EXIT_FAILED, "touch %s", arg);
}

static void do_pid_file(char *arg)
{
	FILE *file = fopen(arg, "we");

	if (!file || fprintf(file, "%d\n", (int)getpid()) < 0 || fclose(file) != 0)
		fail(EXIT_FAILED, "pid-file %s", arg);
}

static void do_wait_file(char *arg)
{
	char events[4096] __attribute__((aligned(8))), dir[PATH_MAX];
	const char *slash = strrchr(arg, '/');
	int fd = inotify_init1(IN_CLOEXEC);

	if (!slash || (size_t)(slash - arg) >= sizeof(dir))
		fail_usage("expected an absolute path", arg);
	memcpy(dir, arg, (size_t)(slash - arg));
	dir[slash - arg] = '\0';
	/* watch before the check, or the file could come between them */
	if (fd < 0 || inotify_add_watch(fd, *dir ? dir : "/", IN_CREATE | IN_MOVED_TO) < 0)
		fail(EXIT_FAILED, "inotify %s", dir);
	while (access(arg, F_OK) < 0)
		if (read(fd, events, sizeof(events)) < 0 && errno != EINTR)
			fail(EXIT_FAILED, "inotify %s", dir);
	(void)close(fd);
}

/* ---- sockets ---------------------------------------------------------------------------- */

static bool is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* The descriptors handed to us, by whichever of the three protocols; returns how many. */
static size_t find_sockets(struct pollfd *fds)
{
	const char *list = getenv("UPSTART_FDS"), *n_fds = getenv("LISTEN_FDS");
	const char *pid = getenv("LISTEN_PID");
	size_t n = 0;
	char *end;

	if (n_fds && pid && parse_number(pid) == getpid())
		for (long i = parse_number(n_fds); n < (size_t)i && n < SERVE_MAX; n++)
			fds[n] = (struct pollfd){ .fd = 3 + (int)n, .events = POLLIN };
	for (; list && *list && n < SERVE_MAX; n++, list = end + strspn(end, " ")) {
		fds[n] = (struct pollfd){ .fd = (int)strtol(list, &end, 10), .events = POLLIN };
		if (end == list)
			fail_usage("UPSTART_FDS", list);
	}
	if (n == 0 && is_socket(STDIN_FILENO))
		fds[n++] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	return n;
}

static int socket_option(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

static void answer_datagram(int fd)
{
	struct sockaddr_storage client;
	socklen_t size = sizeof(client);
	char text[64];
	int len = snprintf(text, sizeof(text), "fd %d %d\n", fd, (int)getpid());

	if (recvfrom(fd, NULL, 0, MSG_TRUNC, (struct sockaddr *)&client, &size) < 0 ||
	    sendto(fd, text, (size_t)len, 0, (struct sockaddr *)&client, size) < 0)
		fail(EXIT_FAILED, "datagram on descriptor %d", fd);
}

/* A connection of our own is all there is to serve. */
static void answer_connection(int fd)
{
	(void)dprintf(fd, "fd %d %d\n", fd, (int)getpid());
	_exit(0);
}

static void answer_client(int fd)
{
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (client < 0)
		fail(EXIT_FAILED, "accept on descriptor %d", fd);
	(void)dprintf(client, "fd %d %d\n", fd, (int)getpid());
	(void)close(client);
}

static void answer(int fd)
{
	if (socket_option(fd, SO_ACCEPTCONN) == 1)
		answer_client(fd);
	else if (socket_option(fd, SO_TYPE) == SOCK_DGRAM)
		answer_datagram(fd);
	else
		answer_connection(fd);
}

/* Answers each client with the number of the socket it came in by, for ever. */
static void do_serve(char *arg)
{
	struct pollfd fds[SERVE_MAX];
	size_t n = find_sockets(fds);

	(void)arg;
	if (n == 0)
		fail_usage("no socket was handed to us", NULL);
	for (;;) {
		if (poll(fds, n, -1) < 0) {
			if (errno != EINTR)
				fail(EXIT_FAILED, "poll");
			continue;
		}
		for (size_t i = 0; i < n; i++) {
			if (fds[i].revents)
				answer(fds[i].fd);
		}
	}
}

/* ---- threads ---------------------------------------------------------------------------- */

static char **actions; /* those that are left */
static void perform_all(void);

/* All that is known of a process by its number is then about one that has ended. */
static bool is_first_thread_there(void)
{
	char text[512] = "", *end;
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		fail(EXIT_FAILED, "/proc/self/stat");
	(void)close(fd);
	end = strrchr(text, ')');
	return end == NULL || end[1] == '\0' || end[2] != 'Z';
}

static void *go_on(void *arg)
{
	while (is_first_thread_there())
		(void)sched_yield();
	perform_all();
	exit(0);
	return arg;
}

/* What comes after it is done by another thread. */
static void do_leave_first_thread(char *arg)
{
	pthread_t thread;

	(void)arg;
	errno = pthread_create(&thread, NULL, go_on, NULL);
	if (errno)
		fail(EXIT_FAILED, "pthread_create");
	(void)syscall(SYS_exit, 0); /* pthread_exit(3) of a static program would want a library */
}

/* ---- report ----------------------------------------------------------------------------- */

/* Renamed into place when complete, so that whoever waits for PATH reads all of it. */
static void write_file(const char *path, const char *bytes, size_t len)
{
	char temporary[PATH_MAX];
	int fd;

	if (snprintf(temporary, sizeof(temporary), "%s.tmp", path) >= (int)sizeof(temporary))
		fail_usage("path too long", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || rename(temporary, path) < 0)
		fail(EXIT_FAILED, "%s", temporary);
	(void)close(fd);
}

static void do_report(char *arg)
{
	char *bytes;
	size_t len;
	/* into memory first: the report's own descriptor is none of the daemon's */
	FILE *out = open_memstream(&bytes, &len);

	if (!out)
		fail(EXIT_FAILED, "open_memstream");
	report_print(out);
	(void)fclose(out);
	write_file(arg, bytes, len);
	free(bytes);
}

/* ---- actions ---------------------------------------------------------------------------- */

static const struct verb {
	const char *name;
	bool has_arg;
	void (*run)(char *arg);
} verbs[] = {
	{ "abort", false, do_abort },
	{ "barrier", false, do_barrier },
	{ "barrier-child", false, do_barrier_child },
	{ "chroot", true, do_chroot },
	{ "close-fd", true, do_close_fd },
	{ "exit", true, do_exit },
	{ "fork-child", false, do_fork_child },
	{ "fork-exit", false, do_fork_exit },
	{ "fork-main-exit", false, do_fork_main_exit },
	{ "fork-main-stay", false, do_fork_main_stay },
	{ "kill", true, do_kill },
	{ "leave-first-thread", false, do_leave_first_thread },
	{ "notify", true, do_notify },
	{ "notify-child", true, do_notify_child },
	{ "notify-faked", true, do_notify_faked },
	{ "notify-fds", true, do_notify_fds },
	{ "notify-grandchild", true, do_notify_grandchild },
	{ "notify-orphan", true, do_notify_orphan },
	{ "notify-repeat", true, do_notify_repeat },
	{ "notify-thread", true, do_notify_thread },
	{ "pause", false, do_pause },
	{ "pid-file", true, do_pid_file },
	{ "print", true, do_print },
	{ "put", true, do_put },
	{ "report", true, do_report },
	{ "serve", false, do_serve },
	{ "setgid", true, do_setgid },
	{ "setpgid", false, do_setpgid },
	{ "setsid", false, do_setsid },
	{ "setuid", true, do_setuid },
	{ "stop", false, do_stop },
	{ "touch", true, do_touch },
	{ "wait-children", false, do_wait_children },
	{ "wait-file", true, do_wait_file },
};

static void perform(char *action)
{
	char *equals = strchr(action, '=');
	size_t len = equals ? (size_t)(equals - action) : strlen(action);
	char name[32];

	if (len >= sizeof(name))
		fail_usage("unknown action", action);
	memcpy(name, action, len);
	name[len] = '\0';
	if (equals && strncmp(name, "on-", 3) == 0) {
		do_on(name + 3, equals + 1);
		return;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0 && verbs[i].has_arg == (equals != NULL)) {
			verbs[i].run(equals ? equals + 1 : NULL);
			return;
		}
	fail_usage("unknown action", action);
}

static void perform_all(void)
{
	while (*actions != NULL)
		perform(*actions++);
}

int main(int argc, char **argv)
{
	report_remember();
	actions = argv + (argc > 0 ? 1 : 0);
	perform_all();
	return 0;
}
