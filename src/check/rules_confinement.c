/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* What a unit takes away that the bridge needs. */
#include "check/unit.h"

#define FEW_TASKS 16 /* fewer, and three of ours may be the ones that are too many */
#define FEW_FILES 9  /* fewer, and hosts/systemd_ready.c refuses */
#define OUR_TASKS 3  /* in hand over: the launcher, the intermediate, the daemon */

static bool lacks_unix_family(struct subject *subject)
{
	const struct setting *setting = NULL, *last = NULL;
	bool is_allowed = false, is_list = false;

	while ((setting = service_next(subject->service, "Service", "RestrictAddressFamilies",
				       setting)) != NULL) {
		bool is_inverted = setting->value[0] == '~',
		     names = strstr(setting->value, "AF_UNIX") != NULL;

		if (!is_list)
			is_allowed = is_inverted;
		is_list = true;
		if (names)
			is_allowed = !is_inverted;
		last = setting;
	}
	return tells(subject) && is_list && !is_allowed && blame(subject, last);
}

/* What clones a process is in @process, which @system-service has. */
static bool may_clone(const struct setting *setting)
{
	static const char *const names[] = { "@process", "@system-service", "clone", "@known" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strstr(setting->value, names[i]) != NULL)
			return true;
	}
	return false;
}

static bool lacks_process_calls(struct subject *subject)
{
	const struct setting *setting = NULL, *last = NULL;
	bool is_allowed = true, is_list = false;

	while ((setting = service_next(subject->service, "Service", "SystemCallFilter", setting)) !=
	       NULL) {
		bool is_inverted = setting->value[0] == '~';

		if (!is_list && !is_inverted)
			is_allowed = false;
		is_list = true;
		if (may_clone(setting) &&
		    !(is_inverted && strstr(setting->value, "@system-service") != NULL &&
		      strstr(setting->value, "@process") == NULL))
			is_allowed = !is_inverted;
		last = setting;
	}
	return is_by_systemd(subject) && !subject->is_home && subject->needs_process && is_list &&
	       !is_allowed && blame(subject, last);
}

static bool loses_domain(struct subject *subject)
{
	return is_by_systemd(subject) && subject->service->has_selinux &&
	       unit_find(subject, "SELinuxContext") == NULL;
}

/* systemd sets the domain for what it executes, and that is the bridge. */
static bool has_domain(struct subject *subject)
{
	return is_by_systemd(subject) && unit_find(subject, "SELinuxContext") != NULL &&
	       blame(subject, unit_find(subject, "SELinuxContext"));
}

static bool has_few_tasks(struct subject *subject)
{
	const struct setting *setting = unit_find(subject, "TasksMax");
	unsigned long n = FEW_TASKS;

	if (setting == NULL)
		setting = unit_find(subject, "LimitNPROC");
	if (setting == NULL || !tells(subject) || !subject->needs_process ||
	    setting->value[strspn(setting->value, "0123456789")] != '\0')
		return false;
	n = strtoul(setting->value, NULL, 10);
	if (n >= FEW_TASKS)
		return false;
	if (n < OUR_TASKS && is_equal(setting->name, "TasksMax"))
		subject->severity = SEVERITY_REFUSED;
	subject->quote[0] = setting->name;
	subject->quote[1] = setting->value;
	return blame(subject, setting);
}

/* "soft" or "soft:hard". */
static bool has_few_files(struct subject *subject)
{
	const struct setting *setting = unit_find(subject, "LimitNOFILE");

	if (setting == NULL || !tells(subject) || setting->value[0] < '0' ||
	    setting->value[0] > '9' || strtoul(setting->value, NULL, 10) >= FEW_FILES)
		return false;
	subject->quote[0] = setting->value;
	return blame(subject, setting);
}

/* "/run:mode=0755 -/srv": whether one of the paths is @path, or above it. */
static bool covers(const char *list, const char *path)
{
	while (*list != '\0') {
		const char *word = list + strspn(list, " \t+-");
		size_t length = strcspn(word, " \t:");

		if (length > 0 && strncmp(word, path, length) == 0 &&
		    (length == 1 || path[length] == '/' || path[length] == '\0'))
			return true;
		list = word + strcspn(word, " \t");
	}
	return false;
}

