# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# How the tests and the demo install what they build with. Sourced.

# install_packages PACKAGES LOG: installs those of the list PACKAGES that are missing.
install_packages()
{
	missing=
	for package in $1; do
		# shellcheck disable=SC2016 # dpkg-query expands it
		dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
			missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	echo "installing$missing"
	# shellcheck disable=SC2086 # a list of names
	{
		apt-get -qq -o DPkg::Lock::Timeout=300 update &&
			DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
				-o Dpkg::Use-Pty=0 install --no-install-recommends -y $missing
	} >"$2" 2>&1 && return 0
	cat "$2"
	return 1
}
