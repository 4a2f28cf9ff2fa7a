# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Engines with names, pods and namespaces of their own. dockerd-rootless.sh and buildah are real. CRI-O with conmon-rs and nerdctl, which Debian lacks, are
# recorded: real containers of runc and containerd, with the files, annotations, cgroups and parents that these engines make.

RDK=unix:///run/user/$U/docker.sock
start_rootless_docker() {
	user_up
	# Networks are not what is tested: the daemon shares that of the zoo.
	setsid setpriv --reuid $U --regid $U --clear-groups env -i -C "$W/home" HOME="$W/home" USER=zoo PATH="$PATH" XDG_RUNTIME_DIR=/run/user/$U \
		DOCKERD_ROOTLESS_ROOTLESSKIT_NET=host DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER=none DOCKERD_ROOTLESS_ROOTLESSKIT_MTU=0 \
		/usr/share/docker.io/contrib/dockerd-rootless.sh --storage-driver vfs --bridge=none --iptables=false --ip6tables=false --ip-forward=false \
		--ip-masq=false --exec-opt native.cgroupdriver=cgroupfs </dev/null >>"$W/log" 2>&1 &
	wait_for "${RDK#unix://}"
	tar -C "$R" -c . | docker -H "$RDK" import - h:1 >>"$W/log" 2>&1
	quiet docker -H "$RDK" run -d --name rdock1 --network none h:1 /bin/holder && echo rdock1
}
stop_rootless_docker() {
	quiet docker -H "$RDK" rm -f rdock1
	kill "$(cat /run/user/$U/docker.pid)"
}

start_buildah() {
	printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\nnetns = "none"\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\n' \
		>"$W/buildah.conf"
	export CONTAINERS_CONF=$W/buildah.conf TMPDIR=$W/buildah.tmp
	mkdir -p "$TMPDIR"
	b() { buildah --root "$W/b/root" --runroot "$W/b/run" --storage-driver vfs "$@"; }
	quiet b from --name bld1 --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 scratch
	cp -a "$R/." "$(b mount bld1)"
	quiet b umount bld1
	setsid buildah --root "$W/b/root" --runroot "$W/b/run" --storage-driver vfs run --runtime runc --isolation oci --network none bld1 -- /bin/holder \
		</dev/null >>"$W/log" 2>&1 &
	echo bld1
}
stop_buildah() { quiet runc kill "$(runc list -q | grep buildah)" KILL; }

start_named_pod() { # a pod with a hostname that is not its name
	podman_conf runc && image
	quiet podman_ pod create --name np --hostname other --share ipc --infra-image localhost/h:1 --infra-command "/bin/sleep 1000"
	quiet podman_ run -d --pod np --name named localhost/h:1 /bin/holder && echo named
}
stop_named_pod() { quiet podman_ pod rm -f -t 0 np; }

# As nerdctl's labels become annotations.
start_nerdctl() {
	containerd_up && image
	quiet ctr_ -n default image import img.tar
	quiet ctr_ -n default run -d --annotation nerdctl/name=nctl1 --annotation nerdctl/namespace=default --annotation 'nerdctl/ipc={"mode":"shareable"}' \
		localhost/h:1 "$(printf 'c%.0s' $(seq 64))" /bin/holder && echo nctl1
}
ctr_stop() { # NAMESPACE ID
	quiet ctr_ -n "$1" task kill -s KILL "$2" || :
	for _ in $(seq 100); do
		! quiet ctr_ -n "$1" c rm "$2" || return 0
		sleep 0.1
	done
}
stop_nerdctl() { ctr_stop default "$(printf 'c%.0s' $(seq 64))"; }

start_same_id() { # one id in two namespaces of containerd; the holder is in the second
	containerd_up && image
	for ns in one two; do
		quiet ctr_ -n $ns image import img.tar
		if [ $ns = one ]; then set -- /bin/sleep 1000; else set -- /bin/holder; fi
		quiet ctr_ -n $ns run -d localhost/h:1 same1 "$@"
	done
	echo same1
}
stop_same_id() { for ns in one two; do ctr_stop $ns same1; done; }

