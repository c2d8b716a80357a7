/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See check/rules.h: from a service to the rows that are for it. */
#include "check/rules.h"

#include "base/text.h"
#include "base/util.h"

/* What is written for whom. */
static const struct {
	enum kind kind;
	const struct host *host; /* NULL: it cannot be told from the file */
} hosts_of_kinds[] = {
	{ KIND_UNIT, &host_systemd },
	{ KIND_JOB, &host_upstart },
	{ KIND_S6, &host_s6 },
	{ KIND_RUNIT, &host_runit },
	{ KIND_OPENRC, &host_openrc },
	{ KIND_FINIT, &host_finit },
	{ KIND_DINIT, &host_dinit },
	{ KIND_SUPERVISORD, &host_supervisord },
	{ KIND_SHEPHERD, &host_shepherd },
	{ KIND_INETD, &host_inetd },
	{ KIND_INITTAB, &host_busybox },
	{ KIND_CONTAINER, &host_container },
	{ KIND_INIT_SCRIPT, &host_dpkg },
};

static const struct host *host_of(const struct service *service, const struct options *options)
{
	if (options->init != NULL)
		return host_by_name(options->init);
	for (size_t i = 0; i < ARRAY_SIZE(hosts_of_kinds); i++) {
		if (hosts_of_kinds[i].kind == service->kind)
			return hosts_of_kinds[i].host;
	}
	return options->host_fd != NULL ? &host_newline : NULL;
}

bool blame(struct subject *subject, const struct setting *setting)
{
	if (setting != NULL)
		subject->place = setting->place;
	return true;
}

const char *format_number(struct subject *subject, unsigned long number)
{
	struct text text = text_begin(subject->buffer, sizeof(subject->buffer));

	text_add_number(&text, number);
	return subject->buffer;
}

/* The text of a row with what it quotes. */
static void expand(const char *form, const char *const quote[static 2], char *buffer, size_t size)
{
	struct text text = text_begin(buffer, size);

	for (; *form != '\0'; form++) {
		if (form[0] == '%' && (form[1] == '1' || form[1] == '2')) {
			const char *word = quote[form[1] - '1'];

			text_add(&text, word != NULL ? word : "");
			form++;
			continue;
		}
		text_add_part(&text, form, 1);
	}
	text_make_line(buffer);
}

/* Reports a row that is so. */
static void apply(const struct rule *rule, struct subject *subject, bool *has_refused,
		  report_finding *report, void *context)
{
	struct finding finding = { .id = rule->id };

	subject->place = subject->command->place;
	subject->quote[0] = subject->quote[1] = NULL;
	subject->severity = rule->severity;
	if (!rule->is_so(subject))
		return;
	finding.severity = subject->severity;
	finding.place = subject->place;
	expand(rule->text, subject->quote, finding.text, sizeof(finding.text));
	*has_refused = *has_refused || finding.severity == SEVERITY_REFUSED;
	report(context, &finding);
}

static void apply_all(struct subject *subject, report_finding *report, void *context)
{
	static const struct rules *const tables[] = { &common_rules, &systemd_rules,
						      &confinement_rules, &upstart_rules,
						      &other_rules };
	bool has_refused = false;

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		for (size_t k = 0; k < tables[i]->n; k++) {
			const struct rule *rule = &tables[i]->list[k];

			if ((rule->kinds & subject->service->kind) != 0)
				apply(rule, subject, &has_refused, report, context);
		}
	}
	check_decision(subject, !has_refused, report, context);
}

/* A condition that another process looks at. */
static bool needs_helper(const struct options *options)
{
	for (size_t i = 0; i < options->n_wait_for; i++) {
		const char *text = options->wait_for[i].text;

		if (has_prefix(text, "dbus:") || has_prefix(text, "session-dbus:") ||
		    has_prefix(text, "path:") || has_prefix(text, "device:"))
			return true;
	}
	return false;
}

static void find_shape(struct subject *subject)
{
	const struct options *options = subject->options;
	enum learns learns = subject->host->way->learns;
	enum shape shape, native;
	enum speaks speaks = options->ready_when != NULL ? SPEAKS_CONDITION : subject->target->speaks;

	subject->is_home = options->ready_when == NULL &&
			   protocol_find_shape(subject->target->speaks, learns, &native) &&
			   native == SHAPE_REPLACE && learns != LEARNS_NOTHING &&
			   (subject->target->takes == SOCKETS_NONE ||
			    subject->target->takes == subject->host->gives);
	if (!subject->carries || !protocol_find_shape(speaks, learns, &shape))
		return;
	subject->leaves = shape == SHAPE_HAND_OVER;
	subject->needs_process = subject->needs_process || shape != SHAPE_REPLACE;
}

