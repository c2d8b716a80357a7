/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See condition/sock_diag.h. */
#include "condition/sock_diag.h"

#include <sys/socket.h>

#include "base/util.h"
#include "notify/sender.h"

/*
 * linux/netlink.h, linux/sock_diag.h, linux/unix_diag.h, linux/inet_diag.h, which not every C library's
 * compiler finds.
 */
#define NETLINK_SOCK_DIAG 4
#define SOCK_DIAG_BY_FAMILY 20
#define REQUEST_DUMP 0x301 /* NLM_F_REQUEST | NLM_F_DUMP */
#define MESSAGE_ERROR 2
#define MESSAGE_DONE 3
#define STATES_LISTEN (1U << 10) /* TCP_LISTEN */
#define ALIGNED(length) (((length) + 3) & ~(size_t)3)

struct header {
	uint32_t length;
	uint16_t type, flags;
	uint32_t sequence, port;
};

struct attribute {
	uint16_t length, type;
};

/* The kernel makes its messages no larger, so that they need no more room. */
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
	struct header header;

	while (length >= sizeof(header)) {
		const char *body = text + sizeof(header);
		size_t step;

		memcpy(&header, text, sizeof(header));
		if (header.length < sizeof(header) || header.length > length)
			return -EBADMSG;
		if (header.type == MESSAGE_DONE)
			return 0;
		if (header.type == MESSAGE_ERROR)
			return read_error(body, header.length - sizeof(header));
		if (header.type == SOCK_DIAG_BY_FAMILY &&
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
	cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
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
	struct attribute attribute;
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

#define SHOW_NAME (1U << 0)
#define SHOW_FILE (1U << 1)
#define SHOW_UID (1U << 6)
#define UNIX_NAME 0
#define UNIX_FILE 1
#define UNIX_UID 7

struct unix_request {
	struct header header;
	uint8_t family, protocol;
	uint16_t padding;
	uint32_t states, inode, show, cookie[2];
};

struct unix_answer {
	uint8_t family, type, state, padding;
	uint32_t inode, cookie[2];
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

	if (type == UNIX_NAME)
		socket->name = without_end(value);
	if (type == UNIX_UID && value.length >= sizeof(words[0])) {
		memcpy(words, value.text, sizeof(words[0]));
		socket->uid = (uid_t)words[0];
	}
	if (type == UNIX_FILE && value.length >= sizeof(words)) {
		memcpy(words, value.text, sizeof(words));
		socket->has_file = true;
		socket->file_inode = words[0];
		socket->file_device = words[1];
	}
}

static int take_unix(const struct dump *dump, const char *body, size_t length)
{
	struct diag_unix socket = { .uid = NO_UID };
	struct unix_answer answer;
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
			    .type = SOCK_DIAG_BY_FAMILY,
			    .flags = REQUEST_DUMP },
		.family = AF_UNIX,
		.states = STATES_LISTEN,
		.show = SHOW_NAME | SHOW_FILE | SHOW_UID,
	};
	const struct dump dump = { .request = &request,
				   .length = sizeof(request),
				   .take = take_unix,
				   .see_unix = see,
				   .context = context };

	return run(&dump);
}

/* ---- tcp ---- */

#define TCP_V6_ONLY 11

struct tcp_id {
	uint16_t from_port, to_port; /* in network byte order */
	uint8_t from[16], to[16];
	uint32_t interface, cookie[2];
};

struct tcp_request {
	struct header header;
	uint8_t family, protocol, extensions, padding;
	uint32_t states;
	struct tcp_id id;
};

struct tcp_answer {
	uint8_t family, state, timer, retransmits;
	struct tcp_id id;
	uint32_t expires, unread, unsent, uid, inode;
};

static int take_tcp(const struct dump *dump, const char *body, size_t length)
{
	struct diag_tcp socket = { .is_v6_only = false };
	struct tcp_answer answer;
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
		if (type == TCP_V6_ONLY && value.length >= 1)
			socket.is_v6_only = value.text[0] != 0;
	return dump->see_tcp(dump->context, &socket) ? 1 : 0;
}

static int dump_tcp(uint8_t family, in_port_t port,
		    bool (*see)(void *context, const struct diag_tcp *socket), void *context)
{
	const struct tcp_request request = {
		.header = { .length = sizeof(request),
			    .type = SOCK_DIAG_BY_FAMILY,
			    .flags = REQUEST_DUMP },
		.family = family,
		.protocol = IPPROTO_TCP,
		.states = STATES_LISTEN,
		.id = { .from_port = htons(port) },
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
