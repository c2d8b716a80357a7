/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* probe/quoting.c: as each manager has to have it; that it reads it so was tried on the manager itself. */
#include "unit.h"

#include "base/util.h"
#include "probe/quoting.h"

static const char *written(const char *word, enum quoting quoting)
{
	static char text[200];
	FILE *stream = fmemopen(text, sizeof(text), "w");

	assert_non_null(stream);
	quoting_put(stream, word, quoting);
	(void)fclose(stream);
	return text;
}

static void each_manager_has_its_own(void **state)
{
	static const struct {
		const char *word;
		const char *shell, *openrc, *supervisord, *systemd, *dinit;
	} rows[] = {
		{ "/usr/sbin/d", "/usr/sbin/d", "/usr/sbin/d", "/usr/sbin/d", "/usr/sbin/d",
		  "/usr/sbin/d" },
		{ "", "''", "''", "''", "\"\"", "\"\"" },
		{ "a b", "'a b'", "'a b'", "'a b'", "\"a b\"", "\"a b\"" },
		{ "it's", "'it'\\''s'", "'it'\\\\''s'", "'it'\\''s'", "\"it's\"", "\"it's\"" },
		{ "q\"q", "'q\"q'", "'q\\\"q'", "'q\"q'", "\"q\\\"q\"", "\"q\\\"q\"" },
		{ "b\\s", "'b\\s'", "'b\\\\s'", "'b\\s'", "\"b\\\\s\"", "\"b\\\\s\"" },
		{ "$x", "'$x'", "'\\$x'", "'$x'", "\"$$x\"", "\"$$x\"" },
		{ "`id`", "'`id`'", "'\\`id\\`'", "'`id`'", "\"`id`\"", "\"`id`\"" },
		{ "5%n", "'5%n'", "'5%n'", "'5%%n'", "\"5%%n\"", "\"5%n\"" },
		{ "a ;b", "'a ;b'", "'a ;b'", "'a '';b'", "\"a ;b\"", "\"a ;b\"" },
		{ "a #b;", "'a #b;'", "'a #b;'", "'a ''#b;'", "\"a #b;\"", "\"a #b;\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_string_equal(written(rows[i].word, QUOTING_SHELL), rows[i].shell);
		assert_string_equal(written(rows[i].word, QUOTING_OPENRC), rows[i].openrc);
		assert_string_equal(written(rows[i].word, QUOTING_SUPERVISORD), rows[i].supervisord);
		assert_string_equal(written(rows[i].word, QUOTING_SYSTEMD), rows[i].systemd);
		assert_string_equal(written(rows[i].word, QUOTING_DINIT), rows[i].dinit);
	}
}

static void what_needs_none_is_known(void **state)
{
	(void)state;
	assert_true(quoting_is_needless("--a=/b/c.d_e-f:1,2+3@4"));
	for (const char *c = " \t\n\"'\\$`;#%&|<>()*?[]{}~!"; *c != '\0'; c++)
		assert_false(quoting_is_needless((char[]){ 'a', *c, '\0' }));
	assert_false(quoting_is_needless(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_manager_has_its_own),
		cmocka_unit_test(what_needs_none_is_known),
	};

	return cmocka_run_group_tests_name("quoting", tests, NULL, NULL);
}
