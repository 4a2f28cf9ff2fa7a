#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/debian/build.sh  builds the Debian packages from a copy of the working tree,
# and puts them in build/deb.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
deb=$top/build/deb
"$top/packaging/deps.sh" deb

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/ipcx"
tar -C "$top" --exclude=./build --exclude=./.git --exclude=__pycache__ -cf - . |
	tar -C "$work/ipcx" -xf -
cp -R "$work/ipcx/packaging/debian" "$work/ipcx/debian"

mkdir -p "$deb"
if ! (cd "$work/ipcx" && DEB_BUILD_OPTIONS="noautodbgsym ${DEB_BUILD_OPTIONS:-}" \
	dpkg-buildpackage -us -uc -b) >"$deb/build.log" 2>&1; then
	cat "$deb/build.log" >&2
	exit 1
fi
rm -f "$deb"/*.deb
mv "$work"/*.deb "$deb"
ls "$deb"/*.deb
