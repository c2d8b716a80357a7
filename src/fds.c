/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See fds.h. */
#include "fds.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "numbers.h"
#include "sys.h"
#include "util.h"

/* Where there is no other way than to try every number, up to these; no manager comes near. */
#define CLOSE_LIMIT 65536
#define LOW_NUMBERS 1024

static int socket_option(int fd, int option)
{
	int value = -1;
	socklen_t length = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

static void describe_socket(int fd, struct fd_info *info)
{
	info->kind = FD_KIND_SOCKET;
	info->type = socket_option(fd, SO_TYPE);
	info->is_listening = socket_option(fd, SO_ACCEPTCONN) == 1;
	info->address_length = sizeof(info->address);
	if (getsockname(fd, (struct sockaddr *)&info->address, &info->address_length) < 0)
		info->address_length = 0;
	info->family = info->address_length >= sizeof(sa_family_t) ? info->address.ss_family
								   : AF_UNSPEC;
	if (info->family == AF_NETLINK)
		info->kind = FD_KIND_NETLINK;
}

void fd_describe(int fd, struct fd_info *ret_info)
{
	struct stat st;

	*ret_info = (struct fd_info){ .fd = fd, .kind = FD_KIND_CLOSED };
	if (fstat(fd, &st) < 0)
		return;
	if (S_ISSOCK(st.st_mode))
		describe_socket(fd, ret_info);
	else
		ret_info->kind = S_ISFIFO(st.st_mode) ? FD_KIND_FIFO : FD_KIND_OTHER;
}

/* unix(7): of how many bytes only the length of the address tells. */
struct slice fd_unix_name(const struct fd_info *info)
{
	size_t offset = offsetof(struct sockaddr_un, sun_path);
	size_t length = info->address_length > offset ? info->address_length - offset : 0;

	return (struct slice){ ((const struct sockaddr_un *)&info->address)->sun_path, length };
}

/* An abstract name with its NUL bytes as '@', as ss(8) and systemd write it. */
static void format_unix(const struct fd_info *info, char *buffer, size_t size)
{
	struct slice name = fd_unix_name(info);
	bool is_abstract = name.length > 0 && name.text[0] == '\0';

	if (is_abstract)
		(void)snprintf(buffer, size, "@%.*s", (int)name.length - 1, name.text + 1);
	else
		(void)snprintf(buffer, size, "%.*s", (int)name.length, name.text);
}

static void format_address(const struct fd_info *info, char *buffer, size_t size)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&info->address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&info->address;
	char text[INET6_ADDRSTRLEN] = "?";

	switch (info->family) {
	case AF_UNIX:
		format_unix(info, buffer, size);
		break;
	case AF_INET:
		(void)inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
		(void)snprintf(buffer, size, "%s:%d", text, ntohs(in->sin_port));
		break;
	case AF_INET6:
		(void)inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		(void)snprintf(buffer, size, "[%s]:%d", text, ntohs(in6->sin6_port));
		break;
	default:
		(void)snprintf(buffer, size, "of address family %d", info->family);
	}
}

static const char *type_name(const struct fd_info *info)
{
	switch (info->type) {
	case SOCK_STREAM:
		return info->is_listening ? "stream listener" : "stream socket that does not listen";
	case SOCK_DGRAM:
		return "datagram socket";
	case SOCK_SEQPACKET:
		return "seqpacket socket";
	default:
		return "socket";
	}
}

const char *fd_format(const struct fd_info *info, char *buffer, size_t size)
{
	static const char *const names[] = {
		[FD_KIND_CLOSED] = "closed",
		[FD_KIND_FIFO] = "FIFO",
		[FD_KIND_NETLINK] = "netlink socket",
		[FD_KIND_OTHER] = "no socket",
	};
	char address[160];

	if (info->kind != FD_KIND_SOCKET) {
		(void)snprintf(buffer, size, "%s", names[info->kind]);
		return buffer;
	}
	format_address(info, address, sizeof(address));
	for (char *c = address; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?'; /* a path may hold anything, a line of a log may not */
	}
	(void)snprintf(buffer, size, "%s%s%s", type_name(info), address[0] != '\0' ? " " : "",
		       address);
	return buffer;
}

