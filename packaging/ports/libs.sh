#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/ports/libs.sh SOURCES PREFIX CC [CFLAG…]
#
# Build what ipcx is tested with for a C library or machine for which Debian has no
# packages at hand: cmocka, json-c and libcap, static and shared, by one recipe for all,
# from their Debian sources. SOURCES keeps these between runs, PREFIX is what the build
# of ipcx then finds by PKG_CONFIG_LIBDIR=PREFIX/lib/pkgconfig. A PREFIX that is whole
# is left alone. Exit status: 77 if the sources are not available.
#
# The headers of the kernel are the same for all C libraries, so they are linked into
# PREFIX/include. libmount is left out: base/mnttable_own.c does without.
set -eu

[ $# -ge 3 ] || {
	echo "usage: libs.sh SOURCES PREFIX CC [CFLAG…]" >&2
	exit 2
}
sources=$1 prefix=$2 cc=$3
shift 3
flags=$*
mkdir -p "$sources" "$prefix"
sources=$(cd "$sources" && pwd -P)
prefix=$(cd "$prefix" && pwd -P)
[ ! -e "$prefix/whole" ] || exit 0

log=$prefix/build.log
: >"$log"
# Print the end of what a failed step said.
status=1
step() {
	"$@" >>"$log" 2>&1 && return
	printf 'libs.sh: failed: %s\n' "$*" >&2
	tail -n 20 "$log" >&2
	exit $status
}

# ---- sources, by lists of apt's own, so that the machine's stay as they are

fetch() {
	mkdir -p "$sources/apt/lists" "$sources/apt/cache"
	: >"$sources/apt/status"
	key=/usr/share/keyrings/debian-archive-keyring.gpg
	# shellcheck disable=SC2016 # fields of apt
	apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
		sort -u | sed "s|^|deb-src [signed-by=$key] |" >"$sources/apt/sources.list"
	for what in update "source --only-source cmocka json-c libcap2"; do
		# shellcheck disable=SC2086 # words
		(cd "$sources" && step apt-get -qq -o Dir::State::Lists="$sources/apt/lists" \
			-o Dir::Etc::SourceList="$sources/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
			-o Dir::Cache="$sources/apt/cache" -o Dir::State::status="$sources/apt/status" \
			-o APT::Sandbox::User=root $what)
	done
	for name in cmocka json-c libcap2; do
		for dir in "$sources/$name"-*/; do
			ln -sfn "$dir" "$sources/$name"
		done
	done
	: >"$sources/whole"
}

if [ ! -e "$sources/whole" ]; then
	status=77
	fetch
	status=1
fi

# ---- headers of the kernel

mkdir -p "$prefix/include"
for dir in linux asm-generic; do
	ln -sfn "/usr/include/$dir" "$prefix/include/$dir"
done
# A cross compiler has its own asm/, musl-gcc and gcc -m32 have none.
# shellcheck disable=SC2086 # words
if ! printf '#include <asm/unistd.h>\n' | $cc $flags -E - >/dev/null 2>&1; then
	ln -sfn "/usr/include/$(gcc -print-multiarch)/asm" "$prefix/include/asm"
fi

# ---- libraries

flags="-O1 -w -isystem $prefix/include $flags"

by_cmake() {
	name=$1
	shift
	build=$prefix/build/$name
	step cmake -S "$sources/$name" -B "$build" -G Ninja -DCMAKE_SYSTEM_NAME=Linux \
		-DCMAKE_C_COMPILER="$cc" -DCMAKE_C_FLAGS="$flags" -DCMAKE_INSTALL_PREFIX="$prefix" \
		-DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=None "$@"
	step ninja -C "$build" install
}

by_cmake cmocka -DWITH_STATIC_LIB=ON -DWITH_EXAMPLES=OFF
by_cmake json-c -DBUILD_STATIC_LIBS=ON -DBUILD_TESTING=OFF -DBUILD_APPS=OFF -DDISABLE_WERROR=ON
rm -rf "$prefix/build/libcap2"
cp -r "$sources/libcap2/." "$prefix/build/libcap2"
step make -C "$prefix/build/libcap2/libcap" CC="$cc $flags" BUILD_CC=gcc \
	AR="$($cc -print-prog-name=ar)" RANLIB="$($cc -print-prog-name=ranlib)" OBJCOPY="$($cc -print-prog-name=objcopy)" USE_GPERF=no PTHREADS=no \
	prefix="$prefix" lib=lib RAISE_SETFCAP=no SHARED=yes install
rm -rf "$prefix/build"
: >"$prefix/whole"
