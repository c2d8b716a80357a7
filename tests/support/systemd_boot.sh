#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
#
# First process of new pid, mount, net, uts, ipc and cgroup namespaces: makes the mounts that
# systemd expects and that keep it from the machine's own files, then becomes systemd.
#
# It knows the mounts and nothing else. It is apart from systemd_host.py, which starts it, because
# it runs inside, as process 1, where mount(8) says all of this in fewer words than Python.
# Dialogue with systemd_host.py: "mounted" on stdout, then a line on stdin before systemd begins.
set -eu
systemd=$1

mount -t proc proc /proc
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup

mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /run
mkdir /run/dev /run/etc

# /dev is made beside, because it needs the nodes of the one it hides
mount -t tmpfs -o mode=755,nosuid tmpfs /run/dev
for node in null zero full random urandom tty; do
	: >"/run/dev/$node"
	mount --bind "/dev/$node" "/run/dev/$node"
done
mkdir /run/dev/pts /run/dev/shm /run/dev/mqueue
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /run/dev/pts
mount -t tmpfs -o mode=1777 tmpfs /run/dev/shm
mount -t mqueue mqueue /run/dev/mqueue
ln -s pts/ptmx /run/dev/ptmx
ln -s /proc/self/fd /run/dev/fd
ln -s fd/0 /run/dev/stdin
ln -s fd/1 /run/dev/stdout
ln -s fd/2 /run/dev/stderr
mount --move /run/dev /dev

# What is written to /etc and /var stays in memory. Copies: an overlay cannot lie on an overlay that
# lies on an overlay, and the machine's root may be one already.
mount -t tmpfs -o mode=755 tmpfs /run/etc
cp -a /etc/. /run/etc/
mount --move /run/etc /etc
mount -t tmpfs -o mode=755 tmpfs /var
mkdir -p /var/lib /var/cache /var/log /var/www
mkdir -m 1777 /var/tmp
ln -s /run /var/run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /srv
mount -o remount,bind,ro / || echo "systemd_boot: / stays writable" >&2

rmdir /run/dev /run/etc
hostname systemd-host
ip link set lo up

echo mounted
read -r _
cd /
exec env -i container=cross-init-bridge-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	NOTIFY_SOCKET=/run/booted \
	SYSTEMD_UNIT_PATH=/run/systemd/transient:/run/systemd/system:/run/units \
	SYSTEMD_GENERATOR_PATH=/run/none SYSTEMD_ENVIRONMENT_GENERATOR_PATH=/run/none \
	"$systemd" --system --show-status=no --unit=multi-user.target </dev/null >&2
