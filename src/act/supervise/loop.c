/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The edge of act/supervise/parent.c: the parent's poll loop, and what carries out the steps that are decided
 * on there. Like the babysitter it lives as long as the daemon: it keeps nothing that is the
 * daemon's, gives back what the launcher needed, and is idle without a wake-up.
 */
#include "act/supervise/parent.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "act/ending.h"
#include "act/supervise/stragglers.h"
#include "babysitter/main_watch.h"
#include "base/cover.h"
#include "base/ended.h"
#include "base/events.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/procfs.h"
#include "base/stack.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"
#include "bus/ask.h"
#include "fd/fds.h"

#define SAY_TIMEOUT_MS 1000 /* for room in the host's queue, once */
#define ASK_TIMEOUT_MS 1000
#define TAKE_TRIES 10 /* of a millisecond */
#define NAME_SIZE 256
#define LEFT_CHECK_MS 100 /* those that are not our children end without a word to us */

/* The processes: the daemon's, the babysitter, and us. */
struct family {
	struct supervisor_setup setup;
	struct supervisor state;
	struct process main;
	pid_t session, group;     /* of the main process, of a daemon that goes to the background */
	pid_t others[MAX_OTHERS]; /* processes below us that are not that daemon's */
	size_t n_others;
};

/* What stands at the end is written to only when it is needed. */
struct loop {
	struct family family;
	pid_t held;             /* a main process that has ended and is not reaped yet; or 0 */
	long long timer_ms;     /* when SUPERVISOR_TIMER is due; 0: never */
	bool has_told;          /* the host has been sent something, or was not to be reached */
	long long ask_until_ms; /* when the question under way is given up; 0: there is none */
	char job[NAME_SIZE], instance[NAME_SIZE]; /* what @setup points to, as far as it fits */
	struct bus_call call;
};

static void step(struct loop *loop, const struct supervisor_event *event);

static int forward(const struct process *to, int signal)
{
	int r = process_signal(to, signal);

	if (r < 0 && r != -ESRCH)
		log_errno(LEVEL_ERROR, r, "cannot forward signal %d to the daemon, process %d",
			  signal, (int)to->pid);
	return r;
}

/* A group that the daemon has chosen, and never ours: that would come back to us. */
static void forward_to_group(const struct process *to, int signal)
{
	pid_t group = getpgid(to->pid);

	if (group > 1 && group != getpgrp() && !process_has_ended(to) && kill(-group, signal) == 0)
		return;
	(void)forward(to, signal);
}

/* Of a daemon that goes to the background the main process is not known so far. */
static bool awaits_main(const struct family *family)
{
	return family->state.is_forking && family->state.main_pid == family->state.daemon_pid;
}

static void note_group(struct family *family, pid_t session, pid_t group)
{
	family->session = session > 0 ? session : family->session;
	family->group = group > 0 ? group : family->group;
}

/*
 * Takes hold of the main process. The babysitter has checked it; but it may have ended since, and the
 * number be another's: then false.
 */
static bool follow(struct family *family)
{
	struct process process;
	int r = process_open(family->state.main_pid, &process);

	process_close(&family->main);
	family->main = process;
	if (family->state.stop_signal != 0) /* which has come when it was not there yet, or not seen */
		forward_to_group(&family->main, family->state.stop_signal);
	family->state.stop_signal = 0;
	return r == 0 && process_descends_from(process.pid, sys_getpid());
}

static void let_go_of_stderr(const struct family *family)
{
	if (log_stays_on_stderr())
		return;
	log_to_syslog(family->setup.job);
	if (family->setup.is_locked[STDERR_FILENO])
		return;
	if (family->setup.is_locked[STDIN_FILENO])
		(void)fd_make_null(STDERR_FILENO);
	else
		(void)dup2(STDIN_FILENO, STDERR_FILENO);
}

