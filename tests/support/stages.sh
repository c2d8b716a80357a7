# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
# shellcheck shell=sh disable=SC2154 # $work, $own and what was found out are of those that source it
# The stages of tests/run, a function stage_NAME each. Sourced, by lane.sh.

# need_ci_release CHECK
need_ci_release()
{
	[ -z "$is_ci_release" ] || return 0
	skip_check "$1" "of one version of the tools only, that of Debian 12"
	return 1
}

# need_git CHECK
need_git()
{
	[ -z "$is_git" ] || return 0
	skip_check "$1" 'not a checkout of git'
	return 1
}

# build NAME [MESON OPTION...]: configures and builds in $work/NAME; all of it, or $only.
only=
build()
{
	name=$1
	shift
	# shellcheck disable=SC2086 # an option or none; names or none
	check "$name: configure" meson setup ${is_ci_release:+--werror} "$@" "$work/$name" &&
		check "$name: build" ninja -C "$work/$name" $only
}

# build_with COMPILER NAME [MESON OPTION...]: the same with another one, if it is there.
build_with()
{
	compiler=$1
	shift
	if command -v "$compiler" >/dev/null; then
		CC=$compiler build "$@"
	else
		skip_check "$1: build" "there is no $compiler"
		return 1
	fi
}

# The ordinary build in $work/gcc is everybody's: who comes first makes it, and others wait for that.
need_gcc_build()
{
	begin_step 'gcc: build'
	(
		flock 9
		[ -e "$work/gcc.status" ] && exit 3
		build gcc
		status=$?
		echo "$status" >"$work/gcc.status"
		echo "$passed $failed $skipped" >"$own/counts"
		exit "$status"
	) 9>"$work/gcc.lock"
	if [ "$?" != 3 ]; then
		read -r passed failed skipped <"$own/counts"
		rm "$own/counts"
	elif [ "$(cat "$work/gcc.status")" != 0 ]; then
		count 'the build of gcc, which this needs' 1
	fi
	[ "$(cat "$work/gcc.status")" = 0 ]
}

# run_meson_test BUILD LOG COMMAND...: COMMAND is a meson test in $work/BUILD, and LOG the name of what it logs.
run_meson_test()
{
	log=$work/$1/meson-logs/$2
	shift 2
	begin_step "${own##*/stage.}: test"
	rm -f "$log.junit.xml"
	"$@" >"$own/log" 2>&1
	status=$?
	sed '/^ninja: /d' "$own/log"
	add_results "$log" "$status"
	[ "$status" = 0 ] || echo "FAILED: the tests of ${own##*/stage.}"
	return "$status"
}

# run_tests PACKAGES PLACES BUILD LOG ARG...: meson test, in a private root with the PACKAGES, if that can be.
# PLACES are directories besides that have to be seen. Integration tests wait most of the time, so there are more
# of them at once than processors.
run_tests()
{
	packages=$1 places=$2 name=$3 log=$4
	shift 4
	set -- meson test -C "$work/$name" --no-rebuild --print-errorlogs --num-processes $((3 * $(nproc))) "$@"
	if [ -z "$why_not_private" ]; then
		# shellcheck disable=SC2086 # lists of names
		set -- sh tests/support/private_root.sh "$PWD" "$work" $places -- $packages -- "$@"
	fi
	run_meson_test "$name" "$log" "$@"
}

# run_integration ARG...: all that the ordinary build has, or less, with the daemons and managers.
run_integration()
{
	CIB_TREE_TRIXIE=$(find_tree trixie) || CIB_TREE_TRIXIE=/nowhere
	export CIB_TREE_TRIXIE
	places=
	[ ! -d "$CIB_TREE_TRIXIE" ] || places=$CIB_TREE_TRIXIE
	run_tests "$HOST_PACKAGES $DAEMON_PACKAGES $MANAGER_PACKAGES" "$places" gcc "$@"
}

# run_units BUILD LOG ARG...
run_units()
{
	run_tests '' '' "$@" --suite unit
}

# find_tree SUITE: prints the path of a tree of that release (debian_tree.sh), which is made if there is none.
find_tree()
{
	[ -z "$why_not_private" ] && command -v debootstrap >/dev/null || return 1
	begin_step "${own##*/stage.}: a tree of $1"
	# shellcheck disable=SC2046 # a list of names
	sh tests/support/debian_tree.sh "$1" $(tree_packages "$1") 2>"$own/log"
}

# Beside all others, because it is others that it waits for.
stage_trees()
{
	for suite in trixie bullseye; do
		if find_tree "$suite" >/dev/null; then
			echo "there is a tree of $suite"
		else
			tail -n 3 "$own/log"
			echo "no tree of $suite: ${why_not_private:-see above}"
		fi
	done
}

stage_gcc()
{
	need_gcc_build && run_integration testlog
}

