#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/run.sh [--clang] [--build DIR] [--no-install] [--again N] [SUITE…]
#
# Install the tests' dependencies, build the developer profile (build-dev.ini) and run
# all suites, or those named, in fresh namespaces. The last line is 'N passed, N failed,
# N skipped'; the exit status is 0 if no test failed and at least one ran.
#
#   --clang       build and test with clang, in build/clang instead of build/dev
#   --build DIR   test what is built in DIR: it is neither set up nor built here
#   --no-install  the dependencies are already installed
#   --again N     run each failed test again on its own, unless more than N failed: those
#                 that pass then are reported as flaky, and do not fail the run
#
# Suites: unit api fuzz (C, run by meson), truth hostile containers fleet policy compat cli
# (pytest, two at a time: the first is taken from the front, the second from the end).
set -eu

c_suites="unit api fuzz"
py_suites="truth hostile containers fleet policy compat cli"
no_kernel="unit fuzz policy"
# These look at all processes and containers of the machine: one at a time.
whole_machine="truth containers"

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$top"
PATH=$PATH:/usr/sbin:/sbin
python=/usr/bin/python3 # the distribution's: the one that has its pytest

build=$top/build/dev
kinds="test"
install=yes
built=
again=0
suites=
while [ $# -gt 0 ]; do
	case " $c_suites $py_suites " in
	*" $1 "*) suites="$suites $1" ;;
	*) case $1 in
		--clang)
			build=$top/build/clang
			kinds="test clang"
			export CC=clang CXX=clang++
			;;
		--build)
			build=$(cd "${2-}" && pwd -P) || exit 2
			install=
			built=yes
			shift
			;;
		--no-install) install= ;;
		--again)
			again=${2-}
			case $again in
			'' | *[!0-9]*)
				echo "run.sh: --again needs a number" >&2
				exit 2
				;;
			esac
			shift
			;;
		-h | --help)
			sed -n '4,/^$/ s/^# \{0,1\}//p' "$0"
			exit
			;;
		*)
			echo "run.sh: neither an option nor a suite: '$1' (see --help)" >&2
			exit 2
			;;
		esac ;;
	esac
	shift
done
out=$build/results
log=$build/build.log
beside=$build/beside.log

# Without a build, report one test that failed.
give_up() {
	echo "failed: $*"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}

# Output matters only if the step failed.
step() {
	"$@" </dev/null >>"$log" 2>&1 && return
	cat "$log"
	give_up "$@"
}

# Run a command isolated from the machine's own IPC objects. If that is impossible, only
# suites that touch none are started.
private() {
	if [ -z "${isolated-unknown}" ]; then
		"$@"
		return
	fi
	tests/private.sh "$@"
}

# Results that no test framework reports itself: SUITE pass|fail|skip NAME REASON.
note() {
	printf '%s\t%s\t%s\t%s\n' "$@" >>"$out/notes"
}

run_c() {
	printf '\n== %s\n' "$1"
	private meson test -C "$build" --suite "$1" --no-rebuild --timeout-multiplier 3 \
		--print-errorlogs --logbase "$1" || :
	mv "$build/meson-logs/$1.json" "$out/" 2>/dev/null ||
		note "$1" fail "meson test" "ran none of them"
}

run_py() {
	status=0
	printf '\n== %s\n' "$1"
	tests/suite.sh "$1" --junitxml="$out/$1.xml" || status=$?
	case $status in
	0 | 1 | 2) # its report has the counts
		[ -e "$out/$1.xml" ] || note "$1" fail pytest "left no report"
		;;
	5) note "$1" fail pytest "found no tests" ;;
	124) note "$1" fail pytest "hung: took more than an hour" ;;
	*) note "$1" fail pytest "ended with status $status" ;;
	esac
}

# Run each failed test again on its own: one that passes now is flaky, and named in the
# summary.
run_again() {
	"$python" tests/summary.py "$out" --failed >"$out/failed"
	[ "$(wc -l <"$out/failed")" -le "$again" ] || return 0
	while IFS='	' read -r suite name; do
		printf '\n== once more: %s %s\n' "$suite" "$name"
		case " $c_suites " in
		*" $suite "*)
			private meson test -C "$build" --suite "$suite" --no-rebuild --timeout-multiplier 3 \
				--print-errorlogs --logbase again "$name" </dev/null || continue
			;;
		*)
			case $name in
			tests/*) tests/suite.sh "$name" </dev/null || continue ;;
			*) continue ;; # the suite itself
			esac
			;;
		esac
		printf '%s\t%s\n' "$suite" "$name" >>"$out/flaky"
	done <"$out/failed"
}

# Meson reads the profile once.
[ -n "$built" ] || [ -z "$(find build-dev.ini -newer "$build/build.ninja" 2>/dev/null)" ] || rm -rf "$build"
rm -rf "$out"
mkdir -p "$out"
: >"$log"
# shellcheck disable=SC2086 # words
[ -z "$install" ] || packaging/deps.sh $kinds || give_up packaging/deps.sh $kinds
# Without a runtime or server its tests are skipped with a message.
case " ${suites:-containers} " in
*" containers "*) [ -z "$install" ] || packaging/deps.sh containers || : ;;
esac
case " ${suites:-fleet} " in
*" fleet "*) [ -z "$install" ] || packaging/deps.sh monitoring || : ;;
esac
case " ${suites:-truth} " in
*" truth "*) [ -z "$install" ] || packaging/deps.sh programs || : ;;
esac
[ -n "$built" ] || [ -e "$build/build.ninja" ] || step meson setup "$build" --native-file build-dev.ini
[ -n "$built" ] || step ninja -C "$build"

export IPCX="$build/cmd/ipcx" IPCX_BUILD="$build"
export CMOCKA_MESSAGE_OUTPUT=TAP PYTHONDONTWRITEBYTECODE=1
# A leak must not be taken for ipcx's own exit status 1.
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=1:exitcode=99}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1:abort_on_error=1}"

private true 2>"$log" && isolated=yes || isolated=
lane=
for suite in ${suites:-$c_suites $py_suites}; do
	[ -d "tests/$suite" ] || continue
	case " $no_kernel " in
	*" $suite "*) ;;
	*) if [ -z "$isolated" ]; then
		note "$suite" skip "all of it" "no namespaces here: $(tail -n 1 "$log")"
		continue
	fi ;;
	esac
	case " $c_suites " in
	*" $suite "*) run_c "$suite" ;;
	*) lane="$lane $suite" ;;
	esac
done

# Two lanes, each with a CPU and namespaces of its own. One begins with the longest suite,
# the other with those that follow it in length; each takes what the other has not begun.
run_lane() {
	for suite; do
		mkdir "$out/begun.$suite" 2>/dev/null || continue
		case " $whole_machine " in
		*" $suite "*) (flock 9 && run_py "$suite" 9>&-) 9>"$out/whole-machine" ;;
		*) run_py "$suite" ;;
		esac
	done
}

backwards=
for suite in $lane; do
	backwards="$suite $backwards"
done
# shellcheck disable=SC2086 # words
run_lane $lane >"$beside" 2>&1 &
# shellcheck disable=SC2086 # words
run_lane $backwards
wait
rm -rf "$out"/begun.* "$out/whole-machine"
cat "$beside"
[ "$again" -eq 0 ] || run_again
"$python" tests/summary.py "$out"
