/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the cross-init-bridge authors */
/*
 * Run when the bridge is built: writes the completions of a shell, from the table of options, so that
 * they know the same ones as the parser.
 *
 *     completions bash|zsh|fish
 *
 * Behind the bridge's own words comes another command line, which the shell completes as it does
 * behind env(1).
 */
#include <ctype.h>
#include <stdio.h>

#include "base/util.h"
#include "condition/condition.h"
#include "hosts/host.h"
#include "options.h"
#include "targets/target.h"

enum values {
	VALUES_NONE,   /* the option takes none */
	VALUES_ANY,    /* nothing is known of them */
	VALUES_WORDS,  /* one of a list */
	VALUES_PREFIX, /* the same, and a path or the like follows */
	VALUES_PATH,
};

/* The words of "a|b|c", with blanks between them. */
static void write_choices(FILE *stream, const char *argument)
{
	for (; *argument != '\0'; argument++)
		(void)fputc(*argument == '|' ? ' ' : *argument, stream);
}

static void write_hosts(FILE *stream)
{
	(void)fputs("auto", stream);
	for (size_t i = 0; hosts[i] != NULL; i++)
		(void)fprintf(stream, " %s", hosts[i]->name);
}

static void write_targets(FILE *stream)
{
	for (size_t i = 0; targets[i] != NULL; i++)
		(void)fprintf(stream, "%s%s", i > 0 ? " " : "", targets[i]->name);
}

/* "tcp:HOST:PORT" as "tcp:". */
static void write_conditions(FILE *stream)
{
	for (size_t i = 0; i < N_AWAITED_KINDS; i++) {
		const char *form = awaited_forms[i].form;

		(void)fprintf(stream, "%s%.*s", i > 0 ? " " : "",
			      (int)(find_char(form, ':') - form) + 1, form);
	}
}

static enum values values_of(const struct option_row *row)
{
	if (row->argument[0] == '\0' || row->kind == OPTION_MAYBE)
		return VALUES_NONE;
	if (is_equal(row->argument, "CONDITION") || has_prefix(row->argument, "[KIND:]"))
		return VALUES_PREFIX;
	if (is_equal(row->argument, "PATH"))
		return VALUES_PATH;
	if (is_equal(row->argument, "HOST") || is_equal(row->argument, "TARGET") ||
	    islower((unsigned char)row->argument[0]) != 0)
		return VALUES_WORDS;
	return VALUES_ANY;
}

static void write_words(FILE *stream, const struct option_row *row)
{
	if (is_equal(row->argument, "HOST"))
		write_hosts(stream);
	else if (is_equal(row->argument, "TARGET"))
		write_targets(stream);
	else if (is_equal(row->argument, "CONDITION"))
		write_conditions(stream);
	else if (has_prefix(row->argument, "[KIND:]"))
		(void)fputs("udp: dgram: seqpacket: fifo:", stream);
	else
		write_choices(stream, row->argument);
}

/* @text in single quotes; where @colons, those are escaped, too, and brackets. */
static void write_quoted(FILE *stream, const char *text, bool colons)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			(void)fputs("'\\''", stream);
		else
			(void)fprintf(stream,
				      colons && strchr("[]:", *text) != NULL ? "\\%c" : "%c", *text);
	}
}

/* ---- bash ---- */

static const char bash_end[] =
	"	*)\n"
	"		if [[ $word == -* ]]; then\n"
	"			COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
	"			[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
	"		else\n"
	"			COMPREPLY=($(compgen -c -- \"$word\"))\n"
	"		fi\n"
	"		;;\n"
	"	esac\n"
	"}\n"
	"complete -F _cross_init_bridge cross-init-bridge\n";

/*
 * bash takes "--a=b:c" for five words, of which it replaces the last: they are put together again, and only
 * what stands behind the last of these characters is offered.
 */
