#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
# lane.sh STAGE...: runs stages (stages.sh) one after the other, for tests/run, which exports what it knows. Each
# has a directory $work/stage.NAME: "said" is what is to be shown, "counts" its passed, failed and skipped, and
# "ended" is there when it has ended.
set -u
# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh
# shellcheck source=tests/support/report.sh
. tests/support/report.sh
# shellcheck source=tests/support/stages.sh
. tests/support/stages.sh

for stage in "$@"; do
	own=$work/stage.$stage
	mkdir "$own" || exit 1
	(
		began=$(date +%s)
		begin_step "$stage"
		"stage_$stage"
		echo "$stage: $(($(date +%s) - began)) s: $passed passed, $failed failed, $skipped skipped"
		echo "$passed $failed $skipped" >"$own/counts"
	) >"$own/said" 2>&1
	: >"$own/ended"
done
