# SPDX-License-Identifier: GPL-2.0-or-later
"""What a run of the tests could leave on a machine, to be compared before and after."""

import glob
import os
import re
import shutil
import subprocess
import time

# Other programs of a machine change these places too: only what a container runtime would leave is compared there.
PLACES = ["/run/*", "/run/*/*", "/run/user/*/*", "/var/lib/*", "/var/lib/*/*", "/var/run/*", "/var/log/*", "/var/cache/*", "/tmp/*", "/var/tmp/*", "/etc/*",
          "/etc/apparmor.d/*", "/sys/fs/bpf/*"]
RUNTIMES = re.compile(r"runc|crun|contain|docker|libpod|podman|storage-run|lxc|lxd|incus|nspawn|machine|firejail|buildah|bwrap|flatpak|netns|cni|kube|12345|"
                      r"ipcx-zoo|crio|gvisor|runsc|nerdctl|apptainer|nomad")
SETTINGS = ["/proc/sys/kernel/shm*", "/proc/sys/kernel/msgm*", "/proc/sys/kernel/sem", "/proc/sys/fs/mqueue/*", "/proc/sys/kernel/core_pattern",
            "/proc/sys/kernel/keys/*", "/proc/sys/kernel/panic*", "/proc/sys/user/max_*", "/proc/sys/vm/overcommit_*", "/proc/sys/net/ipv4/ip_forward",
            "/proc/sys/net/ipv4/conf/*/forwarding", "/proc/sys/net/bridge/*", "/proc/sys/kernel/unprivileged_*"]


def text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def children():
    """Return the processes that this one has started; zombies too."""
    return {pid for task in glob.glob("/proc/self/task/*/children") for pid in text(task).split()}


def relatives(mine):
    """Return the processes in one of the namespaces, as (pid, command)."""
    found = set()
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        for kind in ("pid", "ipc"):
            try:
                if os.readlink(f"/proc/{name}/ns/{kind}") in mine:
                    found.add((name, text(f"/proc/{name}/comm").strip()))
            except OSError:
                pass
    return found


def cgroups(own):
    """Return the cgroups below those of this process. In the root of a hierarchy, other programs make some too: there, only the zoo's are looked for."""
    found = set()
    for at, *_, path in own:
        found |= {d for d, _, _ in os.walk(os.path.join(path, f"ipcx-zoo.{os.getpid()}"))}
        if path != at:
            found |= {d for d, _, _ in os.walk(path) if "/ipcx-zoo." not in d}
    return found


def firewall():
    """Return the rules without their counters, if there is a program that prints them."""
    out = ""
    for command in (["iptables-save"], ["ip6tables-save"], ["nft", "list", "ruleset"]):
        if shutil.which(command[0]):
            out += subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    return {line for line in re.sub(r"\[\d+:\d+\]|packets \d+ bytes \d+", "", out).splitlines() if not line.startswith("#")}


def machine(hierarchies, namespaces=()):
    """Return sets of names, by kind of thing."""
    return {
        "cgroups": cgroups(hierarchies),
        "mounts": {line.split(" ", 4)[4] for line in text("/proc/self/mountinfo").splitlines()},
        "files": {f for place in PLACES for f in glob.glob(place) if RUNTIMES.search(os.path.basename(f))},
        "shared memory": set(os.listdir("/dev/shm")) | set(os.listdir("/dev/mqueue") if os.path.isdir("/dev/mqueue") else []),
        "objects": {line.split()[1] + " " + kind for kind in ("shm", "msg", "sem") for line in text(f"/proc/sysvipc/{kind}").splitlines()[1:]},
        "accounts": {f"{f}: {line}" for f in ("/etc/passwd", "/etc/group", "/etc/subuid", "/etc/subgid") for line in text(f).splitlines()},
        "devices": {line.split(":")[0].strip() for line in text("/proc/net/dev").splitlines() if ":" in line},
        "routes": set(text("/proc/net/route").splitlines()),
        "firewall": firewall(),
        "settings": {f"{f}={text(f).strip()}" for pattern in SETTINGS for f in glob.glob(pattern)},
        "children": children(),
        "processes": relatives(set(namespaces)),
    }


def difference(before, now):
    """Return what is new or gone."""
    changed = {kind: (sorted(map(str, now[kind] - before[kind])), sorted(map(str, before[kind] - now[kind]))) for kind in before}
    return {kind: {"new": new, "gone": gone} for kind, (new, gone) in changed.items() if new or gone}


def settled(before, take, timeout=60):
    """Wait until what take() finds does not differ from before; return the difference that remains."""
    deadline = time.monotonic() + timeout
    while True:
        left = difference(before, take())
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.2)