static const char bash_search[] =
	"	local words=() at=() glued= option= i=1 n word cur\n"
	"	COMPREPLY=()\n"
	"	for ((n = 0; n <= COMP_CWORD; n++)); do\n"
	"		word=${COMP_WORDS[n]}\n"
	"		if [[ ${#words[@]} -gt 0 && ( -n $glued || $word =~ ^[=:]+$ ) ]]; then\n"
	"			words[${#words[@]}-1]+=$word\n"
	"		else\n"
	"			words+=(\"$word\") at+=($n)\n"
	"		fi\n"
	"		[[ $word =~ ^[=:]+$ ]] && glued=1 || glued=\n"
	"	done\n"
	"	n=${#words[@]}\n"
	"	for (( ; i < n - 1; i++)); do\n"
	"		word=${words[i]}\n"
	"		if [[ $word == -- ]]; then\n"
	"			((i++))\n"
	"			break\n"
	"		elif [[ \" $taking \" == *\" $word \"* || $word =~ $cluster ]]; then\n"
	"			((++i == n - 1)) && option=$word\n"
	"		elif [[ $word != -?* ]]; then\n"
	"			break\n"
	"		fi\n"
	"	done\n"
	"	if [[ -z $option && ( $i -lt $((n - 1)) || ${words[i - 1]} == -- ) ]]; then\n"
	"		if declare -F _command_offset >/dev/null; then\n"
	"			_command_offset ${at[i]}\n"
	"		else\n"
	"			COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
	"		fi\n"
	"		return\n"
	"	fi\n"
	"	word=${words[n - 1]}\n"
	"	[[ -z $option && $word == --*=* ]] && option=${word%%=*} word=${word#*=}\n"
	"	[[ $option == -[!-]* ]] && option=-${option: -1}\n"
	"	cur=${word##*[=:]}\n"
	"	case $option in\n";

static void write_bash_options(FILE *stream, const struct option_row *rows, size_t n, bool taking)
{
	for (size_t i = 0; i < n; i++) {
		bool takes = values_of(&rows[i]) != VALUES_NONE;

		if (rows[i].letter != '\0' && (takes || !taking))
			(void)fprintf(stream, " -%c", rows[i].letter);
		if (takes || !taking)
			(void)fprintf(stream, " --%s%s", rows[i].name, takes && !taking ? "=" : "");
	}
}

static void write_bash_case(FILE *stream, const struct option_row *row)
{
	enum values values = values_of(row);

	if (values == VALUES_NONE)
		return;
	(void)fputc('\t', stream);
	if (row->letter != '\0')
		(void)fprintf(stream, "-%c | ", row->letter);
	(void)fprintf(stream, "--%s) ", row->name);
	if (values == VALUES_PREFIX)
		(void)fputs("[[ $word == *:* ]] && COMPREPLY=($(compgen -f -- \"$cur\")) || { compopt -o nospace; ",
			    stream);
	if (values == VALUES_WORDS || values == VALUES_PREFIX) {
		(void)fputs("COMPREPLY=($(compgen -W '", stream);
		write_words(stream, row);
		(void)fputs("' -- \"$cur\"))", stream);
	} else if (values == VALUES_PATH) {
		(void)fputs("COMPREPLY=($(compgen -f -- \"$cur\"))", stream);
	}
	(void)fputs(values == VALUES_PREFIX ? "; } ;;\n" : " ;;\n", stream);
}

static void write_bash(FILE *stream, const struct option_row *rows, size_t n)
{
	(void)fputs("# bash completion for cross-init-bridge(1), made of its table of options\n"
		    "# shellcheck disable=all\n"
		    "_cross_init_bridge()\n{\n"
		    "	local options='",
		    stream);
	write_bash_options(stream, rows, n, false);
	(void)fputs("' taking='", stream);
	write_bash_options(stream, rows, n, true);
	(void)fputs("' letters='", stream);
	for (size_t i = 0; i < n; i++) {
		if (rows[i].letter != '\0' && values_of(&rows[i]) != VALUES_NONE)
			(void)fputc(rows[i].letter, stream);
	}
	(void)fprintf(stream, "'\n	local cluster=\"^-[^-$letters]*[$letters]\\$\"\n%s",
		      bash_search);
	for (size_t i = 0; i < n; i++)
		write_bash_case(stream, &rows[i]);
	(void)fputs(bash_end, stream);
}

/* ---- zsh ---- */

static bool may_be_repeated(const struct option_row *row)
{
	return is_equal(row->name, "listen") || is_equal(row->name, "wait-for");
}

