#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/try.sh [ARGS…]  builds ipcx in the checkout and runs it with ARGS (default:
# ls). The first time, installs the packages that the build needs; never installs ipcx.
#
# IPCX_BUILD=DIR sets the build directory (default: build/try).
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
build=${IPCX_BUILD:-$top/build/try}
log=$build/try.log

# Keep stdin and stdout for ipcx.
build() {
	if [ ! -e "$build/build.ninja" ]; then
		meson setup --buildtype=release -Dtests=disabled "$build" "$top" || return
	fi
	ninja -C "$build"
}

if [ ! -e "$build/build.ninja" ]; then
	# Without permission to install packages, the tools may still be available.
	"$top/packaging/deps.sh" build </dev/null >&2 ||
		{ command -v meson && command -v ninja; } >/dev/null || exit 1
	mkdir -p -- "$build"
fi
if ! build </dev/null >"$log" 2>&1; then
	cat -- "$log" >&2
	echo "try.sh: the build failed, its output is above" >&2
	exit 1
fi

[ $# -gt 0 ] || set -- ls
exec "$build/cmd/ipcx" "$@"
