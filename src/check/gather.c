/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See check/gather.h. */
#include "check/gather.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/util.h"
#include "check/lines.h"
#include "check/read.h"

#define MAX_FILE (1 << 20)
#define MAX_DROP_INS 256

/* The text of @path, the arena's; NULL with errno. */
static char *read_text(struct service *service, const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	cleanup_free char *buffer = malloc(MAX_FILE);
	size_t used = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0 || buffer == NULL || fstat(fd, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return NULL;
	}
	while (used < MAX_FILE && (n = read(fd, buffer + used, MAX_FILE - used)) != 0) {
		if (n < 0)
			return NULL;
		used += (size_t)n;
	}
	if (used == MAX_FILE || memchr(buffer, '\0', used) != NULL) {
		errno = used == MAX_FILE ? EFBIG : EILSEQ;
		return NULL;
	}
	return service_copy(service, buffer, used);
}

static int read_one(struct service *service, const char *path, struct refusal *refusal)
{
	const char *file = service_copy(service, path, strlen(path));
	const char *text = read_text(service, path);

	if (text == NULL)
		return refuse(refusal, errno, "%s: %s", path,
			      errno == EILSEQ ? "is not a text" : strerror(errno));
	if (read_service(service, file, text) < 0)
		return refuse(refusal, E2BIG,
			      "%s: more settings or longer commands than any real service has", path);
	return 0;
}

static const char *join(struct service *service, const char *directory, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s%s", directory, *directory == '\0' ? "" : "/",
			 name);

	return n > 0 && (size_t)n < sizeof(path) ? service_copy(service, path, (size_t)n) : NULL;
}

