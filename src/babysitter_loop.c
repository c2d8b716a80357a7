/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The edge of the babysitter: its process, its poll loop, and what carries out the steps that
 * babysitter.c decides on. No allocation, and idle without a wake-up.
 */
#include "babysitter.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "bus.h"
#include "fds.h"
#include "log.h"
#include "notify_filter.h"
#include "probe.h"
#include "ready_watch.h"
#include "stack.h"
#include "supervisor.h"
#include "util.h"

#define MESSAGES_PER_WAKE_UP 32
#define MESSAGES_AT_THE_END 1024
#define ASK_TIMEOUT_MS 1000
#define OLD_KERNEL_CHECK_MS 1000  /* where there are no pidfds */
#define REFUSED_INTERVAL_MS 60000 /* between two debug lines on messages of strangers */

#define NAME_SIZE 256

/*
 * All that the process keeps, in the order in which it is used: of what stands at the end only the
 * pages count that have been written to.
 */
struct loop {
	const struct babysitter_setup *setup;
	struct babysitter state;
	struct process main;       /* the daemon's main process now */
	long long timer_ms;        /* when TELL_TIMER is due; 0: never */
	long long ask_until_ms;    /* when the question under way is given up */
	long long refused_ms;      /* when the next debug line on a stranger may follow */
	struct ready_watch *ready; /* NULL: what counts is what the daemon says */
	struct probe probe;
	bool is_asking; /* @call is under way */
	bool has_dropped, has_warned_of_pid, is_filtered, is_trimmed;
	struct babysitter_setup own; /* what @setup points to, and: */
	char job[NAME_SIZE], instance[NAME_SIZE];
	struct report report;
	struct notify_packet packet;
	struct bus_call call;
};

static void step(struct loop *loop, const struct babysitter_event *event);

/* What the daemon says is the daemon's: in its name, and not among our own messages. */
static void report(const struct loop *loop, const char *line)
{
	if (line != NULL)
		log_for_daemon(loop->setup->job, loop->report.sender, line);
}

static void leave(struct loop *loop)
{
	report(loop, report_take_kept(&loop->report, true, now_ms()));
	if (loop->is_asking)
		bus_cancel(&loop->call);
	if (loop->ready != NULL)
		ready_watch_close(loop->ready);
	notify_socket_remove(&loop->setup->socket);
	_exit(0);
}

static void tell(struct loop *loop, struct telling_event event)
{
	event.now_ms = now_ms();
	step(loop, &(struct babysitter_event){ .kind = EVENT_TELLING, .telling = event });
}

static void signal_tracked(const struct loop *loop, int signal, const char *verb)
{
	int r = process_signal(&loop->setup->tracked, signal);

	if (r < 0 && r != -ESRCH)
		log_errno(LEVEL_ERROR, r, "cannot %s process %d", verb,
			  (int)loop->setup->tracked.pid);
}

/* Returns 0, or -errno: the parent, if there is one, has not heard it. */
static int say_to_parent(const struct loop *loop, enum parent_word_kind kind, pid_t pid)
{
	struct parent_word word = { kind, pid };

	if (loop->setup->parent_fd < 0)
		return 0;
	/* It may be stopped, by us or by others, and must not stop us in turn. */
	return send(loop->setup->parent_fd, &word, sizeof(word), MSG_DONTWAIT | MSG_NOSIGNAL) < 0
		       ? -errno
		       : 0;
}

static void send_probe(struct loop *loop)
{
	/* Where it cannot be sent the next look tells. */
	(void)probe_send(&loop->probe, loop->setup->host_pid);
}

static void look(struct loop *loop)
{
	pid_t tracked = loop->setup->tracked.pid;
	struct process_status status = { 0 };
	/* First of all: what it says is about the daemon as it is seen afterwards. */
	enum host_probe probe = probe_look(&loop->probe);
	/* Only what is seen to run was continued: not a traced, a waiting or an unreadable process. */
	bool runs = process_read_status(tracked, &status) == 0 &&
		    (status.state == 'R' || status.state == 'S');

	tell(loop, (struct telling_event){
			   .kind = TELL_LOOKED,
			   .daemon_is_stopped = !runs,
			   .stop_is_pending = runs && process_has_pending(&status, SIGSTOP),
			   .stop_is_complete = !runs && process_has_stopped(tracked),
			   .probe = probe,
		   });
}

