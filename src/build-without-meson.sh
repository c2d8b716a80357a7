#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
# sh src/build-without-meson.sh [DIRECTORY]
#
# Builds into DIRECTORY (build) where meson is too old or not there, as on Debian 11 and on the fleets that
# still run Upstart: with nothing but a C compiler, and libdbus-1 for bus-query. Without that the bridge works,
# but cannot ask a service manager over D-Bus. From the environment, as usual: CC, CFLAGS, LDFLAGS,
# PREFIX (/usr/local), PKG_CONFIG. A bridge in one file, for machines with another C library:
#
#     CC=musl-gcc LDFLAGS=-static BUS_QUERY=no sh src/build-without-meson.sh
#
# What is built is named in meson.build; installing is copying: cross-init-bridge to $PREFIX/bin, the others to
# $PREFIX/libexec/cross-init-bridge, the manual to $PREFIX/share/man.
set -eu
out=${1:-build}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")"

CC=${CC:-cc} CFLAGS=${CFLAGS:--O2 -g} LDFLAGS=${LDFLAGS:--Wl,-z,relro,-z,now} PREFIX=${PREFIX:-/usr/local}
version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" ../meson.build)
sources=$(sed -n "s/^  '\(.*\.c\)',$/\1/p" meson.build)

# compile PROGRAM FLAGS... -- SOURCE...: one call, so that there is nothing else to leave behind.
compile()
{
	program=$1
	shift
	# shellcheck disable=SC2086 # flags are lists
	"$CC" -std=gnu11 -D_GNU_SOURCE $CFLAGS -I. -DVERSION="\"$version\"" \
		-DHELPER_DIRECTORY="\"$PREFIX/libexec/cross-init-bridge\"" -o "$out/$program" $LDFLAGS "$@"
	echo "$out/$program"
}

core=$(echo "$sources" | grep -Ev '^(bus-query|check|probe)/')
# shellcheck disable=SC2046,SC2086 # lists of names and of flags
compile cross-init-bridge main.c $core
# shellcheck disable=SC2046,SC2086
compile check $core $(echo "$sources" | grep '^check/')
if [ "${BUS_QUERY:-yes}" = no ]; then
	:
elif flags=$("${PKG_CONFIG:-pkg-config}" --cflags --libs dbus-1); then
	# shellcheck disable=SC2046,SC2086
	compile bus-query $(echo "$sources" | grep '^bus-query/') $flags
else
	echo 'without bus-query: there is no libdbus-1' >&2
fi
