#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh [--rounds N] [--json FILE] [P1 P2 ...]: measure the performance goals.
# run.sh fleet [--rounds N] [--json FILE]: measure what the metrics of many hosts cost.
# Everything happens in private namespaces and a temporary directory; nothing is left.
#   IPCX=FILE    measure that program instead of a release build of this tree
#   BUILD=DIR    the build directory (build/bench)
set -eu

script=bench.py
[ "${1-}" != fleet ] || { script=fleet.py; shift; }
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
BUILD=${BUILD:-$root/build/bench}
BENCH_BIN=$BUILD/helpers

if [ -z "${IPCX:-}" ]; then
	[ -e "$BUILD/build.ninja" ] ||
		meson setup --buildtype=release -Dtests=disabled "$BUILD" "$root" >&2
	ninja -C "$BUILD" >&2
	# Installed: in the build tree a run path is searched before the loader's cache.
	rm -rf "$BUILD/installed"
	DESTDIR=$BUILD/installed meson install -C "$BUILD" --no-rebuild --quiet --tags runtime >&2
	IPCX=$(find "$BUILD/installed" -path '*/bin/ipcx')
	BENCH_LIB=$(dirname "$(find "$BUILD/installed" -name 'libipcx.so.?' | head -n 1)")
	export BENCH_LIB
fi
IPCX=$(realpath "$IPCX")
[ -x "$IPCX" ] || { echo "run.sh: $IPCX: no such program" >&2; exit 2; }

mkdir -p "$BENCH_BIN"
for helper in world fixture floor observer trivial crowd tenants sleepers pass noquery qloop stream; do
	"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -o "$BENCH_BIN/$helper" \
		"$here/$helper.c" -lrt
done
# in-process scans need the library: of this build, or an installed one
lib=$(dirname "$(find "$BUILD" -name libipcx.so | head -n 1)")
"${CC:-cc}" -std=gnu11 -O2 -I"$root/lib" -o "$BENCH_BIN/scan" "$here/scan.c" \
	-L"$lib" -Wl,-rpath,"$lib" -lipcx || rm -f "$BENCH_BIN/scan"

BENCH_BIN=$(realpath "$BENCH_BIN")
BENCH_IPCX=$IPCX
BENCH_TMP=$(mktemp -d "$BENCH_BIN/run.XXXXXX")
for name in ipcs ipcrm lsipc; do
	ln -s "$IPCX" "$BENCH_TMP/$name"
done
export BENCH_BIN BENCH_IPCX BENCH_TMP
# An unprivileged user needs a user namespace around the others; rows that need other
# users' objects are then n/a.
user=
[ "$(id -u)" = 0 ] || user="--user --map-root-user"

# The outer namespaces are a second barrier: measured commands run in worlds of their own.
# --kill-child: whatever kills unshare (which itself blocks SIGTERM) also kills its children.
# shellcheck disable=SC2086
unshare $user --ipc --mount --propagation private --pid --fork --kill-child --mount-proc \
	/usr/bin/python3 -B "$here/$script" "$@" &
driver=$!
trap 'kill -KILL $driver; wait $driver || :; rm -rf "$BENCH_TMP"; exit 130' INT TERM HUP
status=0
wait $driver || status=$?
rm -rf "$BENCH_TMP"
exit $status