bool fd_is_stream_listener(const struct fd_info *info)
{
	return info->kind == FD_KIND_SOCKET && info->type == SOCK_STREAM && info->is_listening &&
	       (info->family == AF_UNIX || info->family == AF_INET || info->family == AF_INET6);
}

bool fd_is_connection(const struct fd_info *info)
{
	return info->kind == FD_KIND_SOCKET && !info->is_listening &&
	       (info->type == SOCK_STREAM || info->type == SOCK_SEQPACKET);
}

/* An address within a link is nothing without its interface. */
static void append_scope(const struct sockaddr_in6 *in6, char *text, size_t size)
{
	size_t used = strlen(text);
	char name[IF_NAMESIZE];

	if (in6->sin6_scope_id == 0)
		return;
	if (if_indextoname(in6->sin6_scope_id, name) != NULL)
		(void)snprintf(text + used, size - used, "%%%s", name);
	else
		(void)snprintf(text + used, size - used, "%%%u", in6->sin6_scope_id);
}

/* An IPv4 client of an IPv6 listener is one of IPv4, as systemd has it. */
static void format_ipv6_peer(const struct sockaddr_in6 *in6, char *text, size_t size)
{
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		(void)inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], text, (socklen_t)size);
		return;
	}
	(void)inet_ntop(AF_INET6, &in6->sin6_addr, text, (socklen_t)size);
	append_scope(in6, text, size);
}

void fd_describe_peer(int fd, struct peer *ret_peer)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	const struct sockaddr_in *in = (const struct sockaddr_in *)&address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address;
	socklen_t length = sizeof(address);
	in_port_t port = 0;

	*ret_peer = (struct peer){ "", "" };
	if (getpeername(fd, (struct sockaddr *)&address, &length) < 0)
		return;
	if (address.ss_family == AF_INET) {
		(void)inet_ntop(AF_INET, &in->sin_addr, ret_peer->address, sizeof(ret_peer->address));
		port = in->sin_port;
	} else if (address.ss_family == AF_INET6) {
		format_ipv6_peer(in6, ret_peer->address, sizeof(ret_peer->address));
		port = in6->sin6_port;
	} else {
		return;
	}
	(void)snprintf(ret_peer->port, sizeof(ret_peer->port), "%d", ntohs(port));
}

static bool is_known(int fd, const struct fd_info *known, size_t n_known)
{
	for (size_t i = 0; i < n_known; i++) {
		if (known[i].fd == fd)
			return true;
	}
	return false;
}

static int descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > CLOSE_LIMIT)
		return CLOSE_LIMIT;
	return (int)limit.rlim_cur;
}

struct search {
	const struct fd_info *known;
	size_t n_known;
	struct arena *arena;
	int *found; /* the arena's */
	size_t n_found, room;
};

static int append(struct search *search, int fd)
{
	if (search->n_found == search->room) {
		size_t room = search->room * 2 + 8;
		int *longer = arena_get(search->arena, room, sizeof(*longer));

		if (longer == NULL)
			return -ENOMEM;
		for (size_t i = 0; i < search->n_found; i++)
			longer[i] = search->found[i];
		search->found = longer;
		search->room = room;
	}
	search->found[search->n_found++] = fd;
	return 0;
}

static int consider(struct search *search, int fd)
{
	if (fd < LISTEN_FDS_START || is_known(fd, search->known, search->n_known) ||
	    socket_option(fd, SO_ACCEPTCONN) != 1)
		return 0;
	return append(search, fd);
}

static int search_directory(struct search *search, int directory_fd)
{
	struct numbers numbers;
	int fd, r;

	numbers_begin(&numbers, directory_fd);
	while ((r = numbers_next(&numbers, &fd)) > 0) {
		if (fd != directory_fd)
			r = consider(search, fd);
		if (r < 0)
			break;
	}
	return r;
}

/* Without /proc: poll(2) marks closed descriptors, so one system call tells about many. */
static int search_low_numbers(struct search *search)
{
	struct pollfd fds[LOW_NUMBERS];
	int n = descriptor_limit() < LOW_NUMBERS ? descriptor_limit() : LOW_NUMBERS, r = 0;

	for (int fd = 0; fd < n; fd++)
		fds[fd] = (struct pollfd){ .fd = fd };
	if (poll(fds, (nfds_t)n, 0) < 0)
		return -errno;
	for (int fd = 0; fd < n && r == 0; fd++) {
		if ((fds[fd].revents & POLLNVAL) == 0)
			r = consider(search, fd);
	}
	return r;
}

