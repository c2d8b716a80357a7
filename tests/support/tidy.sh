#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
# tidy.sh BUILD NODES FILE...: clang-tidy on each FILE as BUILD compiles it. The analyzer gives up on a function
# after so many NODES. One file at a time: version 14 carries va_list states from one over to the next.
set -eu
build=$1 nodes=$2
shift 2
mkdir -p "$build/tidy"
# What is linked into many programs is compiled, and would be looked at, as many times.
python3 -c 'import json, sys
with open(sys.argv[1]) as file:
    commands = {row["file"]: row for row in json.load(file)}
with open(sys.argv[2], "w") as file:
    json.dump(list(commands.values()), file)' "$build/compile_commands.json" "$build/tidy/compile_commands.json"
n=0
for file in "$@"; do
	n=$((n + 1))
	echo "$n/$# $file"
done >"$build/tidy/list"
# shellcheck disable=SC2016 # the inner shell's
xargs -L 1 -P "$(nproc)" sh -c '
	said=$(clang-tidy-14 --quiet -p "$1/tidy" --extra-arg=-Xclang --extra-arg=-analyzer-config \
		--extra-arg=-Xclang --extra-arg="max-nodes=$2" "$4" 2>/dev/null)
	status=$?
	echo "$3 $4"
	[ "$status" = 0 ] || echo "$said"
	exit "$status"' sh "$build" "$nodes" <"$build/tidy/list"
