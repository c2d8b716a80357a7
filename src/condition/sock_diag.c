/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See condition/sock_diag.h. */
#include "condition/sock_diag.h"

#include "base/kernel.h"
#include "base/util.h"
#include "notify/sender.h"

#define ALIGNED(length) (((length) + 3) & ~(size_t)3)
#define REQUEST_DUMP (KERNEL_NLM_F_REQUEST | KERNEL_NLM_F_DUMP)
#define STATES_LISTEN (1U << KERNEL_TCP_LISTEN)

/* The kernel makes its messages no larger, so that they need no more space. */
#define BUFFER_SIZE 8192

/* What is asked, and who takes the answers: their bodies, one for each socket. */
struct dump {
	const void *request;
	size_t length;
	int (*take)(const struct dump *dump, const char *body, size_t length); /* 1: enough; or 0 */
	bool (*see_unix)(void *context, const struct diag_unix *socket);
	bool (*see_tcp)(void *context, const struct diag_tcp *socket);
	void *context;
};

/* ---- the exchange ---- */

static int read_error(const char *body, size_t length)
{
	int32_t error = -EBADMSG;

	if (length >= sizeof(error))
		memcpy(&error, body, sizeof(error));
	return error < 0 ? error : 0;
}

/* Returns 1 or 0 at the end of the search, -EAGAIN if there is more to come, or another -errno. */
static int take_messages(const struct dump *dump, const char *text, size_t length)
{
	struct kernel_nlmsghdr header;

	while (length >= sizeof(header)) {
		const char *body = text + sizeof(header);
		size_t step;

		memcpy(&header, text, sizeof(header));
		if (header.length < sizeof(header) || header.length > length)
			return -EBADMSG;
		if (header.type == KERNEL_NLMSG_DONE)
			return 0;
		if (header.type == KERNEL_NLMSG_ERROR)
			return read_error(body, header.length - sizeof(header));
		if (header.type == KERNEL_SOCK_DIAG_BY_FAMILY &&
		    dump->take(dump, body, header.length - sizeof(header)) == 1)
			return 1;
		step = ALIGNED(header.length);
		if (step > length)
			break;
		text += step;
		length -= step;
	}
	return -EAGAIN;
}

static int run(const struct dump *dump)
{
	cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, KERNEL_NETLINK_SOCK_DIAG);
	char buffer[BUFFER_SIZE];
	int r;

	if (fd < 0 || send(fd, dump->request, dump->length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	do {
		/* What was asked for is there at once, and each reading makes the next. */
		ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT | MSG_TRUNC);

		if (n <= 0)
			return n == 0 || errno == EAGAIN ? -EIO : -errno;
		if ((size_t)n > sizeof(buffer))
			return -EMSGSIZE;
		r = take_messages(dump, buffer, (size_t)n);
	} while (r == -EAGAIN);
	return r;
}

/* The next of the attributes at *@text, its value in @ret_value; false after the last. */
static bool take_attribute(const char **text, size_t *length, uint16_t *ret_type,
			   struct slice *ret_value)
{
	struct kernel_nlattr attribute;
	size_t step;

	if (*length < sizeof(attribute))
		return false;
	memcpy(&attribute, *text, sizeof(attribute));
	if (attribute.length < sizeof(attribute) || attribute.length > *length)
		return false;
	*ret_type = attribute.type;
	*ret_value =
		(struct slice){ *text + sizeof(attribute), attribute.length - sizeof(attribute) };
	step = ALIGNED(attribute.length);
	if (step > *length)
		step = *length;
	*text += step;
	*length -= step;
	return true;
}

/* ---- unix ---- */

struct unix_request {
	struct kernel_nlmsghdr header;
	struct kernel_unix_diag_req asked;
};

static struct slice without_end(struct slice name)
{
	if (name.length > 1 && name.text[0] != '\0' && name.text[name.length - 1] == '\0')
		name.length--;
	return name;
}

