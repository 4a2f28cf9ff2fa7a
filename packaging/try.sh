#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/try.sh [ARGS…]  builds ipcx where it is checked out and runs it: ipcx ARGS,
# or ipcx ls. Installs what the build needs, the first time; installs nothing of ipcx.
#
# IPCX_BUILD=DIR builds there instead of in build/try.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
build=${IPCX_BUILD:-$top/build/try}
log=$build/try.log

# Only ipcx may write on stdout or read stdin.
build() {
	if [ ! -e "$build/build.ninja" ]; then
		meson setup --buildtype=release "$build" "$top" || return
	fi
	ninja -C "$build"
}

if [ ! -e "$build/build.ninja" ]; then
	# Where no package may be installed, the tools may be there by other means.
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
