/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What all plans have in common: every host with every target, with and without -N, with every kind
 * of sockets and all that changes a plan, is either refused with one good line, or planned so that
 * nothing of the host's protocol gets through and all of the target's is there.
 */
#include "unit.h"

#include "plan_world.h"

#define N_SOCKETS 8
#define N_FLAGS 64

static size_t n_hosts, n_targets;

static size_t count_fields(void)
{
	while (hosts[n_hosts] != NULL)
		n_hosts++;
	while (targets[n_targets] != NULL)
		n_targets++;
	return n_hosts * n_targets * 2 * 2 * 2 * N_SOCKETS * N_FLAGS;
}

/* What is there when @host runs us: what it gives itself, or an outer manager's. */
static void add_env(const struct host *host, struct row *row)
{
	static const char *const from_3[] = { NOTIFY_ENV, "LISTEN_PID=4711", "LISTEN_FDS=2",
					      "LISTEN_PIDFDID=7", "WATCHDOG_USEC=1" };
	static const char *const listed[] = { EVENT_ENV };
	static const char *const inherited[] = { "PATH=/bin", "NOTIFY_SOCKET=/n" };

	if (host->way->learns == LEARNS_BY_MAIN_PID)
		memcpy(row->env, from_3, sizeof(from_3));
	else if (host->gives == SOCKETS_LISTED)
		memcpy(row->env, listed, sizeof(listed));
	else
		memcpy(row->env, inherited, sizeof(inherited));
}

/* One field of the matrix, from its number, which is written to @name. */
static struct row make_field(size_t field, const struct host **ret_host, char name[static 32])
{
	static const enum which sockets[N_SOCKETS][MAX_SOCKETS] = {
		{ NO_SOCKET }, { WEB },       { WEB, ABSTRACT }, { PATH, WEB },
		{ DATAGRAM },  { WEB, FIFO }, { CONNECTED },     { NO_SOCKET }, /* but --listen */
	};
	struct row row = { .name = name, .job = "foo", .instance = "" };
	size_t n = 0, flags;

	(void)snprintf(name, 32, "field %zu", field);
	*ret_host = hosts[field % n_hosts];
	field /= n_hosts;
	add_env(*ret_host, &row);
	row.words[n++] = "-t";
	row.words[n++] = targets[field % n_targets]->name;
	field /= n_targets;
	if (field % 2 == 1)
		row.words[n++] = "-N";
	if (field / 2 % 2 == 1)
		row.words[n++] = "--force-sockets";
	if (field / 4 % 2 == 1)
		row.words[n++] = "--job=bar/1";
	field /= 8;
	memcpy(row.sockets, sockets[field % N_SOCKETS], sizeof(row.sockets));
	if (field % N_SOCKETS == N_SOCKETS - 1) {
		row.words[n++] = "--listen=80";
		row.words[n++] = "--listen=@d";
	}
	row.is_stdio[0] = row.is_stdio[1] = (*ret_host)->gives == SOCKETS_ON_STDIO;
	flags = field / N_SOCKETS;
	row.has_watchdog = (flags & 1) != 0;
	row.is_parent_other = (flags & 2) != 0;
	row.is_traced_by_parent = (flags & 4) != 0;
	row.has_start_on = (flags & 8) != 0;
	row.is_pid_1 = (flags & 16) != 0;
	if ((flags & 32) != 0)
		row.words[n++] = "--supervise";
	row.strangers[0] = 20;
	return row;
}

/* A line of a log: one, not cut, without what could be taken for another. */
static void check_line(const char *name, const char *line, size_t size)
{
	check(name, strlen(line) > 0 && strlen(line) < size - 1);
	check(name, strpbrk(line, "\n\r") == NULL);
}

/* Each is a line that nothing was cut from. */
static void check_warnings(const char *name, const struct plan *plan)
{
	size_t length = strlen(plan->warnings);

	check(name, length < sizeof(plan->warnings) - 2);
	check(name, length == 0 || plan->warnings[length - 1] == '\n');
	check(name, strstr(plan->warnings, "\n\n") == NULL && plan->warnings[0] != '\n');
}

/* True if @name is one of @patterns. */
static bool is_one_of(const env_name_t *patterns, const char *name)
{
	struct arena arena = { 0 };
	struct env_edits edits = { .arena = &arena };
	bool is;

	assert_int_equal(env_edits_remove(&edits, patterns), 0);
	is = env_edits_drop(&edits, name);
	arena_done(&arena);
	return is;
}

/* Where the host is not one of its managers, and no service of one, it may be the administrator's. */
static bool is_anybodys(const struct facts *facts, const struct plan *plan, const char *name)
{
	return env_get(&facts->env, name) != NULL && !plan->host->is_nested &&
	       (plan->host->variables == NULL || !is_one_of(plan->host->variables, name)) &&
	       !is_one_of(plan->target->variables, name);
}

