/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See hosts/upstart/adopt.h. */
#include "hosts/upstart/adopt.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/env.h"
#include "base/number_dir.h"
#include "base/process.h"
#include "base/procfs.h"
#include "base/util.h"
#include "bus/ask.h"
#include "fd/info.h"
#include "hosts/upstart/sockets.h"
#include "hosts/upstart/start_on.h"

#define BRIDGE "upstart-socket-bridge"
#define INIT_PID 1 /* of the system; the bridge serves no session */

#define NO_LISTENER (-1)

/* What is looked for, and what has been found of it. */
struct search {
	const struct facts *facts;
	struct description sockets[MAX_CHOICES]; /* of the terms, in their order */
	int listener_of[MAX_CHOICES];            /* index of each one's listener, or NO_LISTENER */
	int worth[MAX_CHOICES];
	enum fit fits[MAX_CHOICES];
	size_t n_sockets;

	struct fd_info listeners[MAX_CHOICES]; /* owned, none twice */
	size_t n_listeners;
	struct choice choice;
	pid_t holder; /* the process that was looked at last */
	int error;    /* why a process could not be looked at, or 0 */
};

bool upstart_misses_sockets(const struct options *options, const struct facts *facts)
{
	if (options->adopt == ADOPT_NO || upstart_facts(facts)->sockets_are_right)
		return false;
	if (options->adopt == ADOPT_REQUIRE)
		return true;
	if (facts->handover.n_fds == 0 && env_get(&facts->env, "UPSTART_EVENTS") != NULL)
		return false;
	return env_get(&facts->env, "UPSTART_SESSION") == NULL; /* where there are no sockets */
}

/* ---- what is wanted ---- */

/* Returns 0, or -E2BIG. */
static int list_sockets(struct search *search)
{
	struct description event = upstart_read_event(&search->facts->env);
	const char *text = upstart_facts(search->facts)->start_on.text;
	struct term term;

	while (upstart_read_term(&upstart_facts(search->facts)->start_on, &text, &term)) {
		if (term.kind != TERM_SOCKET)
			continue;
		if (search->n_sockets == MAX_CHOICES)
			return -E2BIG;
		search->sockets[search->n_sockets] = term.description;
		search->fits[search->n_sockets] = upstart_fit(&event, &term.description);
		search->listener_of[search->n_sockets++] = NO_LISTENER;
	}
	return 0;
}

static bool has_client(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLIN) != 0;
}

/* True if a term has waited for @info; that of the event in the environment counts more. */
static bool assign(struct search *search, const struct fd_info *info)
{
	struct description event = upstart_read_event(&search->facts->env);
	int worth = WORTH_LISTENER + (upstart_describes(&event, info) ? WORTH_OF_EVENT : 0) +
		    (has_client(info->fd) ? WORTH_OF_CLIENT : 0);
	bool is_wanted = false;

	for (size_t i = 0; i < search->n_sockets; i++) {
		if (search->listener_of[i] != NO_LISTENER ||
		    !upstart_describes(&search->sockets[i], info))
			continue;
		search->listener_of[i] = (int)search->n_listeners;
		search->worth[i] = worth;
		is_wanted = true;
	}
	return is_wanted;
}

/* ---- who has it ---- */

struct holder {
	struct search *search;
	struct process process;
	int directory_fd; /* /proc/PID/fd */
};

/* Only a look at it tells what a socket is. What is nothing to us is closed at once. */
static int take(struct holder *holder, int number)
{
	struct search *search = holder->search;
	char name[16];
	struct stat st;
	struct fd_info info;
	int fd;

	(void)snprintf(name, sizeof(name), "%d", number);
	if (fstatat(holder->directory_fd, name, &st, 0) < 0 || !S_ISSOCK(st.st_mode))
		return 0;
	fd = process_take_fd(&holder->process, number);
	if (fd == -EBADF) /* closed meanwhile */
		return 0;
	if (fd < 0)
		return fd;
	fd_describe(fd, &info);
	if (fd_is_stream_listener(&info) && assign(search, &info))
		search->listeners[search->n_listeners++] = info;
	else
		(void)close_fd(fd);
	return 0;
}

static int search_fds(struct holder *holder)
{
	struct numbers numbers;
	char path[32];
	int fd, r;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)holder->process.pid);
	holder->directory_fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (holder->directory_fd < 0)
		return -errno;
	numbers_begin(&numbers, holder->directory_fd);
	while ((r = numbers_next(&numbers, &fd)) > 0) {
		r = take(holder, fd);
		if (r < 0)
			break;
	}
	holder->directory_fd = close_fd(holder->directory_fd);
	return r;
}