static void answer(struct loop *loop, enum host_answer answer)
{
	tell(loop, (struct telling_event){ .kind = TELL_ANSWERED, .answer = answer });
}

static void ask(struct loop *loop)
{
	const char *const question[] = { "job-state", loop->setup->job,
					 loop->setup->instance != NULL ? loop->setup->instance : "",
					 NULL };

	if (loop->setup->job == NULL || bus_start(question, &loop->call) < 0) {
		answer(loop, HOST_ANSWER_NONE);
		return;
	}
	loop->is_asking = true;
	loop->ask_until_ms = now_ms() + ASK_TIMEOUT_MS;
}

/* bus-query prints the goal and the state, a line each; see facts: "spawned" is the waiting. */
static enum host_answer interpret(const char *text)
{
	const char *state = strchr(text, '\n');

	if (state == NULL)
		return HOST_ANSWER_NONE;
	return has_prefix(state, "\nspawned\n") || has_prefix(state, "\nspawning\n")
		       ? HOST_ANSWER_WAITING
		       : HOST_ANSWER_PAST;
}

static void take_answer(struct loop *loop)
{
	int r = bus_read(&loop->call);

	if (r == 0)
		return;
	loop->is_asking = false;
	/* "No such instance" is an answer, too: it does not wait. */
	answer(loop, r == -ENXIO ? HOST_ANSWER_PAST
		     : r < 0     ? HOST_ANSWER_NONE
				 : interpret(loop->call.answer));
}

static void warn_not_waiting(const struct loop *loop)
{
	log_warning("%s did not wait for the daemon to be ready, so it was stopped for a moment for "
		    "nothing: put '%s' into the job, or leave out %s",
		    loop->setup->state.host->name, loop->setup->state.host->ready_setting,
		    loop->ready != NULL ? "--ready-when" : "-N");
}

static void warn_refused(const struct loop *loop)
{
	log_warning("a READY=1 was ignored that did not come from the daemon's main process, %d: if it "
		    "is meant to count, use --notify-access=all",
		    (int)loop->main.pid);
}

static const char *why_not_ready(const struct loop *loop)
{
	return loop->ready->reason != NULL ? loop->ready->reason : "it was not looked at yet";
}

/* To syslog: with the job's process the host may have closed what stderr leads to. */
static void warn_ended_early(const struct loop *loop)
{
	log_to_syslog(loop->setup->job);
	if (loop->ready != NULL)
		log_warning("the daemon, process %d, has ended before %s held (--ready-when): %s",
			    (int)loop->main.pid, loop->setup->ready_when->text, why_not_ready(loop));
	else
		log_warning("the daemon, process %d, has ended before it sent READY=1",
			    (int)loop->main.pid);
}

static void warn_late(const struct loop *loop)
{
	if (loop->ready != NULL) {
		log_warning("%s did not hold within %d s (--ready-when, --start-timeout): %s; the daemon, "
			    "process %d, is ended",
			    loop->setup->ready_when->text, loop->setup->start_timeout_ms / 1000,
			    why_not_ready(loop), (int)loop->main.pid);
		return;
	}
	log_warning("the daemon, process %d, has not sent READY=1 within %d s (--start-timeout): it is "
		    "ended",
		    (int)loop->main.pid, loop->setup->start_timeout_ms / 1000);
}

static void warn_main_pid(const struct loop *loop)
{
	log_warning("the daemon, process %d, names another main process (MAINPID=), which %s does not "
		    "follow: use --supervise",
		    (int)loop->main.pid, loop->setup->state.host->name);
}

static void warn_fd_store(const struct loop *loop)
{
	log_warning("the daemon, process %d, wants descriptors to be kept (FDSTORE=1), which %s does "
		    "not do: they are closed",
		    (int)loop->main.pid, loop->setup->state.host->name);
}

/* With --verbose only, and then not as often as a stranger likes. */
static void debug_refused(struct loop *loop, const struct babysitter_event *event)
{
	long long now = event->telling.now_ms;

	if (now < loop->refused_ms)
		return;
	loop->refused_ms = now + REFUSED_INTERVAL_MS;
	log_debug("ignored a notification of process %d, which may not speak for the daemon",
		  (int)event->sender_pid);
}

