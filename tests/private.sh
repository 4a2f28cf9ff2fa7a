#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/private.sh COMMAND…
#
# Run a command isolated from the machine's own IPC objects: in fresh IPC and mount
# namespaces, with an empty /dev/shm and an empty /dev/mqueue, as every machine with an
# init has them. A machine without gets a /dev that has them, where possible.
#
# Where $IPCX is static, or made with musl, it asks only the files for users and groups:
# what it says about other services in /etc/nsswitch.conf would be one line more in each
# test, so the machine has no others then.
set -eu

NSSWITCH=
if [ -n "${IPCX-}" ] && [ -e "$IPCX" ] && ! head -c 4096 "$IPCX" | grep -q /ld-linux; then
	NSSWITCH=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)/nsswitch.conf
fi
export NSSWITCH

user=
[ "$(id -u)" -eq 0 ] || user="--user --map-root-user"

# shellcheck disable=SC2016,SC2086 # expanded in there; words
exec unshare $user --ipc --mount --propagation private sh -euc '
	copy_dev() {
		for f in /dev/*/; do
			f=${f%/}
			[ ! -L "$f" ] || continue
			mkdir "/mnt/${f##*/}" && mount --rbind "$f" "/mnt/${f##*/}" || return
		done
		find /dev/. -maxdepth 1 ! -type d -exec cp -a -t /mnt {} + && mkdir /mnt/mqueue &&
			mount --move /mnt /dev
	}
	if [ -d /dev ] && [ ! -d /dev/mqueue ]; then
		mount -t tmpfs -o mode=755 tmpfs /mnt
		copy_dev 2>/dev/null || umount -R /mnt
	fi
	[ ! -d /dev/shm ] || mount -t tmpfs -o mode=1777 tmpfs /dev/shm
	[ ! -d /dev/mqueue ] || mount -t mqueue mqueue /dev/mqueue
	[ -z "$NSSWITCH" ] || mount --bind "$NSSWITCH" /etc/nsswitch.conf
	exec "$@"' sh "$@"
