/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What others put where the bridge looks: variables of the managers, /proc, and options. The first
 * byte of an input chooses the reader, modulo their number.
 */
#include "fuzz.h"

#include <errno.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/procfs.h"
#include "condition/condition.h"
#include "fd/listen.h"
#include "fd/names.h"
#include "hosts/systemd.h"
#include "hosts/upstart/sockets.h"
#include "readers.h"

#define MAX_LISTEN_VARIABLES 4

static void read_status(const char *text)
{
	struct process_status status;

	(void)process_parse_status(text, &status);
}

static void read_cgroup(const char *text)
{
	char unit[256], job[256], instance[256];

	if (systemd_unit_from_cgroup(text, strlen(text), unit, sizeof(unit)) < 0)
		return;
	fuzz_check(strlen(unit) < sizeof(unit));
	systemd_split_unit(unit, job, sizeof(job), instance, sizeof(instance));
}

static void read_fd_names(const char *text)
{
	(void)fd_names_count(text);
	(void)fd_names_check(text);
}

static void read_listen(const char *text)
{
	struct listen_address address;
	struct refusal refusal;
	struct fd_info info;

	if (listen_parse(text, &address, &refusal) < 0)
		return;
	listen_describe(&address, 1, &info);
	listen_done(&address);
}

static void read_awaited(const char *text)
{
	struct awaited awaited;

	(void)awaited_parse(text, &awaited);
}

/* A host's view of an environment: one variable a line. */
static void observe(const char *text, int (*look)(struct facts *, struct refusal *))
{
	char *copy = fuzz_copy_text(text, strlen(text)), *rest = copy;
	char *env[MAX_LISTEN_VARIABLES + 1] = { NULL };
	struct arena arena = { 0 };
	struct facts facts = { .env.list = env, .arena = &arena, .pid = 7, .parent = 1 };
	struct refusal refusal = { "" };
	int n = 0;

	while (n < MAX_LISTEN_VARIABLES && rest != NULL)
		env[n++] = strsep(&rest, "\n");
	if (look(&facts, &refusal) < 0)
		fuzz_check(refusal.text[0] != '\0' && strchr(refusal.text, '\n') == NULL);
	arena_done(&arena);
	free(copy);
}

static int look_as_systemd(struct facts *facts, struct refusal *refusal)
{
	return host_systemd.observe(NULL, facts, refusal);
}

static int look_as_upstart(struct facts *facts, struct refusal *refusal)
{
	int r = upstart_obtain_facts(facts) != NULL ? upstart_read_fds(facts, refusal) : -ENOMEM;

	return r < 0 ? r : upstart_check_sockets(facts, true, refusal);
}

static void read_systemd(const char *text)
{
	observe(text, look_as_systemd);
}

static void read_upstart(const char *text)
{
	observe(text, look_as_upstart);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[N_READERS])(const char *text) = {
		[READER_STATUS] = read_status,     [READER_CGROUP] = read_cgroup,
		[READER_FD_NAMES] = read_fd_names, [READER_LISTEN] = read_listen,
		[READER_AWAITED] = read_awaited,   [READER_SYSTEMD] = read_systemd,
		[READER_UPSTART] = read_upstart,
	};
	char *text;

	if (size == 0)
		return 0;
	text = fuzz_copy_text(data + 1, size - 1);
	readers[data[0] % N_READERS](text);
	free(text);
	return 0;
}