static void end_daemon(const struct loop *loop, int signal)
{
	(void)process_signal_group(&loop->main, signal);
	(void)process_signal_group(&loop->main, SIGCONT); /* if it is stopped, to see it */
}

static void do_telling(struct loop *loop, const struct telling_step *telling)
{
	if (telling->timer_ms > 0)
		loop->timer_ms = now_ms() + telling->timer_ms;
	if ((telling->actions & TELL_STOP) != 0) {
		loop->probe = (struct probe){ 0 }; /* it told of the stop before */
		(void)say_to_parent(loop, WORD_TELLING, 0);
		signal_tracked(loop, SIGSTOP, "stop");
	}
	if ((telling->actions & TELL_CONTINUE) != 0)
		signal_tracked(loop, SIGCONT, "continue");
	if ((telling->actions & TELL_WARN_NOT_WAITING) != 0)
		warn_not_waiting(loop);
	if ((telling->actions & TELL_WARN_NO_REACTION) != 0)
		log_warning("%s has not reacted to the daemon being ready for 10 s; the daemon goes on",
			    loop->setup->state.host->name);
	if ((telling->actions & TELL_PROBE) != 0)
		send_probe(loop);
	if ((telling->actions & TELL_LOOK) != 0)
		look(loop);
	if ((telling->actions & TELL_ASK) != 0)
		ask(loop);
}

static void settle(const struct loop *loop)
{
	/* From here on the daemon's stderr is only the daemon's. */
	log_to_syslog(loop->setup->job);
	(void)dup2(STDIN_FILENO, STDERR_FILENO);
	(void)say_to_parent(loop, WORD_SETTLED, 0);
}

static void warn(struct loop *loop, unsigned actions)
{
	static const struct {
		enum babysitter_action action;
		void (*warn)(const struct loop *);
	} warnings[] = {
		{ SIT_WARN_REFUSED, warn_refused },   { SIT_WARN_ENDED_EARLY, warn_ended_early },
		{ SIT_WARN_MAIN_PID, warn_main_pid }, { SIT_WARN_FD_STORE, warn_fd_store },
		{ SIT_WARN_LATE, warn_late },
	};

	for (size_t i = 0; i < ARRAY_SIZE(warnings); i++) {
		if ((actions & warnings[i].action) != 0)
			warnings[i].warn(loop);
	}
}

/* MAINPIDFDID=, where the kernel tells it: the sender may have meant one that has ended. */
static bool is_identified(const struct statement *said, const struct process *process)
{
	unsigned long long id = pidfd_id(process->pidfd);

	return (said->changes & STATE_MAIN_PIDFD_ID) == 0 || id == 0 || id == said->main_pidfd_id;
}

/* Once: what a daemon says over and over again shall not fill the log. */
static void warn_not_followed(struct loop *loop, pid_t pid, int error)
{
	if (loop->has_warned_of_pid)
		return;
	loop->has_warned_of_pid = true;
	log_warning("MAINPID=%d is not followed, nor are others like it: %s", (int)pid,
		    error == -ECHILD ? "it is none of the daemon's processes" : strerror(-error));
}

/* The parent follows first: should it not hear of it, both go on with the process they know. */
static void follow(struct loop *loop, const struct statement *said)
{
	pid_t pid = (pid_t)said->main_pid;
	struct process process;
	int r;

	if (pid == loop->main.pid)
		return;
	r = process_open(pid, &process);
	/* In this order: what still runs now was the process we hold when we asked for its parents. */
	if (r == 0 &&
	    (!process_descends_from(pid, loop->setup->tracked.pid) || process_has_ended(&process)))
		r = -ECHILD;
	if (r == 0 && !is_identified(said, &process))
		r = -ESRCH;
	if (r == 0)
		r = say_to_parent(loop, WORD_MAIN, pid);
	if (r < 0) {
		warn_not_followed(loop, pid, r);
		process_close(&process);
		return;
	}
	if (process_fd(&loop->main) != process_fd(&loop->setup->daemon))
		process_close(&loop->main);
	loop->main = process;
}

/*
 * The group as the host would have signaled it, had the daemon been in its parent's place. One that
 * has ended may have left a group of its own number, which is nobody else's as long as it is there.
 */