pod_id() { printf "$1%.0s" $(seq 64); } # DIGITS: an id that repeats them
start_three_pods() { # three pods, each with a container called web; the holder is in the last
	containerd_up && image
	note=io.kubernetes.cri
	quiet ctr_ -n k8s.io image import img.tar
	for n in 1 2 3; do
		sb=$(pod_id d$n | cut -c -64) app=$(pod_id e$n | cut -c -64)
		all=(--annotation $note.sandbox-name=shop-$((n / 2)) --annotation $note.sandbox-namespace=shop$((n % 2)) --annotation $note.sandbox-id="$sb")
		quiet ctr_ -n k8s.io run -d --cgroup "/kubepods/besteffort/podu$n/$sb" "${all[@]}" --annotation $note.container-type=sandbox \
			localhost/h:1 "$sb" /bin/sleep 1000
		pid=$(cat "$W/cd/state/io.containerd.runtime.v2.task/k8s.io/$sb/init.pid")
		if [ $n = 3 ]; then set -- /bin/holder; else set -- /bin/sleep 1000; fi
		quiet ctr_ -n k8s.io run -d --cgroup "/kubepods/besteffort/podu$n/$app" --with-ns "ipc:/proc/$pid/ns/ipc" "${all[@]}" \
			--annotation $note.container-type=container --annotation $note.container-name=web localhost/h:1 "$app" "$@"
	done
	echo web
}
stop_three_pods() {
	for n in 1 2 3; do
		for id in e$n d$n; do ctr_stop k8s.io "$(pod_id $id | cut -c -64)"; done
	done
}

# conmonrs is the parent of the first processes of a pod; state.json and config.json of each container are in its storage.
CRIO_POD=$(printf '5%.0s' $(seq 64)) CRIO_APP=$(printf '6%.0s' $(seq 64))
crio_bundle() { # ID NAME ARGUMENTS IPC
	dir=$W/crio/overlay-containers/$1/userdata
	mkdir -p "$dir" && (cd "$dir" && quiet runc spec)
	jq --arg id "$1" --arg name "$2" --arg root "$R" --argjson args "$3" --argjson ipc "$4" --arg pod "$CRIO_POD" '
		.process.terminal=false | .process.args=$args | .root={path:$root,readonly:false} | .linux.cgroupsPath="/kubepods/podu9/crio-"+$id |
		.linux.namespaces|=map(select(.type != "ipc"))+[$ipc] | .annotations={"io.container.manager":"cri-o", "io.kubernetes.cri-o.Name":$name,
		"io.kubernetes.cri-o.SandboxID":$pod, "io.kubernetes.cri-o.ContainerID":$id}' "$dir/config.json" >c && mv c "$dir/config.json"
}
start_crio() {
	crio_bundle "$CRIO_POD" k8s_POD_db-0_prod_u9_0 '["/bin/sleep","1000"]' '{"type":"ipc"}'
	cat >"$W/conmonrs" <<'X'
#!/usr/bin/python3
import ctypes, json, os, signal, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: the first processes become children
own = sys.argv[sys.argv.index("--runtime-dir") + 1]
storage = os.path.dirname(os.path.dirname(own))
for name in sys.argv[sys.argv.index("--") + 1:]:
    where = f"{storage}/{name}/userdata"
    if name != os.path.basename(os.path.dirname(own)):
        spec = json.load(open(f"{where}/config.json"))
        ipc = next(n for n in spec["linux"]["namespaces"] if n["type"] == "ipc")
        ipc["path"] = f"/proc/{pid}/ns/ipc"
        json.dump(spec, open(f"{where}/config.json", "w"))
    subprocess.run(["runc", "run", "-d", "--pid-file", f"{where}/pid", "-b", where, name], stdin=subprocess.DEVNULL, check=True)
    pid = int(open(f"{where}/pid").read())
    began = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[19]
    json.dump({"id": name, "status": "running", "pid": pid, "initPid": pid, "initStartTime": began}, open(f"{where}/state.json", "w"))
open(f"{own}/ready", "w").close()
signal.pause()
X
	chmod 755 "$W/conmonrs"
	crio_bundle "$CRIO_APP" k8s_work_db-0_prod_u9_0 '["/bin/holder"]' '{"type":"ipc","path":"/"}'
	dir=$W/crio/overlay-containers/$CRIO_POD/userdata
	setsid "$W/conmonrs" --log-driver systemd --runtime-dir "$dir" -- "$CRIO_POD" "$CRIO_APP" </dev/null >>"$W/log" 2>&1 &
	echo $! >crio.pid
	for _ in $(seq 300); do
		[ ! -e "$dir/ready" ] || break
		sleep 0.1
	done
	[ -e "$dir/ready" ] && echo work
}
stop_crio() {
	for id in "$CRIO_APP" "$CRIO_POD"; do quiet runc delete -f "$id"; done
	kill "$(cat crio.pid)"
}
