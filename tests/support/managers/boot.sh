#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
#
# boot.sh DIR BIN TREE PLACES COMMAND...: first process of new namespaces; makes the mounts that keep
# the inside from the machine's own files, says "mounted", and becomes COMMAND, with DIR/console as its
# output.
#
# DIR and BIN have the same names inside. With TREE, a debootstrap tree, the root is a writable view of
# that; else it is the machine's. PLACES are directories and files that the inside has of its own: of
# DIR/private/PLACE, which is made if it is not there.
set -eu
dir=$1 bin=$2 tree=$3 places=$4
shift 4
root=

if [ -n "$tree" ]; then
	root=$dir/root
	mount -t tmpfs -o mode=755 tmpfs "$dir/layer"
	mkdir "$dir/layer/upper" "$dir/layer/work"
	mount -t overlay -o "lowerdir=$tree,upperdir=$dir/layer/upper,workdir=$dir/layer/work" overlay "$root"
	mkdir -p "$root$dir" "$root$bin"
	mount --bind "$bin" "$root$bin"
fi
mount -t proc proc "$root/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
mount -t tmpfs -o mode=755,nosuid tmpfs "$dir/dev"
for node in null zero full random urandom tty; do
	: >"$dir/dev/$node"
	mount --bind "/dev/$node" "$dir/dev/$node"
done
mkdir "$dir/dev/pts" "$dir/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$dir/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$dir/dev/shm"
ln -s pts/ptmx "$dir/dev/ptmx"
ln -s /proc/self/fd "$dir/dev/fd"
ln -s "$dir/syslog" "$dir/dev/log"
: >"$dir/dev/kmsg"
mount --bind "$dir/kmsg" "$dir/dev/kmsg"
mount --move "$dir/dev" "$root/dev"
for place in $places; do
	[ -e "$dir/private$place" ] || mkdir -p "$dir/private$place"
	mount --bind "$dir/private$place" "$root$place"
done
ip link set lo up 2>/dev/null || :
hostname host-of-managers 2>/dev/null || :
if [ -n "$root" ]; then
	mount --bind "$dir" "$root$dir"
	cd "$root"
	pivot_root . .
	umount -l .
fi
cd /
echo mounted
exec >>"$dir/console" 2>&1
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=linux "$@"
