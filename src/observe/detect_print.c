/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * What --detect prints: all that was looked at, found or not, so that whoever wonders about the verdict
 * sees what is missing. See observe/detect.h.
 */
#include "base/json.h"
#include "base/output.h"
#include "base/procfs.h"
#include "base/text.h"
#include "base/util.h"
#include "hosts/host.h"
#include "observe/detect.h"

static const char *const strength_texts[] = {
	[STRENGTH_OWN_PID] = "environment", [STRENGTH_PEER] = "socket",
	[STRENGTH_PARENT] = "parent",       [STRENGTH_BUS] = "D-Bus",
	[STRENGTH_OPTION] = "option",
};

static const char *const parentage_texts[] = {
	[PARENT_UNKNOWN] = "whether it started us itself is not known",
	[PARENT_IS_HOST] = "it started us itself",
	[PARENT_IS_OTHER] = "something between it and us started us",
};

static const char *const parentage_words[] = {
	[PARENT_UNKNOWN] = "unknown",
	[PARENT_IS_HOST] = "itself",
	[PARENT_IS_OTHER] = "other",
};

/* What @pid is called, in @comm; or NULL: that cannot be read. */
static const char *read_comm(pid_t pid, char comm[static 17])
{
	return pid > 0 && process_read_comm(pid, comm) == 0 ? comm : NULL;
}

static void print_processes(struct output *out, const struct facts *facts)
{
	char comm[17];
	const char *name = read_comm(facts->parent, comm);

	output_format(out, "process: %d, parent %d", (int)facts->pid, (int)facts->parent);
	if (name != NULL)
		output_format(out, " (%s)", name);
	output_char(out, '\n');
	if (facts->pid == 1)
		return;
	name = read_comm(1, comm);
	output_format(out, "process 1: %s, %s\n", name != NULL ? name : "not to be seen",
		      facts->parent == 1 ? "our parent" : "not our parent");
}

struct line {
	struct output *out;
	bool is_begun;
};

/* What others have chosen must not begin a line. */
static void add_to_line(void *arg, const char *what, const char *answer)
{
	struct line *line = arg;
	char text[256];
	struct text copy = text_begin(text, sizeof(text));

	text_add(&copy, answer);
	text_make_line(text);
	output_format(line->out, "%s%s: %s%s", line->is_begun ? "; " : "", what, text,
		      copy.is_cut ? "..." : "");
	line->is_begun = true;
}

static bool has_anything_to_show(const struct host *host)
{
	return host->looks_at[0] != '\0' || host->comms[0][0] != '\0' || host->show != NULL;
}

static void print_looked_at(struct output *out, const struct facts *facts)
{
	for (size_t i = 0; hosts[i] != NULL; i++) {
		struct line line = { .out = out };

		if (!has_anything_to_show(hosts[i]))
			continue;
		output_format(out, "looked at (%s): ", hosts[i]->name);
		host_show(facts, hosts[i], add_to_line, &line);
		output_char(out, '\n');
	}
	if (facts->n_questions == 0)
		output_add(out, "D-Bus: not asked\n");
}

/* How the host learns of readiness here; what is missing for it, where it does not. */
const char *detect_format_way(const struct facts *facts, char *buffer, size_t size)
{
	const struct way *way = facts->way != NULL ? facts->way : facts->host->way;
	struct text text = text_begin(buffer, size);

	if (facts->parentage == PARENT_IS_HOST && facts->host->comms[0][0] != '\0') {
		const char *name = host_find_name(facts->host, facts->parent_comm);

		text_add(&text, name != NULL ? name : facts->parent_comm);
		text_add(&text, ": ");
	}
	text_add(&text, way->what);
	if (facts->handover.notify_fd > 0) {
		text_add(&text, " ");
		text_add_number(&text, (unsigned long)facts->handover.notify_fd);
		if (facts->handover.notify_source != NULL) {
			text_add(&text, " (");
			text_add(&text, facts->handover.notify_source);
			text_add(&text, ")");
		}
	} else if (facts->handover.notify_missing != NULL) {
		text_add(&text, ": ");
		text_add(&text, facts->handover.notify_missing);
	}
	return buffer;
}