static void kill_with_group(const struct process *process)
{
	pid_t group;

	/* Stopped it stays there, and so its group. */
	(void)process_signal(process, SIGSTOP);
	group = getpgid(process->pid);
	if (process_has_ended(process))
		group = process->pid;
	if (group > 1 && group != getpgrp())
		(void)kill(-group, SIGKILL);
	(void)process_signal(process, SIGKILL);
}

static void kill_orphan(const struct loop *loop)
{
	log_to_syslog(loop->setup->job);
	log_error("the daemon's parent, process %d, has been killed; killing the daemon, process %d",
		  (int)loop->setup->tracked.pid, (int)loop->main.pid);
	kill_with_group(&loop->main);
	if (loop->main.pid != loop->setup->daemon.pid)
		kill_with_group(&loop->setup->daemon);
}

static void step(struct loop *loop, const struct babysitter_event *event)
{
	struct babysitter_step step = babysitter_step(&loop->state, event);

	if ((step.actions & SIT_FOLLOW) != 0 && event->said != NULL)
		follow(loop, event->said);
	do_telling(loop, &step.telling);
	warn(loop, step.actions);
	if ((step.actions & SIT_DEBUG_REFUSED) != 0)
		debug_refused(loop, event);
	if ((step.actions & SIT_REPORT) != 0)
		report(loop, report_take(&loop->report, event->said, step.phase, event->sender_pid,
					 event->telling.now_ms));
	if ((step.actions & SIT_TERMINATE) != 0)
		end_daemon(loop, SIGTERM);
	if ((step.actions & SIT_KILL) != 0)
		end_daemon(loop, SIGKILL);
	if ((step.actions & SIT_KILL_ORPHAN) != 0)
		kill_orphan(loop);
	if ((step.actions & SIT_SETTLED) != 0)
		settle(loop);
	if ((step.actions & SIT_LEAVE) != 0)
		leave(loop);
}

/* A descriptor that came along is not looked at: MAINPIDFD=1 alone names somebody unknown. */
static bool names_another(const struct loop *loop, const struct statement *said)
{
	if ((said->changes & STATE_MAIN_PID) != 0)
		return said->main_pid != (unsigned long long)loop->main.pid;
	return (said->changes & STATE_MAIN_PIDFD) != 0;
}

/*
 * Once the host knows that the daemon is ready, what is neither interpreted nor logged need not come
 * at all. Only a parent of ours follows a daemon to another main process.
 */
static void filter(struct loop *loop)
{
	bool wants_nothing = loop->report.detail == REPORT_NONE && !loop->state.has_parent;

	if (loop->is_filtered || !loop->state.is_settled)
		return;
	loop->is_filtered = true;
	/* Where there are no filters they go on to be received. */
	(void)notify_filter_attach(loop->setup->socket.fd,
				   wants_nothing ? NOTIFY_FILTER_ALL : NOTIFY_FILTER_NOISE);
}

static void take_message(struct loop *loop, const struct notify_packet *packet)
{
	/*
	 * Signs of life have no watchdog that waits for them. A barrier is over once its descriptor
	 * is closed, which notify_receive() has done, after all messages before it.
	 */
	const unsigned ignored = STATE_ALIVE | STATE_TIME | STATE_BARRIER;
	struct statement said;

	if (notify_parse(packet->text, packet->length, &said) < 0)
		return;
	if (said.changes == STATE_ALIVE || loop->report.detail == REPORT_NONE)
		filter(loop);
	if (((said.changes & ~ignored) | (said.invalid & STATE_NOTIFY_ACCESS)) == 0)
		return;
	step(loop, &(struct babysitter_event){
			   .kind = EVENT_MESSAGE,
			   .said = &said,
			   .sender = sender_of(packet, &loop->main,
					       loop->state.access == NOTIFY_ACCESS_ALL),
			   .sender_pid = packet->pid,
			   .names_another = names_another(loop, &said),
			   .telling = { .now_ms = now_ms() },
		   });
}

/* As systemd does; but a lost READY=1 is worth a word. */
static void warn_dropped(struct loop *loop)
{
	filter(loop);
	if (loop->has_dropped)
		return;
	loop->has_dropped = true;
	log_warning("dropped a notification: it is too long, has more descriptors than fit, or comes "
		    "from a process that cannot be seen; others will be dropped silently");
}