static void warn_alone(const struct family *family)
{
	log_error("the babysitter has been killed: %s",
		  family->state.is_settled && family->state.is_forking
			  ? "another main process is not followed from now on"
		  : family->state.is_settled
			  ? "what the daemon says from now on is lost"
			  : "nobody will hear that the daemon is ready; ending the daemon");
}

/*
 * What is ended with the main process. All, if there has been none; as process 1, with whose end all
 * end, they are told before that.
 */
static struct stragglers_scope scope_of(const struct family *family)
{
	enum stragglers which = family->setup.stragglers;
	bool has_main = family->state.main_pid != family->state.daemon_pid;
	bool is_all = !has_main || which == STRAGGLERS_ALL ||
		      (which == STRAGGLERS_GROUP && sys_getpid() == 1);
	struct stragglers_scope scope = { .is_all = is_all };

	scope.of = (struct descendants){ sys_getpid(), family->others, family->n_others };
	if (which == STRAGGLERS_GROUP) {
		scope.session = family->session;
		scope.group = family->group != getpgrp() ? family->group : 0;
	}
	return scope;
}

static size_t signal_stragglers(const struct family *family, int signal)
{
	const struct stragglers_scope scope = scope_of(family);

	return stragglers_signal(&scope, signal);
}

/*
 * Whether a process of the daemon's is left. One that has ended and is ours to reap says how first; and
 * where nobody else's child can be ours, it takes no look at all processes.
 */
static bool is_any_left(const struct family *family)
{
	siginfo_t info = { .si_pid = 0 };
	bool has_others = family->n_others > 1 || sys_getpid() == 1;

	if (awaits_main(family) && !has_others)
		return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
	return signal_stragglers(family, 0) > 0 ||
	       (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0);
}

/* Whether somebody is left is seen by us alone: our children are the last to go. */
static void check_left(struct loop *loop)
{
	const struct supervisor *state = &loop->family.state;
	bool matters = state->is_ending || (state->main_pid == state->daemon_pid &&
					    state->daemon_ended && !state->main_ended);

	if (state->is_forking && matters && !is_any_left(&loop->family))
		step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_NONE_LEFT });
}

static void end_stragglers(struct family *family, int signal)
{
	size_t n = signal_stragglers(family, signal);

	if (n > 0 && signal == SIGKILL)
		log_warning("%zu process(es) of the daemon have not ended within 5 s of its end: killed",
			    n);
}