int fds_find_listeners(const struct fd_info *known, size_t n_known, struct arena *arena,
		       const int **ret_fds, size_t *ret_n)
{
	struct search search = { .known = known, .n_known = n_known, .arena = arena };
	int directory_fd = sys_open("/proc/self/fd", O_DIRECTORY);
	int r = directory_fd >= 0 ? search_directory(&search, directory_fd)
				  : search_low_numbers(&search);

	leave_to_exec(directory_fd);
	if (r < 0)
		return r;
	*ret_fds = search.found;
	*ret_n = search.n_found;
	return 0;
}

int fd_set_cloexec(int fd, bool on)
{
	return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0 ? -errno : 0;
}

int fd_make_null(int fd)
{
	cleanup_close int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null_fd < 0)
		return -errno;
	if (null_fd == fd) /* it was closed */
		return fd_set_cloexec(take_fd(&null_fd), false);
	return dup3(null_fd, fd, 0) < 0 ? -errno : 0;
}

bool fd_is_same(int a, int b)
{
	struct stat st_a, st_b;

	return fstat(a, &st_a) == 0 && fstat(b, &st_b) == 0 && st_a.st_dev == st_b.st_dev &&
	       st_a.st_ino == st_b.st_ino;
}

/* Whoever of @from stands at @number steps aside, to where nobody belongs. */
static int make_way(int *from, size_t n, int number, int above)
{
	for (size_t i = 0; i < n; i++) {
		if (from[i] != number)
			continue;
		from[i] = fcntl(number, F_DUPFD_CLOEXEC, above);
		if (from[i] < 0)
			return -errno;
	}
	return 0;
}

static int move(int from, int to)
{
	if (dup3(from, to, 0) < 0)
		return -errno;
	(void)close_fd(from);
	return 0;
}

int fds_move(int *from, size_t n, int first)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		int to = first + (int)i;

		if (from[i] == to) {
			r = fd_set_cloexec(to, false);
			continue;
		}
		r = make_way(from + i + 1, n - i - 1, to, first + (int)n);
		if (r == 0)
			r = move(from[i], to);
	}
	return r;
}

/* By what is open, since the limit may have been lowered below some of them. */
static bool close_listed(unsigned first, unsigned last)
{
	cleanup_close int directory_fd =
		openat(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct numbers numbers;
	int fd, r;

	if (directory_fd < 0)
		return false;
	numbers_begin(&numbers, directory_fd);
	while ((r = numbers_next(&numbers, &fd)) > 0) {
		if ((unsigned)fd >= first && (unsigned)fd <= last && fd != directory_fd)
			(void)close(fd);
	}
	return r == 0;
}

static void close_numbered(unsigned first, unsigned last)
{
	unsigned limit = (unsigned)descriptor_limit();

	for (unsigned fd = first; fd <= last && fd < limit; fd++)
		(void)close((int)fd);
}

static void close_range_fallback(unsigned first, unsigned last)
{
	if (close_listed(first, last))
		return;
	close_numbered(first, last);
	(void)close_listed(first, last); /* there may not have been a descriptor left for it */
}

/* close_range(2) is from Linux 5.9; a seccomp list may answer EPERM. */
static void close_span(unsigned first, unsigned last)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, last, 0) == 0)
		return;
#endif
	close_range_fallback(first, last);
}

/* The smallest of @keep that is not below @from; UINT_MAX: there is none. */
static unsigned next_kept(unsigned from, const int *keep, size_t n)
{
	unsigned next = UINT_MAX;

	for (size_t i = 0; i < n; i++) {
		if (keep[i] >= 0 && (unsigned)keep[i] >= from && (unsigned)keep[i] < next)
			next = (unsigned)keep[i];
	}
	return next;
}

void fds_close_all(int first, const int *keep, size_t n)
{
	unsigned from = (unsigned)first, kept;

	for (; (kept = next_kept(from, keep, n)) != UINT_MAX; from = kept + 1) {
		if (kept > from)
			close_span(from, kept - 1);
	}
	close_span(from, UINT_MAX);
}

void fds_let_go_of_stdio(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)dup2(fd, STDIN_FILENO);
	(void)dup2(fd, STDOUT_FILENO);
	(void)close_fd(fd);
}
