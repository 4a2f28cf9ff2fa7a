# SPDX-License-Identifier: GPL-2.0-or-later
#
# Places without an engine for containers: sandboxes of firejail, containers of LXD,
# machines and services in units of systemd. Part of zoo.sh.

# firejail refuses to start in a container, which it takes from the lack of kernel threads
# among the first processes.
start_firejail() {
	cp -a "$R" "$W/rootfs-f" && mkdir -p "$W/rootfs-f/var/tmp" "$W/rootfs-f/home" "$W/rootfs-f/root"
	touch "$W/rootfs-f/etc/resolv.conf"
	echo "chroot yes" >>/etc/firejail/firejail.config
	cp "$(readlink -f /bin/sleep)" "$W/kthreadd"
	echo 1 >/proc/sys/kernel/ns_last_pid
	setsid "$W/kthreadd" 10000 </dev/null >>"$W/log" 2>&1 &
	echo $! >firejail.kthreadd
	until grep -qx kthreadd "/proc/$(cat firejail.kthreadd)/comm"; do sleep 0.1; done
	echo 20000 >/proc/sys/kernel/ns_last_pid # a PID of two digits may be the beginning of an id
	setsid firejail --noprofile --name=fire1 --ipc-namespace --private-dev --chroot="$W/rootfs-f" /bin/holder </dev/null >>"$W/log" 2>&1 &
	echo $! >firejail.pid
	echo fire1
}
stop_firejail() {
	firejail --shutdown="$(cat firejail.pid)" || kill -9 "$(cat firejail.pid)"
	kill "$(cat firejail.kthreadd)"
}

lxd_() { HOME=$W LXD_CONF=$W/lxd lxc "$@"; }

start_lxd() {
	mount -t tmpfs none /var/log && mount -t tmpfs none /var/cache && mkdir -p /var/log/lxd /var/lib/lxd
	ip link set lo up
	setsid lxd --group root </dev/null >>"$W/log" 2>&1 &
	echo $! >lxd.pid
	wait_for /var/lib/lxd/unix.socket && quiet lxd waitready --timeout 60
	quiet lxd_ storage create default dir
	quiet lxd_ profile device add default root disk path=/ pool=default
	mkdir -p lxd/image && cp -a "$R" lxd/image/rootfs
	printf 'architecture: %s\ncreation_date: 1\nproperties:\n  description: h\n' "$(uname -m)" >lxd/image/metadata.yaml
	tar -C lxd/image -czf lxd/image.tar.gz metadata.yaml rootfs
	quiet lxd_ image import lxd/image.tar.gz --alias h
	quiet lxd_ init h lxd1
	quiet lxd_ config set lxd1 raw.lxc="lxc.mount.entry = tmpfs dev/shm tmpfs rw,create=dir 0 0
lxc.init.cmd = /bin/holder"
	quiet lxd_ start lxd1
	echo lxd1
}
stop_lxd() {
	quiet lxd_ delete -f lxd1
	kill "$(cat lxd.pid)"
}

# Go into a cgroup of the first of these hierarchies that exists, or of the one that systemd uses.
in_unit() { # SLICE/UNIT TREE…
	for tree in "${@:2}" systemd unified .; do
		[ -w "/sys/fs/cgroup/$tree/cgroup.procs" ] || continue
		mkdir -p "/sys/fs/cgroup/$tree/$1"
		echo "$BASHPID" >"/sys/fs/cgroup/$tree/$1/cgroup.procs"
		return
	done
	return 1
}

start_machine() {
	cp -a "$R" "$W/rootfs-m"
	# Where there is a unified one, nspawn goes into the same cgroup of all.
	(in_unit 'machine.slice/machine-ma\x2dchine.scope' unified && in_unit 'machine.slice/machine-ma\x2dchine.scope' && exec setsid systemd-nspawn --register=no --keep-unit -q -D "$W/rootfs-m" \
		-M ma-chine --as-pid2 /bin/holder </dev/null >>"$W/log" 2>&1) &
	echo $! >machine.pid
	echo ma-chine
}
stop_machine() { kill -9 $(pgrep -P "$(cat machine.pid)"); }

# The parent of a service is called systemd.
start_service() {
	cp -a "$R" "$W/rootfs-s" && mkdir -p "$W/rootfs-s/dev/shm"
	# shellcheck disable=SC2016 # expanded by that script
	printf '#!/bin/sh\nsh -c "$1" sh "$2" &\nwait\n' >"$W/systemd" && chmod 755 "$W/systemd"
	(in_unit init.scope
	for tree in systemd unified .; do
		[ ! -d "/sys/fs/cgroup/$tree/init.scope" ] || top=/sys/fs/cgroup/$tree
	done
	mkdir -p "$top/system.slice/system-hold.slice/hold@1-main.service"
	exec setsid "$W/systemd" "echo \$\$ >$top/system.slice/system-hold.slice/hold@1-main.service/cgroup.procs
		exec unshare --ipc --mount sh -c 'mount -t tmpfs none \$0/dev/shm && mount -t proc none \$0/proc && exec chroot \$0 /bin/holder' \$1" \
		"$W/rootfs-s" </dev/null >>"$W/log" 2>&1) &
	echo $! >service.pid
	echo hold@1-main.service
}
stop_service() { kill $(pgrep -P "$(cat service.pid)") "$(cat service.pid)"; }