static void write_zsh_option(FILE *stream, const struct option_row *row)
{
	enum values values = values_of(row);
	const char *equals = values != VALUES_NONE ? "=" : "";

	(void)fputs("\t", stream);
	if (row->letter != '\0')
		(void)fprintf(stream, "'(-%c --%s)'{-%c%s,--%s%s}'[", row->letter, row->name,
			      row->letter, values != VALUES_NONE ? "+" : "", row->name, equals);
	else
		(void)fprintf(stream, "'%s--%s%s[", may_be_repeated(row) ? "*" : "", row->name,
			      equals);
	write_quoted(stream, row->help, true);
	(void)fputc(']', stream);
	if (values != VALUES_NONE) {
		(void)fputc(':', stream);
		write_quoted(stream, row->argument, true);
		(void)fputc(':', stream);
	}
	if (values == VALUES_PATH)
		(void)fputs("_files", stream);
	if (values == VALUES_WORDS || values == VALUES_PREFIX)
		(void)fprintf(stream, values == VALUES_WORDS ? "("
							     : "{compset -P \"[a-z-]##:\" && _files || "
							       "compadd -S \"\" -- ");
	if (values == VALUES_WORDS || values == VALUES_PREFIX)
		write_words(stream, row);
	if (values == VALUES_WORDS || values == VALUES_PREFIX)
		(void)fputc(values == VALUES_WORDS ? ')' : '}', stream);
	(void)fputs("' \\\n", stream);
}

static void write_zsh(FILE *stream, const struct option_row *rows, size_t n)
{
	(void)fputs("#compdef cross-init-bridge\n"
		    "# zsh completion for cross-init-bridge(1), made of its table of options\n\n"
		    "setopt localoptions extendedglob\n"
		    "_arguments -s -S \\\n",
		    stream);
	for (size_t i = 0; i < n; i++)
		write_zsh_option(stream, &rows[i]);
	(void)fputs("\t'(-)1:command: _command_names -e' \\\n"
		    "\t'*::argument: _normal'\n",
		    stream);
}

/* ---- fish ---- */

/* "not yet at the command": all words so far are options, or their values. */
static const char fish_begin[] =
	"# fish completion for cross-init-bridge(1), made of its table of options\n"
	"function __cross_init_bridge_at_options\n"
	"	set -l words (commandline -opc)\n"
	"	set -e words[1]\n"
	"	while set -q words[1]\n"
	"		switch $words[1]\n"
	"			case --\n"
	"				return 1\n"
	"			case $argv\n"
	"				set -e words[1]\n"
	"			case '-*'\n"
	"			case '*'\n"
	"				return 1\n"
	"		end\n"
	"		set -e words[1]\n"
	"	end\n"
	"	return 0\n"
	"end\n";

static void write_fish_taking(FILE *stream, const struct option_row *rows, size_t n)
{
	(void)fputs("set -g __cross_init_bridge_taking", stream);
	write_bash_options(stream, rows, n, true);
	(void)fputc('\n', stream);
}

static void write_fish_option(FILE *stream, const struct option_row *row)
{
	enum values values = values_of(row);

	(void)fputs("complete -c cross-init-bridge -n '__cross_init_bridge_at_options "
		    "$__cross_init_bridge_taking'",
		    stream);
	if (row->letter != '\0')
		(void)fprintf(stream, " -s %c", row->letter);
	(void)fprintf(stream, " -l %s", row->name);
	if (values == VALUES_PATH)
		(void)fputs(" -r -F", stream);
	else if (values != VALUES_NONE)
		(void)fputs(" -x", stream);
	if (values == VALUES_WORDS || values == VALUES_PREFIX) {
		(void)fputs(" -a '", stream);
		write_words(stream, row);
		(void)fputc('\'', stream);
	}
	(void)fputs(" -d '", stream);
	for (const char *c = row->help; *c != '\0'; c++)
		(void)fprintf(stream, *c == '\'' ? "\\%c" : "%c", *c);
	(void)fputs("'\n", stream);
}

static void write_fish(FILE *stream, const struct option_row *rows, size_t n)
{
	(void)fputs(fish_begin, stream);
	write_fish_taking(stream, rows, n);
	(void)fputs("complete -c cross-init-bridge -f\n"
		    "complete -c cross-init-bridge -x -a '(__fish_complete_subcommand)'\n",
		    stream);
	for (size_t i = 0; i < n; i++)
		write_fish_option(stream, &rows[i]);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*write)(FILE *stream, const struct option_row *rows, size_t n);
	} shells[] = { { "bash", write_bash }, { "zsh", write_zsh }, { "fish", write_fish } };
	size_t n;
	const struct option_row *rows = options_rows(&n);

	for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(shells); i++) {
		if (!is_equal(argv[1], shells[i].name))
			continue;
		shells[i].write(stdout, rows, n);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	(void)fputs("usage: completions bash|zsh|fish\n", stderr);
	return 1;
}