static void say_to_babysitter(const struct family *family, enum parent_byte word)
{
	const char byte = (char)word;

	(void)send(family->setup.channel, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void step_forking(struct family *family, const struct supervisor_step *step)
{
	if ((step->actions & SUPERVISOR_SAY_FORKED) != 0)
		say_to_babysitter(family, PARENT_FORKED);
	if ((step->actions & SUPERVISOR_SAY_OVER) != 0)
		say_to_babysitter(family, PARENT_LOST_MAIN);
	if ((step->actions & SUPERVISOR_SIGNAL_ALL) != 0)
		(void)signal_stragglers(family, step->signal);
	if ((step->actions & SUPERVISOR_WARN_NONE_LEFT) != 0)
		log_error("the daemon's first process has exited with 0, and none of its processes is left: "
			  "is it a daemon that goes to the background?");
	if ((step->actions & SUPERVISOR_END_STRAGGLERS) != 0)
		end_stragglers(family, SIGTERM);
	if ((step->actions & SUPERVISOR_KILL_STRAGGLERS) != 0)
		end_stragglers(family, SIGKILL);
}

/* Our child, and not reaped: the number is its own. */
static void signal_daemon(const struct family *family, int signal)
{
	if (!family->state.daemon_ended)
		(void)kill(family->state.daemon_pid, signal);
}

/*
 * It may hold back our end, so it must be able to let go. As long as it has not left the number is its
 * own: it has the other end of our channel.
 */
static void signal_babysitter(const struct family *family, int signal)
{
	if (!family->state.is_alone)
		(void)kill(family->setup.babysitter, signal);
}

/* As the main process did; socket and lock are still there only if the babysitter was killed. */
static void __attribute__((noreturn)) end_with(const struct family *family, int status)
{
	notify_socket_remove(&family->setup.socket);
	if (family->setup.claim[0] != '\0')
		claim_remove(family->setup.claim);
	if (WIFSIGNALED(status))
		die_of(WTERMSIG(status));
	_exit(WEXITSTATUS(status));
}

/* What cannot be ended is left behind: a host that waits for it would wait for ever. */
static void end_main(const struct family *family, int signal)
{
	int r;

	if (awaits_main(family)) {
		(void)signal_stragglers(family, signal);
		return;
	}
	r = forward(&family->main, signal);
	if (r != -EPERM && r != -EACCES)
		return;
	log_error("the daemon, process %d, is not ours to end, and stays", (int)family->main.pid);
	signal_babysitter(family, SIGKILL);
	end_with(family, EXIT_OURS << 8);
}

/* Of signals that are pending at once the daemon would see the last one first: a little patience. */
static void let_take(const struct family *family, int signal)
{
	struct process_status status;

	for (int i = 0; i < TAKE_TRIES; i++) {
		if (process_read_status(family->main.pid, &status) < 0 ||
		    !process_has_pending(&status, signal))
			return;
		events_pause(1);
	}
}

static void tell_answer(struct loop *loop, int answer)
{
	int last = loop->family.state.asked.signal;

	loop->ask_until_ms = 0;
	step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_ANSWERED, .answer = answer });
	while (supervisor_has_next(&loop->family.state)) {
		let_take(&loop->family, last);
		last = loop->family.state.queue[0].signal;
		step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_NEXT });
	}
}

static void ask(struct loop *loop)
{
	const struct supervisor_setup *setup = &loop->family.setup;
	const char *words[4];

	if (!setup->way->question(setup->job, setup->instance, words) ||
	    bus_start(words, &loop->call) < 0)
		tell_answer(loop, -EIO);
	else
		loop->ask_until_ms = now_ms() + ASK_TIMEOUT_MS;
}

static void take_answer(struct loop *loop)
{
	int r = bus_read(&loop->call);

	if (r != 0)
		tell_answer(loop, loop->family.setup.way->read_stop(r, loop->call.answer));
}

static void give_up_asking(struct loop *loop)
{
	bus_cancel(&loop->call);
	tell_answer(loop, -ETIMEDOUT);
}

static void carry_out(struct family *family, const struct supervisor_step *step)
{
	if ((step->actions & SUPERVISOR_FORWARD) != 0)
		(void)forward(&family->main, step->signal);
	if ((step->actions & SUPERVISOR_FORWARD_GROUP) != 0)
		forward_to_group(&family->main, step->signal);
	if ((step->actions & SUPERVISOR_LET_GO) != 0) {
		let_go_of_stderr(family);
		cover_memory(); /* by now whoever is to trace us does */
	}
	if ((step->actions & SUPERVISOR_WARN_ALONE) != 0)
		warn_alone(family);
	if ((step->actions & SUPERVISOR_WARN_LOST) != 0)
		log_warning("the main process, %d, has ended, nobody knows how: taken for a failure",
			    (int)family->state.main_pid);
	if ((step->actions & SUPERVISOR_END_MAIN) != 0)
		end_main(family, SIGTERM);
	if ((step->actions & SUPERVISOR_KILL_MAIN) != 0)
		end_main(family, SIGKILL);
	if (family->state.is_forking)
		step_forking(family, step);
	if ((step->actions & SUPERVISOR_END_DAEMON) != 0)
		signal_daemon(family, SIGTERM);
	if ((step->actions & SUPERVISOR_END) != 0) {
		signal_daemon(family, SIGKILL);
		signal_babysitter(family, SIGKILL);
		end_with(family, step->status);
	}
}

