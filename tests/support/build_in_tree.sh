#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
# build_in_tree.sh PROGRAMS: builds into PROGRAMS, without meson, the bridge and what the tests of systemd need.
set -eu
programs=$1
cd "$(dirname "$0")/../.."
sh src/build-without-meson.sh "$programs"
cc -std=gnu11 -D_GNU_SOURCE -Wall -O1 -g -Isrc -o "$programs/fake-daemon" tests/support/fake_daemon.c \
	tests/support/fake_report.c -pthread
cc -std=gnu11 -D_GNU_SOURCE -Wall -O1 -g -Isrc -o "$programs/listen-taker" tests/support/listen_taker.c -lsystemd
