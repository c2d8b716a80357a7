/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See babysitter/main_watch.h. */
#include "babysitter/main_watch.h"

#include "base/procfs.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/util.h"
#include "condition/pid_in_file.h"
#include "condition/watch.h"

#define SETTLE_MS 1000
#define UNSURE_MS 100     /* from a number that nothing follows until it is believed */
#define SUCCESSOR_MS 5000 /* for it to read its configuration, and write its file */
#define YOUNG_MS 2000     /* between its birth and its parent's end, seen by us under load */
#define STALL_MS \
 60000 /* the same where the file tells who it is, and the machine may have stood still */

static void note_children(struct main_watch_setup *setup)
{
	char path[64], text[256], *rest = text;
	struct text name = text_begin(path, sizeof(path));
	pid_t own = sys_getpid();

	text_add(&name, "/proc/");
	text_add_number(&name, (unsigned long)own);
	text_add(&name, "/task/");
	text_add_number(&name, (unsigned long)own);
	text_add(&name, "/children");
	if (read_file(path, text, sizeof(text)) <= 0)
		return;
	while (setup->n_others < MAX_OTHERS - 1) {
		pid_t pid = (pid_t)strtol(rest, &rest, 10);

		if (pid <= 0)
			break;
		setup->others[setup->n_others++] = pid;
	}
}

void main_watch_prepare(const char *path, struct main_watch_setup *ret_setup)
{
	*ret_setup = (struct main_watch_setup){ .is_wanted = true, .path = path };
	if (path != NULL && stat(path, &ret_setup->stale) < 0)
		ret_setup->stale = (struct stat){ 0 };
	note_children(ret_setup);
}

void main_watch_open(const struct main_watch_setup *setup, pid_t parent, pid_t first,
		     struct main_watch *ret_watch)
{
	*ret_watch = (struct main_watch){
		.setup = setup,
		.first = first,
		.of = { .root = parent, .others = setup->others, .n_others = setup->n_others },
		.reason = "it was not looked at yet",
		.directory = NO_PATH_WATCH,
		.file = -1,
	};
	if (setup->path != NULL)
		path_watch_open(&ret_watch->directory);
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* As it was before the daemon: whoever writes to a file, or makes one, changes its times. */
static bool is_stale(const struct main_watch *watch, const struct stat *st)
{
	const struct stat *stale = &watch->setup->stale;

	return st->st_ino == stale->st_ino && st->st_dev == stale->st_dev &&
	       st->st_size == stale->st_size && is_same_time(&st->st_mtim, &stale->st_mtim) &&
	       is_same_time(&st->st_ctim, &stale->st_ctim);
}

/* In this order: what still runs now was the process we hold when we asked for its parents. */
static bool take_hold(const struct main_watch *watch, pid_t pid, struct process *ret_found)
{
	pid_t parent;

	if (process_open(pid, ret_found) == 0 && descendants_have(&watch->of, pid, &parent) &&
	    !process_has_ended(ret_found))
		return true;
	process_close(ret_found);
	return false;
}

/* What is read of a file that somebody is writing to may be the beginning of a number only. */
static bool is_sure(struct main_watch *watch, const struct pid_in_file *file)
{
	long long now = now_ms();

	if (!file->is_whole && watch->unsure != file->pid) {
		watch->unsure = file->pid;
		watch->check_ms = now + UNSURE_MS;
		return false;
	}
	if (!file->is_whole && now < watch->check_ms)
		return false;
	watch->unsure = 0;
	return true;
}

/* Sets when to look again, where nothing may wake us. */
static void plan_check(struct main_watch *watch)
{
	if (watch->unsure != 0)
		return;
	watch->check_ms = 0;
	if (watch->successor_ms != 0)
		watch->check_ms = now_ms() + UNSURE_MS;
	else if (!watch->is_known || watch->directory.fd < 0)
		watch->check_ms = now_ms() + WATCH_SLOW_MS;
}

static int look_at_file(struct main_watch *watch, pid_t now, struct process *ret_found)
{
	const char *path = watch->setup->path;
	struct pid_in_file file = { 0 };
	int r;

	path_watch_aim(&watch->directory, path);
	watch->file = path_watch_follow(&watch->directory, path, watch->file);
	r = pid_in_file(path, &file);
	if (r == -ENOENT || r == -ENOTDIR)
		watch->reason = "there is no such file";
	else if (r < 0)
		watch->reason = "there is no process ID in it";
	else if (is_stale(watch, &file.st))
		watch->reason = "it has not been written since the daemon was started";
	else if (file.pid == now)
		watch->unsure = 0;
	else if (!take_hold(watch, file.pid, ret_found))
		watch->reason = "it names no process of the daemon's that runs";
	else if (is_sure(watch, &file))
		return 1;
	else
		process_close(ret_found);
	return 0;
}

/* What is left to the parent, and is as young. */
struct left {
	pid_t parent, pid;
	unsigned long long young_ms;
	size_t n;
};

static bool is_young(pid_t pid, unsigned long long young_ms)
{
	unsigned long long start_ms;

	return young_ms == 0 || (process_read_start(pid, &start_ms) == 0 && start_ms >= young_ms);
}

static bool count(void *userdata, pid_t pid, pid_t parent)
{
	struct left *left = userdata;

	if (parent == left->parent && is_young(pid, left->young_ms)) {
		left->pid = pid;
		left->n++;
	}
	return true;
}

static struct left find_left(const struct main_watch *watch)
{
	struct left left = { .parent = watch->of.root, .young_ms = watch->young_ms };

