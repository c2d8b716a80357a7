/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/* act/command.c: which file a command's name stands for, in a directory made for the purpose. */
#include "unit.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "act/command.h"
#include "base/util.h"

/*
 * The world: directories one and two, which both have some programs, and all tests run with the
 * directory above them as the current one, so that paths in the tables can be relative.
 */
static const struct {
	const char *path;
	mode_t mode;
} files[] = {
	{ "one/both", 0755 }, { "two/both", 0755 },  { "two/only", 0755 },
	{ "one/text", 0644 }, { "one/mixed", 0644 }, { "two/mixed", 0755 },
	{ "here", 0755 },     { "none", 0000 },      { "one/my program", 0755 },
};
static const char *const directories[] = { "one", "two", "one/folder", "two/folder-or-file" };

static char world[] = "/tmp/cross-init-bridge-test.XXXXXX";
static int previous = NO_FD;

static int make_world(void **state)
{
	(void)state;
	previous = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (previous < 0 || mkdtemp(world) == NULL || chdir(world) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		(void)mkdir(directories[i], 0755);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int fd = open(files[i].path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		if (fd < 0 || fchmod(fd, files[i].mode) < 0)
			return -1;
		(void)close(fd);
	}
	return symlink("both", "one/link") < 0 || symlink("missing", "one/dangling") < 0 ||
			       symlink("loop", "one/loop") < 0
		       ? -1
		       : 0;
}

static int remove_world(void **state)
{
	(void)state;
	(void)unlink("one/link");
	(void)unlink("one/dangling");
	(void)unlink("one/loop");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)unlink(files[i].path);
	for (size_t i = ARRAY_SIZE(directories); i-- > 0;)
		(void)rmdir(directories[i]);
	(void)!fchdir(previous);
	(void)close_fd(previous);
	return rmdir(world);
}

struct command {
	const char *name, *search_path;
	int expected;
	const char *path;
};

static void check_commands(const struct command *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct arena arena = { 0 };
		const char *path;

		check_int(cases[i].name,
			  command_find(cases[i].name, cases[i].search_path, &arena, &path),
			  cases[i].expected);
		if (cases[i].path != NULL)
			check_text(cases[i].name, path, cases[i].path);
		arena_done(&arena);
	}
}

static void the_first_directory_with_a_program_of_that_name_has_it(void **state)
{
	static const struct command cases[] = {
		{ "both", "one:two", 0, "one/both" },
		{ "both", "two:one", 0, "two/both" },
		{ "only", "one:two", 0, "two/only" },
		{ "only", "missing:one:two", 0, "two/only" },
		{ "only", "here:two", 0, "two/only" }, /* a file among the directories */
		{ "link", "one", 0, "one/link" },
		{ "my program", "one", 0, "one/my program" },
		{ "both", "one/", 0, "one//both" },
		{ "only", "one", -ENOENT, NULL },
		{ "dangling", "one:two", -ENOENT, NULL },
		{ "missing", "one:two", -ENOENT, NULL },
		{ "both", "", -ENOENT, NULL },
	};

	(void)state;
	check_commands(cases, ARRAY_SIZE(cases));
}

/* execvp(3): it is looked for further on, and reported only if there is no other. */
static void what_cannot_be_executed_is_passed_over(void **state)
{
	static const struct command cases[] = {
		{ "mixed", "one:two", 0, "two/mixed" },
		{ "text", "one:two", -EACCES, "one/text" },
		{ "text", "missing:one", -EACCES, "one/text" },
		{ "folder", "one:two", -EACCES, "one/folder" },
		{ "none", ".", -EACCES, "./none" },
	};

	(void)state;
	check_commands(cases, ARRAY_SIZE(cases));
}

static void an_empty_part_of_the_path_is_the_current_directory(void **state)
{
	static const struct command cases[] = {
		{ "here", "", 0, "./here" },     { "here", ":one", 0, "./here" },
		{ "here", "one:", 0, "./here" }, { "here", "one::two", 0, "./here" },
		{ "here", ":", 0, "./here" },    { "here", "one:two", -ENOENT, NULL },
	};

	(void)state;
	check_commands(cases, ARRAY_SIZE(cases));
}

static void a_name_with_a_slash_is_taken_as_it_is(void **state)
{
	static const struct command cases[] = {
		{ "one/both", "two", 0, "one/both" },    { "./here", "two", 0, "./here" },
		{ "./both", "one:two", 0, "./both" },    { "one/text", "two", 0, "one/text" },
		{ "one/folder", NULL, 0, "one/folder" }, { "/", NULL, 0, "/" },
	};

	(void)state;
	check_commands(cases, ARRAY_SIZE(cases));
}

/* execvp(3): "the specified filename is an empty string" is ENOENT. */
static void an_empty_name_is_not_found(void **state)
{
	static const struct command cases[] = {
		{ "", "one:two", -ENOENT, NULL },
		{ "", "", -ENOENT, NULL },
		{ "", NULL, -ENOENT, NULL },
	};

	(void)state;
	check_commands(cases, ARRAY_SIZE(cases));
}

static void without_a_path_the_system_s_own_is_searched(void **state)
{
	struct arena arena = { 0 };
	const char *path;

	(void)state;
	assert_int_equal(command_find("sh", NULL, &arena, &path), 0);
	assert_true(path[0] == '/' && has_suffix(path, "/sh"));
	arena_done(&arena);
}

/* "one/", many times over, and "both". */
static void make_long(char *path, size_t n, const char *name)
{
	char *end = path;

	for (size_t i = 0; i < n; i++)
		end += sprintf(end, "one/../");
	(void)sprintf(end, "one/%s", name);
}

