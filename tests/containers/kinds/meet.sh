# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Further containers, which sleep, for test_meet.py:
# zoo.sh again RUNTIME NAME WORD…   starts one with these options, and prints its PID
# zoo.sh gone RUNTIME NAME          removes it

again_docker() {
	quiet docker_ run -d --name "$1" --network none "${@:2}" h:1 /bin/sleep 1000
	docker_ inspect -f '{{.State.Pid}}' "$1"
}
gone_docker() { quiet docker_ rm -f "$1"; }

# docker's own words: those of the text.
say_docker() { quiet docker_ "$@"; }

again_podman() {
	podman_conf runc
	quiet podman_ run -d --name "$1" "${@:2}" --rootfs "$R" /bin/sleep 1000
	podman_ inspect -f '{{.State.Pid}}' "$1"
}
gone_podman() { quiet podman_ rm -f -t 0 "$1"; }

again_runc() { # NAME CHANGE: of config.json, for jq
	bundle "$1"
	jq ".process.args=[\"/bin/sleep\",\"1000\"] | $2" "$1/config.json" >c && mv c "$1/config.json"
	quiet runc run -d --pid-file "$W/$1/pid" -b "$W/$1" "$1"
	cat "$W/$1/pid"
}
gone_runc() { quiet runc delete -f "$1"; }

again_lxc() { # NAME LINE WORD…: a line of the configuration, and options
	mkdir -p "lxc/$1"
	sed "s/lxc1/$1/; /dev.shm/d; s,/bin/holder,/bin/sleep 1000," lxc/lxc1/config >"lxc/$1/config"
	echo "$2" >>"lxc/$1/config"
	quiet lxc-start -P "$W/lxc" -n "$1" -d "${@:3}"
	lxc-info -P "$W/lxc" -n "$1" -pH
}
gone_lxc() { quiet lxc-stop -k -P "$W/lxc" -n "$1"; }

again_bwrap() { # NAME WORD…
	setsid bwrap "${@:2}" --unshare-pid --bind "$R" / --proc /proc --dev /dev ${SHM:+--bind "$SHM" /dev/shm} \
		--as-pid-1 --info-fd 5 /bin/sleep 1000 5>"$1.info" </dev/null >>"$W/log" 2>&1 &
	for _ in $(seq 300); do
		! jq -e '."child-pid"' "$1.info" 2>>"$W/log" || return 0
		sleep 0.1
	done
	return 1
}
gone_bwrap() { kill -9 "$(jq '."child-pid"' "$1.info")"; }