static void step(struct loop *loop, const struct supervisor_event *event)
{
	struct supervisor_step next = supervisor_step(&loop->family.state, event);

	if (next.timer_ms > 0)
		loop->timer_ms = now_ms() + next.timer_ms;
	if ((next.actions & SUPERVISOR_ASK) != 0)
		ask(loop);
	if ((next.actions & SUPERVISOR_FOLLOW) != 0 && !follow(&loop->family))
		step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_MAIN_LOST });
	carry_out(&loop->family, &next);
}

/* Without pidfds the babysitter, for which we wait, would look for it once a second only. */
static void tell_of_end(const struct loop *loop)
{
	if (loop->family.state.main_ended &&
	    (awaits_main(&loop->family) || process_poll_fd(&loop->family.main) < 0))
		say_to_babysitter(&loop->family, PARENT_LOST_MAIN);
}

static void take_reaped(struct loop *loop, pid_t pid, int status)
{
	step(loop,
	     &(struct supervisor_event){ .kind = SUPERVISOR_REAPED, .pid = pid, .status = status });
	tell_of_end(loop);
}

/*
 * Once reaped it has no session any more, and the one it was named with may be an earlier one: nginx
 * writes its pid file first. Returns what waitpid(2) does.
 */
static pid_t take_status(struct loop *loop, pid_t pid, int *ret_status)
{
	pid_t session = getsid(pid), group = getpgid(pid);
	pid_t r = waitpid(pid, ret_status, WNOHANG);

	if (loop->family.state.is_forking && r == pid && pid == loop->family.state.main_pid)
		note_group(&loop->family, session, group);
	return r;
}

/* With the end of the first process its children have come to us, ended or not. */
static void reap_main(struct loop *loop)
{
	pid_t pid = loop->family.state.main_pid;
	int status;

	if (pid != loop->family.state.daemon_pid && take_status(loop, pid, &status) == pid)
		take_reaped(loop, pid, status);
}

/* As waitpid(2) gives it. */
static int to_status(const siginfo_t *info)
{
	if (info->si_code == CLD_EXITED)
		return (info->si_status & 0xff) << 8;
	return info->si_status | (info->si_code == CLD_DUMPED ? 0x80 : 0);
}

/*
 * The babysitter has yet to read what the main process said last, and knows it by its pid, which
 * nobody else gets before we have reaped it. That it has ended is known meanwhile.
 */
static bool hold(struct loop *loop, const siginfo_t *info)
{
	if (info->si_pid != loop->family.state.main_pid || loop->family.setup.channel < 0)
		return false;
	if (loop->family.state.is_forking && info->si_pid == loop->family.state.daemon_pid)
		return false; /* which says nothing */
	if (loop->family.state.is_forking && loop->held != info->si_pid)
		note_group(&loop->family, getsid(info->si_pid),
			   getpgid(info->si_pid)); /* it may have changed them since */
	if (loop->held != info->si_pid) {
		loop->held = info->si_pid;
		take_reaped(loop, info->si_pid, to_status(info));
	}
	return true;
}

/* bus-query has ended; whatever else may hold its pipe is not waited for. */
static void take_last_answer(struct loop *loop)
{
	take_answer(loop);
	if (loop->ask_until_ms != 0)
		give_up_asking(loop);
}

static void reap(struct loop *loop)
{
	siginfo_t info = { .si_signo = 0 };

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0 &&
	       !hold(loop, &info)) {
		pid_t pid = info.si_pid;
		int status;

		info.si_pid = 0;
		if (loop->ask_until_ms != 0 && pid == loop->call.pid) {
			take_last_answer(loop);
			continue;
		}
		if (take_status(loop, pid, &status) != pid)
			continue;
		if (pid == loop->family.state.daemon_pid)
			reap_main(loop);
		take_reaped(loop, pid, status);
	}
	check_left(loop);
}

/* Our end is the babysitter's to hold back again, see babysitter/hold.h. */
static void say_going_on(const struct loop *loop)
{
	say_to_babysitter(&loop->family, PARENT_GOES_ON);
}