static void take_messages(struct loop *loop, int max)
{
	while (max-- > 0) {
		switch (notify_receive(loop->setup->socket.fd, &loop->packet)) {
		case NOTIFY_NOTHING:
			return;
		case NOTIFY_RECEIVED:
			take_message(loop, &loop->packet);
			break;
		case NOTIFY_DROPPED:
			warn_dropped(loop);
			break;
		}
	}
}

static long long earlier(long long a, long long b)
{
	return b == 0 || (a != 0 && a < b) ? a : b;
}

/* Milliseconds until something is due, or -1: only a descriptor can wake us. */
static int next_timeout(const struct loop *loop)
{
	long long now = now_ms(), due = loop->is_asking ? loop->ask_until_ms : 0;

	due = earlier(due, loop->timer_ms);
	due = earlier(due, loop->state.deadline_ms);
	due = earlier(due, report_due_ms(&loop->report));
	if (loop->ready != NULL && ready_watch_timeout_ms(loop->ready) >= 0)
		due = earlier(due, now + ready_watch_timeout_ms(loop->ready));
	if (process_poll_fd(&loop->setup->tracked) < 0)
		due = earlier(due, now + OLD_KERNEL_CHECK_MS);
	if (due == 0)
		return -1;
	return due <= now ? 0 : due - now < INT_MAX ? (int)(due - now) : INT_MAX;
}

static void take_timers(struct loop *loop)
{
	long long now = now_ms();

	if (loop->is_asking && now >= loop->ask_until_ms) {
		loop->is_asking = false;
		bus_cancel(&loop->call);
		answer(loop, HOST_ANSWER_NONE);
	}
	if (loop->timer_ms != 0 && now >= loop->timer_ms) {
		loop->timer_ms = 0;
		tell(loop, (struct telling_event){ .kind = TELL_TIMER });
	}
	if (loop->state.deadline_ms != 0 && now >= loop->state.deadline_ms)
		step(loop, &(struct babysitter_event){ .kind = EVENT_DEADLINE,
						       .telling = { .now_ms = now } });
	if (report_due_ms(&loop->report) != 0)
		report(loop, report_take_kept(&loop->report, false, now));
}

static void step_with(struct loop *loop, enum babysitter_event_kind kind)
{
	step(loop, &(struct babysitter_event){ .kind = kind, .telling = { .now_ms = now_ms() } });
}

static void take_end(struct loop *loop)
{
	notify_identify_senders(loop->setup->socket.fd);
	take_messages(loop, MESSAGES_AT_THE_END);
	/* The last of them may have named another main process. */
	if (process_has_ended(&loop->main))
		step_with(loop, EVENT_MAIN_ENDED);
}

/* Whether @process, which @pollfd is for, has ended; without pidfds that has to be asked. */
static bool has_ended(const struct process *process, const struct pollfd *pollfd)
{
	return pollfd->fd >= 0 ? pollfd->revents != 0 : process_has_ended(process);
}

/* At every wake-up: a look costs little, and soon there is nothing left to look for. */
static void check_condition(struct loop *loop)
{
	if (loop->ready != NULL && ready_watch_check(loop->ready))
		step_with(loop, EVENT_CONDITION);
}

/* From now on little happens: what it took to come here is given back. */
static void trim(struct loop *loop)
{
	if (loop->is_trimmed || !loop->state.is_settled)
		return;
	loop->is_trimmed = true;
	stack_drop_unused();
}

static void wake_up(struct loop *loop)
{
	const struct babysitter *state = &loop->state;
	const struct process *tracked = &loop->setup->tracked;
	struct pollfd fds[] = {
		{ .fd = loop->setup->socket.fd, .events = POLLIN },
		{ .fd = state->is_leaving ? -1 : process_poll_fd(&loop->main), .events = POLLIN },
		{ .fd = state->has_parent ? process_poll_fd(tracked) : -1, .events = POLLIN },
		{ .fd = loop->is_asking ? loop->call.fd : -1, .events = POLLIN },
		{ .fd = loop->ready != NULL ? ready_watch_fd(loop->ready) : -1, .events = POLLIN },
	};

	if (poll(fds, ARRAY_SIZE(fds), next_timeout(loop)) < 0)
		return; /* EINTR; ENOMEM passes */
	if (fds[0].revents != 0)
		take_messages(loop, MESSAGES_PER_WAKE_UP);
	/* In this order: the daemon's first process ends with its parent, others may be left. */
	if (state->has_parent && has_ended(tracked, &fds[2]))
		step_with(loop, EVENT_PARENT_ENDED);
	if (!state->is_leaving && has_ended(&loop->main, &fds[1]))
		take_end(loop);
	if (fds[3].revents != 0 && loop->is_asking)
		take_answer(loop);
	check_condition(loop);
	take_timers(loop);
	trim(loop);
}

