#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/api/abi/take.sh [LIBRARY]: record the ABI of the library as the baseline that
# tests/policy/test_abi.py compares with. Run it when a release adds to the ABI, never to
# get rid of a difference. LIBRARY is a shared library with debug information; without it,
# one is built.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$here/../../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

library=${1-}
if [ -z "$library" ]; then
	meson setup "$work/build" "$top" --buildtype=plain -Dc_args=-g -Dtests=disabled -Ddocs=disabled >&2
	meson compile -C "$work/build" ipcx:shared_library >&2
	library=$work/build/lib/libipcx.so.0
fi
# Only the types of the public headers count.
mkdir "$work/include"
cp "$top/lib/ipcx.h" "$top/lib/ipcx-stress.h" "$work/include"
abidw --headers-dir "$work/include" --drop-private-types --exported-interfaces-only --no-corpus-path --no-comp-dir-path --no-show-locs --no-write-default-sizes \
	--out-file "$work/libipcx.abi" "$library"
mv "$work/libipcx.abi" "$here/libipcx.$(uname -m).abi"
