#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/deps.sh KIND…  installs missing packages for
#
#   build   building ipcx, its library and its man pages
#   test    the same, and running the test suites
#   containers  the runtimes that tests/containers starts, as far as available; their
#               services are not started
#   programs  servers that tests/truth starts, as far as available; likewise
#   monitoring  monitoring systems that tests/fleet starts, as far as available; likewise
#   bench   tools that tests/bench compares ipcx with, besides util-linux
#   clang   the second compiler, its sanitizers, clang-format, clang-tidy
#   ports   the compilers and emulators of packaging/ports.sh; "libs" is the part of them that
#           builds libraries, "musl" what one for musl takes
#   deb     the packages of "build", and making the Debian package
#
# No other file contains the package names of distributions.
# Silent if nothing is missing; all output goes to stderr. While another program installs
# packages, it waits, for ten minutes at most.
set -eu

die() {
	printf 'deps.sh: %s\n' "$*" >&2
	exit 1
}

# Print the first known word of ID and ID_LIKE.
family() {
	for os in /etc/os-release /usr/lib/os-release; do
		[ -r "$os" ] || continue
		# shellcheck source=/dev/null
		for id in $(. "$os" && echo "${ID:-} ${ID_LIKE:-}"); do
			case $id in
			debian | ubuntu) echo debian ;;
			fedora | rhel | centos) echo fedora ;;
			arch | alpine) echo "$id" ;;
			*) continue ;;
			esac
			return
		done
		break
	done
	echo unknown
}

# Debian's package for building programs of 32 bits, for the compiler's version. Not
# gcc-multilib: it conflicts with cross compilers.
multilib() {
	[ "$(dpkg --print-architecture)" = amd64 ] || return 0
	version=$(gcc -dumpversion 2>/dev/null ||
		apt-cache depends gcc 2>/dev/null | sed -n 's/.*Depends: gcc-\([0-9]*\)$/\1/p')
	[ -z "$version" ] || echo "gcc-${version%%.*}-multilib"
}

names() {
	case $1 in
	test | deb) names build ;;
	musl | ports) names libs ;;
	esac
	case $family:$1 in
	debian:build) echo gcc libc6-dev meson ninja-build pkg-config \
		libcap-dev libjson-c-dev libmount-dev scdoc python3 ;;
	debian:test) echo g++ libcmocka-dev python3-pytest python3-pytest-timeout \
		python3-jsonschema strace util-linux psmisc libcap2-bin jq groff-base zsh fish \
		abigail-tools dpkg-dev ccache "$(multilib)" ;;
	*:bench) echo lsof psmisc stress-ng ;;
	debian:clang) echo clang clang-format clang-tidy libclang-rt-dev ;;
	# By packaging/ports/libs.sh, from sources.
	debian:libs) echo cmake dpkg-dev make xz-utils ;;
	debian:musl) echo musl-tools musl-dev ;;
	debian:ports) echo musl-tools musl-dev "$(multilib)" qemu-user-static \
		gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-linux-gnueabihf libc6-dev-armhf-cross \
		gcc-riscv64-linux-gnu libc6-dev-riscv64-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross \
		gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross ;;
	debian:deb) echo build-essential debhelper libcmocka-dev ;;
	debian:containers) echo runc crun bubblewrap busybox-static jq procps podman conmon uidmap lxc containerd \
		docker.io systemd-container firejail buildah lxd rootlesskit slirp4netns ;;
	debian:programs) echo postgresql apache2-bin xvfb dbus ;;
	debian:monitoring) echo prometheus prometheus-node-exporter python3-prometheus-client python3-yaml \
		nagios4-core icinga2-bin zabbix-agent podman catatonit buildah systemd ;;

	# On RHEL and similar distributions some of these are in CRB and EPEL.
	fedora:build) echo gcc meson ninja-build pkgconf-pkg-config \
		libcap-devel json-c-devel libmount-devel scdoc python3 ;;
	fedora:test) echo gcc-c++ libasan libubsan libcmocka-devel \
		python3-pytest python3-pytest-timeout python3-jsonschema strace util-linux psmisc libcap jq groff-base \
		zsh fish libabigail ccache ;;
	fedora:containers) echo runc crun bubblewrap busybox jq procps-ng podman conmon lxc systemd-container \
		firejail buildah ;;
	fedora:programs) echo postgresql-server postgresql httpd xorg-x11-server-Xvfb dbus-daemon ;;
	fedora:monitoring) echo golang-github-prometheus golang-github-prometheus-node-exporter \
		python3-prometheus_client python3-pyyaml nagios icinga2 zabbix-agent podman catatonit buildah systemd ;;
	fedora:clang) echo clang clang-tools-extra compiler-rt ;;

	arch:build) echo gcc meson ninja pkgconf json-c libcap util-linux-libs scdoc python ;;
	arch:test) echo cmocka python-pytest python-pytest-timeout python-jsonschema strace util-linux psmisc \
		libcap jq groff zsh fish libabigail ccache ;;
	arch:containers) echo runc crun bubblewrap busybox jq procps-ng podman conmon lxc docker firejail \
		buildah rootlesskit slirp4netns ;;
	arch:programs) echo postgresql apache xorg-server-xvfb dbus ;;
	arch:monitoring) echo prometheus prometheus-node-exporter python-prometheus_client python-yaml nagios \
		zabbix-agent podman catatonit buildah ;;
	arch:clang) echo clang compiler-rt ;;

	# gcc has no sanitizers on musl: only the clang build can be tested there.
	alpine:build) echo gcc musl-dev linux-headers meson samurai pkgconf \
		json-c-dev libcap-dev util-linux-dev scdoc python3 ;;
	alpine:test) echo g++ cmocka-dev py3-pytest py3-pytest-timeout py3-jsonschema strace util-linux psmisc \
		coreutils libcap-utils jq groff zsh fish ccache ;;
	alpine:containers) echo runc crun bubblewrap busybox-static jq procps podman conmon lxc docker \
		firejail buildah lxd rootlesskit slirp4netns ;;
	alpine:programs) echo postgresql postgresql-client apache2 xvfb dbus ;;
	alpine:monitoring) echo prometheus prometheus-node-exporter py3-prometheus-client py3-yaml nagios icinga2 \
		zabbix-agent podman catatonit buildah ;;
	alpine:clang) echo clang clang-extra-tools compiler-rt ;;

	*) die "unknown kind '$1' on $family" ;;
	esac
}

