# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
# shellcheck shell=sh disable=SC2154 # $work and $own are of those that source it
# What tests/run says: what passed, failed and was skipped, and how far it is. Sourced; $work is the directory of
# the run, $own that of the stage: "log" is what its present step prints, "step" the name of that.
passed=0 failed=0 skipped=0

say()
{
	printf '\n== %s\n' "$*"
}

# count NAME STATUS: one check that is not a test program.
count()
{
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
		echo "ok: $1"
	else
		failed=$((failed + 1))
		echo "FAILED: $1"
		echo "$1" >>"$work/failures"
		[ ! -s "$own/log" ] || tail -n 30 "$own/log" | sed 's/^/    /' >>"$work/failures"
	fi
}

# skip_check NAME REASON
skip_check()
{
	skipped=$((skipped + 1))
	echo "skipped: $1: $2"
	echo "$2" >>"$work/reasons"
}

# how_far LOG: which of how many, as ninja and meson say it, or else the last line.
how_far()
{
	{
		tail -n 1 "$1"
		grep -aE '^ *\[?[0-9]+/[0-9]+\]? ' "$1"
	} 2>/dev/null | tail -n 1 | tr '\r\t' '  ' | tr -s ' ' | cut -c 1-60
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
			printf '   %s: %s s: %s\n' "$progress_of" "$(($(date +%s) - began))" "$("$@")"
		done
	) &
	progress=$!
}

stop_progress()
{
	[ -n "${progress:-}" ] || return 0
	# Not SIGTERM: one that has just been forked may not have got rid of our trap yet.
	kill -KILL "$progress" 2>/dev/null || :
	wait "$progress" 2>/dev/null || :
	progress=
}

# begin_step NAME
begin_step()
{
	: >"$own/log"
	echo "$1" >"$own/step"
}

# check NAME COMMAND...: shows what the command printed only if it failed.
check()
{
	what=$1
	shift
	begin_step "$what"
	"$@" >"$own/log" 2>&1
	status=$?
	[ "$status" = 0 ] || grep -aEv '^\[[0-9]+/[0-9]+\] ' "$own/log"
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
	results=$(python3 tests/support/count_results.py "$1.junit.xml" "$work/reasons" "$work/failures") || results='0 0 0'
	before=$failed
	# shellcheck disable=SC2086 # three numbers
	set -- "$2" $results
	passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
	if [ "$1" != 0 ] && [ "$failed" = "$before" ]; then
		failed=$((failed + 1))
	fi
}

# add_counts FILE NAME: adds what the stage NAME has counted; one that broke off has not said.
add_counts()
{
	if read -r one two three 2>/dev/null <"$1"; then
		passed=$((passed + one)) failed=$((failed + two)) skipped=$((skipped + three))
	else
		count "$2: it did not come to its end" 1
	fi
}

# The last words; the last line is the result. What failed is said once more, where it is found.
summarise()
{
	if [ -s "$work/failures" ]; then
		echo
		echo 'Failed, and why:'
		cat "$work/failures"
	fi
	if [ -s "$work/reasons" ]; then
		echo
		echo 'Skipped, and why:'
		sort "$work/reasons" | uniq -c | sort -rn
	fi
	echo
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
}