static void a_path_that_does_not_fit_is_not_cut(void **state)
{
	char search_path[2 * PATH_MAX];
	struct arena arena = { 0 };
	const char *path;

	(void)state;
	/* A directory with a long name does not hide the next. */
	make_long(search_path, PATH_MAX / 7 + 1, "");
	assert_int_equal(command_find("both", search_path, &arena, &path), -ENOENT);
	memcpy(search_path + strlen(search_path), ":one", sizeof(":one"));
	assert_int_equal(command_find("both", search_path, &arena, &path), 0);
	assert_string_equal(path, "one/both");
	arena_done(&arena);
}

/* ---- Why it cannot be executed ---- */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static void the_reason_is_said(void **state)
{
	static const struct {
		const char *path, *content, *search_path;
		int error;
		const char *expected;
	} cases[] = {
		{ "", NULL, NULL, ENOENT, ": the name is empty" },
		{ "nope", NULL, "/bin:/x", ENOENT, ": it is in no directory of PATH, /bin:/x" },
		{ "./nope", NULL, "/bin", ENOENT, "" },
		{ "./nope --port 0", NULL, "/bin", ENOENT,
		  ": there are blanks in it: is it a whole command line in one pair of quotes?" },
		{ "one/my program", NULL, NULL, ENOENT,
		  ": the file is there, but not its dynamic loader, or it is for another machine" },
		{ "./script", "#! /missing/python -u\n", NULL, ENOENT,
		  ": the file is there, but not its interpreter, /missing/python" },
		{ "./script", "#!/bin/sh\r\n", NULL, ENOENT,
		  ": the file is there, but not its interpreter, /bin/sh: its lines end as those of "
		  "DOS do" },
		{ "./script", "echo\n", NULL, ENOEXEC,
		  ": a script begins with a line like #!/bin/sh" },
		{ "./script", "", NULL, ENOEXEC, ": a script begins with a line like #!/bin/sh" },
		{ "./script", "\177ELF", NULL, ENOEXEC, ": it is for another machine" },
		{ "./one/folder", NULL, NULL, EACCES, ": it is a directory" },
		{ "./here", NULL, NULL, ENOMEM, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buffer[400];

		if (cases[i].content != NULL)
			write_file(cases[i].path, cases[i].content);
		check_text(cases[i].path,
			   command_explain(cases[i].path, cases[i].search_path, cases[i].error,
					   buffer, sizeof(buffer)),
			   cases[i].expected);
	}
	assert_int_equal(unlink("script"), 0);
}

static void explain_as_nobody(const void *arg)
{
	char buffer[400];

	(void)arg;
	child_check(setresuid(65534, 65534, 65534) == 0);
	(void)command_explain("./closed/folder/x", NULL, EACCES, buffer, sizeof(buffer));
	child_check(is_equal(buffer, ": user 65534 may not pass ./closed"));
	(void)command_explain("one/text", NULL, EACCES, buffer, sizeof(buffer));
	child_check(is_equal(buffer, ": user 65534 may not execute it"));
}

static void who_may_not_and_where_is_said(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		not_tried("another user", "not root");
		return;
	}
	assert_int_equal(chmod(world, 0755), 0);
	assert_int_equal(mkdir("closed", 0700), 0);
	check_in_child("nobody", explain_as_nobody, NULL);
	assert_int_equal(rmdir("closed"), 0);
}

static void what_would_run_it_is_found_beforehand(void **state)
{
	static const struct {
		const char *path, *content;
		int expected;
		const char *interpreter;
	} cases[] = {
		{ "", NULL, -ENOENT, "" },
		{ "./nope", NULL, -ENOENT, "" },
		{ "one/folder", NULL, -EACCES, "" },
		{ "one/text", NULL, -EACCES, "" },
		{ "./script", "#! /bin/sh -e\n", 0, "/bin/sh" },
		{ "./script", "#!/bin/sh", 0, "/bin/sh" },
		{ "./script", "#!/missing\n", -ENOENT, "/missing" },
		{ "./script", "#!/bin\n", 0, "/bin" }, /* execve(2) is the one to say */
		{ "./script", "#!\n", -ENOEXEC, "" },
		{ "./script", "echo\n", -ENOEXEC, "" },
		{ "./script", "", -ENOEXEC, "" },
		{ "./script", "\177ELF", 0, "" },
		{ "./script", "\177ELF\2\1\1", 0, "" }, /* and nothing more */
	};
	char interpreter[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].content != NULL)
			write_file(cases[i].path, cases[i].content);
		check_int(cases[i].path,
			  command_check(cases[i].path, interpreter, sizeof(interpreter)),
			  cases[i].expected);
		check_text(cases[i].path, interpreter, cases[i].interpreter);
	}
	assert_int_equal(unlink("script"), 0);
	assert_int_equal(command_check("/bin/sh", interpreter, sizeof(interpreter)), 0);
	assert_string_equal(interpreter, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_directory_with_a_program_of_that_name_has_it),
		cmocka_unit_test(what_cannot_be_executed_is_passed_over),
		cmocka_unit_test(an_empty_part_of_the_path_is_the_current_directory),
		cmocka_unit_test(a_name_with_a_slash_is_taken_as_it_is),
		cmocka_unit_test(an_empty_name_is_not_found),
		cmocka_unit_test(without_a_path_the_system_s_own_is_searched),
		cmocka_unit_test(a_path_that_does_not_fit_is_not_cut),
		cmocka_unit_test(what_would_run_it_is_found_beforehand),
		cmocka_unit_test(the_reason_is_said),
		cmocka_unit_test(who_may_not_and_where_is_said),
	};

	return cmocka_run_group_tests_name("command", tests, make_world, remove_world);
}
