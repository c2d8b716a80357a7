#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
# debian_tree.sh SUITE PACKAGE...
#
# Prints the path of a directory with a minimal Debian SUITE in which PACKAGEs are installed, for
# private_root.sh --root. It is made with debootstrap when there is none yet, and stays, under the suite and
# what was asked for, in $XDG_CACHE_HOME/cross-init-bridge, or in /var/cache/cross-init-bridge. Nobody
# writes to it afterwards. Any number may ask at once. DEBIAN_MIRROR is where the packages come from.
set -eu

die()
{
	echo "debian_tree: $*" >&2
	exit 1
}

suite=$1
shift
[ "$(id -u)" = 0 ] || die 'must be root'
command -v debootstrap >/dev/null || die 'needs debootstrap'
packages=$(echo "$*" | tr ' ' ',')
cache=${XDG_CACHE_HOME:-/var/cache}/cross-init-bridge
tree=$cache/$suite-$(echo "$packages" | cksum | cut -d ' ' -f 1)
mkdir -p "$cache"
if ! [ -d "$tree" ]; then
	exec 9>"$cache/lock"
	flock 9
fi
if ! [ -d "$tree" ]; then
	new=$(mktemp -d "$cache/new.XXXXXX")
	trap 'rm -rf --one-file-system "$new"' EXIT
	trap 'exit 130' INT TERM
	# An old suite is moved to the archive one day.
	for mirror in ${DEBIAN_MIRROR:-http://deb.debian.org/debian http://archive.debian.org/debian}; do
		echo "debian_tree: $suite from $mirror" >&2
		debootstrap --variant=minbase --include="$packages" "$suite" "$new/tree" "$mirror" >&2 9>&- && break
		rm -rf --one-file-system "$new/tree"
	done
	[ -d "$new/tree" ] || die "cannot make a tree of $suite"
	rm -rf "$new"/tree/var/cache/apt/archives/*.deb "$new"/tree/var/lib/apt/lists/*
	chmod 755 "$new/tree"
	mv "$new/tree" "$tree"
fi
echo "$tree"
