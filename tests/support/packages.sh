# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
# shellcheck shell=sh disable=SC2034 # read by those that source it
# The Debian packages that the tests and the demo need, in one place.

# To build the program and its tests.
BUILD_PACKAGES="gcc libc6-dev meson ninja-build pkgconf libdbus-1-dev libcmocka-dev libsystemd-dev python3-minimal util-linux"

# To look at the sources and the binaries with other eyes. Those for clang's own version: see install.sh.
CHECK_PACKAGES="clang valgrind musl-tools mandoc shellcheck cppcheck pyflakes3 codespell groff-base git xz-utils
	ca-certificates libc6-dbg dbus-daemon debootstrap build-essential debhelper lintian"

# What a newer version of says otherwise: one version for all, or none.
PINNED_PACKAGES="clang-format-14 clang-tidy-14"

# What is in a tree of another Debian (debian_tree.sh): to build there, and for the tests of systemd.
TREE_PACKAGES="systemd dbus iproute2 procps python3 gcc libc6-dev libdbus-1-dev libsystemd-dev pkg-config"

# tree_packages SUITE: those and, of a release that has them, newer service managers.
tree_packages()
{
	echo "$TREE_PACKAGES"
	[ "$1" != trixie ] || echo finit openrc
}

# Service managers and daemons, which go into a private view of the file system (private_root.sh).
HOST_PACKAGES="systemd dbus openbsd-inetd iproute2 procps python3"
# Daemons that go to the background: small ones, of those of support/background_daemons.py.
FORKING_PACKAGES="nginx-light openssh-server cron rsyslog vsftpd dnsmasq-base chrony bird2"
DAEMON_PACKAGES="redis-server haproxy unbound mosquitto gunicorn uwsgi-core collectd-core lighttpd
	micro-httpd tftpd-hpa avahi-daemon uwsgi-plugin-python3 zsh fish $FORKING_PACKAGES"
MANAGER_PACKAGES="s6 runit daemontools openrc supervisor conmon crun runc systemd-container busybox
	tini dumb-init catatonit monit cron"