/*
 * Not one that only calls itself so: it is root's, runs a file of that name, is PID 1's own child,
 * which no process of another pid namespace can be, and its addresses mean what PID 1's mean.
 * Returns 1 or 0, or -errno.
 */
static int is_bridge(pid_t pid)
{
	struct process_status status;
	int r;

	if (process_read_status(pid, &status) < 0 || status.parent != INIT_PID ||
	    status.uids[0] != 0 || status.uids[1] != 0 || status.uids[2] != 0)
		return 0;
	r = process_shares_namespace(pid, INIT_PID, "net");
	return r > 0 ? process_runs(pid, BRIDGE) : r;
}

/* That process cannot have been replaced by another while we looked: it was held all the time. */
static int search_process(struct search *search, pid_t pid, int (*is_right)(pid_t pid))
{
	struct holder holder = { .search = search, .process = NO_PROCESS, .directory_fd = NO_FD };
	int r = process_open(pid, &holder.process);

	if (r == 0)
		r = is_right(pid);
	if (r > 0) {
		search->holder = pid;
		r = process_has_ended(&holder.process) ? 0 : search_fds(&holder);
	}
	process_close(&holder.process);
	return r;
}

static bool brings_sockets(const struct choice *choice)
{
	return choice->worth > WORTH_NO_SOCKET && choice->fit != FIT_CONTRADICTED;
}

/* Returns 1 if start_on can be met now, 0 if not, or -errno. */
static int search_bridge(struct search *search, pid_t pid)
{
	char comm[17];
	int r;

	if (process_read_comm(pid, comm) < 0 || strncmp(comm, BRIDGE, sizeof(comm) - 2) != 0)
		return 0;
	r = search_process(search, pid, is_bridge);
	if (r < 0)
		search->error = r;
	r = upstart_choose(&upstart_facts(search->facts)->start_on, search->worth, search->fits,
			   &search->choice);
	return r < 0 ? r : brings_sockets(&search->choice);
}

static int search_bridges(struct search *search)
{
	cleanup_close int proc_fd = openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct numbers numbers;
	int pid, r;

	if (proc_fd < 0)
		return -errno;
	numbers_begin(&numbers, proc_fd);
	while ((r = numbers_next(&numbers, &pid)) > 0) {
		r = search_bridge(search, pid);
		if (r != 0)
			break;
	}
	return r;
}

static int is_init(pid_t pid)
{
	char comm[17];

	return process_read_comm(pid, comm) == 0 && is_equal(comm, "init");
}

/* PID 1 last: it has a listener only as long as its event has not come to an end. */
static int search_holders(struct search *search)
{
	int r = search_bridges(search);

	if (r != 0)
		return r;
	r = search_process(search, INIT_PID, is_init);
	if (r < 0 && search->error == 0)
		search->error = r;
	return upstart_choose(&upstart_facts(search->facts)->start_on, search->worth, search->fits,
			      &search->choice);
}

/* ---- what comes of it ---- */

/* Where the reason goes. */
static struct refusal *fail(struct facts *facts, enum adoption_result result)
{
	struct upstart_facts *own = facts->of_host;

	own->adoption.result = result;
	return &own->adoption.refusal;
}

/* It ends with @result, for the reason that follows, as in refuse(). */
#define end_adoption(facts, result, ...) ((void)refuse(fail(facts, result), ENOENT, __VA_ARGS__))

static const char *word_or(const char *word, const char *otherwise)
{
	return word != NULL ? word : otherwise;
}

/* Of those that the variables do not rule out, the first one that nobody has; or n_sockets. */
static size_t find_missing(const struct search *search)
{
	size_t i = 0;

	while (i < search->n_sockets &&
	       (search->listener_of[i] != NO_LISTENER || search->fits[i] == FIT_CONTRADICTED))
		i++;
	return i;
}

static void explain_contradiction(struct facts *facts)
{
	static const env_name_t names[] = { "PROTO", "PORT", "ADDR", "SOCKET_PATH" };
	char list[256];
	struct text text = text_begin(list, sizeof(list));

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = env_get(&facts->env, names[i]);

		if (value == NULL)
			continue;
		text_add(&text, names[i]);
		text_add(&text, "=");
		text_add_part(&text, value, 50);
		text_add(&text, " ");
	}
	end_adoption(facts, ADOPTION_FAILED,
		     "%sin the environment is not one of the sockets of the job's 'start on'", list);
}

