#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run-in-ns.sh PROGRAM [ARG…]: run a test isolated from the machine's own IPC objects: in
# fresh IPC and mount namespaces, with an empty /dev/shm and its own queues. If namespaces
# cannot be created, the test is skipped (TAP).
set -eu

# A program of another machine than that of the shell is started as meson starts its own.
machine() {
	od -An -j18 -N2 -tx1 "$1"
}
wrapper=${MESON_EXE_WRAPPER-}
[ -z "$wrapper" ] || [ "$(machine "$1")" != "$(machine /bin/sh)" ] || wrapper=

user=
[ "$(id -u)" -eq 0 ] || user="--user --map-root-user"

# shellcheck disable=SC2086 # words
if ! why=$(unshare $user --ipc --mount --propagation private true 2>&1); then
	echo "1..0 # SKIP no namespaces here: $why"
	exit 0
fi
# shellcheck disable=SC2016,SC2086 # expanded in there; words
exec unshare $user --ipc --mount --propagation private sh -euc '
	[ ! -d /dev/shm ] || mount -t tmpfs -o mode=1777 tmpfs /dev/shm
	[ ! -d /dev/mqueue ] || mount -t mqueue mqueue /dev/mqueue
	exec "$@"' sh $wrapper "$@"
