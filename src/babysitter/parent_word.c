/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See babysitter/parent_word.h. */
#include "babysitter/parent_word.h"

#include <sys/socket.h>

#include "base/util.h"

int parent_say(int fd, const char *text)
{
	size_t length = strlen(text);
	struct parent_word word = { .kind = WORD_SAY };

	if (length >= sizeof(word.text))
		return -EMSGSIZE;
	memcpy(word.text, text, length + 1);
	return send(fd, &word, PARENT_WORD_SIZE + length + 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0
		       ? -errno
		       : 0;
}

int parent_hear(int fd, struct parent_word *ret_word)
{
	ssize_t n = recv(fd, ret_word, sizeof(*ret_word), MSG_DONTWAIT);

	if (n <= 0)
		return n == 0 || errno == ECONNRESET ? 0 : -errno;
	if ((size_t)n < PARENT_WORD_SIZE)
		return -EBADMSG;
	if ((size_t)n < sizeof(*ret_word))
		ret_word->text[(size_t)n - PARENT_WORD_SIZE] = '\0';
	ret_word->text[sizeof(ret_word->text) - 1] = '\0';
	return 1;
}
