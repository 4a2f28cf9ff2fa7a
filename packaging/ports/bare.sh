#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/ports/bare.sh TARBALL [PACKAGE…]
#
# Build the tarball of 'meson dist' on a root with nothing but a compiler, meson, ninja and
# the headers of json-c and libcap (and PACKAGEs, such as libmount-dev), as somebody does
# whose machine has neither pkg-config nor scdoc. Check that all pages, links, completions
# and the JSON Schema are installed, and that the program runs. Needs root and
# debootstrap; leaves nothing behind.
set -eu

[ $# -ge 1 ] || {
	echo "usage: bare.sh TARBALL [PACKAGE…]" >&2
	exit 2
}
tarball=$(realpath "$1")
shift
packages=gcc,libc6-dev,meson,ninja-build,libjson-c-dev,libcap-dev
for package in "$@"; do
	packages=$packages,$package
done
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT

# Mirror and release are those of the machine.
# shellcheck disable=SC2016 # a field of apt
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
# shellcheck source=/dev/null
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
debootstrap --variant=minbase --include="$packages" "$release" "$work/root" "$mirror" >"$work/log" 2>&1 || {
	tail -n 20 "$work/log" >&2
	exit 1
}
mkdir "$work/root/src"
tar -C "$work/root/src" --strip-components=1 -xf "$tarball"

# Without dpkg-dev, meson does not know where Debian has its libraries: hence --libdir.
# shellcheck disable=SC2016 # expanded in there
unshare --mount --ipc --pid --fork --propagation private chroot "$work/root" sh -euc '
	mount -t proc proc /proc
	[ -c /dev/null ] || mknod -m 666 /dev/null c 1 3
	mkdir -p /dev/shm && mount -t tmpfs tmpfs /dev/shm
	! command -v pkg-config scdoc || exit 1
	cd /src
	meson setup build --prefix=/usr --libdir=lib >/tmp/log 2>&1 && ninja -C build >>/tmp/log 2>&1 && meson install -C build --destdir /stage >>/tmp/log 2>&1 || {
		tail -n 40 /tmp/log
		exit 1
	}
	cp -a /stage/. /
	ldconfig
	id=$(ipcx mk shm --size 4K)
	[ "$(ipcx ls shm -q)" = "shm:$id" ]
	ipcx rm "shm:$id" && ipcx ls --json && ipcx --version
'

# What is there has to be what was shipped, and what completion/ installs.
(cd "$work/root/src/man/built/man" && find . -type f) | sort >"$work/shipped"
(cd "$work/root/stage/usr/share/man" && find . -type f) | sort >"$work/installed"
diff "$work/shipped" "$work/installed"
[ "$(grep -c 'man1/ipcx' "$work/installed")" -gt 50 ] && [ "$(grep -c 'man3/' "$work/installed")" -gt 100 ]
for file in ipcx/ipcx.schema.json bash-completion/completions/ipcx zsh/vendor-completions/_ipcx fish/vendor_completions.d/ipcx.fish; do
	[ -s "$work/root/stage/usr/share/$file" ] || {
		echo "bare.sh: $file is not installed" >&2
		exit 1
	}
done
echo "bare.sh: $(grep -c '' "$work/installed") pages and links, completions, schema; libmount: $(grep -aq 'libmount.so.1' "$work"/root/stage/usr/lib/libipcx.so.0 && echo loaded || echo none)"
