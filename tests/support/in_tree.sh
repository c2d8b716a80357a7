#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
# in_tree.sh TREE SOURCES PROGRAMS PYTHON FILE ARG...
#
# meson's --wrapper for a test in Python: runs it in a private view of TREE (debian_tree.sh), with TREE's Python,
# systemd and libraries, on the PROGRAMS that were built there. The stand-in for Upstart is not among them.
set -eu
tree=$1 sources=$2 programs=$3
test=$(realpath "$5") # meson's name for it leads through the build directory, which is not there
shift 5
cd "$sources"
exec sh "$sources/tests/support/private_root.sh" --root "$tree" "$sources" "$programs" -- -- \
	env CIB="$programs/cross-init-bridge" CIB_BUS_QUERY="$programs/bus-query" \
	CIB_FAKE_DAEMON="$programs/fake-daemon" CIB_LISTEN_TAKER="$programs/listen-taker" \
	CIB_UPSTART= CIB_INJECT= PYTHONPYCACHEPREFIX="$programs/pycache" python3 "$test" "$@"