static void check_env(const struct row *row, const struct options *options,
		      const struct facts *facts, const struct plan *plan)
{
	bool has_sockets = facts->handover.n_fds > 0;
	bool is_from_3 = plan->target->takes == SOCKETS_FROM_3 && has_sockets;
	bool is_listed = plan->target->takes == SOCKETS_LISTED && has_sockets;
	bool has_job = plan->target->speaks == SPEAKS_STOP &&
		       (has_sockets || options->notify || options->job != NULL);
	bool notifies = plan->target->speaks == SPEAKS_DATAGRAM && options->notify;
	const struct {
		const char *name;
		bool expected;
	} variables[] = {
		{ "LISTEN_PID", is_from_3 },
		{ "LISTEN_FDS", is_from_3 },
		{ "LISTEN_FDNAMES", is_from_3 },
		{ "LISTEN_PIDFDID", false },
		{ "NOTIFY_SOCKET", notifies || is_anybodys(facts, plan, "NOTIFY_SOCKET") },
		{ "WATCHDOG_USEC", false },
		{ "SYSTEMD_EXEC_PID", false },
		{ "UPSTART_JOB", has_job },
		{ "UPSTART_INSTANCE", has_job },
		{ "UPSTART_FDS", is_listed },
		{ "UPSTART_EVENTS", is_listed },
		{ "PATH", true },
	};
	struct env ours = facts->env;
	char **env;

	/* Half of them from an environment that was looked through. */
	if (row->is_pid_1)
		assert_int_equal(env_index(&ours, plan->env.arena), 0);
	assert_int_equal(env_build(&ours, &plan->env, 4712, "/run/n", &env), 0);
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = env_search(env, variables[i].name);

		if ((value != NULL) != variables[i].expected)
			fail_msg("%s %s: %s is %s", row->name, plan->host->name, variables[i].name,
				 value != NULL ? value : "not there");
	}
	if (is_from_3)
		check_text(row->name, env_search(env, "LISTEN_PID"), "4712");
}

/* What the table of shapes says, and what makes us stay. */
static enum shape expected_shape(const struct row *row, const struct options *options,
				 const struct facts *facts, const struct plan *plan)
{
	bool goes_back = plan->target->speaks == SPEAKS_EXIT;
	enum shape shape = SHAPE_REPLACE;

	if ((!options->notify && !goes_back) || is_at_home(facts, plan->target))
		return SHAPE_REPLACE;
	check(row->name, protocol_find_shape(plan->target->speaks, facts->way->learns, &shape));
	if (goes_back)
		return shape;
	return row->is_pid_1 || options->supervise ? SHAPE_SUPERVISE : shape;
}

/* No shape is chosen that calls what the host does not have. */
static void check_functions(const struct row *row, const struct plan *plan)
{
	if (plan->shape == SHAPE_REPLACE)
		return;
	check(row->name,
	      plan->is_announced ? plan->way->announce != NULL : plan->way->tell_ready != NULL);
	check(row->name, plan->shape != SHAPE_ATTEND || !plan->is_announced);
	check(row->name, plan->shape != SHAPE_HAND_OVER || plan->is_announced);
}

static void check_plan(const struct row *row, const struct options *options,
		       const struct facts *facts, const struct plan *plan)
{
	char *text = print(plan, options, facts);
	bool at_home = is_at_home(facts, plan->target);
	bool is_moved = options->notify && needs_host_fd_moved(options, facts);
	bool is_same = at_home && !facts->handover.fds_are_ours && !(at_home && is_moved);
	const struct upstart_facts *own = facts->of_host;

	check(row->name, has_prefix(text, "host: ") && has_suffix(text, "\n"));
	free(text);
	check_int(row->name, plan->is_untouched, is_same);
	check_int(row->name, plan->shape, expected_shape(row, options, facts, plan));
	check_functions(row, plan);
	check_int(row->name, plan->n_fds, is_same ? 0 : facts->handover.n_fds);
	for (size_t i = 0; i < plan->n_fds; i++)
		check_int(row->name, plan->fds[i].fd, facts->handover.fds[i].fd);
	check_int(row->name, plan->n_close_fds, at_home || own == NULL ? 0 : own->n_strangers);
	check(row->name, (plan->listen != NULL) == facts->handover.fds_are_ours);
	check_warnings(row->name, plan);
	if (is_same)
		check_int(row->name, plan->env.n, 0);
	else if (!at_home) /* what stays where it belongs is in test_plan.c */
		check_env(row, options, facts, plan);
}

static void every_field_of_the_matrix_is_planned_or_refused(void **state)
{
	size_t n_fields = count_fields(), n_planned = 0, n_refused = 0;
	struct facts *facts = malloc(sizeof(*facts));

	(void)state;
	assert_non_null(facts);
	for (size_t field = 0; field < n_fields; field++) {
		struct fd_info infos[MAX_SOCKETS];
		struct arena arena = { 0 };
		struct refusal refusal = { "" };
		const struct host *host;
		struct options options;
		struct plan plan;
		char name[32];
		struct row row = make_field(field, &host, name);

		make_facts(host, &row, facts, infos);
		facts->arena = &arena;
		parse(&row, &options, facts);
		add_own_sockets(&options, facts);
		if (decide(&options, facts, &plan, &refusal) == 0) {
			check_plan(&row, &options, facts, &plan);
			n_planned++;
		} else {
			check_line(row.name, refusal.text, sizeof(refusal.text));
			n_refused++;
		}
		arena_done(&arena);
		options_done(&options);
	}
	free(facts);
	assert_int_equal(n_planned + n_refused, n_fields);
	assert_true(n_planned > n_fields / 10 && n_refused > n_fields / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_the_matrix_is_planned_or_refused),
	};

	return cmocka_run_group_tests_name("plan_matrix", tests, NULL, NULL);
}