static void report_text(struct subject *subject, const char *id, enum severity severity,
			const char *text, report_finding *report, void *context)
{
	struct finding finding = { .id = id, .severity = severity, .place = subject->place };
	struct text line = text_begin(finding.text, sizeof(finding.text));

	text_add(&line, text);
	text_make_line(finding.text);
	report(context, &finding);
}

/* The first word before the daemon's own that holds a variable which the file does not set. */
static const char *find_unknown(const struct command *command)
{
	for (char **word = command->words + 1; *word != NULL; word++) {
		if (*find_char(*word, '$') != '\0')
			return *word;
		if (is_equal(*word, "--"))
			break;
	}
	return NULL;
}

static bool look_up(struct subject *subject, report_finding *report, void *context)
{
	const struct options *options = subject->options;
	struct refusal refusal;
	char names[512];
	struct text list = text_begin(names, sizeof(names));

	subject->host = host_of(subject->service, options);
	subject->target = options->target != NULL ? target_by_name(options->target) : NULL;
	if (options->init != NULL && subject->host == NULL) {
		hosts_list(&list, " or ");
		(void)refuse(&refusal, EINVAL, "--init: '%s' is not a service manager, use auto, %s",
			     options->init, names);
	} else if (subject->target == NULL) {
		targets_list(&list, " or ");
		(void)refuse(&refusal, EINVAL,
			     options->target == NULL
				     ? "no target before the command: add -t TARGET, which is %s%s"
				     : "there is no target %s: it is one of %s",
			     options->target == NULL ? "" : options->target, names);
	} else {
		return true;
	}
	report_text(subject, "target", SEVERITY_REFUSED, refusal.text, report, context);
	return false;
}

/* finit takes what follows "--" for a description: the row that says so is better than "no command". */
static void report_unparsed(struct subject *subject, const struct refusal *refusal,
			    report_finding *report, void *context)
{
	const struct setting *behind = service_find(subject->service, "option", "words behind --");
	const char *unknown = find_unknown(subject->command);
	struct refusal text;

	if (subject->service->kind == KIND_FINIT && behind != NULL && behind->value[0] == '/') {
		(void)refuse(&text, EINVAL,
			     "to finit '--' ends the command, so that the bridge gets none: leave out the '--' "
			     "before %s",
			     behind->value);
		report_text(subject, "finit-end", SEVERITY_REFUSED, text.text, report, context);
	} else if (unknown != NULL) {
		(void)refuse(&text, EINVAL,
			     "'%s' is known only when it runs, so that the options cannot be checked: set the "
			     "variable in this file",
			     unknown);
		report_text(subject, "unknown", SEVERITY_WARNING, text.text, report, context);
	} else {
		report_text(subject, "options", SEVERITY_REFUSED, refusal->text, report, context);
	}
}

static void check_command(const struct service *service, const struct command *command,
			  report_finding *report, void *context)
{
	struct subject subject = { .service = service, .command = command, .place = command->place };
	struct options options;
	struct refusal refusal;
	int n = 0;

	while (command->words[n] != NULL)
		n++;
	if (options_parse(n, command->words, &options, &refusal) < 0) {
		report_unparsed(&subject, &refusal, report, context);
		return;
	}
	subject.options = &options;
	subject.carries = options_carry_readiness(&options);
	subject.needs_process = needs_helper(&options);
	if ((options.action == ACTION_RUN || options.action == ACTION_EXPLAIN) &&
	    look_up(&subject, report, context)) {
		if (subject.host != NULL)
			find_shape(&subject);
		apply_all(&subject, report, context);
	}
	options_done(&options);
}

void check_service(const struct service *service, report_finding *report, void *context)
{
	struct finding finding = {
		.id = "not-found",
		.severity = SEVERITY_WARNING,
		.place = service->mentioned,
		.text = "the bridge is named here, but is not a word of a command that could be read: is the command "
			"in quotes as a whole, or made elsewhere?",
	};

	for (size_t i = 0; i < service->n_commands; i++)
		check_command(service, &service->commands[i], report, context);
	if (service->n_commands == 0 && service->mentions)
		report(context, &finding);
}
