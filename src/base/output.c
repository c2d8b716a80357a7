/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* See base/output.h. */
#include "base/output.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/exit_status.h"
#include "base/log.h"
#include "base/util.h"

/* Whether there is space for @length bytes more, and the end. */
static bool make_space(struct output *out, size_t length)
{
	size_t size = 2 * (out->length + length) + 512;
	char *text;

	if (out->is_incomplete)
		return false;
	if (out->length + length < out->size)
		return true;
	text = realloc(out->text, size);
	if (text == NULL) {
		out->is_incomplete = true;
		return false;
	}
	out->text = text;
	out->size = size;
	return true;
}

void output_add_part(struct output *out, const char *text, size_t length)
{
	if (!make_space(out, length))
		return;
	memcpy(out->text + out->length, text, length);
	out->length += length;
	out->text[out->length] = '\0';
}

void output_add(struct output *out, const char *text)
{
	output_add_part(out, text, strlen(text));
}

void output_char(struct output *out, char c)
{
	output_add_part(out, &c, 1);
}

int output_format(struct output *out, const char *format, ...)
{
	va_list args, again;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length >= 0 && make_space(out, (size_t)length)) {
		(void)vsnprintf(out->text + out->length, out->size - out->length, format, again);
		out->length += (size_t)length;
	}
	va_end(again);
	va_end(args);
	return length;
}

void output_free(struct output *out)
{
	free(out->text);
	*out = (struct output){ 0 };
}

int output_write(const struct output *out)
{
	int error = out->is_incomplete ? ENOMEM : 0;

	for (size_t written = 0; error == 0 && written < out->length;) {
		ssize_t n = write(STDOUT_FILENO, out->text + written, out->length - written);

		if (n >= 0)
			written += (size_t)n;
		else if (errno != EINTR)
			error = errno;
	}
	if (error == 0)
		return 0;
	log_errno(LEVEL_ERROR, error, "cannot write to standard output");
	return EXIT_OURS;
}