	descendants_each(&watch->of, count, &left);
	return left;
}

/*
 * Daemons fork twice in order not to lead the session that they have made: what is in another one than the first
 * process, and does not lead it, has done all of that.
 */
static bool has_forked_twice(const struct main_watch *watch, pid_t pid)
{
	pid_t session = getsid(pid);

	return session != pid && session != watch->first;
}

static int look_at_processes(struct main_watch *watch, struct process *ret_found)
{
	struct left left;
	bool is_settled;

	if (watch->is_known && watch->successor_ms == 0)
		return 0;
	if (watch->settle_ms == 0)
		watch->settle_ms = now_ms() + SETTLE_MS;
	is_settled = now_ms() >= watch->settle_ms;
	left = find_left(watch);
	watch->reason = left.n == 0 ? "none of its processes is left"
				    : "which of its processes goes on is not known yet";
	if (left.n == 1 && (is_settled || has_forked_twice(watch, left.pid)) &&
	    take_hold(watch, left.pid, ret_found))
		return 1;
	return is_settled && left.n > 1 && !watch->is_known ? -E2BIG : 0;
}

/* When to look at the processes again. */
static long long next_check(const struct main_watch *watch)
{
	if (watch->is_known && watch->successor_ms == 0)
		return 0;
	return now_ms() < watch->settle_ms ? watch->settle_ms : now_ms() + UNSURE_MS;
}

static void note_main(struct main_watch *watch)
{
	watch->is_known = true;
	watch->is_stopping = false;
	watch->successor_ms = 0;
	watch->young_ms = 0;
}

int main_watch_look(struct main_watch *watch, pid_t now, struct process *ret_found)
{
	int r;

	if (!watch->has_forked) {
		watch->reason = "its first process has not exited";
		return 0;
	}
	r = watch->setup->path != NULL ? look_at_file(watch, now, ret_found)
				       : look_at_processes(watch, ret_found);
	if (r == 1)
		note_main(watch);
	if (watch->setup->path != NULL)
		plan_check(watch);
	else
		watch->check_ms = next_check(watch);
	return r;
}

static void await_successor(struct main_watch *watch)
{
	unsigned long long now, ago = watch->setup->path != NULL ? STALL_MS : YOUNG_MS;
	struct timespec booted = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &booted);
	now = (unsigned long long)booted.tv_sec * 1000 + (unsigned long long)booted.tv_nsec / 1000000;
	watch->young_ms = now > ago ? now - ago : 1;
	watch->successor_ms = now_ms() + SUCCESSOR_MS;
	watch->check_ms = now_ms() + UNSURE_MS;
	watch->settle_ms = 0;
}

bool main_watch_may_go_on(struct main_watch *watch, int status)
{
	if (!watch->is_known || watch->is_stopping || status != 0)
		return false;
	if (watch->successor_ms == 0)
		await_successor(watch);
	/* Twice, for one whose parent exits while we look. */
	/* NOLINTNEXTLINE(misc-redundant-expression): it is asked anew */
	return now_ms() < watch->successor_ms && (find_left(watch).n > 0 || find_left(watch).n > 0);
}

bool main_watch_may_succeed(const struct main_watch *watch, pid_t pid, pid_t parent)
{
	return parent == watch->of.root && is_young(pid, watch->young_ms);
}
