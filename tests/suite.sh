#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/suite.sh SUITE|TEST [OPTION…]
#
# Run a suite of tests/, or one test ("tests/cli/test_rm.py::test_…"), by pytest, isolated from the machine's own IPC objects, against
# $IPCX of the build directory $IPCX_BUILD (default: build/dev). OPTIONs are pytest's.
# Exit status: pytest's; 77 (skipped, for meson) without pytest or namespaces.
set -eu

tests=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
PATH=$PATH:/usr/sbin:/sbin
python=/usr/bin/python3 # the distribution's: the one that has its pytest
suite=$1
shift
case $suite in
tests/*) what=$suite ;;
*) what=tests/$suite ;;
esac
suite=${what#tests/}
suite=${suite%%/*}
[ -d "$tests/$suite" ] || {
	echo "suite.sh: no suite '$suite'" >&2
	exit 2
}

IPCX_BUILD=${IPCX_BUILD:-${tests%/tests}/build/dev}
IPCX=${IPCX:-$IPCX_BUILD/cmd/ipcx}
# A leak must not pass for ipcx's own exit status 1.
ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=1:exitcode=99}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1:abort_on_error=1}
export IPCX IPCX_BUILD ASAN_OPTIONS UBSAN_OPTIONS PYTHONDONTWRITEBYTECODE=1

private=$tests/private.sh
if ! "$private" true; then
	# Suites that touch no IPC object do without.
	if [ "$suite" != policy ]; then
		echo "suite.sh: no namespaces here: $suite is skipped"
		exit 77
	fi
	private=
fi
if ! "$python" -m pytest --version >/dev/null 2>&1; then
	echo "suite.sh: $python has no pytest: $suite is skipped"
	exit 77
fi

# A test that hangs fails, and does not cost the tests after it; without the plug-in, it
# ends its suite.
limit=
! "$python" -c "import pytest_timeout" 2>/dev/null || limit="--timeout=900 --timeout-method=signal"

# The caller may ignore signals that the tests send. An hour is for a suite that hangs;
# SIGINT, so that pytest still reports its progress.
cd "${tests%/tests}"
# shellcheck disable=SC2086 # options
exec ${private:+"$private"} env --default-signal timeout --foreground -s INT -k 60 60m \
	"$python" -m pytest -qq -rN --tb=short -p no:cacheprovider -o faulthandler_timeout=300 $limit "$@" "$what"