static const struct setting *find_covering(const struct subject *subject, const char *name)
{
	const struct setting *setting = NULL;

	while ((setting = service_next(subject->service, "Service", name, setting)) != NULL) {
		if (covers(setting->value, "/run/systemd/notify"))
			return setting;
	}
	return NULL;
}

/* systemd binds it into a root directory of the unit's only where it mounts /run there. */
static bool hides_socket(struct subject *subject)
{
	static const char *const roots[] = { "RootDirectory", "RootImage", "TemporaryFileSystem",
					     "InaccessiblePaths" };

	if (!tells(subject) || find_covering(subject, "BindPaths") != NULL ||
	    find_covering(subject, "BindReadOnlyPaths") != NULL)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		bool is_root = has_prefix(roots[i], "Root");
		const struct setting *setting = is_root ? unit_find(subject, roots[i])
							: find_covering(subject, roots[i]);

		if (setting == NULL || (is_root && is_yes(unit_value(subject, "MountAPIVFS", "yes"))))
			continue;
		subject->quote[0] = roots[i];
		return blame(subject, setting);
	}
	return false;
}

/* A daemon that changes its user before it stops itself can be continued only with CAP_KILL. */
static bool lacks_cap_kill(struct subject *subject)
{
	const struct setting *setting = unit_find(subject, "CapabilityBoundingSet");
	bool is_inverted = setting != NULL && setting->value[0] == '~';

	return setting != NULL && setting->value[0] != '\0' && tells(subject) &&
	       subject->target->speaks == SPEAKS_STOP && unit_find(subject, "User") == NULL &&
	       (strstr(setting->value, "CAP_KILL") != NULL) == is_inverted &&
	       blame(subject, setting);
}

static const struct rule list[] = {
	{ "families", KIND_UNIT, SEVERITY_REFUSED, lacks_unix_family,
	  "RestrictAddressFamilies= without AF_UNIX: the bridge cannot tell systemd that the daemon is ready: "
	  "add AF_UNIX" },
	{ "process-calls", KIND_UNIT, SEVERITY_REFUSED, lacks_process_calls,
	  "SystemCallFilter= takes away what starts a process (@process), which the bridge has to: allow "
	  "@process" },
	{ "selinux", KIND_UNIT, SEVERITY_WARNING, loses_domain,
	  "SELinux is in use, and the daemon's domain hangs on the file that systemd executes, which is the "
	  "bridge now: see CONFINEMENT in cross-init-bridge(7), and look at the domain with 'ps -eZ'" },
	{ "selinux-context", KIND_UNIT, SEVERITY_WARNING, has_domain,
	  "SELinuxContext= is for what systemd executes, which is the bridge: that domain must allow the bridge "
	  "as an entry point, and to execute the daemon: see CONFINEMENT in cross-init-bridge(7)" },
	{ "tasks", KIND_UNIT, SEVERITY_WARNING, has_few_tasks,
	  "%1=%2 counts the processes of the bridge, too, two or three until the daemon is ready: allow for them" },
	{ "open-files", KIND_UNIT, SEVERITY_REFUSED, has_few_files,
	  "LimitNOFILE=%1 is too few to tell systemd of readiness: set 9 or more" },
	{ "hidden-socket", KIND_UNIT, SEVERITY_REFUSED, hides_socket,
	  "%1= hides NOTIFY_SOCKET, so that the bridge cannot tell systemd that the daemon is ready: add "
	  "BindPaths=/run/systemd/notify" },
	{ "cap-kill", KIND_UNIT, SEVERITY_WARNING, lacks_cap_kill,
	  "CapabilityBoundingSet= without CAP_KILL: if the daemon changes its user before it stops itself, the "
	  "bridge may not continue it: add CAP_KILL, or set User=" },
};

const struct rules confinement_rules = { .list = list, .n = ARRAY_SIZE(list) };
