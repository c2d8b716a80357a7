# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
# shellcheck shell=sh
# How the tests and the demo install what they build with. Sourced.

apt()
{
	DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# Those of the list $1 that this release has; says of the others that it has not.
known_packages()
{
	for package in $1; do
		if apt-cache show "$package" >/dev/null 2>&1; then
			echo "$package"
		else
			echo "not in this release: $package" >&2
		fi
	done
}

# install_packages PACKAGES LOG: installs those of the list PACKAGES that are missing and can be had. Where
# that fails, the tests go on with what is there; only root can, and only where there is apt.
install_packages()
{
	command -v apt-get >/dev/null || {
		echo 'no apt-get: nothing is installed'
		return 0
	}
	missing=
	for package in $1; do
		# shellcheck disable=SC2016 # dpkg-query expands it
		dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
			missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	apt update >"$2" 2>&1
	missing=$(known_packages "$missing")
	# shellcheck disable=SC2086 # a list of names
	set -- "$2" $missing
	[ "$#" -gt 1 ] || return 0
	log=$1
	shift
	echo "installing $*"
	apt install --no-install-recommends -y "$@" >"$log" 2>&1 && return 0
	tail -n 5 "$log"
	echo 'installing failed: going on with what is here'
}

# clang's sanitizers and its fuzzer are in a package of its version.
clang_runtime_package()
{
	apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p' | head -n 1
}

# Says in a line what is missing for a build, and fails, if something is.
need_build_tools()
{
	missing=
	for tool in cc meson ninja python3 pkg-config; do
		command -v "$tool" >/dev/null || missing="$missing $tool"
	done
	if [ -z "$missing" ]; then
		for library in dbus-1 cmocka libsystemd; do
			pkg-config --exists "$library" || missing="$missing $library"
		done
	fi
	[ -z "$missing" ] || {
		echo "cannot build: there is no$missing. On Debian root installs: $BUILD_PACKAGES" >&2
		return 1
	}
}