has() {
	case $family in
	debian) dpkg-query -W -f='${db:Status-Status}\n' "$1" | grep -qx installed ;;
	fedora) rpm -q --whatprovides "$1" ;;
	arch) pacman -Q "$1" ;;
	alpine) apk info -e "$1" ;;
	esac >/dev/null 2>&1
}

[ $# -gt 0 ] || die "usage: deps.sh build|test|clang|deb…"
family=$(family)
refresh=
case $family in
debian)
	refresh="apt-get update"
	install="apt-get install -y --no-install-recommends"
	;;
fedora) install="dnf install -y --setopt=install_weak_deps=False" ;;
arch)
	install="pacman -S --needed --noconfirm"
	# New package lists without an upgrade can break Arch: get them only if there are none.
	ls /var/lib/pacman/sync/*.db >/dev/null 2>&1 || refresh="pacman -Sy"
	;;
alpine) install="apk add --no-cache" ;;
*)
	die "no package names known for this distribution: install a C compiler, meson," \
		"ninja, pkg-config, scdoc, python3, the headers of libmount, libcap and json-c;" \
		"to test: a C++ compiler, cmocka, pytest, jsonschema, strace, util-linux, jq"
	;;
esac

wanted=
for kind in "$@"; do
	wanted="$wanted $(names "$kind")"
done
missing=
for package in $wanted; do
	has "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
by_hand="run as root: ${refresh:+$refresh && }$install$missing"

as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || die "missing:$missing; $by_hand"
	as_root=sudo
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
	tries=600
	# apt's own option for waiting covers the lock of dpkg, not that of the lists.
	# shellcheck disable=SC2086 # a command is several words
	until $as_root env LC_ALL=C DEBIAN_FRONTEND=noninteractive $1 </dev/null >"$log" 2>&1; do
		held=$(grep -Ei -m 1 '(could not get|unable to( acquire the [a-z ]*)?) lock' "$log") || return 1
		[ $tries -ne 600 ] || printf 'deps.sh: waiting: %s\n' "${held#E: }" >&2
		[ $tries -gt 0 ] || return 1
		tries=$((tries - 1))
		sleep 1
	done
}

# Prevent packages from starting services: the tests start the daemons they need.
policy=/usr/sbin/policy-rc.d
case " $* " in
*" containers "* | *" programs "* | *" monitoring "*) if [ "$family" = debian ] && [ ! -e $policy ] && [ -z "$as_root" ]; then
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
	trap 'rm -f "$log" $policy' EXIT
fi ;;
esac

echo "deps.sh: installing$missing" >&2
# An unreachable source may not matter; if it does, the next step fails.
[ -z "$refresh" ] || run "$refresh" || :
run "$install$missing" && exit 0
# Install the programs that are available, one by one; the tests report missing ones.
case $* in
containers | programs | monitoring)
	for package in $missing; do
		run "$install $package" || echo "deps.sh: $package could not be installed" >&2
	done
	exit 0
	;;
esac
cat "$log" >&2
die "could not install; $by_hand"