void detect_print(struct output *out, const struct facts *facts)
{
	char way[256];

	print_processes(out, facts);
	if (facts->lacks_pidfds)
		output_format(out, "kernel: without pidfds (pidfd_open(2), Linux 5.3): the end of a "
				   "process is noticed within a second\n");
	print_looked_at(out, facts);
	if (facts->init != NULL)
		output_format(out, "evidence (option): --init=%s\n", facts->init->name);
	for (size_t i = 0; i < facts->n_evidence; i++) {
		const struct evidence *evidence = &facts->evidence[i];

		output_format(out, "evidence (%s): %s: %s\n", strength_texts[evidence->strength],
			      evidence->host->name, evidence->what);
	}
	if (facts->host == NULL) {
		output_add(out, "verdict: no service manager shows itself\n");
		return;
	}
	output_format(out, "learns of readiness by: %s\n",
		      detect_format_way(facts, way, sizeof(way)));
	output_format(out, "verdict: %s; %s\n", facts->host->name, parentage_texts[facts->parentage]);
}

static void add_to_list(void *arg, const char *what, const char *answer)
{
	struct json *json = arg;

	json_open(json, NULL, '{');
	json_text(json, "what", what);
	json_text(json, "answer", answer);
	json_close(json, '}');
}

static void write_process(struct json *json, const char *key, pid_t pid)
{
	char comm[17];

	json_open(json, key, '{');
	json_number(json, "pid", pid);
	json_text(json, "name", read_comm(pid, comm));
	json_close(json, '}');
}

static void write_looked_at(struct json *json, const struct facts *facts)
{
	json_open(json, "looked_at", '[');
	for (size_t i = 0; hosts[i] != NULL; i++) {
		if (!has_anything_to_show(hosts[i]))
			continue;
		json_open(json, NULL, '{');
		json_text(json, "host", hosts[i]->name);
		json_open(json, "at", '[');
		host_show(facts, hosts[i], add_to_list, json);
		json_close(json, ']');
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void write_evidence(struct json *json, const struct facts *facts)
{
	json_open(json, "evidence", '[');
	for (size_t i = 0; i < facts->n_evidence; i++) {
		const struct evidence *evidence = &facts->evidence[i];

		json_open(json, NULL, '{');
		json_text(json, "host", evidence->host->name);
		json_text(json, "kind", strength_texts[evidence->strength]);
		json_text(json, "what", evidence->what);
		json_text(json, "started_by", parentage_words[evidence->parentage]);
		json_close(json, '}');
	}
	json_close(json, ']');
}

void detect_print_json(struct output *out, const struct facts *facts)
{
	struct json json = { .out = out };
	const struct host *host = facts->host;
	char way[256];

	json_open(&json, NULL, '{');
	json_text(&json, "version", VERSION);
	write_process(&json, "process", facts->pid);
	write_process(&json, "parent", facts->parent);
	write_process(&json, "process_1", 1);
	json_bool(&json, "has_pidfds", !facts->lacks_pidfds);
	write_looked_at(&json, facts);
	json_bool(&json, "bus_asked", facts->n_questions > 0);
	json_text(&json, "init_option", facts->init != NULL ? facts->init->name : NULL);
	write_evidence(&json, facts);
	json_text(&json, "learns_by",
		  host != NULL ? detect_format_way(facts, way, sizeof(way)) : NULL);
	json_text(&json, "started_by", host != NULL ? parentage_words[facts->parentage] : NULL);
	json_text(&json, "verdict", host != NULL ? host->name : NULL);
	json_close(&json, '}');
	output_char(out, '\n');
}
