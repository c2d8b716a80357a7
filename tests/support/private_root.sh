#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
# private_root.sh [--root TREE] DIR [DIR...] -- PACKAGE... -- COMMAND [ARG...]
#
# Runs COMMAND, as root, in a private copy-on-write view of this machine's root file system, or of TREE
# (debian_tree.sh), in which PACKAGEs are installed. A packaged daemon brings a service that its installation enables and starts:
# here none is started, and all of it, the packages, their users and their links in /etc, is gone when
# COMMAND ends, and so is every process that it has left. DIRs (sources, build trees) are the machine's own,
# not copies. Any number may run at once.
set -eu

die()
{
	echo "private_root: $*" >&2
	exit 1
}

# In the new mount namespace, still on the machine's root: lay the view over it.
lay_out()
{
	mount -t tmpfs -o mode=755 tmpfs "$base"
	mkdir "$base/upper" "$base/work" "$base/root"
	# The writable layer is in memory: a root that is an overlay itself could not carry one.
	mount -t overlay -o "lowerdir=$lower,upperdir=$base/upper,workdir=$base/work" overlay "$base/root"
	for place in dev sys; do
		mount --rbind "/$place" "$base/root/$place"
	done
	if [ "$$" = 1 ]; then
		mount -t proc -o nosuid,nodev,noexec proc "$base/root/proc"
	else
		mount --rbind /proc "$base/root/proc"
	fi
	mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$base/root/run"
	mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$base/root/tmp"
	for place in $1; do
		mkdir -p "$base/root$place"
		mount --rbind "$place" "$base/root$place"
	done
}

# Packages that are there already cost nothing; the package lists are those of the machine.
install_packages()
{
	missing=
	for package in $1; do
		# shellcheck disable=SC2016 # dpkg-query expands it
		chroot "$base/root" dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
			grep -qx installed && continue
		if chroot "$base/root" apt-cache show "$package" >/dev/null 2>&1; then
			missing="$missing $package"
		else
			echo "private_root: not in this release: $package" >&2
		fi
	done
	[ -n "$missing" ] || return 0
	printf '#!/bin/sh\nexit 101\n' >"$base/root/usr/sbin/policy-rc.d" # start nothing
	chmod 755 "$base/root/usr/sbin/policy-rc.d"
	rm -f "$base/root/var/lib/man-db/auto-update" # an index of all manual pages takes longer than all the rest
	# Nothing is silent for longer than ten seconds.
	echo "installing in a private view:$missing" >&2
	(while sleep 8 >/dev/null 2>&1; do
		echo "   $(tail -n 1 "$base/apt.log" 2>/dev/null | cut -c 1-60)" >&2
	done) &
	progress=$!
	# shellcheck disable=SC2086 # a list of names
	chroot "$base/root" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Use-Pty=0 install --no-install-recommends -y $missing >"$base/apt.log" 2>&1 || {
		tail -n 20 "$base/apt.log" >&2
		echo "private_root: cannot install$missing: going on without" >&2
	}
	kill -KILL "$progress" 2>/dev/null || :
	wait "$progress" 2>/dev/null || :
}

# pivot_root(8) is not everywhere in the same package; Python the tests need anyway.
pivot()
{
	python3 -c 'import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.pivot_root(b".", b"."):
    sys.exit("private_root: pivot_root: " + os.strerror(ctypes.get_errno()))'
}

# beside COMMAND...: waits for its end in a way that a signal to us interrupts. What the shell starts so would have
# no standard input.
beside()
{
	exec 3<&0
	"$@" <&3 3<&- &
	wait "$!"
}

if [ "${1:-}" = --inside ]; then
	trap 'exit 130' HUP INT TERM # process 1 ignores what it does not catch
	lower=$2 base=$3 places=$4 packages=$5 here=$6
	shift 6
	lay_out "$places"
	install_packages "$packages"
	# Not chroot(8): whoever enters this mount namespace later must find the same root.
	cd "$base/root"
	pivot
	umount -l .
	cd "$here"
	[ "$$" = 1 ] || exec "$@"
	# Process 1 reaps, while it waits, and all ends with it.
	status=0
	beside env --default-signal=INT,QUIT "$@" || status=$?
	exit "$status"
fi

[ "$(id -u)" = 0 ] || die "must be root"
tree=/
if [ "${1:-}" = --root ]; then
	tree=$2
	shift 2
fi
places=
while [ "$#" -gt 0 ] && [ "$1" != -- ]; do
	places="$places $1"
	shift
done
shift
packages=
while [ "$#" -gt 0 ] && [ "$1" != -- ]; do
	packages="$packages $1"
	shift
done
shift
base=$(mktemp -d /tmp/private-root.XXXXXX)
trap 'rmdir "$base"' EXIT
# A container may not let us have a /proc of our own.
alone='--pid --fork --kill-child'
# shellcheck disable=SC2086 # words
unshare --mount $alone --mount-proc true 2>/dev/null || alone=
# Not SIGTERM, which unshare(1) blocks: process 1 dies with it.
trap 'kill -KILL "$!" 2>/dev/null; exit 130' HUP INT TERM
status=0
# shellcheck disable=SC2086
beside unshare --mount $alone --propagation private \
	sh "$0" --inside "$tree" "$base" "$places" "$packages" "$PWD" "$@" || status=$?
exit "$status"
