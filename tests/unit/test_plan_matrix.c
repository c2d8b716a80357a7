/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all plans have in common: every host with every target, with and without -N, with every kind
 * of sockets and all that changes a plan, is either refused with one good line, or planned so that
 * nothing of the host's protocol gets through and all of the target's is there.
 */
#include "unit.h"

#include "plan_world.h"

#define N_FIELDS 49152 /* 4 * 3 * 2 * 2 * 2 * 8 * 64 */

/* One field of the matrix, from its number, which is written to @name. */
static struct row make_field(size_t field, const struct host **ret_host, char name[static 32])
{
	static const enum which sockets[][MAX_SOCKETS] = {
		{ NO_SOCKET }, { WEB },       { WEB, ABSTRACT }, { PATH, WEB },
		{ DATAGRAM },  { WEB, FIFO }, { CONNECTED },     { NO_SOCKET }, /* but --listen */
	};
	struct row row = { .name = name, .job = "foo", .instance = "" };
	static const struct host *const on[] = { &host_systemd, &host_upstart, &host_inetd,
						 &host_none };
	static const char *const to[] = { "-tsystemd", "-tupstart", "-tinetd" };
	size_t n = 0, flags;
	static const char *const systemd_env[] = { NOTIFY_ENV, "LISTEN_PID=4711", "LISTEN_FDS=2",
						   "LISTEN_PIDFDID=7", "WATCHDOG_USEC=1" };
	static const char *const upstart_env[] = { EVENT_ENV };
	static const char *const inetd_env[] = { "PATH=/bin", "NOTIFY_SOCKET=/n" };

	(void)snprintf(name, 32, "field %zu", field);
	*ret_host = on[field % 4];
	if (*ret_host == &host_systemd)
		memcpy(row.env, systemd_env, sizeof(systemd_env));
	else if (*ret_host == &host_upstart)
		memcpy(row.env, upstart_env, sizeof(upstart_env));
	else
		memcpy(row.env, inetd_env, sizeof(inetd_env));
	field /= 4;
	row.words[n++] = to[field % 3];
	field /= 3;
	if (field % 2 == 1)
		row.words[n++] = "-N";
	if (field / 2 % 2 == 1)
		row.words[n++] = "--force-sockets";
	if (field / 4 % 2 == 1)
		row.words[n++] = "--job=bar/1";
	field /= 8;
	memcpy(row.sockets, sockets[field % 8], sizeof(row.sockets));
	if (field % 8 == 7) {
		row.words[n++] = "--listen=80";
		row.words[n++] = "--listen=@d";
	}
	row.is_stdio[0] = row.is_stdio[1] = *ret_host == &host_inetd;
	flags = field / 8;
	row.has_watchdog = (flags & 1) != 0;
	row.is_parent_other = (flags & 2) != 0;
	row.is_traced_by_parent = (flags & 4) != 0;
	row.has_conditions = (flags & 8) != 0;
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

static void check_env(const struct row *row, const struct options *options,
		      const struct facts *facts, const struct plan *plan)
{
	bool has_sockets = facts->handover.n_fds > 0;
	bool is_for_systemd = options->target == &target_systemd;
	bool is_for_upstart = options->target == &target_upstart;
	bool has_job = is_for_upstart && (has_sockets || options->notify || options->job != NULL);
	/* Where no manager is the host, variables of one are the administrator's. */
	bool keeps_foreign = plan->host == &host_none && !is_for_systemd;
	const struct {
		const char *name;
		bool expected;
	} variables[] = {
		{ "LISTEN_PID", is_for_systemd && has_sockets },
		{ "LISTEN_FDS", is_for_systemd && has_sockets },
		{ "LISTEN_FDNAMES", is_for_systemd && has_sockets },
		{ "LISTEN_PIDFDID", false },
		{ "NOTIFY_SOCKET", keeps_foreign || (is_for_systemd && options->notify) },
		{ "WATCHDOG_USEC", false },
		{ "SYSTEMD_EXEC_PID", false },
		{ "UPSTART_JOB", has_job },
		{ "UPSTART_INSTANCE", has_job },
		{ "UPSTART_FDS", is_for_upstart && has_sockets },
		{ "UPSTART_EVENTS", is_for_upstart && has_sockets },
		{ "PATH", true },
	};
	char **env;

	assert_int_equal(env_build(facts->env, &plan->env, 4712, "/run/n", &env), 0);
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = env_get(env, variables[i].name);

		if ((value != NULL) != variables[i].expected)
			fail_msg("%s %s: %s is %s", row->name, plan->host->name, variables[i].name,
				 value != NULL ? value : "not there");
	}
	if (is_for_systemd && has_sockets)
		check_text(row->name, env_get(env, "LISTEN_PID"), "4712");
}

static void check_plan(const struct row *row, const struct options *options,
		       const struct facts *facts, const struct plan *plan)
{
	char *text = print(plan, facts);
	bool is_at_home = is_equal(plan->host->name, plan->target->name);
	bool is_same = is_at_home && !facts->handover.fds_are_ours;
	enum shape carried = row->is_pid_1 || options->supervise ? SHAPE_SUPERVISE
			     : plan->host->follows_main_pid      ? SHAPE_HAND_OVER
								 : SHAPE_ATTEND;

	check(row->name, has_prefix(text, "host: ") && has_suffix(text, "\n"));
	free(text);
	check_int(row->name, plan->is_untouched, is_same);
	check_int(row->name, plan->shape, options->notify && !is_at_home ? carried : SHAPE_REPLACE);
	check_int(row->name, plan->n_fds, is_same ? 0 : facts->handover.n_fds);
	for (size_t i = 0; i < plan->n_fds; i++)
		check_int(row->name, plan->fds[i].fd, facts->handover.fds[i].fd);
	check_int(row->name, plan->n_close_fds, is_at_home ? 0 : facts->n_strangers);
	check(row->name, (plan->listen != NULL) == facts->handover.fds_are_ours);
	if (plan->warning[0] != '\0')
		check_line(row->name, plan->warning, sizeof(plan->warning));
	if (is_same)
		check_int(row->name, plan->env.n, 0);
	else if (!is_at_home) /* what stays where it belongs is in test_plan.c */
		check_env(row, options, facts, plan);
}

static void every_field_of_the_matrix_is_planned_or_refused(void **state)
{
	int n_planned = 0, n_refused = 0;
	struct facts *facts = malloc(sizeof(*facts));

	(void)state;
	assert_non_null(facts);
	for (size_t field = 0; field < N_FIELDS; field++) {
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
		parse(&row, &options);
		add_own_sockets(&options, facts);
		if (plan_decide(&options, facts, &plan, &refusal) == 0) {
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
	assert_int_equal(n_planned + n_refused, N_FIELDS);
	assert_true(n_planned > N_FIELDS / 3 && n_refused > N_FIELDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_the_matrix_is_planned_or_refused),
	};

	return cmocka_run_group_tests_name("plan_matrix", tests, NULL, NULL);
}