# One file without any library, with musl; it must behave the same. A wrapper of the tests says which it is.
stage_static()
{
	build_with musl-gcc musl -Dprefer_static=true -Dbus-query=disabled -Dtests=false --buildtype=release || return
	need_gcc_build && run_integration testlog-env --suite integration \
		--wrapper "env CIB=$work/musl/src/cross-init-bridge"
}

# in_another_debian NAME SUITE: the tests of systemd, with the systemd of another Debian, on what was built there
# without meson.
in_another_debian()
{
	if [ -n "$why_not_private" ] || ! command -v debootstrap >/dev/null; then
		skip_check "$1" "${why_not_private:-there is no debootstrap}"
		return
	fi
	tree=$(find_tree "$2") || {
		tail -n 3 "$own/log"
		skip_check "$1" "a tree of Debian's $2 cannot be made"
		return
	}
	mkdir "$work/$1"
	need_gcc_build &&
		check "$1: build without meson" sh tests/support/private_root.sh --root "$tree" "$PWD" "$work" -- -- \
			sh tests/support/build_in_tree.sh "$work/$1" || return
	run_meson_test gcc testlog-sh meson test -C "$work/gcc" --no-rebuild --print-errorlogs --suite systemd \
		--num-processes $((3 * $(nproc))) --wrapper "sh $PWD/tests/support/in_tree.sh $tree $PWD $work/$1"
}

# systemd 247, the last without SYSTEMD_EXEC_PID.
stage_debian11()
{
	in_another_debian debian11 bullseye
}

# systemd 257.
stage_debian13()
{
	in_another_debian debian13 trixie
}

stage_clang()
{
	build_with clang clang && run_units clang testlog
}

# With what the sanitizers add, gcc sees null pointers where none can be.
stage_sanitize()
{
	build sanitize "-Dc_args=['-Wno-nonnull', '-Wno-format-truncation']" -Db_sanitize=address,undefined -Db_lundef=false && run_units sanitize testlog
}

stage_valgrind()
{
	need_ci_release valgrind || return
	if command -v valgrind >/dev/null; then
		need_gcc_build && run_units gcc testlog-valgrind --setup valgrind
	else
		skip_check 'valgrind' 'there is no valgrind'
	fi
}

# A short run of each; longer ones by hand, see tests/fuzz/run.
stage_fuzz()
{
	if ! echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' |
		clang -fsanitize=fuzzer,address -x c -o "$work/fuzzer" - >"$own/log" 2>&1; then
		skip_check 'fuzz' 'there is no clang with a fuzzer'
		return
	fi
	only='tests/fuzz/seeds tests/fuzz/fuzz_datagram tests/fuzz/fuzz_environment tests/fuzz/fuzz_answer'
	CC=clang build fuzz -Dfuzzers=true -Db_sanitize=address,undefined -Db_lundef=false &&
		check 'fuzz: 15 s each' sh tests/fuzz/run "$work/fuzz" 15 && cat "$own/log"
}

# As distributions build, and with what only the optimizer sees.
stage_analyze()
{
	need_ci_release analyze || return
	CFLAGS='-O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fanalyzer' \
		build analyze -Dbuildtype=plain -Dtests=false
}

# The analyzer walks through all ways that a function can take; in the tests, where some take minutes, not so far.
stage_tidy()
{
	need_ci_release tidy && need_git clang-tidy || return
	command -v clang-tidy-14 >/dev/null || {
		skip_check 'clang-tidy' 'there is no clang-tidy-14'
		return
	}
	CC=clang check 'tidy: configure' meson setup -Dfuzzers=true "$work/tidy" || return
	# Not what defines functions of the C library, whose headers call the parameters otherwise.
	# shellcheck disable=SC2046 # lists of files
	check 'clang-tidy: src' sh tests/support/tidy.sh "$work/tidy" 225000 \
		$(git ls-files 'src/*.c' ':!src/base/direct.c' ':!src/base/direct_error.c' \
			':!src/base/direct_given.c' ':!src/base/direct_heap.c' ':!src/base/direct_inet.c' \
			':!src/base/direct_sigset.c' ':!src/base/direct_string.c')
	# shellcheck disable=SC2046
	check 'clang-tidy: tests' sh tests/support/tidy.sh "$work/tidy" 20000 $(git ls-files 'tests/*.c')
}

