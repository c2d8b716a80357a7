/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What the bridge itself would say: its own decide/, with the facts that the manager would bring about.
 * What no row of the tables has thought of is found here, in the words of the message that would come.
 */
#include "base/text.h"
#include "base/util.h"
#include "check/rules.h"
#include "decide/decide.h"
#include "hosts/upstart/own_facts.h"
#include "plan.h"

#define OWN_PID 4711
#define PARENT_PID 4710
#define DEFAULT_FD 3

static char *const no_variables[] = { NULL };

/*
 * What nobody tells: as if the descriptor, the socket were there, or the rows have complained already; they
 * do so of a newline that nobody writes.
 */
static void assume_way(struct subject *subject, struct facts *facts)
{
	static const enum learns told[] = { LEARNS_BY_DATAGRAM, LEARNS_BY_MAIN_PID };

	facts->way = subject->host->way;
	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		if (facts->way->learns == told[i])
			facts->handover.notify_address = "/run/notify";
	}
	if (subject->options->host_fd != NULL)
		facts->way = &way_newline;
	if (facts->way->learns == LEARNS_BY_NEWLINE && subject->carries)
		facts->handover.notify_fd = DEFAULT_FD;
}

/* A listener, where it is sure that there is one, or that the daemon cannot do without. */
static void assume_socket(struct subject *subject, struct fd_info *info, struct facts *facts)
{
	struct handover *handover = &facts->handover;
	bool is_inetd = subject->host == &host_inetd;

	if (subject->options->n_listen > 0 ||
	    (subject->target->takes != SOCKETS_ON_STDIO && !is_inetd))
		return;
	*info = (struct fd_info){ .fd = is_inetd ? STDIN_FILENO : DEFAULT_FD,
				  .kind = FD_KIND_SOCKET,
				  .family = AF_UNIX,
				  .type = SOCK_STREAM,
				  .is_listening = true };
	handover->fds = info;
	handover->n_fds = 1;
	handover->is_on_stdio[0] = is_inetd;
	handover->free_fd = is_inetd ? DEFAULT_FD : 0;
}

static void report_line(struct subject *subject, enum severity severity, const char *line,
			size_t length, report_finding *report, void *context)
{
	struct finding finding = { .id = "bridge",
				   .severity = severity,
				   .place = subject->command->place };
	struct text text = text_begin(finding.text, sizeof(finding.text));

	text_add_part(&text, line, length);
	text_make_line(finding.text);
	report(context, &finding);
}

static void report_warnings(struct subject *subject, const struct plan *plan,
			    report_finding *report, void *context)
{
	for (const char *line = plan->warnings; *line != '\0';) {
		const char *end = find_char(line, '\n');

		report_line(subject, SEVERITY_WARNING, line, (size_t)(end - line), report, context);
		line = *end == '\n' ? end + 1 : end;
	}
}

void check_decision(struct subject *subject, bool refusals, report_finding *report, void *context)
{
	struct arena arena = { .next = NULL };
	struct upstart_facts own = { .sockets_are_right = true };
	struct facts facts = {
		.env.list = no_variables,
		.arena = &arena,
		.pid = subject->host == &host_container ? 1 : OWN_PID,
		.parent = subject->host == &host_container ? 0 : PARENT_PID,
		.host = subject->host,
		.target = subject->target,
		.parentage = PARENT_UNKNOWN,
	};
	struct fd_info info;
	struct refusal refusal;
	struct plan plan;
	int r;

	if (subject->host == NULL || !subject->command->is_main || !refusals)
		return;
	if (subject->host->forgets_sockets)
		facts.of_host = &own;
	facts.handover.job = "job";
	facts.handover.instance = "";
	assume_way(subject, &facts);
	assume_socket(subject, &info, &facts);
	r = decide(subject->options, &facts, &plan, &refusal);
	if (r == 0)
		report_warnings(subject, &plan, report, context);
	else
		report_line(subject, SEVERITY_REFUSED, refusal.text, strlen(refusal.text), report,
			    context);
	arena_done(&arena);
}