/*
 * A stop whose main process has ended, although we have not heard of it: it is for the next one, should
 * that have been named last.
 */
static void keep_stop(struct loop *loop, int signal)
{
	if (loop->family.state.is_forking && supervisor_is_stop(signal) &&
	    process_has_ended(&loop->family.main))
		loop->family.state.stop_signal = signal;
}

static void take_signals(struct loop *loop)
{
	struct signalfd_siginfo info;
	pid_t host_pid = loop->family.setup.host_pid;

	while (read(loop->family.setup.signal_fd, &info, sizeof(info)) == sizeof(info)) {
		signal_babysitter(&loop->family, SIGCONT); /* this may be the end, and it be stopped */
		if (info.ssi_signo == SIGCONT && loop->family.state.is_telling)
			say_going_on(loop);
		keep_stop(loop, (int)info.ssi_signo);
		if (info.ssi_signo == SIGCHLD)
			reap(loop);
		else
			step(loop, &(struct supervisor_event){
					   .kind = SUPERVISOR_SIGNALED,
					   .signal = (int)info.ssi_signo,
					   .is_from_host = info.ssi_code == SI_USER &&
							   (pid_t)info.ssi_pid == host_pid });
	}
}

/*
 * A host of whom we are the first process hears nobody else. Some read no more once they have what they
 * waited for: what is said later must not keep us from our signals.
 */
static void say_to_host(struct loop *loop, const char *text)
{
	cleanup_close int fd = notify_client_open();

	if (fd >= 0)
		(void)notify_send(fd, loop->family.setup.host_address, text, NO_FD,
				  loop->has_told ? 0 : SAY_TIMEOUT_MS);
	loop->has_told = true;
}

static void take_words(struct loop *loop)
{
	struct supervisor_event event = { .kind = SUPERVISOR_TOLD };
	int r;

	while ((r = parent_hear(loop->family.setup.channel, &event.word)) > 0) {
		if (event.word.kind == WORD_SAY) {
			say_to_host(loop, event.word.text);
			continue;
		}
		/* The SIGCONT that goes with it has come before it, and is nobody else's. */
		if (event.word.kind == WORD_SETTLED)
			take_signals(loop);
		if (event.word.kind == WORD_MAIN)
			note_group(&loop->family, event.word.session, event.word.group);
		step(loop, &event);
		if (event.word.kind == WORD_MAIN)
			reap(loop); /* the one before, which was held */
	}
	if (r < 0)
		return;
	loop->family.setup.channel = close_fd(loop->family.setup.channel);
	reap(loop); /* if it has left because all is over, that is to be known first */
	step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_ALONE });
}

/*
 * A process that is our child is seen as such first; this one had a parent of its own. Where that has
 * not reaped it, or the kernel remembers, its status is to be had all the same.
 */
static void check_main(struct loop *loop, const struct pollfd *pollfd)
{
	int status, r;

	if (loop->family.state.main_ended || awaits_main(&loop->family) ||
	    (pollfd->fd >= 0 && pollfd->revents == 0) || !process_has_ended(&loop->family.main))
		return;
	r = process_read_end(&loop->family.main, &status);
	reap(loop);
	if (r == 0)
		take_reaped(loop, loop->family.main.pid, status);
	else
		step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_MAIN_LOST });
}

static int next_timeout(const struct loop *loop)
{
	bool checks_left = loop->family.state.is_forking && loop->family.state.is_ending;
	long long now = now_ms(), due_ms = loop->timer_ms;

	if (due_ms == 0 || (loop->ask_until_ms != 0 && loop->ask_until_ms < due_ms))
		due_ms = loop->ask_until_ms;
	if (checks_left && due_ms > now + LEFT_CHECK_MS)
		due_ms = now + LEFT_CHECK_MS;
	if (due_ms != 0)
		return due_ms > now ? (int)(due_ms - now) : 0;
	return loop->family.main.pid != loop->family.state.daemon_pid &&
			       process_poll_fd(&loop->family.main) < 0
		       ? OLD_KERNEL_CHECK_MS
		       : -1;
}