stage_lint()
{
	need_ci_release lint && need_git lint || return
	# shellcheck disable=SC2046 # lists of files
	check_with clang-format-14 'clang-format' clang-format-14 --dry-run -Werror $(git ls-files '*.c' '*.h')
	# shellcheck disable=SC2046
	check_with shellcheck 'shellcheck' shellcheck -x tests/run tests/demo $(git ls-files '.ci/*' '*.sh' tests/fuzz/run tests/packaging/debian-package tests/packaging/as-alpine tests/packaging/installed) \
		$(git grep -l '^#!/bin/sh' man/examples)
	# shellcheck disable=SC2046
	check_with pyflakes3 'pyflakes' pyflakes3 $(git ls-files '*.py')
	# shellcheck disable=SC2016 # of the shell inside
	check 'top level' sh -c '[ "$(git ls-files ":!.*" | sed "s,/.*,," | sort -u | tr "\n" " ")" = "$*" ]' - \
		"$(printf '%s\n' AUTHORS COPYING NEWS README man meson.build meson_options.txt src tests | sort | tr '\n' ' ')"
	check 'layout of src/' python3 tests/support/check_layout.py src
	check 'contracts of functions' python3 tests/support/check_contracts.py src
	# shellcheck disable=SC2046
	check 'licence and copyright' python3 tests/support/check_headers.py $(git ls-files)
	# shellcheck disable=SC2046
	check 'length of functions' python3 tests/support/check_functions.py $(git ls-files '*.c' '*.h')
	# shellcheck disable=SC2046
	check 'formats that are printed' python3 tests/support/check_formats.py $(git ls-files 'src/*.c')
	check_with mandoc 'mandoc' mandoc -T lint -W warning man/cross-init-bridge.1 man/cross-init-bridge.7
	# shellcheck disable=SC2046
	check_with codespell 'codespell' codespell -L doas,nd,nin,localed,whats $(git ls-files ':!COPYING')
	# shellcheck disable=SC2016 # awk's own
	check 'tracked files are text' sh -c \
		'! git ls-files --eol | awk "\$1 == \"i/-text\" { print; found = 1 } END { exit !found }"'
	check_with cppcheck 'cppcheck' cppcheck --quiet --enable=warning,performance,portability --suppress=memleak \
		--inline-suppr --error-exitcode=1 -Isrc src
}

# What a packager gets: the tarball, which builds, passes and installs where it is told; and the same
# without meson.
stage_dist()
{
	need_git dist && need_gcc_build || return
	check 'dist: make the tarball' meson dist -C "$work/gcc" --no-tests --allow-dirty --formats gztar
	check 'dist: unpack it' tar -xf "$work"/gcc/meson-dist/*.tar.gz -C "$work" || return
	check 'dist: configure' meson setup "$work/tarball" "$work"/cross-init-bridge-*
	check 'dist: build' ninja -C "$work/tarball"
	run_units tarball testlog
	check 'dist: install to DESTDIR' \
		env DESTDIR="$work/root" meson install -C "$work/tarball" --no-rebuild
	check 'dist: run what is installed' "$work/root/usr/local/bin/cross-init-bridge" --version
	check 'dist: build without meson' sh "$work"/cross-init-bridge-*/src/build-without-meson.sh "$work/plain"
	check 'dist: run that' "$work/plain/cross-init-bridge" --version
	if command -v musl-gcc >/dev/null; then
		check 'dist: build without meson, with musl' env CC=musl-gcc LDFLAGS=-static BUS_QUERY=no \
			sh "$work"/cross-init-bridge-*/src/build-without-meson.sh "$work/plain-musl"
		check 'dist: run that with musl' "$work/plain-musl/cross-init-bridge" --version
	fi
}

# in_private PACKAGES COMMAND...: in a private root with the PACKAGES.
in_private()
{
	packages=$1
	shift
	# shellcheck disable=SC2086 # a list of names
	sh tests/support/private_root.sh "$PWD" "$work" -- $packages -- "$@"
}

# What distributions make of that, in packages that are thrown away: Debian, without a dbus-daemon for the unit tests,
# which the stage "dist" has; and Alpine, with musl. Of Debian's what is installed is tried.
stage_package()
{
	need_git package && need_ci_release package && need_gcc_build || return
	for tool in dpkg-buildpackage dh lintian musl-gcc; do
		command -v "$tool" >/dev/null || {
			skip_check 'package' "there is no $tool"
			return
		}
	done
	check 'package: make the tarball' meson dist -C "$work/gcc" --no-tests --allow-dirty --formats gztar
	tarball=$(echo "$work"/gcc/meson-dist/*.tar.gz)
	check 'package: build it as Alpine does, and run it' sh tests/packaging/as-alpine "$tarball" "$work/as-alpine"
	if [ -n "$why_not_private" ]; then
		check 'package: build it as Debian does, and lintian' sh tests/packaging/debian-package "$tarball" "$work/package"
		skip_check 'package: what is installed' "$why_not_private"
		return
	fi
	# shellcheck disable=SC2016 # of the shell inside
	check 'package: build it as Debian does, and lintian' in_private '' \
		sh -c 'rm -f "$(command -v dbus-daemon)" && exec sh tests/packaging/debian-package "$@"' - "$tarball" "$work/package" ||
		return
	check 'package: its autopkgtest' in_private "$HOST_PACKAGES redis-server zsh" \
		sh tests/packaging/installed "$work/package" "$work/gcc" demo
	check 'package: daemons of 0.1.0 go on under an upgrade' in_private "$HOST_PACKAGES" \
		sh tests/packaging/installed "$work/package" "$work/gcc" upgrade
}