/* "console none": what is said there is said to nobody. */
static bool is_null_device(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/* The daemon's limit may be too low for the descriptors that come with a message. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void close_others(const struct babysitter_setup *setup)
{
	const int keep[] = { setup->socket.fd, process_fd(&setup->daemon), setup->parent_fd,
			     setup->exec_fd,
			     setup->state.has_parent ? process_fd(&setup->tracked) : NO_FD };

	fds_close_all(STDERR_FILENO + 1, keep, ARRAY_SIZE(keep));
}

/* Keeps nothing that is the daemon's: its sockets, its terminal, its directory, its session. */
static void detach(const struct babysitter_setup *setup)
{
	(void)setsid();
	(void)!chdir("/"); /* a file system that cannot be unmounted is the worst that follows */
	close_others(setup);
	fds_let_go_of_stdio();
}

/* The group's SIGTERM must not take us before the daemon could say STOPPING=1. */
static void settle_signals(void)
{
	static const int ignored[] = { SIGTERM, SIGHUP, SIGINT };
	struct sigaction action = { .sa_handler = SIG_IGN };
	sigset_t none;

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		(void)sigaction(ignored[i], &action, NULL);
	action.sa_handler = SIG_DFL;
	(void)sigaction(SIGCHLD, &action, NULL); /* bus-query's exit status is wanted */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In a frame of its own: what it takes is for those who need it. */
static void __attribute__((noreturn, noinline)) watch_condition(struct loop *loop)
{
	struct ready_watch ready = {
		.awaited = loop->setup->ready_when,
		.daemon = loop->setup->tracked.pid,
		.exec_fd = loop->setup->exec_fd,
	};

	loop->ready = &ready; /* cppcheck-suppress autoVariables ; this never returns */
	check_condition(loop);
	for (;;)
		wake_up(loop);
}

/* A longer one can only be in the environment, which stays. */
static const char *keep_name(const char *name, char copy[static NAME_SIZE])
{
	size_t length = name != NULL ? strlen(name) : NAME_SIZE;

	return length < NAME_SIZE ? memcpy(copy, name, length + 1) : name;
}

/* Not what stands at the end: it would all be written to. */
static void init(struct loop *loop, const struct babysitter_setup *setup)
{
	memset(loop, 0, offsetof(struct loop, job));
	loop->own = *setup;
	loop->own.job = keep_name(setup->job, loop->job);
	loop->own.instance = keep_name(setup->instance, loop->instance);
	loop->setup = &loop->own;
	loop->state = setup->state;
	loop->main = setup->daemon;
	if (setup->start_timeout_ms > 0)
		loop->state.deadline_ms = now_ms() + setup->start_timeout_ms;
	memset(&loop->report, 0, offsetof(struct report, line));
	loop->report.detail = setup->detail;
}

static void __attribute__((noinline, noreturn)) live(struct loop *loop)
{
	settle_signals();
	detach(&loop->own);
	raise_descriptor_limit();
	if (is_null_device(STDERR_FILENO))
		log_to_syslog(loop->own.job);
	if (loop->own.ready_when != NULL)
		watch_condition(loop);
	for (;;)
		wake_up(loop);
}

/* Has everything that is kept in its frame, and of that frame needs nothing else. */
static void __attribute__((noinline, noreturn)) settle_down(const struct babysitter_setup *setup)
{
	struct loop loop;

	init(&loop, setup);
	stack_drop_callers(&loop.packet); /* from the first thing on that is not in use yet */
	live(&loop);
}

void babysitter_run(const struct babysitter_setup *setup)
{
	stack_drop_unused();
	settle_down(setup);
}