static void wake_up(struct loop *loop)
{
	const struct supervisor *state = &loop->family.state;
	struct pollfd fds[] = {
		{ .fd = loop->family.setup.channel, .events = POLLIN },
		{ .fd = loop->family.setup.signal_fd, .events = POLLIN },
		{ .fd = state->main_ended || awaits_main(&loop->family)
				? -1
				: process_poll_fd(&loop->family.main),
		  .events = POLLIN },
		{ .fd = loop->ask_until_ms != 0 ? loop->call.fd : -1, .events = POLLIN },
	};

	(void)events_wait(fds, ARRAY_SIZE(fds), next_timeout(loop));
	/* Words first: what was said of the main process holds before its end is seen. */
	if (fds[0].revents != 0)
		take_words(loop);
	if (fds[1].revents != 0)
		take_signals(loop);
	check_main(loop, &fds[2]);
	if (fds[3].revents != 0 && loop->ask_until_ms != 0)
		take_answer(loop);
	if (loop->ask_until_ms != 0 && now_ms() >= loop->ask_until_ms)
		give_up_asking(loop);
	if (state->is_ending)
		check_left(loop);
	if (loop->timer_ms != 0 && now_ms() >= loop->timer_ms) {
		loop->timer_ms = 0;
		step(loop, &(struct supervisor_event){ .kind = SUPERVISOR_TIMER });
	}
}

/* Keeps nothing of 0-2 that is the daemon's; stderr until it is ready. */
static void detach(const struct family *family)
{
	const bool *is_locked = family->setup.is_locked;

	if (!is_locked[STDIN_FILENO] && !is_locked[STDOUT_FILENO])
		fds_let_go_of_stdio();
	else if (!is_locked[STDOUT_FILENO])
		(void)fd_make_null(STDOUT_FILENO);
	else if (!is_locked[STDIN_FILENO])
		(void)fd_make_null(STDIN_FILENO);
	(void)!chdir("/"); /* a file system that cannot be unmounted is the worst that follows */
}

static void __attribute__((noinline, noreturn)) live(struct loop *loop)
{
	detach(&loop->family);
	for (;;)
		wake_up(loop);
}

static const char *keep_name(const char *name, char copy[static NAME_SIZE])
{
	struct text text = text_begin(copy, NAME_SIZE);

	if (name != NULL)
		text_add(&text, name);
	return name != NULL ? copy : NULL;
}

static void init(struct loop *loop, const struct supervisor_setup *setup)
{
	memset(loop, 0, offsetof(struct loop, job));
	loop->family.setup = *setup;
	loop->family.setup.job = keep_name(setup->job, loop->job);
	loop->family.setup.instance = keep_name(setup->instance, loop->instance);
	loop->family.main = setup->daemon;
	loop->family.state.daemon_pid = loop->family.state.main_pid = setup->daemon.pid;
	loop->family.state.can_ask = setup->way->read_stop != NULL;
	if (setup->main_watch == NULL)
		return;
	loop->family.state.is_forking = true;
	loop->family.n_others = setup->main_watch->n_others;
	memcpy(loop->family.others, setup->main_watch->others, sizeof(loop->family.others));
	loop->family.others[loop->family.n_others++] =
		setup->babysitter; /* process 1 is everybody's parent at last */
}

/* Has everything that is kept in its frame. */
static void __attribute__((noinline, noreturn)) settle_down(const struct supervisor_setup *setup)
{
	struct loop loop;

	init(&loop, setup);
	cover_arguments(loop.family.setup.job);
	log_forget_environment();
	cover_environment(bus_variables);
	stack_drop_callers(&loop.call); /* from the first thing on that is not in use yet */
	stack_forget_registers();
	stack_drop_unused();
	live(&loop);
}

void supervisor_run(const struct supervisor_setup *setup)
{
	settle_down(setup);
}
