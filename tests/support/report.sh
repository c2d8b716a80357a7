# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154 # $work is of those that source it
# What tests/run says: what passed, failed and was skipped, and how far it is. Sourced; $work is a directory.
passed=0 failed=0 skipped=0

say()
{
	printf '\n== %s\n' "$*"
}

# count NAME STATUS: one check that is no test program.
count()
{
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
		echo "ok: $1"
	else
		failed=$((failed + 1))
		echo "FAILED: $1"
	fi
}

# skip_check NAME REASON
skip_check()
{
	skipped=$((skipped + 1))
	echo "skipped: $1: $2"
	echo "$2" >>"$work/reasons"
}

# start_progress NAME HOW-FAR...: until stop_progress a line now and then, with the last line of what HOW-FAR
# prints: nothing is silent for longer than ten seconds.
start_progress()
{
	progress_of=$1
	shift
	(
		began=$(date +%s)
		while sleep 8 >/dev/null 2>&1; do
			printf '   %s: %s s: %s\n' "$progress_of" "$(($(date +%s) - began))" \
				"$("$@" 2>/dev/null | tail -n 1 | tr '\r\t' '  ' | cut -c 1-70)"
		done
	) &
	progress=$!
}

stop_progress()
{
	[ -n "${progress:-}" ] || return 0
	# Not SIGTERM: one that has just been forked may not have got rid of our trap yet.
	kill -KILL "$progress" 2>/dev/null
	wait "$progress" 2>/dev/null
	progress=
}

# check NAME COMMAND...: shows what the command printed only if it failed.
check()
{
	what=$1
	shift
	: >"$work/log"
	start_progress "$what" tail -n 1 "$work/log"
	"$@" >"$work/log" 2>&1
	status=$?
	stop_progress
	[ "$status" = 0 ] || grep -Ev '^\[[0-9]+/[0-9]+\] ' "$work/log"
	count "$what" "$status"
	return "$status"
}

# check_with TOOL NAME COMMAND...: the same where there is TOOL.
check_with()
{
	tool=$1
	shift
	if command -v "$tool" >/dev/null; then
		check "$@"
	else
		skip_check "$1" "there is no $tool"
	fi
}

# Adds what the test programs of one meson run counted, whose log is $1.junit.xml, and which ended with status $2.
add_results()
{
	results=$(python3 tests/support/count_results.py "$1.junit.xml" "$work/reasons") || results='0 0 0'
	before=$failed
	# shellcheck disable=SC2086 # three numbers
	set -- "$2" $results
	passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
	if [ "$1" != 0 ] && [ "$failed" = "$before" ]; then
		failed=$((failed + 1))
	fi
}

# The last words; the last line is the result.
summarise()
{
	if [ -s "$work/reasons" ]; then
		echo
		echo 'Skipped, and why:'
		sort "$work/reasons" | uniq -c | sort -rn
	fi
	echo
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
}
