/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * snprintf(3) and vsnprintf(3), see base/direct.h, as far as they are used: '-', '0' and "#x", a width, the precision of
 * a text, l, ll, z, and d, u, o, x, c, s and %. The compiler checks formats as ever, tests/support/check_formats.py
 * that they have nothing else.
 */
#include "base/direct.h"

#if CIB_IS_DIRECT
# undef _FORTIFY_SOURCE
# include <limits.h>
# include <stdarg.h>
# include <stdbool.h>
# include <stdint.h>
# include <stdio.h>
# include <string.h>

struct print {
	char *buffer;
	size_t size, length; /* what does not fit is counted, too */
	va_list args;
};

struct field {
	bool is_left, has_zeros, has_base, is_long;
	size_t width, precision;
};

static void put(struct print *out, char c)
{
	if (out->length + 1 < out->size)
		out->buffer[out->length] = c;
	out->length++;
}

/* @sign and @text, as wide as @field at least. */
static void put_field(struct print *out, const struct field *field, const char *sign,
		      const char *text, size_t length)
{
	size_t used = strlen(sign) + length, rest = field->width > used ? field->width - used : 0;

	for (; !field->is_left && !field->has_zeros && rest > 0; rest--)
		put(out, ' ');
	for (; *sign != '\0'; sign++)
		put(out, *sign);
	for (; !field->is_left && rest > 0; rest--)
		put(out, '0');
	for (size_t i = 0; i < length; i++)
		put(out, text[i]);
	for (; rest > 0; rest--)
		put(out, ' ');
}

static void put_number(struct print *out, const struct field *field, unsigned long value, char type)
{
	bool is_negative = type == 'd' && (long)value < 0;
	char digits[3 * sizeof(value)], *end = digits + sizeof(digits), *first = end;
	size_t base = type == 'x' ? 16 : type == 'o' ? 8 : 10;
	const char *sign = is_negative                                   ? "-"
			   : field->has_base && type == 'x' && value > 0 ? "0x"
									 : "";

	if (is_negative)
		value = -value;
	do {
		*--first = "0123456789abcdef"[value % base];
		value /= base;
	} while (value > 0);
	put_field(out, field, sign, first, (size_t)(end - first));
}

/* A width or a precision, which may be an argument. */
static int read_size(struct print *out, const char **format)
{
	int size = 0;

	if (**format == '*') {
		(*format)++;
		return va_arg(out->args, int);
	}
	for (; **format >= '0' && **format <= '9'; (*format)++)
		size = size * 10 + (**format - '0');
	return size;
}

/* What is between '%' and the letter, where @format is afterwards. */
static struct field read_field(struct print *out, const char **format)
{
	struct field field = { .precision = SIZE_MAX };
	int width;

	for (; **format == '-' || **format == '0' || **format == '#'; (*format)++) {
		field.is_left = field.is_left || **format == '-';
		field.has_zeros = field.has_zeros || **format == '0';
		field.has_base = field.has_base || **format == '#';
	}
	width = read_size(out, format);
	field.is_left = field.is_left || width < 0;
	field.width = width < 0 ? 0 - (size_t)width : (size_t)width;
	if (**format == '.') {
		(*format)++;
		field.precision = (size_t)read_size(out, format); /* a negative one is none */
	}
	for (; **format == 'l' || **format == 'z'; (*format)++)
		field.is_long = true; /* and as wide as "long long" is */
	return field;
}

/* An integer, signed if @type is 'd'; as far as it is wide. */
static unsigned long take_number(struct print *out, bool is_long, char type)
{
	if (is_long)
		return va_arg(out->args, unsigned long);
	if (type == 'd')
		return (unsigned long)va_arg(out->args, int);
	return va_arg(out->args, unsigned);
}

static void put_argument(struct print *out, const struct field *field, char type)
{
	const char *text = &type;
	size_t length = 1;

	switch (type) {
	case 'd':
	case 'o':
	case 'u':
	case 'x':
		put_number(out, field, take_number(out, field->is_long, type), type);
		return;
	case 'c':
		type = (char)va_arg(out->args, int);
		break;
	case 's':
		text = va_arg(out->args, const char *);
		length = strnlen(text, field->precision);
		break;
	}
	put_field(out, field, "", text, length);
}

/* The names of parameters are those of stdio.h. */
DIRECT int vsnprintf(char *restrict s, size_t maxlen, const char *restrict format, va_list arg)
{
	struct print out = { .buffer = s, .size = maxlen };

	va_copy(out.args, arg);
	for (const char *next = format; *next != '\0'; next++) {
		struct field field;

		if (*next != '%') {
			put(&out, *next);
			continue;
		}
		next++;
		field = read_field(&out, &next);
		put_argument(&out, &field, *next);
	}
	va_end(out.args);
	if (maxlen > 0)
		s[out.length < maxlen ? out.length : maxlen - 1] = '\0';
	return out.length <= INT_MAX ? (int)out.length : -1;
}

DIRECT int snprintf(char *restrict s, size_t maxlen, const char *restrict format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(s, maxlen, format, args);
	va_end(args);
	return length;
}

/* What _FORTIFY_SOURCE makes of them: the check, and the call. */
DIRECT int __attribute__((format(printf, 5, 0)))
__vsnprintf_chk(char *restrict buffer, size_t size, int flag, size_t space,
		const char *restrict format, va_list args);
DIRECT int __vsnprintf_chk(char *restrict buffer, size_t size, int flag, size_t space,
			   const char *restrict format, va_list args)
{
	(void)flag; /* about %n, which there is none of */
	if (size > space)
		__builtin_trap();
	return vsnprintf(buffer, size, format, args);
}

DIRECT int __attribute__((format(printf, 5, 6)))
__snprintf_chk(char *restrict buffer, size_t size, int flag, size_t space,
	       const char *restrict format, ...);
DIRECT int __snprintf_chk(char *restrict buffer, size_t size, int flag, size_t space,
			  const char *restrict format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = __vsnprintf_chk(buffer, size, flag, space, format, args);
	va_end(args);
	return length;
}
#endif