static void explain_missing(const struct description *socket, struct facts *facts)
{
	end_adoption(facts, ADOPTION_FAILED,
		     BRIDGE " does not listen for 'socket PROTO=%s %s=%s' of the job's 'start on': the "
			    "system log says why; it tries again when the job's file is touched",
		     word_or(socket->protocol, "?"), socket->path != NULL ? "PATH" : "PORT",
		     word_or(socket->path != NULL ? socket->path : socket->port, "?"));
}

/* Something was not permitted, or else there is no such listener: what of the first one missing? */
static void explain_failure(const struct search *search, struct facts *facts)
{
	size_t missing = find_missing(search);

	if (missing == search->n_sockets) {
		explain_contradiction(facts);
	} else if (search->error == -ENOSYS) {
		end_adoption(facts, ADOPTION_FAILED,
			     "the kernel has no pidfd_getfd(2), which came with Linux 5.6");
	} else if (search->error == -EPERM || search->error == -EACCES) {
		end_adoption(facts, ADOPTION_FAILED,
			     "taking them from " BRIDGE " is not permitted, it needs root and "
			     "CAP_SYS_PTRACE: stop the job and let a client start it");
	} else if (search->error < 0) {
		end_adoption(facts, ADOPTION_FAILED, "taking them from " BRIDGE ": %s",
			     strerror(-search->error));
	} else {
		explain_missing(&search->sockets[missing], facts);
	}
}

/* In the order of the terms, which is that of UPSTART_FDS. */
static void hand_over(const struct search *search, struct facts *facts, struct fd_info *fds)
{
	bool is_passed[MAX_CHOICES] = { false };
	size_t n = 0;

	for (size_t i = 0; i < search->n_sockets; i++) {
		int index = search->listener_of[i];

		if ((search->choice.sockets >> i & 1) == 0 || is_passed[index])
			continue;
		is_passed[index] = true;
		fds[n++] = search->listeners[index];
	}
	for (size_t i = 0; i < search->n_listeners; i++) {
		if (!is_passed[i])
			(void)close_fd(search->listeners[i].fd);
	}
	facts->handover.fds = fds;
	facts->handover.n_fds = n;
	facts->handover.fds_holder = search->holder;
	((struct upstart_facts *)facts->of_host)->adoption.result = ADOPTION_DONE;
}

static void close_listeners(const struct search *search)
{
	for (size_t i = 0; i < search->n_listeners; i++)
		(void)close_fd(search->listeners[i].fd);
}

static void adopt_listeners(struct search *search, struct facts *facts)
{
	struct fd_info *fds = NULL;
	int r = search_holders(search);

	if (r < 0)
		end_adoption(facts, ADOPTION_FAILED, "%s",
			     r == -EBADMSG ? "the job's 'start on' makes no sense" : strerror(-r));
	else if (!brings_sockets(&search->choice))
		explain_failure(search, facts);
	else if ((fds = arena_get(facts->arena, search->n_sockets, sizeof(*fds))) == NULL)
		end_adoption(facts, ADOPTION_FAILED, "out of memory");
	if (fds != NULL)
		hand_over(search, facts, fds);
	else
		close_listeners(search);
}

void upstart_adopt(struct facts *facts)
{
	struct search search = { .facts = facts };
	const struct start_on *start_on = &upstart_facts(facts)->start_on;

	if (env_get(&facts->env, "UPSTART_SESSION") != NULL) {
		end_adoption(facts, ADOPTION_NOT_ASKED_FOR,
			     "the Upstart of a user session has no sockets");
		return;
	}
	/* To others than root the answer makes no difference but in what is said. */
	upstart_observe_start_on(facts, facts->uid == 0 ? BUS_PATIENCE_MS : BUS_BUDGET_MS);
	if (!start_on->is_known)
		end_adoption(facts, ADOPTION_UNKNOWN,
			     "Upstart does not tell the job's 'start on' (%s)",
			     bus_error(start_on->error));
	else if (list_sockets(&search) < 0)
		end_adoption(facts, ADOPTION_FAILED,
			     "the job's 'start on' names more than %d sockets", MAX_CHOICES);
	else if (search.n_sockets == 0)
		end_adoption(facts, ADOPTION_NOT_ASKED_FOR, "the job's 'start on' names no socket");
	else
		adopt_listeners(&search, facts);
}
