#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/release.sh [--check] VERSION
#
# Release VERSION from the commit that is checked out: check that all files have this version, run
# the suites, compare the ABI with the baseline, make the tarball, sign the tag. Nothing is
# pushed. --check stops after the quick checks.
#
# Before, edit the version in meson.build, lib/ipcx.h and packaging/debian/changelog, and add
# its heading to NEWS.md: "## VERSION (YYYY-MM-DD)".
set -eu

die() {
	printf 'release.sh: %s\n' "$*" >&2
	exit 1
}

check_only=
[ "${1-}" != --check ] || {
	check_only=yes
	shift
}
[ $# -eq 1 ] || die "usage: release.sh [--check] VERSION"
version=$1
expr "x$version" : 'x[0-9]\{1,\}\.[0-9]\{1,\}\.[0-9]\{1,\}$' >/dev/null || die "'$version' is not MAJOR.MINOR.PATCH"
tag=v$version

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$top"

# ---- checks

[ -z "$(git status --porcelain)" ] || die "the checkout has changes: commit them first"
! git rev-parse -q --verify "refs/tags/$tag" >/dev/null || die "tag $tag already exists"
newest=$(git tag --list 'v*' | sed 's/^v//' | sort -V | tail -n 1)
if [ -n "$newest" ] && [ "$(printf '%s\n%s\n' "$newest" "$version" | sort -V | tail -n 1)" != "$version" ]; then
	die "$newest was already released, and $version is older"
fi

grep -q "^  version: '$version',\$" meson.build || die "meson.build has another version: edit it"
for part in MAJOR MINOR PATCH; do
	number=$(sed -n "s/^#define IPCX_VERSION_$part \([0-9]*\)\$/\1/p" lib/ipcx.h)
	header=${header:+$header.}$number
done
[ "$header" = "$version" ] || die "lib/ipcx.h has version $header: edit it"
head -n 1 packaging/debian/changelog | grep -qF "ipcx ($version)" || die "packaging/debian/changelog begins with another version"
grep -q "^## $version ([0-9]\{4\}-[0-9][0-9]-[0-9][0-9])\$" NEWS.md ||
	die "NEWS.md has no heading '## $version (YYYY-MM-DD)'"
[ -z "$check_only" ] || exit 0

# ---- tests, ABI, tarball, tag

.ci/run
build=build/release-$version
rm -rf "$build"
meson setup "$build" --buildtype=release -Dtests=enabled -Ddocs=enabled
ninja -C "$build"
meson test -C "$build" --no-rebuild --suite unit --suite api --suite fuzz
# meson dist packs the committed files; .ci/run has tested them.
meson dist -C "$build" --formats=xztar,gztar --no-tests
git tag -s -m "ipcx $version" "$tag"

echo
echo "Made $tag and"
ls "$build/meson-dist"
echo "To publish: git push origin $tag, and upload these files."