static void read_unix(uint16_t type, struct slice value, struct diag_unix *socket)
{
	uint32_t words[2];

	if (type == KERNEL_UNIX_DIAG_NAME)
		socket->name = without_end(value);
	if (type == KERNEL_UNIX_DIAG_UID && value.length >= sizeof(words[0])) {
		memcpy(words, value.text, sizeof(words[0]));
		socket->uid = (uid_t)words[0];
	}
	if (type == KERNEL_UNIX_DIAG_VFS && value.length >= sizeof(words)) {
		memcpy(words, value.text, sizeof(words));
		socket->has_file = true;
		socket->file_inode = words[0];
		socket->file_device = words[1];
	}
}

static int take_unix(const struct dump *dump, const char *body, size_t length)
{
	struct diag_unix socket = { .uid = NO_UID };
	struct kernel_unix_diag_msg answer;
	struct slice value;
	uint16_t type;

	if (length < sizeof(answer))
		return 0;
	memcpy(&answer, body, sizeof(answer));
	socket.inode = answer.inode;
	body += sizeof(answer);
	length -= sizeof(answer);
	while (take_attribute(&body, &length, &type, &value))
		read_unix(type, value, &socket);
	return socket.name.length > 0 && dump->see_unix(dump->context, &socket) ? 1 : 0;
}

int diag_unix_listeners(bool (*see)(void *context, const struct diag_unix *socket), void *context)
{
	const struct unix_request request = {
		.header = { .length = sizeof(request),
			    .type = KERNEL_SOCK_DIAG_BY_FAMILY,
			    .flags = REQUEST_DUMP },
		.asked = { .family = AF_UNIX,
			   .states = STATES_LISTEN,
			   .show = KERNEL_UDIAG_SHOW_NAME | KERNEL_UDIAG_SHOW_VFS |
				   KERNEL_UDIAG_SHOW_UID },
	};
	const struct dump dump = { .request = &request,
				   .length = sizeof(request),
				   .take = take_unix,
				   .see_unix = see,
				   .context = context };

	return run(&dump);
}

/* ---- tcp ---- */

struct tcp_request {
	struct kernel_nlmsghdr header;
	struct kernel_inet_diag_req_v2 asked;
};

static int take_tcp(const struct dump *dump, const char *body, size_t length)
{
	struct diag_tcp socket = { .is_v6_only = false };
	struct kernel_inet_diag_msg answer;
	struct slice value;
	uint16_t type;

	if (length < sizeof(answer))
		return 0;
	memcpy(&answer, body, sizeof(answer));
	socket.inode = answer.inode;
	socket.uid = (uid_t)answer.uid;
	if (answer.family == AF_INET6) {
		memcpy(&socket.address, answer.id.from, sizeof(socket.address));
	} else {
		socket.address.s6_addr[10] = socket.address.s6_addr[11] = 0xff;
		memcpy(&socket.address.s6_addr[12], answer.id.from, 4);
	}
	body += sizeof(answer);
	length -= sizeof(answer);
	while (take_attribute(&body, &length, &type, &value))
		if (type == KERNEL_INET_DIAG_SKV6ONLY && value.length >= 1)
			socket.is_v6_only = value.text[0] != 0;
	return dump->see_tcp(dump->context, &socket) ? 1 : 0;
}

static int dump_tcp(uint8_t family, in_port_t port,
		    bool (*see)(void *context, const struct diag_tcp *socket), void *context)
{
	const struct tcp_request request = {
		.header = { .length = sizeof(request),
			    .type = KERNEL_SOCK_DIAG_BY_FAMILY,
			    .flags = REQUEST_DUMP },
		.asked = { .family = family,
			   .protocol = IPPROTO_TCP,
			   .states = STATES_LISTEN,
			   .id = { .from_port = htons(port) } },
	};
	const struct dump dump = { .request = &request,
				   .length = sizeof(request),
				   .take = take_tcp,
				   .see_tcp = see,
				   .context = context };

	return run(&dump);
}

int diag_tcp_listeners(in_port_t port, bool (*see)(void *context, const struct diag_tcp *socket),
		       void *context)
{
	int r = dump_tcp(AF_INET, port, see, context);

	return r == 0 ? dump_tcp(AF_INET6, port, see, context) : r;
}