/* A copy of @path up to its last slash; "." without one. */
static const char *directory_of(struct service *service, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return ".";
	return slash == path ? "/" : service_copy(service, path, (size_t)(slash - path));
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static bool is_there(const char *path)
{
	return path != NULL && access(path, F_OK) == 0;
}

/* A small file beside, as a setting. */
static void add_file(struct service *service, const char *directory, const char *name)
{
	const char *path = join(service, directory, name);
	char *text = path != NULL ? read_text(service, path) : NULL;

	if (text != NULL)
		(void)service_add(service, "file", name, trim(text),
				  (struct place){ .file = path, .line = 1 });
}

/* ---- systemd ---- */

/* Where else a unit's drop-ins may be, with the least important first. */
static const char *const unit_directories[] = { "/usr/lib/systemd/system", "/lib/systemd/system",
						"/usr/local/lib/systemd/system",
						"/run/systemd/system", "/etc/systemd/system" };

struct drop_ins {
	const char *paths[MAX_DROP_INS];
	size_t n;
};

/* One of the same name from a more important directory takes the other's place. */
static void add_drop_in(struct drop_ins *list, const char *path)
{
	for (size_t i = 0; i < list->n; i++) {
		if (is_equal(base_of(list->paths[i]), base_of(path))) {
			list->paths[i] = path;
			return;
		}
	}
	if (list->n < MAX_DROP_INS)
		list->paths[list->n++] = path;
}

static void list_drop_ins(struct service *service, const char *directory, const char *name,
			  struct drop_ins *list)
{
	const char *folder = join(service, directory, name);
	DIR *stream = folder != NULL ? opendir(folder) : NULL;
	const struct dirent *entry;

	if (stream == NULL)
		return;
	while ((entry = readdir(stream)) != NULL) {
		const char *path = join(service, folder, entry->d_name);

		if (has_suffix(entry->d_name, ".conf") && path != NULL)
			add_drop_in(list, path);
	}
	(void)closedir(stream);
}

/* "service.d", "a-.service.d", "a-b@.service.d", "a-b@c.service.d": all that are for this unit. */
static void list_names(struct service *service, const char *directory, const char *unit,
		       struct drop_ins *list)
{
	const char *suffix = strrchr(unit, '.');
	char name[512];

	if (suffix == NULL)
		return;
	(void)snprintf(name, sizeof(name), "%s.d", suffix + 1);
	list_drop_ins(service, directory, name, list);
	for (const char *at = unit; at < suffix; at++) {
		if (*at != '-' && *at != '@')
			continue;
		(void)snprintf(name, sizeof(name), "%.*s%s.d", (int)(at - unit + 1), unit, suffix);
		list_drop_ins(service, directory, name, list);
	}
	(void)snprintf(name, sizeof(name), "%s.d", unit);
	list_drop_ins(service, directory, name, list);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(base_of(*(const char *const *)a), base_of(*(const char *const *)b));
}

/* The unit at @path with its drop-ins. */
static int read_with_drop_ins(struct service *service, const char *path, struct refusal *refusal)
{
	const char *directory = directory_of(service, path);
	struct drop_ins list = { .n = 0 };
	bool is_standard = false;
	int r = read_one(service, path, refusal);

	for (size_t i = 0; i < ARRAY_SIZE(unit_directories); i++)
		is_standard = is_standard || is_equal(directory, unit_directories[i]);
	for (size_t i = 0; is_standard && i < ARRAY_SIZE(unit_directories); i++)
		list_names(service, unit_directories[i], base_of(path), &list);
	if (!is_standard)
		list_names(service, directory, base_of(path), &list);
	qsort(list.paths, list.n, sizeof(*list.paths), compare_names);
	for (size_t i = 0; r == 0 && i < list.n; i++)
		r = read_one(service, list.paths[i], refusal);
	return r;
}

/* "page@.service" for "page.socket" with Accept=yes; else what Service= says, or the same name. */
static const char *service_of_socket(struct service *service, const char *path)
{
	const char *accept = service_value(service, "Socket", "Accept", "no");
	const char *name = service_value(service, "Socket", "Service", "");
	char buffer[512];

	if (*name != '\0')
		return join(service, directory_of(service, path), name);
	(void)snprintf(buffer, sizeof(buffer), "%.*s%s.service",
		       (int)(strlen(path) - strlen(".socket")), path,
		       is_equal(accept, "yes") || is_equal(accept, "true") ? "@" : "");
	return service_copy(service, buffer, strlen(buffer));
}

static int read_socket_unit(struct service *service, const char *path, struct refusal *refusal)
{
	const char *unit;
	int r = read_with_drop_ins(service, path, refusal);

	if (r < 0)
		return r;
	unit = service_of_socket(service, path);
	(void)snprintf(service->name, sizeof(service->name), "%s", unit != NULL ? base_of(unit) : "");
	return is_there(unit) ? read_with_drop_ins(service, unit, refusal) : 0;
}

/* The sockets that a service is given: those of its own name. */
static int read_sockets(struct service *service, const char *path, struct refusal *refusal)
{
	const char *at = strrchr(path, '@'), *slash = strrchr(path, '/');
	size_t length = at != NULL && (slash == NULL || at > slash)
				? (size_t)(at - path)
				: strlen(path) - strlen(".service");
	char socket[PATH_MAX];

	(void)snprintf(socket, sizeof(socket), "%.*s.socket", (int)length, path);
	return is_there(socket) ? read_with_drop_ins(service, socket, refusal) : 0;
}

static int read_unit_files(struct service *service, const char *path, struct refusal *refusal)
{
	const char *drop_in = strstr(path, ".service.d/");
	int r;

	if (drop_in != NULL)
		path = service_copy(service, path, (size_t)(drop_in - path) + strlen(".service"));
	(void)snprintf(service->name, sizeof(service->name), "%s", base_of(path));
	service->file = path;
	if (has_suffix(path, ".socket"))
		return read_socket_unit(service, path, refusal);
	r = read_with_drop_ins(service, path, refusal);
	return r == 0 && has_suffix(path, ".service") ? read_sockets(service, path, refusal) : r;
}

/* ---- the others ---- */

static int read_job_files(struct service *service, const char *path, struct refusal *refusal)
{
	const char *dot = strrchr(path, '.');
	char other[PATH_MAX];
	int r;

	(void)snprintf(other, sizeof(other), "%.*s.conf", (int)(dot != NULL ? dot - path : 0), path);
	r = read_one(service, has_suffix(path, ".override") && is_there(other) ? other : path,
		     refusal);
	(void)snprintf(other, sizeof(other), "%.*s.override", (int)(dot != NULL ? dot - path : 0),
		       path);
	return r == 0 && is_there(other) && !(has_suffix(path, ".override") && r != 0)
		       ? read_one(service, other, refusal)
		       : r;
}

/* What else is in the directory of a run script tells whose it is, too. */
static int read_run_files(struct service *service, const char *path, struct refusal *refusal)
{
	static const char *const files[] = { "notification-fd", "timeout-up", "timeout-kill" };
	const char *directory = directory_of(service, path);

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		add_file(service, directory, files[i]);
	if (service->kind == KIND_RUN && service->n_settings > 0)
		service->kind = KIND_S6;
	if (service->kind == KIND_RUN && is_there(join(service, directory, "check")))
		service->kind = KIND_RUNIT;
	return read_one(service, path, refusal);
}

int gather(const char *path, struct service *service, struct refusal *refusal)
{
	const char *text;
	struct stat st;
	int r;

	*service = (struct service){ .has_selinux = access("/sys/fs/selinux/enforce", F_OK) == 0 };
	path = service_copy(service, path, strlen(path));
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		path = join(service, path, "run");
	text = path != NULL ? read_text(service, path) : NULL;
	if (text == NULL)
		return refuse(refusal, errno, "%s: %s", path != NULL ? path : "the path",
			      errno == EILSEQ ? "is not a text" : strerror(errno));
	service->file = path;
	service->kind = kind_of(path, text);
	(void)snprintf(service->name, sizeof(service->name), "%s", base_of(path));
	if (service->kind == KIND_UNIT)
		r = read_unit_files(service, path, refusal);
	else if (service->kind == KIND_JOB)
		r = read_job_files(service, path, refusal);
	else if ((service->kind & (KIND_S6 | KIND_RUNIT | KIND_RUN)) != 0)
		r = read_run_files(service, path, refusal);
	else
		r = read_one(service, path, refusal);
	if (r == 0 && read_done(service) < 0)
		r = refuse(refusal, E2BIG, "%s: longer commands than any real service has", path);
	return r;
}

void service_done(struct service *service)
{
	arena_done(&service->arena);
}
