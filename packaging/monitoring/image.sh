#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/monitoring/image.sh [--program FILE] [--tag NAME]
#
# Build the static program and, by buildah or podman, without network, an image that has
# nothing else in it. Push it to where the nodes of kubernetes/daemonset.yaml find it.
#
#   --program FILE  a static program that is built already
#   --tag NAME      the image's name (localhost/ipcx:latest)
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
program=
tag=localhost/ipcx:latest
while [ $# -gt 0 ]; do
	case $1 in
	--program) program=${2-} ;;
	--tag) tag=${2-} ;;
	-h | --help)
		sed -n '4,/^set/ { /^#/ s/^# \{0,1\}//p }' "$0"
		exit
		;;
	*)
		echo "image.sh: neither --program nor --tag: '$1'" >&2
		exit 2
		;;
	esac
	[ $# -ge 2 ] || {
		echo "image.sh: $1: needs a value" >&2
		exit 2
	}
	shift 2
done

if [ -z "$program" ]; then
	"$top/packaging/deps.sh" build
	build=$top/build/image
	[ -e "$build/build.ninja" ] || meson setup "$build" "$top" -Dbuildtype=release -Ddefault_library=static \
		-Dprefer_static=true -Dtests=disabled -Ddocs=disabled >&2
	ninja -C "$build" cmd/ipcx >&2
	program=$build/cmd/ipcx
fi

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp "$program" "$context/ipcx"
strip "$context/ipcx"
# A program that needs a loader cannot start in an empty image.
! LC_ALL=C readelf -l "$context/ipcx" | grep -q INTERP || {
	echo "image.sh: $program is not static" >&2
	exit 1
}
cp "$top/packaging/monitoring/kubernetes/Containerfile" "$context"
if command -v buildah >/dev/null; then
	buildah build --network none --tag "$tag" "$context" >&2
else
	podman build --network none --tag "$tag" "$context" >&2
fi
echo "$tag"
