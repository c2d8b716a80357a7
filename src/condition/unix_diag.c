/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See condition/unix_diag.h. */
#include "condition/unix_diag.h"

#include <stdint.h>
#include <sys/socket.h>

#include "base/util.h"

/* linux/netlink.h, linux/sock_diag.h, linux/unix_diag.h, which not every C library's compiler finds. */
#define NETLINK_SOCK_DIAG 4
#define SOCK_DIAG_BY_FAMILY 20
#define REQUEST_DUMP 0x301 /* NLM_F_REQUEST | NLM_F_DUMP */
#define MESSAGE_ERROR 2
#define MESSAGE_DONE 3
#define STATES_LISTEN (1U << 10) /* TCP_LISTEN */
#define SHOW_NAME 1
#define ATTRIBUTE_NAME 0
#define ALIGNED(length) (((length) + 3) & ~(size_t)3)

struct header {
	uint32_t length;
	uint16_t type, flags;
	uint32_t sequence, port;
};

struct request {
	struct header header;
	uint8_t family, protocol;
	uint16_t padding;
	uint32_t states, inode, show, cookie[2];
};

struct answer {
	uint8_t family, type, state, padding;
	uint32_t inode, cookie[2];
};

struct attribute {
	uint16_t length, type;
};

/* The kernel makes its messages no larger, so that they need no more room. */
#define BUFFER_SIZE 8192

struct search {
	bool (*see)(void *context, struct slice name, unsigned long inode);
	void *context;
};

static int ask(int fd)
{
	const struct request request = {
		.header = { .length = sizeof(request),
			    .type = SOCK_DIAG_BY_FAMILY,
			    .flags = REQUEST_DUMP },
		.family = AF_UNIX,
		.states = STATES_LISTEN,
		.show = SHOW_NAME,
	};

	return send(fd, &request, sizeof(request), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The name among the attributes; empty if there is none. */
static struct slice find_name(const char *text, size_t length)
{
	struct attribute attribute;
	struct slice name = { "", 0 };

	while (length >= sizeof(attribute)) {
		size_t step;

		memcpy(&attribute, text, sizeof(attribute));
		if (attribute.length < sizeof(attribute) || attribute.length > length)
			break;
		if (attribute.type == ATTRIBUTE_NAME)
			name = (struct slice){ text + sizeof(attribute),
					       attribute.length - sizeof(attribute) };
		step = ALIGNED(attribute.length);
		if (step > length)
			break;
		text += step;
		length -= step;
	}
	if (name.length > 1 && name.text[0] != '\0' && name.text[name.length - 1] == '\0')
		name.length--;
	return name;
}

/* One socket, whose description is the body of a message. Returns 1 if it is the one, or 0. */
static int take_socket(const struct search *search, const char *body, size_t length)
{
	struct answer answer;
	struct slice name;

	if (length < sizeof(answer))
		return 0;
	memcpy(&answer, body, sizeof(answer));
	name = find_name(body + sizeof(answer), length - sizeof(answer));
	return name.length > 0 && search->see(search->context, name, answer.inode) ? 1 : 0;
}

static int read_error(const char *body, size_t length)
{
	int32_t error = -EBADMSG;

	if (length >= sizeof(error))
		memcpy(&error, body, sizeof(error));
	return error < 0 ? error : 0;
}

/* Returns 1 or 0 at the end of the search, -EAGAIN if there is more to come, or another -errno. */
static int take_messages(const struct search *search, const char *text, size_t length)
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
		    take_socket(search, body, header.length - sizeof(header)) == 1)
			return 1;
		step = ALIGNED(header.length);
		if (step > length)
			break;
		text += step;
		length -= step;
	}
	return -EAGAIN;
}

int unix_diag_listeners(bool (*see)(void *context, struct slice name, unsigned long inode),
			void *context)
{
	const struct search search = { see, context };
	cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	char buffer[BUFFER_SIZE];
	int r = fd < 0 ? -errno : ask(fd);

	if (r < 0)
		return r;
	do {
		/* What was asked for is there at once, and each reading makes the next. */
		ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT | MSG_TRUNC);

		if (n <= 0)
			return n == 0 || errno == EAGAIN ? -EIO : -errno;
		if ((size_t)n > sizeof(buffer))
			return -EMSGSIZE;
		r = take_messages(&search, buffer, (size_t)n);
	} while (r == -EAGAIN);
	return r;
}
