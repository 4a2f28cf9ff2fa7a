#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# zoo.sh start KIND   starts a container of this kind and prints its name
# zoo.sh stop KIND    stops it and removes what it left
#
# Further kinds are in the files of kinds/.
# $W is a private directory with a root file system in $W/rootfs; the caller provides
# private mount, IPC and PID namespaces. No process here may keep standard output open.
set -eu
R=$W/rootfs
cd "$W"
export CONTAINERS_CONF=$W/containers.conf

quiet() { "$@" </dev/null >>"$W/log" 2>&1; }

bundle() { # DIR: a specification for runc and crun
	mkdir -p "$W/$1"
	(cd "$W/$1" && quiet runc spec && jq ".process.terminal=false | .process.args=[\"/bin/holder\"] |
		.root={path:\"$R\",readonly:false}" config.json >c && mv c config.json)
}

userns='.linux.namespaces+=[{"type":"user"}] | .linux.uidMappings=[{"containerID":0,"hostID":100000,"size":65536}] |
	.linux.gidMappings=[{"containerID":0,"hostID":100000,"size":65536}]'

crun_() { # its cgroups are not those of a hybrid system
	unshare -m --propagation private sh -c \
		'umount /sys/fs/cgroup/unified 2>/dev/null; exec crun "$@"' crun "$@"
}

podman_() { podman --root "$W/p/root" --runroot "$W/p/run" --tmpdir "$W/p/tmp" --storage-driver vfs "$@"; }
docker_() { docker -H "unix://$W/dk.sock" "$@"; }
ctr_() { ctr -a "$W/cd.sock" "$@"; }

wait_for() { # a socket
	for _ in $(seq 100); do
		[ ! -S "$1" ] || return 0
		sleep 0.1
	done
	return 1
}

image() { # a one-layer OCI archive, once
	[ ! -e "$W/img.tar" ] || return 0
	[ -e "$CONTAINERS_CONF" ] || podman_conf runc
	tar -C "$R" -c . | podman_ import - localhost/h:1 >>"$W/log" 2>&1
	quiet podman_ save --format oci-archive -o "$W/img.tar" localhost/h:1
}

containerd_up() {
	[ ! -S "$W/cd.sock" ] || return 0
	cat >"$W/cd.toml" <<X
version = 2
root = "$W/cd/root"
state = "$W/cd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$W/cd.sock"
X
	setsid containerd -c "$W/cd.toml" </dev/null >>"$W/log" 2>&1 &
	wait_for "$W/cd.sock"
}

start_runc() { bundle runc && quiet runc run -d -b "$W/runc" runc1 && echo runc1; }
stop_runc() { quiet runc delete -f runc1; }

start_userns() {
	cp -a "$R" "$W/rootfs-u" && chown -R 100000:100000 "$W/rootfs-u" && bundle userns
	jq "$userns | .root.path=\"$W/rootfs-u\"" userns/config.json >c && mv c userns/config.json
	quiet runc run -d -b "$W/userns" runc2 && echo runc2
}
stop_userns() { quiet runc delete -f runc2; }

start_crun() { bundle crun && quiet crun_ run -d --pid-file "$W/crun/pid" -b "$W/crun" crun1 && echo crun1; }
stop_crun() { quiet crun_ delete -f crun1; }

podman_conf() { # RUNTIME
	printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\nnetns = "none"\n[engine]\nruntime = "%s"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' "$1" >"$CONTAINERS_CONF"
}

start_podman() {
	podman_conf runc
	quiet podman_ run -d --rm --name pod1 --rootfs "$R" /bin/holder && echo pod1
}
stop_podman() { quiet podman_ rm -f -t 0 pod1; }

start_pod() { # two that share the namespace of a third
	podman_conf runc && image
	quiet podman_ pod create --name hp --share ipc --infra-image localhost/h:1 --infra-command "/bin/sleep 1000"
	quiet podman_ run -d --pod hp --name idle localhost/h:1 /bin/sleep 1000
	quiet podman_ run -d --pod hp --name podded localhost/h:1 /bin/holder && echo podded
}
stop_pod() { quiet podman_ pod rm -f -t 0 hp; }

# Started by an unprivileged user. U has a name and subordinate ids in this world only.
U=12345
user_() {
	setpriv --reuid $U --regid $U --clear-groups env -i -C "$W/home" HOME="$W/home" USER=zoo PATH="$PATH" \
		XDG_RUNTIME_DIR=/run/user/$U CONTAINERS_CONF="$W/home/containers.conf" "$@"
}
user_up() {
	[ ! -d "$W/home" ] || return 0
	mkdir -p "$W/home" && install -d -m 700 -o $U -g $U /run/user/$U
	echo "zoo:x:$U:$U::$W/home:/bin/sh" >>/etc/passwd
	echo "zoo:x:$U:" >>/etc/group
	echo "zoo:300000:65536" | tee -a /etc/subuid >>/etc/subgid
	chmod 755 /run /run/user
	chown -R $U:$U "$W/home"
}

start_rootless() {
	user_up && bundle home/crun
	(cd home/crun && rm config.json && user_ true && quiet runc spec --rootless &&
		jq ".process.terminal=false | .process.args=[\"/bin/holder\"] | .root={path:\"$R\",readonly:false} |
			.linux.uidMappings[0].hostID=$U | .linux.gidMappings[0].hostID=$U" config.json >c && mv c config.json)
	chown -R $U:$U home
	unshare -m --propagation private sh -c 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"' sh \
		setpriv --reuid $U --regid $U --clear-groups env -i HOME="$W/home" PATH="$PATH" XDG_RUNTIME_DIR=/run/user/$U \
		crun run -d --pid-file "$W/home/pid" -b "$W/home/crun" rl1 </dev/null >>"$W/log" 2>&1 && echo rl1
}
stop_rootless() { kill -9 "$(cat home/pid)"; }

start_podman_user() {
	user_up
	CONTAINERS_CONF=$W/home/containers.conf podman_conf runc
	chown -R $U:$U home && cp -a "$R" home/rootfs && chown -R $U:$U home/rootfs
	user_ podman --storage-driver vfs run -d --name rpod1 --rootfs "$W/home/rootfs" /bin/holder </dev/null >>"$W/log" 2>&1 && echo rpod1
}
stop_podman_user() {
	user_ podman --storage-driver vfs rm -f -t 0 rpod1 </dev/null >>"$W/log" 2>&1
	kill "$(cat /run/user/$U/libpod/tmp/pause.pid)"
}

lxc_conf() {
	mkdir -p lxc/lxc1
	cat >lxc/lxc1/config <<X
lxc.uts.name = lxc1
lxc.rootfs.path = dir:$R
lxc.net.0.type = empty
lxc.init.cmd = /bin/holder
lxc.mount.auto = proc:mixed sys:ro
lxc.mount.entry = mqueue dev/mqueue mqueue rw,create=dir 0 0
lxc.mount.entry = tmpfs dev/shm tmpfs rw,create=dir 0 0
lxc.autodev = 1
lxc.apparmor.profile = unconfined
X
}

start_lxc() {
	lxc_conf
	quiet lxc-start -P "$W/lxc" -n lxc1 -d && echo lxc1
}
stop_lxc() { quiet lxc-stop -k -P "$W/lxc" -n lxc1; }

start_lxc_idmap() {
	lxc_conf
	mkdir -p lxc/lxc2 && cp -a "$R" lxc/root2 && chown -R 400000:400000 lxc/root2
	echo "root:400000:65536" | tee -a /etc/subuid >>/etc/subgid
	sed "s/lxc1/lxc2/; s,dir:.*,dir:$W/lxc/root2,; s/sys:ro/sys:mixed/" lxc/lxc1/config >lxc/lxc2/config
	printf 'lxc.idmap = u 0 400000 65536\nlxc.idmap = g 0 400000 65536\n' >>lxc/lxc2/config
	quiet lxc-start -P "$W/lxc" -n lxc2 -d && echo lxc2
}
stop_lxc_idmap() { quiet lxc-stop -k -P "$W/lxc" -n lxc2; }

start_nspawn() {
	setsid systemd-nspawn --register=no --keep-unit -q -D "$R" -M nsp1 --as-pid2 /bin/holder </dev/null >>"$W/log" 2>&1 &
	echo $! >nspawn.pid
	echo nsp1
}
stop_nspawn() { kill -9 $(pgrep -P "$(cat nspawn.pid)"); }

start_bwrap() {
	setsid bwrap --unshare-ipc --unshare-pid --die-with-parent --bind "$R" / --proc /proc --dev /dev \
		--mqueue /dev/mqueue --as-pid-1 /bin/holder </dev/null >>"$W/log" 2>&1 &
	echo $! >bwrap.pid
	disown
	echo bwrap:holder
	# It exits with its parent, this shell.
	exec >&-
	while [ ! -e "$W/bwrap.end" ]; do sleep 0.2; done
}
stop_bwrap() {
	touch "$W/bwrap.end"
	kill "$(cat bwrap.pid)"
}

docker_up() {
	[ ! -S "$W/dk.sock" ] || return 0
	containerd_up
	setsid dockerd --data-root "$W/dk/root" --exec-root "$W/dk/exec" -p "$W/dk.pid" -H "unix://$W/dk.sock" \
		--containerd "$W/cd.sock" --bridge=none --iptables=false --ip6tables=false --ip-forward=false \
		--ip-masq=false --storage-driver vfs </dev/null >>"$W/log" 2>&1 &
	wait_for "$W/dk.sock"
	tar -C "$R" -c . | docker_ import - h:1 >>"$W/log" 2>&1
}
docker_down() { [ "$(docker_ ps -q | wc -l)" -gt 0 ] || kill "$(cat dk.pid)"; }

start_docker() {
	docker_up
	quiet docker_ run -d --name dock1 --network none h:1 /bin/holder && echo dock1
}
stop_docker() {
	quiet docker_ rm -f dock1
	docker_down
}

start_shareable() { # one that lends its namespace, one that borrows it
	docker_up
	quiet docker_ run -d --name lends --network none --ipc shareable h:1 /bin/sleep 1000
	quiet docker_ run -d --name borrows --network none --ipc container:lends h:1 /bin/holder && echo borrows
}
stop_shareable() {
	quiet docker_ rm -f borrows lends
	docker_down
}

start_containerd() {
	containerd_up && image
	quiet ctr_ -n ex image import img.tar
	quiet ctr_ -n ex run -d localhost/h:1 ctr1 /bin/holder && echo ctr1
}
stop_containerd() {
	quiet ctr_ -n ex task kill -s KILL ctr1
	sleep 0.5
	quiet ctr_ -n ex c rm ctr1
}

SB=$(printf 'a%.0s' $(seq 64))
AP=$(printf 'b%.0s' $(seq 64))
start_k8s() { # the files, annotations and cgroups that the CRI plugin makes
	containerd_up && image
	note=io.kubernetes.cri
	all=(--annotation $note.sandbox-name=mypod --annotation $note.sandbox-namespace=myns --annotation $note.sandbox-id="$SB")
	quiet ctr_ -n k8s.io image import img.tar
	quiet ctr_ -n k8s.io run -d --cgroup "/kubepods/burstable/podu1/$SB" "${all[@]}" \
		--annotation $note.container-type=sandbox localhost/h:1 "$SB" /bin/sleep 1000
	pid=$(cat "$W/cd/state/io.containerd.runtime.v2.task/k8s.io/$SB/init.pid")
	quiet ctr_ -n k8s.io run -d --cgroup "/kubepods/burstable/podu1/$AP" --with-ns "ipc:/proc/$pid/ns/ipc" "${all[@]}" \
		--annotation $note.container-type=container --annotation $note.container-name=app localhost/h:1 "$AP" /bin/holder
	echo app
}
stop_k8s() {
	for id in "$AP" "$SB"; do quiet ctr_ -n k8s.io task kill -s KILL "$id"; done
	sleep 0.5
	for id in "$AP" "$SB"; do quiet ctr_ -n k8s.io c rm "$id"; done
}

for more in "${0%/*}"/kinds/*.sh; do
	[ ! -e "$more" ] || . "$more"
done
"$1_${2//-/_}" "${@:3}"
